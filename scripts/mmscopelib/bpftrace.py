# SPDX-License-Identifier: GPL-2.0-only
"""Runs bpftrace, and a command that waits until all is attached."""

from __future__ import annotations

import ctypes
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Sequence

from .errors import Failure
from .processes import shell_status

# Room for so many keys in each map; what comes after that is lost.  bpftrace's own default is
# 4096, and the kernel takes memory for all of them at once, for each CPU.
MAX_KEYS = 16384

_PDEATHSIG = 1
_MISSES = re.compile(r"^recursion_misses:\s*([0-9]+)$", re.M)
_libc = ctypes.CDLL(None)

Message = Dict[str, Any]


def _die_with_parent() -> None:
    _libc.prctl(_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Command:
    """A command that begins when it is told to; its number is known before."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.argv = argv
        self.status: Optional[int] = None
        ready, self._go = os.pipe()
        failed, told = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            _become(argv, ready, self._go, told)
        os.close(ready)
        os.close(told)
        self._failed = failed
        self.fd = os.pidfd_open(self.pid)

    def begin(self) -> None:
        """Let it begin; Failure if there is no such program."""
        os.write(self._go, b".")
        os.close(self._go)
        error = os.read(self._failed, 16)
        os.close(self._failed)
        if error:
            self.wait()
            raise Failure(f"{self.argv[0]}: {os.strerror(int(error))}")

    @property
    def done(self) -> bool:
        """Whether it has ended by itself."""
        return bool(select.select([self.fd], [], [], 0)[0])

    def wait(self) -> int:
        """Its exit status, as a shell gives it."""
        if self.status is None:
            self.status = shell_status(os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]))
        return self.status

    def end(self) -> None:
        """Nobody waits for it any more."""
        if self.status is None:
            signal.pidfd_send_signal(self.fd, signal.SIGTERM)
            self.wait()
        os.close(self.fd)


def _become(argv: Sequence[str], ready: int, go: int, told: int) -> None:
    """In the child: wait, and be the command."""
    try:
        os.close(go)
        for number in (signal.SIGPIPE, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if os.read(ready, 1):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execvp(argv[0], list(argv))
    except OSError as error:
        os.write(told, str(error.errno).encode())
    finally:
        os._exit(127)


class Bpftrace:
    """bpftrace at work; a context that ends it."""

    def __init__(self, text: str, numbers: Sequence[int]) -> None:
        self._text = text
        self._numbers = numbers
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._errors = tempfile.TemporaryFile()
        # Without a name: nothing of it stays, however this ends.
        self._file = tempfile.TemporaryFile("w", encoding="utf-8")
        self._rest = b""
        self._said: Deque[Message] = deque()
        self.ended = False

    def __enter__(self) -> Bpftrace:
        self._file.write(self._text)
        self._file.flush()
        fd = self._file.fileno()
        try:
            # Ctrl-C is for the command, which tells bpftrace to end.
            self._process = subprocess.Popen(
                ["bpftrace", "-f", "json", "-B", "line", f"/proc/self/fd/{fd}",
                 *map(str, self._numbers)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
                env={**os.environ, "BPFTRACE_MAX_MAP_KEYS": str(MAX_KEYS)},
                pass_fds=[fd], start_new_session=True, preexec_fn=_die_with_parent)
        except FileNotFoundError as error:
            self.__exit__()
            raise Failure("bpftrace is not installed: apt install bpftrace") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._errors.close()
        self._file.close()

    def stop(self) -> None:
        """Have it print its maps and end."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def missed(self) -> int:
        """How often one of its programs was not run, as another was on the same CPU."""
        missed = 0
        folder = f"/proc/{self._process.pid}/fdinfo" if self._process else ""
        try:
            for name in os.listdir(folder):
                with open(f"{folder}/{name}", encoding="ascii", errors="replace") as stream:
                    missed += sum(map(int, _MISSES.findall(stream.read())))
        except OSError:
            pass        # It has ended.
        return missed

    def message(self, until: Sequence[int], timeout: Optional[float]) -> Optional[Message]:
        """The next that it says; None if @timeout is over first, one of the
        descriptors is ready, or it has ended."""
        assert self._process and self._process.stdout
        fd = self._process.stdout.fileno()
        end = None if timeout is None else time.monotonic() + timeout
        while not self._said and not self.ended:
            rest = None if end is None else max(end - time.monotonic(), 0)
            if select.select([fd, *until], [], [], rest)[0] != [fd]:
                return None
            self._read(fd)
        return self._said.popleft() if self._said else None

    def _read(self, fd: int) -> None:
        data = os.read(fd, 1 << 16)
        self.ended = not data
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                self._said.append(message)

    def problems(self) -> List[str]:
        """What it has complained about."""
        self._errors.seek(0)
        text = self._errors.read().decode("utf-8", "replace")
        return [line for line in text.splitlines() if line.strip()]

    def failure(self) -> Failure:
        """Why it has ended before its time."""
        problems = self.problems()
        said = next((line for line in problems if "ERROR" in line), None) or \
            (problems[-1] if problems else "it says nothing")
        return Failure(f"bpftrace has ended: {said}")
