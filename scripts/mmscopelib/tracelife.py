# SPDX-License-Identifier: GPL-2.0-only
"""Follows one page, and looks at it with mmscope between the events."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import signal
from typing import Dict, Iterator, List, Optional

from .errors import Failure
from .table import FormatError, Table
from .tracetables import Row
from .tree import Tree

PAGE = mmap.PAGESIZE
# Too large for the heap, and too small for a huge page.
_BYTES = 256 << 10
_MADV_PAGEOUT = 21
_M_MMAP_THRESHOLD = -3
# In the word before what malloc() returns: it has a mapping of its own.
_IS_MMAPPED = 2
_LISTS = ("inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable")

_libc = ctypes.CDLL(None, use_errno=True)
_libc.malloc.restype = ctypes.c_void_p
_libc.malloc.argtypes = [ctypes.c_size_t]
_libc.free.argtypes = [ctypes.c_void_p]
_libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Victim:
    """A process that does to a page of its own what happens to pages, step by step."""

    def __init__(self) -> None:
        go, self._go = os.pipe()
        self._told, told = os.pipe()
        self.status: Optional[int] = None
        self.pid = os.fork()
        if not self.pid:
            _be(go, told)
        os.close(go)
        os.close(told)
        self.fd = os.pidfd_open(self.pid)

    def step(self) -> None:
        """Have it do the next step."""
        try:
            os.write(self._go, b".")
        except BrokenPipeError:
            pass

    begin = step

    def page(self) -> int:
        """The address of its page, which it says when it knows."""
        return int.from_bytes(os.read(self._told, 8), "little")

    def wait(self) -> int:
        """Its exit status."""
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def end(self) -> None:
        """Nobody waits for it any more."""
        if self.status is None:
            signal.pidfd_send_signal(self.fd, signal.SIGKILL)
            self.wait()
        for fd in (self.fd, self._go, self._told):
            os.close(fd)


def _be(go: int, told: int) -> None:
    try:
        gc.disable()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.read(go, 1)
        # A page waits in a batch of the CPU it was touched on, and can be
        # neither swapped out nor freed before that is emptied.
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
        # Otherwise it grows with what was freed before, up to megabytes.
        _libc.mallopt(_M_MMAP_THRESHOLD, _BYTES // 2)
        chunk = _libc.malloc(_BYTES)
        # What is free in the heap that we have from our parent comes first.
        while not _word_before(chunk) & _IS_MMAPPED:
            chunk = _libc.malloc(_BYTES)
        page = (chunk + PAGE - 1) // PAGE * PAGE + PAGE
        os.write(told, page.to_bytes(8, "little"))
        _done(go)
        ctypes.memset(page, 1, 1)
        _done(go)
        _libc.madvise(page, PAGE, _MADV_PAGEOUT)
        _done(go)
        ctypes.string_at(page, 1)
        _done(go)
        # Empties the batch; there is nothing at that address to swap out.
        _libc.madvise(page + PAGE, PAGE, _MADV_PAGEOUT)
        _libc.free(chunk)
        _done(go)
        os._exit(0)
    finally:
        os._exit(1)


def _word_before(chunk: int) -> int:
    return ctypes.c_size_t.from_address(chunk - ctypes.sizeof(ctypes.c_size_t)).value


def _done(go: int) -> None:
    """A step: the script sees this call."""
    os.sched_yield()
    os.read(go, 1)


class Life:
    """The observer of life.bt.

    For a victim of its own rows come step by step, when all of a step is there:
    what it was about is known only then, and mmscope is to see it standing still.
    """

    def __init__(self, tree: Tree, pid: int, address: int, victim: Optional[Victim]) -> None:
        self._tree = tree
        self._pid = pid
        self._page = address // PAGE * PAGE
        self._victim = victim
        self._waiting: List[Row] = []
        self._first: Optional[int] = None
        self._call = -1     # what the last call was about, if the page was in that
        self._pfns: Dict[str, None] = {}

    def event(self, fields: Row) -> Iterator[Row]:
        """A line of the script's."""
        if fields[1] != "step":
            self._waiting.append(fields)
            if not self._victim:
                yield from self._flush()
                if fields[1] in ("fault_end", "pageout", "free"):
                    yield from self._look(fields[0])
            return
        if self._victim:
            if not self._page:
                self._page = self._victim.page()
            yield from self._flush()
            yield from self._look(fields[0])
            self._victim.step()

    def _flush(self) -> Iterator[Row]:
        for fields in self._waiting:
            if self._concerns(fields):
                if fields[1] == "page":
                    self._pfns[fields[3]] = None
                yield [self._time(fields[0]), fields[1], *fields[2:4], _detail(fields[4])]
        self._waiting.clear()

    def _concerns(self, fields: Row) -> bool:
        va = int(fields[2], 16)
        if fields[1] == "flush" and va == self._call:
            return True
        if fields[1] in ("mmap", "munmap", "madvise"):
            size = int(fields[4].partition("=")[2].partition(",")[0])
            inside = va <= self._page < va + size
            self._call = va if inside else -1
            return inside
        return va // PAGE * PAGE == self._page

    def _time(self, ns: str) -> str:
        if self._first is None:
            self._first = int(ns)
        return str((int(ns) - self._first) // 1000)

    def _look(self, ns: str) -> Iterator[Row]:
        """What mmscope says of the page-table entry, and of the frames it has had."""
        when = self._time(ns)
        for row in self._rows("process/translate", f"pid={self._pid} addr=0x{self._page:x}"):
            if row["level"] == "pte" or row["state"] != "present" or "huge" in row["flags"]:
                swap = f",swap_offset={row['swap_offset']}" if row["swap_offset"] != "-" else ""
                yield [when, "mmscope", f"0x{self._page:x}", row["pfn"],
                       f"entry:{row['level']},{row['state']},{row['flags']}{swap}"]
        for pfn in self._pfns:
            for row in self._rows("memory/page", f"pfn={pfn}"):
                yield [when, "mmscope", f"0x{self._page:x}", pfn,
                       f"page:{row['kind']},refcount={row['refcount']},"
                       f"mapcount={row['mapcount']},{row['flags']}"]

    def _rows(self, view: str, query: str) -> List[Dict[str, str]]:
        try:
            with self._tree.open(view, query.split()) as stream:
                table = Table(stream)
                return [dict(zip(table.columns, row)) for row in table.rows()]
        except (Failure, FormatError, OSError):
            return []       # The process is gone.


def _detail(text: str) -> str:
    name, equals, value = text.partition("=")
    if name == "list" and value.isdecimal() and int(value) < len(_LISTS):
        return f"{name}{equals}{_LISTS[int(value)]}"
    return text
