# SPDX-License-Identifier: GPL-2.0-only
"""Puts the parts beside and below each other, as the window has room."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from ..terminal import Piece, duration
from . import blocks
from .blocks import Line
from .look import Pair

# What zones and free lists want, and what rates want beside them.
_LEFT, _RIGHT = 82, 53
_GAP = 3
_ROWS = 10
_ROWS_LEAST = 2


class Wanted(NamedTuple):
    """How it is to be shown."""

    width: int
    height: Optional[int] = None    # as many lines as it takes
    sort: str = blocks.SIZE
    note: str = ""                  # at the right of the first line


def lines(pair: Pair, wanted: Wanted, about: str) -> List[Line]:
    """The whole picture, none of its lines wider than the window."""
    head: List[Line] = [_first(pair, wanted, about), *blocks.memory(pair)]
    zones, free, rates = blocks.zones(pair), blocks.free_lists(pair), blocks.rates(pair)
    beside = wanted.width >= _LEFT + _GAP + _RIGHT
    middle = _beside([[*zones, [], *free], rates], [_LEFT, wanted.width - _LEFT - _GAP]) \
        if beside else [*zones, [], *free, [], *rates]
    columns = 3 if wanted.width >= 132 else 2 if wanted.width >= 90 else 1
    below = (len(blocks.TOPS) + columns - 1) // columns
    rows = _rows(wanted.height, len(head) + len(middle) + 1, below)
    all_lines: List[Line] = [*head, [], *middle, *_tops(pair, wanted, columns, rows)]
    return [_cut(line, wanted.width) for line in all_lines][:wanted.height]


def _first(pair: Pair, wanted: Wanted, about: str) -> Line:
    took = f"  a look takes {duration(int(pair.now.took * 1e9))} of CPU"
    return [("mmscope top", "bold"), (f"  {about}", ""), (took, "dim"),
            (f"  {wanted.note}", "bold yellow")]


def _rows(height: Optional[int], taken: int, below: int) -> int:
    """Rows of each list, so that all have room."""
    if height is None:
        return _ROWS
    return max((height - taken) // below - 3, _ROWS_LEAST)


def _tops(pair: Pair, wanted: Wanted, columns: int, rows: int) -> List[Line]:
    width = (wanted.width - _GAP * (columns - 1)) // columns
    found = [blocks.top(pair, what, wanted.sort, rows, width) for what in blocks.TOPS]
    result: List[Line] = []
    for first in range(0, len(found), columns):
        part = found[first:first + columns]
        result += [[], *_beside(part, [width] * len(part))]
    return result


def _beside(parts: List[List[Line]], widths: List[int]) -> List[Line]:
    result: List[Line] = []
    for i in range(max(map(len, parts))):
        joined: Line = []
        for part, width in zip(parts, widths):
            line = _cut(part[i] if i < len(part) else [], width)
            joined += [*line, (" " * (width - _length(line) + _GAP), "")]
        result.append(joined)
    return result


def _length(line: Line) -> int:
    return sum(len(text) for text, _ in line)


def _cut(line: Line, width: int) -> Line:
    """As much of the line as @width characters hold."""
    result: List[Piece] = []
    for text, style in line:
        if width <= 0:
            break
        result.append((text[:width], style))
        width -= len(text)
    return result
