# SPDX-License-Identifier: GPL-2.0-only
"""Reads a script of scripts/bpftrace/ and makes of it what fits this kernel.

A script is bpftrace's own language, with lines for mmscope in its comments:

    //events COLUMN COLUMN…
        What it prints while it runs: lines with so many fields.
    //show TABLE(KEY, KEY:DECODE): @map COLUMN, @map.FUNCTION COLUMN
        What comes of its maps at the end.  The rows are those of the first map.
    //if CONDITION … //else … //endif
        Lines for kernels that have a function NAME, an event SYSTEM:NAME, a
        field SYSTEM:NAME.FIELD, or a type or member type NAME.

Of attach points that belong to one block those that this kernel does not have
are left out; a block must have one that is there.

    PAGE_SIZE   is replaced by the size of a page.
    MINE        is replaced by: the process is the one that was asked for, or was
                forked by it since; or none was asked for.
"""

from __future__ import annotations

import mmap
import os
import re
from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from .errors import Failure, Usage
from .tracefs import Kernel

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bpftrace")

# Printed when all is attached: bpftrace reads what was printed only then.
READY = "ready"
# What is forked may be a process or a thread.  The number of a thread is asked for nowhere, and
# is forgotten when it ends; a program at sched_process_free could forget processes, too, but
# runs in softirqs, where it would be missed if another was at work.
_FOLLOW = f"""
BEGIN {{ if ($1) {{ @mine[(uint64)$1] = 1; }} printf("{READY}\\n"); }}
tracepoint:sched:sched_process_fork /@mine[pid]/ {{ @mine[(uint64)args.child_pid] = 1; }}
tracepoint:sched:sched_process_exit /tid != pid && @mine[tid]/ {{ delete(@mine, (uint64)tid); }}
"""
_ALONE = f'\nBEGIN {{ printf("{READY}\\n"); }}\n'
_MINE = "(!$1 || @mine[pid])"

_POINT = r"(?:fentry|fexit|kprobe|kretprobe|tracepoint):[\w:]+"
_POINTS = re.compile(rf"^{_POINT}(?:\s*,\s*{_POINT})*", re.M)
_SHOW = re.compile(r"(\w+)\(([^)]*)\):\s*(.+)")
_SHOWN = re.compile(r"(@\w+)(?:\.(\w+))? (\w+)\Z")
FUNCTIONS = (None, "max", "count", "total", "average", "p50", "p99", "histogram")


@dataclass(frozen=True)
class Key:
    """A part of a map's key: its column, and what makes words of its numbers."""

    column: str
    decode: Optional[str]


@dataclass(frozen=True)
class Column:
    """A column of a table: from which map, and what of its values."""

    map: str
    function: Optional[str]
    column: str


@dataclass(frozen=True)
class Show:
    """A table that is made of maps."""

    table: str
    keys: Tuple[Key, ...]
    columns: Tuple[Column, ...]


@dataclass
class Script:
    """A script, for a kernel."""

    name: str
    question: str
    header: str
    body: str = ""
    events: List[str] = field(default_factory=list)
    shows: List[Show] = field(default_factory=list)

    @property
    def follows(self) -> bool:
        """Whether it can be asked about one process."""
        return "MINE" in self.body

    def text(self, kernel: Kernel) -> str:
        """What bpftrace is to run."""
        body = _POINTS.sub(lambda found: self._there(kernel, found[0]), self.body)
        body = re.sub(r"\bPAGE_SIZE\b", str(mmap.PAGESIZE), body)
        if self.follows:
            return re.sub(r"\bMINE\b", _MINE, body) + _FOLLOW
        return body + _ALONE

    def _there(self, kernel: Kernel, points: str) -> str:
        wanted = re.split(r"\s*,\s*", points)
        there = [point for point in wanted if _has_point(kernel, point)]
        if not there:
            raise Failure(f"this kernel has no {' or '.join(wanted)}, which 'mmscope trace "
                          f"{self.name}' needs")
        return ",\n".join(there)


def _has_point(kernel: Kernel, point: str) -> bool:
    kind, _, rest = point.partition(":")
    if kind == "tracepoint":
        system, _, event = rest.partition(":")
        return kernel.has_event(system, event)
    return kernel.has_function(rest)


def names() -> List[str]:
    """All scripts."""
    return sorted(name[:-3] for name in os.listdir(FOLDER) if name.endswith(".bt"))


def read(name: str) -> Script:
    """The head of a script; its body needs a kernel."""
    if name not in names():
        raise Usage(f"there is no trace '{name}': {', '.join(names())}")
    with open(os.path.join(FOLDER, f"{name}.bt"), encoding="utf-8") as stream:
        text = stream.read()
    found = re.search(r"/\*\n(.*?)\*/", text, re.S)
    header = re.sub(r"^ \* ?", "", found[1], flags=re.M) if found else ""
    question = " ".join(header.split("\n\n")[0].split())
    return Script(name, question, header)


def load(name: str, kernel: Kernel) -> Script:
    """The script for this kernel."""
    script = read(name)
    with open(os.path.join(FOLDER, f"{name}.bt"), encoding="utf-8") as stream:
        lines = _chosen(kernel, name, stream.read().splitlines())
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "//events":
            script.events = rest.split()
        elif word == "//show":
            script.shows.append(_show(name, rest))
    script.body = "\n".join(line for line in lines if not line.startswith("//")) + "\n"
    return script


def _chosen(kernel: Kernel, name: str, lines: List[str]) -> List[str]:
    chosen: List[str] = []
    stack: List[bool] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "//if":
            stack.append(_holds(kernel, name, rest))
        elif word == "//else":
            stack[-1] = not stack[-1]
        elif word == "//endif":
            stack.pop()
        elif all(stack):
            chosen.append(line)
    return chosen


def _holds(kernel: Kernel, name: str, condition: str) -> bool:
    kind, _, what = condition.strip().partition(" ")
    if kind == "function":
        return kernel.has_function(what)
    if kind == "type":
        return kernel.has_type_name(what)
    system, _, event = what.partition(":")
    if kind == "event":
        return kernel.has_event(system, event)
    if kind == "field":
        event, _, member = event.partition(".")
        return kernel.has_field(system, event, member)
    raise ValueError(f"{name}.bt: what is '{condition}'?")


def _show(name: str, text: str) -> Show:
    found = _SHOW.match(text)
    if not found:
        raise ValueError(f"{name}.bt: what is '{text}'?")
    keys: List[Key] = []
    for word in filter(None, re.split(r"\s*,\s*", found[2])):
        column, _, decode = word.partition(":")
        keys.append(Key(column, decode or None))
    columns: List[Column] = []
    for word in re.split(r"\s*,\s*", found[3].strip()):
        shown = _SHOWN.match(word)
        if not shown or shown[2] not in FUNCTIONS:
            raise ValueError(f"{name}.bt: what is '{word}'?")
        columns.append(Column(shown[1], shown[2], shown[3]))
    return Show(found[1], tuple(keys), tuple(columns))
