# SPDX-License-Identifier: GPL-2.0-only
"""Processes that take memory when they are told to, and hold still otherwise.

Each is a fork of the command, so all begin with the same memory.  Over a pipe
come commands, over another one it says when it has done what they ask; when the
command has gone, however, the pipe is closed and all of them end.

All are on one CPU, on which those that hold still come first.  The kernel may
kill again while the memory of the one before is still being freed (exit_mmap()
sets MMF_OOM_SKIP before that); so whoever is killed has to be gone before the
one that takes memory goes on.
"""

from __future__ import annotations

import errno
import functools
import mmap
import os
import select
import signal
import struct
from typing import List, Optional

from .cgroup import Cgroup
from .errors import Failure
from .processes import spawn, write_self

KIB, MIB = 1 << 10, 1 << 20
PAGE = mmap.PAGESIZE
# Addresses that one page table serves.
_TABLE = PAGE * (PAGE // 8)
_NORESERVE = 0x4000
_ROOM = 256 * MIB
_TABLES = 32768

_COMMAND = struct.Struct("<cQ")
_ANSWER = struct.Struct("<q")
_PATIENCE = 120.0

# What an actor can be told to take.
ANON, SHMEM, TABLES, FORK, KERNEL = b"a", b"s", b"t", b"f", b"k"


class Actor:
    """One process; @adj is its oom_score_adj."""

    def __init__(self, cast: Cast, name: str, adj: int = 0) -> None:
        self.name = name
        self._busy = False
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        cast.fds += [self._commands, self._answers]
        self.pid = spawn(name, lambda: _be(cast, adj, commands, answers))
        os.close(commands)
        os.close(answers)

    def tell(self, what: bytes, amount: int) -> None:
        """Have it take @amount; return at once."""
        self._busy = True
        try:
            os.write(self._commands, _COMMAND.pack(what, amount))
        except BrokenPipeError:
            pass

    def done(self, seconds: float) -> bool:
        """Whether it has done that, or has ended, within @seconds."""
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        if self._busy and not poll.poll(1000 * seconds):
            return False
        self._busy = False
        return True

    def answer(self) -> Optional[int]:
        """What came of it: 0 or an errno; None if the process has ended."""
        if not self.done(_PATIENCE):
            raise Failure(f"the process '{self.name}' hangs")
        answer = os.read(self._answers, _ANSWER.size)
        return _ANSWER.unpack(answer)[0] if answer else None

    def take(self, what: bytes, amount: int) -> None:
        """Have it take @amount, and wait until it has."""
        self.tell(what, amount)
        answer = self.answer()
        if answer is None:
            raise Failure(f"the process '{self.name}' ended before it had its memory")
        if answer:
            raise Failure(f"the process '{self.name}' cannot begin: {os.strerror(answer)}")


class Cast:
    """All actors of a scenario.

    @kernel is the file to which one writes that is to have kernel memory.
    """

    def __init__(self, cgroup: Cgroup, kernel: str) -> None:
        self.cgroup = cgroup
        self.kernel = kernel
        self.cpu = max(os.sched_getaffinity(0))
        self.actors: List[Actor] = []
        self.shmem = os.memfd_create("mmscope-oom")
        # Nobody writes to it: it ends when the command does.
        self.life, end = os.pipe()
        self.fds: List[int] = [end]

    def add(self, name: str, adj: int = 0) -> Actor:
        """Start one more."""
        actor = Actor(self, name, adj)
        self.actors.append(actor)
        return actor

    def close(self) -> None:
        """Let all end, and give back the shared memory."""
        for fd in [*self.fds, self.life, self.shmem]:
            os.close(fd)


def _be(cast: Cast, adj: int, commands: int, answers: int) -> None:
    try:
        for fd in cast.fds:
            os.close(fd)
        write_self("oom_score_adj", str(adj))
        cast.cgroup.enter()
        os.sched_setaffinity(0, {cast.cpu})
        _Taker(cast, answers).serve(commands)
    except OSError as error:
        # In place of the answer to the first command.
        os.write(answers, _ANSWER.pack(error.errno or -1))


def _come_first(first: bool) -> None:
    """Whoever holds still is first on the CPU, if only to end; whoever takes memory is not.

    Both come before all other processes: from 6.12 on these get a part of each CPU
    (fair server), and whoever takes memory would do so while another one ends.
    """
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2 if first else 1))


class _Taker:
    """What goes on in an actor's process."""

    def __init__(self, cast: Cast, answers: int) -> None:
        self._cast = cast
        self._answers = answers
        self._taken = self._taken_tables = self._taken_shmem = 0
        self._files: List[int] = []
        self._takers = {ANON: self._anon, SHMEM: self._shmem, TABLES: self._page_tables,
                        FORK: self._fork, KERNEL: self._kernel}

    def serve(self, commands: int) -> None:
        """Do what is told until nobody is there to tell."""
        _come_first(True)
        while True:
            command = os.read(commands, _COMMAND.size)
            if len(command) < _COMMAND.size:
                return
            what, amount = _COMMAND.unpack(command)
            _come_first(False)
            try:
                self._takers[what](amount)
                answer = 0
            except OSError as error:
                answer = error.errno or -1
            _come_first(True)
            os.write(self._answers, _ANSWER.pack(answer))

    @functools.cached_property
    def _room(self) -> mmap.mmap:
        return _reserve(_ROOM)

    @functools.cached_property
    def _tables(self) -> mmap.mmap:
        return _reserve(_TABLES * _TABLE)

    def _anon(self, amount: int) -> None:
        for at in range(self._taken, self._taken + amount, PAGE):
            self._room[at] = 1
        self._taken += amount

    def _page_tables(self, amount: int) -> None:
        """A page and a table for each."""
        tables = amount // PAGE // 2
        for i in range(self._taken_tables, self._taken_tables + tables):
            self._tables[i * _TABLE] = 1
        self._taken_tables += tables

    def _shmem(self, amount: int) -> None:
        """Not mapped, so that it is nobody's."""
        piece = bytes(PAGE)
        for at in range(self._taken_shmem, self._taken_shmem + amount, PAGE):
            os.pwrite(self._cast.shmem, piece, at)
        self._taken_shmem += amount

    def _fork(self, amount: int) -> None:
        ready, tell = os.pipe()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        if not os.fork():
            try:
                os.close(self._answers)
                os.close(ready)
                write_self("comm", "child")
                self._anon(amount)
                _come_first(True)
                os.write(tell, b".")
                os.close(tell)
                os.read(self._cast.life, 1)
            finally:
                os._exit(1)
        os.close(tell)
        # Nothing comes from one that was killed.
        os.read(ready, 1)
        os.close(ready)

    def _kernel(self, amount: int) -> None:
        """The file has to stay open; nothing is given back before."""
        self._files.append(os.open(self._cast.kernel, os.O_RDWR))
        os.write(self._files[-1], b"pages=%d oom=1" % (amount // PAGE))


def _reserve(size: int) -> mmap.mmap:
    """Addresses without memory; pages come one by one."""
    room = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
    try:
        room.madvise(mmap.MADV_NOHUGEPAGE)
    except OSError as error:
        # A kernel without huge pages, as real-time ones are, has no such advice.
        if error.errno != errno.EINVAL:
            raise
    return room
