# SPDX-License-Identifier: GPL-2.0-only
"""The commands, one module each, in the order in which --help lists them.

A command module has NAME, HELP, EXAMPLES, WORDS (whether it takes key=value
words), add_arguments(parser) and run(tree, args), which returns the exit
status.  One that has PROGRAM = True finds in args.program what stands behind --.
"""

from __future__ import annotations

import argparse
from typing import Protocol, Tuple

from ..tree import Tree
from . import (get, lab, oom, pageblock_map, ranges, record, report, status, tables, top, tour,
               trace, translate)


class Command(Protocol):
    """What each module in COMMANDS offers."""

    NAME: str
    HELP: str
    EXAMPLES: str
    WORDS: bool

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, tree: Tree, args: argparse.Namespace) -> int:
        """Do it; return the exit status."""


COMMANDS: Tuple[Command, ...] = (status, get, translate, ranges, tables, pageblock_map, lab,
                                 oom, tour, trace, top, record, report)
