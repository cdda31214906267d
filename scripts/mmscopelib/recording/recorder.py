# SPDX-License-Identifier: GPL-2.0-only
"""Takes samples: reads what is due, and writes it away as it is."""

from __future__ import annotations

import errno
import os
import time
from typing import Any, Callable, Dict, List, Optional

from .events import Events
from .layout import EVENTS, Appender
from .pace import strides
from .sources import Source

# How much of the newest price goes into the one that is reckoned with.
_NEW = 0.5


class _Track:
    """A source, its file, and what reading it costs."""

    def __init__(self, read: Callable[[], List[bytes]], path: str) -> None:
        self.read = read
        self.file = Appender(path)
        self.cost = 0.0
        self.last = -1
        self.stride = 1

    def due(self, number: int) -> bool:
        """Whether it is to be read for sample @number."""
        return self.last < 0 or number - self.last >= self.stride


class Recorder:
    """The files of a recording, and what goes into them.

    @budget_ns is the CPU time that a sample may take on average.
    """

    def __init__(self, directory: str, sources: List[Source], events: Optional[Events],
                 budget_ns: float) -> None:
        self._tracks = [_Track(source.read, os.path.join(directory, source.file))
                        for source in sources]
        if events:
            self._tracks.append(_Track(events.read, os.path.join(directory, EVENTS)))
        self._budget = budget_ns
        self._overhead = 0.0
        self.samples = 0
        self.cpu_ns = 0

    @property
    def bytes(self) -> int:
        """What has been written so far."""
        return sum(track.file.bytes for track in self._tracks)

    def sample(self, number: int, everything: bool = False) -> None:
        """Read what is due, or everything."""
        began = time.thread_time_ns()
        reading = 0
        for track in self._tracks:
            if everything or track.due(number):
                reading += _take(track, number)
        whole = time.thread_time_ns() - began
        self._overhead += _NEW * (whole - reading - self._overhead)
        for track, stride in zip(self._tracks, strides(
                [track.cost for track in self._tracks], self._budget - self._overhead)):
            track.stride = stride
        self.samples += 1
        self.cpu_ns += time.thread_time_ns() - began

    def result(self) -> Dict[str, Any]:
        """What it came to, for meta.json."""
        return {"samples": self.samples, "cpu_ns": self.cpu_ns, "bytes": self.bytes}

    def close(self) -> None:
        """Write no more."""
        for track in self._tracks:
            track.file.close()


def _take(track: _Track, number: int) -> int:
    """Read and write one source; what it took."""
    began, time_ns = time.thread_time_ns(), time.monotonic_ns()
    pieces: List[bytes] = []
    error = ""
    try:
        pieces = track.read()
    except OSError as problem:
        error = errno.errorcode.get(problem.errno or 0, "EIO")
    spent = time.thread_time_ns() - began
    track.file.add(number, time_ns, spent, pieces, error)
    spent = time.thread_time_ns() - began
    track.cost = spent if track.last < 0 else track.cost + _NEW * (spent - track.cost)
    track.last = number
    return spent
