# SPDX-License-Identifier: GPL-2.0-only
"""A memory cgroup of version 2 that is gone again whatever happens."""

from __future__ import annotations

import errno
import os
import re
import time
from types import TracebackType
from typing import Dict, List, Optional, Type

from .errors import Failure
from .processes import reap, undisturbed

_OURS = re.compile(r"mmscope-[a-z]+-([0-9]+)\Z")
_PATIENCE = 30.0


class NoCgroups(Failure):
    """This machine has no memory cgroups of version 2, or they are not switched on."""


def mount_point() -> str:
    """Where cgroups of version 2 are, with the memory controller for those below."""
    for line in _read("/proc/self/mounts").splitlines():
        fields = line.split()
        if fields[2] == "cgroup2" and "memory" in _words(f"{fields[1]}/cgroup.controllers"):
            break
    else:
        raise NoCgroups("there are no memory cgroups of version 2 here "
                        "(boot without systemd.unified_cgroup_hierarchy=0)")
    if "memory" not in _words(f"{fields[1]}/cgroup.subtree_control"):
        raise NoCgroups("memory cgroups are not switched on: "
                        f"echo +memory > {fields[1]}/cgroup.subtree_control")
    return fields[1]


def left(root: str) -> int:
    """How many cgroups of commands that have ended, or of this one, are there."""
    names = [found[1] for found in map(_OURS.match, os.listdir(root)) if found]
    return sum(name == str(os.getpid()) or not os.path.exists(f"/proc/{name}") for name in names)


def remove_stale(root: str) -> None:
    """Remove what commands that were killed themselves have left."""
    for name in os.listdir(root):
        ours = _OURS.match(name)
        if ours and not os.path.exists(f"/proc/{ours[1]}"):
            _remove(os.path.join(root, name))


class Cgroup:
    """The cgroup mmscope-NAME-PID, from __enter__ to __exit__."""

    def __init__(self, root: str, limit: int, name: str = "oom") -> None:
        self.path = f"/mmscope-{name}-{os.getpid()}"
        self._dir = root + self.path
        self._limit = limit

    def __enter__(self) -> Cgroup:
        # Of an earlier process with the same number.
        _remove(self._dir)
        try:
            os.mkdir(self._dir)
            # Before anybody enters.
            self.write("memory.max", self._limit)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._end()

    def write(self, name: str, value: object) -> None:
        """Write one of its files."""
        with open(f"{self._dir}/{name}", "w", encoding="ascii") as stream:
            stream.write(str(value))

    def enter(self) -> None:
        """Move the caller there."""
        self.write("cgroup.procs", 0)

    def number(self, name: str) -> int:
        """The number in one of its files."""
        return int(_read(f"{self._dir}/{name}"))

    def numbers(self, name: str) -> Dict[str, int]:
        """The lines `name number` of one of its files."""
        return pairs(_read(f"{self._dir}/{name}"))

    def pids(self) -> List[int]:
        """Who is in it."""
        return [int(word) for word in _words(f"{self._dir}/cgroup.procs")]

    @property
    def ino(self) -> int:
        """The number of its directory, by which the module knows it."""
        return os.stat(self._dir).st_ino

    def _end(self) -> None:
        # A second Ctrl-C must not leave it half removed.
        with undisturbed():
            _remove(self._dir)


def pairs(text: str) -> Dict[str, int]:
    """Lines `name number` as the kernel writes them."""
    return {name: int(number) for name, number in (line.split() for line in text.splitlines())}


def _remove(path: str) -> None:
    end = time.monotonic() + _PATIENCE
    while os.path.isdir(path):
        try:
            # Again and again: what forks may have been faster.
            with open(f"{path}/cgroup.kill", "w", encoding="ascii") as stream:
                stream.write("1")
            reap()
            os.rmdir(path)
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.ENOENT, errno.ENODEV):
                raise
            if time.monotonic() > end:
                raise Failure(f"{path} cannot be removed: "
                              f"{len(_words(path + '/cgroup.procs'))} processes do not end") \
                    from error
            time.sleep(0.005)
    reap()


def _read(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as stream:
        return stream.read()


def _words(path: str) -> List[str]:
    try:
        return _read(path).split()
    except FileNotFoundError:
        return []
