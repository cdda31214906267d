# SPDX-License-Identifier: GPL-2.0-only
"""A recording that nobody recorded: each number in it is known.

A machine of 2 GiB fills up, is brought into pieces, swaps, and has a process
killed at second 40 of 60.
"""

import json
import os
from typing import Callable, Dict, List, Tuple

from mmscopelib.recording import layout

BEGAN = 5_000_000_000_000       # ns of CLOCK_MONOTONIC
SECOND = 1_000_000_000
SAMPLES = 61
TOTAL_KB = 2_000_000
BLOCKS = 1024
KILLED_AT = 40
VICTIM = ("hog", 812)

Rows = List[str]


def share(i: int) -> float:
    """How full the machine is at second @i: it fills up to the kill, and is half empty then."""
    return 0.1 + 0.85 * i / KILLED_AT if i <= KILLED_AT else 0.5


def anon_kb(i: int) -> int:
    return int(1_500_000 * share(i))


def free_kb(i: int) -> int:
    return TOTAL_KB - anon_kb(i) - 200_000 - slab_kb(i) - tables_kb(i) - 50_000


def slab_kb(i: int) -> int:
    return 40_000 + 500 * i


def tables_kb(i: int) -> int:
    return 4_000 + 600 * i


def swapped(i: int) -> int:
    """Pages swapped out so far."""
    return max(min(i, KILLED_AT) - 30, 0) * 250


def meminfo(i: int) -> str:
    values = {"MemTotal": TOTAL_KB, "MemFree": free_kb(i), "MemAvailable": free_kb(i) + 100_000,
              "Buffers": 8_000, "Cached": 192_000, "SwapCached": 0, "Active(anon)": 1000,
              "Inactive(anon)": anon_kb(i), "Active(file)": 120_000, "Inactive(file)": 80_000,
              "Unevictable": 0, "SwapTotal": 524_288, "SwapFree": 524_288 - 4 * swapped(i),
              "Dirty": 100, "Writeback": 0, "AnonPages": anon_kb(i), "Shmem": 20_000,
              "Slab": slab_kb(i), "SReclaimable": 15_000, "SUnreclaim": slab_kb(i) - 15_000,
              "PageTables": tables_kb(i), "SecPageTables": 0, "AnonHugePages": 20_480,
              "Hugetlb": 0}
    return "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in values.items())


def vmstat(i: int) -> str:
    hungry = max(min(i, KILLED_AT) - 30, 0)
    values = {"pgfault": 100_000 + 6_000 * i, "pgmajfault": 500 + 10 * hungry,
              "pgscan_kswapd": 20_000 * hungry, "pgscan_direct": 5_000 * hungry,
              "pgsteal_kswapd": 15_000 * hungry, "pgsteal_direct": 3_000 * hungry,
              "workingset_refault_file": 2_500 * hungry, "workingset_refault_anon": 0,
              "pswpin": 40 * hungry, "pswpout": swapped(i), "allocstall_normal": 3 * hungry,
              "allocstall_movable": hungry, "compact_migrate_scanned": 9_000 * hungry,
              "compact_free_scanned": 30_000 * hungry, "pgmigrate_success": 700 * hungry,
              "pgmigrate_fail": 20 * hungry, "compact_stall": 4 * hungry,
              "compact_success": hungry, "compact_fail": 3 * hungry,
              "compact_daemon_wake": hungry, "thp_fault_alloc": 10 + i,
              "thp_fault_fallback": 5 * hungry, "thp_collapse_alloc": 0, "thp_split_page": 0,
              "oom_kill": int(i >= KILLED_AT)}
    return "".join(f"{name} {value}\n" for name, value in values.items())


def pressure(i: int) -> str:
    some, full = 90_000 * max(i - 30, 0), 40_000 * max(i - 30, 0)
    return "".join(f"{name} avg10=0.00 avg60=0.00 avg300=0.00 total={total}\n"
                   for name, total in (("some", some), ("full", full)))


def view(name: str, keys: str, columns: str, rows: Rows) -> str:
    return "\n".join([f"# mmscope {name} format=1 {keys}".rstrip(), f"# {columns}", *rows,
                      f"# end rows={len(rows)} complete=1 scanned=1 lock_max_ns=5 "
                      "lock_total_ns=9 retries=0", ""])


def zones(i: int) -> str:
    free = free_kb(i) // 4
    return view("memory/zones", "", "node zone managed_pages free_pages min_pages low_pages "
                "high_pages kswapd_failures", [
                    "0 DMA 3840 3700 86 107 128 0",
                    f"0 DMA32 496160 {max(free - 3700, 9000)} 11177 13971 16765 0",
                    "0 Normal 0 0 0 0 0 0"])


def kind_of(block: int, i: int) -> str:
    """Columns of a pageblock: more and more blocks get an unmovable page."""
    if block < 40:
        return "0 0 12 0 500 0 0 0 0"
    if block < 100:
        return "12 0 500 0 0 0 0 12 0"
    filled = block - 100 < 900 * share(i)
    if not filled:
        return "512 0 0 0 0 0 0 512 0"
    stuck = block % 60 < i
    return f"{92 - stuck} 420 {int(stuck)} 0 0 0 0 50 {int(stuck)}"


def pageblocks(i: int) -> str:
    return view("memory/pageblocks", "pages_per_block=512", "node zone pfn type free_pages "
                "movable_pages unmovable_pages pcp_pages reserved_pages hole_pages pinned_pages "
                "longest_free_pages mixed",
                [f"0 {'DMA' if block < 8 else 'DMA32'} {512 * block} movable {kind_of(block, i)}"
                 for block in range(BLOCKS)])


def freelists(i: int) -> str:
    pages = free_kb(i) // 4
    large = int(pages * (1 - share(i)))
    rows = [f"0 DMA32 10 movable {large >> 10} rest 1"]
    rest = (pages - large) // 10
    rows += [f"0 DMA32 {order} movable {rest >> order} walked 1" for order in range(10)]
    return view("buddy/freelists", "against=nr_free,nr_free_pages",
                "node zone order type blocks how verified", rows)


def unusable(order: int, i: int) -> int:
    return int(1000 * share(i) * order / 10)


def fragmentation(i: int) -> str:
    return view("buddy/fragmentation", "", "node zone order unusable_index extfrag_index "
                "suitable_blocks largest_order movable movable_why unmovable unmovable_why",
                [f"0 DMA32 {order} {unusable(order, i)} -1000 5 10 "
                 f"{'now' if i < 30 else 'no'} - now -" for order in range(11)])


def caches(i: int) -> str:
    rows = [f"dentry 192 192 21 {2100 + 21 * i} {2000 + 20 * i} {100 + i} 0 {4096 * (100 + i)}",
            f"leaky\\x20cache 512 512 8 {960 * i} {960 * i} {120 * i} 0 {4096 * 120 * i}",
            "kmalloc-64 64 64 64 6400 6000 100 0 409600"]
    return view("slab/caches", "cache=-", "name object_size slab_size objs_per_slab objects "
                "active_objects slabs slab_order total_bytes", rows)


def files(i: int) -> str:
    rows = [f"254:0 9 ext4 {1000 + 100 * i} {i} 0 0 0 0=1 1 /var/log/<b>big</b>.log",
            "254:0 7 ext4 1594 0 0 300 0 0=1594 1 /usr/lib/libc.so.6",
            "- - - 1685 - - - - - 44 -"]
    return view("pagecache/files", "top=20", "dev inode fstype cached_pages dirty_pages "
                "writeback_pages mapped_pages evicted_pages orders files path", rows)


def badness(i: int) -> str:
    rows = [f"{VICTIM[1]} {VICTIM[0]} {anon_kb(i) // 4} 0 {1024 * 600 * (i + 1)} 0 9 1 0 victim "
            "- 1"] if i < KILLED_AT else []
    rows += ["1 init 900 0 49152 0 - - 0 - init 1",
             f"77 sh\\x0a<i> 400 0 {40960 + 4096 * i} 0 410 2 0 - - 1"]
    return view("oom/badness", "memcg=- total_pages=500000", "pid comm rss_pages swap_pages "
                "pgtable_bytes adj score rank adj_pages kill why memcg_ino", rows)


def victims(i: int) -> str:
    # One from before the recording, which is none of its business.
    rows = [f"{BEGAN - 7 * SECOND} 500 early 0 1 1 0 0 0 4096 0 500 9 /old"]
    if i >= KILLED_AT:
        rows.append(f"{BEGAN + KILLED_AT * SECOND} {VICTIM[1]} {VICTIM[0]} 0 400000 356250 12 0 "
                    f"2500 24576 0 {VICTIM[1]} 55 /web/one")
    return view("oom/victims", f"kills={len(rows)} lost=0", "time_ns pid comm uid total_vm_pages "
                "anon_pages file_pages shmem_pages swap_pages pgtable_bytes adj tgid memcg_ino "
                "memcg", rows)


def trace(i: int) -> str:
    """One line for each event of second @i."""
    def line(who: str, ms: int, event: str) -> str:
        at = BEGAN // SECOND + i
        return f"{who:>22}   [001] d..2. {at:6d}.{ms:03d}500: {event}\n"

    if not 30 <= i <= KILLED_AT:
        return ""
    flags = "GFP_HIGHUSER_MOVABLE|__GFP_COMP"
    text = line("<idle>-0", 10, "mm_vmscan_kswapd_wake: nid=0 order=0")
    text += line("my prog-x-812", 100, f"mm_vmscan_direct_reclaim_begin: order=0 gfp_flags={flags}")
    text += line("my prog-x-812", 140, "mm_vmscan_direct_reclaim_end: nr_reclaimed=32")
    text += line("my prog-x-812", 200, "mm_compaction_try_to_compact_pages: order=9 "
                 f"gfp_mask={flags} priority=1")
    text += line("my prog-x-812", 210, "mm_compaction_begin: zone_start=0x1000 migrate_pfn=0x1000 "
                 "free_pfn=0x7fe00 zone_end=0x7ffe0, mode=async")
    text += line("my prog-x-812", 260, "mm_compaction_end: zone_start=0x1000 migrate_pfn=0x4400 "
                 "free_pfn=0x60600 zone_end=0x7ffe0, mode=async status=contended")
    text += line("kswapd0-42", 700, "mm_vmscan_kswapd_sleep: nid=0")
    if i == 35:
        text += "CPU:1 [LOST 7 EVENTS]\n"
    return text


SOURCES: Dict[str, Tuple[str, Callable[[int], str]]] = {
    "/proc/vmstat": ("", vmstat), "/proc/meminfo": ("", meminfo),
    "/proc/pressure/memory": ("", pressure), "memory/zones": ("", zones),
    "memory/pageblocks": ("", pageblocks), "buddy/freelists": ("", freelists),
    "buddy/fragmentation": ("", fragmentation), "slab/caches": ("", caches),
    "pagecache/files": ("top=20", files), "oom/badness": ("", badness),
    "oom/victims": ("", victims)}

MARKS = ((2, "it begins"), (30, "memory is short"))

TOUR = {"format": 1, "kernel": "6.12.0-test", "chapters": [
    {"name": "reclaim", "title": "Reclaim, LRU and swap", "status": "done", "reason": None,
     "story": ["A process takes 300 MiB.", "kswapd wakes."], "claims": [
         {"id": "reclaim.low", "claim": "kswapd wakes below the low watermark",
          "verdict": "holds", "evidence": {"free": 13970, "low": 13971, "woken": True},
          "now": None, "since": None},
         {"id": "reclaim.zone", "claim": "each zone has a kswapd", "verdict": "differs",
          "evidence": {"kswapd": 1, "zones": 2}, "now": "one for each node", "since": "4.8"}]},
    {"name": "slab", "title": "Slab", "status": "failed", "reason": "no such file", "story": [],
     "claims": [{"id": "slab.slob", "claim": "SLOB serves small <systems>", "verdict": "gone",
                 "evidence": {"config": "none"}, "now": "SLUB_TINY", "since": "6.4"}]},
    {"name": "numa", "title": "NUMA", "status": "not here", "reason": "one node", "story": [],
     "claims": [{"id": "numa.move", "claim": "pages move between nodes", "verdict": "not here",
                 "evidence": {"nodes": 1}, "now": None, "since": None}]}]}


def meta(**changes: object) -> Dict[str, object]:
    return {"format": layout.FORMAT, "mmscope": "0.1.0", "kernel": "6.12.0-test",
            "architecture": "x86_64", "page_size": 4096, "cpus": 2,
            "command": ["make", "<j8>"], "interval_s": 1.0, "cpu_percent": 1.0,
            "began": {"time_ns": BEGAN, "realtime_ns": 1_800_000_000 * SECOND},
            "sources": [{"name": name, "query": query, "file": layout.file_name(name)}
                        for name, (query, _) in SOURCES.items()],
            "events": {"file": layout.EVENTS, "names": ["oom:mark_victim"]}, "missing": [],
            "ended": {"time_ns": BEGAN + 60 * SECOND, "reason": "command", "samples": SAMPLES,
                      "cpu_ns": 61 * 400_000, "bytes": 1}, **changes}


def record(directory: str, samples: int = SAMPLES) -> None:
    """Make the whole directory."""
    os.makedirs(directory, exist_ok=True)
    layout.write_meta(directory, meta())
    for name, (_, text) in SOURCES.items():
        write(directory, layout.file_name(name), text, samples)
    write(directory, layout.EVENTS, trace, samples)
    with open(os.path.join(directory, layout.MARKS), "w", encoding="utf-8") as stream:
        stream.writelines(f"{BEGAN + when * SECOND} {text}\n" for when, text in MARKS)
    with open(os.path.join(directory, layout.CLAIMS), "w", encoding="utf-8") as stream:
        json.dump(TOUR, stream)


def write(directory: str, file: str, text: Callable[[int], str], samples: int = SAMPLES) -> None:
    """Make the file of one source."""
    appender = layout.Appender(os.path.join(directory, file))
    for i in range(samples):
        appender.add(i, BEGAN + i * SECOND, 1000 + i, [text(i).encode()])
    appender.close()
