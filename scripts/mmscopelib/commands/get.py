# SPDX-License-Identifier: GPL-2.0-only
"""mmscope get: any view, by its name."""

from __future__ import annotations

import argparse

from ..arguments import add_words
from ..show import add_options, show
from ..tree import Tree

NAME = "get"
HELP = "show any view, such as process/vmas"
WORDS = True
EXAMPLES = """\
examples:
  mmscope get process/space pid=1
  mmscope get process/ranges pid=1 ignore=accessed,dirty detail=folio
  mmscope get process/entries pid=1 start=0x7f0000000000 --json | jq '.rows[].pfn'
  mmscope get caps --csv

With key=value words the view is asked with a query of its own, and keys that
are not named have their built-in defaults.  Without words the view answers the
default query of its directory, as 'cat' would show.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("view", metavar="VIEW", help="a file below the mmscope directory")
    add_words(parser, "the query; 'mmscope get DIR/query' shows a directory's keys")
    add_options(parser)


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Show the view."""
    return show(tree, args.view, args.words, args.form)
