# SPDX-License-Identifier: GPL-2.0-only
"""Pageblocks, and cells of a map that stand for one or several of them."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .table import UNKNOWN, FormatError, Table

# What a cell can be, in the order of a legend.
FREE, MOVABLE, MIXED, UNMOVABLE, RESERVED = range(5)
KINDS = ("free", "movable", "mixed", "unmovable", "reserved")
MEANINGS = (
    "nothing in use",
    "in use, and all of that could be moved away",
    "movable pages, and unmovable ones, which would stay",
    "in use, and nothing of that can be moved",
    "unmovable, and most of that never was the allocator's",
)

# Columns of memory/pageblocks; a module that lacks the later ones has nothing to show there.
PAGES = ("free_pages", "movable_pages", "unmovable_pages", "pcp_pages", "reserved_pages",
         "hole_pages", "pinned_pages")
_FREE, _MOVABLE, _UNMOVABLE, _PCP, _RESERVED, _HOLE, _PINNED = range(len(PAGES))
_NEEDED = ("node", "zone", "pfn", *PAGES[:3])


class Cell:
    """One or several neighbouring pageblocks of a zone."""

    __slots__ = ("pfn", "end", "blocks", "pages", "longest")

    def __init__(self, pfn: int, end: int, pages: List[int], longest: int) -> None:
        self.pfn = pfn
        self.end = end                      # behind the last block
        self.pages = pages                  # by PAGES
        self.longest = longest              # free pages in one piece, inside one block
        self.blocks = [0] * len(KINDS)      # by kind
        self.blocks[_kind(pages)] = 1

    def add(self, other: Cell) -> None:
        """Take in a later neighbour."""
        self.end = other.end
        self.longest = max(self.longest, other.longest)
        self.pages = [a + b for a, b in zip(self.pages, other.pages)]
        self.blocks = [a + b for a, b in zip(self.blocks, other.blocks)]

    @property
    def count(self) -> int:
        """Number of blocks."""
        return sum(self.blocks)

    @property
    def present(self) -> int:
        """Pages that exist."""
        return sum(self.pages[:_HOLE])

    @property
    def used(self) -> int:
        """Pages that are in use."""
        return self.pages[_MOVABLE] + self.pages[_UNMOVABLE] + self.pages[_RESERVED]

    @property
    def free(self) -> int:
        """Pages that are free, those in per-CPU lists too."""
        return self.pages[_FREE] + self.pages[_PCP]

    @property
    def fullness(self) -> float:
        """Part of the pages that is in use, from 0 to 1."""
        return self.used / self.present if self.present else 0.0

    @property
    def kind(self) -> int:
        """What most of the blocks are that are not free; of a tie, what is worse."""
        used = self.blocks[FREE + 1:]
        if not any(used):
            return FREE
        most = max(used)
        return next(kind for kind in (MIXED, UNMOVABLE, RESERVED, MOVABLE)
                    if self.blocks[kind] == most)


def _kind(pages: Sequence[int]) -> int:
    # Pinned pages are counted among the movable, and stay all the same.
    stuck = pages[_UNMOVABLE] + pages[_PINNED]
    if pages[_MOVABLE] > pages[_PINNED]:
        return MIXED if stuck or pages[_RESERVED] else MOVABLE
    if stuck or pages[_RESERVED]:
        return RESERVED if pages[_RESERVED] > stuck else UNMOVABLE
    return FREE


Block = Tuple[str, str, Cell]       # node, zone, block or cell


class Zone:
    """The cells of one zone, by rising frame number."""

    def __init__(self, node: str, name: str) -> None:
        self.node = node
        self.name = name
        self.cells: List[Cell] = []

    def add(self, cell: Cell, pages: int) -> bool:
        """Take in a block where a cell has @pages; true if it became a new cell."""
        last = self.cells[-1] if self.cells else None
        if last and cell.pfn < last.end:
            raise FormatError(f"frame {cell.pfn} does not come behind {last.pfn}")
        if last and last.pfn // pages == cell.pfn // pages:
            last.add(cell)
            return False
        self.cells.append(cell)
        return True

    def group(self, pages: int) -> None:
        """Let a cell be what lies between two multiples of @pages."""
        grouped: List[Cell] = []
        for cell in self.cells:
            if grouped and grouped[-1].pfn // pages == cell.pfn // pages:
                grouped[-1].add(cell)
            else:
                grouped.append(cell)
        self.cells = grouped


class Map:
    """All zones that are to be shown.

    There are never more than @limit cells at a time: where there are more
    blocks, neighbours are put together, so memory does not grow with the
    machine.
    """

    def __init__(self, block_pages: int, limit: Optional[int] = None) -> None:
        self.block_pages = block_pages
        self.per_cell = 1       # blocks
        self._zones: Dict[Tuple[str, str], Zone] = {}
        self._limit = limit
        self._count = 0

    def read(self, blocks: Iterable[Block]) -> None:
        """Take in all of them."""
        for node, name, cell in blocks:
            key = node, name
            if key not in self._zones:
                self._zones[key] = Zone(node, name)
            if not self._zones[key].add(cell, self.cell_pages):
                continue
            self._count += 1
            if self._limit is not None and self._count > self._limit:
                self.group(self.per_cell * 2)

    def group(self, per_cell: int) -> None:
        """Show so many blocks by one cell; not less than before."""
        self.per_cell = per_cell
        for zone in self._zones.values():
            zone.group(self.cell_pages)
        self._count = sum(len(zone.cells) for zone in self._zones.values())

    @property
    def zones(self) -> List[Zone]:
        """By node, then by frame number."""
        return sorted(self._zones.values(), key=lambda zone: (int(zone.node), zone.cells[0].pfn))

    @property
    def cell_pages(self) -> int:
        """Frames from one cell to the next."""
        return self.per_cell * self.block_pages

    def total(self) -> Cell:
        """Everything in one cell."""
        whole = Cell(0, 0, [0] * len(PAGES), 0)
        whole.blocks = [0] * len(KINDS)
        for zone in self._zones.values():
            for cell in zone.cells:
                whole.add(cell)
        return whole


def block_pages(table: Table) -> int:
    """Pages of a pageblock, of which the first line tells."""
    pages = table.header.keys.get("pages_per_block", "")
    if not pages.isdigit() or not int(pages):
        raise FormatError("the first line has no pages_per_block=")
    return int(pages)


def read(table: Table, node: Optional[str] = None, zone: Optional[str] = None) -> Iterator[Block]:
    """The rows of memory/pageblocks; only one @node or one @zone, if given."""
    where = {name: i for i, name in enumerate(table.columns)}
    missing = [name for name in _NEEDED if name not in where]
    if missing:
        raise FormatError(f"there is no column {missing[0]}")
    places = [where.get(name, -1) for name in PAGES]
    longest_at = where.get("longest_free_pages", -1)
    for row in table.rows():
        row_node, row_zone = row[where["node"]], row[where["zone"]]
        if node not in (None, row_node) or zone not in (None, row_zone):
            continue
        row.append(UNKNOWN)     # the column -1
        try:
            int(row_node)
            pages = [_number(row[at]) for at in places]
            pfn, longest = int(row[where["pfn"]]), _number(row[longest_at])
        except ValueError:
            raise FormatError(f"not a number in: {' '.join(row[:-1])}") from None
        yield row_node, row_zone, Cell(pfn, pfn + max(sum(pages[:_PINNED]), 1), pages, longest)


def _number(field: str) -> int:
    return 0 if field == UNKNOWN else int(field)


def grouped(blocks: Iterable[Block], cell_pages: int) -> Iterator[Block]:
    """Puts neighbours together while they come."""
    last: Optional[Block] = None
    for block in blocks:
        if last and last[:2] == block[:2] and last[2].pfn // cell_pages == \
                block[2].pfn // cell_pages:
            last[2].add(block[2])
            continue
        if last:
            yield last
        last = block
    if last:
        yield last


def lines(zone: Zone, cell_pages: int, width: int) -> Iterator[Tuple[int, List[Optional[Cell]]]]:
    """The lines of a zone: the first frame, and @width cells or less.

    A place without memory is None; a line that would have none of it is left out.
    """
    if not zone.cells:
        return
    base = zone.cells[0].pfn // cell_pages
    number = -1
    line: List[Optional[Cell]] = []
    for cell in zone.cells:
        place = cell.pfn // cell_pages - base
        if place // width != number:
            if line:
                yield (base + number * width) * cell_pages, line
            number = place // width
            line = []
        line += [None] * (place % width - len(line))
        line.append(cell)
    yield (base + number * width) * cell_pages, line
