# SPDX-License-Identifier: GPL-2.0-only
"""Reclaim: watermarks, who is taken from, the lists, and swap."""

from __future__ import annotations

import os
import time
from typing import List, NamedTuple, Optional, Tuple

from ...cgroup import Cgroup
from .. import files, machine, memory
from ..claims import Claim
from ..machine import GIB, KIB, MIB, PAGE
from ..stage import Row, Stage
from ..worker import Worker

NAME = "reclaim"
TITLE = "Reclaim, LRU lists and swap"

_PAGES = 2048
_SIZE = _PAGES * PAGE
_DIRTY = 512
_CHUNK = 16 * MIB
_TRIES = 8
# No more free memory than this is filled to have kswapd wake.
_FILL_MOST = 4 * GIB
_SWAPPINESS = "/proc/sys/vm/swappiness"

CLAIMS = {
    "three": Claim(
        "A zone has three watermarks",
        "there is a fourth, for promotion between tiers of memory, and a boost that raises all "
        "for a while",
        "5.18: NUMA balancing: optimize page placement for memory tiering system; boost 5.0: mm: "
        "reclaim small amounts of memory when an external fragmentation event occurs"),
    "order": Claim(
        "From the top the watermarks are HIGH, MIN, LOW",
        "HIGH, LOW, MIN: LOW wakes kswapd, and below MIN an allocation reclaims by itself",
        "every release"),
    "each-zone": Claim("Each zone has watermarks of its own"),
    "wakes": Claim("kswapd wakes when free memory falls below LOW"),
    "until-high": Claim("kswapd goes on until free memory is at HIGH again"),
    "per-zone": Claim(
        "There is a kswapd for each zone",
        "one for each node that has memory",
        "every release since 2.6; since 4.8 it also reclaims by node: mm, vmscan: begin "
        "reclaiming pages on a per-node basis"),
    "clean": Claim("Reclaim drops clean pages of files, and writes nothing"),
    "dirty": Claim(
        "Reclaim writes dirty pages of files, and frees them then",
        "it only marks them, and leaves the writing to the flusher",
        "6.19 for good: mm: vmscan: simplify the logic for activating dirty file folios; before, "
        "only kswapd wrote, and only when it found nothing else"),
    "anon": Claim("Reclaim writes anonymous pages to swap"),
    "swap-where": Claim("Swap is a partition or a file"),
    "two-lists": Claim(
        "Pages are in an active or an inactive list",
        "they have generations, of which there are two to four; only the oldest is taken from",
        "6.1: mm: multi-gen LRU: groundwork; where it is switched on"),
    "two-kinds": Claim("Anonymous pages and pages of files have lists of their own"),
    "starts-inactive": Claim(
        "A new page begins on the inactive list",
        "a page that was faulted in begins in one of the two youngest generations, a page that "
        "was only read in the oldest",
        "6.1: mm: multi-gen LRU: groundwork; where it is switched on"),
    "promoted": Claim(
        "A page that is used goes to the active list",
        "a page of a file that is read again stays in its generation, and its uses are counted",
        "6.1: mm: multi-gen LRU: minimal implementation; where it is switched on"),
    "demoted": Claim(
        "If the active list is too long, its oldest pages go back to the inactive one",
        "no page is moved back: a new generation makes all others one older",
        "6.1: mm: multi-gen LRU: support page table walks; where it is switched on"),
    "evicted": Claim("A page that is not used again is reclaimed"),
    "swappiness-60": Claim("vm.swappiness is 60 if nobody has changed it"),
    "swappiness-balance": Claim(
        "A swappiness of 60 is balanced",
        "it goes to 200; 100 is the balance, 60 spares anonymous pages",
        "5.8: mm: allow swappiness that prefers reclaiming anon over the file workingset"),
    "swappiness-0": Claim("With a swappiness of 0, files are taken from first, and swap is "
                          "avoided"),
    "swappiness-100": Claim("With a swappiness of 100, anonymous pages and files are treated "
                            "alike"),
}


def play(stage: Stage) -> None:
    """Look at the levels, take memory from a cgroup, and fill a node."""
    _watermarks(stage)
    _lists(stage)
    cgroup = stage.cgroup(256 * MIB)
    worker = stage.worker("payer")
    worker.do(cgroup.enter)
    path = stage.file(_PAGES)
    _new_pages(stage, worker, path)
    _files(stage, cgroup, worker, path)
    _anon(stage, cgroup, worker)
    _swappiness(stage, cgroup, worker, path)
    _kswapd(stage, os.path.dirname(path))


def _generations() -> bool:
    """Whether MGLRU is in use."""
    enabled = machine.read_maybe("/sys/kernel/mm/lru_gen/enabled")
    return enabled is not None and bool(int(enabled, 0) & 1)


def _watermarks(stage: Stage) -> None:
    zones = [row for row in stage.rows("memory/zones") if row["managed_pages"]]
    stage.say("The watermarks of the zones, lowest first, and what is free:")
    stage.show(zones, "node", "zone", "min_pages", "low_pages", "high_pages", "free_pages",
               "state", "reclaim")
    marks = [name for name in stage.machine.btf.enumerators("zone_watermarks")
             if not name.startswith("NR")]
    ordered = all(row["min_pages"] < row["low_pages"] < row["high_pages"] for row in zones)
    levels = {f"{row['node']} {row['zone']}: min, low, high":
              f"{row['min_pages']}, {row['low_pages']}, {row['high_pages']}" for row in zones}
    stage.note(watermarks=len(marks), min_low_high=ordered)
    stage.claim("three", len(marks) == 3, {"enum zone_watermarks": ", ".join(marks)})
    stage.claim("order", all(row["low_pages"] < row["min_pages"] < row["high_pages"]
                             for row in zones), levels)
    stage.claim("each-zone", all(row["high_pages"] for row in zones), levels)
    threads = machine.kernel_threads("kswapd.*")
    nodes = {row["node"] for row in zones}
    stage.note(kswapds=len(threads), zones_with_memory=len(zones), nodes_with_memory=len(nodes))
    stage.claim("per-zone", len(threads) == len(zones) != len(nodes), {
        "threads": ", ".join(sorted(threads.values())), "zones with memory": len(zones),
        "nodes with memory": len(nodes)})


def _lists(stage: Stage) -> None:
    lists = [name for name in stage.machine.btf.enumerators("lru_list") if name != "NR_LRU_LISTS"]
    gens = stage.rows("reclaim/generations") if _generations() else []
    numbers = sorted({row["seq"] for row in gens if row["path"] == "/"})
    stage.say("Reclaim has " + (f"generations here (MGLRU), of the root cgroup "
                                f"{numbers[0]} to {numbers[-1]}." if numbers else
                                f"these lists for each node and cgroup: {', '.join(lists)}."))
    stage.note(mglru=bool(gens))
    stage.claim("two-lists", not gens, {"MGLRU is in use": bool(gens),
                                        "enum lru_list": ", ".join(lists),
                                        "generations of the root cgroup": ", ".join(
                                            map(str, numbers)) or "none"})
    stage.claim("two-kinds", any("ANON" in name for name in lists) and
                any("FILE" in name for name in lists), {"enum lru_list": ", ".join(lists)})


class _Place(NamedTuple):
    """Where reclaim has a page."""

    lru: str
    generation: Optional[int]

    def __str__(self) -> str:
        return self.lru if self.generation is None else f"{self.lru} {self.generation}"


def _place(stage: Stage, pfn: int) -> _Place:
    row = stage.page(pfn)
    return _Place(row["lru"] or "none", row["generation"])


def _new_pages(stage: Stage, worker: Worker, path: str) -> None:
    """Where a page is when it is new, and when it was used again."""
    places = []
    for _ in range(3):
        worker.do(files.read_file, path)
        first = stage.rows("pagecache/file", path=path)[0]
        places.append(_place(stage, first["pfn"]))
    at = worker.do(memory.map_small, 64 * PAGE)
    worker.do(memory.fill, at, 64 * PAGE)
    anon = _place(stage, stage.entry(worker, at)["pfn"])
    stage.say(f"A page of a file that was read once is in {places[0]}; read again, in {places[1]}. "
              f"A page that a process has just written to is in {anon}.")
    facts = {"file page, read once": str(places[0]), "read twice": str(places[1]),
             "read three times": str(places[2]), "anonymous page": str(anon)}
    stage.note(lru_once=places[0].lru, lru_twice=places[1].lru, lru_anon=anon.lru)
    stage.claim("starts-inactive", places[0].lru == "inactive_file" and
                anon.lru == "inactive_anon", facts)
    stage.claim("promoted", places[1].lru == "active_file", facts)


def _charged(cgroup: Cgroup, *names: str) -> List[int]:
    numbers = cgroup.numbers("memory.stat")
    return [numbers.get(name, 0) for name in names]


def _cached(stage: Stage, path: str, flag: str = "") -> int:
    return sum(row["pages"] for row in stage.rows("pagecache/file", path=path)
               if row["state"] == "cached" and (not flag or flag in (row["flags"] or ())))


def _files(stage: Stage, cgroup: Cgroup, worker: Worker, path: str) -> None:
    cgroup.write("memory.swap.max", 0)
    before, written = _cached(stage, path), files.written_kib(path)
    was = _charged(cgroup, "pgdeactivate", "pgsteal")
    machine.reclaim(cgroup, _SIZE)
    left, wrote = _cached(stage, path), files.written_kib(path) - written
    is_now = _charged(cgroup, "pgdeactivate", "pgsteal")
    moved, stolen = is_now[0] - was[0], is_now[1] - was[1]
    stage.say(f"{before:,} clean pages of that file are cached. The kernel is asked to take "
              f"{_SIZE // MIB} MiB from its cgroup: {left:,} are left, and {wrote} KiB were "
              "written to disk.")
    stage.note(clean_before=before, clean_after=left, clean_written_kib=wrote)
    stage.claim("clean", left < before and wrote * KIB < (before - left) * PAGE, {
        "pages cached before": before, "after": left, "KiB written": wrote})
    stage.claim("evicted", stolen > 0, {"pages reclaimed": stolen, "of the file": before - left})
    stage.claim("demoted", moved > 0, {"pages moved from active to inactive": moved,
                                       "pages reclaimed": stolen})
    _dirty(stage, cgroup, worker, path)


def _dirty(stage: Stage, cgroup: Cgroup, worker: Worker, path: str) -> None:
    worker.do(files.sync_file, path)
    worker.do(files.write_file, path, _DIRTY)
    before = _cached(stage, path, "dirty")
    with stage.trace("vmscan:mm_vmscan_write_folio", "vmscan:mm_vmscan_writepage",
                     "writeback:writeback_written") as trace:
        machine.reclaim(cgroup, _DIRTY * PAGE)
        events = trace.events()
    # The first page is of a file if it says so.
    by_reclaim = sum("FILE" in event.text for event in events
                     if event.name in ("mm_vmscan_write_folio", "mm_vmscan_writepage"))
    by_flusher = sum(event.name == "writeback_written" for event in events)
    stage.say(f"{before} dirty pages: asked for them, reclaim writes {by_reclaim} by itself"
              + (", and leaves them to the flusher." if not by_reclaim else "."))
    worker.do(files.sync_file, path)
    machine.reclaim(cgroup, _DIRTY * PAGE)
    left = _cached(stage, path)
    stage.note(dirty_before=before, written_by_reclaim=by_reclaim, dirty_after_sync=left)
    stage.claim("dirty", by_reclaim > 0, {
        "dirty pages": before, "written by reclaim": by_reclaim, "times the flusher wrote":
        by_flusher, "pages left when they were on disk": left})


def _anon(stage: Stage, cgroup: Cgroup, worker: Worker) -> None:
    if not stage.machine.swap_bytes:
        for name in ("anon", "swap-where"):
            stage.not_here(name, "this machine has no swap")
        return
    kinds = sorted({line.split()[1] for line in machine.read("/proc/swaps").splitlines()[1:]})
    stage.claim("swap-where", set(kinds) <= {"partition", "file"}, {
        "kinds in /proc/swaps": ", ".join(kinds)})
    cgroup.write("memory.swap.max", "max")
    at = worker.do(memory.map_small, _SIZE)
    worker.do(memory.fill, at, _SIZE)
    before = machine.vmstat("pswpout")["pswpout"]
    machine.reclaim(cgroup, _SIZE)
    out = sum(row["state"] == "swap" for row in stage.entries(worker, at, _SIZE))
    machine.fold()
    written = machine.vmstat("pswpout")["pswpout"] - before
    stage.say(f"The process writes to {_PAGES:,} pages of its own, and the kernel is asked for as "
              f"many: {written:,} pages go to swap, and {out:,} entries of the process name a slot "
              "there.")
    stage.note(anon_pages=_PAGES, swapped_out=written, entries_swapped=out)
    stage.claim("anon", written >= out > 0, {"pages written to": _PAGES, "pswpout": written,
                                             "entries that name a slot": out})
    worker.do(memory.unmap, at, _SIZE)


def _swappiness(stage: Stage, cgroup: Cgroup, worker: Worker, path: str) -> None:
    value = machine.number(_SWAPPINESS)
    most = [machine.refuses(_SWAPPINESS, number) for number in (200, 201)]
    stage.note(swappiness=value, takes_200=not most[0], takes_201=not most[1])
    stage.claim("swappiness-60", value == 60, {"vm.swappiness": value})
    facts = {"200": "refused" if most[0] else "taken", "201": "refused" if most[1] else "taken"}
    stage.claim("swappiness-balance", most == [True, True], facts)
    stage.claim("swappiness-100", most == [False, True], {
        **facts, "half of the largest value": 100})
    if not stage.machine.swap_bytes:
        stage.not_here("swappiness-0", "this machine has no swap")
        return
    at = worker.do(memory.map_small, _SIZE)
    worker.do(memory.fill, at, _SIZE)
    worker.do(files.read_file, path)
    before = _cached(stage, path)
    with machine.setting(_SWAPPINESS, 0):
        was = _charged(cgroup, "pswpout", "pgsteal")
        machine.reclaim(cgroup, _SIZE)
    out = sum(row["state"] == "swap" for row in stage.entries(worker, at, _SIZE))
    left = _cached(stage, path)
    stage.say(f"With vm.swappiness 0 and {before:,} pages of a file cached beside as many of its "
              f"own, the process loses {before - left:,} of the file and {out} of its own.")
    stage.note(swappiness_0_file=before - left, swappiness_0_anon=out)
    stage.claim("swappiness-0", before > left and out == 0, {
        "pages of the file taken": before - left, "anonymous ones": out,
        "pages reclaimed": _charged(cgroup, "pgsteal")[0] - was[1]})


def _kswapd(stage: Stage, folder: str) -> None:
    """Fill a node with page cache until its kswapd wakes; the file is nothing but a hole."""
    node = max(stage.machine.cpus_of)
    free = sum(row["free_pages"] for row in _zones(stage, node)) * PAGE
    if free > _FILL_MOST:
        for name in ("wakes", "until-high"):
            stage.not_here(name, f"more than {_FILL_MOST // GIB} GiB would have to be filled", {
                "bytes free on the node": free})
        return
    path = os.path.join(folder, "hole")
    with open(path, "wb") as stream:
        stream.truncate(2 * free)
    filler = stage.worker("filler")
    filler.do(memory.stay_on, node)
    with stage.trace("vmscan:mm_vmscan_kswapd_wake", "vmscan:mm_vmscan_kswapd_sleep") as trace:
        before, after, rested = _until_at_rest(stage, filler, path, node)
        events = trace.events()
    filler.do(files.drop, path)
    if not rested:
        for name in ("wakes", "until-high"):
            stage.not_here(name, "kswapd did not wake", {"bytes read": 2 * free})
        return
    woken = [event for event in events if event.name == "mm_vmscan_kswapd_wake"
             and event.fields.get("nid") == str(node)]
    stage.say(f"Node {node} is filled with page cache, {_CHUNK // MIB} MiB at a time, until its "
              "kswapd wakes. Free pages before the last piece, after it, and when kswapd slept "
              "again:")
    stage.show([{"zone": zone["zone"], "min": zone["min_pages"], "low": zone["low_pages"],
                 "high": zone["high_pages"], "before": zone["free_pages"],
                 "after": then["free_pages"], "at_rest": rest["free_pages"]}
                for zone, then, rest in zip(before, after, rested)],
               "zone", "min", "low", "high", "before", "after", "at_rest")
    facts = {f"{zone['zone']}: low, with its reserve, free before, free after":
             f"{zone['low_pages']}, {_low(zone)}, {zone['free_pages']}, {then['free_pages']}"
             for zone, then in zip(before, after)}
    chunk = _CHUNK // PAGE
    stage.note(kswapd_node=node, kswapd_wakes=len(woken),
               above_low_before=any(zone["free_pages"] > zone["low_pages"] for zone in before))
    # It wakes when no zone is above low; within the last piece that came to be.
    stage.claim("wakes", bool(woken) and all(zone["free_pages"] < _low(zone) + chunk
                                             for zone in before),
                {**facts, "times it woke": len(woken)})
    stage.claim("until-high", _above_high(rested), {
        f"{zone['zone']}: high, free at rest": f"{zone['high_pages']}, {zone['free_pages']}"
        for zone in rested})


def _low(zone: Row) -> int:
    """What is low to who could have memory of higher zones, and so leaves a reserve here."""
    reserve = max(int(word) for word in str(zone["lowmem_reserve"]).split(","))
    return int(zone["low_pages"] + zone["boost_pages"] + reserve)


def _zones(stage: Stage, node: int) -> List[Row]:
    return [row for row in stage.rows("memory/zones") if row["node"] == node
            and row["managed_pages"]]


def _above_high(zones: List[Row]) -> bool:
    """As kswapd asks: one is enough."""
    return any(zone["free_pages"] > zone["high_pages"] for zone in zones)


def _until_at_rest(stage: Stage, filler: Worker, path: str,
                   node: int) -> Tuple[List[Row], List[Row], List[Row]]:
    """The zones before and after the piece with which kswapd woke, and when it slept again.

    It stops as soon as it may, and does not wake for what is taken then between high
    and low, as by the rest of the piece.  So there are more pieces, and smaller ones.
    """
    before = _zones(stage, node)
    after: List[Row] = []
    rested: List[Row] = []
    at, piece, tries = 0, _CHUNK, 0
    while at < os.stat(path).st_size:
        runs = _runs()
        filler.do(files.cache, path, at, piece)
        at += piece
        now = _zones(stage, node)
        if _runs() > runs:
            tries += 1
            after, rested = now, _wait_for_kswapd(stage, node)
            if _above_high(rested) or tries == _TRIES:
                break
            piece = max(piece // 4, files.READ_AHEAD)
            now = rested
        before = now
    return before, after, rested


def _runs() -> int:
    return machine.vmstat("pageoutrun")["pageoutrun"]


def _wait_for_kswapd(stage: Stage, node: int) -> List[Row]:
    for _ in range(200):
        # It counts what CPUs have not passed on, too.
        machine.fold()
        zones = _zones(stage, node)
        if all(row["kswapd"] != "running" for row in zones):
            break
        time.sleep(0.05)
    return zones
