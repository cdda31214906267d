# SPDX-License-Identifier: GPL-2.0-only
"""Plays a scenario of running out of memory: prediction, kill, verdict.

All processes hold still while the prediction is read; then one of them goes on,
a little at a time, until somebody is killed.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Set

from .actors import MIB, Actor, Cast
from .cgroup import Cgroup, pairs
from .errors import Failure
from .processes import reap, settle
from .scenarios import Growth, Part, Scenario
from .table import FormatError, Table, unescape
from .tree import Tree

# What a cgroup may have before its limit is made tight, and what that leaves.
LIMIT = 256 * MIB
_SLACK = MIB
# What a process may take that is slowed down.
_SECONDS = 4.0
# What one may take that is not.
_HANGS = 120.0
_GLANCE = 0.5

_KILLED = re.compile(r"Killed process ([0-9]+) ")
_OF_OOM = re.compile(r"oom-kill:|invoked oom-killer|Killed process|due to memory\.oom\.group")

Row = Dict[str, str]
Say = Callable[[str], None]


@dataclass
class Outcome:
    """What was predicted and what happened, once."""

    scenario: str
    title: str
    round: int
    kill: bool
    rows: List[Row] = field(default_factory=list)
    predicted: Set[int] = field(default_factory=set)
    killed: Set[int] = field(default_factory=set)
    noted: Set[int] = field(default_factory=set)
    logged: Set[int] = field(default_factory=set)
    events: Dict[str, int] = field(default_factory=dict)
    outside: int = 0
    log: List[str] = field(default_factory=list)
    grown: int = 0
    seconds: float = 0.0
    pace: float = 0.0
    shows: Dict[str, int] = field(default_factory=dict)
    missed: List[str] = field(default_factory=list)
    skipped: Optional[str] = None

    @property
    def wrong(self) -> Optional[str]:
        """What is not as predicted, or None."""
        if self.skipped:
            return None
        if self.outside:
            return f"{self.outside} killed outside of the cgroup"
        if not self.kill and self.killed:
            return f"no kill was expected, and {_list(self.killed)} killed"
        if self.kill and self.killed != self.predicted:
            return f"{_list(self.predicted)} predicted, {_list(self.killed)} killed"
        if self.noted != self.killed:
            return f"{_list(self.killed)} ended, oom/victims has {_list(self.noted)}"
        if self.logged != self.killed:
            return f"{_list(self.killed)} ended, the kernel log has {_list(self.logged)}"
        counted = self.events.get("oom_kill", 0)
        # The victim of a group kill is killed with its group once more, if it is still there.
        if not 0 <= counted - len(self.killed) <= self.events.get("oom_group_kill", 0):
            return f"{len(self.killed)} killed, memory.events has {counted}"
        return self.missed[0] if self.missed else None

    @property
    def verdict(self) -> str:
        """A word: right, wrong or skipped."""
        return "skipped" if self.skipped else "wrong" if self.wrong else "right"


def _list(pids: Set[int]) -> str:
    return ", ".join(map(str, sorted(pids))) or "nobody"


class _Log:
    """The kernel log from here on."""

    def __init__(self) -> None:
        self._fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._fd, 0, os.SEEK_END)

    def lines(self) -> List[str]:
        """What it says of kills since the last time."""
        lines: List[str] = []
        while True:
            try:
                record = os.read(self._fd, 8192).decode("utf-8", "replace")
            except BlockingIOError:
                return [line for line in lines if _OF_OOM.search(line)]
            except BrokenPipeError:
                continue    # some were overwritten
            lines.append(record.partition(";")[2].partition("\n")[0])

    def close(self) -> None:
        """Read no more."""
        os.close(self._fd)


def oom_kills() -> int:
    """How many were killed on the whole machine so far."""
    with open("/proc/vmstat", encoding="ascii") as stream:
        return pairs(stream.read()).get("oom_kill", 0)


def free_swap() -> int:
    """Bytes of swap that are free."""
    with open("/proc/meminfo", encoding="ascii") as stream:
        found = re.search(r"^SwapFree: +([0-9]+) kB", stream.read(), re.M)
    return int(found[1]) << 10 if found else 0


def _nothing(text: str) -> None:
    """Say nothing."""


def play(tree: Tree, root: str, scenario: Scenario, say: Say = _nothing) -> List[Outcome]:
    """Play all parts of a scenario in cgroups below @root."""
    outcomes: List[Outcome] = []
    for part in scenario.parts:
        say(f"{scenario.name}: {part.title}")
        if part.swap > free_swap():
            outcomes.append(Outcome(scenario.name, part.title, 1, part.kill,
                                    skipped=f"needs {part.swap // MIB} MiB of free swap"))
            continue
        with Cgroup(root, LIMIT) as cgroup, closing(_Log()) as log, \
                closing(Cast(cgroup, tree.path("lab/oom/run"))) as cast:
            outcomes += _Stage(tree, part, cgroup, cast, log, say).play(scenario.name)
    return outcomes


class _Stage:
    """One part being played."""

    def __init__(self, tree: Tree, part: Part, cgroup: Cgroup, cast: Cast, log: _Log,
                 say: Say) -> None:
        self._tree = tree
        self._part = part
        self._cgroup = cgroup
        self._cast = cast
        self._log = log
        self._say = say
        self._actors: Dict[str, Actor] = {}
        self._past: Set[int] = set()
        self._pace = 0.0

    def play(self, name: str) -> List[Outcome]:
        """All rounds."""
        self._set_up()
        outcomes: List[Outcome] = []
        for growth in self._part.growths:
            outcome = Outcome(name, self._part.title, len(outcomes) + 1, self._part.kill)
            outcomes.append(outcome)
            self._round(growth, outcome)
            if outcome.wrong:
                break
        self._look(outcomes[-1])
        return outcomes

    def _set_up(self) -> None:
        try:
            self._cgroup.write("memory.swap.max", self._part.swap)
        except FileNotFoundError:
            pass        # a kernel without swap has no such file
        for file, value in self._part.settings:
            self._cgroup.write(file, value)
        began = time.monotonic()
        for role in self._part.roles:
            self._actors[role.name] = actor = self._cast.add(role.name, role.adj)
            for _ in range(role.times):
                actor.take(role.what, role.mib * MIB)
        taken = sum(role.mib * role.times for role in self._part.roles)
        self._pace = taken / (time.monotonic() - began)
        limit = self._cgroup.number("memory.current") + _SLACK
        self._cgroup.write(self._part.tight, limit)

    def _round(self, growth: Growth, outcome: Outcome) -> None:
        kills, events = oom_kills(), self._cgroup.numbers("memory.events")
        self._log.lines()
        self._predict(outcome)
        who = set(self._cgroup.pids())
        self._grow(growth, outcome, events["oom_kill"])
        outcome.noted = self._noted()
        settle(sorted(outcome.noted))
        reap()
        who |= set(self._cgroup.pids()) | outcome.noted
        now = self._cgroup.numbers("memory.events")
        outcome.killed = who - set(self._cgroup.pids())
        outcome.events = {name: now[name] - events.get(name, 0) for name in now}
        outcome.outside = oom_kills() - kills - outcome.events["oom_kill"]
        outcome.log = self._log.lines()
        outcome.logged = {int(found[1]) for found in map(_KILLED.search, outcome.log) if found}

    def _predict(self, outcome: Outcome) -> None:
        view = "oom/badness"
        words = [f"memcg={self._cgroup.path}"]
        try:
            with self._tree.open(view, words) as stream:
                table = Table(stream)
                outcome.rows = [dict(zip(table.columns, map(unescape, row)))
                                for row in table.rows()]
        except FormatError as error:
            raise Failure(f"{view}: {error}") from error
        except OSError as error:
            raise self._tree.failure(error, view, words[0]) from error
        if table.end is None or not table.end.complete:
            raise Failure(f"{view} is incomplete: try again")
        if self._part.kill:
            outcome.predicted = {int(row["pid"]) for row in outcome.rows if row["kill"] != "-"}

    def _grow(self, growth: Growth, outcome: Outcome, kills: int) -> None:
        actor = self._actors[growth.who]
        began = time.monotonic()
        while outcome.grown < growth.most:
            actor.tell(growth.what, growth.step)
            if not self._wait(actor, began):
                break
            answer = actor.answer()
            if answer:
                raise Failure(f"'{growth.who}' cannot go on: {self._reason(answer)}")
            if answer is None or self._cgroup.numbers("memory.events")["oom_kill"] > kills:
                break
            outcome.grown += growth.step
        outcome.seconds = time.monotonic() - began
        outcome.pace = self._pace

    def _wait(self, actor: Actor, began: float) -> bool:
        """Wait for it to be done; not for long for one that is to be slowed down."""
        while not actor.done(_GLANCE):
            seconds = time.monotonic() - began
            self._say(f"{actor.name}: {seconds:.0f} s")
            if seconds > (_HANGS if self._part.kill else _SECONDS):
                if self._part.kill:
                    raise Failure(f"the process '{actor.name}' hangs")
                return False
        return True

    def _reason(self, answer: int) -> str:
        return f"{os.strerror(answer)} (see 'refused' in {self._tree.path('lab/oom/run')})"

    def _noted(self) -> Set[int]:
        """Whom the module has seen being killed in the cgroup since the last time."""
        noted: Set[int] = set()
        ino = str(self._cgroup.ino)
        with self._tree.open("oom/victims") as stream:
            table = Table(stream)
            for fields in table.rows():
                row = dict(zip(table.columns, fields))
                if row["memcg_ino"] == ino:
                    noted.add(int(row["tgid"]))
        noted -= self._past
        self._past |= noted
        return noted

    def _look(self, outcome: Outcome) -> None:
        """What is to be seen at the end."""
        for where, least in self._part.shows:
            file, _, name = where.partition(":")
            value = self._cgroup.numbers(file)[name] if name else self._cgroup.number(file)
            outcome.shows[where] = value
            if value < least:
                outcome.missed.append(f"{where} is {value}, at least {least} expected")
        if self._part.slowed and 2 * outcome.grown / MIB > outcome.seconds * outcome.pace:
            outcome.missed.append("was not slowed down")
