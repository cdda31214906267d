# SPDX-License-Identifier: GPL-2.0-only
"""Draws a map of pageblocks as a picture: SVG by hand, PNG with Pillow."""

from __future__ import annotations

import html
import importlib
import io
import os
from typing import Any, List, Optional, Protocol, Tuple

from .blocks import FREE, KINDS, MEANINGS, PAGES, Cell, Map, Zone, lines
from .errors import Failure
from .heatmap import heading, mib, size

Colour = Tuple[int, int, int]

_WHITE: Colour = (255, 255, 255)
_TEXT: Colour = (32, 32, 32)
_DIM: Colour = (110, 110, 110)
# By kind.  Chosen to differ for the colour-blind too.
_COLOURS: Tuple[Colour, ...] = (
    (228, 231, 233), (0, 114, 178), (178, 60, 170), (213, 94, 0), (92, 84, 72))
# The palest, for a cell that is hardly used, still shows what it holds.
_PALEST = 0.35

_MARGIN = 24
_LABEL = 84
_COLUMNS = 128
_CELL = 9
_STEP = 10          # from one cell to the next
_LINE = 20          # of text
_TITLE_SIZE = 18
_TEXT_SIZE = 13
_SMALL_SIZE = 11


def _escape(text: str) -> str:
    # Not with xml.sax, which brings in half of the library, as far as HTTP.
    return html.escape(text, quote=False)


def form(name: str) -> Optional[str]:
    """svg or png, by the name's ending; None if it is neither."""
    ending = os.path.splitext(name)[1].lower()
    return ending[1:] if ending in (".svg", ".png") else None


def check(name: str) -> None:
    """Raise Failure if what the picture needs is not there."""
    if form(name) == "png":
        _pillow("Image")


def _pillow(module: str) -> Any:
    try:
        return importlib.import_module(f"PIL.{module}")
    except ImportError:
        raise Failure("PNG needs the package python3-pil: apt install python3-pil "
                      "(or choose FILE.svg)") from None


def shade(kind: int, fullness: float) -> Colour:
    """The colour of a cell: the more of it is in use, the stronger."""
    full = _COLOURS[kind]
    if kind == FREE:
        return full
    part = _PALEST + (1 - _PALEST) * fullness
    red, green, blue = (round(255 - (255 - value) * part) for value in full)
    return red, green, blue


class Canvas(Protocol):
    """What a picture is drawn on."""

    def rect(self, left: int, top: int, width: int, height: int, colour: Colour,
             hover: str = "") -> None:
        """A filled rectangle, and what is said of it under the mouse."""

    def text(self, left: int, top: int, text: str, height: int, colour: Colour = _TEXT,
             bold: bool = False) -> None:
        """A line of text."""

    def done(self) -> bytes:
        """The file."""


class Svg:
    """A canvas that is SVG."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" role="img">\n'
            f"<title>{_escape(title)}</title>\n"]
        self.rect(0, 0, width, height, _WHITE)

    def rect(self, left: int, top: int, width: int, height: int, colour: Colour,
             hover: str = "") -> None:
        """A filled rectangle, and what is said of it under the mouse."""
        self._parts.append(f'<rect x="{left}" y="{top}" width="{width}" height="{height}" '
                           f'fill="#{bytes(colour).hex()}"')
        self._parts.append(f"><title>{_escape(hover)}</title></rect>\n" if hover else "/>\n")

    def text(self, left: int, top: int, text: str, height: int, colour: Colour = _TEXT,
             bold: bool = False) -> None:
        """A line of text."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(f'<text x="{left}" y="{top + height}" font-size="{height}"{weight} '
                           f'fill="#{bytes(colour).hex()}">{_escape(text)}</text>\n')

    def done(self) -> bytes:
        """The file."""
        return "".join([*self._parts, "</svg>\n"]).encode("utf-8")


class Png:
    """A canvas that is PNG."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._image = _pillow("Image").new("RGB", (width, height), _WHITE)
        self._draw = _pillow("ImageDraw").Draw(self._image)
        self._info = _pillow("PngImagePlugin").PngInfo()
        self._info.add_text("Title", title)

    def rect(self, left: int, top: int, width: int, height: int, colour: Colour,
             hover: str = "") -> None:
        """A filled rectangle."""
        self._draw.rectangle((left, top, left + width - 1, top + height - 1), colour)

    def text(self, left: int, top: int, text: str, height: int, colour: Colour = _TEXT,
             bold: bool = False) -> None:
        """A line of text."""
        # No font has all characters; the font that Pillow brings has these.
        text = text.encode("ascii", "replace").decode()
        self._draw.text((left, top), text, colour, _font(height))

    def done(self) -> bytes:
        """The file."""
        out = io.BytesIO()
        self._image.save(out, "PNG", pnginfo=self._info, optimize=True)
        return out.getvalue()


def _font(height: int) -> Any:
    fonts = _pillow("ImageFont")
    try:
        return fonts.load_default(height)
    except TypeError:       # before Pillow 10.1: one size
        return fonts.load_default()


def write(name: str, blocks: Map, page_size: int, title: str) -> None:
    """Write the picture to the file @name, all of it or nothing."""
    total = blocks.total()
    title = f"{title}: {mib(total.present, page_size)} in {total.count:,} blocks"
    width = 2 * _MARGIN + _LABEL + _COLUMNS * _STEP
    height = 2 * _MARGIN + _height(blocks)
    canvas: Canvas
    if form(name) == "svg":
        canvas = Svg(width, height, title)
    else:
        canvas = Png(width, height, title)
    data = _Drawing(canvas, blocks, page_size).draw(title, total)
    try:
        with open(name, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise Failure(f"{name}: {error.strerror}") from error


def _height(blocks: Map) -> int:
    grids = sum(_grid_height(zone, blocks.cell_pages) + 2 * _LINE for zone in blocks.zones)
    return 2 * _LINE + grids + (len(KINDS) + 3) * _LINE


def _grid_height(zone: Zone, cell_pages: int) -> int:
    return _STEP * sum(1 for _ in lines(zone, cell_pages, _COLUMNS))


class _Drawing:
    """Goes down the canvas."""

    def __init__(self, canvas: Canvas, blocks: Map, page_size: int) -> None:
        self._canvas = canvas
        self._blocks = blocks
        self._page_size = page_size
        self._top = _MARGIN

    def draw(self, title: str, total: Cell) -> bytes:
        """Title, zones, legend."""
        self._canvas.text(_MARGIN, self._top, title, _TITLE_SIZE, bold=True)
        self._top += 2 * _LINE
        for zone in self._blocks.zones:
            self._zone(zone)
        self._legend(total)
        return self._canvas.done()

    def _zone(self, zone: Zone) -> None:
        name, rest = heading(zone, zone.cells[-1].end, self._page_size)
        self._canvas.text(_MARGIN, self._top, f"{name}: {rest}", _TEXT_SIZE)
        self._top += _LINE
        for pfn, cells in lines(zone, self._blocks.cell_pages, _COLUMNS):
            self._canvas.text(_MARGIN, self._top - 1, str(pfn), _SMALL_SIZE - 2, _DIM)
            for place, cell in enumerate(cells):
                if cell:
                    self._canvas.rect(_MARGIN + _LABEL + place * _STEP, self._top, _CELL, _CELL,
                                      shade(cell.kind, cell.fullness), _hover(cell))
            self._top += _STEP
        self._top += _LINE

    def _legend(self, total: Cell) -> None:
        steps = (0.05, 0.35, 0.7, 1.0)
        for kind, name in enumerate(KINDS):
            for place, fullness in enumerate(steps):
                self._canvas.rect(_MARGIN + place * _LINE, self._top, _LINE - 2, _TEXT_SIZE + 1,
                                  shade(kind, fullness))
            share = total.blocks[kind] * self._blocks.block_pages
            left = _MARGIN + _LABEL + _STEP
            for text, column in ((name, 0), (f"{total.blocks[kind]:,} blocks", 90),
                                 (mib(share, self._page_size), 200), (MEANINGS[kind], 310)):
                self._canvas.text(left + column, self._top, text, _TEXT_SIZE)
            self._top += _LINE
        cell = size(self._blocks.cell_pages * self._page_size)
        several = f" ({self._blocks.per_cell:,} blocks)" if self._blocks.per_cell > 1 else ""
        self._canvas.text(_MARGIN, self._top, f"One cell is {cell}{several}, each line begins with "
                          "its first frame; a stronger colour: more of the cell is in use.",
                          _TEXT_SIZE, _DIM)


def _hover(cell: Cell) -> str:
    counts: List[str] = [f"{name.removesuffix('_pages')} {pages}"
                         for name, pages in zip(PAGES, cell.pages) if pages]
    blocks = f"{cell.count:,} blocks, " if cell.count > 1 else ""
    return f"frames {cell.pfn}-{cell.end - 1}: {blocks}{KINDS[cell.kind]}; " \
           f"pages: {', '.join(counts)}; longest free run {cell.longest}"
