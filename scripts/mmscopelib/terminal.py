# SPDX-License-Identifier: GPL-2.0-only
"""Writes a view for a person: aligned columns, some colour, and the price.

Colour comes from python3-rich; without it, with NO_COLOR, or on a dumb
terminal the same text comes without colour.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
from typing import Callable, Dict, Iterator, List, Optional, Sequence, TextIO, Tuple

from .progress import Progress
from .table import End, FormatError, Header, Table, unescape

Piece = Tuple[str, str]         # text, style

# Rows that are looked at before the first is written, to size the columns.
_SAMPLE = 500
_GAP = "  "
_NUMERIC = re.compile(r"-?[0-9]+\Z|0x[0-9a-f]+\Z|-\Z")
_STATE_STYLES = {
    "present": "green", "swap": "yellow", "migration": "yellow", "device": "magenta",
    "hwpoison": "bold red", "marker": "magenta", "protnone": "yellow", "none": "dim",
    "unknown": "bold red", "on": "green", "off": "yellow", "ok": "green", "passed": "green",
    "failed": "bold red", "skipped": "yellow",
}
_FLAG_STYLES = {
    "dirty": "red", "write": "yellow", "user": "green", "accessed": "cyan", "nx": "dim",
    "huge": "bold magenta", "table": "blue", "exclusive": "cyan",
}


def visible(field: str) -> str:
    """A field without its escapes, but nothing that could steer the terminal."""
    text = unescape(field)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "".join(
        f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape")) for char in text)


def duration(ns: int) -> str:
    """Nanoseconds as a person reads them."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}" if ns < 1000 * size else f"{ns // size:,} {unit}"
    return f"{ns} ns"


class Screen:
    """Lines of styled pieces to a terminal.

    With @colour "always" they are coloured wherever they go and whatever the
    environment says, with "never" nowhere.
    """

    def __init__(self, out: TextIO, colour: str = "auto") -> None:
        self._out = out
        wanted = _wants_colour() if colour == "auto" else colour == "always"
        self._paint = _painter(out, colour == "always") if wanted else None

    @property
    def coloured(self) -> bool:
        """Whether styles show."""
        return self._paint is not None

    def can_show(self, text: str) -> bool:
        """Whether the terminal's encoding has all of @text."""
        try:
            text.encode(self._out.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return True

    def line(self, *pieces: Piece) -> None:
        """Write one line."""
        if self._paint:
            paint = self._paint
            self._out.write("".join(paint(style).format(text) for text, style in pieces) + "\n")
        else:
            self._out.write("".join(text for text, _ in pieces).rstrip() + "\n")


def _painter(out: TextIO, always: bool) -> Optional[Callable[[str], str]]:
    """A function from a style's name to what goes around a text of that style.

    Each style is looked up once: a table may have a million rows, and
    Console.print() takes a quarter of a millisecond for each.
    """
    if not always and not out.isatty():
        return None
    try:
        from rich.color import ColorSystem
        from rich.console import Console
        from rich.style import Style
    except ImportError:
        return None
    name = Console(file=out).color_system or ("256" if always else None)
    if name is None:
        return None
    system = ColorSystem[{"256": "EIGHT_BIT"}.get(name, name.upper())]

    @functools.lru_cache(maxsize=None)
    def around(style: str) -> str:
        return Style.parse(style).render("{}", color_system=system) if style else "{}"
    return around


def _wants_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _styled(column: str, field: str) -> List[Piece]:
    if field == "-":
        return [("-", "dim")]
    if column == "state":
        return [(field, _STATE_STYLES.get(field, ""))]
    if column == "flags" or column.endswith("_flags"):
        pieces: List[Piece] = []
        for word in field.split(","):
            if pieces:
                pieces.append((",", "dim"))
            pieces.append((word, _FLAG_STYLES.get(word, "")))
        return pieces
    return [(field, "")]


class Layout:
    """Widths and sides of the columns; widths only grow."""

    def __init__(self, columns: Sequence[str], sample: Sequence[Sequence[str]]) -> None:
        self.columns = columns
        self.widths = [len(name) for name in columns]
        for row in sample:
            self._fit(row)
        self.right = [all(_NUMERIC.match(row[i]) for row in sample) if sample else False
                      for i in range(len(columns))]

    def _fit(self, row: Sequence[str]) -> None:
        self.widths = [max(width, len(field)) for width, field in zip(self.widths, row)]

    def pieces(self, row: Sequence[str], style: str = "") -> Iterator[Piece]:
        """One row, padded; @style overrules the columns' own."""
        self._fit(row)
        for i, (column, field) in enumerate(zip(self.columns, row)):
            pad = " " * (self.widths[i] - len(field))
            if self.right[i] and pad:
                yield pad, ""
            yield from [(field, style)] if style else _styled(column, field)
            if i + 1 < len(row):
                yield (_GAP if self.right[i] else pad + _GAP), ""


def title(header: Header) -> List[Piece]:
    """The first line for a person: the view, and what it was asked."""
    pieces: List[Piece] = [(header.view, "bold")]
    for key, value in header.keys.items():
        if key != "format":
            pieces += [("  " + key + "=", "dim"), (visible(value), "")]
    return pieces


class Summary:
    """What a command adds below a table; it sees each row as it goes by."""

    def add(self, row: Dict[str, str]) -> None:
        """Take note of a row, fields by column."""
        raise NotImplementedError

    def lines(self, header: Header) -> List[str]:
        """The lines to add."""
        raise NotImplementedError


def write(table: Table, screen: Screen, progress: Progress,
          summary: Optional[Summary] = None) -> End:
    """Write a whole view."""
    if table.is_table:
        _write_rows(table, screen, progress, summary)
    else:
        values = {name: visible(value) for name, value in table.values()}
        progress.stop()
        screen.line(*title(table.header))
        write_values(values, screen)
    if table.end is None:
        raise FormatError("not read to its end")
    for line in summary.lines(table.header) if summary else ():
        screen.line((line, "bold"))
    screen.line(*footer(table.end, table.header.view))
    return table.end


def _write_rows(table: Table, screen: Screen, progress: Progress,
                summary: Optional[Summary]) -> None:
    rows = _visible_rows(table, progress, summary)
    sample = list(itertools.islice(rows, _SAMPLE))
    layout = Layout(table.columns, sample)
    progress.stop()
    screen.line(*title(table.header))
    screen.line(*layout.pieces(table.columns, "bold"))
    for row in itertools.chain(sample, rows):
        screen.line(*layout.pieces(row))


def _visible_rows(table: Table, progress: Progress,
                  summary: Optional[Summary]) -> Iterator[List[str]]:
    for row in table.rows():
        progress.tick(table.count)
        if summary:
            summary.add(dict(zip(table.columns, row)))
        yield [visible(field) for field in row]


def write_values(values: Dict[str, str], screen: Screen, indent: str = "") -> None:
    """Write names and values in two columns."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        screen.line((f"{indent}{name:{width}}{_GAP}", "dim"), (value, ""))


def footer(end: End, view: str) -> List[Piece]:
    """The last line for a person: complete or not, and the price of the read."""
    keys = end.keys
    what = "frames" if view.startswith("memory/") else "entries"
    pieces: List[Piece] = []
    if end.rows is not None:
        pieces.append((f"{end.rows:,} row{'' if end.rows == 1 else 's'}, ", "dim"))
    if end.complete:
        pieces.append(("complete", "green"))
    else:
        pieces.append(("INCOMPLETE", "bold red"))
        if "stopped" in keys:
            pieces.append((f" (stopped={keys['stopped']})", "red"))
    if "scanned" in keys:
        pieces.append((f"; looked at {int(keys['scanned']):,} {what}", "dim"))
    if "lock_max_ns" in keys and "lock_total_ns" in keys:
        pieces.append((f"; lock held {duration(int(keys['lock_max_ns']))} at most, "
                       f"{duration(int(keys['lock_total_ns']))} in all", "dim"))
    if keys.get("retries", "0") != "0":
        pieces.append((f"; {keys['retries']} retries", "yellow"))
    return pieces
