# SPDX-License-Identifier: GPL-2.0-only
"""What the tracepoints saw: kills, and how long reclaim and compaction went on."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..terminal import visible
from .load import Recording
from .memory import number

_LINE = re.compile(r"\s*(?P<comm>.+)-(?P<pid>\d+)\s+\[\d+\]\s+\S+\s+"
                   r"(?P<s>\d+)\.(?P<us>\d{6}): (?P<event>\w+): ?(?P<rest>.*)\Z")
_FIELD = re.compile(r"(\w+(?:-\w+)?)[=:](\S+)")
_LOST = re.compile(r"\bLOST (\d+) EVENTS")
# Spans closer than this part of the whole are drawn as one.
_RESOLUTION = 1 / 3000
_KILLS = 1000

OOM, DIRECT, MEMCG, KSWAPD, COMPACTS, KCOMPACTD = (
    "OOM kill", "direct reclaim", "cgroup reclaim", "kswapd", "direct compaction", "kcompactd")


class Event(NamedTuple):
    """One line of the trace."""

    when: float
    comm: str
    pid: int
    name: str
    fields: Dict[str, str]


class Span(NamedTuple):
    """Something that took its time; several that are too close to tell apart."""

    begin: float
    end: float
    times: int
    busy: float
    text: str


class Kill(NamedTuple):
    """A process that the OOM killer chose."""

    when: float
    pid: int
    comm: str
    detail: str
    memcg: str


class Happened:
    """All events of a recording."""

    def __init__(self, recording: Recording) -> None:
        self.lost = 0
        self.count = 0
        self.unread = 0
        self._seconds = recording.seconds
        self._open: Dict[Tuple[str, int], Event] = {}
        self._seen: Set[Tuple[str, int]] = set()
        self._orders: Dict[int, str] = {}
        self.spans: Dict[str, List[Span]] = {}
        self._marked: List[Kill] = []
        for event in sorted(self._events(recording), key=lambda event: event.when):
            self._take(event)
        for (lane, _), begin in self._open.items():
            self._add(lane, begin, None)
        self.kills = self._kills(recording)
        if self.lost:
            recording.notes.append(f"{self.lost:,} events were lost: they came faster than they "
                                   "were read")
        if self.unread:
            recording.notes.append(f"{self.unread:,} lines of events cannot be read")

    def _events(self, recording: Recording) -> Iterator[Event]:
        samples = recording.events
        rest = ""
        for text in samples.read(samples.list):
            # A sample may end inside a line, which the next one completes.
            lines = (rest + text.decode("utf-8", "backslashreplace")).split("\n")
            rest = lines.pop()
            for row in lines:
                found = _LINE.match(row)
                if found:
                    self.count += 1
                    when = int(found["s"]) * 1_000_000_000 + int(found["us"]) * 1000
                    yield Event(recording.since(when), found["comm"].strip(), int(found["pid"]),
                                found["event"], _fields(found["rest"]))
                elif lost := _LOST.search(row):
                    self.lost += int(lost[1])
                elif row.strip():
                    self.unread += 1

    def _take(self, event: Event) -> None:
        name, nid = event.name, number(event.fields, "nid")
        compacts = KCOMPACTD if event.comm.startswith("kcompactd") else COMPACTS
        if name == "mark_victim":
            self._marked.append(_marked(event))
        elif name == "mm_vmscan_kswapd_wake":
            self._open.setdefault((KSWAPD, nid), event)
        elif name == "mm_vmscan_kswapd_sleep":
            self._end(KSWAPD, nid, event)
        elif name == "mm_vmscan_direct_reclaim_begin":
            self._open[DIRECT, event.pid] = event
        elif name == "mm_vmscan_direct_reclaim_end":
            self._end(DIRECT, event.pid, event)
        elif name == "mm_vmscan_memcg_reclaim_begin":
            self._open[MEMCG, event.pid] = event
        elif name == "mm_vmscan_memcg_reclaim_end":
            self._end(MEMCG, event.pid, event)
        elif name == "mm_compaction_try_to_compact_pages":
            self._orders[event.pid] = event.fields.get("order", "?")
        elif name == "mm_compaction_begin":
            self._open[compacts, event.pid] = event
        elif name == "mm_compaction_end":
            self._end(compacts, event.pid, event)

    def _end(self, lane: str, key: int, event: Event) -> None:
        begin = self._open.pop((lane, key), None)
        # The first of its kind may have begun before the recording; of others it was lost.
        if begin or (lane, key) not in self._seen and lane != KSWAPD:
            self._add(lane, begin, event)
        self._seen.add((lane, key))

    def _add(self, lane: str, begin: Optional[Event], end: Optional[Event]) -> None:
        """A span; without a begin it is as old as the recording, without an end as long."""
        first = begin.when if begin else 0.0
        last = end.when if end else self._seconds
        text = self._text(lane, begin, end)
        spans = self.spans.setdefault(lane, [])
        before = spans[-1] if spans else None
        if before and first - before.end < self._seconds * _RESOLUTION:
            spans[-1] = Span(before.begin, max(before.end, last), before.times + 1,
                             before.busy + last - first, "")
        else:
            spans.append(Span(first, last, 1, last - first, text))

    def _text(self, lane: str, begin: Optional[Event], end: Optional[Event]) -> str:
        known = begin or end
        who = f"{visible(known.comm)} ({known.pid})" if known else ""
        order = begin.fields.get("order") if begin else None
        if lane == COMPACTS and known:
            order = self._orders.get(known.pid)
        words = [who] if lane not in (KSWAPD, KCOMPACTD) else []
        words += [f"order {order}"] if order else []
        for name, what in (("nr_reclaimed", "{} pages reclaimed"), ("mode", "{}"),
                           ("status", "{}")):
            if end and name in end.fields:
                words.append(what.format(end.fields[name]))
        return ", ".join(words)

    def _kills(self, recording: Recording) -> List[Kill]:
        """Of mmscope's own notes, which say more; or else of the tracepoint."""
        kills: Dict[Tuple[str, str], Kill] = {}
        # Each row is a kill by itself, also where others are missing.
        for answer in recording.answers("oom/victims", _KILLS, parts=True):
            for row in answer.rows:
                when = recording.since(number(row, "time_ns"))
                if when >= 0:
                    kills[row.get("time_ns", ""), row.get("pid", "")] = _noted(row, when)
        if recording.stream("oom/victims"):
            return sorted(kills.values())
        return self._marked

    def lanes(self) -> Optional[Dict[str, Any]]:
        """The chart of all that, for page/lanes.js."""
        names = [name for name in (DIRECT, MEMCG, KSWAPD, COMPACTS, KCOMPACTD)
                 if self.spans.get(name)]
        lanes = [{"name": name, "colour": _COLOURS[name], "spans": [
            [span.begin, span.end, span.times, round(span.busy * 1000, 3), span.text]
            for span in self.spans[name]]} for name in names]
        kills = [[kill.when, kill.when, 1, 0, f"{kill.comm} ({kill.pid})"] for kill in self.kills]
        if kills:
            lanes.insert(0, {"name": OOM, "colour": _COLOURS[OOM], "spans": kills})
        return {"id": "lanes", "title": "When the kernel was short of memory", "kind": "lanes",
                "lanes": lanes} if lanes else None

    def total(self, lane: str) -> Tuple[int, float, float]:
        """How many spans, seconds in all, the longest of those that can be told apart."""
        spans = self.spans.get(lane, [])
        return (sum(span.times for span in spans), sum(span.busy for span in spans),
                max((span.busy / span.times for span in spans), default=0.0))


_COLOURS = {OOM: "red", DIRECT: "orange", MEMCG: "yellow", KSWAPD: "sky", COMPACTS: "purple",
            KCOMPACTD: "blue"}


def _fields(text: str) -> Dict[str, str]:
    """The fields of an event by name.

    A process may call itself `x pid=1`; the kernel's own field of a name comes first.
    """
    fields: Dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name, value)
    return fields


def _marked(event: Event) -> Kill:
    fields = event.fields
    detail = ", ".join(f"{name} {fields[name]}" for name in
                       ("anon-rss", "file-rss", "shmem-rss", "pgtables", "oom_score_adj")
                       if name in fields)
    return Kill(event.when, number(fields, "pid"), visible(fields.get("comm", "-")),
                detail, "-")


def _noted(row: Dict[str, str], when: float) -> Kill:
    detail = ", ".join([f"{name.removesuffix('_pages')} {row[name]} pages" for name in
                        ("anon_pages", "file_pages", "shmem_pages", "swap_pages") if name in row] +
                       [f"page tables {number(row, 'pgtable_bytes') >> 10} KiB",
                        f"oom_score_adj {row.get('adj', '-')}"])
    return Kill(when, number(row, "tgid") or number(row, "pid"), visible(row.get("comm", "-")),
                detail, visible(row.get("memcg", "-")))
