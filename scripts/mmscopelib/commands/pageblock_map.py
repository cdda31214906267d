# SPDX-License-Identifier: GPL-2.0-only
"""mmscope map: what is where in physical memory."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import Iterable, Iterator, Optional

from .. import arguments, picture, terminal
from ..blocks import KINDS, PAGES, Block, Map, block_pages, grouped, read
from ..errors import Failure, Usage
from ..heatmap import OTHER_LINES, Heatmap, Layout
from ..output import ended
from ..progress import Progress
from ..show import add_options, finish, read_values, write_form
from ..table import End, FormatError, Table
from ..tree import Tree

NAME = "map"
HELP = "draw physical memory by pageblock: what is free, what can be moved, and what is in the way"
WORDS = True
EXAMPLES = """\
examples:
  mmscope map
  mmscope map --zone Normal
  mmscope map pfn=0-262143
  mmscope map --color always | less -R
  mmscope map -o memory.svg
  mmscope map | awk '$5 == "mixed"'

A cell is one pageblock, or as many neighbours as it takes to fit the window; it
has the colour of what most of its blocks hold, and is the denser the more of it
is in use.  Letters stand in for shades where there is no colour.

In a pipe, or with --json or --csv, it is a table with a line per block, or per
cell of --blocks N.  -o writes a picture: FILE.svg, which tells more of a block
under the mouse, or FILE.png (which needs the package python3-pil).
"""

_VIEW = "memory/pageblocks"
_PICTURE_CELLS = 16384


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number from 1 up, not '{text}'")
    return int(text)


def _power_of_two(text: str) -> int:
    number = _positive(text)
    if number & (number - 1):
        raise argparse.ArgumentTypeError(f"expected a power of two, not '{text}'")
    return number


def _node(text: str) -> str:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected the number of a node, not '{text}'")
    return str(int(text))


def _picture(text: str) -> str:
    if picture.form(text) is None:
        raise argparse.ArgumentTypeError(f"'{text}' does not end in .png or .svg")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    arguments.add_words(parser, "pfn=FIRST-LAST: only these frames")
    add("--node", type=_node, metavar="N", help="only this node")
    add("--zone", metavar="NAME", help="only the zones of this name, such as Normal")
    add("--blocks", type=_power_of_two, metavar="N",
        help="blocks a cell, a power of two (default: as many as it takes)")
    add("--width", type=_positive, metavar="COLUMNS", help="not the window's width")
    add("--color", choices=("auto", "always", "never"), default="auto",
        help="draw with colour: on a terminal, always, or never")
    add("-o", dest="file", type=_picture, metavar="FILE", help="write a picture, .png or .svg")
    add_options(parser)


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Draw it."""
    if args.file and (args.form or args.color != "auto" or args.width):
        raise Usage("-o goes with none of --json, --csv, --color and --width "
                    "(see 'mmscope map --help')")
    if args.file:
        picture.check(args.file)
    screen = None
    if not args.file and not args.form and (args.color == "always" or sys.stdout.isatty()):
        screen = terminal.Screen(sys.stdout, args.color)
        if args.color == "always" and not screen.coloured:
            raise Failure("colour needs the package python3-rich: apt install python3-rich")
    with tree.open(_VIEW, args.words) as stream, Progress(_VIEW) as progress:
        try:
            table = Table(stream)
            end = _show(tree, table, args, screen, progress)
        except FormatError as error:
            raise Failure(f"{_VIEW}: {error}") from error
        except OSError as error:
            raise tree.failure(error, _VIEW, " ".join(args.words)) from error
    return finish(_VIEW, end)


def _show(tree: Tree, table: Table, args: argparse.Namespace, screen: Optional[terminal.Screen],
          progress: Progress) -> End:
    block = block_pages(table)
    cells = _ticking(table, read(table, args.node, args.zone), progress)
    if not screen and not args.file:
        return _write(table, block, cells, args)
    window = shutil.get_terminal_size()
    width = args.width or window.columns
    limit = _PICTURE_CELLS if args.file else width * window.lines
    blocks = Map(block, None if args.blocks else limit)
    blocks.read(cells)
    if args.blocks:
        blocks.group(args.blocks)
    if not blocks.zones:
        raise Failure(_nothing(args))
    progress.stop()
    if screen:
        _draw(screen, blocks, table, Layout(blocks, width, window.lines - OTHER_LINES), args)
    else:
        picture.write(args.file, blocks, _page_size(), _title(tree))
    return ended(table)


def _page_size() -> int:
    return os.sysconf("SC_PAGE_SIZE")


def _ticking(table: Table, cells: Iterable[Block], progress: Progress) -> Iterator[Block]:
    for cell in cells:
        progress.tick(table.count)
        yield cell


def _nothing(args: argparse.Namespace) -> str:
    chosen = [f"node {args.node}"] if args.node else []
    chosen += [f"zone {args.zone}"] if args.zone else []
    chosen += args.words
    return f"there is no memory in {', '.join(chosen) or _VIEW}; " \
           "'mmscope get memory/zones' lists the zones"


def _title(tree: Tree) -> str:
    try:
        kernel = read_values(tree, "version")["kernel"]
    except (Failure, KeyError):
        return "Physical memory by pageblock"
    return f"Physical memory by pageblock, Linux {terminal.visible(kernel)}"


def _draw(screen: terminal.Screen, blocks: Map, table: Table, layout: Layout,
          args: argparse.Namespace) -> None:
    if not args.blocks:
        layout.fit(blocks)
    heat = Heatmap(screen, _page_size())
    screen.line(*terminal.title(table.header))
    heat.draw(blocks, layout)
    heat.legend(blocks)
    screen.line(*terminal.footer(ended(table), _VIEW))


def _write(table: Table, block: int, cells: Iterable[Block], args: argparse.Namespace) -> End:
    """The table, one line for each cell while they come."""
    per_cell = args.blocks or 1
    lines = _lines(table, per_cell, grouped(cells, per_cell * block))
    if args.form:
        return write_form(Table(lines), args.form, lambda rows: None)
    for line in lines:
        sys.stdout.buffer.write(line)
    return ended(table)


def _lines(table: Table, per_cell: int, cells: Iterable[Block]) -> Iterator[bytes]:
    asked = [f"{key}={value}" for key, value in table.header.keys.items() if key != "format"]
    yield " ".join(["# mmscope map format=1", *asked, f"blocks_per_cell={per_cell}\n"]).encode()
    yield f"# node zone pfn blocks kind {' '.join(PAGES)} longest_free_pages " \
          f"{' '.join(f'{kind}_blocks' for kind in KINDS)}\n".encode()
    rows = 0
    for node, zone, cell in cells:
        numbers = " ".join(map(str, (*cell.pages, cell.longest, *cell.blocks)))
        yield f"{node} {zone} {cell.pfn} {cell.count} {KINDS[cell.kind]} {numbers}\n".encode()
        rows += 1
    costs = [f"{key}={value}" for key, value in ended(table).keys.items() if key != "rows"]
    yield " ".join([f"# end rows={rows}", *costs]).encode() + b"\n"
