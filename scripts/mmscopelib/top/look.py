# SPDX-License-Identifier: GPL-2.0-only
"""One look at everything that is shown."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from io import BytesIO
from typing import Dict, List, Optional

from ..errors import Failure
from ..procfs import meminfo, pressure, vmstat
from ..recording.sources import Source
from ..table import FormatError, Table
from ..tree import Tree

Row = Dict[str, str]

VIEWS = ("memory/zones", "buddy/freelists", "buddy/fragmentation", "oom/badness", "slab/caches",
         "pagecache/files")
_FILES = ("/proc/vmstat", "/proc/meminfo", "/proc/pressure/memory")


@dataclass
class Look:
    """What was seen; a view that could not be read has no rows, and a reason."""

    when: float = 0.0
    took: float = 0.0               # CPU time
    rows: Dict[str, List[Row]] = field(default_factory=dict)
    missing: Dict[str, str] = field(default_factory=dict)
    vmstat: Dict[str, int] = field(default_factory=dict)
    meminfo: Dict[str, int] = field(default_factory=dict)
    pressure: Dict[str, int] = field(default_factory=dict)


class Eyes:
    """Keeps the files open from one look to the next."""

    def __init__(self, tree: Tree, files: int) -> None:
        tree.check()
        self._missing: Dict[str, str] = {}
        self._sources: List[Source] = []
        for spec in (*VIEWS, *_FILES):
            query = f" top={files}" if spec == "pagecache/files" else ""
            source = Source(tree, spec + query)
            try:
                source.open()
                self._sources.append(source)
            except Failure as failure:
                self._missing[spec] = str(failure)

    def look(self) -> Look:
        """Read everything."""
        began = time.thread_time()
        seen = Look(time.monotonic(), missing=dict(self._missing))
        for source in self._sources:
            try:
                self._read(source, seen)
            except (OSError, FormatError) as error:
                seen.missing[source.name] = str(error)
        seen.took = time.thread_time() - began
        return seen

    @staticmethod
    def _read(source: Source, seen: Look) -> None:
        text = b"".join(source.read())
        if source.name == "/proc/vmstat":
            seen.vmstat = vmstat(text)
        elif source.name == "/proc/meminfo":
            seen.meminfo = meminfo(text)
        elif source.name == "/proc/pressure/memory":
            seen.pressure = pressure(text)
        else:
            table = Table(BytesIO(text))
            rows = [dict(zip(table.columns, row)) for row in table.rows()]
            stopped = table.end.stopped if table.end else None
            if stopped is None:
                seen.rows[source.name] = rows
            else:
                seen.missing[source.name] = f"incomplete: {stopped}"

    def close(self) -> None:
        """Let go of the files."""
        for source in self._sources:
            source.close()


@dataclass
class Pair:
    """Two looks, and what has changed between them."""

    now: Look
    before: Optional[Look] = None

    @property
    def seconds(self) -> float:
        """From one to the other; 0 if there is only one."""
        return self.now.when - self.before.when if self.before else 0.0

    def rate(self, *names: str) -> Optional[float]:
        """How fast counters of /proc/vmstat grow, per second."""
        known = [name for name in names if name in self.now.vmstat]
        if not self.before or not known or self.seconds <= 0:
            return None
        grown = sum(self.now.vmstat[name] - self.before.vmstat.get(name, 0) for name in known)
        return max(grown, 0) / self.seconds

    def waiting(self, name: str) -> Optional[float]:
        """Percent of the time in which some, or full (all), tasks waited for memory."""
        if not self.before or name not in self.before.pressure or self.seconds <= 0:
            return None
        return (self.now.pressure[name] - self.before.pressure[name]) / self.seconds / 1e4
