# SPDX-License-Identifier: GPL-2.0-only
"""Reads the kernel's own counters: vmstat, meminfo, pressure."""

from __future__ import annotations

import re
from typing import Dict

_TOTAL = re.compile(rb"^(some|full) .*\btotal=(\d+)", re.M)


def vmstat(text: bytes) -> Dict[str, int]:
    """/proc/vmstat: lines `name number`."""
    values = {}
    for row in text.decode("ascii", "replace").splitlines():
        name, _, number = row.partition(" ")
        if number.isdigit():
            values[name] = int(number)
    return values


def meminfo(text: bytes) -> Dict[str, int]:
    """/proc/meminfo, in KiB; HugePages_* are pages."""
    values = {}
    for row in text.decode("ascii", "replace").splitlines():
        name, _, rest = row.partition(":")
        number = rest.split()[:1]
        if number and number[0].isdigit():
            values[name] = int(number[0])
    return values


def pressure(text: bytes) -> Dict[str, int]:
    """/proc/pressure/memory: the totals in microseconds, some and full."""
    return {name.decode(): int(total) for name, total in _TOTAL.findall(text)}


def used(info: Dict[str, int]) -> Dict[str, int]:
    """MemTotal in parts that do not overlap, in KiB."""
    def get(name: str) -> int:
        return info.get(name, 0)

    parts = {"free": get("MemFree"), "files": max(get("Cached") + get("Buffers") - get("Shmem"), 0),
             "shmem": get("Shmem"), "anon": get("AnonPages"), "hugetlb": get("Hugetlb"),
             "slab": get("Slab"), "tables": get("PageTables") + get("SecPageTables")}
    parts["other"] = max(get("MemTotal") - sum(parts.values()), 0)
    return parts


# Counters of /proc/vmstat that are one thing.
SCANNED_BY_KSWAPD = ("pgscan_kswapd",)
SCANNED_DIRECTLY = ("pgscan_direct", "pgscan_khugepaged", "pgscan_proactive")
TAKEN_BACK = ("pgsteal_kswapd", "pgsteal_direct", "pgsteal_khugepaged", "pgsteal_proactive")
REFAULTS = ("workingset_refault_file", "workingset_refault_anon")


def stalls(names: Dict[str, int]) -> int:
    """Allocations that had to reclaim by themselves, of all zones."""
    return sum(value for name, value in names.items() if name.startswith("allocstall"))
