# SPDX-License-Identifier: GPL-2.0-only
"""Draws a map of pageblocks on a terminal."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence

from .blocks import FREE, KINDS, MEANINGS, PAGES, Cell, Map, Zone, lines
from .terminal import Piece, Screen

# By kind.  Chosen to differ for the colour-blind too.
_STYLES = ("#707070", "#3b9be0", "#d060d0", "#e8602c", "#c8a030")
_LETTERS = "fmxur"
_EMPTY = "."
_SHADES = "░▒▓█"
_LABEL_GAP = "  "
_ROUND = 16         # cells; a line has a multiple of it if there is room


class Layout:
    """How much fits into the window."""

    def __init__(self, blocks: Map, width: int, height: int) -> None:
        last = max((zone.cells[-1].pfn for zone in blocks.zones if zone.cells), default=0)
        self.label = len(str(last))
        room = max(width - self.label - len(_LABEL_GAP), 1)
        self.cells = room // _ROUND * _ROUND or room
        self._height = height

    def fit(self, blocks: Map) -> None:
        """Put blocks together until all zones have room one above the other."""
        while self._lines(blocks) > self._height and any(
                len(zone.cells) > 1 for zone in blocks.zones):
            blocks.group(blocks.per_cell * 2)

    def _lines(self, blocks: Map) -> int:
        return sum(1 + sum(1 for _ in lines(zone, blocks.cell_pages, self.cells))
                   for zone in blocks.zones)


# Lines that are no map: the first, the legend's, its two of sums, the footer, the prompt.
OTHER_LINES = len(KINDS) + 6


def mib(pages: int, page_size: int) -> str:
    """Pages as a person reads them."""
    return f"{pages * page_size / (1 << 20):,.0f} MiB"


def size(count: int) -> str:
    """Bytes of a block or cell as a person reads them."""
    for unit, shift in (("TiB", 40), ("GiB", 30), ("MiB", 20)):
        if count >= 1 << shift:
            return f"{count / (1 << shift):g} {unit}"
    return f"{count >> 10} KiB"


def heading(zone: Zone, pfn_end: int, page_size: int) -> List[str]:
    """What a zone is called, and what there is to say of it."""
    present = sum(cell.present for cell in zone.cells)
    count = sum(cell.count for cell in zone.cells)
    return [f"Node {zone.node}, zone {zone.name}",
            f"frames {zone.cells[0].pfn}-{pfn_end - 1}, {count:,} blocks, "
            f"{mib(present, page_size)}"]


class Heatmap:
    """A map on a screen: shades where there is colour, else letters."""

    def __init__(self, screen: Screen, page_size: int) -> None:
        self._screen = screen
        self._page_size = page_size
        self._shades = screen.coloured and screen.can_show(_SHADES)

    def _piece(self, kind: int, fullness: float) -> Piece:
        if kind == FREE:
            return _EMPTY, _STYLES[FREE]
        if self._shades:
            step = min(int(fullness * len(_SHADES)), len(_SHADES) - 1)
            return _SHADES[step], _STYLES[kind]
        letter = _LETTERS[kind]
        return letter.upper() if fullness >= 0.5 else letter, _STYLES[kind]

    def _line(self, cells: Sequence[Optional[Cell]]) -> Iterator[Piece]:
        """Neighbours that look the same are one piece."""
        text, style = "", ""
        for cell in cells:
            new, new_style = self._piece(cell.kind, cell.fullness) if cell else (" ", style)
            if new_style != style and text:
                yield text, style
                text = ""
            text, style = text + new, new_style
        yield text, style

    def draw(self, blocks: Map, layout: Layout) -> None:
        """All zones."""
        for zone in blocks.zones:
            name, rest = heading(zone, zone.cells[-1].end, self._page_size)
            self._screen.line((name, "bold"), (f": {rest}", "dim"))
            for pfn, cells in lines(zone, blocks.cell_pages, layout.cells):
                self._screen.line((f"{pfn:{layout.label}}{_LABEL_GAP}", "dim"),
                                  *self._line(cells))

    def legend(self, blocks: Map) -> None:
        """What the cells mean, and how many blocks of each kind there are."""
        total = blocks.total()
        counts = [f"{count:,}" for count in total.blocks]
        widths = max(map(len, counts)), max(map(len, KINDS))
        for kind, name in enumerate(KINDS):
            sample = [self._piece(kind, part / 4) for part in
                      (range(4) if self._shades else (0, 3))]
            text = "".join(char for char, _ in sample) if kind != FREE else _EMPTY
            share = total.blocks[kind] * blocks.block_pages
            self._screen.line(
                (f"{text:>4}  ", _STYLES[kind]),
                (f"{name:{widths[1]}}  {counts[kind]:>{widths[0]}} blocks"
                 f"  {mib(share, self._page_size):>11}", ""),
                (f"  {MEANINGS[kind]}", "dim"))
        block = size(blocks.block_pages * self._page_size)
        scale = f"a quarter more in use by each step of {_SHADES}" if self._shades else \
            "a capital: half or more is in use"
        several = f" = {blocks.per_cell:,} blocks of {block}" if blocks.per_cell > 1 else ""
        self._screen.line((f"a cell is {size(blocks.cell_pages * self._page_size)}{several}; "
                           f"{scale}", "dim"))
        self._screen.line((self._sums(total), "bold"))

    def _sums(self, total: Cell) -> str:
        named = [(name.removesuffix("_pages").replace("pcp", "per-CPU"), pages)
                 for name, pages in zip(PAGES, total.pages)]
        return "pages: " + ", ".join(f"{name} {pages:,}" for name, pages in named if pages)
