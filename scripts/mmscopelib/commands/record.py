# SPDX-License-Identifier: GPL-2.0-only
"""mmscope record: sample views and events into a directory."""

from __future__ import annotations

import argparse
import sys
from typing import List

from ..arguments import number_above
from ..errors import Usage
from ..recording import events, marks, sources
from ..recording.session import BY_SIZE, Plan, Session
from ..terminal import duration
from ..tree import Tree

NAME = "record"
HELP = "sample views and events into a directory, for 'mmscope report'"
WORDS = False
EXAMPLES = """\
examples:
  mmscope record -o /var/tmp/rec                             until Ctrl-C
  mmscope record -o rec --for 60 --interval 0.5
  mmscope record -o rec -- make -j8                          as long as it runs
  mmscope record -o rec --views '+memcg/tree,+process/tables pid=812'
  mmscope record -o rec --events oom,memcg,kmem:mm_page_alloc_extfrag
  mmscope record -o rec --mark 'the load goes down now'      from elsewhere

A directory of text files comes out; docs/reference/record.md describes them.  It
is complete up to its last sample, whatever ends the recording.

--views names views, each with its query, and files such as /proc/zoneinfo; +NAME
adds to those that are recorded otherwise.  --events names groups (oom, reclaim,
memcg, compaction) and SYSTEM:EVENT; 'none' leaves them out.

Views that cost more CPU time than --cpu allows are read less often.  The exit
status is that of the command, if there is one.
"""

_SUFFIXES = {"K": 10, "M": 20, "G": 30}


def _size(text: str) -> int:
    digits, shift = (text[:-1], _SUFFIXES[text[-1]]) if text[-1:] in _SUFFIXES else (text, 0)
    if not digits.isdecimal() or not int(digits):
        raise argparse.ArgumentTypeError(f"expected a size like 512M, not '{text}'")
    return int(digits) << shift


def _list(text: str) -> List[str]:
    return [word.strip() for word in text.split(",")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("-o", dest="directory", metavar="DIR", help="where to; new, or empty")
    add("--interval", type=number_above(0.01), default=1.0, metavar="S",
        help="seconds from one sample to the next (default: 1)")
    add("--for", dest="seconds", type=number_above(0), metavar="S", help="end after S seconds")
    add("--views", type=_list, metavar="LIST", default=[],
        help="what to sample (default: " + ", ".join(
            spec.split()[0] for spec in sources.DEFAULT) + ")")
    add("--events", type=_list, metavar="LIST", default=list(events.DEFAULT),
        help=f"tracepoints (default: {','.join(events.DEFAULT)})")
    add("--cpu", type=number_above(0.01), default=1.0, metavar="PERCENT",
        help="of one CPU, for all samples together (default: 1)")
    add("--limit", type=_size, default=1 << 30, metavar="SIZE",
        help="end when the files have SIZE, such as 100M (default: 1G)")
    add("--mark", metavar="TEXT", help="note TEXT, as of now, in the recording that is made there")
    add("program", nargs="*", metavar="CMD", help="record while CMD runs; behind --")


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Record."""
    if args.mark is not None:
        return _mark(args)
    if not args.directory:
        raise Usage("where to? -o DIR (see 'mmscope record --help')")
    chosen = [] if args.events == ["none"] else events.chosen(args.events)
    plan = Plan(args.directory, args.interval, args.cpu, args.seconds, args.limit,
                sources.chosen(args.views), chosen, args.program)
    if not plan.program and not plan.seconds and sys.stderr.isatty():
        print("mmscope: recording until Ctrl-C", file=sys.stderr)
    session = Session(tree, plan)
    status = session.run()
    _say(session, plan)
    return status


def _mark(args: argparse.Namespace) -> int:
    if args.program:
        raise Usage("--mark goes with no command (see 'mmscope record --help')")
    if not marks.mark(args.mark, args.directory):
        raise Usage(f"which recording? -o DIR, or {marks.DIRECTORY} in the environment")
    return 0


def _say(session: Session, plan: Plan) -> None:
    """One line on stderr: what there is, and what it cost."""
    began, ended = session.meta["began"], session.meta["ended"]
    took = ended["time_ns"] - began["time_ns"]
    for missing in session.meta["missing"]:
        print(f"mmscope: not recorded: {missing['name']}: {missing['reason']}", file=sys.stderr)
    if ended["reason"] == BY_SIZE:
        print("mmscope: the files have reached --limit", file=sys.stderr)
    print(f"mmscope: {ended['samples']} samples in {duration(took)}, "
          f"{ended['bytes'] / (1 << 20):.1f} MiB in {plan.directory}, "
          f"{100 * ended['cpu_ns'] / max(took, 1):.2g} % of a CPU; "
          f"'mmscope report {plan.directory} -o FILE.html' draws it", file=sys.stderr)
