# SPDX-License-Identifier: GPL-2.0-only
"""What a process can do with its memory.

Each function is about the process that calls it; Worker.do() has another one
call it.  Addresses are numbers.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import resource
import time
from typing import List, NamedTuple, Tuple

from .machine import PAGE, TABLE_ENTRIES, THP

# From include/uapi/linux/mman.h and asm-generic/mman-common.h.
FIXED, POPULATE, NORESERVE, HUGETLB, GROWSDOWN = 0x10, 0x8000, 0x4000, 0x40000, 0x100
NONE, READ, WRITE = 0, mmap.PROT_READ, mmap.PROT_WRITE
NORMAL, DONTNEED, HUGE, NOHUGE, PAGEOUT = 0, 4, 14, 15, 21
POPULATE_READ, POPULATE_WRITE, COLLAPSE = 22, 23, 25
# From include/uapi/linux/mempolicy.h.
DEFAULT, BIND, LOCAL, MOVE = 0, 2, 4, 1 << 1

# Neither Python nor libc has these; each architecture has numbers of its own.
_NUMBERS = {"x86_64": {"mbind": 237, "set_mempolicy": 238, "migrate_pages": 256,
                       "perf_event_open": 298},
            "aarch64": {"mbind": 235, "set_mempolicy": 237, "migrate_pages": 238,
                        "perf_event_open": 241}}
_MAX_NODES = 64
_M_MMAP_THRESHOLD = -3
_MOST_PIECES = 100000

# One page of a huge page's size.
HUGE_SIZE = PAGE * TABLE_ENTRIES

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.mmap.restype = _LIBC.malloc.restype = _LIBC.sbrk.restype = ctypes.c_void_p
_LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                       ctypes.c_long]
_LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_LIBC.madvise.argtypes = _LIBC.mprotect.argtypes = \
    [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_LIBC.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
_LIBC.malloc.argtypes = [ctypes.c_size_t]
_LIBC.free.argtypes = [ctypes.c_void_p]
_LIBC.syscall.restype = ctypes.c_long


class Faults(NamedTuple):
    """Page faults of a process: without waiting for a disk, and with."""

    minor: int
    major: int


def _check(result: int, what: str) -> int:
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def system_call(name: str, *args: object) -> int:
    """A system call that nobody else offers."""
    known = _NUMBERS.get(platform.machine(), {})
    if name not in known:
        raise NotImplementedError(f"{name}() has no number here for {platform.machine()}")
    return _check(_LIBC.syscall(known[name], *args), name)


def map_private(size: int, flags: int = 0, at: int = 0, protection: int = READ | WRITE) -> int:
    """Map memory of its own; return where."""
    return _map(at, size, protection, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | flags, -1)


def map_small(size: int) -> int:
    """The same, and never in huge pages."""
    at = map_private(size)
    advise(at, size, NOHUGE)
    return at


def map_aligned(size: int, advice: int) -> int:
    """Map memory that begins where a huge page may, and advise."""
    at = map_private(size + HUGE_SIZE)
    begin = -(-at // HUGE_SIZE) * HUGE_SIZE
    if begin > at:
        unmap(at, begin - at)
    unmap(begin + size, at + HUGE_SIZE - begin)
    advise(begin, size, advice)
    return begin


def map_shared(size: int) -> int:
    """Map memory that children will share."""
    at = _map(0, size, READ | WRITE, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, -1)
    advise(at, size, NOHUGE)
    return at


def many_tables(count: int) -> int:
    """Use one page in each of so many pieces, each of which takes a table."""
    at = map_private(count * HUGE_SIZE, NORESERVE)
    advise(at, count * HUGE_SIZE, NOHUGE)
    for i in range(count):
        ctypes.memset(at + i * HUGE_SIZE, 1, 1)
    return at


def map_file(path: str, size: int, shared: bool = True, protection: int = READ | WRITE) -> int:
    """Map a file from its beginning."""
    fd = os.open(path, os.O_RDWR if shared and protection & WRITE else os.O_RDONLY)
    try:
        return _map(0, size, protection, mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE, fd)
    finally:
        os.close(fd)


def _map(at: int, size: int, protection: int, flags: int, fd: int) -> int:
    where = _LIBC.mmap(at, size, protection, flags, fd, 0)
    # The pointer comes as an unsigned number.
    _check(-1 if where in (None, 2 ** 64 - 1) else 0, "mmap")
    return int(where)


def unmap(at: int, size: int) -> None:
    """Give addresses back."""
    _check(_LIBC.munmap(at, size), "munmap")


def advise(at: int, size: int, advice: int) -> None:
    """Tell the kernel what to do with memory."""
    # One without huge pages, as real-time kernels are, refuses to be told of none.
    if advice != NOHUGE or os.path.isdir(THP):
        _check(_LIBC.madvise(at, size, advice), "madvise")


def protect(at: int, size: int, protection: int) -> None:
    """Change what may be done with memory."""
    _check(_LIBC.mprotect(at, size, protection), "mprotect")


def in_core(at: int, size: int) -> int:
    """How many pages of a range are in memory; of those in swap, if the swap cache has them."""
    pages = ctypes.create_string_buffer(-(-size // PAGE))
    _check(_LIBC.mincore(at, size, pages), "mincore")
    return sum(page & 1 for page in pages.raw)


def fill(at: int, size: int, byte: int = 1) -> Faults:
    """Write to every byte, in one go; return the faults of that."""
    before = _faults()
    ctypes.memset(at, byte, size)
    return _since(before)


def write(at: int, byte: int = 1) -> Faults:
    """Write one byte; return the faults of that."""
    before = _faults()
    ctypes.memset(at, byte, 1)
    return _since(before)


def read(at: int) -> Faults:
    """Read one byte; return the faults of that."""
    before = _faults()
    ctypes.string_at(at, 1)
    return _since(before)


def read_each(at: int, pages: int) -> Faults:
    """Read a byte of each page; return the faults of that."""
    before = _faults()
    for i in range(pages):
        ctypes.string_at(at + i * PAGE, 1)
    return _since(before)


def count_byte(at: int, size: int, byte: int) -> int:
    """How many bytes are there of this value."""
    return ctypes.string_at(at, size).count(byte)


def touch_and_look(at: int, pages: int) -> int:
    """Write the first byte of each page; return how many of the others are not zero."""
    for i in range(pages):
        ctypes.memset(at + i * PAGE, 1, 1)
    everything = ctypes.string_at(at, pages * PAGE)
    return len(everything) - everything.count(0) - pages


def content(at: int, size: int) -> bytes:
    """What is there."""
    return ctypes.string_at(at, size)


def _faults() -> Faults:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Faults(usage.ru_minflt, usage.ru_majflt)


def _since(before: Faults) -> Faults:
    now = _faults()
    return Faults(now.minor - before.minor, now.major - before.major)


def settle(but: int = 0, size: int = 0) -> None:
    """Have all memory of the process at hand, but for a range: so only what is told faults."""
    # Another CPU may still believe that a page which is writable now is not, and
    # then has a fault of its own.
    run_on(_LIBC.sched_getcpu())
    _no_hinting()
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as stream:
        lines = stream.read().splitlines()
    for line in lines:
        bounds, permissions, *_ = line.split(None, 2)
        start, end = (int(part, 16) for part in bounds.split("-"))
        if not permissions.startswith("r"):
            continue
        own = permissions[1] == "w" and permissions[3] == "p"
        for first, last in ((start, min(end, but)), (max(start, but + size), end)):
            _populate(first, last, POPULATE_WRITE if own else POPULATE_READ)
    # What it takes to answer, too.
    _since(_faults())


def _no_hinting() -> None:
    # With a policy of its own the process has no faults by which the kernel
    # finds out from which node memory is used.
    try:
        system_call("set_mempolicy", LOCAL, None, 0)
    except (OSError, NotImplementedError):
        pass                # a kernel without nodes


def _populate(start: int, end: int, advice: int) -> None:
    try:
        if start < end:
            advise(start, end - start, advice)
    except OSError:
        pass                # the kernel's own, such as the vDSO's data


def fixed_mmap_threshold() -> None:
    """Have malloc() map what is larger than 128 KiB, as in a program that has just begun."""
    _LIBC.mallopt(_M_MMAP_THRESHOLD, 128 << 10)


def allocate(size: int) -> int:
    """malloc()."""
    return int(_LIBC.malloc(size))


def allocate_until_brk(size: int) -> Tuple[int, int, int]:
    """malloc() again and again, until the heap has to grow, and a page of the piece is new.

    Return the piece, how many there were, and that page: neither the first nor the
    last of the piece, to which the C library writes.
    """
    end = _heap_end()
    for count in range(1, _MOST_PIECES):
        at = allocate(size)
        page = (at + size) // PAGE * PAGE - PAGE
        if _heap_end() != end and page >= end:
            return at, count, page
        end = _heap_end()
    raise OSError(errno.ENOMEM, "malloc() does not use the heap")


def _heap_end() -> int:
    return int(_LIBC.sbrk(0))


def timed_write(at: int) -> Tuple[Faults, int, int]:
    """Write a byte: the faults, nanoseconds, and other bytes of the page that are not zero."""
    before, began = _faults(), time.monotonic_ns()
    ctypes.memset(at, 1, 1)
    ns = time.monotonic_ns() - began
    faults = _since(before)
    page = ctypes.string_at(at // PAGE * PAGE, PAGE)
    return faults, ns, PAGE - page.count(0) - 1


def give_back(at: int) -> None:
    """free()."""
    _LIBC.free(at)


def fork_and_run(*words: str) -> int:
    """Fork, and have the child run a program; return its number when it does."""
    begun, end = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.execvp(words[0], words)
        finally:
            os._exit(127)
    # execve() closes the child's.
    os.close(end)
    os.read(begun, 1)
    os.close(begun)
    return pid


def run_on(cpu: int) -> None:
    """Stay on one CPU."""
    os.sched_setaffinity(0, {cpu})


def stay_on(node: int) -> None:
    """Take all memory from one node, that of the page cache, too."""
    mask = ctypes.c_ulong(1 << node)
    system_call("set_mempolicy", BIND, ctypes.byref(mask), _MAX_NODES)


def bind(at: int, size: int, node: int) -> None:
    """Have memory on one node only; what is elsewhere is moved."""
    mask = ctypes.c_ulong(1 << node)
    system_call("mbind", ctypes.c_void_p(at), ctypes.c_ulong(size), BIND, ctypes.byref(mask),
                _MAX_NODES, MOVE)


def unbind(at: int, size: int) -> None:
    """Let memory be on any node; it stays where it is."""
    system_call("mbind", ctypes.c_void_p(at), ctypes.c_ulong(size), DEFAULT, None, 0, 0)


def migrate(pid: int, source: int, target: int) -> int:
    """Move a process's memory from one node to another; return how many pages stayed."""
    masks = [ctypes.c_ulong(1 << node) for node in (source, target)]
    return system_call("migrate_pages", pid, _MAX_NODES, *map(ctypes.byref, masks))


def open_many(path: str, count: int) -> List[int]:
    """Open a file many times."""
    return [os.open(path, os.O_RDONLY) for _ in range(count)]


def close_many(fds: List[int]) -> None:
    """Close them."""
    for fd in fds:
        os.close(fd)


def allow_files(count: int) -> None:
    """Allow the process so many open files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(count, hard)))


def hold_kernel_pages(lab: str, pages: int) -> int:
    """Have the module lab/oom charge kernel memory; it holds it until the file is closed."""
    fd = os.open(lab, os.O_RDWR)
    os.write(fd, b"pages=%d" % pages)
    return fd
