# SPDX-License-Identifier: GPL-2.0-only
"""Page tables and the TLB: how an address is translated, and what the entries say."""

from __future__ import annotations

import os
from typing import List

from .. import memory, perf
from ..claims import Claim
from ..machine import PAGE, TABLE_ENTRIES
from ..stage import Stage
from ..worker import Worker

NAME = "pagetables"
TITLE = "Page tables and the TLB"

_PAGES = 256
_SIZE = _PAGES * PAGE
_TURNS = 50

CLAIMS = {
    "root": Claim("Each process has a top table, to which a register of the CPU points while it "
                  "runs"),
    "five": Claim(
        "Page tables have five levels",
        "they have four, unless the CPU has five and the kernel uses them (la57)",
        "five are possible since 4.14: x86: Enable 5-level paging support via "
        "CONFIG_X86_5LEVEL=y; 4.11 only made room for them in the code"),
    "built-five": Claim("The kernel can use five levels"),
    "bits": Claim(
        "48 bits of an address are five indexes of 9 bits and an offset of 12",
        "five indexes make 57 bits; 48 are four indexes and the offset",
        "every release"),
    "entries": Claim("A table has 512 entries of 8 bytes"),
    "one-page": Claim("Each page table is one page of memory"),
    "present": Claim(
        "The present bit of an entry says whether the page is in memory",
        "it says whether the CPU may use the entry: memory without any access (PROT_NONE) stays "
        "in its frame with the bit clear",
        "every release"),
    "write": Claim("A bit of an entry says whether writing is allowed"),
    "user": Claim("A bit of an entry says whether programs may use the page"),
    "accessed": Claim("A bit of an entry says that the page was used; the CPU sets it"),
    "dirty": Claim("A bit of an entry says that the page was written; the CPU sets it"),
    "nx": Claim("A bit of an entry keeps data from being run as code"),
    "tlb-hits": Claim("More than 99 % of translations are found in the TLB"),
    "tlb-miss": Claim("A translation that is not in the TLB costs hundreds of cycles"),
    "flush-switch": Claim(
        "Going from one process to another often means to flush the TLB",
        "the CPU tags its entries, and nothing is flushed",
        "4.14: x86/mm: Implement PCID based optimization: try to preserve old TLB entries using "
        "PCID"),
    "tags": Claim("CPUs that tag TLB entries by address space need not flush them for that"),
}


def play(stage: Stage) -> None:
    """One address down, the bits of an entry, and the TLB."""
    worker = stage.worker("walker")
    at = worker.do(memory.map_small, _SIZE)
    worker.do(memory.fill, at, _SIZE)
    _walk(stage, worker, at + 5 * PAGE + 0x123)
    _tables(stage, worker, at)
    _bits(stage, worker, at)
    _code(stage, worker, at)
    _present(stage, worker, at)
    _hits(stage, worker, at)
    _flushes(stage, worker)


def _walk(stage: Stage, worker: Worker, address: int) -> None:
    way = stage.way(worker, address)
    levels = stage.space(worker.pid)["paging_levels"]
    again = 0
    for row in way:
        again = again * TABLE_ENTRIES + row["index"]
    again = again * PAGE + address % PAGE
    stage.say(f"The address {address:#x}, from the top table down. In each table it selects an "
              "entry, which says where the next table is; the last one says where the page is.")
    stage.show(way, "level", "index", "table_phys", "entry", "flags", "pfn")
    stage.say(f"Indexes and offset put together again are {again:#x}.")
    stage.note(levels=len(way), paging_levels=levels, va=hex(address), rebuilt=hex(again),
               pfn=way[-1]["pfn"], pid=worker.pid)
    stage.claim("root", way[0]["table_phys"] == stage.space(worker.pid)["pgd_phys"], {
        "pgd of the process": stage.space(worker.pid)["pgd_phys"],
        "where the walk begins": way[0]["table_phys"]})
    stage.claim("five", len(way) == 5, {"levels walked": len(way), "paging_levels": levels,
                                        "CPU has la57": "la57" in stage.machine.cpu_flags})
    option = stage.machine.config("X86_5LEVEL")
    if stage.machine.x86:
        # Without the option, five levels are always compiled in.
        stage.claim("built-five", option in ("y", "no such option")
                    and stage.machine.config("PGTABLE_LEVELS") == "5", {
            "CONFIG_X86_5LEVEL": option,
            "CONFIG_PGTABLE_LEVELS": stage.machine.config("PGTABLE_LEVELS")})
    else:
        stage.not_here("built-five", "this is not x86")
    stage.claim("bits", len(way) == 5 and 9 * 5 + 12 == 48, {
        "indexes": ", ".join(str(row["index"]) for row in way), "bits in use":
        9 * len(way) + 12, "bits of five indexes and an offset": 9 * 5 + 12})
    places = [int(row["entry_phys"], 16) - int(row["table_phys"], 16) for row in way]
    stage.claim("entries", all(place == 8 * row["index"] and row["index"] < TABLE_ENTRIES
                               for place, row in zip(places, way)) and TABLE_ENTRIES == 512, {
        "offsets of the entries in their tables": ", ".join(map(str, places)),
        "eight times the indexes": ", ".join(str(8 * row["index"]) for row in way)})


def _tables(stage: Stage, worker: Worker, at: int) -> None:
    rows = stage.rows("process/tables", pid=worker.pid)
    tables, size = (sum(row[column] for row in rows) for column in ("tables", "bytes"))
    kinds = {stage.page(row["pfn"])["kind"] for row in stage.way(worker, at)[:-1]}
    stage.say(f"All page tables of the process: {tables}, {size // 1024} KiB.")
    stage.show(rows, "level", "tables", "bytes", "entries_used")
    stage.note(tables=tables, table_bytes=size)
    stage.claim("one-page", size == tables * PAGE, {
        "tables": tables, "bytes": size, "bytes of each": size // tables,
        "kind of their frames": ", ".join(sorted(kinds))})


def _flags(stage: Stage, worker: Worker, at: int) -> List[str]:
    return stage.entry(worker, at)["flags"] or []


def _bits(stage: Stage, worker: Worker, at: int) -> None:
    """What a read and a write leave behind."""
    path = os.path.join(stage.folder(), "file")
    with open(path, "wb") as stream:
        stream.write(bytes(PAGE))
        os.fsync(stream.fileno())
    fresh = worker.do(memory.map_file, path, PAGE)
    worker.do(memory.read, fresh)
    _clear(worker, fresh)
    seen = {}
    for what, act in (("cleared", None), ("read", memory.read), ("written", memory.write)):
        if act:
            worker.do(act, fresh)
        seen[what] = _flags(stage, worker, fresh)
    stage.say("A page of a file, mapped to be read and written. The bits that the CPU sets, after "
              "they were cleared, after a read, and after a write: "
              + "; ".join(f"{what}: {','.join(flags)}" for what, flags in seen.items()) + ".")
    stage.note(**{f"flags_{what}": ",".join(flags) for what, flags in seen.items()})
    stage.claim("accessed", "accessed" in seen["read"] and "accessed" not in seen["cleared"], {
        what: ",".join(flags) for what, flags in seen.items()})
    stage.claim("dirty", "dirty" in seen["written"] and "dirty" not in seen["read"], {
        what: ",".join(flags) for what, flags in seen.items() if what != "cleared"})
    before = _flags(stage, worker, at)
    worker.do(memory.protect, at, PAGE, memory.READ)
    after = _flags(stage, worker, at)
    stage.claim("write", "write" in before and "write" not in after,
                {"before mprotect(PROT_READ)": ",".join(before), "after": ",".join(after)})
    stage.claim("user", "user" in before, {"an entry of a process": ",".join(before)})


def _clear(worker: Worker, at: int) -> None:
    """Clear the accessed bits, and have the CPUs forget the translation of a page."""
    with open(f"/proc/{worker.pid}/clear_refs", "w", encoding="ascii") as stream:
        stream.write("1")
    # That alone leaves the TLB as it is, where the page still counts as used.
    for rights in (memory.NONE, memory.READ | memory.WRITE):
        worker.do(memory.protect, at, PAGE, rights)


def _code(stage: Stage, worker: Worker, at: int) -> None:
    areas = stage.rows("process/vmas", pid=worker.pid)
    code = next(row for row in areas if "x" in row["perms"] and row["kind"] == "file")
    entries = [row for row in stage.rows("process/entries", pid=worker.pid, **{
        end: int(code[end], 16) for end in ("start", "end")}) if row["state"] == "present"]
    data = _flags(stage, worker, at + PAGE)
    stage.claim("nx", "nx" in data and bool(entries) and "nx" not in entries[0]["flags"], {
        "an entry of data": ",".join(data),
        f"of code ({code['name']})": ",".join(entries[0]["flags"]) if entries else "none"})


def _present(stage: Stage, worker: Worker, at: int) -> None:
    where = at + 2 * PAGE
    before = stage.entry(worker, where)
    worker.do(memory.protect, where, PAGE, memory.NONE)
    after = stage.entry(worker, where)
    kind = stage.page(after["pfn"])["kind"] if after["pfn"] else "none"
    stage.say(f"Frame {before['pfn']} loses all rights (PROT_NONE). Its entry is now "
              f"{after['entry']}, {after['state']}: the present bit is "
              f"{int(after['entry'], 16) & 1}, and the page is still there, in frame "
              f"{after['pfn']}.")
    stage.note(protnone_pfn_before=before["pfn"], protnone_pfn_after=after["pfn"],
               protnone_state=after["state"], protnone_entry=after["entry"])
    # Bit 0 is it on x86 and on arm64.
    stage.claim("present", int(after["entry"], 16) & 1 == 1, {
        "entry without rights": after["entry"], "state": after["state"],
        "its frame": after["pfn"], "kind of that": kind})


def _hits(stage: Stage, worker: Worker, at: int) -> None:
    """What the CPU itself counts, where it does."""
    names = ("tlb-hits", "tlb-miss")
    try:
        counted = worker.do(perf.tlb, at + 16 * PAGE, _PAGES - 16)
    except (OSError, NotImplementedError) as error:
        stage.say(f"How often the TLB has a translation only the CPU can count, and this one does "
                  f"not ({error}).")
        for name in names:
            stage.not_here(name, f"no such counter: {error}")
        return
    rate = 1000 - 1000 * counted.misses // max(counted.loads, 1)
    stage.note(tlb_loads=counted.loads, tlb_misses=counted.misses)
    stage.claim("tlb-hits", rate >= 990, {"loads": counted.loads, "misses": counted.misses,
                                          "hits, thousandths": rate})
    stage.not_here("tlb-miss", "cycles of a single walk are not counted", {
        "misses": counted.misses})


def _flushes(stage: Stage, worker: Worker) -> None:
    """Two processes that take turns on one CPU."""
    tagged = "pcid" in stage.machine.cpu_flags
    names = ("flush-switch", "tags")
    if not stage.machine.x86:
        for name in names:
            stage.not_here(name, "the kernel traces TLB flushes on x86 only")
        return
    other = stage.worker("other")
    cpu = min(os.sched_getaffinity(0))
    for one in (worker, other):
        one.do(memory.run_on, cpu)
    with stage.trace("tlb:tlb_flush", "sched:sched_switch") as trace:
        for _ in range(_TURNS):
            for one in (worker, other):
                one.do(os.getpid)
        events = [event for event in trace.events() if event.cpu == cpu]
    ours = {str(worker.pid), str(other.pid)}
    switches = sum(event.fields.get("next_pid") in ours for event in events)
    on_switch = sum(event.name == "tlb_flush" and "on task switch" in event.text
                    for event in events)
    stage.say(f"Two processes take turns on CPU {cpu}. They were switched to {switches} times, and "
              f"the TLB was flushed {on_switch} times because of that. The CPU "
              f"{'tags' if tagged else 'does not tag'} entries by address space.")
    stage.note(switches=switches, flushes_on_switch=on_switch, pcid=tagged)
    stage.claim("flush-switch", on_switch > 0, {
        "switches to the two": switches, "flushes on task switch": on_switch,
        "CPU has pcid": tagged})
    if tagged:
        stage.claim("tags", on_switch < switches, {
            "switches": switches, "flushes on task switch": on_switch})
    else:
        stage.not_here("tags", "this CPU has no PCID", {"flushes on task switch": on_switch})
