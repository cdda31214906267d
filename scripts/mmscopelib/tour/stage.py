# SPDX-License-Identifier: GPL-2.0-only
"""What a chapter works with: processes, views, facts, and the words to tell."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import (Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence,
                    Type)

from ..cgroup import Cgroup, mount_point
from ..errors import Failure
from ..output import ended
from ..processes import reap, undisturbed
from ..show import read_table, read_values
from ..table import Table, typed
from ..tree import Tree
from . import machine, memory
from .claims import DIFFERS, GONE, HOLDS, NOT_HERE, Claim, Fact, Register, Verdict
from .machine import PAGE
from .trace import Trace
from .worker import Worker

Row = Dict[str, Any]
_FOLDERS = ("/var/tmp", "/root")
# A view of something that moves is asked again.
_TRIES = 5
_PATIENCE = 30.0
# What reclaim is asked for at least.
_RECLAIM_LEAST = 32 * PAGE


class Lab(NamedTuple):
    """The answer of an experiment: words of the first line, rows, words of the last."""

    header: Dict[str, str]
    rows: List[Row]
    end: Dict[str, str]


class NotHere(Exception):
    """What this machine cannot do, so that a chapter, or the rest of it, cannot be shown."""


class Teller:
    """Whoever hears the story while it is told."""

    def say(self, text: str) -> None:
        """A paragraph."""

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table."""

    def verdict(self, verdict: Verdict) -> None:
        """A claim, and what became of it."""


class Stage:
    """One chapter's, from __enter__ to __exit__, when all its processes end."""

    def __init__(self, name: str, claims: Mapping[str, Claim], tree: Tree,
                 facts: machine.Machine, teller: Teller) -> None:
        self.tree = tree
        self.machine = facts
        self.values: Dict[str, Fact] = {}
        self.story: List[str] = []
        self.claims = Register(name, claims)
        self._teller = teller
        self._workers: List[Worker] = []
        self._ends = ExitStack()
        self._ends.callback(reap)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._ends.close()

    # Telling

    def say(self, text: str) -> None:
        """Tell a paragraph."""
        text = " ".join(text.split())
        self.story.append(text)
        self._teller.say(text)

    def show(self, rows: Sequence[Row], *columns: str) -> None:
        """Tell some columns of rows."""
        cells = [[_cell(row.get(column)) for column in columns] for row in rows]
        self.story += [" ".join(line) for line in [list(columns), *cells]]
        self._teller.table(columns, cells)

    def note(self, **values: Fact) -> None:
        """Note what was measured, for programs."""
        self.values.update(values)

    # Claims

    def claim(self, name: str, holds: bool, evidence: Mapping[str, Fact], now: str = "",
              since: str = "") -> None:
        """A claim holds, or what is true differs."""
        self._give(name, HOLDS if holds else DIFFERS, evidence, now, since)

    def gone(self, name: str, gone: bool, evidence: Mapping[str, Fact], now: str = "",
             since: str = "") -> None:
        """What a claim speaks of is there no more, or is."""
        self._give(name, GONE if gone else HOLDS, evidence, now, since)

    def not_here(self, name: str, why: str, evidence: Optional[Mapping[str, Fact]] = None) -> None:
        """A claim cannot be tried on this machine."""
        self._give(name, NOT_HERE, {"reason": why, **(evidence or {})}, "", "")

    def _give(self, name: str, verdict: str, evidence: Mapping[str, Fact], now: str,
              since: str) -> None:
        self._teller.verdict(self.claims.give(name, verdict, evidence, now, since))

    # Processes and files

    def worker(self, name: str) -> Worker:
        """Start a process, which is a fork of this one."""
        return self._begin(Worker.start, name)

    def program(self, name: str) -> Worker:
        """Start a process that has nothing of this one."""
        return self._begin(Worker.program, name)

    def _begin(self, start: Callable[[str, List[socket.socket]], Worker], name: str) -> Worker:
        return self._keep(start(name, [other.line for other in self._workers]))

    def _keep(self, worker: Worker) -> Worker:
        self._workers.append(worker)
        self._ends.callback(worker.end)
        return worker

    def fork(self, worker: Worker, name: str) -> Worker:
        """Have a process fork."""
        return self._keep(worker.fork(name))

    def end(self, worker: Worker) -> None:
        """Have a process end before the chapter does."""
        self._workers.remove(worker)
        worker.end()

    def folder(self) -> str:
        """A folder for files on a disk, removed with the chapter."""
        parent = next((path for path in _FOLDERS if machine.disk_of(path)), None)
        if not parent:
            raise NotHere(f"files of {', '.join(_FOLDERS)} are not on a disk")
        with undisturbed():
            path = tempfile.mkdtemp(prefix="mmscope-tour-", dir=parent)
            self._ends.callback(shutil.rmtree, path, ignore_errors=True)
        return path

    def file(self, pages: int) -> str:
        """A file of so many pages that is on disk, and not in memory."""
        path = os.path.join(self.folder(), "file")
        with open(path, "wb") as stream:
            stream.write(os.urandom(pages * PAGE))
            stream.flush()
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return path

    def cgroup(self, limit: int, name: str = "tour") -> Cgroup:
        """A memory cgroup with a memory.max, removed with the chapter."""
        with undisturbed():
            return self._ends.enter_context(Cgroup(mount_point(), limit, name))

    def swap_out(self, worker: Worker, cgroup: Cgroup, at: int, size: int) -> None:
        """Have pages of a process in a cgroup be in swap only, and not in the swap cache.

        Not by the swapcached of memory.stat, which may be behind by more than that.
        """
        end = time.monotonic() + _PATIENCE
        while True:
            worker.do(memory.advise, at, size, memory.PAGEOUT)
            left = worker.do(memory.in_core, at, size)
            if not left:
                return
            if time.monotonic() > end:
                raise Failure(f"{left} pages do not go to swap")
            # What is being written cannot go yet.
            time.sleep(0.02)
            machine.reclaim(cgroup, max(left * PAGE, _RECLAIM_LEAST))

    def trace(self, *events: str, pids: Sequence[int] = ()) -> Trace:
        """Note events, of some processes or of all."""
        return Trace(events, pids)

    # Views

    def rows(self, view: str, **query: object) -> List[Row]:
        """All rows of a view; `-` is None, sets are lists."""
        words = [f"{key}={value:#x}" if key in ("addr", "start", "end") else f"{key}={value}"
                 for key, value in query.items()]
        for _ in range(_TRIES):
            columns, rows, end = read_table(self.tree, view, words)
            if end.complete:
                return _typed(columns, rows)
        raise Failure(f"{view} is incomplete: {end.keys.get('stopped', 'no reason is given')}")

    @contextmanager
    def lab(self, name: str, **query: object) -> Iterator[Lab]:
        """An experiment; what it holds is given back at the end."""
        words = [f"{key}={value}" for key, value in query.items()]
        with self.tree.open(f"lab/{name}/run", words) as stream:
            table = Table(stream)
            rows = _typed(table.columns, list(table.rows()))
            yield Lab(table.header.keys, rows, ended(table).keys)

    def space(self, pid: int) -> Row:
        """The address space of a process."""
        values = read_values(self.tree, "process/space", [f"pid={pid}"])
        return {name: typed(name, value) for name, value in values.items()}

    def area(self, worker: Worker, at: int) -> Row:
        """The VMA around an address."""
        return self.rows("process/vmas", pid=worker.pid, start=at, end=at + PAGE)[0]

    def way(self, worker: Worker, at: int) -> List[Row]:
        """The page-table entries on the way to an address."""
        return self.rows("process/translate", pid=worker.pid, addr=at)

    def entry(self, worker: Worker, at: int) -> Row:
        """The entry in which the way to an address ends."""
        return self.way(worker, at)[-1]

    def entries(self, worker: Worker, at: int, size: int) -> List[Row]:
        """The entries that are not empty, of a range."""
        return self.rows("process/entries", pid=worker.pid, start=at, end=at + size)

    def present(self, worker: Worker, at: int, size: int) -> int:
        """Pages in memory, of a range."""
        return self.in_memory(worker.pid, at, at + size)

    def in_memory(self, pid: int, start: int, end: int) -> int:
        """The same of any process."""
        return sum(row["pages"] for row in self.rows("process/ranges", pid=pid, start=start,
                                                     end=end) if row["state"] == "present")

    def page(self, pfn: int) -> Row:
        """What a frame is used for."""
        return self.rows("memory/page", pfn=pfn)[0]

    def needs(self, condition: bool, what: str) -> None:
        """Go on only if the machine has what that takes."""
        if not condition:
            raise NotHere(what)


def _typed(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> List[Row]:
    return [{column: typed(column, field) for column, field in zip(columns, row)} for row in rows]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
