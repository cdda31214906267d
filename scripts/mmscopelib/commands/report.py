# SPDX-License-Identifier: GPL-2.0-only
"""mmscope report: one page out of a recording."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Dict

from ..errors import Failure
from ..progress import Progress
from ..report.build import build
from ..report.load import Recording
from ..report.page import html
from ..terminal import Screen
from ..tree import Tree
from ..wholefile import write_whole

NAME = "report"
HELP = "make one page out of a directory that 'mmscope record' made"
WORDS = False
EXAMPLES = """\
examples:
  mmscope report rec -o rec.html
  mmscope report rec -o rec.html --title 'the build of Tuesday'
  mmscope report rec                                  only what was found, in words

The page holds all it needs and opens without a network, on any machine; the
report reads nothing but the directory.  What is missing there, or cut short, is
said on the page.  docs/reference/report.md explains what it shows.
"""

_STYLES = {"bad": "bold red", "watch": "yellow", "good": "green", "note": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("directory", metavar="DIR", help="the recording")
    parser.add_argument("-o", dest="file", metavar="FILE.html", help="write the page there")
    parser.add_argument("--title", metavar="TEXT", help="what to call it (default: DIR's name)")


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Write the page, or the findings."""
    with Progress("report", "moments") as progress:
        data = build(Recording(args.directory), progress.tick)
    if not args.file:
        _say(data)
        return 0
    title = args.title or f"mmscope: {os.path.basename(os.path.abspath(args.directory))}"
    text = html(data, title)
    try:
        write_whole(args.file, text)
    except OSError as error:
        raise Failure(f"{args.file}: {error.strerror}") from error
    print(f"mmscope: {args.file}: {len(text) / (1 << 20):.1f} MiB", file=sys.stderr)
    return 0


def _say(data: Dict[str, Any]) -> None:
    screen = Screen(sys.stdout)
    screen.line(*[piece for name, value in data["facts"]
                  for piece in ((f"{name} ", "dim"), (f"{value}  ", ""))])
    for finding in data["findings"]:
        screen.line((f"{finding['level']:6}", _STYLES[finding["level"]]), (finding["text"], ""))
    for note in data["notes"]:
        screen.line((f"{'note':6}", _STYLES["note"]), (note, ""))
