# SPDX-License-Identifier: GPL-2.0-only
"""Processes that do with their memory what they are told, and nothing else."""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import socket
import sys
from typing import Any, Callable, List, ParamSpec, TypeVar

from ..errors import Failure
from ..processes import spawn, write_self

_P = ParamSpec("_P")
_T = TypeVar("_T")
_LARGEST = 1 << 20
_PATIENCE = 120.0
_FORK = "fork"
_LIBRARY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Worker:
    """A process, told what to do through a socket; it ends when that is closed."""

    def __init__(self, name: str, pid: int, line: socket.socket, ours: bool) -> None:
        self.name = name
        self.pid = pid
        self._line = line
        self._ours = ours
        self._ended = False
        line.settimeout(_PATIENCE)
        # It has its name, and waits, when it has answered.
        self.do(os.getpid)

    @classmethod
    def start(cls, name: str, others: List[socket.socket]) -> Worker:
        """A fork of the command; @others are sockets that are not for it."""
        line, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = spawn(name, lambda: _serve(far, [*others, line]))
        far.close()
        return cls(name, pid, line, True)

    @classmethod
    def program(cls, name: str, others: List[socket.socket]) -> Worker:
        """A process of its own, which shares nothing with the command."""
        line, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        code = (f"import sys; sys.path.insert(0, {_LIBRARY!r}); "
                f"from mmscopelib.tour.worker import serve; serve({far.fileno()}, {name!r})")

        def run() -> None:
            for other in [*others, line]:
                other.close()
            os.set_inheritable(far.fileno(), True)
            os.execv(sys.executable, [sys.executable, "-c", code])

        pid = spawn(name, run)
        far.close()
        return cls(name, pid, line, True)

    @property
    def line(self) -> socket.socket:
        """What it is told through."""
        return self._line

    def do(self, function: Callable[_P, _T], *args: _P.args, **words: _P.kwargs) -> _T:
        """Have it call a function of some module, and return the result."""
        self._tell((function, args, words))
        result: _T = self._hear()
        return result

    def fork(self, name: str) -> Worker:
        """Have it fork; the child is told what to do on its own."""
        self._tell((_FORK, (name,), {}))
        data, fds, _, _ = socket.recv_fds(self._line, _LARGEST, 1)
        pid = self._understood(data)
        return Worker(name, pid, socket.socket(fileno=fds[0]), False)

    def fate(self, function: Callable[_P, _T], *args: _P.args, **words: _P.kwargs) -> int:
        """Have it call a function that kills it; return the signal that did, or 0."""
        self._tell((function, args, words))
        data = self._line.recv(_LARGEST)
        return 0 if data else self.signal()

    def signal(self) -> int:
        """Wait for its end; return the signal that killed it, or 0."""
        if not self._ours:
            raise ValueError(f"{self.name} is another's child")
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            return 0
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def end(self) -> None:
        """Have it end, if it has not, and wait until its memory is free."""
        if self._ended:
            return
        self._ended = True
        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            fd = None
        self._line.close()
        if fd is not None:
            select.select([fd], [], [], _PATIENCE)
            os.close(fd)
        if self._ours:
            self.signal()

    def _tell(self, what: object) -> None:
        try:
            self._line.send(pickle.dumps(what))
        except BrokenPipeError as error:
            raise Failure(f"the process '{self.name}' has ended") from error

    def _hear(self) -> Any:
        return self._understood(self._line.recv(_LARGEST))

    def _understood(self, data: bytes) -> Any:
        if not data:
            raise Failure(f"the process '{self.name}' has ended")
        result, error = pickle.loads(data)
        if error is not None:
            raise error
        return result


def serve(fd: int, name: str) -> None:
    """What a program() does."""
    gc.disable()
    write_self("comm", name[:15])
    _serve(socket.socket(fileno=fd), [])


def _serve(line: socket.socket, others: List[socket.socket]) -> None:
    """What goes on in the process."""
    # Nobody waits for its children.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for other in others:
        other.close()
    # recv() would map as much each time, and unmap it at some time after the answer.
    room = memoryview(bytearray(_LARGEST))
    while True:
        size = line.recv_into(room)
        if not size:
            line.close()
            return
        function, args, words = pickle.loads(room[:size])
        if function == _FORK:
            line = _fork(line, *args)
        else:
            line.send(pickle.dumps(_called(function, args, words)))


def _called(function: Callable[..., Any], args: Any, words: Any) -> Any:
    try:
        return function(*args, **words), None
    except (OSError, NotImplementedError, ValueError) as error:
        return None, error


def _fork(line: socket.socket, name: str) -> socket.socket:
    """Fork; return the line on which the one that returns goes on."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if not pid:
        for mine in (line, near):
            mine.close()
        write_self("comm", name[:15])
        return far
    far.close()
    socket.send_fds(line, [pickle.dumps((pid, None))], [near.fileno()])
    near.close()
    return line
