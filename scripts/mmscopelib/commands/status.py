# SPDX-License-Identifier: GPL-2.0-only
"""mmscope status: is it loaded, what works here, and does it check out?"""

from __future__ import annotations

import argparse

from ..tree import Tree

NAME = "status"
HELP = "show whether the module is loaded, what works on this kernel, and what does not"
WORDS = False
EXAMPLES = """\
examples:
  mmscope status
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Show it."""
    tree.check()
    return 0
