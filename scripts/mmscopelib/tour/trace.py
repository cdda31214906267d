# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's tracepoints, in an instance of their own that goes away again."""

from __future__ import annotations

import os
import re
from types import TracebackType
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Type

from ..errors import Failure

_ROOTS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_OURS = re.compile(r"mmscope-[a-z]+-([0-9]+)\Z")
# Of all CPUs together, and of each at least.
_BUFFER_KB, _LEAST_KB = 16384, 128
#      python3-178     [000] d..1.   123.456789: mm_page_alloc: page=... pfn=0x1
_LINE = re.compile(r"\s*(?P<comm>.+)-(?P<pid>\d+)\s+\[(?P<cpu>\d+)\]\s+\S+\s+"
                   r"(?P<time>\d+\.\d+): (?P<name>\w+): ?(?P<text>.*)\Z")
_SYSCALL = re.compile(r"\s*(?P<comm>.+)-(?P<pid>\d+)\s+\[(?P<cpu>\d+)\]\s+\S+\s+"
                      r"(?P<time>\d+\.\d+): (?P<name>sys_\w+?)(?P<text>\(.*| -> .*)\Z")
_FIELD = re.compile(r"(\w+)=(\S+)")
_WRITTEN = re.compile(r"# entries-in-buffer/entries-written: (\d+)/(\d+)")


class Event(NamedTuple):
    """One event; @text is what it says, @fields what of that is name=value."""

    time: float
    comm: str
    pid: int
    cpu: int
    name: str
    text: str
    fields: Dict[str, str]


def root() -> Optional[str]:
    """Where tracefs is."""
    return next((path for path in _ROOTS if os.path.isdir(f"{path}/instances")), None)


def missing(events: Iterable[str]) -> List[str]:
    """Which of these, as system:name, the kernel has not."""
    where = root()
    return [event for event in events
            if not where or not os.path.isdir(f"{where}/events/{event.replace(':', '/')}")]


class Trace:
    """Some events while it lasts, of all processes or of a few.

    An event that this kernel does not have is left out.
    """

    def __init__(self, events: Iterable[str], pids: Sequence[int] = ()) -> None:
        where = root()
        if not where:
            raise Failure("tracefs is not mounted: mount -t tracefs none /sys/kernel/tracing")
        self._dir = f"{where}/instances/mmscope-tour-{os.getpid()}"
        wanted = list(events)
        lacking = set(missing(wanted))
        self._events = [event.replace(":", "/") for event in wanted if event not in lacking]
        self._pids = pids
        self.lost = 0

    def __enter__(self) -> Trace:
        remove_stale()
        _remove(self._dir)
        try:
            # That takes a while, in which there may be a signal.
            os.mkdir(self._dir)
            self._set("trace_clock", "mono")
            self._set("buffer_size_kb",
                      str(max(_BUFFER_KB // (os.cpu_count() or 1), _LEAST_KB)))
            if self._pids:
                self._set("set_event_pid", " ".join(map(str, self._pids)))
            for event in self._events:
                self._set(f"events/{event}/enable", "1")
        except BaseException:
            _remove(self._dir)
            raise
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        _remove(self._dir)

    def events(self) -> List[Event]:
        """What has happened so far; nothing is noted any more."""
        self._set("tracing_on", "0")
        with open(f"{self._dir}/trace", encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()
        written = next((found for found in map(_WRITTEN.match, lines) if found), None)
        self.lost = int(written[2]) - int(written[1]) if written else 0
        return parse(lines)

    def _set(self, name: str, value: str) -> None:
        with open(f"{self._dir}/{name}", "w", encoding="ascii") as stream:
            stream.write(value)


def parse(lines: Iterable[str]) -> List[Event]:
    """The events in the text that tracefs has."""
    events = []
    for line in lines:
        found = _SYSCALL.match(line) or _LINE.match(line)
        if found and not line.startswith("#"):
            fields = dict(_FIELD.findall(found["text"]))
            events.append(Event(float(found["time"]), found["comm"].strip(), int(found["pid"]),
                                int(found["cpu"]), found["name"], found["text"].strip(), fields))
    return events


def remove_stale() -> None:
    """Remove instances of commands that were killed."""
    where = root()
    for name in os.listdir(f"{where}/instances") if where else ():
        ours = _OURS.match(name)
        if ours and not os.path.exists(f"/proc/{ours[1]}"):
            _remove(f"{where}/instances/{name}")


def _remove(path: str) -> None:
    if os.path.isdir(path):
        os.rmdir(path)
