# SPDX-License-Identifier: GPL-2.0-only
"""Processes that are forks of the command, and end when it does."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import time
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Callable, Iterable, Iterator, List, Optional

# What ends a command, but not before it has cleared up.
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Have grandchildren become children when their parent has ended."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def shell_status(code: int) -> int:
    """What a shell says of a program that ended with this code, or by signal -code."""
    return code if code >= 0 else 128 - code


def spawn(name: str, child: Callable[[], None]) -> int:
    """Fork a process called @name that does @child and ends; return its number.

    Ctrl-C is for the command to deal with, not for its children.
    """
    # A signal must not find the child while it still believes to be the command.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return pid
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        # Nothing of its memory may come or go by itself.
        gc.disable()
        write_self("comm", name[:15])
        child()
    finally:
        os._exit(1)


def write_self(name: str, value: str) -> None:
    """Write the caller's file @name in /proc."""
    with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
        stream.write(value)


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    return state(pid) not in ("", "Z", "X")


def state(pid: int) -> str:
    """The letter that proc(5) has for what a process does; none if it is not there."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            return stream.read().rpartition(b") ")[2][:1].decode("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def settle(pids: List[int], seconds: float = 30.0) -> None:
    """Wait until these processes, which were killed, have ended."""
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.005)


def reap() -> None:
    """Take note of all children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have signals that end the command wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def noted(numbers: Iterable[int]) -> Iterator[int]:
    """Have these signals interrupt nothing, but make a descriptor ready to be read."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def note(number: int, frame: Optional[FrameType]) -> None:
        with suppress(BlockingIOError):
            os.write(writer, b"!")

    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield reader
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


@contextmanager
def careful() -> Iterator[None]:
    """Have the first signal that ends the command end it in order, and no other disturb that.

    A terminal that closes sends two or three, and a second Ctrl-C is soon pressed: what
    clears up, and puts settings of the kernel back, must not be left half-way.  What
    nohup has the command ignore is ignored.
    """
    caught = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]

    def nothing(number: int, frame: Optional[FrameType]) -> None:
        pass

    def end(number: int, frame: Optional[FrameType]) -> None:
        for other in caught:
            signal.signal(other, nothing)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in caught}
    # A process that was killed reads no more commands.
    before[signal.SIGPIPE] = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
