# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel shows by itself, compared with what is there."""

from __future__ import annotations

import shutil
import subprocess
from typing import Dict, List, Mapping, Optional, Sequence

from .. import files, machine, memory, perf
from ..claims import Claim
from ..machine import KIB, MIB, PAGE
from ..stage import Row, Stage
from ..worker import Worker

NAME = "observing"
TITLE = "Observing"

_SIZE = 16 * MIB
_PAGES = _SIZE // PAGE
_FILE_PAGES = 1024
_TABLES = 256
# What CPUs may count before they pass it on, and others do meanwhile.
_TRIES = 10

CLAIMS = {
    "MemTotal": Claim(
        "MemTotal is all physical memory",
        "it is what the allocator has: without the kernel's image, struct pages and what else "
        "was taken at boot",
        "every release"),
    "MemFree": Claim(
        "MemFree is all memory that nobody uses",
        "it is without the pages that CPUs keep for themselves, which nobody uses either",
        "every release"),
    "MemAvailable": Claim("MemAvailable is what new programs could have"),
    "Buffers": Claim("Buffers is the cache of block devices"),
    "Cached": Claim(
        "Cached is the page cache",
        "Cached is the page cache without Buffers and swap cache; shared memory and tmpfs are in "
        "it, which have no file on disk",
        "every release"),
    "SwapCached": Claim("SwapCached are pages that are in memory and in swap, too"),
    "Active": Claim("Active are the pages used recently, in the active lists"),
    "Inactive": Claim("Inactive are the pages not used recently, in the inactive lists"),
    "SwapTotal": Claim("SwapTotal is all swap"),
    "SwapFree": Claim("SwapFree is swap that is not used"),
    "Dirty": Claim("Dirty are pages that wait to be written to disk"),
    "AnonPages": Claim(
        "AnonPages are all pages without a file",
        "it has mapped private ones only: shared memory is in Shmem and Cached",
        "every release"),
    "Mapped": Claim("Mapped are pages of files that are mapped"),
    "Slab": Claim("Slab is the memory of the slab allocator"),
    "SReclaimable": Claim("SReclaimable is the memory of slab caches that can be reclaimed"),
    "PageTables": Claim("PageTables is what page tables take"),
    "maps-vma": Claim(
        "Every line of /proc/PID/maps is a VMA of the process",
        "but for [vsyscall], which is in no process, and is shown for all",
        "x86 until the kernel is built or booted without it (vsyscall=none)"),
    "maps-columns": Claim("A line of /proc/PID/maps says what may be done with the memory, and "
                          "whether it is private (p) or shared (s)"),
    "maps-anon": Claim(
        "Anonymous memory is called [anon] in /proc/PID/maps",
        "it has no name; a program may give it one, shown as [anon:name]",
        "names since 5.17: mm: add a field to store names for private anonymous memory"),
    "vmstat": Claim("vmstat(8) shows swapping and input and output as they go on"),
    "slabtop": Claim("slabtop(1) shows the slab caches"),
    "pmap": Claim("pmap(1) shows the map of a process with sizes"),
    "smem": Claim("smem(8) divides shared memory among those who share it"),
    "perf": Claim("perf counts page faults"),
}


def play(stage: Stage) -> None:
    """Change one thing at a time, and see which line of meminfo moves."""
    worker = stage.worker("watched")
    _totals(stage)
    _moves(stage, worker)
    _lists(stage)
    _caches(stage)
    _maps(stage, worker)
    _tools(stage, worker)


def _info() -> Dict[str, int]:
    machine.fold()
    return machine.meminfo()


def _totals(stage: Stage) -> None:
    zones, info = stage.rows("memory/zones"), _info()
    present = sum(row["present_pages"] for row in zones) * PAGE // KIB
    kept = sum(row["count_pages"] or 0 for row in stage.rows("buddy/pcp")) * PAGE // KIB
    stage.say(f"There are {present // KIB:,} MiB of memory; MemTotal is "
              f"{info['MemTotal'] // KIB:,} MiB. CPUs keep {kept:,} KiB of free pages that are not "
              "in MemFree.")
    stage.note(present_kib=present, mem_total_kib=info["MemTotal"], pcp_kib=kept)
    stage.claim("MemTotal", present == info["MemTotal"], {
        "memory present, KiB": present, "MemTotal, KiB": info["MemTotal"]})
    stage.claim("MemFree", kept == 0, {"MemFree, KiB": info["MemFree"],
                                       "free pages kept by CPUs, KiB": kept})
    stage.claim("MemAvailable", info["MemAvailable"] <= info["MemFree"] + info["Cached"]
                + info["Buffers"] + info["SReclaimable"] + info.get("KReclaimable", 0), {
        name: info[name] for name in ("MemAvailable", "MemFree", "Cached", "SReclaimable")})
    devices = [row for row in stage.rows("reclaim/swap")
               if row["scope"] in ("partition", "file")] if stage.machine.swap_bytes else []
    for name, size in (("SwapTotal", sum(row["size_pages"] for row in devices)),
                       ("SwapFree", sum(row["size_pages"] - row["used_pages"]
                                        for row in devices))):
        if devices:
            stage.claim(name, size * PAGE // KIB == machine.meminfo()[name], {
                f"{name}, KiB": machine.meminfo()[name],
                "of the devices in reclaim/swap, KiB": size * PAGE // KIB})
        else:
            stage.not_here(name, "this machine has no swap", {name: info[name]})


def _moves(stage: Stage, worker: Worker) -> None:
    """What a process does, and by how much the lines grow."""
    before = _info()
    worker.do(memory.fill, worker.do(memory.map_small, _SIZE), _SIZE)
    private = _more(before)
    before = _info()
    worker.do(memory.fill, worker.do(memory.map_shared, _SIZE), _SIZE)
    shared = _more(before)
    path = stage.file(_FILE_PAGES)
    before = _info()
    worker.do(files.write_file, path, _FILE_PAGES)
    dirty = _more(before)
    worker.do(files.sync_file, path)
    before = _info()
    at = worker.do(memory.map_file, path, _FILE_PAGES * PAGE)
    worker.do(memory.read_each, at, _FILE_PAGES)
    mapped = _more(before)
    before = _info()
    worker.do(memory.many_tables, _TABLES)
    tables = _more(before)
    names = ("AnonPages", "Shmem", "Cached", "Dirty", "Mapped", "PageTables")
    stage.say("What a process does, and by how many KiB lines of /proc/meminfo have grown then:")
    rows: List[Row] = [{"it": what, **{name: more[name] for name in names}} for what, more in (
        (f"writes to {_SIZE // MIB} MiB of its own", private),
        (f"writes to {_SIZE // MIB} MiB that is shared", shared),
        (f"writes {_FILE_PAGES * PAGE // MIB} MiB to a file", dirty),
        ("maps that file, and reads it", mapped),
        (f"uses a page in each of {_TABLES} places", tables))]
    stage.show(rows, "it", *names)
    stage.note(anon_private=private["AnonPages"], anon_shared=shared["AnonPages"],
               shmem_shared=shared["Shmem"], dirty_written=dirty["Dirty"],
               mapped_file=mapped["Mapped"], tables=tables["PageTables"])
    full = _SIZE // KIB
    stage.claim("AnonPages", 2 * shared["AnonPages"] > full, {
        "AnonPages more by private memory, KiB": private["AnonPages"],
        "by shared memory": shared["AnonPages"], "Shmem more by that": shared["Shmem"]})
    half = _FILE_PAGES * PAGE // KIB // 2
    stage.claim("Dirty", dirty["Dirty"] > half, {"KiB written": 2 * half,
                                                 "Dirty more, KiB": dirty["Dirty"]})
    stage.claim("Mapped", mapped["Mapped"] > half, {"KiB mapped": 2 * half,
                                                    "Mapped more, KiB": mapped["Mapped"]})
    stage.claim("PageTables", 2 * tables["PageTables"] > _TABLES * PAGE // KIB, {
        "tables more": _TABLES, "PageTables more, KiB": tables["PageTables"]})


def _more(before: Mapping[str, int]) -> Dict[str, int]:
    now = _info()
    return {name: now[name] - before.get(name, 0) for name in now}


def _lists(stage: Stage) -> None:
    """Sums of the lists, asked again while they move."""
    for _ in range(_TRIES):
        info = _info()
        nodes = [row for row in stage.rows("reclaim/lru") if row["scope"] == "node"]
        sums = {word: sum(row[f"{word.lower()}_{kind}_pages"] for row in nodes
                          for kind in ("anon", "file")) * PAGE // KIB
                for word in ("Active", "Inactive")}
        if all(sums[word] == info[word] for word in sums):
            break
    for word, size in sums.items():
        stage.claim(word, size == info[word], {
            f"{word}, KiB": info[word], f"{word.lower()} lists in reclaim/lru, KiB": size})


def _caches(stage: Stage) -> None:
    for _ in range(_TRIES):
        info = _info()
        cached = stage.rows("pagecache/files", top=65536)
        devices = sum(row["cached_pages"] for row in cached
                      if row["fstype"] == "bdev") * PAGE // KIB
        caches = stage.rows("slab/caches")
        freed = sum(row["total_bytes"] for row in caches if row["reclaimable"]) // KIB
        if (devices, freed) == (info["Buffers"], info["SReclaimable"]):
            break
    everything = sum(row["cached_pages"] for row in cached) * PAGE // KIB
    slabs = sum(row["total_bytes"] for row in caches) // KIB
    stage.note(buffers_kib=info["Buffers"], devices_kib=devices, pagecache_kib=everything,
               slab_kib=info["Slab"], slabs_kib=slabs)
    stage.claim("Buffers", devices == info["Buffers"], {
        "Buffers, KiB": info["Buffers"], "cached of block devices, KiB": devices})
    stage.claim("Cached", info["Cached"] == everything and info["Shmem"] == 0, {
        "Cached, KiB": info["Cached"], "of that shared memory, KiB": info["Shmem"],
        "all that is cached, KiB": everything, "Buffers, KiB": info["Buffers"]})
    stage.claim("Slab", info["Slab"] == info["SReclaimable"] + info["SUnreclaim"]
                and slabs <= info["Slab"], {
        "Slab, KiB": info["Slab"], "in slabs of all caches, KiB": slabs})
    stage.claim("SReclaimable", freed == info["SReclaimable"], {
        "SReclaimable, KiB": info["SReclaimable"],
        "in caches that can be shrunk, KiB": freed})
    if stage.machine.swap_bytes:
        swap = _swap_cached(stage)
        stage.claim("SwapCached", swap["ours"] == swap["kernel"], {
            "SwapCached, KiB": swap["kernel"], "of reclaim/swap, KiB": swap["ours"]})
    else:
        stage.not_here("SwapCached", "this machine has no swap", {"SwapCached":
                                                                  info["SwapCached"]})


def _swap_cached(stage: Stage) -> Dict[str, int]:
    for _ in range(_TRIES):
        with stage.tree.open("reclaim/swap") as stream:
            words = dict(word.split("=", 1) for word in stream.readline().decode().split()
                         if "=" in word)
        both = {"kernel": _info()["SwapCached"],
                "ours": int(words["swapcached_pages"]) * PAGE // KIB}
        if both["kernel"] == both["ours"]:
            break
    return both


def _maps(stage: Stage, worker: Worker) -> None:
    lines = machine.read(f"/proc/{worker.pid}/maps").splitlines()
    areas = stage.rows("process/vmas", pid=worker.pid)
    extra = [line for line in lines if line.endswith("[vsyscall]")]
    stage.say(f"/proc/PID/maps has {len(lines)} lines for a process with {len(areas)} VMAs"
              + (f": {len(extra)} is [vsyscall]." if extra else "."))
    stage.note(maps_lines=len(lines), vmas=len(areas), vsyscall=len(extra))
    stage.claim("maps-vma", len(lines) == len(areas), {
        "lines": len(lines), "VMAs in process/vmas": len(areas), "[vsyscall]": len(extra)})
    shown = [line.split()[1] for line in lines if line not in extra]
    stage.claim("maps-columns", shown == [row["perms"] for row in areas], {
        "permissions compared": len(shown), "an example": shown[0]})
    nameless = sum(len(line.split()) == 5 for line in lines)
    called = sum(line.endswith("[anon]") for line in lines)
    stage.claim("maps-anon", called > 0, {"lines without a name": nameless,
                                          "lines that end in [anon]": called})


def _tools(stage: Stage, worker: Worker) -> None:
    _tool(stage, "vmstat", ["vmstat"], ("si", "so", "bi", "bo"))
    _tool(stage, "slabtop", ["slabtop", "-o"], ("kmalloc-64", "OBJS"))
    space: Row = stage.space(worker.pid)
    _tool(stage, "pmap", ["pmap", str(worker.pid)], ("total",),
          {"total_vm, KiB": space["total_vm_pages"] * PAGE // KIB})
    _tool(stage, "smem", ["smem"], ("PSS",))
    worker.do(memory.settle)
    try:
        counted = worker.do(perf.page_faults, 64)
    except (OSError, NotImplementedError) as error:
        stage.not_here("perf", str(error))
        return
    stage.note(perf_faults=counted[0], rusage_faults=counted[1])
    stage.claim("perf", counted[0] == counted[1], {
        "pages written to": 64, "page-faults of perf_event_open()": counted[0],
        "of getrusage()": counted[1]})


def _tool(stage: Stage, name: str, words: Sequence[str], shows: Sequence[str],
          more: Optional[Mapping[str, int]] = None) -> None:
    """Whether a program is there and shows what it should."""
    if not shutil.which(words[0]):
        stage.not_here(name, f"{words[0]} is not installed")
        return
    text = subprocess.run(words, check=False, capture_output=True, text=True).stdout
    found = [word for word in shows if word in text]
    last = text.strip().splitlines()[-1] if text.strip() else ""
    stage.claim(name, len(found) == len(shows), {
        "looked for in its output": ", ".join(shows), "found": ", ".join(found),
        "last line": " ".join(last.split()), **(more or {})})
