# SPDX-License-Identifier: GPL-2.0-only
"""mmscope translate: every page-table level of one address."""

from __future__ import annotations

import argparse
import os
from typing import Dict, List

from .. import arguments
from ..show import add_options, show
from ..table import Header
from ..terminal import Summary
from ..tree import Tree

NAME = "translate"
HELP = "show every page-table level of one address of a process"
WORDS = False
EXAMPLES = """\
examples:
  mmscope translate 1 0x7ffd2c1f3000
  mmscope translate self 7f3c5e200000
  mmscope translate 1 0x7ffd2c1f3000 --json

ADDR is hexadecimal, as in /proc/PID/maps.  'mmscope get process/vmas pid=1'
lists addresses worth asking for.
"""

_ENTRY_BYTES = 8
_HEIGHT = {"pte": 0, "pmd": 1, "pud": 2}


class _Answer(Summary):
    """Says in words where the walk ended."""

    def __init__(self, addr: int) -> None:
        self._addr = addr
        self._last: Dict[str, str] = {}

    def add(self, row: Dict[str, str]) -> None:
        """Rows come from the top level down; the last one is where it ended."""
        self._last = row

    def lines(self, header: Header) -> List[str]:
        """One line: the physical address, or what is there instead."""
        if not self._last:
            return []
        level, state = self._last["level"], self._last["state"]
        phys = header.keys.get("phys", "-")
        if phys != "-":
            note = "" if state == "present" else f", {state}"
            return [f"0x{self._addr:x} -> physical {phys} ({_page(level)} page{note})"]
        if state == "swap":
            return [f"0x{self._addr:x} -> swap file {self._last.get('swap_type')}, "
                    f"slot {self._last.get('swap_offset')}"]
        return [f"0x{self._addr:x} -> {state} at the {level} level"]


def _page(level: str) -> str:
    """The size of a page mapped at this level: a table fills a page on 64-bit machines."""
    page = os.sysconf("SC_PAGE_SIZE")
    size = page * (page // _ENTRY_BYTES) ** _HEIGHT.get(level, 0)
    for unit, shift in (("GiB", 30), ("MiB", 20)):
        if size >> shift:
            return f"{size >> shift} {unit}"
    return f"{size >> 10} KiB"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("pid", type=arguments.pid, metavar="PID", help="process, or self")
    parser.add_argument("addr", type=arguments.address, metavar="ADDR", help="address, hexadecimal")
    add_options(parser)


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Show the view."""
    return show(tree, "process/translate", [f"pid={args.pid}", f"addr={args.addr}"], args.form,
                _Answer(int(args.addr, 16)))
