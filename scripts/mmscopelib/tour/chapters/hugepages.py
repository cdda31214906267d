# SPDX-License-Identifier: GPL-2.0-only
"""Huge pages: fewer entries, fewer faults; how they are made and how they end."""

from __future__ import annotations

import os
from typing import List

from .. import machine, memory
from ..claims import Claim
from ..machine import GIB, HUGETLB, KIB, MIB, PAGE, THP
from ..memory import HUGE_SIZE
from ..stage import Stage
from ..worker import Worker

NAME = "hugepages"
TITLE = "Huge pages"

_HUGE = 8
_SIZE = _HUGE * HUGE_SIZE
_EACH = HUGE_SIZE // PAGE

CLAIMS = {
    "entries": Claim("1 GiB in small pages takes 262,144 page-table entries"),
    "tlb-few": Claim("A TLB has a few thousand entries"),
    "one-entry": Claim("A huge page of 2 MiB is one entry in place of 512"),
    "fewer-faults": Claim("A huge page of 2 MiB takes one fault in place of 512"),
    "sizes": Claim("Huge pages have 2 MiB, and on some CPUs 1 GiB"),
    "between": Claim(
        "There are no huge pages of sizes in between",
        "anonymous memory can be in large folios of any power of two",
        "6.8: mm: thp: introduce multi-size THP sysfs interface"),
    "reserved-at-boot": Claim(
        "Huge pages of hugetlb are set aside at boot",
        "also later, by nr_hugepages, as long as there are free blocks of that size",
        "every release supported here"),
    "by-name": Claim("A program has to ask for huge pages of hugetlb"),
    "automatic": Claim("Transparent huge pages need no change to programs"),
    "collapse": Claim("The kernel makes huge pages out of small ones that are there already"),
    "default": Claim("Transparent huge pages are on for everybody (always) if nobody has changed "
                     "that"),
    "meminfo": Claim("/proc/meminfo has the numbers of huge pages"),
    "stalls": Claim(
        "A fault may have to wait while memory is compacted for a huge page",
        "only in memory for which the program has asked for them by madvise()",
        "4.6: mm: thp: set THP defrag by default to madvise and add a stall-free defrag option"),
}


def play(stage: Stage) -> None:
    """The same memory small and huge, collapsed, split; a pool."""
    stage.needs(os.path.isdir(THP), "this kernel has no transparent huge pages")
    worker = stage.worker("huge")
    _compare(stage, worker)
    _automatic(stage, worker)
    _collapse(stage, worker)
    _sizes(stage)
    _pool(stage, worker)


def _compare(stage: Stage, worker: Worker) -> None:
    rows, counted = [], {}
    for what, advice in (("small", memory.NOHUGE), ("huge", memory.HUGE)):
        at = worker.do(memory.map_aligned, _SIZE, advice)
        worker.do(memory.settle, at, _SIZE)
        faults = worker.do(memory.fill, at, _SIZE)
        entries = stage.entries(worker, at, _SIZE)
        counted[what] = (len(entries), faults.minor)
        rows.append({"pages": what, "MiB": _SIZE // MIB, "entries": len(entries),
                     "level": entries[0]["level"], "faults": faults.minor})
        worker.do(memory.unmap, at, _SIZE)
    stage.say(f"A process writes to {_SIZE // MIB} MiB, once in small pages, and once in memory "
              "for which it has asked for huge ones:")
    stage.show(rows, "pages", "MiB", "entries", "level", "faults")
    small, huge = counted["small"], counted["huge"]
    stage.note(entries_small=small[0], entries_huge=huge[0], faults_small=small[1],
               faults_huge=huge[1], huge_pages=_HUGE)
    stage.claim("entries", small[0] * (GIB // _SIZE) == 262144, {
        f"entries for {_SIZE // MIB} MiB": small[0], "for 1 GiB": small[0] * (GIB // _SIZE)})
    stage.claim("one-entry", small[0] == 512 * huge[0], {"entries, small": small[0],
                                                         "huge": huge[0]})
    stage.claim("fewer-faults", small[1] == 512 * huge[1], {"faults, small": small[1],
                                                            "huge": huge[1]})
    stage.not_here("tlb-few", "the kernel does not say how large the TLB is", {
        "CPU knows pages of": ", ".join(flag for flag in ("pse", "pdpe1gb")
                                        if flag in stage.machine.cpu_flags) or "-"})


def _automatic(stage: Stage, worker: Worker) -> None:
    """Memory about which nothing was said."""
    enabled, defrag = machine.chosen(f"{THP}/enabled"), machine.chosen(f"{THP}/defrag")
    at = worker.do(memory.map_aligned, HUGE_SIZE, memory.NORMAL)
    worker.do(memory.settle, at, HUGE_SIZE)
    faults = worker.do(memory.fill, at, HUGE_SIZE)
    entry = stage.entry(worker, at)
    stage.say(f"Transparent huge pages are set to {enabled}. In memory about which a process says "
              f"nothing, 2 MiB take {faults.minor} faults, and an entry is at the {entry['level']} "
              "level.")
    stage.note(thp_enabled=enabled, thp_defrag=defrag, plain_level=entry["level"],
               plain_faults=faults.minor)
    stage.claim("default", enabled == "always", {"enabled": machine.read(f"{THP}/enabled")})
    stage.claim("automatic", entry["level"] == "pmd", {
        "enabled": enabled, "level of an entry": entry["level"], "faults": faults.minor},
        "they have to be asked for by madvise(), as they are set here")
    stage.claim("stalls", defrag == "always", {"defrag": machine.read(f"{THP}/defrag")})


def _collapse(stage: Stage, worker: Worker) -> None:
    """From 512 small pages to a huge one, and back by giving up one of them."""
    at = worker.do(memory.map_aligned, HUGE_SIZE, memory.NOHUGE)
    worker.do(memory.fill, at, HUGE_SIZE, 7)
    before = stage.entries(worker, at, HUGE_SIZE)
    worker.do(memory.advise, at, HUGE_SIZE, memory.HUGE)
    try:
        worker.do(memory.advise, at, HUGE_SIZE, memory.COLLAPSE)
    except OSError as error:
        stage.not_here("collapse", f"MADV_COLLAPSE: {error}")
        return
    after = stage.entries(worker, at, HUGE_SIZE)
    same = worker.do(memory.count_byte, at, HUGE_SIZE, 7)
    worker.do(memory.advise, at + PAGE, PAGE, memory.DONTNEED)
    split = stage.entries(worker, at, HUGE_SIZE)
    stage.say(f"{len(before)} small pages, the first in frame {before[0]['pfn']}, are collapsed: "
              f"{len(after)} entry at the {after[0]['level']} level, frame {after[0]['pfn']}, with "
              f"the same content. When one page of it is given up, there are {len(split)} entries "
              f"at the {split[0]['level']} level again, and the first still says frame "
              f"{split[0]['pfn']}.")
    stage.note(collapse_before=len(before), collapse_after=len(after),
               collapse_level=after[0]["level"], collapse_pfn_before=before[0]["pfn"],
               collapse_pfn=after[0]["pfn"], collapse_same=same == HUGE_SIZE,
               split_entries=len(split), split_level=split[0]["level"])
    stage.claim("collapse", len(before) == _EACH and len(after) == 1 and same == HUGE_SIZE, {
        "entries before": len(before), "after": len(after), "level": after[0]["level"],
        "bytes as before": same})


def _sizes(stage: Stage) -> None:
    pools = _kib_of(HUGETLB)
    thp = _kib_of(THP)
    stage.note(hugetlb_sizes=",".join(map(str, pools)), thp_sizes=",".join(map(str, thp)))
    stage.claim("sizes", HUGE_SIZE // KIB in pools and HUGE_SIZE == 2 * MIB, {
        "pools of hugetlb, KiB": ", ".join(map(str, pools))})
    between = [size for size in thp if size < HUGE_SIZE // KIB]
    stage.claim("between", not between, {
        "sizes that can be set, KiB": ", ".join(map(str, thp)) or "none"})
    numbers = {name: value for name, value in machine.meminfo().items() if "uge" in name}
    stage.claim("meminfo", {"AnonHugePages", "HugePages_Total"} <= set(numbers), numbers)


def _kib_of(folder: str) -> List[int]:
    return sorted(int(name[len("hugepages-"):-len("kB")]) for name in os.listdir(folder)
                  if name.startswith("hugepages-"))


def _pool(stage: Stage, worker: Worker) -> None:
    """Two pages more in the pool, while it is running."""
    pool = f"{HUGETLB}/hugepages-{HUGE_SIZE // KIB}kB"
    if not os.path.isdir(pool):
        for name in ("reserved-at-boot", "by-name"):
            stage.not_here(name, "this kernel has no pool of such pages")
        return
    before = machine.number(f"{pool}/nr_hugepages")
    with machine.setting(f"{pool}/nr_hugepages", before + 2):
        during = machine.number(f"{pool}/nr_hugepages")
        kind = "none"
        if during > before:
            at = worker.do(memory.map_private, HUGE_SIZE, memory.HUGETLB)
            worker.do(memory.write, at)
            kind = stage.page(stage.entry(worker, at)["pfn"])["kind"]
            worker.do(memory.unmap, at, HUGE_SIZE)
    stage.say(f"The pool of hugetlb is asked for two pages more while the machine runs: it has "
              f"{during} in place of {before}. A process maps one by name: {kind}.")
    stage.note(pool_before=before, pool_during=during, pool_kind=kind)
    stage.claim("reserved-at-boot", during == before, {"pages in the pool": before,
                                                       "after two more were asked for": during})
    stage.claim("by-name", kind in ("hugetlb", "none"), {
        "kind of a page mapped with MAP_HUGETLB": kind})
