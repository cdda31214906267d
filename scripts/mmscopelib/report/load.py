# SPDX-License-Identifier: GPL-2.0-only
"""Finds the parts of a recording, and says what is missing of them."""

from __future__ import annotations

import json
import os
from io import BytesIO
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Failure
from ..recording import layout, marks
from ..recording.layout import Sample, Samples
from ..table import FormatError, Header, Table

_NS = 1_000_000_000


class Stream(NamedTuple):
    """The samples of one source."""

    name: str
    query: str
    file: str
    samples: Samples


class Answer(NamedTuple):
    """A view as it was at one moment, in seconds from the start."""

    when: float
    table: Table
    rows: List[Dict[str, str]]


class Recording:
    """A directory that `mmscope record` made, or what is left of one."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.notes: List[str] = []
        self.meta = self._meta()
        self.streams = self._streams()
        self.events = self._events()
        self.marks = marks.read(directory)
        times = [samples.list for samples in
                 [*(stream.samples for stream in self.streams), self.events] if samples.list]
        if not times:
            raise Failure(f"{directory} holds no samples; "
                          "'mmscope record -o DIR' makes such a directory")
        self._began = self._first(min(samples[0].time_ns for samples in times))
        self.seconds = round(self.since(max(samples[-1].time_ns for samples in times)), 3)

    def _meta(self) -> Dict[str, Any]:
        path = os.path.join(self.directory, layout.META)
        try:
            with open(path, encoding="utf-8") as stream:
                meta = json.load(stream)
        except (OSError, ValueError) as error:
            if not os.path.isdir(self.directory):
                raise Failure(f"there is no directory {self.directory}") from error
            reason = error.strerror if isinstance(error, OSError) else "not JSON"
            self.notes.append(f"{layout.META} cannot be read ({reason}): what kernel and command "
                              "this was is not known")
            return {}
        if not isinstance(meta, dict) or meta.get("format") != layout.FORMAT:
            self.notes.append(f"{layout.META} has a format that this program does not know")
            return {}
        for missing in meta.get("missing") or []:
            self.notes.append(f"not recorded: {missing.get('name')}: {missing.get('reason')}")
        return meta

    def _streams(self) -> List[Stream]:
        listed = [(str(source.get("name")), str(source.get("query", "")), str(source.get("file")))
                  for source in self.meta.get("sources") or []]
        found = []
        for name, query, file in listed or list(self._guess()):
            # The name is the recording's, and leads nowhere else.
            samples = Samples(os.path.join(self.directory, os.path.basename(file)))
            if samples.damage:
                self.notes.append(f"{file} {samples.damage}")
            found.append(Stream(name, query, file, samples))
        return found

    def _guess(self) -> Iterator[Tuple[str, str, str]]:
        """Without meta.json: a view says its own name, and /proc/vmstat is proc-vmstat.txt."""
        for file in sorted(os.listdir(self.directory)):
            if not file.endswith(".txt") or file in (layout.MARKS, layout.EVENTS):
                continue
            samples = Samples(os.path.join(self.directory, file))
            for text in samples.read(samples.list[:1]):
                first = text.partition(b"\n")[0].decode("ascii", "replace")
                try:
                    yield Header(first).view, "", file
                except FormatError:
                    yield "/" + file.removesuffix(".txt").replace("-", "/"), "", file

    def _events(self) -> Samples:
        samples = Samples(os.path.join(self.directory, layout.EVENTS))
        if samples.damage and self.meta.get("events"):
            self.notes.append(f"{layout.EVENTS} {samples.damage}")
        return samples

    def _first(self, sampled: int) -> int:
        """When it began, which is just before the first sample."""
        noted = (self.meta.get("began") or {}).get("time_ns")
        return noted if isinstance(noted, int) and 0 < noted <= sampled else sampled

    def since(self, time_ns: int) -> float:
        """Seconds from the first sample to @time_ns, to the microsecond."""
        return round((time_ns - self._began) / _NS, 6)

    @property
    def page_kb(self) -> int:
        """KiB of a page."""
        return int(self.meta.get("page_size") or 4096) >> 10

    def stream(self, name: str) -> Optional[Stream]:
        """The samples of the source @name, if there are any."""
        return next((stream for stream in self.streams
                     if stream.name == name and stream.samples.list), None)

    def texts(self, name: str, most: int) -> Iterator[Tuple[float, bytes]]:
        """What a source was, at @most moments of all."""
        stream = self.stream(name)
        if stream is None:
            return
        wanted = pick([sample for sample in stream.samples.list if not sample.error], most)
        for sample, text in zip(wanted, stream.samples.read(wanted)):
            yield round(self.since(sample.time_ns), 3), text

    def answers(self, name: str, most: int, parts: bool = False) -> Iterator[Answer]:
        """The answers of a view; those that are not whole are noted, and left out unless
        @parts are as good."""
        unusable = Unusable(name)
        for when, text in self.texts(name, most):
            try:
                table = Table(BytesIO(text))
                rows = [dict(zip(table.columns, row)) for row in table.rows()]
                if unusable.cut(table) and not parts:
                    continue
                yield Answer(when, table, rows)
            except FormatError as error:
                unusable.broken(error)
        self.notes += unusable.notes()


class Unusable:
    """The answers of one view that are not whole: how many, and why."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._broken = 0
        self._why = ""
        self._cut = 0
        self._stopped: Dict[str, None] = {}

    def broken(self, error: FormatError) -> None:
        """One cannot be read."""
        self._broken += 1
        self._why = str(error)

    def cut(self, table: Table) -> bool:
        """Whether the kernel says of this one, which was read, that it is not complete."""
        stopped = table.end.stopped if table.end else None
        if stopped is not None:
            self._cut += 1
            self._stopped[stopped] = None
        return stopped is not None

    def notes(self) -> List[str]:
        """What is to be said of that."""
        notes = []
        if self._broken:
            notes.append(f"{self._name}: {_answers(self._broken)} cannot be read: {self._why}")
        if self._cut:
            verb = "were" if self._cut > 1 else "was"
            notes.append(f"{self._name}: {_answers(self._cut)} {verb} cut short: stopped="
                         + ", ".join(self._stopped))
        return notes


def _answers(count: int) -> str:
    return f"{count} answer{'s' if count > 1 else ''}"


def pick(samples: Sequence[Sample], most: int) -> List[Sample]:
    """At most so many of them, evenly, the first and the last among them."""
    if len(samples) <= most:
        return list(samples)
    last = len(samples) - 1
    return [samples[round(i * last / (most - 1))] for i in range(most)]
