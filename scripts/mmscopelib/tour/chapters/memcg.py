# SPDX-License-Identifier: GPL-2.0-only
"""Memory cgroups: limits for a group of processes."""

from __future__ import annotations

import os
import signal
from typing import Dict

from ... import oomrun
from ...cgroup import Cgroup, mount_point
from ...processes import alive
from ...scenarios import SCENARIOS
from .. import files, memory
from ..claims import Claim
from ..machine import MIB, PAGE
from ..stage import Row, Stage

NAME = "memcg"
TITLE = "Memory cgroups"

_LIMIT = 48 * MIB
_FILE = 96 * MIB

CLAIMS = {
    "made": Claim("A cgroup is made by mkdir, and has its limits in files"),
    "units": Claim("Limits of a cgroup are written like 500M"),
    "join": Claim("A process joins a cgroup by its number in cgroup.procs"),
    "max-hard": Claim("memory.max is never exceeded"),
    "max-kills": Claim(
        "Whoever goes over memory.max is killed",
        "first the cgroup's own memory is reclaimed; the OOM killer comes when that does not "
        "help",
        "every release"),
    "inside": Claim("The OOM killer of a cgroup kills inside of it only"),
    "high-slows": Claim("Over memory.high processes are slowed down, and memory is reclaimed"),
    "high-soft": Claim("memory.high can be exceeded, and nobody is killed for it"),
}


def play(stage: Stage) -> None:
    """Join, fill with cache, fill with memory, go over high."""
    cgroup = stage.cgroup(_LIMIT)
    _make(stage, cgroup)
    _cache(stage, cgroup)
    _kill(stage, cgroup)
    _high(stage)


def _row(stage: Stage, cgroup: Cgroup) -> Row:
    return next(row for row in stage.rows("memcg/tree", memcg=cgroup.path)
                if row["path"] == cgroup.path)


def _make(stage: Stage, cgroup: Cgroup) -> None:
    cgroup.write("memory.max", "500M")
    read = cgroup.number("memory.max")
    cgroup.write("memory.max", _LIMIT)
    worker = stage.worker("mover")
    at = worker.do(memory.map_small, 4 * MIB)
    worker.do(memory.fill, at, 4 * MIB)
    before = cgroup.number("memory.current")
    cgroup.write("cgroup.procs", worker.pid)
    inside, charged = worker.pid in cgroup.pids(), cgroup.number("memory.current") - before
    stage.say(f"The cgroup {cgroup.path} may have {_LIMIT // MIB} MiB. A process with 4 MiB joins "
              f"it: it is charged {charged // 1024} KiB. What a process has, stays with the cgroup "
              "that paid for it.")
    stage.note(limit_500m=read, joined=inside, charged_by_joining=charged)
    stage.claim("made", _row(stage, cgroup)["max_bytes"] == _LIMIT, {
        "memcg/tree: max_bytes": _row(stage, cgroup)["max_bytes"],
        "memory.max": cgroup.number("memory.max")})
    stage.claim("units", read == 500 * MIB, {"500M is read back as": read})
    stage.claim("join", inside, {"its number is in cgroup.procs": inside})
    stage.end(worker)


def _cache(stage: Stage, cgroup: Cgroup) -> None:
    """More page cache than the limit allows."""
    path = os.path.join(stage.folder(), "hole")
    with open(path, "wb") as stream:
        stream.truncate(_FILE)
    reader = stage.worker("reader")
    reader.do(cgroup.enter)
    before = cgroup.numbers("memory.events")
    reader.do(files.read_file, path)
    grown = _grown(cgroup, before)
    current = cgroup.number("memory.current")
    stage.say(f"A process in it reads a file of {_FILE // MIB} MiB. The limit was reached "
              f"{grown['max']} times, and {grown['oom_kill']} processes were killed: older cache "
              f"made room for newer. It has {current // MIB} MiB now.")
    stage.note(cache_max_events=grown["max"], cache_kills=grown["oom_kill"],
               cache_current=current, limit=_LIMIT)
    stage.claim("max-kills", grown["max"] > 0 and grown["oom_kill"] > 0, {
        "times the limit was reached": grown["max"], "processes killed": grown["oom_kill"],
        "memory.current then": current})
    peak = _peak(cgroup)
    stage.claim("max-hard", peak <= _LIMIT, {"memory.max": _LIMIT, "most that it had": peak})
    stage.end(reader)


def _peak(cgroup: Cgroup) -> int:
    try:
        return cgroup.number("memory.peak")
    except FileNotFoundError:           # before 5.19
        return cgroup.number("memory.current")


def _grown(cgroup: Cgroup, before: Dict[str, int]) -> Dict[str, int]:
    now = cgroup.numbers("memory.events")
    return {name: now[name] - before.get(name, 0) for name in now}


def _kill(stage: Stage, cgroup: Cgroup) -> None:
    """Memory that cannot be reclaimed, and a larger process that is not inside."""
    try:
        cgroup.write("memory.swap.max", 0)
    except FileNotFoundError:
        pass                            # a kernel without swap
    outside, inside = stage.worker("outside"), stage.worker("inside")
    size = 2 * _LIMIT
    outside.do(memory.fill, outside.do(memory.map_small, size), size)
    inside.do(cgroup.enter)
    at = inside.do(memory.map_small, size)
    before = cgroup.numbers("memory.events")
    ended = inside.fate(memory.fill, at, size)
    grown = _grown(cgroup, before)
    stage.say(f"A process in it writes to {size // MIB} MiB of its own: it ends by signal {ended}, "
              f"and oom_kill has grown by {grown['oom_kill']}. A process outside, which has as "
              f"much, is {'still there' if alive(outside.pid) else 'gone'}.")
    stage.note(victim_signal=ended, inside_kills=grown["oom_kill"],
               outside_alive=alive(outside.pid), victim_pid=inside.pid)
    stage.claim("inside", ended == signal.SIGKILL and grown["oom_kill"] == 1
                and alive(outside.pid), {
        "signal of the one inside": ended, "kills in the cgroup": grown["oom_kill"],
        "the one outside is alive": alive(outside.pid),
        "its pages": size // PAGE})


def _high(stage: Stage) -> None:
    outcome = oomrun.play(stage.tree, mount_point(), SCENARIOS["high"])[0]
    pace = outcome.grown / MIB / outcome.seconds if outcome.seconds else 0.0
    events = outcome.shows.get("memory.events:high", 0)
    stage.say(f"In another cgroup a process goes over memory.high. It had taken "
              f"{outcome.pace:.1f} MiB a second before; now it takes {pace:.1f}. The limit was "
              f"passed {events} times, and {len(outcome.killed)} processes were killed.")
    stage.note(high_events=events, high_killed=len(outcome.killed), high_verdict=outcome.verdict)
    facts = {"MiB a second before": round(outcome.pace, 1), "over memory.high": round(pace, 1),
             "times it was passed": events}
    stage.claim("high-slows", "was not slowed down" not in outcome.missed and events > 0, facts)
    stage.claim("high-soft", outcome.grown > 0 and not outcome.killed, {
        "bytes taken over it": outcome.grown, "processes killed": len(outcome.killed)})
