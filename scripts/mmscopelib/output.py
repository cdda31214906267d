# SPDX-License-Identifier: GPL-2.0-only
"""Writes a view for programs: as the kernel wrote it, as JSON or as CSV.

All three write while they read, so memory does not grow with the table.
"""

from __future__ import annotations

import csv
import json
from io import BufferedReader
from typing import BinaryIO, Callable, Dict, List, TextIO

from .table import UNKNOWN, End, FormatError, Header, Table, Value, typed, unescape

_CHUNK = 1 << 16
_LINE_MAX = 1 << 15

Tick = Callable[[int], None]


def write_plain(stream: BufferedReader, out: BinaryIO, tick: Tick) -> End:
    """Copy the text untouched, and check that it is all there."""
    first = stream.readline()
    Header(first.decode("ascii", "backslashreplace"))
    second = stream.readline()
    out.write(first + second)
    # Neither the first, nor the column line, nor the end line is a row.
    rows = -1 if second.startswith(b"# ") and not second.startswith(b"# end") else 0
    tail = second
    while chunk := stream.read1(_CHUNK):
        out.write(chunk)
        rows += chunk.count(b"\n")
        tail = (tail + chunk)[-_LINE_MAX:]
        tick(rows)
    last = tail[tail.rfind(b"\n", 0, -1) + 1:]
    if not last.startswith(b"# end") or not last.endswith(b"\n"):
        raise FormatError("the text ends without an end line")
    end = End(last.decode("ascii", "backslashreplace"))
    if end.rows is not None and end.rows != rows:
        raise FormatError(f"the end line says rows={end.rows}, {rows} came")
    return end


def typed_keys(keys: Dict[str, str]) -> Dict[str, Value]:
    """The keys of a first or last line as a program wants them."""
    return {key: typed(key, value) for key, value in keys.items()}


def write_json(table: Table, out: TextIO, tick: Tick) -> End:
    """One JSON object: view, header, columns and rows (or values), end."""
    dumped = json.JSONEncoder().encode
    out.write(f'{{"view": {dumped(table.header.view)},\n')
    out.write(f' "header": {dumped(typed_keys(table.header.keys))},\n')
    if table.is_table:
        out.write(f' "columns": {dumped(table.columns)},\n "rows": [')
        comma = "\n  "
        for row in table.rows():
            record = {name: typed(name, field) for name, field in zip(table.columns, row)}
            out.write(comma + dumped(record))
            comma = ",\n  "
            tick(table.count)
        out.write("],\n")
    else:
        values = {name: typed(name, value) for name, value in table.values()}
        out.write(f' "values": {dumped(values)},\n')
    end = ended(table)
    out.write(f' "end": {dumped(typed_keys(end.keys))}}}\n')
    return end


def _cell(field: str) -> str:
    return "" if field == UNKNOWN else unescape(field)


def write_csv(table: Table, out: TextIO, tick: Tick) -> End:
    """A line of column names, then the rows; `-` becomes an empty cell."""
    writer = csv.writer(out, lineterminator="\n")
    if table.is_table:
        writer.writerow(table.columns)
        for row in table.rows():
            writer.writerow([_cell(field) for field in row])
            tick(table.count)
    else:
        names: List[str] = []
        cells: List[str] = []
        for name, value in table.values():
            names.append(name)
            cells.append(_cell(value))
        writer.writerow(names)
        writer.writerow(cells)
    return ended(table)


def ended(table: Table) -> End:
    """The last line of a table that has been read."""
    if table.end is None:
        raise FormatError("not read to its end")
    return table.end
