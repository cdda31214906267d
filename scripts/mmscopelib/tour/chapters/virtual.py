# SPDX-License-Identifier: GPL-2.0-only
"""Virtual memory: every process has addresses of its own, and more than there is memory."""

from __future__ import annotations

import os
import re

from .. import machine, memory
from ..claims import Claim
from ..machine import GIB, KIB, PAGE
from ..stage import Stage
from ..worker import Worker

NAME = "virtual"
TITLE = "Virtual memory"

_AT = 0x700_0000_0000       # between heap and libraries
_SIZE = 16 * PAGE
_NOBODY = 65534
_TIB = 1 << 40

CLAIMS = {
    "user-half": Claim(
        "A process has 128 TiB of addresses for itself",
        "with five paging levels the end is at 64 PiB, though mmap() gives addresses above 128 "
        "TiB only to who asks for them",
        "4.14: x86: Enable 5-level paging support via CONFIG_X86_5LEVEL=y"),
    "kernel-half": Claim(
        "The kernel has another 128 TiB",
        "with five paging levels it has 64 PiB",
        "4.14, as above"),
    "isolated": Claim("The same address in two processes is different memory"),
    "never-other": Claim(
        "A process can never read or write the memory of another one",
        "with the right to trace it, it can: ptrace(), process_vm_readv(), /proc/PID/mem",
        "process_vm_readv() since 3.2: Cross Memory Attach"),
    "shared": Claim("Processes can share memory: different addresses, the same frames"),
    "swapped": Claim("Some addresses stand for what has been moved to swap"),
    "mostly-nothing": Claim("Most addresses stand for nothing"),
    "from-zero": Claim(
        "The address space begins at address zero",
        "below vm.mmap_min_addr nothing can be mapped without CAP_SYS_RAWIO, so that a null "
        "pointer is never memory",
        "2.6.23: security: Protection for exploiting null dereference using mmap"),
    "overcommit": Claim("The kernel promises more memory than there is"),
    "lazy": Claim("A promise takes no memory until it is used"),
    "every-process": Claim(
        "Every process has an mm_struct",
        "threads of the kernel have none, and threads of one process share theirs",
        "every release"),
    "bounds": Claim("An mm_struct has the bounds of code, data, heap and stack"),
    "vma-list": Claim(
        "An mm_struct has a linked list of the process's VMAs, in mmap",
        "there is a maple tree only, mm_mt, and no list",
        "6.1: mm: remove the vma linked list"),
    "vma-tree": Claim("An mm_struct has a tree of the process's VMAs"),
    "pgd": Claim("An mm_struct has a pointer to the top page table, pgd"),
    "total-vm": Claim(
        "total_vm is the number of pages that are mapped",
        "total_vm is the size of all VMAs, backed by memory or not; what is mapped is in "
        "rss_stat",
        "every release"),
    "switch": Claim("When another process gets the CPU, it gets other page tables"),
}


def play(stage: Stage) -> None:
    """The same address twice, the same frame twice, and promises."""
    one, two = stage.worker("one"), stage.worker("two")
    _isolation(stage, one, two)
    _sharing(stage, one, two)
    _swap(stage, one)
    _promises(stage, two)
    _extent(stage, one)
    _descriptor(stage, one)


def _isolation(stage: Stage, one: Worker, two: Worker) -> None:
    for worker, byte in ((one, 1), (two, 2)):
        worker.do(memory.map_private, _SIZE, memory.FIXED, _AT)
        worker.do(memory.advise, _AT, _SIZE, memory.NOHUGE)
        worker.do(memory.fill, _AT, _SIZE, byte)
    first, second = (stage.entry(worker, _AT) for worker in (one, two))
    roots = [stage.space(worker.pid)["pgd_phys"] for worker in (one, two)]
    seen = [worker.do(memory.content, _AT, 1)[0] for worker in (one, two)]
    stage.say(f"Two processes map memory at the same address, {_AT:#x}, and each writes to it. One "
              f"reads {seen[0]} there, the other {seen[1]}: the address is in frame "
              f"{first['pfn']} for one and {second['pfn']} for the other, because their page "
              f"tables begin in different places ({roots[0]}, {roots[1]}).")
    stage.note(va=hex(_AT), pid_one=one.pid, pid_two=two.pid, pfn_one=first["pfn"],
               pfn_two=second["pfn"], pgd_one=roots[0], pgd_two=roots[1])
    stage.claim("isolated", first["pfn"] != second["pfn"] and seen == [1, 2],
                {"address": hex(_AT), "frame in one": first["pfn"],
                 "frame in the other": second["pfn"]})
    stage.claim("switch", roots[0] != roots[1], {"top table of one": roots[0],
                                                 "of the other": roots[1]})
    with open(f"/proc/{one.pid}/mem", "rb", buffering=0) as stream:
        byte = os.pread(stream.fileno(), 1, _AT)[0]
    stage.claim("never-other", byte != 1, {"read by the tour out of process one": byte,
                                           "written there by process one": 1})


def _sharing(stage: Stage, one: Worker, two: Worker) -> None:
    path = f"/dev/shm/mmscope-tour-{os.getpid()}"
    with open(path, "wb") as stream:
        stream.truncate(_SIZE)
    # So that it is not at the same address by chance.
    two.do(memory.map_private, _SIZE)
    try:
        places = [worker.do(memory.map_file, path, _SIZE) for worker in (one, two)]
    finally:
        os.unlink(path)
    one.do(memory.write, places[0], 7)
    two.do(memory.read, places[1])
    frames = [stage.entry(worker, at)["pfn"] for worker, at in zip((one, two), places)]
    mappers = stage.rows("memory/mappers", pfn=frames[0])
    stage.say(f"Then they share memory. It is at {places[0]:#x} in one and at {places[1]:#x} in "
              f"the other, and what one writes the other reads: frame {frames[0]} has "
              f"{len(mappers)} mappers.")
    stage.show(mappers, "pfn", "pid", "va", "level", "flags")
    stage.note(shared_pfn=frames[0], mappers=",".join(str(row["pid"]) for row in mappers))
    stage.claim("shared", frames[0] == frames[1] and
                {one.pid, two.pid} <= {row["pid"] for row in mappers},
                {"frame in one": frames[0], "in the other": frames[1],
                 "processes that map it": len({row["pid"] for row in mappers})})


def _swap(stage: Stage, one: Worker) -> None:
    if not stage.machine.swap_bytes:
        stage.not_here("swapped", "this machine has no swap")
        return
    one.do(memory.advise, _AT, _SIZE, memory.PAGEOUT)
    entries = stage.entries(one, _AT, _SIZE)
    out = [row for row in entries if row["state"] == "swap"]
    if out:
        stage.say(f"One is asked to have its own memory swapped out. {len(out)} of its addresses "
                  f"now stand for places in swap; the first is slot {out[0]['swap_offset']} of "
                  f"area {out[0]['swap_type']}.")
    stage.note(swapped=len(out))
    stage.claim("swapped", bool(out), {"pages": _SIZE // PAGE, "entries that name a slot":
                                       len(out)})


def _promises(stage: Stage, two: Worker) -> None:
    """Map half of all memory, again and again."""
    there = machine.meminfo()
    all_kib = there["MemTotal"] + there["SwapTotal"]
    chunk = all_kib * KIB // 2 // PAGE * PAGE
    if machine.number("/proc/sys/vm/overcommit_memory") == 2:
        for name in ("overcommit", "lazy"):
            stage.not_here(name, "vm.overcommit_memory is 2: no more is promised than there is")
        return
    # In an area of its own: a huge page for a neighbour would reach into it.
    places = [two.do(memory.map_small, chunk) for _ in range(6)]
    promised = machine.meminfo()["Committed_AS"] - there["Committed_AS"]
    used = sum(stage.present(two, at, chunk) for at in places)
    for at in places:
        two.do(memory.unmap, at, chunk)
    stage.say(f"There are {all_kib / 1024 ** 2:.1f} GiB of memory and swap. Process two maps "
              f"{6 * chunk / GIB:.1f} GiB, and gets them. It has {used} pages more than before.")
    stage.note(promised_kib=promised, there_kib=all_kib, pages_more=used)
    stage.claim("overcommit", promised > all_kib, {
        "memory and swap, KiB": all_kib, "promised beside all else, KiB": promised,
        "vm.overcommit_memory": machine.read("/proc/sys/vm/overcommit_memory")})
    stage.claim("lazy", used == 0, {"promised, KiB": promised, "pages in memory, more": used})


def _extent(stage: Stage, one: Worker) -> None:
    space = stage.space(one.pid)
    end = int(space["task_size"], 16)
    areas = stage.rows("process/vmas", pid=one.pid)
    used = space["total_vm_pages"] * PAGE
    bits = re.search(r"(\d+) bits virtual", machine.read("/proc/cpuinfo"))
    stage.say(f"Addresses of a process go up to {end:#x}, which is {end / _TIB:.0f} TiB. Process "
              f"one has {len(areas)} areas (VMAs) there, {used / (1 << 20):.0f} MiB in all.")
    stage.note(task_size=hex(end), vmas=len(areas))
    stage.claim("user-half", -(-end // _TIB) == 128, {
        "task_size": hex(end), "TiB": -(-end // _TIB), "paging levels": space["paging_levels"]})
    levels = space["paging_levels"]
    half = 1 << (9 * levels + 12 - 1) >> 40
    if bits and PAGE == 4096:
        stage.claim("kernel-half", half == 128, {
            "bits of an address in use": 9 * levels + 12, "of the CPU": int(bits[1]),
            "TiB in each half": half})
    else:
        stage.not_here("kernel-half", "the CPU does not say how many bits an address has")
    stage.claim("mostly-nothing", used < end // 1000, {"VMAs": len(areas), "bytes in them": used,
                                                       "bytes of addresses": end})
    lowest = _lowest_address(stage)
    stage.claim("from-zero", lowest == "mapped", {
        "vm.mmap_min_addr": machine.number("/proc/sys/vm/mmap_min_addr"),
        "mapping address 0 without privileges": lowest,
        "lowest VMA of process one": areas[0]["start"]})


def _lowest_address(stage: Stage) -> str:
    """What comes of mapping address zero, as nobody."""
    nobody = stage.worker("nobody")
    nobody.do(os.setresuid, _NOBODY, _NOBODY, _NOBODY)
    try:
        nobody.do(memory.map_private, PAGE, memory.FIXED, 0)
        return "mapped"
    except OSError as error:
        return str(error)


def _descriptor(stage: Stage, one: Worker) -> None:
    """struct mm_struct, and who has one."""
    kernel = machine.kernel_thread()
    if kernel:
        areas = len(stage.rows("process/vmas", pid=kernel))
        stage.claim("every-process", areas > 0, {
            "kernel thread": machine.read(f"/proc/{kernel}/comm"), "its VMAs": areas})
    else:
        stage.not_here("every-process", "threads of the kernel are not seen from here")
    btf = stage.machine.btf
    members, area = btf.members("mm_struct"), btf.members("vm_area_struct")
    bounds = ["start_code", "end_code", "start_data", "end_data", "start_brk", "brk",
              "start_stack"]
    space = stage.space(one.pid)
    stage.claim("bounds", all(name in members for name in bounds), {
        name: space[name] for name in bounds})
    stage.gone("vma-list", "mmap" not in members and "vm_next" not in area, {
        "mm_struct.mmap": members.get("mmap", "no such member"),
        "vm_area_struct.vm_next": area.get("vm_next", "no such member"),
        "mm_struct.mm_mt": members.get("mm_mt", "no such member")})
    stage.claim("vma-tree", "mm_mt" in members or "mm_rb" in members, {
        "mm_struct.mm_mt": members.get("mm_mt", "no such member"),
        "mm_struct.mm_rb": members.get("mm_rb", "no such member")})
    stage.claim("pgd", "pgd" in members, {"mm_struct.pgd": members.get("pgd", "no such member"),
                                          "of process one, physical": space["pgd_phys"]})
    mapped = sum(space[f"rss_{kind}_pages"] for kind in ("anon", "file", "shmem"))
    stage.claim("total-vm", space["total_vm_pages"] == mapped, {
        "total_vm, pages": space["total_vm_pages"], "pages mapped": mapped})
