# SPDX-License-Identifier: GPL-2.0-only
"""mmscope status: is it loaded, what works here, and does it check out?"""

from __future__ import annotations

import argparse
import functools
import sys
from typing import Callable, Dict, List, Sequence

from ..errors import Failure
from ..show import read_rows, read_values
from ..terminal import Piece, Screen, visible
from ..tree import Tree

NAME = "status"
HELP = "show whether the module is loaded, what works on this kernel, and what does not"
WORDS = False
EXAMPLES = """\
examples:
  mmscope status

Exit status 1 if the module is not loaded, or if one of its answers differs from
the kernel's own counter.  'mmscope get caps' and 'mmscope get selfcheck' have the
details.
"""

_INDENT = 11

# Writes a line: what it is about, and the rest.
_Line = Callable[[str, Sequence[Piece]], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Show it."""
    version = read_values(tree, "version")
    directories = _by_directory(tree)
    line = functools.partial(_line, Screen(sys.stdout),
                             max([_INDENT, *(len(name) + 1 for name in directories)]))
    line("mmscope", [(visible(version["mmscope"]), "bold"),
                     (f" on {visible(version['kernel'])}"
                      f" ({visible(version['architecture'])})", "")])
    line("tree", [(tree.root, "")])
    for directory, names in directories.items():
        line(directory, [(" ".join(names), "")])
    _show_caps(line, read_rows(tree, "caps"))
    return _show_selfcheck(line, read_rows(tree, "selfcheck"))


def _line(screen: Screen, width: int, name: str, pieces: Sequence[Piece]) -> None:
    screen.line((f"{name:{width}}", "dim"), *pieces)


def _by_directory(tree: Tree) -> Dict[str, List[str]]:
    directories: Dict[str, List[str]] = {}
    for name in tree.files():
        directory, _, base = name.rpartition("/")
        directories.setdefault(directory + "/", []).append(base)
    return directories


def _show_caps(line: _Line, caps: List[Dict[str, str]]) -> None:
    missing = [row for row in caps if row["available"] != "1"]
    if not missing:
        line("off", [(f"nothing: all {len(caps)} capabilities are available", "green")])
    for i, row in enumerate(missing):
        line("" if i else "off", [(row["name"], "yellow"),
                                  (f": {visible(row['reason'])}", "")])


def _show_selfcheck(line: _Line, checks: List[Dict[str, str]]) -> int:
    wrong = [row for row in checks if row["result"] != "ok"]
    if not wrong:
        line("selfcheck", [(f"{len(checks)} of {len(checks)} agree with the kernel", "green")])
        return 0
    for i, row in enumerate(wrong):
        line("" if i else "selfcheck", [
            (row["check"], "bold red"),
            (f": mmscope says {row['mmscope']}, the kernel {row['kernel']}", "")])
    raise Failure(f"{len(wrong)} of {len(checks)} checks differ from the kernel; "
                  "please report this with the output of 'mmscope get selfcheck'")
