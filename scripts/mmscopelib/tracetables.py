# SPDX-License-Identifier: GPL-2.0-only
"""Makes tables in mmscope's text format of the maps of a bpftrace script."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .bpftrace import MAX_KEYS
from .cgroup import mount_point
from .errors import Failure
from .table import UNKNOWN, escape
from .tracecauses import cause
from .tracescript import Column, Key, Show
from .tracefs import Kernel

FORMAT = 1
# How bpftrace says that a map has no room: what the kernel has refused to put there.
_E2BIG = -7

Row = List[str]
_Buckets = List[Dict[str, int]]
_Groups = Dict[Tuple[str, ...], List[str]]


class Maps:
    """The maps as bpftrace prints them at its end."""

    def __init__(self) -> None:
        self._maps: Dict[str, Dict[str, Any]] = {}
        self._refused = False
        self.lost = 0

    def add(self, message: Dict[str, Any]) -> None:
        """Take a message of bpftrace's."""
        kind, data = message.get("type"), message.get("data")
        if kind == "lost_events" and isinstance(data, dict):
            self.lost += int(data.get("events", 0))
        elif kind == "helper_error":
            # Versions differ in where they put it.
            said = data if isinstance(data, dict) else message
            self._refused = self._refused or said.get("retcode") == _E2BIG
        elif kind in ("map", "hist", "stats") and isinstance(data, dict):
            for name, value in data.items():
                # A map without a key has one value, or the buckets of one.
                keyed = isinstance(value, dict) and not set(value) >= {"count", "total"}
                self._maps[name] = value if keyed else {"": value}

    def values(self, name: str) -> Dict[str, Any]:
        """The values of a map by key; none if nothing was ever put there."""
        return self._maps.get(name, {})

    @property
    def full(self) -> Optional[str]:
        """The name of a map that had no room any more; `@-` if that is not known."""
        for name, values in self._maps.items():
            if sum(map(_keys, values.values())) >= MAX_KEYS:
                return name
        return f"@{UNKNOWN}" if self._refused else None


def _keys(value: Any) -> int:
    """How many keys of the kernel's map a value takes: of a histogram, each bucket has one."""
    if not isinstance(value, list):
        return 1
    return sum(bool(bucket["count"]) for bucket in value)


def _share(buckets: _Buckets, percent: int) -> int:
    """What @percent of the values do not exceed, as far as the buckets tell."""
    wanted = sum(bucket["count"] for bucket in buckets) * percent
    seen = 0
    for bucket in sorted(buckets, key=_low):
        seen += bucket["count"]
        if 100 * seen >= wanted:
            return bucket.get("max", bucket.get("min", 0))
    return 0


def _low(bucket: Dict[str, int]) -> int:
    """Where a bucket begins; the one for all below zero has no begin."""
    return bucket.get("min", -1)


def _merged(histograms: Sequence[_Buckets]) -> _Buckets:
    """One histogram of several with the same classes."""
    sums: Dict[Tuple[int, int], Dict[str, int]] = {}
    for buckets in histograms:
        for bucket in buckets:
            limits = _low(bucket), bucket.get("max", -1)
            if limits in sums:
                sums[limits]["count"] += bucket["count"]
            else:
                sums[limits] = dict(bucket)
    return [sums[limits] for limits in sorted(sums)]


def _sum(values: Sequence[Dict[str, Any]], member: str) -> int:
    return sum(int(value[member]) for value in values)


# Of the values that have the same key when it is decoded.
_FUNCTIONS: Dict[Optional[str], Callable[[Sequence[Any]], int]] = {
    None: lambda values: sum(map(int, values)),
    "max": lambda values: max(map(int, values)),
    "count": lambda values: _sum(values, "count"),
    "total": lambda values: _sum(values, "total"),
    "average": lambda values: _sum(values, "total") // max(_sum(values, "count"), 1),
    "p50": lambda values: _share(_merged(values), 50),
    "p99": lambda values: _share(_merged(values), 99),
}


class Decoder:
    """Turns the numbers in keys into words."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._words: Dict[str, Dict[int, str]] = {}
        self._cgroups: Optional[Dict[str, str]] = None
        self._types: List[str] = []

    def __call__(self, key: Key, text: str) -> str:
        """The field for a part of a key."""
        if key.decode == "cgroup":
            return self.cgroup(text)
        if key.decode == "migratetype":
            return self._migratetype(text)
        if key.decode and key.decode.startswith("stack:"):
            return cause(key.decode[len("stack:"):], text)
        if key.decode and ":" in key.decode and text.lstrip("-").isdigit():
            word = self._table(key.decode).get(int(text), text)
            # Zones have names, and everything else has words.
            return word if key.column == "zone" else word.lower()
        return escape(text) or "-"

    def _table(self, decode: str) -> Dict[int, str]:
        if decode not in self._words:
            system, _, event = decode.partition(":")
            event, _, member = event.partition(".")
            self._words[decode] = self._kernel.words(system, event, member)
        return self._words[decode]

    def _migratetype(self, text: str) -> str:
        """The kernel's own names, in the order of their numbers."""
        if not self._types:
            with open("/proc/pagetypeinfo", encoding="ascii") as stream:
                line = next(line for line in stream if line.startswith("Number of blocks type"))
            self._types = line.lower().split()[4:]
        return self._types[int(text)] if int(text) < len(self._types) else text

    def cgroup(self, ino: str) -> str:
        """The path of a cgroup; its number if it is gone."""
        if self._cgroups is None or ino not in self._cgroups:
            self._cgroups = dict(_cgroups())
        return escape(self._cgroups.get(ino, ino))


def _cgroups() -> Iterator[Tuple[str, str]]:
    try:
        root = mount_point()
    except Failure:
        return
    for directory, _, _ in os.walk(root):
        try:
            yield str(os.stat(directory).st_ino), directory[len(root):] or "/"
        except OSError:
            continue


def _parts(keys: Sequence[Key], text: str) -> List[str]:
    """The parts of a key; a comma may be in the one that is a text."""
    parts = text.split(",") if len(keys) > 1 else [text]
    more = len(parts) - len(keys)
    at = next((i for i, key in enumerate(keys) if key.decode == "text"), 0)
    if more > 0:
        parts[at:at + more + 1] = [",".join(parts[at:at + more + 1])]
    return [part.strip() for part in parts]


def columns_of(show: Show) -> List[str]:
    """The names of a table's columns."""
    keys = [key.column for key in show.keys]
    if show.columns[0].function == "histogram":
        return [*keys, "from", "to", show.columns[0].column]
    return [*keys, *(column.column for column in show.columns)]


def rows_of(show: Show, maps: Maps, decode: Decoder) -> List[Row]:
    """The rows of a table, the largest first."""
    # By map: two maps need not have the same stack for the same cause.
    groups = {column.map: _groups(show, maps, column.map, decode) for column in show.columns}
    first = groups[show.columns[0].map]
    if show.columns[0].function == "histogram":
        return list(_histogram(show.columns[0].map, first, maps))
    rows = [(fields, [_value(maps, column, groups[column.map].get(fields, ()))
                      for column in show.columns]) for fields in first]
    rows.sort(key=lambda row: (-(row[1][0] or 0), row[0]))
    return [[*fields, *("-" if value is None else str(value) for value in values)]
            for fields, values in rows if values[0]]


def _groups(show: Show, maps: Maps, name: str, decode: Decoder) -> _Groups:
    """The keys of a map by what they are when they are decoded."""
    groups: _Groups = {}
    for key in maps.values(name):
        groups.setdefault(tuple(_fields(show, key, decode)), []).append(key)
    return groups


def _histogram(name: str, groups: _Groups, maps: Maps) -> Iterator[Row]:
    for fields, keys in sorted(groups.items()):
        for bucket in _merged([maps.values(name)[key] for key in keys]):
            if bucket["count"]:
                yield [*fields, str(bucket.get("min", "-")), str(bucket.get("max", "-")),
                       str(bucket["count"])]


def _fields(show: Show, key: str, decode: Decoder) -> Row:
    if not show.keys:
        return []
    return [decode(name, part) for name, part in zip(show.keys, _parts(show.keys, key))]


def _value(maps: Maps, column: Column, keys: Sequence[str]) -> Optional[int]:
    values = [value for value in map(maps.values(column.map).get, keys) if value is not None]
    return _FUNCTIONS[column.function](values) if values else None


def head(name: str, words: Iterable[str]) -> str:
    """The first line of a table."""
    return " ".join(("# mmscope", f"trace/{name}", f"format={FORMAT}", *words)) + "\n"


def body(columns: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """The second line and the rows."""
    yield "# " + " ".join(columns) + "\n"
    for row in rows:
        yield " ".join(row) + "\n"


def end(rows: int, complete: bool, words: Iterable[str] = ()) -> str:
    """The last line."""
    return " ".join((f"# end rows={rows}", f"complete={int(complete)}", *words)) + "\n"
