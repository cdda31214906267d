# SPDX-License-Identifier: GPL-2.0-only
"""mmscope oom: run out of memory in a cgroup of its own, and see whom that kills."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .. import cgroup
from ..actors import MIB
from ..errors import Failure, Usage
from ..oomrun import LIMIT, Outcome, play
from ..processes import adopt_orphans, careful
from ..scenarios import SCENARIOS
from ..terminal import Piece, Screen, visible
from ..tree import Tree

NAME = "oom"
HELP = "run out of memory in a cgroup of its own: who would be killed, and who is"
WORDS = False
EXAMPLES = """\
examples:
  mmscope oom --list
  mmscope oom hog
  mmscope oom all
  mmscope oom kernel --json | jq '.outcomes[].verdict'
  mmscope oom all --repeat 20

The cgroup is /sys/fs/cgroup/mmscope-oom-PID, with memory.max set before anybody
is in it; it is removed with all its processes when the command ends, also by
Ctrl-C.  Nothing outside of it is touched.

Exit status 0 if it came as predicted, 1 if not, 2 for wrong usage.
"""

_COLUMNS = ("pid", "comm", "rss_pages", "swap_pages", "pgtable_bytes", "adj", "score", "rank",
            "kill", "why")
_STYLES = {"right": "bold green", "wrong": "bold red", "skipped": "yellow"}
# Inodes of what the machine itself is in, from include/linux/proc_ns.h.
_INITIAL = {"pid": 0xEFFFFFFC, "cgroup": 0xEFFFFFFB}
_QUIET_SECONDS = 2.0


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number from 1 up, not '{text}'")
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("scenario", nargs="?", metavar="SCENARIO", help="which one, or all of them: all")
    add("--list", action="store_true", help="the scenarios, a line about each")
    add("--repeat", type=_positive, metavar="N",
        help="play it N times; only the verdicts are shown, and what went wrong")
    add("--json", action="store_true", help="one JSON object: outcomes, and how many were right")


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Play."""
    if args.list:
        return _list()
    if args.scenario != "all" and args.scenario not in SCENARIOS:
        raise Usage(f"there is no scenario '{args.scenario}': all, {', '.join(SCENARIOS)}"
                    if args.scenario else "which scenario? 'mmscope oom --list' shows them")
    root = _check(tree)
    names = list(SCENARIOS) if args.scenario == "all" else [args.scenario]
    show = _Show(args.json, args.repeat)
    cgroup.remove_stale(root)
    for number in range(args.repeat or 1):
        for name in names:
            with careful(), _Status(args.repeat and f"{number + 1} of {args.repeat}") as status:
                outcomes = play(tree, root, SCENARIOS[name], status.say)
            show.add(outcomes, number)
    return show.end(cgroup.left(root))


def _list() -> int:
    width = max(map(len, SCENARIOS))
    screen = Screen(sys.stdout)
    for scenario in SCENARIOS.values():
        screen.line((f"{scenario.name:{width}}", "bold"), (f"  {scenario.about}", ""))
    return 0


def _check(tree: Tree) -> str:
    """Where cgroups are; Failure if it would not work."""
    tree.check()
    for name, initial in _INITIAL.items():
        if os.stat(f"/proc/self/ns/{name}").st_ino != initial:
            raise Failure(f"run it outside of containers: this is a {name} namespace, and the "
                          "kernel's answers are about the machine's")
    with open("/proc/meminfo", encoding="ascii") as stream:
        free = {line.split()[0]: int(line.split()[1]) for line in stream}["MemAvailable:"] << 10
    if free < 2 * LIMIT:
        raise Failure(f"{free // MIB} MiB of memory are available, and it needs "
                      f"{2 * LIMIT // MIB} so that the machine does not get short of it")
    adopt_orphans()
    return cgroup.mount_point()


class _Status:
    """What is going on, on stderr, once that takes more than two seconds."""

    _began = time.monotonic()

    def __init__(self, which: Optional[str]) -> None:
        self._which = f"{which}: " if which else ""
        self._shown = False

    def __enter__(self) -> _Status:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def say(self, text: str) -> None:
        """Say what is being done."""
        if sys.stderr.isatty() and time.monotonic() - self._began > _QUIET_SECONDS:
            sys.stderr.write(f"\r\x1b[K{self._which}{text}")
            sys.stderr.flush()
            self._shown = True


class _Show:
    """Writes outcomes as they come, and what they come to."""

    def __init__(self, as_json: bool, repeat: Optional[int]) -> None:
        self._json: Optional[List[Dict[str, Any]]] = [] if as_json else None
        self._repeat = repeat
        self._screen = Screen(sys.stdout)
        self._counts = {"right": 0, "wrong": 0, "skipped": 0}
        self._plays = self._outside = 0

    def add(self, outcomes: Sequence[Outcome], number: int) -> None:
        """What came of a scenario."""
        for outcome in outcomes:
            self._counts[outcome.verdict] += 1
            self._outside += outcome.outside
            if self._json is not None:
                self._json.append(_record(outcome, number))
            elif not self._repeat or outcome.wrong:
                _show(self._screen, outcome)
        self._plays += 1
        sys.stdout.flush()

    def end(self, left: int) -> int:
        """The sum, and the exit status."""
        counts = self._counts
        if self._json is not None:
            json.dump({"outcomes": self._json, "plays": self._plays, **counts,
                       "outside": self._outside, "left": left}, sys.stdout, indent=1)
            sys.stdout.write("\n")
        elif self._plays > 1:
            self._screen.line(
                (f"{self._plays} plays: verdicts: {counts['right']} right, {counts['wrong']} "
                 f"wrong, {counts['skipped']} skipped; {self._outside} killed outside, "
                 f"{left} cgroups left", "bold"))
        ok = counts["right"] and not counts["wrong"] and not left
        return 0 if ok else 1


def _record(outcome: Outcome, number: int) -> Dict[str, Any]:
    return {"play": number + 1, "scenario": outcome.scenario, "title": outcome.title,
            "round": outcome.round, "verdict": outcome.verdict,
            "reason": outcome.wrong or outcome.skipped, "predicted": sorted(outcome.predicted),
            "killed": sorted(outcome.killed), "outside": outcome.outside,
            "events": outcome.events, "shows": outcome.shows, "log": outcome.log,
            "grown_bytes": outcome.grown, "seconds": round(outcome.seconds, 3),
            "badness": [{name: row[name] for name in _COLUMNS} for row in outcome.rows]}


def _show(screen: Screen, outcome: Outcome) -> None:
    again = f", round {outcome.round}" if outcome.round > 1 else ""
    screen.line((outcome.scenario, "bold"), (f": {outcome.title}{again}", ""))
    if not outcome.skipped:
        _show_rows(screen, outcome)
        _show_events(screen, outcome)
    style = _STYLES[outcome.verdict]
    reason = outcome.wrong or outcome.skipped or _why(outcome)
    screen.line((f"  {'verdict':9}", "dim"), (outcome.verdict, style), (f": {reason}", ""))
    screen.line()


def _why(outcome: Outcome) -> str:
    if not outcome.kill:
        return "no kill expected, and none"
    return "killed as predicted, and nobody else"


def _show_rows(screen: Screen, outcome: Outcome) -> None:
    lines: List[Tuple[str, ...]] = [(*_COLUMNS, "came")]
    for row in outcome.rows:
        came = "killed" if int(row["pid"]) in outcome.killed else "-"
        lines.append((*(visible(row[name]) for name in _COLUMNS), came))
    widths = [max(map(len, column)) for column in zip(*lines)]
    for i, line in enumerate(lines):
        style = "bold" if not i else "red" if line[-1] == "killed" else ""
        text = "  ".join(f"{cell:{width}}" if name in ("comm", "kill", "why", "came")
                         else f"{cell:>{width}}"
                         for name, cell, width in zip(lines[0], line, widths))
        screen.line(("  " + text, style))


def _show_events(screen: Screen, outcome: Outcome) -> None:
    events = " ".join(f"{name}={count}" for name, count in outcome.events.items() if count)
    _line(screen, "events", events or "none")
    if not outcome.kill:
        pace = outcome.grown / MIB / outcome.seconds if outcome.seconds else 0
        _line(screen, "pace", f"{outcome.grown / MIB:.1f} MiB in {outcome.seconds:.1f} s: "
              f"{pace:.1f} MiB/s, before {outcome.pace:.1f}")
    for name, value in outcome.shows.items():
        _line(screen, "after", f"{name} {value}")
    for line in outcome.log:
        _line(screen, "log", visible(line))


def _line(screen: Screen, name: str, text: str) -> None:
    pieces: List[Piece] = [(f"  {name:9}", "dim"), (text, "")]
    screen.line(*pieces)
