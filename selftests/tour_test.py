#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""scripts/mmscope tour: what came of each chapter, beside what the kernel itself says of it.

The kernel's word is that of tracepoints (noted here, of the tour and all its
children), counters, its log, and files in /proc and /sys.  MMSCOPE names the
command, if it is not where the project has it.
"""

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Set

HERE = Path(__file__).resolve().parent
for helpers in (HERE.parent / "kselftest",
                Path(os.environ.get("KSELFTEST", "/usr/src/kselftest/tools/testing/selftests"))
                / "kselftest"):
    sys.path.append(str(helpers))
ksft: Any = importlib.import_module("ksft")

PAGE = os.sysconf("SC_PAGE_SIZE")
TRACING = Path("/sys/kernel/tracing")
RELEASE = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
TRACED = ("virtual", "pagetables", "faults", "buddy", "cow", "life")
OTHERS = ("zones", "slab", "pagecache", "reclaim", "oom", "hugepages", "numa", "compaction",
          "memcg", "observing")

# What does not hold, of what is claimed.  Claims that are not named here do.
DIFFERS = """
virtual.never-other virtual.from-zero virtual.every-process virtual.total-vm zones.flags-free
zones.dma32 pagetables.bits pagetables.present faults.malloc-nothing faults.always-page
faults.below-vma faults.gfp faults.startup faults.vmstat faults.file-single faults.swap-order
buddy.by-order-only buddy.single-page slab.task-size slab.inode-size slab.by-type slab.powers
slab.no-fragments slab.vmalloc-single cow.writable-again cow.constant-time pagecache.always
reclaim.three reclaim.order reclaim.per-zone reclaim.dirty reclaim.swappiness-balance oom.mode-0
oom.mode-1 oom.mode-2-safe hugepages.reserved-at-boot hugepages.stalls compaction.picture
compaction.user-pages compaction.daemon memcg.max-kills observing.MemTotal observing.MemFree
observing.Cached observing.AnonPages observing.maps-anon life.asks life.new-vma life.asks-buddy
life.kswapd-empty life.tlb
""".split()
GONE = ["virtual.vma-list", "pagecache.flush-thread", "oom.root-discount"]
NOT_HERE = ["numa.latency", "hugepages.tlb-few", "life.then"]
# What depends on the machine: its CPU, how much memory it has, what is installed.
OPEN = """
pagetables.tlb-hits pagetables.tlb-miss pagetables.flush-switch pagetables.tags zones.normal
zones.normal-kernel slab.vma-size slab.vmalloc-scattered pagecache.slow-disk observing.maps-vma
observing.vmstat observing.slabtop observing.pmap observing.smem numa.numactl numa.numastat
faults.ps life.fast pagetables.built-five
""".split()
# Of later releases than these: the first with the change, and what became of it.
CHANGED = {
    "faults.find-vma": ((6, 4), "differs"), "slab.slob": ((6, 4), "gone"),
    "slab.slab-original": ((6, 8), "gone"), "hugepages.between": ((6, 8), "differs"),
    "zones.flags-slab": ((6, 10), "differs"), "zones.index": ((6, 16), "gone"),
    "zones.flags-long": ((6, 18), "differs")}
# Where generations are in use in place of the lists.
BY_MGLRU = ["reclaim.two-lists", "reclaim.starts-inactive", "reclaim.promoted", "reclaim.demoted"]

Values = Dict[str, Any]


def command() -> Optional[Path]:
    """Where the command is."""
    named = os.environ.get("MMSCOPE")
    places = [Path(named)] if named else []
    places += [HERE / "../scripts/mmscope", HERE / "../../scripts/mmscope"]
    return next((place for place in places if os.access(place, os.X_OK)), None)


def counters(path: str = "/proc/vmstat") -> Dict[str, int]:
    """Lines `name number`."""
    words = (line.split() for line in Path(path).read_text(encoding="ascii").splitlines())
    return {word[0].rstrip(":"): int(word[1]) for word in words}


class Event(NamedTuple):
    """A page allocated, or a fault."""

    pid: int
    name: str
    fields: Dict[str, str]


class Kernel:
    """What the kernel says of the time between begin() and end()."""

    EVENTS = ("kmem/mm_page_alloc", "exceptions/page_fault_user")

    def __init__(self, traced: bool) -> None:
        self._trace = TRACING / "instances" / f"tour_test_{os.getpid()}" if traced else None
        self._before: Dict[str, int] = {}
        self.grown: Dict[str, int] = {}
        self.events: List[Event] = []
        self.killed: List[int] = []

    def begin(self) -> None:
        """Note everything of a process that is about to become the tour."""
        if self._trace:
            self._trace.mkdir()
            self._set("buffer_size_kb", "40000")
            self._set("options/event-fork", "1")
            for event in self.EVENTS:
                if (self._trace / "events" / event).is_dir():
                    self._set(f"events/{event}/enable", "1")
        self._mark = f"tour_test {os.getpid()} {time.monotonic_ns()}"
        Path("/dev/kmsg").write_text(self._mark, encoding="ascii")
        self._before = counters()

    def follow(self) -> None:
        """Trace the caller, and all that it forks."""
        if self._trace:
            self._set("set_event_pid", str(os.getpid()))

    def end(self) -> None:
        """Read what was noted."""
        Path("/proc/sys/vm/stat_refresh").write_text("1", encoding="ascii")
        now = counters()
        self.grown = {name: now[name] - self._before.get(name, 0) for name in now}
        log = subprocess.run(["dmesg"], check=True, capture_output=True, text=True).stdout
        self.killed = [int(pid) for pid in re.findall(r"Killed process (\d+) ",
                                                      log.partition(self._mark)[2])]
        if self._trace:
            with open(self._trace / "trace", encoding="ascii", errors="replace") as stream:
                self.events = list(_events(stream))
            self._trace.rmdir()

    def _set(self, name: str, value: str) -> None:
        if self._trace:
            (self._trace / name).write_text(value, encoding="ascii")

    def frames(self, pid: int) -> Set[int]:
        """Frames that were allocated to a process, by itself."""
        return {int(event.fields["pfn"], 16) for event in self.events
                if event.pid == pid and event.name == "mm_page_alloc"}

    def blocks(self, order: int) -> List[int]:
        """First frames of blocks of an order."""
        return [int(event.fields["pfn"], 16) for event in self.events
                if event.name == "mm_page_alloc" and event.fields["order"] == str(order)]

    def faults(self, pid: int, at: str, pages: int = 1) -> Optional[int]:
        """Faults of a process in a range; None if they cannot be traced."""
        if not (TRACING / "events/exceptions/page_fault_user").is_dir():
            return None
        first = int(at, 16) // PAGE
        places = [int(event.fields["address"], 16) // PAGE for event in self.events
                  if event.pid == pid and event.name == "page_fault_user"]
        return sum(first <= place < first + pages for place in places)


def _events(lines: Iterator[str]) -> Iterator[Event]:
    for line in lines:
        found = re.match(r" *.*-(\d+) +\[\d+\] .*? (mm_page_alloc|page_fault_user): (.*)", line)
        if found:
            yield Event(int(found[1]), found[2], dict(re.findall(r"(\w+)=(\S+)", found[3])))


class Played(NamedTuple):
    """A tour: what it said, and what the kernel did."""

    status: int
    errors: str
    chapters: Dict[str, Dict[str, Any]]
    kernel: Kernel


def play(mmscope: Path, chapters: List[str], traced: bool) -> Played:
    """Play some chapters."""
    kernel = Kernel(traced)
    kernel.begin()
    done = subprocess.run([str(mmscope), "tour", "--json", *chapters], check=False,
                          capture_output=True, text=True, preexec_fn=kernel.follow)
    kernel.end()
    try:
        record = json.loads(done.stdout)
    except ValueError:
        record = {"chapters": []}
    return Played(done.returncode, done.stderr,
                  {chapter["name"]: chapter for chapter in record["chapters"]}, kernel)


class Check:
    """Conditions, and which of them did not hold."""

    def __init__(self) -> None:
        self.wrong: List[str] = []

    def __call__(self, condition: Any, what: str) -> None:
        if not condition:
            self.wrong.append(what)

    def equal(self, one: Any, other: Any, what: str) -> None:
        """Two that are to be the same."""
        self(one == other, f"{what}: {one} and {other}")


# A function for each chapter: its values, what the kernel says, and the conditions.

def virtual(values: Values, kernel: Kernel, check: Check) -> None:
    """The same address in two frames, each allocated by its process."""
    check(values["pfn_one"] != values["pfn_two"], "the frames are the same")
    for who in ("one", "two"):
        check(values[f"pfn_{who}"] in kernel.frames(values[f"pid_{who}"]),
              f"process {who} never got its frame")
    check.equal(values["mappers"], f"{values['pid_one']},{values['pid_two']}", "mappers")
    memory = counters("/proc/meminfo")
    check(values["promised_kib"] > memory["MemTotal"] + memory["SwapTotal"], "no overcommit")
    check.equal(values["pages_more"], 0, "pages of what was only promised")
    check.equal(values["swapped"], 16, "pages swapped out")


def zones(values: Values, kernel: Kernel, check: Check) -> None:
    """Sizes and zones as the C library and /proc/zoneinfo have them."""
    del kernel
    check.equal(values["page_size"], PAGE, "page size")
    check.equal(values["pages_for_5_3"], 6, "pages for 5.3")
    check.equal((values["refcount_alone"], values["refcount_shared"]), (1, 2), "refcount")
    check.equal((values["mapcount_alone"], values["mapcount_shared"]), (1, 2), "mapcount")
    info = Path("/proc/zoneinfo").read_text(encoding="ascii")
    present = sum(int(number) for number in re.findall(r"^ +present +(\d+)", info, re.M))
    check.equal(values["present_pages"], present, "pages present")
    check(values["struct_pages"] >= present, "fewer struct pages than pages")
    check.equal(values["zone_dma"], "DMA", "zone for GFP_DMA")


def pagetables(values: Values, kernel: Kernel, check: Check) -> None:
    """As many levels as the CPU has, and indexes that make the address."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    check.equal(values["levels"], 5 if "la57" in cpu else 4, "levels")
    check.equal(values["rebuilt"], values["va"], "address")
    check(values["pfn"] in kernel.frames(values["pid"]), "the process never got the frame")
    check.equal(values["protnone_pfn_after"], values["protnone_pfn_before"], "frame, PROT_NONE")
    check.equal(int(values["protnone_entry"], 16) & 1, 0, "present bit, PROT_NONE")
    check("accessed" in values["flags_read"] and "dirty" not in values["flags_read"], "a read")
    check("dirty" in values["flags_written"], "a write")
    check(values["pcid"] or values["flushes_on_switch"] > 0, "no flush without tags")


def faults(values: Values, kernel: Kernel, check: Check) -> None:
    """As many faults as the kernel traced, and as pages were touched."""
    check.equal(values["faults_half"], values["pages"] // 2, "faults of half the pages")
    check.equal(values["faults_rest"], values["pages"] // 2, "faults of the rest")
    traced = kernel.faults(values["pid"], values["va"], values["pages"])
    check(traced in (None, values["pages"]), f"{traced} faults traced, of {values['pages']} pages")
    check.equal((values["read_frames"], values["read_kind"]), (1, "zero"), "pages only read")
    check(values["frames_again"] > 0, "no frame was used again")
    check.equal(values["bytes_not_zero"], 0, "bytes that are not zero")
    check.equal((values["signal_unmapped"], values["signal_read_only"]),
                (signal.SIGSEGV, signal.SIGSEGV), "signals")
    check.equal(values["stack_grown"], 2 * PAGE, "growth of the stack")
    check.equal((values["cold_major"], values["warm_major"]), (1, 0), "major faults")
    check.equal(values["malloc_pages"], 1, "pages that malloc() touched")
    check.equal(values["swap_state"], "swap", "state when swapped out")
    check.equal(values["swap_in_major"], 1, "major faults of the swap-in")
    check(kernel.grown["pswpin"] > 0, "nothing was swapped in")
    check(values["swap_in_pfn"] in kernel.frames(values["swap_pid"]), "frame of the swap-in")


def buddy(values: Values, kernel: Kernel, check: Check) -> None:
    """Halves that the kernel gave out, and lists that are as before."""
    order = values["order"]
    given = kernel.blocks(order)
    for half in ("half_pfn", "other_half_pfn"):
        check(values[half] in given, f"{half} was never given out")
    check.equal(values["half_pfn"] ^ values["other_half_pfn"], 1 << order, "the halves differ in")
    check(values["from_order"] >= order + 2, "nothing was split twice")
    check.equal(values["pages_before"] - values["pages_during"], values["allocated"] << order,
                "pages that left the lists")
    check.equal(values["pages_after"], values["pages_before"], "pages in the lists")
    check(values["merged"], "not merged")
    lines = Path("/proc/buddyinfo").read_text(encoding="ascii").splitlines()
    check.equal(values["orders"], len(lines[0].split()) - 4, "orders")
    check(values["buddyinfo_equal"], "not as /proc/buddyinfo")
    check(values["from_pcp"] > 0, "no page from a CPU's list")


def slab(values: Values, kernel: Kernel, check: Check) -> None:
    """Sizes as sysfs has them; room and use for all open files."""
    del kernel
    for name in ("task_struct", "dentry", "vm_area_struct"):
        size = Path(f"/sys/kernel/slab/{name}/object_size")
        if size.exists():
            check.equal(values[f"size_{name}"], int(size.read_text(encoding="ascii")), name)
    check.equal((values["kmalloc_300_bytes"], values["kmalloc_300_waste"]), (512, 212),
                "kmalloc(300)")
    check(values["active_during"] >= values["files"], "fewer objects than open files")
    check(values["slabs_during"] * values["objs_per_slab"] >= values["files"], "too few slabs")
    check(values["active_after"] < values["active_during"], "nothing was freed")


def cow(values: Values, kernel: Kernel, check: Check) -> None:
    """Who writes gets a frame, of its own allocation; the other one keeps the old."""
    parent, child = (kernel.frames(values[f"pid_{who}"]) for who in ("parent", "child"))
    check.equal(values["same_frames"], values["pages"], "pages shared after fork()")
    check.equal(values["mapcount_shared"], 2, "map count")
    check(values["pfn_before"] in parent, "the parent never got its frame")
    check(values["pfn_child"] in child, "the child never got its frame")
    check(values["pfn_child"] != values["pfn_before"], "the child still has the old frame")
    check.equal(values["pfn_parent"], values["pfn_before"], "the parent's frame")
    check.equal(values["pfn_parent_after"], values["pfn_before"], "the parent's frame, reused")
    check(values["last_pfn_parent"] in parent, "the parent never got its second frame")
    check.equal(values["last_pfn_child"], values["last_pfn_before"], "the child's frame")
    check.equal((values["faults_first"], values["faults_more"]), (1, values["pages_more"]),
                "faults of the child")
    check(kernel.faults(values["pid_child"], values["va"]) in (None, 1), "faults traced")
    check.equal(values["untouched_shared"], values["untouched_pages"], "pages left alone")
    check(values["fork_table_bytes"] >= values["fork_pages"] * 8, "too few page tables copied")
    check.equal((values["file_kind_before"], values["file_kind_after"], values["file_same"]),
                ("file", "anon", True), "private file")
    check.equal((values["zero_kind_before"], values["zero_kind_after"]), ("zero", "anon"), "zero")


def pagecache(values: Values, kernel: Kernel, check: Check) -> None:
    """Read once from disk, written when it is synced."""
    size = values["file_pages"] * PAGE
    check.equal((values["cached_before"], values["cached"]), (0, values["file_pages"]), "cached")
    check(values["cold_from_disk"] >= size, "too little from disk")
    check.equal(values["warm_from_disk"], 0, "from disk the second time")
    check.equal(values["cached_after_direct"], 0, "cached after O_DIRECT")
    check(kernel.grown["pgpgin"] * 1024 >= 2 * size, "the kernel has read less")
    check.equal((values["dirty"], values["dirty_after"]), (values["written_pages"], 0), "dirty")
    check(values["disk_kib_after"] * 1024 >= values["written_pages"] * PAGE, "not on disk")
    check(kernel.grown["pgpgout"] >= values["disk_kib_after"], "the kernel has written less")


def reclaim(values: Values, kernel: Kernel, check: Check) -> None:
    """kswapd by node, pages swapped out, settings put back."""
    nodes = Path("/sys/devices/system/node/has_memory").read_text(encoding="ascii")
    check.equal(values["nodes_with_memory"], nodes.replace("-", ",").count(",") + 1, "nodes")
    check.equal(values["kswapds"], values["nodes_with_memory"], "kswapd threads")
    check(values["min_low_high"], "min, low, high")
    check(values["clean_after"] < values["clean_before"], "no clean page was dropped")
    check.equal(values["clean_written_kib"], 0, "KiB written for clean pages")
    check(0 < values["entries_swapped"] <= kernel.grown["pswpout"], "pages swapped out")
    check.equal((values["takes_200"], values["takes_201"]), (True, False), "swappiness")
    check.equal(values["swappiness_0_anon"], 0, "anonymous pages with swappiness 0")
    check(values["swappiness_0_file"] > 0, "no file page with swappiness 0")
    check(values["kswapd_wakes"] >= 1 and kernel.grown["pageoutrun"] >= 1, "kswapd")
    check.equal(mglru(), values["mglru"], "MGLRU")


def oom(values: Values, kernel: Kernel, check: Check) -> None:
    """Who was to be killed was, and the kernel's log has it."""
    check(values["hog_right"] and values["protected_right"], "wrong victim")
    check.equal(values["hog_killed"], values["hog_predicted"], "killed and predicted")
    check(int(values["hog_killed"]) in kernel.killed, "the log does not have the victim")
    check.equal(values["hog_outside"], 0, "killed outside")
    check.equal((values["score_root"], values["score_nobody"]),
                (values["terms_root"], values["terms_nobody"]), "scores")
    memory = counters("/proc/meminfo")
    check.equal(values["computed_kib"], memory["CommitLimit"], "CommitLimit")
    check.equal((values["single_refused"], values["mode_1_double_refused"],
                 values["mode_2_refused"]), (True, False, True), "refusals")


def hugepages(values: Values, kernel: Kernel, check: Check) -> None:
    """512 to one, in entries and in faults, and as the kernel has counted."""
    check.equal(values["entries_small"], 512 * values["huge_pages"], "entries, small")
    check.equal(values["entries_huge"], values["huge_pages"], "entries, huge")
    check.equal((values["faults_small"], values["faults_huge"]),
                (values["entries_small"], values["entries_huge"]), "faults")
    check(kernel.grown["thp_fault_alloc"] >= values["huge_pages"], "thp_fault_alloc")
    check.equal((values["collapse_before"], values["collapse_after"], values["collapse_level"],
                 values["collapse_same"]), (512, 1, "pmd", True), "collapse")
    check(values["collapse_pfn"] != values["collapse_pfn_before"], "nothing was moved")
    check(kernel.grown["thp_collapse_alloc"] >= 1, "thp_collapse_alloc")
    check.equal((values["split_entries"], values["split_level"]), (511, "pte"), "split")
    check(kernel.grown["thp_split_pmd"] >= 1, "thp_split_pmd")
    check.equal(values["pool_during"], values["pool_before"] + 2, "pool")


def numa(values: Values, kernel: Kernel, check: Check) -> None:
    """All pages where they should be, and moved twice."""
    for where in ("local", "bound", "back"):
        check.equal(values[f"{where}_pages"], values["pages"], f"pages {where}")
    check(values["bound_node"] != values["local_node"], "it was bound to its own node")
    check(values["pfn_bound"] not in (values["pfn_local"], values["pfn_back"]), "not moved")
    check(values["content_same"], "other content")
    check(kernel.grown["pgmigrate_success"] >= 2 * values["pages"], "pgmigrate_success")
    check.equal(values["nodes"], len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))),
                "nodes")


def compaction(values: Values, kernel: Kernel, check: Check) -> None:
    """Pages moved up, blocks gained; nothing of that with pages that cannot move."""
    check(0 < values["moved"] <= kernel.grown["pgmigrate_success"], "pages moved")
    check(2 * values["moved_up"] > values["moved"], "not upwards")
    check(values["gained"] > 0, "no block gained")
    check(values["stalls"] > 0 and kernel.grown["compact_stall"] >= values["stalls"], "stalls")
    check(min(values["unmovable_blocks"], values["unmovable_why"]) > 0, "pages that cannot move")
    check.equal(values["unmovable_came_free"], 0, "blocks with these that came free")
    check(values["by_hand_after"] > values["by_hand_before"], "compact_memory")


def memcg(values: Values, kernel: Kernel, check: Check) -> None:
    """One killed inside, none outside, none for cache."""
    check.equal(values["limit_500m"], 500 << 20, "500M")
    check(values["joined"], "not joined")
    check(values["cache_max_events"] > 0, "the limit was not reached")
    check.equal(values["cache_kills"], 0, "killed for cache")
    check(values["cache_current"] <= values["limit"], "over the limit")
    check.equal((values["victim_signal"], values["inside_kills"], values["outside_alive"]),
                (signal.SIGKILL, 1, True), "kill")
    check(values["victim_pid"] in kernel.killed, "the log does not have the victim")
    check.equal((values["high_killed"], values["high_verdict"]), (0, "right"), "memory.high")


def observing(values: Values, kernel: Kernel, check: Check) -> None:
    """Lines of meminfo grow by what was taken."""
    del kernel
    check(values["anon_private"] >= 16 << 10, "AnonPages")
    check(values["anon_shared"] < 8 << 10, "AnonPages of shared memory")
    check(values["shmem_shared"] >= 16 << 10, "Shmem")
    check(values["mapped_file"] >= 4 << 10, "Mapped")
    check(values["tables"] >= 256 * PAGE >> 10, "PageTables")
    check.equal(values["maps_lines"] - values["vsyscall"], values["vmas"], "lines of maps")
    check.equal(values["perf_faults"], values["rusage_faults"], "faults of perf")
    check.equal(values["perf_faults"], 64, "faults of perf, and pages")


def life(values: Values, kernel: Kernel, check: Check) -> None:
    """None, present, swap, present; a frame each time, allocated by the process."""
    check.equal((values["state_before"], values["state_reclaimed"], values["back_state"]),
                ("none", "swap", "present"), "states")
    check.equal(values["faults"], 1, "faults of the first write")
    check(kernel.faults(values["pid"], values["va"]) in (None, 2), "faults traced")
    for pfn in ("pfn", "back_pfn"):
        check(values[pfn] in kernel.frames(values["pid"]), f"{pfn} was never allocated")
    check(values["brks"] < values["mallocs"], "brk() for each malloc()")
    check(values["events"] >= 6, "too few events")


CHECKS: Dict[str, Callable[[Values, Kernel, Check], None]] = {
    check.__name__: check for check in (
        virtual, zones, pagetables, faults, buddy, slab, cow, pagecache, reclaim, oom, hugepages,
        numa, compaction, memcg, observing, life)}


def report(check: Check, what: str) -> None:
    """A line of TAP, and why."""
    for wrong in check.wrong:
        ksft.print_msg(wrong)
    ksft.test_result(not check.wrong, what)
    sys.stdout.flush()


def outcome(name: str, played: Played) -> None:
    """What came of a chapter."""
    check = Check()
    chapter = played.chapters.get(name)
    if not chapter:
        check(False, f"no chapter; status {played.status}: {played.errors.strip()}")
    elif chapter["status"] != "done":
        check(False, f"{chapter['status']}: {chapter['reason']}")
    else:
        try:
            CHECKS[name](chapter["values"], played.kernel, check)
        except (KeyError, TypeError) as error:
            check(False, f"value {error}")
        check(chapter["story"], "no story")
    report(check, f"{name}: outcome")
    if check.wrong and chapter:
        ksft.print_msg(f"{name}: {chapter['values']}")


def mglru() -> bool:
    """Whether generations are in use."""
    try:
        text = Path("/sys/kernel/mm/lru_gen/enabled").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return bool(int(text, 0) & 1)


def expected(name: str) -> Optional[str]:
    """What this kernel has to say to a claim; None if that depends on the machine."""
    if name in OPEN:
        return None
    if name in CHANGED:
        since, verdict = CHANGED[name]
        return verdict if RELEASE >= since else "holds"
    if name in BY_MGLRU:
        return "differs" if mglru() else "holds"
    if name == "pagetables.five" or name in ("virtual.user-half", "virtual.kernel-half"):
        la57 = " la57" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
        return "holds" if la57 == (name == "pagetables.five") else "differs"
    for verdict, names in (("differs", DIFFERS), ("gone", GONE), ("not here", NOT_HERE)):
        if name in names:
            return verdict
    return "holds"


def claims(chapters: Dict[str, Dict[str, Any]]) -> None:
    """Each has a verdict, the right one, and evidence."""
    check, seen = Check(), Check()
    rows = [claim for chapter in chapters.values() for claim in chapter["claims"]]
    for claim in rows:
        verdict = expected(claim["id"])
        if verdict and claim["verdict"] != verdict:
            check.equal(claim["verdict"], verdict, f"{claim['id']} ({claim['evidence']})")
        check(claim["verdict"] in ("holds", "differs", "gone", "not here"), claim["id"])
        check(claim["evidence"], f"{claim['id']}: no evidence")
        for fact, value in claim["evidence"].items():
            check(fact and value not in ("", None), f"{claim['id']}: {fact}: {value}")
        told = claim["verdict"] in ("differs", "gone")
        check.equal(bool(claim["now"]), told, f"{claim['id']}: what is true now")
    report(check, "claims: verdicts and evidence")
    names = [claim["id"] for claim in rows]
    seen(len(names) == len(set(names)), "a claim twice")
    seen(len(names) >= 80, f"{len(names)} claims")
    known = {*DIFFERS, *GONE, *NOT_HERE, *OPEN, *CHANGED, *BY_MGLRU}
    seen(known <= set(names), f"no verdict for {', '.join(sorted(known - set(names)))}")
    report(seen, "claims: all of them")


SETTINGS = ("/proc/sys/vm/swappiness", "/proc/sys/vm/overcommit_memory",
            "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")


def settings() -> Dict[str, str]:
    """What the tour changes for a moment."""
    return {path: Path(path).read_text(encoding="ascii") for path in SETTINGS
            if os.path.exists(path)}


def left() -> List[str]:
    """What a tour might have left."""
    places = [Path("/sys/fs/cgroup").glob("mmscope-*"), Path("/var/tmp").glob("mmscope-tour-*"),
              Path("/dev/shm").glob("mmscope-*"), (TRACING / "instances").glob("mmscope-*")]
    names = [str(path) for place in places for path in place]
    for lab in Path("/sys/kernel/debug/mmscope/lab").iterdir():
        if "state: idle" not in (lab / "run").read_text(encoding="ascii"):
            names.append(str(lab))
    return names


def interrupted(mmscope: Path, before: Dict[str, str]) -> None:
    """Ctrl-C and SIGTERM in the midst of chapters that have something to give back."""
    check = Check()
    for chapter, there, number in (
            ("memcg", "/sys/fs/cgroup/mmscope-tour-{}", signal.SIGINT),
            ("life", "/sys/kernel/tracing/instances/mmscope-tour-{}", signal.SIGTERM)):
        with subprocess.Popen([str(mmscope), "tour", chapter], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as tour:
            while not os.path.exists(there.format(tour.pid)) and tour.poll() is None:
                time.sleep(0.01)
            tour.send_signal(number)
        check.equal(tour.returncode, 128 + number, f"status after signal {number}")
        check.equal(left(), [], f"left by signal {number}")
    check.equal(settings(), before, "settings")
    report(check, "interrupted")


def usage(mmscope: Path) -> None:
    """The list, wrong chapters, and a folder."""
    check = Check()
    listed = subprocess.run([str(mmscope), "tour", "--list"], check=False, capture_output=True,
                            text=True).stdout
    check.equal([line.split()[0] for line in listed.splitlines()], list(CHECKS), "list")
    wrong = subprocess.run([str(mmscope), "tour", "nothing"], check=False, capture_output=True,
                           text=True)
    check.equal((wrong.returncode, wrong.stdout, wrong.stderr.count("\n")), (2, "", 1), "usage")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([str(mmscope), "tour", "zones", "-o", folder], check=False,
                              capture_output=True, text=True)
        check.equal(done.returncode, 0, "status")
        check.equal(Path(folder, "tour.txt").read_text(encoding="utf-8"), done.stdout, "tour.txt")
        record = json.loads(Path(folder, "tour.json").read_text(encoding="utf-8"))
        check.equal([chapter["name"] for chapter in record["chapters"]], ["zones"], "tour.json")
    report(check, "command line")


def main() -> None:
    """Play all, and judge."""
    ksft.print_header()
    mmscope = command()
    if not mmscope or not os.path.isdir("/sys/kernel/debug/mmscope"):
        print("1..0 # SKIP scripts/mmscope or the module is not here")
        sys.exit(ksft.KSFT_SKIP)
    ksft.set_plan(len(CHECKS) + 5)
    before, kills = settings(), counters()["oom_kill"]
    chapters: Dict[str, Dict[str, Any]] = {}
    for names, traced in ((TRACED, True), (OTHERS, False)):
        played = play(mmscope, list(names), traced)
        for name in names:
            outcome(name, played)
        chapters.update(played.chapters)
    claims(chapters)
    tidy = Check()
    tidy.equal(left(), [], "left")
    tidy.equal(settings(), before, "settings")
    # One each for hog and protected in oom, and one in memcg.
    tidy.equal(counters()["oom_kill"] - kills, 3, "processes killed")
    report(tidy, "leaves nothing")
    interrupted(mmscope, before)
    usage(mmscope)
    ksft.finished()


if __name__ == "__main__":
    main()
