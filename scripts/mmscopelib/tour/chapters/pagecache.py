# SPDX-License-Identifier: GPL-2.0-only
"""The page cache: what is read stays in memory, what is written waits there."""

from __future__ import annotations

import os
from typing import Dict

from .. import files, machine
from ..claims import Claim
from ..machine import KIB, MIB, PAGE
from ..stage import Stage
from ..trace import Event
from ..worker import Worker

NAME = "pagecache"
TITLE = "The page cache and writeback"

_PAGES = 256
_SIZE = _PAGES * PAGE
_LARGE = 128 * MIB
_DIRTY = 64

CLAIMS = {
    "first-read": Claim("What is read from a file for the first time comes from disk, and goes "
                        "into the page cache"),
    "second-read": Claim("What is read a second time comes from the page cache, and no disk is "
                         "touched"),
    "always": Claim(
        "All that is read goes through the page cache",
        "not what is read with O_DIRECT",
        "2.4.10"),
    "slow-disk": Claim("A disk is thousands of times slower than memory"),
    "grows": Claim("The page cache grows with what is read, into memory that nobody else uses"),
    "available": Claim("MemAvailable counts the page cache as memory that can be had, MemFree "
                       "does not"),
    "at-once": Claim("Page cache that is clean can be taken back at once"),
    "dirty": Claim("A write goes to the page cache; the page is dirty, and nothing is written to "
                   "disk yet"),
    "kworker": Claim("A kworker writes dirty pages to disk later"),
    "flush-thread": Claim(
        "A flush thread writes dirty pages to disk later",
        "kworkers do it all; there are no flush threads of devices any more",
        "3.10: writeback: replace custom worker pool implementation with unbound workqueue"),
    "fsync": Claim("fsync() returns when what was written is on disk"),
}


def play(stage: Stage) -> None:
    """Read twice, read past the cache, read much, write, and have it written."""
    worker = stage.worker("reader")
    path = stage.file(_PAGES)
    _read(stage, worker, path)
    _much(stage, worker, os.path.dirname(path))
    _write(stage, worker, path)
    _later(stage, worker, path)


def _pages(stage: Stage, path: str, flag: str = "") -> int:
    """Pages of a file that are cached, or those of them with a flag."""
    return sum(row["pages"] for row in stage.rows("pagecache/file", path=path)
               if row["state"] == "cached" and (not flag or flag in (row["flags"] or ())))


def _read(stage: Stage, worker: Worker, path: str) -> None:
    before = _pages(stage, path)
    cold = worker.do(files.read_file, path)
    cached = _pages(stage, path)
    warm = worker.do(files.read_file, path)
    worker.do(files.drop, path)
    direct = worker.do(files.read_file, path, True)
    left = _pages(stage, path)
    stage.say(f"A file of {_PAGES} pages, {before} of them cached. Reading it takes "
              f"{cold.from_disk // KIB:,} KiB from disk, and {cached} pages are cached then. "
              f"Reading it again takes {warm.from_disk // KIB} KiB from disk.")
    stage.say(f"Dropped from the cache and read with O_DIRECT, {direct.from_disk // KIB:,} KiB "
              f"come from disk, and {left} pages are cached.")
    stage.note(file_pages=_PAGES, cached_before=before, cold_from_disk=cold.from_disk,
               cached=cached, warm_from_disk=warm.from_disk, direct_from_disk=direct.from_disk,
               cached_after_direct=left)
    stage.claim("first-read", cold.from_disk >= _SIZE and cached == _PAGES, {
        "bytes from disk": cold.from_disk, "pages cached before": before, "then": cached})
    stage.claim("second-read", warm.size == _SIZE and warm.from_disk == 0, {
        "bytes read": warm.size, "of these from disk": warm.from_disk})
    stage.claim("always", left > 0, {"bytes read with O_DIRECT": direct.size,
                                     "pages cached by that": left})
    times = cold.ns // max(warm.ns, 1)
    facts = {"from disk, ns": cold.ns, "from memory, ns": warm.ns, "times": times}
    if "hypervisor" in stage.machine.cpu_flags:
        stage.not_here("slow-disk", "the disk of a virtual machine is a file of its host", facts)
    else:
        stage.claim("slow-disk", times >= 1000, facts)


def _much(stage: Stage, worker: Worker, folder: str) -> None:
    """Holes of a file are cached like what is on disk, and need no disk."""
    path = os.path.join(folder, "large")
    with open(path, "wb") as stream:
        stream.truncate(_LARGE)
    before = _meminfo()
    worker.do(files.read_file, path)
    full = _meminfo()
    worker.do(files.drop, path)
    after = _meminfo()
    names = ("MemFree", "MemAvailable", "Cached")
    more = {name: full[name] - before[name] for name in names}
    back = after["Cached"] - full["Cached"]
    stage.say(f"A file of {_LARGE // MIB} MiB is read. In MiB: "
              + ", ".join(f"{name} {more[name] // KIB:+,}" for name in names)
              + f". When the cache is told to drop it: Cached {back // KIB:+,}.")
    stage.note(large_kib=_LARGE // KIB, cached_kib=more["Cached"], free_kib=more["MemFree"],
               available_kib=more["MemAvailable"], dropped_kib=back)
    stage.claim("grows", more["Cached"] * KIB >= _LARGE // 2 and more["MemFree"] < 0, {
        f"{name} more, KiB": more[name] for name in names})
    # Half of the cache counts as needed while there is little of it.
    stage.claim("available", 4 * more["MemAvailable"] > 3 * more["MemFree"], {
        "MemFree, KiB": more["MemFree"], "MemAvailable, KiB": more["MemAvailable"]})
    stage.claim("at-once", -back * KIB >= _LARGE // 2, {"Cached, KiB": back})


def _meminfo() -> Dict[str, int]:
    machine.fold()
    return machine.meminfo()


def _write(stage: Stage, worker: Worker, path: str) -> None:
    worker.do(files.sync_file, path)
    before = files.written_kib(path)
    worker.do(files.write_file, path, _DIRTY)
    dirty, at_once = _pages(stage, path, "dirty"), files.written_kib(path) - before
    worker.do(files.sync_file, path)
    left, then = _pages(stage, path, "dirty"), files.written_kib(path) - before
    stage.say(f"{_DIRTY} pages are written: {dirty} are dirty in the cache, and {at_once} KiB have "
              f"gone to the disk. After fsync(), {left} are dirty, and {then} KiB have gone there.")
    stage.note(written_pages=_DIRTY, dirty=dirty, disk_kib_before=at_once, dirty_after=left,
               disk_kib_after=then)
    stage.claim("dirty", dirty == _DIRTY and at_once * KIB < _DIRTY * PAGE, {
        "pages written": _DIRTY, "dirty": dirty, "KiB to disk": at_once})
    stage.claim("fsync", left == 0 and then * KIB >= _DIRTY * PAGE, {
        "dirty after fsync()": left, "KiB to disk": then})


def _later(stage: Stage, worker: Worker, path: str) -> None:
    """Who writes what nobody waits for."""
    worker.do(files.write_file, path, _DIRTY)
    with stage.trace("writeback:writeback_start", "writeback:writeback_written",
                     "writeback:writeback_single_inode") as trace:
        worker.do(files.sync_filesystem, path)
        events = trace.events()
    wrote = sorted({_without_number(event) for event in events
                    if event.name in ("writeback_start", "writeback_written")})
    threads = machine.kernel_threads("flush-.*|pdflush.*|bdi-.*")
    stage.say("Dirty again, and told to write what it has, the kernel has this thread do it: "
              f"{', '.join(wrote) or 'none was seen'}.")
    stage.note(writers=",".join(wrote))
    if wrote:
        stage.claim("kworker", all(name.startswith("kworker") for name in wrote), {
            "threads that began or ended writing": ", ".join(wrote), "events": len(events)})
    else:
        stage.not_here("kworker", "no thread was seen writing", {"events": len(events)})
    stage.gone("flush-thread", not threads, {
        "threads called flush-…, bdi-… or pdflush": ", ".join(threads.values()) or "none"})


def _without_number(event: Event) -> str:
    """kworker/u8:3 and kworker/u8:5 are the same to the story."""
    return event.comm.partition(":")[0]
