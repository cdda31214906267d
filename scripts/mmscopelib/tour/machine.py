# SPDX-License-Identifier: GPL-2.0-only
"""Facts about the running kernel and its machine."""

from __future__ import annotations

import errno
import functools
import os
import re
from contextlib import contextmanager
from typing import Dict, Iterator, List, Optional

from ..cgroup import Cgroup
from .btf import Btf

PAGE = os.sysconf("SC_PAGE_SIZE")
TABLE_ENTRIES = PAGE // 8
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
THP = "/sys/kernel/mm/transparent_hugepage"
HUGETLB = "/sys/kernel/mm/hugepages"


def read(path: str) -> str:
    """All of a small file, without the line end."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read().strip()


def read_maybe(path: str) -> Optional[str]:
    """The same; None if it is not there or will not be read."""
    try:
        return read(path)
    except OSError:
        return None


def number(path: str) -> int:
    """The number in a file."""
    return int(read(path))


def chosen(path: str) -> str:
    """The word in brackets, as in `always [madvise] never`."""
    found = re.search(r"\[([^]]+)\]", read(path))
    return found[1] if found else "-"


def counts(path: str) -> Dict[str, int]:
    """The lines `name number`, as in /proc/vmstat and memory.stat."""
    words = (line.split() for line in read(path).splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in words if len(line) > 1
            and line[1].isdigit()}


def meminfo() -> Dict[str, int]:
    """/proc/meminfo in KiB."""
    return counts("/proc/meminfo")


def vmstat(*names: str) -> Dict[str, int]:
    """Counters of /proc/vmstat; 0 for those that this kernel has not."""
    all_of_them = counts("/proc/vmstat")
    return {name: all_of_them.get(name, 0) for name in names}


def fold() -> None:
    """Have all CPUs pass on what they have counted."""
    with open("/proc/sys/vm/stat_refresh", "w", encoding="ascii") as stream:
        stream.write("1")


@contextmanager
def setting(path: str, value: object) -> Iterator[None]:
    """A setting of the kernel for as long as it takes."""
    before = read(path)
    try:
        _write(path, value)
        yield
    finally:
        _write(path, before)


def _write(path: str, value: object) -> None:
    with open(path, "w", encoding="ascii") as stream:
        stream.write(str(value))


def refuses(path: str, value: object) -> bool:
    """Whether the kernel refuses a value; one that it takes is put back at once."""
    try:
        with setting(path, value):
            return False
    except OSError:
        return True


class Machine:
    """What does not change while the tour goes on; read when first asked for."""

    @functools.cached_property
    def release(self) -> str:
        """As `uname -r` says."""
        return os.uname().release

    @functools.cached_property
    def x86(self) -> bool:
        """Whether this is x86-64."""
        return os.uname().machine == "x86_64"

    @functools.cached_property
    def btf(self) -> Btf:
        """The kernel's types."""
        return Btf()

    @functools.cached_property
    def _config(self) -> Optional[str]:
        return read_maybe(f"/boot/config-{self.release}") or \
            read_maybe(f"/lib/modules/{self.release}/config")

    def config(self, name: str) -> str:
        """An option of its configuration: its value, `not set`, `no such option`, `unknown`."""
        if self._config is None:
            return "unknown"
        found = re.search(rf"^(?:CONFIG_{name}=(.*)|# CONFIG_{name} is (not set))$", self._config,
                          re.M)
        return (found[1] or found[2]) if found else "no such option"

    @functools.cached_property
    def cpu_flags(self) -> List[str]:
        """What the CPUs can do."""
        found = re.search(r"^(?:flags|Features)\s*: (.*)$", read("/proc/cpuinfo"), re.M)
        return found[1].split() if found else []

    @functools.cached_property
    def cpus_of(self) -> Dict[int, List[int]]:
        """The CPUs of each node that has memory and CPUs, of those that we may use."""
        base = "/sys/devices/system/node"
        usable = os.sched_getaffinity(0)
        nodes: Dict[int, List[int]] = {}
        for node in ranges(read_maybe(f"{base}/has_memory") or "0"):
            listed = read_maybe(f"{base}/node{node}/cpulist")
            cpus = sorted(usable & set(ranges(listed))) if listed else []
            if cpus:
                nodes[node] = cpus
        return nodes or {0: sorted(usable)}

    @functools.cached_property
    def swap_bytes(self) -> int:
        """Swap there is."""
        return meminfo()["SwapTotal"] * KIB


def disk_of(path: str) -> Optional[str]:
    """The counters of the block device that a file is on, if it is on one.

    That of the mount, where files have a device number that stands for none, as on btrfs.
    """
    mounts = [line.split()[:2] for line in read("/proc/self/mounts").splitlines()]
    inside = [(len(where), source) for source, where in mounts
              if os.path.exists(path) and os.path.commonpath([where, path]) == where]
    source = max(inside, key=lambda found: found[0])[1] if inside else ""
    if not source.startswith("/dev/"):
        return None
    device = os.stat(path).st_dev
    if not os.major(device):
        device = os.stat(source).st_rdev
    counters = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"
    return counters if os.path.exists(counters) else None


def ranges(text: str) -> List[int]:
    """The numbers in a list such as 0-3,7."""
    numbers: List[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


_KERNEL_THREAD = 0x00200000         # PF_KTHREAD in include/linux/sched.h


def kernel_threads(pattern: str = ".*") -> Dict[int, str]:
    """Threads of the kernel whose names match, by number."""
    threads = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        stat = read_maybe(f"/proc/{pid}/stat")
        if stat and int(stat.rpartition(") ")[2].split()[6]) & _KERNEL_THREAD:
            name = read_maybe(f"/proc/{pid}/comm") or ""
            if re.fullmatch(pattern, name):
                threads[int(pid)] = name
    return threads


def kernel_thread() -> Optional[int]:
    """Some thread of the kernel."""
    return next(iter(sorted(kernel_threads())), None)


def reclaim(cgroup: Cgroup, size: int) -> None:
    """Have the kernel take so much memory from a cgroup, or as much as there is."""
    try:
        cgroup.write("memory.reclaim", size)
    except OSError as error:
        if error.errno != errno.EAGAIN:
            raise
