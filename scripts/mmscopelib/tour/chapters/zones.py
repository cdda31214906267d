# SPDX-License-Identifier: GPL-2.0-only
"""Physical memory: pages, the structure that describes each, and zones."""

from __future__ import annotations

import os
from collections import Counter
from typing import List

from .. import memory
from ..claims import Claim
from ..machine import HUGETLB, KIB, MIB, PAGE
from ..stage import Row, Stage

NAME = "zones"
TITLE = "Pages and zones"

_BATCH = 64
_DMA_END, _DMA32_END = 16 * MIB // PAGE, (4 << 30) // PAGE

CLAIMS = {
    "page-size": Claim("A page has 4 KiB"),
    "huge-sizes": Claim("There are also pages of 2 MiB and of 1 GiB"),
    "whole-pages": Claim("Memory is given in whole pages only"),
    "each-page": Claim("There is a struct page for each page of memory"),
    "memmap-share": Claim("16 GiB of memory have about 4 million struct pages"),
    "flags-state": Claim("The flags of a struct page say whether it is dirty, locked, under "
                         "writeback"),
    "flags-free": Claim(
        "The flags of a struct page say whether it is free",
        "a free page has a type, not a flag; the type is in the place of the map count",
        "4.18: mm: split page_type out from _mapcount; a value of the map count since 2.6.38"),
    "flags-slab": Claim(
        "The flags of a struct page say whether it is part of a slab cache",
        "that is a page type, too",
        "6.10: mm: free up PG_slab"),
    "flags-long": Claim(
        "The flags of a struct page are an unsigned long",
        "they are a type of their own, memdesc_flags_t, around an unsigned long",
        "6.18: mm: introduce memdesc_flags_t"),
    "refcount": Claim("_refcount of a struct page is how many use it"),
    "mapcount": Claim("_mapcount of a struct page is how many page-table entries map it"),
    "mapping": Claim("mapping of a struct page says what it is a page of"),
    "index": Claim(
        "index of a struct page is its offset in that",
        "what a page belongs to is asked of its folio; struct page keeps the place under a name "
        "that nobody is to use, __folio_index",
        "6.16: mm: rename page->index to page->__folio_index"),
    "lru": Claim("lru of a struct page links it into a list of reclaim"),
    "dma": Claim("ZONE_DMA is the first 16 MiB"),
    "dma-kept": Claim("ZONE_DMA is kept for those who cannot use other memory"),
    "dma32": Claim(
        "ZONE_DMA32 is the memory from 0 to 4 GiB",
        "it begins where ZONE_DMA ends, at 16 MiB",
        "2.6.15, its first release"),
    "normal": Claim("On 64-bit machines ZONE_NORMAL is all above 4 GiB"),
    "normal-kernel": Claim(
        "Most of the kernel's own memory is in ZONE_NORMAL",
        "it is in whatever zone has room, from the highest down; with little memory, or on a "
        "node below 4 GiB, that is ZONE_DMA32",
        "every release"),
    "highmem": Claim("ZONE_HIGHMEM does not exist on 64-bit machines"),
    "own-lists": Claim("Each zone has free lists, watermarks and statistics of its own"),
    "constraint": Claim("What is asked for decides which zone it may come from"),
}


def play(stage: Stage) -> None:
    """A page, its description, and the zones."""
    _pages(stage)
    _descriptions(stage)
    _one_page(stage)
    _zones(stage)
    _constraints(stage)


def _pages(stage: Stage) -> None:
    worker = stage.worker("page")
    at = worker.do(memory.map_small, 5 * PAGE + PAGE // 3)
    area = stage.area(worker, at)
    got = (int(area["end"], 16) - at) // PAGE
    pools = sorted(int(name[len("hugepages-"):-len("kB")]) for name in os.listdir(HUGETLB))
    stage.say(f"A page has {PAGE} bytes here. Who asks for five and a third gets {got}.")
    stage.note(page_size=PAGE, pages_for_5_3=got)
    stage.claim("page-size", PAGE == 4096, {"sysconf(_SC_PAGESIZE)": PAGE})
    stage.claim("huge-sizes", {2 * MIB // KIB, 1 << 20} <= set(pools),
                {"sizes in /sys/kernel/mm/hugepages, KiB": ", ".join(map(str, pools))})
    stage.claim("whole-pages", got == 6, {"pages asked for": 5.3, "pages of the VMA": got})


def _descriptions(stage: Stage) -> None:
    """struct page: how many there are, and what is in it."""
    zones = stage.rows("memory/zones")
    size = stage.machine.btf.size("page") or 0
    stage.needs(size > 0, "the kernel's BTF has no struct page")
    described = sum(row["memmap_bytes"] or 0 for row in zones) // size
    present = sum(row["present_pages"] for row in zones)
    managed = sum(row["managed_pages"] for row in zones)
    stage.say(f"{present:,} pages are there, {managed:,} of them the allocator's. {described:,} "
              f"structures of {size} bytes describe them, holes included: "
              f"{described * size // MIB} MiB, {100 * size / PAGE:.1f} % of what they describe.")
    stage.note(struct_page_bytes=size, struct_pages=described, present_pages=present)
    stage.claim("each-page", described >= present, {
        "struct pages": described, "pages present": present, "bytes of each": size})
    stage.claim("memmap-share", 16 << 30 == PAGE << 22, {
        "page size": PAGE, "pages in 16 GiB": (16 << 30) // PAGE,
        "struct pages here": described})
    members = stage.machine.btf.members("page")
    flags = set(stage.machine.btf.enumerators("pageflags"))
    for name, wanted in (("flags-state", ("PG_dirty", "PG_locked", "PG_writeback")),
                         ("flags-free", ("PG_buddy", "PG_free")), ("flags-slab", ("PG_slab",))):
        found = flags & set(wanted)
        stage.claim(name, len(found) > 0, {
            "flags looked for": ", ".join(wanted), "in enum pageflags": ", ".join(sorted(found))
            or "none", "page_type": members.get("page_type", "no such member")})
    stage.claim("flags-long", members.get("flags") == "long unsigned int",
                {"struct page.flags": members.get("flags", "no such member")})
    for name in ("mapping", "lru"):
        stage.claim(name, name in members,
                    {f"struct page.{name}": members.get(name, "no such member")})
    stage.gone("index", "index" not in members, {
        f"struct page.{name}": members.get(name, "no such member")
        for name in ("index", "__folio_index")})


def _one_page(stage: Stage) -> None:
    """A page that gets a second user."""
    worker = stage.worker("owner")
    # A CPU holds its last pages until it has enough for the lists of reclaim: so
    # more are taken on it than that.
    worker.do(memory.run_on, min(os.sched_getaffinity(0)))
    at = worker.do(memory.map_small, _BATCH * PAGE)
    worker.do(memory.fill, at, _BATCH * PAGE)
    pfn = stage.entry(worker, at)["pfn"]
    alone = stage.page(pfn)
    stage.fork(worker, "other")
    shared = stage.page(pfn)
    stage.say(f"A process writes to a page: frame {pfn}, {alone['kind']}. Its struct page, and "
              "again when the process has forked:")
    columns = ("kind", "flags", "refcount", "mapcount", "zone", "node")
    stage.show([alone, shared], *columns)
    stage.note(refcount_alone=alone["refcount"], refcount_shared=shared["refcount"],
               mapcount_alone=alone["mapcount"], mapcount_shared=shared["mapcount"], pfn=pfn)
    for name in ("refcount", "mapcount"):
        stage.claim(name, shared[name] == alone[name] + 1, {
            f"{name} with one process": alone[name], "with two": shared[name]})


def _zones(stage: Stage) -> None:
    zones = stage.rows("memory/zones")
    there = [row for row in zones if row["managed_pages"]]
    stage.say("The zones that have memory here:")
    columns = ("node", "zone", "start_pfn", "spanned_pages", "managed_pages", "free_pages",
               "min_pages", "low_pages", "high_pages")
    stage.show(there, *columns)
    by_name = {name: [row for row in there if row["zone"] == name]
               for name in ("DMA", "DMA32", "Normal")}
    _low_zones(stage, by_name["DMA"], by_name["DMA32"])
    normal = by_name["Normal"]
    if stage.machine.x86 and normal:
        first = min(row["start_pfn"] for row in normal)
        stage.claim("normal", first == _DMA32_END, {"first frame of Normal": first,
                                                    "first frame above 4 GiB": _DMA32_END})
    else:
        stage.not_here("normal", "there is no memory above 4 GiB",
                       {"zones with memory": ", ".join(row["zone"] for row in there)})
    kinds: Counter[str] = Counter()
    for row in stage.rows("memory/pageblocks"):
        kinds[row["zone"]] += row["unmovable_pages"]
    stage.claim("normal-kernel", 2 * kinds["Normal"] > sum(kinds.values()), {
        f"unmovable pages in {zone}": pages for zone, pages in sorted(kinds.items())})
    names = sorted({row["zone"] for row in zones})
    stage.note(zones=",".join(names))
    stage.claim("highmem", "HighMem" not in names, {
        "zones": ", ".join(names), "CONFIG_HIGHMEM": stage.machine.config("HIGHMEM")})
    lists = {(row["node"], row["zone"]) for row in stage.rows("buddy/freelists")}
    stage.claim("own-lists", lists >= {(row["node"], row["zone"]) for row in there}
                and all(row["low_pages"] > 0 for row in there), {
        "zones with memory": len(there), "with free lists": len(lists),
        "low watermarks": ", ".join(str(row["low_pages"]) for row in there)})


def _low_zones(stage: Stage, dma: List[Row], dma32: List[Row]) -> None:
    if not dma or not dma32 or not stage.machine.x86:
        for name in ("dma", "dma-kept", "dma32"):
            stage.not_here(name, "this machine divides its memory otherwise")
        return
    end = dma[0]["start_pfn"] + dma[0]["spanned_pages"]
    stage.note(dma_end_pfn=end, dma32_start_pfn=min(row["start_pfn"] for row in dma32))
    stage.claim("dma", end == _DMA_END, {"first frame": dma[0]["start_pfn"],
                                         "frame behind the last": end})
    reserve = [int(word) for word in str(dma[0]["lowmem_reserve"]).split(",")]
    stage.claim("dma-kept", reserve[2] > 0, {
        "pages that allocations for Normal leave in DMA": reserve[2],
        "of managed pages": dma[0]["managed_pages"]})
    first = min(row["start_pfn"] for row in dma32)
    stage.claim("dma32", first == 0, {"first frame": first, "frame at 16 MiB": _DMA_END})


def _constraints(stage: Stage) -> None:
    """The same allocation with other wishes."""
    got = {}
    for gfp in ("kernel", "dma32", "dma"):
        with stage.lab("alloc", order=4, gfp=gfp) as lab:
            got[gfp] = next((row["zone"] for row in lab.rows if row["what"] == "block"), None)
    stage.say("Three allocations of 16 pages: "
              + ", ".join(f"{gfp} got {zone}" for gfp, zone in got.items()) + ".")
    stage.note(**{f"zone_{gfp}": zone for gfp, zone in got.items()})
    if stage.machine.x86:
        stage.claim("constraint", got["dma"] == "DMA" and got["dma32"] in ("DMA32", "DMA"),
                    {f"asked for {gfp}": zone for gfp, zone in got.items()})
    else:
        stage.not_here("constraint", "this machine divides its memory otherwise")
