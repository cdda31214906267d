# SPDX-License-Identifier: GPL-2.0-only
"""mmscope top: memory management, live."""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from ..arguments import number_above
from ..errors import Failure
from ..show import read_values
from ..terminal import Screen, visible
from ..top.blocks import SIZE, SORTS
from ..top.frame import Wanted, lines
from ..top.live import Live
from ..top.look import Eyes, Pair
from ..tree import Tree

NAME = "top"
HELP = "show zones, free lists, what is largest and what goes on, live"
WORDS = False
EXAMPLES = """\
examples:
  mmscope top
  mmscope top --interval 0.2
  mmscope top --once --sort growth --interval 10
  mmscope top > now.txt

keys: q quits, s sorts the lists by size, growth or name, p or the space bar pauses,
+ and - look more or less often.

With --once, and in a pipe, it looks twice, --interval apart, and prints one frame.
The live view needs the package python3-rich.
"""

# More than any window shows, so that lists sorted by growth know what is small.
_FILES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--interval", type=number_above(0.01), default=1.0, metavar="S",
        help="seconds from one look to the next (default: 1)")
    add("--once", action="store_true", help="print one frame, and end")
    add("--sort", choices=SORTS, default=SIZE, help="what --once sorts the lists by")


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Show it."""
    eyes = Eyes(tree, _FILES)
    try:
        if args.once or not sys.stdout.isatty():
            _once(eyes, tree, args)
        else:
            Live(eyes, args.interval, _about(tree)).run()
    finally:
        eyes.close()
    return 0


def _about(tree: Tree) -> str:
    try:
        return f"Linux {visible(read_values(tree, 'version')['kernel'])}"
    except (Failure, KeyError):
        return ""


def _once(eyes: Eyes, tree: Tree, args: argparse.Namespace) -> None:
    before = eyes.look()
    time.sleep(args.interval)
    pair = Pair(eyes.look(), before)
    width = shutil.get_terminal_size((132, 24)).columns
    screen = Screen(sys.stdout)
    for line in lines(pair, Wanted(width, sort=args.sort), _about(tree)):
        screen.line(*line)
