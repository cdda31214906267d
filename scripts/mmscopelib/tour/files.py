# SPDX-License-Identifier: GPL-2.0-only
"""What a process can do with files; each function is about the process that calls it."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import time
from typing import NamedTuple

from .machine import KIB, MIB, PAGE, disk_of, read

_LIBC = ctypes.CDLL(None, use_errno=True)
# What a disk reads ahead if nobody has changed it; more than that, and than one
# request may have, the kernel does not read at a time, however much is asked for.
READ_AHEAD = 128 * KIB


class Read(NamedTuple):
    """What reading a file took: bytes, bytes of these from disk, nanoseconds."""

    size: int
    from_disk: int
    ns: int


def _from_disk() -> int:
    for line in read("/proc/self/io").splitlines():
        if line.startswith("read_bytes:"):
            return int(line.split()[1])
    return 0


def read_file(path: str, direct: bool = False) -> Read:
    """Read all of a file, past the page cache if @direct."""
    buffer = mmap.mmap(-1, MIB)
    fd = os.open(path, os.O_RDONLY | (os.O_DIRECT if direct else 0))
    try:
        before, began, size = _from_disk(), time.monotonic_ns(), 0
        while got := os.preadv(fd, [buffer], size):
            size += got
        return Read(size, _from_disk() - before, time.monotonic_ns() - began)
    finally:
        os.close(fd)


def write_file(path: str, pages: int) -> None:
    """Write so many pages at a file's beginning, into the page cache."""
    fd = os.open(path, os.O_WRONLY)
    try:
        for i in range(pages):
            os.pwrite(fd, bytes([i & 0xff]) * PAGE, i * PAGE)
    finally:
        os.close(fd)


def sync_file(path: str) -> None:
    """fsync()."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_filesystem(path: str) -> None:
    """syncfs(): have the kernel write what its filesystem has."""
    fd = os.open(path, os.O_RDONLY)
    try:
        if _LIBC.syncfs(fd):
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(fd)


def cache(path: str, at: int, size: int) -> None:
    """Have the page cache read a part of a file, which is copied nowhere."""
    fd = os.open(path, os.O_RDONLY)
    try:
        for begin in range(at, at + size, READ_AHEAD):
            os.posix_fadvise(fd, begin, READ_AHEAD, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(fd)


def drop(path: str) -> None:
    """Have the page cache let go of what is clean."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


def written_kib(path: str) -> int:
    """What has been written to the disk of a file since boot."""
    stat = disk_of(path)
    if not stat:
        raise OSError(errno.ENODEV, f"{path} is on no disk")
    return int(read(stat).split()[6]) * 512 // KIB
