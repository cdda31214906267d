# SPDX-License-Identifier: GPL-2.0-only
"""Charts of what the kernel's own files say: memory, faults, reclaim, compaction."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ..procfs import (SCANNED_BY_KSWAPD, SCANNED_DIRECTLY, TAKEN_BACK, meminfo, pressure,
                      used, vmstat)
from .load import Recording
from .series import POINTS, Columns, Number, chart, line, read, scaled, short

Chart = Dict[str, Any]


class Machine:
    """The columns of the three files."""

    def __init__(self, recording: Recording) -> None:
        self.vmstat = read(recording.texts("/proc/vmstat", POINTS), vmstat)
        self.meminfo = read(recording.texts("/proc/meminfo", POINTS), meminfo)
        self.pressure = read(recording.texts("/proc/pressure/memory", POINTS), pressure)

    def charts(self) -> Dict[str, List[Chart]]:
        """By section of the page; what was not recorded is left out."""
        found = {
            "memory": [self._memory(), self._swap()],
            "pressure": [self._pressure(), self._faults("pgfault", "minor"),
                         self._faults("pgmajfault", "major")],
            "reclaim": [self._reclaim(), self._refaults(), self._swapping()],
            "compaction": [self._scanned(), self._outcomes()],
            "tables": [self._tables()],
            "slab": [self._slab()],
            "cache": [self._cache(), self._lists()],
            "huge": [self._huge(), self._thp()],
        }
        return {section: [one for one in charts if one] for section, charts in found.items()}

    def _memory(self) -> Optional[Chart]:
        info = self.meminfo
        if "MemTotal" not in info:
            return None
        parts = _used(info)
        return chart("memory", "Where memory is", info.times, [
            line("free", parts["free"], "free"),
            line("files", parts["files"], "blue"),
            line("shared memory", parts["shmem"], "sky"),
            line("anonymous", parts["anon"], "green"),
            line("huge page pool", parts["hugetlb"], "yellow"),
            line("slab", parts["slab"], "purple"),
            line("page tables", parts["tables"], "orange"),
            line("other kernel memory", parts["other"], "brown")],
            "KiB", "stack", about="MemTotal of /proc/meminfo, divided; nothing is counted twice")

    def _swap(self) -> Optional[Chart]:
        info = self.meminfo
        if not any(info["SwapTotal"]):
            return None
        taken: List[Number] = [None if total is None or free is None else total - free
                               for total, free in zip(info["SwapTotal"], info["SwapFree"])]
        return chart("swap", "Swap", info.times, [
            line("in use", taken, "orange"),
            line("also in memory", info["SwapCached"], "sky"),
            line("zswap, compressed", info["Zswap"], "purple")], "KiB")

    def _pressure(self) -> Optional[Chart]:
        if not self.pressure.times:
            return None
        return chart("stalled", "Time lost for want of memory", self.pressure.times, [
            line("some task waits", scaled(self.pressure.rate("some"), 1e-4), "orange"),
            line("all tasks wait", scaled(self.pressure.rate("full"), 1e-4), "red")],
            "%", "steps", about="/proc/pressure/memory: share of the time", floor=1)

    def _faults(self, name: str, word: str) -> Optional[Chart]:
        stat = self.vmstat
        if name not in stat:
            return None
        rates = stat.rate(name)
        if word == "minor":
            major = stat.rate("pgmajfault")
            rates = [None if all_ is None else short(max(all_ - (slow or 0), 0))
                     for all_, slow in zip(rates, major)]
        return chart(f"{word}_faults", f"Page faults, {word}", stat.times,
                     [line(f"{word} faults", rates, "green" if word == "minor" else "orange")],
                     "/s", "steps", height=110, floor=1)

    def _reclaim(self) -> Optional[Chart]:
        stat = self.vmstat
        if "pgscan_kswapd" not in stat:
            return None
        return chart("reclaim", "Pages looked at and taken back", stat.times, [
            line("scanned by kswapd", stat.rate(*SCANNED_BY_KSWAPD), "sky"),
            line("scanned directly", stat.rate(*SCANNED_DIRECTLY), "orange"),
            line("taken back", stat.rate(*TAKEN_BACK), "green")],
            "pages/s", "steps", floor=1,
            about="directly: by whoever needed memory and had to wait for it")

    def _refaults(self) -> Optional[Chart]:
        stat = self.vmstat
        if "workingset_refault_file" not in stat:
            return None
        return chart("refaults", "Taken back too early", stat.times, [
            line("file pages read again", stat.rate("workingset_refault_file"), "blue"),
            line("anonymous pages read again", stat.rate("workingset_refault_anon"), "green")],
            "pages/s", "steps", height=110, floor=1,
            about="refaults: pages that were needed again soon after they were reclaimed")

    def _swapping(self) -> Optional[Chart]:
        stat = self.vmstat
        if "pswpin" not in stat:
            return None
        return chart("swapping", "Swapping", stat.times, [
            line("out", stat.rate("pswpout"), "orange"),
            line("in", stat.rate("pswpin"), "blue")], "pages/s", "steps", height=110, floor=1)

    def _scanned(self) -> Optional[Chart]:
        stat = self.vmstat
        if "compact_migrate_scanned" not in stat:
            return None
        return chart("compaction", "Pages that compaction looked at and moved", stat.times, [
            line("scanned for pages to move", stat.rate("compact_migrate_scanned"), "sky"),
            line("scanned for free pages", stat.rate("compact_free_scanned"), "grey"),
            line("migrated", stat.rate("pgmigrate_success"), "green"),
            line("could not be migrated", stat.rate("pgmigrate_fail"), "red")],
            "pages/s", "steps", floor=1,
            about="migrated: by anybody, not by compaction alone")

    def _outcomes(self) -> Optional[Chart]:
        stat = self.vmstat
        if "compact_stall" not in stat:
            return None
        return chart("compactions", "Allocations that waited for compaction", stat.times, [
            line("waited", stat.rate("compact_stall"), "orange"),
            line("got a page", stat.rate("compact_success"), "green"),
            line("got none", stat.rate("compact_fail"), "red"),
            line("kcompactd woken", stat.rate("compact_daemon_wake"), "sky")],
            "/s", "steps", height=110, floor=1)

    def _tables(self) -> Optional[Chart]:
        info = self.meminfo
        if "PageTables" not in info:
            return None
        return chart("tables", "Page tables", info.times, [
            line("of processes", info["PageTables"], "orange"),
            line("secondary (KVM, IOMMU)", info["SecPageTables"], "grey")], "KiB", "stack",
            height=130)

    def _slab(self) -> Optional[Chart]:
        info = self.meminfo
        if "Slab" not in info:
            return None
        return chart("slab", "Slab", info.times, [
            line("reclaimable", info["SReclaimable"], "sky"),
            line("not reclaimable", info["SUnreclaim"], "purple")], "KiB", "stack", height=130)

    def _cache(self) -> Optional[Chart]:
        info = self.meminfo
        if "Cached" not in info:
            return None
        unwritten = map(_or_zero, info.sum("Dirty", "Writeback"))
        clean: List[Number] = [max(_or_zero(whole) - rest, 0)
                               for whole, rest in zip(_used(info)["files"], unwritten)]
        return chart("cache", "Page cache", info.times, [
            line("clean", clean, "blue"),
            line("dirty", info["Dirty"], "orange"),
            line("being written", info["Writeback"], "red"),
            line("shared memory, tmpfs", info["Shmem"], "sky")], "KiB", "stack", height=130)

    def _lists(self) -> Optional[Chart]:
        info = self.meminfo
        if "Active(file)" not in info:
            return None
        return chart("lists", "Reclaim's lists", info.times, [
            line("active files", info["Active(file)"], "blue"),
            line("inactive files", info["Inactive(file)"], "sky"),
            line("active anonymous", info["Active(anon)"], "green"),
            line("inactive anonymous", info["Inactive(anon)"], "lime"),
            line("unevictable", info["Unevictable"], "grey")], "KiB", height=150)

    def _huge(self) -> Optional[Chart]:
        info = self.meminfo
        if "AnonHugePages" not in info:
            return None
        return chart("huge", "Memory in huge pages", info.times, [
            line("anonymous (THP)", info["AnonHugePages"], "green"),
            line("shared memory", info["ShmemHugePages"], "sky"),
            line("files", info["FileHugePages"], "blue"),
            line("hugetlb pool", info["Hugetlb"], "yellow")], "KiB", "stack", height=110)

    def _thp(self) -> Optional[Chart]:
        stat = self.vmstat
        if "thp_fault_alloc" not in stat:
            return None
        return chart("thp", "Huge pages at page faults", stat.times, [
            line("got one", stat.rate("thp_fault_alloc"), "green"),
            line("fell back to small pages", stat.rate("thp_fault_fallback"), "red"),
            line("collapsed by khugepaged", stat.rate("thp_collapse_alloc"), "sky"),
            line("split", stat.rate("thp_split_page"), "orange")], "/s", "steps", height=110,
            floor=1)


def _used(info: Columns) -> Columns:
    """MemTotal in parts, over time."""
    parts = Columns()
    for i, when in enumerate(info.times):
        parts.add(when, used({name: int(info[name][i] or 0) for name in info.names}))
    return parts


def _or_zero(value: Number) -> float:
    return value or 0
