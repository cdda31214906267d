# SPDX-License-Identifier: GPL-2.0-only
"""mmscope tables: what the page tables of a process cost, and for what."""

from __future__ import annotations

import argparse
from typing import Dict, List

from .. import arguments
from ..show import add_options, show
from ..table import Header
from ..terminal import Summary
from ..tree import Tree

NAME = "tables"
HELP = "show what the page tables of a process cost, and which VMAs cost most"
WORDS = True
EXAMPLES = """\
examples:
  mmscope tables 1
  mmscope tables 1 top=20
  mmscope tables 1 by=vma --json

Two tables are shown: the bill by level, then the VMAs that cost most.  With
by=level or by=vma, or with --json or --csv, it is one; by=level unless named.

keys:
  by=level|vma           one line per level, or per VMA
  top=N                  how many VMAs
  start=0x... end=0x...  only this part of the address space
"""

_VIEW = "process/tables"


class _Total(Summary):
    """Adds up the levels."""

    def __init__(self) -> None:
        self._tables = 0
        self._bytes = 0

    def add(self, row: Dict[str, str]) -> None:
        """Count one level."""
        self._tables += int(row["tables"])
        self._bytes += int(row["bytes"])

    def lines(self, header: Header) -> List[str]:
        """One line: the sum."""
        return [f"{self._tables:,} tables, {self._bytes >> 10:,} KiB in all"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("pid", type=arguments.pid, metavar="PID", help="process, or self")
    arguments.add_words(parser, "by= top= start= end=; see below")
    add_options(parser)


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Show the view, by level and by VMA."""
    words = [f"pid={args.pid}", *args.words]
    by_vma = "by=vma" in words
    if args.form or any(word.startswith("by=") for word in words):
        return show(tree, _VIEW, words, args.form, None if by_vma else _Total())
    levels = [word for word in words if not word.startswith("top=")]
    status = show(tree, _VIEW, levels, None, _Total())
    return max(status, show(tree, _VIEW, [*words, "by=vma"], None))
