# SPDX-License-Identifier: GPL-2.0-only
"""The binary records of process/entries_raw, as module/mmscope_records.h has them."""

from __future__ import annotations

import struct
from io import BufferedReader
from typing import BinaryIO, Callable, Iterator, Tuple

from .table import End, FormatError

_RECORD = struct.Struct("=QQ")
_CHUNK = 4096 * _RECORD.size
_HEAD, _END = 14, 15
_FORMAT = 1
_LEVELS = ("pte", "pmd", "pud", "p4d", "pgd")
_STATES = ("none", "present", "swap", "migration", "device", "hwpoison", "marker", "protnone",
           "unknown")


def is_binary(stream: BufferedReader) -> bool:
    """Whether @stream begins with a head record."""
    first = stream.peek(_RECORD.size)[:_RECORD.size]
    return len(first) == _RECORD.size and bool(_RECORD.unpack(first)[0] == _HEAD)


def copy(stream: BufferedReader, out: BinaryIO, tick: Callable[[int], None]) -> End:
    """Copy the records untouched, and check that they are all there."""
    size, tail = 0, b""
    while chunk := stream.read1(_CHUNK):
        out.write(chunk)
        size += len(chunk)
        tail = (tail + chunk)[-_RECORD.size:]
        tick(max(size // _RECORD.size - 2, 0))
    if size % _RECORD.size or len(tail) != _RECORD.size:
        raise FormatError("the file ends inside a record")
    where, complete = _RECORD.unpack(tail)
    if where & 0xf != _END:
        raise FormatError("the file ends without an end record")
    return End(_end_line(size // _RECORD.size - 2, complete))


def as_text(stream: BufferedReader, view: str) -> Iterator[bytes]:
    """The lines of the text view that has the same rows."""
    rows = 0
    for where, entry in _records(stream):
        kind = where & 0xf
        if kind == _HEAD:
            if entry != _FORMAT:
                raise FormatError(f"records of format {entry}, this program knows {_FORMAT}")
            yield f"# mmscope {view} format={entry}\n".encode()
            yield b"# va level entry state\n"
        elif kind == _END:
            yield (_end_line(rows, entry) + "\n").encode()
            return
        else:
            level = where >> 4 & 7
            if level >= len(_LEVELS) or kind >= len(_STATES):
                raise FormatError(f"a record with level {level} and state {kind}")
            rows += 1
            yield (f"0x{where & ~0xfff:x} {_LEVELS[level]} 0x{entry:x} "
                   f"{_STATES[kind]}\n").encode()


def _end_line(rows: int, complete: int) -> str:
    return f"# end rows={rows} complete={complete}"


def _records(stream: BufferedReader) -> Iterator[Tuple[int, int]]:
    while chunk := stream.read(_CHUNK):
        if len(chunk) % _RECORD.size:
            raise FormatError("the file ends inside a record")
        for where, entry in _RECORD.iter_unpack(chunk):
            yield where, entry
