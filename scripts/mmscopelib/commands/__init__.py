# SPDX-License-Identifier: GPL-2.0-only
"""The commands, one module each, in the order in which --help lists them.

A command module has NAME, HELP, EXAMPLES, WORDS (whether it takes key=value
words), add_arguments(parser) and run(tree, args), which returns the exit
status.  One that has PROGRAM = True finds in args.program what stands behind --.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Protocol, cast

from ..tree import Tree


class Command(Protocol):
    """What each module offers."""

    NAME: str
    HELP: str
    EXAMPLES: str
    WORDS: bool

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, tree: Tree, args: argparse.Namespace) -> int:
        """Do it; return the exit status."""


# Name, and the module where that is another: with one command comes no more than
# what it needs, as reading all of it takes a second on a slow machine.
NAMES = ("status", "get", "translate", "ranges", "tables", "map", "lab", "oom", "tour", "trace",
         "top", "record", "report")
_MODULES = {"map": "pageblock_map"}


def load(name: str) -> Command:
    """The command of this name, which is one of NAMES."""
    return cast(Command, import_module(f".{_MODULES.get(name, name)}", __name__))
