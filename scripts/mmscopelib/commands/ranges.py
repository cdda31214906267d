# SPDX-License-Identifier: GPL-2.0-only
"""mmscope ranges: what a process has mapped, equal neighbours merged."""

from __future__ import annotations

import argparse

from .. import arguments
from ..show import add_options, show
from ..tree import Tree

NAME = "ranges"
HELP = "show what a process has mapped, equal neighbours merged"
WORDS = True
EXAMPLES = """\
examples:
  mmscope ranges 1
  mmscope ranges 1 ignore=accessed,dirty
  mmscope ranges 1 detail=folio start=0x7f0000000000 end=0x7fffffffffff
  mmscope ranges self --csv > ranges.csv

keys:
  ignore=accessed,dirty  do not split runs where these flags differ
  detail=folio           also split by, and show, kind, order and shared
  start=0x... end=0x...  only this part of the address space
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("pid", type=arguments.pid, metavar="PID", help="process, or self")
    arguments.add_words(parser, "ignore= detail= start= end=; see below")
    add_options(parser)


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Show the view."""
    return show(tree, "process/ranges", [f"pid={args.pid}", *args.words], args.form)
