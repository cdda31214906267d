# SPDX-License-Identifier: GPL-2.0-only
"""What is largest: page-table bills, slab caches, files in the page cache."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ..terminal import visible
from .load import Recording
from .memory import number
from .series import Number

Row = Dict[str, str]

# Moments, and names of which each moment's largest are among them.
_MOMENTS = 240
_LARGEST = 12
_NAMES = 40


class Kind(NamedTuple):
    """A view with a size in each row."""

    ident: str
    view: str
    title: str
    what: str               # a row is
    unit: str
    name: Callable[[Row], Optional[str]]
    size: Callable[[Row], int]
    detail: Callable[[Row], str]


def _process(row: Row) -> Optional[str]:
    return f"{visible(row.get('comm', '-'))} ({row.get('pid', '-')})"


def _process_detail(row: Row) -> str:
    return f"rss {row.get('rss_pages', '-')} pages, swap {row.get('swap_pages', '-')} pages, " \
           f"oom score {row.get('score', '-')}"


def _cache_detail(row: Row) -> str:
    return f"{row.get('active_objects', '-')} of {row.get('objects', '-')} objects of " \
           f"{row.get('object_size', '-')} bytes in use"


def _file(row: Row) -> Optional[str]:
    # The last row is the sum of what is not listed.
    if row.get("dev", "-") == "-":
        return None
    path = row.get("path", "-")
    return visible(path) if path != "-" else f"inode {row.get('inode')} of {row.get('dev')}"


def _file_detail(row: Row) -> str:
    return f"{row.get('fstype', '-')}; {row.get('dirty_pages', '-')} dirty, " \
           f"{row.get('mapped_pages', '-')} mapped, {row.get('evicted_pages', '-')} evicted pages"


def _kinds(page: int) -> List[Kind]:
    return [
        Kind("bills", "oom/badness", "Page tables of the processes", "process", "B", _process,
             lambda row: number(row, "pgtable_bytes"), _process_detail),
        Kind("caches", "slab/caches", "Slab caches", "cache", "B",
             lambda row: visible(row.get("name", "-")),
             lambda row: number(row, "total_bytes"), _cache_detail),
        Kind("files", "pagecache/files", "Files in the page cache", "file", "B", _file,
             lambda row: number(row, "cached_pages") * page, _file_detail)]


def tops(recording: Recording) -> Dict[str, Dict[str, Any]]:
    """A table for each kind that was recorded, by its ident."""
    found = {}
    for kind in _kinds(recording.page_kb << 10):
        table = _top(recording, kind)
        if table["t"]:
            found[kind.ident] = table
    return found


def _top(recording: Recording, kind: Kind) -> Dict[str, Any]:
    moments: List[Dict[str, int]] = []
    times: List[float] = []
    details: Dict[str, str] = {}
    for answer in recording.answers(kind.view, _MOMENTS):
        sizes: Dict[str, int] = {}
        for row in answer.rows:
            name = kind.name(row)
            if name is None:
                continue
            sizes[name] = sizes.get(name, 0) + kind.size(row)
            details[name] = kind.detail(row)
        times.append(answer.when)
        moments.append(sizes)
    names = _largest(moments)
    return {"id": kind.ident, "title": kind.title, "what": kind.what, "unit": kind.unit,
            "t": times, "of": max((len(sizes) for sizes in moments), default=0),
            "rows": [{"name": name, "detail": details[name],
                      "y": [sizes.get(name) for sizes in moments]} for name in names]}


def _largest(moments: List[Dict[str, int]]) -> List[str]:
    """Names that are among the largest at some moment; of too many, the largest."""
    peak: Dict[str, int] = {}
    for sizes in moments:
        for name in sorted(sizes, key=lambda one: -sizes[one])[:_LARGEST]:
            peak[name] = max(peak.get(name, 0), sizes[name])
    return sorted(peak, key=lambda name: (-peak[name], name))[:_NAMES]


def growth(table: Dict[str, Any]) -> List[Tuple[float, str]]:
    """By how much each grew from the first to the last moment, and its name, the most first.

    What was not there counts as nothing.
    """
    def by(values: List[Number]) -> float:
        return (values[-1] or 0) - (values[0] or 0)

    rows = [(by(row["y"]), str(row["name"])) for row in table["rows"]]
    return sorted(rows, key=lambda row: -row[0])
