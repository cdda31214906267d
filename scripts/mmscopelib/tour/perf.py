# SPDX-License-Identifier: GPL-2.0-only
"""Counters of perf_event_open(2), about the process that calls."""

from __future__ import annotations

import ctypes
import os
import struct
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple

from . import memory
from .machine import PAGE

# struct perf_event_attr as of its first release; include/uapi/linux/perf_event.h.
_ATTR = struct.Struct("=IIQQQQQIIQ")
_SOFTWARE, _CACHE = 1, 3
_PAGE_FAULTS = 2
_DTLB_LOADS, _DTLB_MISSES = 3, 3 | 1 << 16
_EXCLUDE_KERNEL = 1 << 5
_ROUNDS = 100
_TRIES = 5


class Tlb(NamedTuple):
    """Translations asked for, and those that were not in the TLB."""

    loads: int
    misses: int


@contextmanager
def _counter(kind: int, config: int, flags: int) -> Iterator[int]:
    attr = ctypes.create_string_buffer(_ATTR.pack(kind, _ATTR.size, config, 0, 0, 0, flags, 0, 0,
                                                  0))
    fd = memory.system_call("perf_event_open", attr, 0, -1, -1, 0)
    try:
        yield fd
    finally:
        os.close(fd)


def _value(fd: int) -> int:
    return int(struct.unpack("=Q", os.read(fd, 8))[0])


def tlb(at: int, pages: int) -> Tlb:
    """Use some pages again and again; count what that asks of the TLB."""
    with _counter(_CACHE, _DTLB_LOADS, _EXCLUDE_KERNEL) as loads, \
            _counter(_CACHE, _DTLB_MISSES, _EXCLUDE_KERNEL) as misses:
        before = _value(loads), _value(misses)
        for _ in range(_ROUNDS):
            ctypes.memset(at, 1, pages * PAGE)
        return Tlb(_value(loads) - before[0], _value(misses) - before[1])


def page_faults(pages: int) -> List[int]:
    """Write to new memory; return the page faults as perf counts them, and as getrusage() does."""
    counts = []
    with _counter(_SOFTWARE, _PAGE_FAULTS, 0) as faults:
        # The first time this code itself faults, and later it may be interrupted.
        for _ in range(_TRIES):
            at = memory.map_small(pages * PAGE)
            before = _value(faults)
            counted = memory.fill(at, pages * PAGE)
            counts = [_value(faults) - before, counted.minor + counted.major]
            memory.unmap(at, pages * PAGE)
            if counts[0] == counts[1]:
                break
    return counts
