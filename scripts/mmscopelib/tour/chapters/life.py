# SPDX-License-Identifier: GPL-2.0-only
"""Life of a page: one malloc() followed from the system call to reclaim, and back."""

from __future__ import annotations

import os
import time
from typing import List, NamedTuple, Optional, Tuple

from ...cgroup import Cgroup
from .. import memory
from ..claims import Claim
from ..machine import MIB, PAGE
from ..stage import Row, Stage
from ..trace import Event
from ..worker import Worker

NAME = "life"
TITLE = "Life of a page"

_PIECE = 16 * PAGE
_EVENTS = ("syscalls:sys_enter_brk", "exceptions:page_fault_user", "kmem:mm_page_alloc",
           "kmem:mm_page_alloc_zone_locked", "kmem:mm_page_free", "kmem:mm_page_free_batched",
           "tlb:tlb_flush", "vmscan:mm_vmscan_write_folio", "block:block_bio_queue")

CLAIMS = {
    "asks": Claim(
        "Each malloc() asks the kernel for memory",
        "only when what the C library has is used up; then it takes 132 KiB and more at a time",
        "every release, with glibc"),
    "extends": Claim("When malloc() needs memory, it extends the heap"),
    "new-vma": Claim(
        "The kernel makes a VMA for a malloc()",
        "a heap that is extended is the VMA that it was, with another end",
        "every release"),
    "no-frame": Claim("A page of a new piece has no frame until it is used"),
    "fault": Claim("The first write to it is a page fault in a valid VMA"),
    "asks-buddy": Claim(
        "The page for a fault comes from the buddy system's free lists",
        "it comes from the CPU's own list, which is filled from there in batches",
        "every release since 2.5"),
    "zone": Claim("The page for a fault comes from a zone that suits the request"),
    "cleared": Claim("The page is full of zeroes when the process gets it"),
    "kswapd-empty": Claim(
        "kswapd wakes when there is no free page left",
        "it wakes much earlier, below the low watermark, so that there still are some",
        "every release"),
    "then": Claim("If kswapd is not enough there is direct reclaim, then compaction, then the "
                  "OOM killer"),
    "tlb": Claim(
        "The kernel puts the new translation into the TLB",
        "the CPU fetches it from the page table by itself; the kernel only flushes entries",
        "every release, on x86 and arm64"),
    "fast": Claim(
        "A fault takes microseconds",
        "on this machine it took longer",
        "emulated machines"),
    "reclaimed": Claim("A page of a process can be moved to swap, and its frame be used for "
                       "something else"),
    "back": Claim("A page in swap comes back when it is used again"),
}


class _Line(NamedTuple):
    """A line of the timeline: an event of the kernel's, or what mmscope sees."""

    time: float
    who: str
    text: str


class _Life:
    """The page that is followed, and what has been seen of it."""

    def __init__(self, stage: Stage, worker: Worker) -> None:
        self.stage = stage
        self.worker = worker
        self.lines: List[_Line] = []
        self.at = 0
        self.ns = 0
        # Each with the beginning of the step in which the page came there.
        self.frames: List[Tuple[int, float]] = []
        # Where it is in swap, if that is a partition.
        self.sector: Optional[int] = None
        self.steps: List[Tuple[str, float]] = []

    def step(self, text: str) -> None:
        """What the process is told to do next."""
        self.steps.append((text, time.monotonic()))
        self.lines.append(_Line(time.monotonic(), "process", text))

    def look(self) -> Row:
        """Decode the page's entry, and the frame in it."""
        entry = self.stage.entry(self.worker, self.at)
        text = f"entry of {self.at:#x}: {entry['level']} {entry['state']}"
        if entry["state"] == "present":
            page = self.stage.page(entry["pfn"])
            if not self.frames or self.frames[-1][0] != entry["pfn"]:
                self.frames.append((entry["pfn"], self.steps[-1][1]))
            text += (f", frame {entry['pfn']}: {page['kind']}, node {page['node']}, zone "
                     f"{page['zone']}, list {page['lru'] or '-'}")
        elif entry["state"] == "swap":
            text += f", area {entry['swap_type']}, slot {entry['swap_offset']}"
            self.sector = entry["swap_offset"] * PAGE // 512
        self.lines.append(_Line(time.monotonic(), "mmscope", text))
        return entry

    def within(self, events: List[Event], name: str) -> List[Event]:
        """Events of the step with this name."""
        begins = [at for _, at in self.steps] + [float("inf")]
        number = [text for text, _ in self.steps].index(name)
        return [event for event in events
                if begins[number] <= event.time < begins[number + 1]]

    def ours(self, event: Event) -> bool:
        """Whether an event that names no frame is about this page."""
        if event.name == "page_fault_user":
            return _number(event, "address") // PAGE == self.at // PAGE
        if event.name == "block_bio_queue":
            return self.sector is not None and f" {self.sector} + " in event.text
        return event.name == "sys_brk" and event.pid == self.worker.pid

    def of_frame(self, events: List[Event], pfn: int, since: float) -> List[Event]:
        """What happens to a frame from where it goes to this page, until others get it."""
        kept: List[Event] = []
        before: List[Event] = []
        for event in (event for event in events if _number(event, "pfn") == pfn):
            allocated = event.name == "mm_page_alloc"
            if kept and allocated:
                break
            if kept:
                kept.append(event)
            elif allocated and event.time >= since:
                kept = [*before, event]
            else:
                # Out of a free list, perhaps into that of a CPU.
                before = [event] if event.name == "mm_page_alloc_zone_locked" else []
        return kept

    def timeline(self, events: List[Event]) -> List[Event]:
        """All that is about this page."""
        found = [event for event in events if self.ours(event) and event.time >= self.steps[0][1]]
        for pfn, since in self.frames:
            found += self.of_frame(events, pfn, since)
        return sorted(found, key=lambda event: event.time)


def _number(event: Event, field: str) -> int:
    try:
        return int(event.fields[field], 16)
    except (KeyError, ValueError):
        return -1


_MALLOC, _WRITE, _RECLAIM = "malloc() until it calls brk()", "writes a byte", "MADV_PAGEOUT"
_BACK, _FREE, _END = "reads it", "free()", "ends"


def play(stage: Stage) -> None:
    """Trace one page, from the system call on."""
    stage.needs(stage.machine.swap_bytes > 0, "this machine has no swap")
    cgroup = stage.cgroup(256 * MIB)
    worker = stage.program("life")
    worker.do(cgroup.enter)
    life = _Life(stage, worker)
    with stage.trace(*_EVENTS, pids=[worker.pid, os.getpid()]) as trace:
        heap, piece, tries = _allocate(life)
        _use(life, cgroup)
        life.step(_FREE)
        worker.do(memory.give_back, piece)
        life.look()
        life.step(_END)
        stage.end(worker)
        events = trace.events()
    _tell(stage, life, events)
    _judge_allocation(stage, life, events, heap, tries)
    _judge_fault(stage, life, events)
    _elsewhere(stage)


def _allocate(life: _Life) -> Tuple[List[Row], int, int]:
    """The heap's VMA before and after; the piece; how many malloc() it took."""
    stage, worker = life.stage, life.worker
    worker.do(memory.fixed_mmap_threshold)
    heap = [_heap(stage, worker)]
    life.step(_MALLOC)
    piece, tries, life.at = worker.do(memory.allocate_until_brk, _PIECE)
    heap.append(_heap(stage, worker))
    life.lines.append(_Line(time.monotonic(), "mmscope",
                            f"VMA of the heap: {heap[0]['start']}-{heap[0]['end']}, now "
                            f"{heap[1]['start']}-{heap[1]['end']}; the piece is at {piece:#x}"))
    first = life.look()
    stage.note(mallocs=tries, state_before=first["state"])
    stage.claim("no-frame", first["state"] == "none", {
        "address inside the piece": hex(life.at), "state of its entry": first["state"]})
    return heap, piece, tries


def _heap(stage: Stage, worker: Worker) -> Row:
    rows = stage.rows("process/vmas", pid=worker.pid)
    heap = [row for row in rows if row["kind"] == "heap"]
    return {"start": heap[0]["start"], "end": heap[-1]["end"], "vmas": len(heap)}


def _use(life: _Life, cgroup: Cgroup) -> None:
    """Write, have it reclaimed, read."""
    stage, worker = life.stage, life.worker
    worker.do(memory.settle, life.at, PAGE)
    worker.do(memory.timed_write, worker.do(memory.map_small, PAGE))
    life.step(_WRITE)
    faults, ns, dirt = worker.do(memory.timed_write, life.at)
    entry = life.look()
    page = stage.page(entry["pfn"])
    life.ns = ns
    stage.note(faults=faults.minor, fault_ns=ns, pfn=entry["pfn"], zone=page["zone"],
               pid=worker.pid, va=hex(life.at))
    stage.claim("fault", faults.minor == 1 and entry["state"] == "present", {
        "faults of the write": faults.minor, "state then": entry["state"]})
    stage.claim("cleared", dirt == 0, {"bytes of the page that are not zero": dirt})
    stage.claim("zone", page["zone"] != "DMA", {"zone": page["zone"], "node": page["node"],
                                                "frame": entry["pfn"]})
    stage.claim("fast", ns < 1000000, {"ns from before the write to after it": ns})
    life.step(_RECLAIM)
    stage.swap_out(worker, cgroup, life.at, PAGE)
    out = life.look()
    stage.claim("reclaimed", out["state"] == "swap", {
        "state of its entry": out["state"], "slot": out["swap_offset"]})
    life.step(_BACK)
    again = worker.do(memory.read, life.at)
    back = life.look()
    stage.note(state_reclaimed=out["state"], back_state=back["state"], back_pfn=back["pfn"],
               back_major=again.major)
    stage.claim("back", back["state"] == "present" and again.major + again.minor > 0, {
        "faults, minor and major": f"{again.minor}, {again.major}", "frame": back["pfn"]})


def _tell(stage: Stage, life: _Life, events: List[Event]) -> None:
    ours = life.timeline(events)
    begin = life.lines[0].time
    lines = sorted([*life.lines, *(_Line(event.time, "kernel", _short(event)) for event in ours)])
    stage.say(f"A process calls malloc({_PIECE}) until the C library has to ask the kernel. One "
              "page of the piece is followed from there: what the process does, the kernel's "
              "events about that page, and what mmscope sees of it in between.")
    stage.show([{"ms": f"{1000 * (line.time - begin):.2f}", "who": line.who, "what": line.text}
                for line in lines], "ms", "who", "what")
    stage.note(events=len(ours), frames=",".join(str(pfn) for pfn, _ in life.frames))


def _short(event: Event) -> str:
    """An event without what does not matter here."""
    words = [word for word in event.text.split() if not word.startswith(("page=", "ip=", "["))]
    return f"{event.name} {' '.join(words)}"


def _judge_allocation(stage: Stage, life: _Life, events: List[Event], heap: List[Row],
                      tries: int) -> None:
    brks = sum(event.name == "sys_brk" for event in life.within(life.timeline(events), _MALLOC))
    stage.note(brks=brks)
    grown = int(heap[1]["end"], 16) - int(heap[0]["end"], 16)
    stage.claim("asks", brks >= tries, {f"calls of malloc({_PIECE})": tries,
                                        "calls of brk()": brks, "bytes it took": grown})
    stage.claim("extends", grown > 0, {"end of the heap before": heap[0]["end"],
                                       "after": heap[1]["end"]})
    stage.claim("new-vma", heap[1]["vmas"] > heap[0]["vmas"], {
        "VMAs of the heap before": heap[0]["vmas"], "after": heap[1]["vmas"]})


def _judge_fault(stage: Stage, life: _Life, events: List[Event]) -> None:
    inside = life.within(life.timeline(events), _WRITE)
    lists = [event for event in inside if event.name == "mm_page_alloc_zone_locked"
             and event.fields.get("percpu_refill") != "1"]
    stage.claim("asks-buddy", bool(lists), {
        "events of the fault": ", ".join(event.name for event in inside) or "none",
        "of these from a free list": len(lists)})
    begin = next((event.time for event in inside if event.name == "page_fault_user"), None)
    if begin is not None:
        flushes = _flushes(life.within(events, _WRITE), begin, begin + life.ns / 1e9)
        later = _flushes(life.within(events, _RECLAIM), begin, float("inf"))
        stage.note(fault_events=",".join(event.name for event in inside), fault_flushes=flushes)
        stage.claim("tlb", flushes > 0, {"events of the TLB during the fault": flushes,
                                         "during reclaim": later})
    else:
        stage.not_here("tlb", "the fault was not traced, as it is on x86")


def _flushes(events: List[Event], begin: float, end: float) -> int:
    """Flushes that are not for another process to run."""
    return sum(event.name == "tlb_flush" and begin <= event.time <= end
               and "task switch" not in event.text for event in events)


def _elsewhere(stage: Stage) -> None:
    zones = [row for row in stage.rows("memory/zones") if row["managed_pages"]]
    stage.claim("kswapd-empty", all(row["low_pages"] == 0 for row in zones), {
        f"{row['node']} {row['zone']}: low watermark": row["low_pages"] for row in zones})
    stage.not_here("then", "the tour does not run the whole machine out of memory; for a cgroup "
                   "see the chapter oom, for compaction that of that name")
