# SPDX-License-Identifier: GPL-2.0-only
"""Ten ways of running out of memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Tuple

from .actors import ANON, FORK, KERNEL, KIB, MIB, SHMEM, TABLES


@dataclass(frozen=True)
class Role:
    """A process: what it takes before anything is judged."""

    name: str
    what: bytes = ANON
    mib: int = 0
    times: int = 1
    adj: int = 0


@dataclass(frozen=True)
class Growth:
    """Who goes on taking, and until when: a kill, or so much."""

    who: str
    what: bytes = ANON
    step: int = 256 * KIB
    most: int = 32 * MIB


@dataclass(frozen=True)
class Part:
    """A cgroup with processes, and what makes its memory short, one after another.

    @settings are files of the cgroup.  @tight is the limit that is set to what is
    used by then and a little more.  @kill: somebody is to be killed each time.
    @slowed: taking memory is to take more than twice as long as before.
    @shows are what is to be seen in the cgroup at the end: numbers in its files,
    and what they are at least.
    """

    title: str
    roles: Tuple[Role, ...]
    growths: Tuple[Growth, ...]
    settings: Tuple[Tuple[str, int], ...] = ()
    tight: str = "memory.max"
    kill: bool = True
    slowed: bool = False
    shows: Tuple[Tuple[str, int], ...] = ()
    swap: int = 0


@dataclass(frozen=True)
class Scenario:
    """A name for the command line, one line about it, and its parts."""

    name: str
    about: str
    parts: Tuple[Part, ...]


_TRIGGER = Role("trigger")
_BY_TRIGGER = (Growth("trigger"),)

_ALL = (
    Scenario("hog", "one process has most: it is killed", (Part(
        "one process has most, and goes on taking",
        (Role("hog", mib=48), Role("second", mib=24), Role("third", mib=12)),
        (Growth("hog"),)),)),
    Scenario("many", "many small equals: of the same score the last is killed", (Part(
        "16 processes have the same",
        (*(Role(f"small{i}", mib=4) for i in range(16)), _TRIGGER), _BY_TRIGGER),)),
    Scenario("forkstorm", "a process that forks and forks: its children are killed, not it", (Part(
        "children come, and none is large",
        (Role("storm", FORK, 8, times=6),),
        (Growth("storm", FORK, 8 * MIB, 64 * MIB),)),)),
    Scenario("shmem", "tmpfs memory: killing, even of who wrote it, does not free it", (Part(
        "a process writes to shared memory that it has not mapped",
        (Role("writer", SHMEM, 48), Role("bystander", mib=16), Role("other", mib=8)),
        3 * (Growth("writer", SHMEM, MIB, 64 * MIB),),
        shows=(("memory.stat:shmem", 48 * MIB), ("memory.current", 48 * MIB))),)),
    Scenario("pgtable", "page tables count like pages", (Part(
        "a process has a page table for each of its pages, another has more pages",
        (Role("tables", TABLES, 48), Role("pages", mib=32)),
        (Growth("tables", TABLES, MIB),)),)),
    Scenario("kernel", "kernel memory: who has it has no score for it (lab/oom)", (Part(
        "the module has kernel memory charged, and another process dies for it",
        (Role("bystander", mib=64), Role("other", mib=8), Role("kernel")),
        (Growth("kernel", KERNEL, 48 * MIB, 48 * MIB),),
        shows=(("memory.stat:kernel", 48 * MIB),)),)),
    Scenario("group", "memory.oom.group: all die together, but for the protected", (Part(
        "memory.oom.group is set, and one process is protected",
        (Role("large", mib=24), Role("small", mib=12),
         Role("protected", mib=8, adj=-1000), _TRIGGER),
        _BY_TRIGGER, settings=(("memory.oom.group", 1),)),)),
    Scenario("protected", "oom_score_adj -1000: the next one is killed", (Part(
        "who has most is protected",
        (Role("protected", mib=48, adj=-1000), Role("next", mib=24), _TRIGGER),
        _BY_TRIGGER),)),
    Scenario("high", "memory.high: slowed down, nobody is killed", (Part(
        "memory.high is passed, memory.max is not",
        (Role("hog", mib=32), Role("other", mib=16)), (Growth("hog", most=16 * MIB),),
        tight="memory.high", kill=False, slowed=True, shows=(("memory.events:high", 1),)),)),
    Scenario("swap", "the same growth without swap, and with it", (
        Part("without swap", (Role("hog", mib=32), Role("other", mib=16)),
             (Growth("hog", most=16 * MIB),)),
        Part("with swap", (Role("hog", mib=32), Role("other", mib=16)),
             (Growth("hog", most=16 * MIB),),
             kill=False, shows=(("memory.swap.current", 8 * MIB),), swap=64 * MIB))),
)

SCENARIOS: Dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
