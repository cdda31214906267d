# SPDX-License-Identifier: GPL-2.0-only
"""Reads the text format of mmscope's views, one row at a time.

A view is either a table

    # mmscope process/ranges format=1 pid=1 comm=init
    # start end level state flags pages
    0x1000 0x2000 pte present user,accessed 1
    # end rows=1 complete=1 scanned=1 lock_max_ns=900 lock_total_ns=900

or `name: value` lines between the same first and last line.  Nothing but the
current row is kept, so a table of millions of rows costs no memory.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

Value = Union[None, int, str, List[str]]

UNKNOWN = "-"
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")
_DECIMAL = re.compile(r"-?[0-9]+\Z")

# A file may be called "12" and a set of flags may hold one word, so what a
# field is follows from its column and not from what it happens to look like.
_TEXT_COLUMNS = frozenset((
    "cache", "comm", "dev", "file", "kernel", "kind", "level", "name", "owner", "path",
    "perms", "reason", "state", "status", "type", "version", "view", "zone"))


class FormatError(Exception):
    """The text is not a complete, well-formed view."""


def unescape(field: str) -> str:
    r"""Undo `\xHH`.  Bytes that are no UTF-8 become lone surrogates (PEP 383)."""
    if "\\" not in field:
        return field
    raw = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), field.encode("ascii"))
    return raw.decode("utf-8", "surrogateescape")


def escape(text: str) -> str:
    r"""A text as the format has it: no blank and nothing unprintable in it, but `\xHH`."""
    raw = text.encode("utf-8", "surrogateescape")
    field = "".join(chr(byte) if 0x21 <= byte <= 0x7e and byte != 0x5c else f"\\x{byte:02x}"
                    for byte in raw)
    return r"\x2d" if field == UNKNOWN else field


def is_set(column: str) -> bool:
    """Whether the fields of @column are sets of words."""
    return column == "flags" or column.endswith("_flags")


def typed(column: str, field: str) -> Value:
    """A field as a program wants it: `-` None, decimal int, set list, else text.

    `0x...` stays text: most JSON readers lose the low bits of a 64-bit number.
    """
    if field == UNKNOWN:
        return None
    if is_set(column):
        return [unescape(word) for word in field.split(",")]
    if column not in _TEXT_COLUMNS and _DECIMAL.match(field):
        return int(field)
    return unescape(field)


def _keys(words: Sequence[str], line: str) -> Dict[str, str]:
    keys: Dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise FormatError(f"'{word}' is not key=value in: {line}")
        keys[key] = value
    return keys


class Header:
    """The first line: which view this is, and what it was asked."""

    def __init__(self, line: str) -> None:
        words = line.split()
        if len(words) < 4 or words[:2] != ["#", "mmscope"]:
            raise FormatError(f"not the first line of a view: {line[:80]}")
        self.view = words[2]
        self.keys = _keys(words[3:], line)
        if not self.keys.get("format", "").isdigit():
            raise FormatError(f"the first line has no format=: {line}")

    @property
    def format(self) -> int:
        """The format number; it is raised when columns change meaning."""
        return int(self.keys["format"])


class End:
    """The last line: whether the answer is complete, and what it cost."""

    def __init__(self, line: str) -> None:
        self.keys = _keys(line.split()[2:], line)

    @property
    def complete(self) -> bool:
        """False when the view stopped before it had seen everything."""
        return self.keys.get("complete", "1") == "1"

    @property
    def stopped(self) -> Optional[str]:
        """Why it is not complete; None if it is."""
        return None if self.complete else self.keys.get("stopped", UNKNOWN)

    @property
    def rows(self) -> Optional[int]:
        """How many rows the kernel says it wrote."""
        rows = self.keys.get("rows", "")
        return int(rows) if rows.isdigit() else None


class Table:
    """One view being read: `header` at once, `rows()` as they come, then `end`."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._lines = iter(stream)
        self.header = Header(self._line())
        self.columns: List[str] = []
        self.end: Optional[End] = None
        self.count = 0
        self._held: Optional[str] = self._line()
        if self._held.startswith("# ") and not self._held.startswith("# end"):
            self.columns = self._held.split()[1:]
            self._held = None

    @property
    def is_table(self) -> bool:
        """True for rows under a column line, False for `name: value` lines."""
        return bool(self.columns)

    def _line(self) -> str:
        for raw in self._lines:
            if not raw.endswith(b"\n"):
                raise FormatError("the text ends inside a line")
            return raw.decode("ascii", "backslashreplace").rstrip("\n")
        raise FormatError("the text ends without an end line")

    def _body(self) -> Iterator[str]:
        while True:
            line = self._held if self._held is not None else self._line()
            self._held = None
            if line.startswith("# end"):
                self._finish(End(line))
                return
            self.count += 1
            yield line

    def _finish(self, end: End) -> None:
        if end.rows is not None and end.rows != self.count:
            raise FormatError(f"the end line says rows={end.rows}, {self.count} rows came")
        self.end = end

    def rows(self) -> Iterator[List[str]]:
        """The rows, each a list of fields as the kernel wrote them."""
        width = len(self.columns)
        for line in self._body():
            fields = line.split()
            if len(fields) != width:
                raise FormatError(f"{len(fields)} fields under {width} columns: {line}")
            yield fields

    def values(self) -> Iterator[Tuple[str, str]]:
        """The pairs of a `name: value` view, values as the kernel wrote them."""
        for line in self._body():
            name, colon, value = line.partition(":")
            if not colon:
                raise FormatError(f"not a 'name: value' line: {line}")
            yield name, value.strip()
