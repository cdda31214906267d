# SPDX-License-Identifier: GPL-2.0-only
"""Running out of memory, and the promises that lead there."""

from __future__ import annotations

import os
from typing import Dict, List

from ... import oomrun
from ...cgroup import mount_point
from ...oomrun import Outcome
from ...scenarios import SCENARIOS
from .. import machine, memory
from ..claims import Claim
from ..machine import GIB, KIB, MIB, PAGE
from ..stage import Row, Stage
from ..worker import Worker

NAME = "oom"
TITLE = "Running out of memory, and overcommit"

_SIZE = 16 * MIB
_NOBODY = 65534
_OVERCOMMIT = "/proc/sys/vm/overcommit_memory"
_HEADROOM = GIB
_HUGE_REQUEST = 1 << 50

CLAIMS = {
    "last": Claim("A process is killed when nothing can be reclaimed any more"),
    "largest": Claim("The more memory a process has, the sooner it is chosen"),
    "score": Claim("A process's score is what memory it has: pages, swap, and page tables"),
    "adj-range": Claim("oom_score_adj goes from -1000 to 1000"),
    "adj-never": Claim("A process with an oom_score_adj of -1000 is never killed"),
    "root-discount": Claim(
        "Processes of root get a discount from the OOM killer",
        "they are judged like all others",
        "4.17: mm, oom: remove 3% bonus for CAP_SYS_ADMIN processes"),
    "kernel-threads": Claim("The OOM killer never kills threads of the kernel"),
    "proc": Claim("/proc/PID/oom_score is the score of a process"),
    "whole": Claim("The victim is killed, not only asked to end"),
    "log": Claim("The kernel log names the victim, with total-vm, anon-rss and file-rss"),
    "default": Claim("vm.overcommit_memory is 0 if nobody has changed it"),
    "mode-0": Claim(
        "In mode 0 of overcommit the kernel estimates whether a promise is safe",
        "it only refuses a single request that is larger than all memory and swap; any number of "
        "smaller ones is granted",
        "5.2: mm: fix false-positive OVERCOMMIT_GUESS failures"),
    "mode-1": Claim(
        "In mode 1 of overcommit nothing is refused",
        "what does not fit into the address space is refused all the same",
        "every release"),
    "mode-2": Claim("In mode 2 of overcommit, promises end at swap and overcommit_ratio percent "
                    "of memory"),
    "mode-2-refuses": Claim("In mode 2 of overcommit malloc() can fail"),
    "mode-2-safe": Claim(
        "In mode 2 of overcommit the OOM killer is never needed",
        "memory of the kernel itself is in no promise, and can run out all the same",
        "every release"),
}


def play(stage: Stage) -> None:
    """Score, kill, and promise."""
    _scores(stage)
    _files(stage)
    _kills(stage)
    _promises(stage)
    _kernel_memory(stage)


def _badness(stage: Stage) -> Dict[int, Row]:
    return {row["pid"]: row for row in stage.rows("oom/badness")}


def _terms(row: Row) -> int:
    return int(row["rss_pages"] + row["swap_pages"] + row["pgtable_bytes"] // PAGE)


def _scores(stage: Stage) -> None:
    """The same memory, as root and as nobody."""
    workers: List[Worker] = []
    for name in ("root", "nobody"):
        worker = stage.worker(name)
        worker.do(memory.fill, worker.do(memory.map_small, _SIZE), _SIZE)
        if name == "nobody":
            worker.do(os.setresuid, _NOBODY, _NOBODY, _NOBODY)
        workers.append(worker)
    rows = _badness(stage)
    ours = [rows[worker.pid] for worker in workers]
    columns = ("comm", "rss_pages", "swap_pages", "pgtable_bytes", "adj", "score", "rank")
    stage.say(f"Two processes take {_SIZE // MIB} MiB each; one is root's, the other nobody's. How "
              "the OOM killer would judge them:")
    stage.show(ours, *columns)
    discounts = [_terms(row) + (row["adj_pages"] or 0) - row["score"] for row in ours]
    stage.note(score_root=ours[0]["score"], score_nobody=ours[1]["score"],
               terms_root=_terms(ours[0]), terms_nobody=_terms(ours[1]))
    stage.gone("root-discount", discounts[0] <= discounts[1], {
        "pages taken off the score of root's": discounts[0], "of nobody's": discounts[1]})
    stage.claim("score", discounts == [0, 0] and all(row["adj"] == 0 for row in ours), {
        f"{row['comm']}: rss + swap + page tables, score": f"{_terms(row)}, {row['score']}"
        for row in ours})
    threads = machine.kernel_threads()
    stage.claim("kernel-threads", bool(threads) and not set(threads) & set(rows), {
        "threads of the kernel": len(threads), "of these among the candidates":
        len(set(threads) & set(rows))})


def _files(stage: Stage) -> None:
    path = "/proc/self/oom_score_adj"
    taken = {value: not machine.refuses(path, value) for value in (-1001, -1000, 1000, 1001)}
    stage.claim("adj-range", taken == {-1001: False, -1000: True, 1000: True, 1001: False}, {
        f"writing {value}": "taken" if good else "refused" for value, good in taken.items()})
    scored = stage.worker("scored")
    row = _badness(stage)[scored.pid]
    total = _total_pages(stage)
    expected = (1000 + row["score"] * 1000 // total) * 2 // 3
    shown = machine.number(f"/proc/{scored.pid}/oom_score")
    # Two reads of a process that is not quite still.
    stage.claim("proc", abs(shown - expected) <= 1, {
        "oom_score": shown, "computed from the score in pages": expected})
    stage.note(oom_score=shown, oom_score_computed=expected)
    stage.claim("default", machine.number(_OVERCOMMIT) == 0, {
        "vm.overcommit_memory": machine.number(_OVERCOMMIT)})


def _total_pages(stage: Stage) -> int:
    with stage.tree.open("oom/badness") as stream:
        words = dict(word.split("=", 1) for word in stream.readline().decode().split()
                     if "=" in word)
    return int(words["total_pages"])


def _kills(stage: Stage) -> None:
    """Two scenarios of mmscope oom."""
    outcomes = {}
    for name in ("hog", "protected"):
        outcomes[name] = oomrun.play(stage.tree, mount_point(), SCENARIOS[name])[0]
        _tell(stage, name, outcomes[name])
    hog, protected = outcomes["hog"], outcomes["protected"]
    rows = {int(row["pid"]): row for row in hog.rows}
    ranks = sorted(rows, key=lambda pid: int(rows[pid]["score"]), reverse=True)
    stage.note(hog_right=hog.verdict == "right", hog_killed=",".join(map(str, hog.killed)),
               hog_predicted=",".join(map(str, hog.predicted)), hog_outside=hog.outside,
               protected_right=protected.verdict == "right")
    stage.claim("last", hog.kill and hog.events.get("max", 0) > 0 and bool(hog.killed), {
        "how often the limit was reached": hog.events.get("max", 0),
        "kills": hog.events.get("oom_kill", 0)})
    stage.claim("largest", hog.killed == {ranks[0]}, {
        "largest": rows[ranks[0]]["comm"], "its score": int(rows[ranks[0]]["score"]),
        "next": int(rows[ranks[1]]["score"]), "killed": ", ".join(map(str, hog.killed))})
    large = [row for row in protected.rows if row["comm"] == "protected"]
    stage.claim("adj-never", bool(large) and int(large[0]["pid"]) not in protected.killed, {
        "rss of the protected one, pages": int(large[0]["rss_pages"]),
        "of who was killed": ", ".join(row["rss_pages"] for row in protected.rows
                                       if int(row["pid"]) in protected.killed)})
    stage.claim("whole", hog.killed == hog.logged and bool(hog.killed), {
        "processes gone": len(hog.killed), "in the log as killed": len(hog.logged)})
    line = next((line for line in hog.log if "Killed process" in line), "")
    stage.claim("log", all(word in line for word in ("total-vm:", "anon-rss:", "file-rss:")),
                {"line of the log": line})


def _tell(stage: Stage, name: str, outcome: Outcome) -> None:
    stage.say(f"{SCENARIOS[name].about} ({outcome.title}). In a cgroup of its own:")
    columns = ("comm", "rss_pages", "adj", "score", "rank", "kill")
    stage.show([{**row, "came": "killed" if int(row["pid"]) in outcome.killed else "-"}
                for row in outcome.rows if row["score"] != "-" or row["adj"] != "0"],
               *columns, "came")


def _refused(worker: Worker, size: int) -> bool:
    """Whether so much is too much to map; it is given back at once."""
    try:
        worker.do(memory.unmap, worker.do(memory.map_private, size), size)
        return False
    except OSError:
        return True


def _promises(stage: Stage) -> None:
    there = machine.meminfo()
    everything = (there["MemTotal"] + there["SwapTotal"]) * KIB
    worker = stage.worker("asker")
    if machine.number(_OVERCOMMIT) == 0:
        larger, third = _refused(worker, everything + GIB), everything // 3
        places = [worker.do(memory.map_private, third) for _ in range(6)]
        for at in places:
            worker.do(memory.unmap, at, third)
        stage.say(f"There are {everything / GIB:.1f} GiB of memory and swap. One request for a GiB "
                  f"more is {'refused' if larger else 'granted'}; six for a third each, twice as "
                  "much together, are granted.")
        stage.note(single_refused=larger, granted_bytes=6 * third, there_bytes=everything)
        stage.claim("mode-0", not larger or len(places) < 6, {
            "memory and swap": everything, "one request for a GiB more":
            "refused" if larger else "granted", "granted in pieces": 6 * third})
    else:
        stage.not_here("mode-0", "vm.overcommit_memory is not 0")
    with machine.setting(_OVERCOMMIT, 1):
        larger, absurd = _refused(worker, 2 * everything), _refused(worker, _HUGE_REQUEST)
    stage.note(mode_1_double_refused=larger, mode_1_absurd_refused=absurd)
    stage.claim("mode-1", not larger and not absurd, {
        "twice all memory and swap": "refused" if larger else "granted",
        "1024 TiB": "refused" if absurd else "granted"})
    _strict(stage, worker, there)


def _strict(stage: Stage, worker: Worker, there: Dict[str, int]) -> None:
    """Mode 2, for a moment, and only if nobody else comes near its limit."""
    ratio = machine.number("/proc/sys/vm/overcommit_ratio")
    pages = (there["MemTotal"] - there.get("Hugetlb", 0)) * KIB // PAGE * ratio // 100
    limit = there["SwapTotal"] + pages * PAGE // KIB
    stage.note(commit_limit_kib=there["CommitLimit"], computed_kib=limit)
    if machine.number("/proc/sys/vm/overcommit_kbytes"):
        stage.not_here("mode-2", "vm.overcommit_kbytes is set instead of the ratio")
    else:
        stage.claim("mode-2", abs(limit - there["CommitLimit"]) <= PAGE // KIB, {
            "CommitLimit, KiB": there["CommitLimit"], "computed, KiB": limit,
            "overcommit_ratio": ratio})
    room = (there["CommitLimit"] - there["Committed_AS"]) * KIB
    if room < _HEADROOM:
        stage.not_here("mode-2-refuses", "too much is promised already to try mode 2 here", {
            "bytes left to promise": room})
        return
    with machine.setting(_OVERCOMMIT, 2):
        refused, small = _refused(worker, there["CommitLimit"] * KIB), _refused(worker, 16 * MIB)
    stage.say(f"In mode 2, tried for a moment, a request for the whole limit of "
              f"{there['CommitLimit'] // KIB:,} MiB is {'refused' if refused else 'granted'}.")
    stage.note(mode_2_refused=refused)
    stage.claim("mode-2-refuses", refused and not small, {
        "request for CommitLimit": "refused" if refused else "granted",
        "for 16 MiB": "refused" if small else "granted"})


def _kernel_memory(stage: Stage) -> None:
    """Memory that no promise was made for."""
    cgroup, pages = stage.cgroup(64 * MIB), 16 * MIB // PAGE
    holder = stage.worker("holder")
    holder.do(cgroup.enter)
    before, used = machine.meminfo()["Committed_AS"], cgroup.number("memory.current")
    held = holder.do(memory.hold_kernel_pages, stage.tree.path("lab/oom/run"), pages)
    after, now = machine.meminfo()["Committed_AS"], cgroup.number("memory.current")
    holder.do(os.close, held)
    stage.say(f"The kernel allocates {pages * PAGE // MIB} MiB for itself. Its cgroup has "
              f"{(now - used) // MIB} MiB more, and Committed_AS has grown by "
              f"{after - before:,} KiB: no promise covers memory of the kernel.")
    stage.note(kernel_bytes=now - used, committed_more_kib=after - before)
    stage.claim("mode-2-safe", (after - before) * KIB >= pages * PAGE, {
        "bytes that the kernel took": now - used, "Committed_AS more, KiB": after - before})
