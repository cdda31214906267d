# SPDX-License-Identifier: GPL-2.0-only
"""The parts of the picture, as lines of styled text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ..procfs import REFAULTS, SCANNED_BY_KSWAPD, SCANNED_DIRECTLY, TAKEN_BACK, used
from ..terminal import Piece, visible
from .look import Look, Pair, Row

Line = List[Piece]

PAGE_KB = os.sysconf("SC_PAGE_SIZE") >> 10
SIZE, GROWTH, NAME = "size", "growth", "name"
SORTS = (SIZE, GROWTH, NAME)

_BAR = 20
# Percent of the time.
_MUCH = 10
_STATES = {"above_high": "green", "between_low_and_high": "", "below_low": "yellow",
           "below_min": "bold red"}


def amount(kb: float) -> str:
    """KiB in at most seven characters."""
    for unit, shift in (("T", 30), ("G", 20), ("M", 10)):
        if abs(kb) >= 1 << shift:
            return f"{kb / (1 << shift):.1f}{unit}"
    return f"{kb:.0f}K"


def count(number: float) -> str:
    """A number in at most five characters."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size * 10:
            return f"{number / size:.0f}{unit}"
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def number(row: Row, name: str) -> int:
    """A field that may be unknown."""
    field = row.get(name, "-")
    return int(field) if field.lstrip("-").isdigit() else 0


def title(text: str, about: str = "") -> Line:
    """The first line of a part."""
    return [(text, "bold"), (f"  {about}" if about else "", "dim")]


def missing(look: Look, view: str, heading: str) -> Optional[List[Line]]:
    """What stands there if a view could not be read."""
    if view in look.rows:
        return None
    return [title(heading), [(look.missing.get(view, "not read"), "yellow")]]


def memory(pair: Pair) -> List[Line]:
    """What memory is used for, swap, and who waits."""
    info = pair.now.meminfo
    parts = used(info)
    total, swap = info.get("MemTotal", 0), info.get("SwapTotal", 0)
    words: List[List[Tuple[str, str, str]]] = [
        [("memory", amount(total), "bold"), ("available", amount(info.get("MemAvailable", 0)),
                                             "bold")],
        [], []]
    for line, names in ((0, ("free", "files", "shmem", "anon")),
                        (1, ("hugetlb", "slab", "tables", "other"))):
        words[line] += [(name, amount(parts[name]), "") for name in names if parts[name]]
    words[2] += [("swap", f"{amount(swap - info.get('SwapFree', 0))} of {amount(swap)}", "")] \
        if swap else [("swap", "none", "")]
    for name, text in (("some", "some task waits"), ("full", "all wait")):
        share = pair.waiting(name)
        if share is not None:
            style = "bold red" if share > _MUCH else "yellow" if share >= 1 else ""
            words[2].append((text, f"{share:.1f} %", style))
    return [[piece for name, text, style in line
             for piece in ((f"{name} ", "dim"), (f"{text}  ", style))] for line in words]


def zones(pair: Pair) -> List[Line]:
    """Free pages of each zone against its watermarks."""
    heading = "Zones"
    gone = missing(pair.now, "memory/zones", heading)
    if gone:
        return gone
    lines = [title(heading, "free memory; | min | low | high")]
    lines.append([(f"{'zone':11}{'free':>8}{'min':>8}{'low':>8}{'high':>8}  ", "dim")])
    for row in pair.now.rows["memory/zones"]:
        if not number(row, "managed_pages"):
            continue
        name = f"{row.get('node', '-')} {row.get('zone', '-')}"
        sizes = "".join(f"{amount(number(row, column) * PAGE_KB):>8}" for column in
                        ("free_pages", "min_pages", "low_pages", "high_pages"))
        state = row.get("state", "-")
        reclaim = row.get("reclaim", "none")
        lines.append([(f"{name:11.11}", "bold"), (sizes + "  ", ""),
                      (_bar(row), _STATES.get(state, "")),
                      (f"  {reclaim.replace('_', ' ')}" if reclaim not in ("none", "-") else "",
                       "yellow")])
    return lines


def _bar(row: Row) -> str:
    """Free pages up to twice the high watermark."""
    marks = [number(row, name) for name in ("min_pages", "low_pages", "high_pages")]
    whole = max(2 * marks[2], 1)
    filled = min(number(row, "free_pages") * _BAR // whole, _BAR)
    bar = ["#" if place < filled else "." for place in range(_BAR)]
    for mark in marks:
        bar[min(mark * _BAR // whole, _BAR - 1)] = "|"
    return "".join(bar)


def free_lists(pair: Pair) -> List[Line]:
    """Free blocks by order, and what part of free memory is too small for each."""
    heading = "Free blocks"
    gone = missing(pair.now, "buddy/freelists", heading)
    if gone:
        return gone
    blocks: Dict[str, Dict[int, int]] = {}
    for row in pair.now.rows["buddy/freelists"]:
        orders = blocks.setdefault(f"{row.get('node', '-')} {row.get('zone', '-')}", {})
        order = number(row, "order")
        orders[order] = orders.get(order, 0) + number(row, "blocks")
    unusable: Dict[str, Dict[int, int]] = {}
    for row in pair.now.rows.get("buddy/fragmentation", []):
        unusable.setdefault(f"{row.get('node', '-')} {row.get('zone', '-')}", {})[
            number(row, "order")] = number(row, "unusable_index")
    last = max((order for orders in blocks.values() for order in orders), default=0)
    lines = [title(heading, "by order; below, % of free memory that is too small for it")]
    lines.append([(f"{'zone':11}" + "".join(f"{order:>5}" for order in range(last + 1)), "dim")])
    for zone, orders in blocks.items():
        lines.append([(f"{zone:11.11}", "bold"),
                      ("".join(f"{count(orders.get(order, 0)):>5}" for order in range(last + 1)),
                       "")])
        if zone in unusable:
            lines.append([(f"{'':11}", ""), *(_part(unusable[zone].get(order, 0) / 10)
                                              for order in range(last + 1))])
    return lines


def _part(percent: float) -> Piece:
    style = "bold red" if percent >= 90 else "yellow" if percent >= 50 else "dim"
    return f"{percent:>4.0f}%", style


_RATES: Sequence[Tuple[str, Tuple[str, ...], str]] = (
    ("minor faults", ("pgfault",), ""), ("major faults", ("pgmajfault",), "yellow"),
    ("scanned, kswapd", SCANNED_BY_KSWAPD, ""),
    ("scanned, direct", SCANNED_DIRECTLY, "yellow"),
    ("taken back", TAKEN_BACK, ""), ("refaults", REFAULTS, "yellow"),
    ("swapped out", ("pswpout",), "yellow"), ("swapped in", ("pswpin",), "yellow"),
    ("compaction waits", ("compact_stall",), "yellow"),
    ("compaction fails", ("compact_fail",), "yellow"),
    ("pages migrated", ("pgmigrate_success",), ""),
    ("THP faults", ("thp_fault_alloc",), ""), ("THP fallbacks", ("thp_fault_fallback",), "yellow"))


def rates(pair: Pair) -> List[Line]:
    """Faults, reclaim and compaction per second, two to a line."""
    cells: List[Line] = []
    stalls = [name for name in pair.now.vmstat if name.startswith("allocstall")]
    for name, counters, style in (*_RATES, ("reclaim waits", tuple(stalls), "yellow")):
        rate = pair.rate(*counters)
        shown = "-" if rate is None else count(rate)
        cells.append([(f"{name:17}", "dim"), (f"{shown:>7}", style if rate else "")])
    cells.append([(f"{'OOM kills so far':17}", "dim"),
                  (f"{pair.now.vmstat.get('oom_kill', 0):>7}", "")])
    half = (len(cells) + 1) // 2
    lines = [title("Per second")]
    for i in range(half):
        right = cells[half + i] if half + i < len(cells) else []
        lines.append([*cells[i], ("   ", ""), *right])
    return lines


@dataclass(frozen=True)
class Top:
    """A view whose rows have a name and a size."""

    view: str
    heading: str
    name: Callable[[Row], Optional[str]]
    kb: Callable[[Row], float]
    more: str                       # another column, and its heading
    shown: Callable[[Row], str]


def _process(row: Row) -> Optional[str]:
    return f"{row.get('pid', '-'):>7} {visible(row.get('comm', '-'))}"


def _file(row: Row) -> Optional[str]:
    if row.get("dev", "-") == "-":
        return None                 # the sum of what is not listed
    return visible(row.get("path", "-"))


TOPS = (
    Top("oom/badness", "Page tables", _process, lambda row: number(row, "pgtable_bytes") / 1024,
        "rss", lambda row: amount(number(row, "rss_pages") * PAGE_KB)),
    Top("slab/caches", "Slab", lambda row: visible(row.get("name", "-")),
        lambda row: number(row, "total_bytes") / 1024, "used",
        lambda row: f"{100 * number(row, 'active_objects') // max(number(row, 'objects'), 1)}%"),
    Top("pagecache/files", "Page cache", _file,
        lambda row: number(row, "cached_pages") * PAGE_KB, "dirty",
        lambda row: amount(number(row, "dirty_pages") * PAGE_KB)))


def top(pair: Pair, what: Top, sort: str, rows: int, width: int) -> List[Line]:
    """The largest, or those that have grown most, or all by name."""
    gone = missing(pair.now, what.view, what.heading)
    if gone:
        return gone
    before = _sizes(pair.before, what) if pair.before else {}
    sizes = _sizes(pair.now, what)
    grown = {name: kb - before.get(name, kb) for name, kb in sizes.items()}
    keys: Dict[str, Callable[[str], Tuple[float, str]]] = {
        SIZE: lambda name: (-sizes[name], name), NAME: lambda name: (0, name),
        GROWTH: lambda name: (-grown[name], name)}
    shown = {name: what.shown(row) for row in pair.now.rows[what.view]
             if (name := what.name(row)) is not None}
    room = max(width - 24, 8)
    lines = [title(what.heading, f"{len(sizes)}, by {sort}"),
             [(f"{'size':>8}{'change':>9}{what.more:>7} name", "dim")]]
    for name in sorted(sizes, key=keys[sort])[:rows]:
        change = f"{grown[name]:+.0f}K" if abs(grown[name]) < 1024 else \
            f"{'+' if grown[name] > 0 else '-'}{amount(abs(grown[name]))}"
        lines.append([(f"{amount(sizes[name]):>8}", ""),
                      (f"{change if grown[name] else '.':>9}",
                       "yellow" if grown[name] > 0 else "green" if grown[name] < 0 else "dim"),
                      (f"{shown[name]:>7} ", "dim"), (_short(name, room), "")])
    return lines


def _sizes(look: Look, what: Top) -> Dict[str, float]:
    sizes: Dict[str, float] = {}
    for row in look.rows.get(what.view, []):
        name = what.name(row)
        if name is not None:
            sizes[name] = sizes.get(name, 0.0) + what.kb(row)
    return sizes


def _short(name: str, room: int) -> str:
    """The end of a path says more than its beginning."""
    if len(name) <= room:
        return name
    return f"…{name[-room + 1:]}" if name.startswith("/") else f"{name[:room - 1]}…"
