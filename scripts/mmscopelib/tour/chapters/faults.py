# SPDX-License-Identifier: GPL-2.0-only
"""Page faults: what happens when a process uses memory that is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import List

from ...cgroup import Cgroup
from ...errors import Failure
from ...processes import state
from .. import machine, memory
from ..claims import Claim
from ..machine import MIB, PAGE
from ..stage import Stage
from ..worker import Worker

NAME = "faults"
TITLE = "Page faults"

_PAGES = 64
_SIZE = _PAGES * PAGE
_MALLOC = 1000000
_SIGSEGV = 11
_TRIES = 5
_PATIENCE = 30.0

CLAIMS = {
    "malloc-where": Claim("malloc() takes small pieces from the heap, and maps large ones"),
    "malloc-vma": Claim("For a large malloc() all that the kernel does is to note a VMA"),
    "malloc-nothing": Claim(
        "malloc() allocates no memory, not a single byte",
        "the C library writes the size of the piece in front of it, so one page is there when "
        "malloc() returns, and a page table for it",
        "every release, with glibc"),
    "one-each": Claim("The first write to each page is one fault, which gives it a frame"),
    "zeroed": Claim("A new page is full of zeroes, whatever was in the frame before"),
    "always-page": Claim(
        "A valid fault always takes a free page",
        "a read maps the page of zeroes that everybody shares; only a write takes a page",
        "2.6.32: mm: reinstate ZERO_PAGE"),
    "lazy": Claim("Memory is taken when it is used, page by page"),
    "file-disk": Claim("A fault in a mapped file reads from disk what is not in memory"),
    "file-cached": Claim("A fault in a mapped file does not wait for a disk if the page cache "
                         "has the page"),
    "file-single": Claim(
        "A fault in a mapped file brings in one page",
        "it reads ahead, and maps what is cached around the address, 64 KiB if not set otherwise",
        "mapping around since 3.15: mm: introduce vm_ops->map_pages()"),
    "program": Claim("Of a program that runs only what is used is in its memory"),
    "swap-entry": Claim("The entry of a page in swap is not present, and says where in swap it is"),
    "swap-in": Claim("Using a page that is in swap is a fault that reads from disk"),
    "swap-order": Claim(
        "A fault reads the data from swap, then allocates a page, and copies the data into it",
        "the page is allocated first, and the disk writes into it; nothing is copied",
        "every release"),
    "segv": Claim("An address in no VMA gives SIGSEGV"),
    "segv-write": Claim("A write to memory that may only be read gives SIGSEGV"),
    "below-vma": Claim(
        "An address below the VMA that find_vma() gives is always refused",
        "below the stack the VMA grows downwards to the address, up to RLIMIT_STACK",
        "every release"),
    "find-vma": Claim(
        "The fault handler finds the VMA by find_vma() in current->mm",
        "it first looks the VMA up under RCU and locks it alone, without the lock of the address "
        "space",
        "6.4: x86/mm: try VMA lock-based page fault handling first"),
    "gfp": Claim(
        "A page for a fault is allocated with GFP_HIGHUSER",
        "with GFP_HIGHUSER_MOVABLE, so that it goes where pages may be moved",
        "2.6.23: Add __GFP_MOVABLE for callers to flag allocations from high memory that may be "
        "migrated"),
    "startup": Claim(
        "A program has thousands of faults before it does anything",
        "a hundred or so, since one fault maps many pages of a file",
        "3.15: mm: introduce vm_ops->map_pages()"),
    "minor": Claim("A fault is minor if it does not wait for a disk, and major if it does"),
    "ps": Claim("ps shows how many minor and major faults a process had"),
    "vmstat": Claim(
        "vmstat(8) shows page faults in its columns",
        "its columns have swapping and block input and output only; faults are in /proc/vmstat, "
        "as pgfault and pgmajfault",
        "every release of procps"),
}


def play(stage: Stage) -> None:
    """All kinds of faults, counted."""
    worker = stage.worker("faulter")
    _malloc(stage)
    _demand(stage, worker)
    _reading(stage, worker)
    _zeroes(stage)
    _segv(stage)
    _stack(stage, worker)
    _handler(stage, worker)
    _programs(stage, worker)
    _files(stage)
    _swap(stage)


def _malloc(stage: Stage) -> None:
    # Not a fork of the command, which has large free pieces in its heap.
    worker = stage.program("allocator")
    worker.do(memory.fixed_mmap_threshold)
    before = stage.rows("process/vmas", pid=worker.pid)
    at = worker.do(memory.allocate, _MALLOC)
    after = stage.rows("process/vmas", pid=worker.pid)
    small = worker.do(memory.allocate, 100)
    place = stage.area(worker, small)["kind"]
    large = stage.area(worker, at)
    there = stage.present(worker, at // PAGE * PAGE, -(-_MALLOC // PAGE) * PAGE)
    sizes = [sum(int(row["end"], 16) - int(row["start"], 16) for row in rows)
             for rows in (before, after)]
    stage.say(f"malloc({_MALLOC:,}) returns {at:#x}. The process has {sizes[1] - sizes[0]:,} bytes "
              f"more in its VMAs, and {there} page of them is in memory: where the C library has "
              "noted the size. A small piece comes from the heap.")
    stage.note(malloc_vma_bytes=sizes[1] - sizes[0], malloc_pages=there, small_kind=place,
               large_kind=large["kind"])
    stage.claim("malloc-where", place == "heap" and large["kind"] == "anon", {
        "100 bytes are in": place, f"{_MALLOC} bytes are in": large["kind"]})
    stage.claim("malloc-vma", sizes[1] - sizes[0] >= _MALLOC, {
        "bytes asked for": _MALLOC, "bytes more in VMAs": sizes[1] - sizes[0]})
    stage.claim("malloc-nothing", there == 0, {"pages of the piece in memory": there})


def _demand(stage: Stage, worker: Worker) -> None:
    at = worker.do(memory.map_small, _SIZE)
    empty = stage.present(worker, at, _SIZE)
    worker.do(memory.settle, at, _SIZE)
    half = worker.do(memory.fill, at, _SIZE // 2)
    then = stage.present(worker, at, _SIZE)
    rest = worker.do(memory.fill, at, _SIZE)
    stage.say(f"{_PAGES} pages are mapped, and {empty} are in memory. The process writes to the "
              f"first half: {half.minor} faults, {then} pages. It writes to all of them: "
              f"{rest.minor} faults more.")
    stage.note(pid=worker.pid, va=hex(at), pages=_PAGES)
    stage.note(faults_half=half.minor, present_half=then, faults_rest=rest.minor)
    stage.claim("one-each", half.minor == then == _PAGES // 2, {
        "pages written to": _PAGES // 2, "faults": half.minor, "pages with a frame": then})
    stage.claim("lazy", empty == 0 and rest.minor == _PAGES - _PAGES // 2, {
        "pages with a frame after mmap()": empty, "after half was used": then,
        "after all was used": stage.present(worker, at, _SIZE)})


def _reading(stage: Stage, worker: Worker) -> None:
    at = worker.do(memory.map_small, 8 * PAGE)
    worker.do(memory.read_each, at, 8)
    entries = stage.entries(worker, at, 8 * PAGE)
    frames = {row["pfn"] for row in entries}
    kinds = {stage.page(pfn)["kind"] for pfn in frames}
    stage.say(f"Eight pages are only read. All of them are in {len(frames)} frame, of kind "
              f"{', '.join(kinds)}: no page was taken.")
    stage.note(read_pages=len(entries), read_frames=len(frames), read_kind=",".join(kinds))
    stage.claim("always-page", kinds != {"zero"}, {
        "pages read": len(entries), "frames": len(frames), "kind": ", ".join(sorted(kinds))})


def _zeroes(stage: Stage) -> None:
    """Frames that had something else in them."""
    pages = 512
    for _ in range(5):
        first = stage.worker("first")
        at = first.do(memory.map_small, pages * PAGE)
        first.do(memory.fill, at, pages * PAGE, 0xaa)
        used = {row["pfn"] for row in stage.entries(first, at, pages * PAGE)}
        second = stage.worker("second")
        stage.end(first)
        at = second.do(memory.map_small, pages * PAGE)
        dirt = second.do(memory.touch_and_look, at, pages)
        again = used & {row["pfn"] for row in stage.entries(second, at, pages * PAGE)}
        stage.end(second)
        if again:
            break
    stage.say(f"A process fills {pages} pages with a pattern and ends. The next one gets "
              f"{len(again)} of the same frames, and finds {dirt} bytes that are not zero.")
    stage.note(frames_again=len(again), bytes_not_zero=dirt)
    stage.claim("zeroed", dirt == 0, {"pages": pages, "frames that had other content":
                                      len(again), "bytes that are not zero": dirt})


def _segv(stage: Stage) -> None:
    lost = stage.worker("lost")
    wild = lost.fate(memory.write, PAGE // 2)
    reader = stage.worker("reader")
    at = reader.do(memory.map_small, PAGE)
    reader.do(memory.write, at)
    reader.do(memory.protect, at, PAGE, memory.READ)
    refused = reader.fate(memory.write, at)
    stage.say(f"A process that writes to address {PAGE // 2:#x}, where it has nothing, ends by "
              f"signal {wild}; one that writes to memory it may only read, by signal {refused}.")
    stage.note(signal_unmapped=wild, signal_read_only=refused)
    stage.claim("segv", wild == _SIGSEGV, {"signal": wild})
    stage.claim("segv-write", refused == _SIGSEGV, {"signal": refused})


def _stack(stage: Stage, worker: Worker) -> None:
    stack = next(row for row in stage.rows("process/vmas", pid=worker.pid)
                 if row["kind"] == "stack")
    start = int(stack["start"], 16)
    worker.do(memory.write, start - 2 * PAGE)
    now = int(stage.area(worker, start)["start"], 16)
    stage.say(f"The stack begins at {start:#x}. A write two pages below is no error: the VMA "
              f"begins at {now:#x} then.")
    stage.note(stack_grown=start - now)
    stage.claim("below-vma", now == start, {"stack VMA before": hex(start), "after": hex(now)})


def _handler(stage: Stage, worker: Worker) -> None:
    known = stage.machine.btf.function("lock_vma_under_rcu")
    stage.claim("find-vma", not known, {
        "function lock_vma_under_rcu": "there" if known else "none",
        "CONFIG_PER_VMA_LOCK": stage.machine.config("PER_VMA_LOCK")})
    at = worker.do(memory.map_small, PAGE)
    with stage.trace("kmem:mm_page_alloc", pids=[worker.pid]) as trace:
        worker.do(memory.write, at)
        events = trace.events()
    pfn = stage.entry(worker, at)["pfn"]
    flags = [event.fields["gfp_flags"] for event in events
             if event.name == "mm_page_alloc" and int(event.fields["pfn"], 16) == pfn]
    stage.note(gfp=flags[-1] if flags else None)
    if flags:
        stage.claim("gfp", "GFP_HIGHUSER" in flags[-1].split("|"), {
            "frame": pfn, "gfp_flags of its allocation": flags[-1]})
    else:
        stage.not_here("gfp", "the allocation was not traced", {"frame": pfn})


def _programs(stage: Stage, worker: Worker) -> None:
    """What starting a program takes, and who shows it."""
    counts = {words[0]: _starting(words) for words in (["/bin/true"], ["/bin/bash", "-c", ":"])}
    stage.say("Started, and ended at once: " + ", ".join(
        f"{name} has {count} faults" for name, count in counts.items()) + ".")
    stage.note(faults_true=counts["/bin/true"])
    stage.claim("startup", min(counts.values()) >= 1000, {
        f"faults of {name}": count for name, count in counts.items()})
    with subprocess.Popen(["sleep", "1000"]) as fresh:
        try:
            _wait_for_sleep(fresh.pid)
            areas = [(int(row["start"], 16), int(row["end"], 16)) for row in
                     stage.rows("process/vmas", pid=fresh.pid) if row["kind"] == "file"]
            there = sum(stage.in_memory(fresh.pid, start, end) for start, end in areas)
        finally:
            fresh.kill()
    size = sum(end - start for start, end in areas) // PAGE
    stage.claim("program", there < size, {"pages of files mapped by sleep(1)": size,
                                          "pages in its memory": there})
    _tools(stage, worker)


def _wait_for_sleep(pid: int) -> None:
    """Until a program is done with its beginning, when it still maps its libraries."""
    end = time.monotonic() + _PATIENCE
    while state(pid) != "S":
        if time.monotonic() > end:
            raise Failure("sleep(1) does not sleep")
        time.sleep(0.01)


def _starting(words: List[str]) -> int:
    pid = os.posix_spawn(words[0], words, os.environ)
    _, _, usage = os.wait4(pid, 0)
    return int(usage.ru_minflt + usage.ru_majflt)


def _tools(stage: Stage, worker: Worker) -> None:
    if shutil.which("ps"):
        shown = subprocess.run(["ps", "-o", "min_flt=,maj_flt=", "-p", str(worker.pid)],
                               check=False, capture_output=True, text=True).stdout.split()
        stat = machine.read(f"/proc/{worker.pid}/stat").rpartition(") ")[2].split()
        stage.claim("ps", shown == [stat[7], stat[9]], {
            "ps -o min_flt,maj_flt": " ".join(shown), "/proc/PID/stat": f"{stat[7]} {stat[9]}"})
    else:
        stage.not_here("ps", "ps is not installed")
    if shutil.which("vmstat"):
        text = subprocess.run(["vmstat"], check=False, capture_output=True, text=True).stdout
        columns = text.splitlines()[1].split()
        stage.claim("vmstat", any("flt" in word or "fault" in word for word in columns), {
            "columns of vmstat": " ".join(columns), **machine.vmstat("pgfault", "pgmajfault")})
    else:
        stage.not_here("vmstat", "vmstat is not installed")


def _files(stage: Stage) -> None:
    path = stage.file(_PAGES)
    first, second = stage.worker("first"), stage.worker("second")
    places = [worker.do(memory.map_file, path, _SIZE, True, memory.READ)
              for worker in (first, second)]
    before = _cached(stage, path)
    cold = first.do(memory.read, places[0])
    cached = _cached(stage, path)
    second.do(memory.settle, places[1], _SIZE)
    warm = second.do(memory.read, places[1])
    mapped = stage.present(second, places[1], _SIZE)
    stage.say(f"A file of {_PAGES} pages, {before} of them cached, is mapped. Reading one byte is "
              f"{cold.major} major fault, and brings in {cached} pages. A second process reads the "
              f"same byte: {warm.major} major faults, {warm.minor} minor one, which maps {mapped} "
              "pages at once.")
    stage.note(file_pages=_PAGES, cached_before=before, cold_major=cold.major,
               cold_cached=cached, warm_major=warm.major, warm_minor=warm.minor,
               warm_mapped=mapped)
    stage.claim("file-disk", before == 0 and cold.major == 1, {
        "pages cached before": before, "major faults": cold.major, "cached then": cached})
    stage.claim("file-cached", warm.major == 0, {"major faults": warm.major,
                                                 "minor faults": warm.minor})
    stage.claim("file-single", cached == 1 and mapped == 1, {
        "pages read from disk": cached, "pages mapped by one minor fault": mapped,
        "minor faults": warm.minor})
    stage.claim("minor", cold.major == 1 and warm == (warm.minor, 0), {
        "from disk: minor, major": f"{cold.minor}, {cold.major}",
        "from memory: minor, major": f"{warm.minor}, {warm.major}"})


def _cached(stage: Stage, path: str) -> int:
    return sum(row["pages"] for row in stage.rows("pagecache/file", path=path)
               if row["state"] == "cached")


def _only_in_swap(stage: Stage, worker: Worker, cgroup: Cgroup, at: int) -> None:
    """Have the pages in swap, and all else of the process at hand."""
    for _ in range(_TRIES):
        stage.swap_out(worker, cgroup, at, _SIZE)
        worker.do(memory.settle, at, _SIZE)
        # What was read back of the rest may have brought its neighbours in swap.
        if not worker.do(memory.in_core, at, PAGE):
            return
    raise Failure("what is read ahead of swap brings the page in each time")


def _swap(stage: Stage) -> None:
    stage.needs(stage.machine.swap_bytes > 0, "this machine has no swap")
    cgroup = stage.cgroup(256 * MIB)
    worker = stage.worker("swapper")
    worker.do(cgroup.enter)
    at = worker.do(memory.map_small, _SIZE)
    worker.do(memory.fill, at, _SIZE)
    before = stage.entry(worker, at)
    _only_in_swap(stage, worker, cgroup, at)
    out = stage.entry(worker, at)
    stage.say(f"{_PAGES} pages of a process are swapped out, and their memory is taken. The entry "
              f"of the first was {before['entry']}, frame {before['pfn']}. Now it is "
              f"{out['entry']}: {out['state']}, slot {out['swap_offset']}.")
    stage.note(swap_state=out["state"], swap_entry=out["entry"], swap_slot=out["swap_offset"])
    stage.claim("swap-entry", out["state"] == "swap" and not int(out["entry"], 16) & 1, {
        "entry": out["entry"], "present bit": int(out["entry"], 16) & 1,
        "area and slot": f"{out['swap_type']}, {out['swap_offset']}"})
    with stage.trace("kmem:mm_page_alloc", "block:block_bio_queue", pids=[worker.pid]) as trace:
        fault = worker.do(memory.read, at)
        events = trace.events()
    back = stage.entry(worker, at)
    now = sum(row["state"] == "present" for row in stage.entries(worker, at, _SIZE))
    stage.say(f"Reading it is {fault.major} major fault; the page is in frame {back['pfn']} then. "
              f"{now} page of the {_PAGES} is mapped again.")
    stage.note(swap_pid=worker.pid, swap_in_major=fault.major, swap_in_pfn=back["pfn"],
               swap_in_state=back["state"])
    stage.claim("swap-in", fault.major == 1 and back["state"] == "present", {
        "major faults": fault.major, "state then": back["state"], "frame": back["pfn"]})
    names = [event.name for event in events if event.name == "block_bio_queue"
             or int(event.fields.get("pfn", "0"), 16) == back["pfn"]]
    if {"mm_page_alloc", "block_bio_queue"} <= set(names):
        stage.claim("swap-order", names.index("block_bio_queue") < names.index("mm_page_alloc"), {
            "events of the fault, in order": ", ".join(names)})
    else:
        stage.not_here("swap-order", "the read did not go to a block device",
                       {"events": ", ".join(names) or "none"})
