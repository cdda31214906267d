# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts, and the processes of mmscope oom outside of any cgroup."""

import errno
import os
import sys
import unittest
from contextlib import closing
from typing import Any, Dict, List, Tuple, cast
from unittest import mock

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import cgroup, processes  # noqa: E402
from mmscopelib.actors import ANON, FORK, KERNEL, MIB, SHMEM, TABLES, Actor, Cast  # noqa: E402
from mmscopelib.errors import Failure  # noqa: E402
from mmscopelib.oomrun import Outcome  # noqa: E402
from mmscopelib.scenarios import SCENARIOS  # noqa: E402


def outcome(**other: Any) -> Outcome:
    """A kill that came as predicted, but for what is named."""
    values: Dict[str, Any] = {
        "predicted": {7}, "killed": {7}, "noted": {7}, "logged": {7},
        "events": {"oom_kill": 1}, "kill": True, **other}
    return Outcome("hog", "one", 1, **values)


class Verdict(unittest.TestCase):
    """All sources have to agree."""

    def test_right(self) -> None:
        """As predicted."""
        self.assertEqual(outcome().verdict, "right")
        group = outcome(events={"oom_kill": 2, "oom_group_kill": 1})
        self.assertEqual(group.verdict, "right")
        nobody = outcome(kill=False, predicted=set(), killed=set(), noted=set(), logged=set(),
                         events={"oom_kill": 0})
        self.assertEqual(nobody.verdict, "right")

    def test_wrong(self) -> None:
        """One that does not agree is enough."""
        cases: List[Tuple[Dict[str, Any], str]] = [
            ({"killed": {8}}, "7 predicted, 8 killed"),
            ({"killed": set()}, "7 predicted, nobody killed"),
            ({"killed": {7, 8}}, "7 predicted, 7, 8 killed"),
            ({"kill": False}, "no kill was expected, and 7 killed"),
            ({"noted": set()}, "7 ended, oom/victims has nobody"),
            ({"logged": {9}}, "7 ended, the kernel log has 9"),
            ({"events": {"oom_kill": 2}}, "1 killed, memory.events has 2"),
            ({"events": {"oom_kill": 3, "oom_group_kill": 1}}, "1 killed, memory.events has 3"),
            ({"outside": 1}, "1 killed outside of the cgroup"),
            ({"missed": ["memory.current is 1"]}, "memory.current is 1")]
        for other, what in cases:
            with self.subTest(what):
                self.assertEqual(outcome(**other).wrong, what)
                self.assertEqual(outcome(**other).verdict, "wrong")

    def test_skipped(self) -> None:
        """Neither right nor wrong."""
        self.assertEqual(outcome(skipped="no swap", killed=set()).verdict, "skipped")


class Processes(unittest.TestCase):
    """They take what they are told to, and end with the command."""

    def setUp(self) -> None:
        nowhere = mock.Mock(spec=cgroup.Cgroup)
        self.cast = Cast(cast(cgroup.Cgroup, nowhere), "/nowhere/run")
        self.addCleanup(processes.reap)

    def rss(self, actor: Actor) -> int:
        """Its resident bytes."""
        with open(f"/proc/{actor.pid}/smaps_rollup", encoding="ascii") as stream:
            return next(int(line.split()[1]) for line in stream if line.startswith("Rss:")) << 10

    def take(self, what: bytes, amount: int) -> int:
        """What it has more then."""
        actor = self.cast.add("taker")
        actor.take(ANON, 0)     # It has begun when it has done that.
        before = self.rss(actor)
        actor.take(what, amount)
        return self.rss(actor) - before

    def test_memory(self) -> None:
        """Pages; a page for each table; none of what is not mapped."""
        with closing(self.cast):
            self.assertAlmostEqual(self.take(ANON, 16 * MIB), 16 * MIB, delta=MIB)
            self.assertAlmostEqual(self.take(TABLES, 16 * MIB), 8 * MIB, delta=MIB)
            self.assertAlmostEqual(self.take(SHMEM, 16 * MIB), 0, delta=MIB)
            self.assertEqual(os.fstat(self.cast.shmem).st_size, 16 * MIB)

    def test_refusal(self) -> None:
        """Why there is none, in words."""
        with closing(self.cast), self.assertRaisesRegex(Failure, os.strerror(errno.ENOENT)):
            self.take(KERNEL, MIB)

    def test_end(self) -> None:
        """All end when the pipes are closed, children's children too."""
        processes.adopt_orphans()
        with closing(self.cast):
            storm = self.cast.add("storm")
            other = self.cast.add("other")
            storm.take(FORK, MIB)
            with open(f"/proc/{storm.pid}/task/{storm.pid}/children", encoding="ascii") as stream:
                pids = [storm.pid, other.pid, *map(int, stream.read().split())]
            self.assertEqual(len(pids), 3)
            self.assertTrue(all(map(processes.alive, pids)))
        processes.settle(pids)
        self.assertFalse(any(map(processes.alive, pids)))

    def test_killed(self) -> None:
        """One that was killed answers nothing, and is told nothing."""
        with closing(self.cast):
            actor = self.cast.add("victim")
            os.kill(actor.pid, 9)
            processes.settle([actor.pid])
            with self.assertRaises(Failure):
                actor.take(ANON, MIB)


class Scenarios(unittest.TestCase):
    """What makes them exact."""

    def test_distance(self) -> None:
        """Who would be killed leads by far, and grows by less, or is of many equals."""
        for scenario in SCENARIOS.values():
            for part in scenario.parts:
                roles = {role.name: role for role in part.roles}
                with self.subTest(scenario.name):
                    self.assertEqual(len(roles), len(part.roles))
                    self.assertLess(sum(role.mib * role.times for role in part.roles), 128)
                    for growth in part.growths:
                        self.assertIn(growth.who, roles)
                        self.assertEqual(growth.most % growth.step, 0)


if __name__ == "__main__":
    unittest.main()
