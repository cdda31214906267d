# SPDX-License-Identifier: GPL-2.0-only
"""What there is to say about a recording, in words, the worst first.

The limits are those of docs/reference/report.md.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..procfs import REFAULTS, TAKEN_BACK
from .claims import Chapter, count
from .happened import COMPACTS, DIRECT, Happened, Kill
from .machine import Machine
from .memory import Fragmentation, Zones, zone_title
from .series import Columns, Number
from .tops import growth

Finding = Dict[str, Any]

BAD, WATCH, NOTE, GOOD = "bad", "watch", "note", "good"
_ORDER = (BAD, WATCH, NOTE, GOOD)

# Percent of MemTotal that is available at the lowest.
_SCARCE, _VERY_SCARCE = 10, 3
# Percent of the time in which tasks wait for memory, and in which all do.
_SOME, _FULL = 1.0, 0.1
# Growth that is worth a word: KiB, and percent of what there was.
_GROWTH_KB, _GROWTH_PERCENT = 16 << 10, 20
# Part of a growth from which on somebody is named for it.
_SHARE = 0.1
# Part of what was reclaimed that was needed again, and pages below which that says little.
_REFAULTS_PART, _REFAULTS_PAGES = 0.1, 1000
# Thousandths of free memory that are of no use for a pageblock.
_UNUSABLE = 500
# Kills that are named one by one.
_NAMED = 4


class Parts(NamedTuple):
    """All that findings are made of."""

    machine: Machine
    zones: Zones
    fragmentation: Fragmentation
    happened: Happened
    tops: Dict[str, Dict[str, Any]]
    chapters: List[Chapter]
    block_pages: int
    page_kb: int


def amount(kb: float) -> str:
    """KiB as a person reads them."""
    for unit, shift in (("GiB", 20), ("MiB", 10)):
        if abs(kb) >= 1 << shift:
            return f"{kb / (1 << shift):.3g} {unit}"
    return f"{kb:.0f} KiB"


def findings(parts: Parts) -> List[Finding]:
    """All findings."""
    found = [finding for about in _ABOUT for finding in about(parts)]
    if not any(finding["level"] in (BAD, WATCH) for finding in found):
        found.insert(0, _quiet(parts))
    return sorted(found, key=lambda finding: _ORDER.index(finding["level"]))


def _say(level: str, text: str, section: str, when: Optional[float] = None) -> Finding:
    return {"level": level, "text": text, "section": section, "t": when}


def _quiet(parts: Parts) -> Finding:
    if not parts.machine.vmstat.times:
        return _say(NOTE, "/proc/vmstat was not recorded, so there is little to find.", "about")
    return _say(GOOD, "No process was killed for want of memory, no allocation had to wait for "
                "reclaim or compaction, and nothing was swapped.", "memory")


def _plural(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _kills(parts: Parts) -> Iterator[Finding]:
    kills = parts.happened.kills
    counted = parts.machine.vmstat.grown("oom_kill")
    if kills:
        named = ", ".join(map(_kill, kills[:_NAMED]))
        more = f" and {len(kills) - _NAMED:,} more" if len(kills) > _NAMED else ""
        yield _say(BAD, f"The OOM killer chose {_plural(len(kills), 'process', 'processes')}: "
                   f"{named}{more}.", "events", kills[0].when)
    elif counted:
        many = _plural(counted, "process was", "processes were")
        yield _say(BAD, f"{many} killed for want of memory; which ones was not recorded.",
                   "events")


def _kill(kill: Kill) -> str:
    where = f" in {kill.memcg}" if kill.memcg not in ("-", "/") else ""
    return f"{kill.comm} ({kill.pid}){where} at {kill.when:.1f} s"


def _lowest(columns: Columns, name: str) -> Optional[Tuple[float, float]]:
    """The smallest value, and when."""
    known = [(value, when) for value, when in zip(columns[name], columns.times)
             if value is not None]
    return min(known) if known else None


def _available(parts: Parts) -> Iterator[Finding]:
    info = parts.machine.meminfo
    lowest, total = _lowest(info, "MemAvailable"), info["MemTotal"][-1:]
    if not lowest or not total or not total[0]:
        return
    percent = 100 * lowest[0] / total[0]
    level = BAD if percent < _VERY_SCARCE else WATCH if percent < _SCARCE else NOTE
    yield _say(level, f"At the lowest, {amount(lowest[0])} of {amount(total[0])} were available "
               f"({percent:.0f} %).", "memory", lowest[1])


def _below(columns: Columns, name: str) -> List[int]:
    """The moments at which free pages were not above this watermark."""
    return [i for i, (free, mark) in enumerate(zip(columns["free_pages"], columns[name]))
            if free is not None and mark is not None and free <= mark]


def _watermarks(parts: Parts) -> Iterator[Finding]:
    zones = parts.zones
    for zone, columns in zones.columns.items():
        name = zone_title(zone, zones.names)
        title = name[0].upper() + name[1:]
        if any(columns["hopeless"]):
            yield _say(BAD, f"{title}: kswapd had given up.", "memory")
        for mark, level, means in (("min_pages", BAD, "allocations had to reclaim"),
                                   ("low_pages", WATCH, "kswapd was at work")):
            moments = _below(columns, mark)
            if moments:
                lowest = min(moments, key=lambda i: columns["free_pages"][i] or 0)
                free = (columns["free_pages"][lowest] or 0) * parts.page_kb
                yield _say(level, f"{title} was at or below its {mark.removesuffix('_pages')} "
                           f"watermark in {len(moments)} of {len(columns.times)} samples "
                           f"({means}); at the lowest, {amount(free)} were free.", "memory",
                           columns.times[lowest])
                break


def _reclaim(parts: Parts) -> Iterator[Finding]:
    stat = parts.machine.vmstat
    stalls = stat.grown(*(name for name in stat.names if name.startswith("allocstall")))
    if stalls:
        count_, busy, longest = parts.happened.total(DIRECT)
        took = f" Those that were traced took {busy * 1000:,.0f} ms in all, " \
            f"{longest * 1000:,.0f} ms at the longest." if count_ else ""
        yield _say(WATCH, f"{_plural(stalls, 'allocation', 'allocations')} had to reclaim memory "
                   f"before going on.{took}", "reclaim")
    stolen, back = stat.grown(*TAKEN_BACK), stat.grown(*REFAULTS)
    if back > _REFAULTS_PAGES and back > stolen * _REFAULTS_PART:
        yield _say(WATCH, f"{back:,} pages were needed again soon after they had been reclaimed "
                   f"({stolen:,} were): memory is too small for what is in use.", "reclaim")


def _swap(parts: Parts) -> Iterator[Finding]:
    stat = parts.machine.vmstat
    out, in_ = stat.grown("pswpout"), stat.grown("pswpin")
    if out or in_:
        yield _say(WATCH, f"{amount(out * parts.page_kb)} were swapped out, "
                   f"{amount(in_ * parts.page_kb)} swapped in.", "reclaim")


def _pressure(parts: Parts) -> Iterator[Finding]:
    columns = parts.machine.pressure
    span = columns.times[-1] - columns.times[0] if len(columns.times) > 1 else 0
    if not span:
        return
    some, full = (columns.grown(name) / span / 1e4 for name in ("some", "full"))
    if some >= _SOME or full >= _FULL:
        rates = columns.rate("some")
        worst = max(range(len(rates)), key=lambda i: rates[i] or 0)
        yield _say(WATCH, f"Tasks waited for memory {some:.2g} % of the time, all of them at once "
                   f"{full:.2g} %; at the worst {(rates[worst] or 0) / 1e4:.0f} % of an interval.",
                   "pressure", columns.times[worst])


def _compaction(parts: Parts) -> Iterator[Finding]:
    stat = parts.machine.vmstat
    stalls, failed = stat.grown("compact_stall"), stat.grown("compact_fail")
    if stalls:
        count_, busy, _ = parts.happened.total(COMPACTS)
        took = f" It took {busy * 1000:,.0f} ms." if count_ else ""
        yield _say(WATCH, f"{_plural(stalls, 'allocation', 'allocations')} waited for compaction, "
                   f"which had nothing for {failed:,} of them.{took}", "compaction")
    got, fell = stat.grown("thp_fault_alloc"), stat.grown("thp_fault_fallback")
    if fell:
        yield _say(WATCH if fell > got * 0.1 else NOTE, f"{fell:,} of {got + fell:,} page faults "
                   "that could have had a huge page got small ones.", "huge")


def _fragmented(parts: Parts) -> Iterator[Finding]:
    if not parts.block_pages or not parts.zones.names:
        return
    order, zone = str(parts.block_pages.bit_length() - 1), parts.zones.largest()
    columns = parts.fragmentation.unusable.get(zone)
    values = [value for value in columns[order] if value is not None] if columns else []
    if not values:
        return
    verdict = parts.fragmentation.verdicts[zone][-1].get(order, "-")
    words = {"now": "would get one at once", "after_compaction": "would have to compact first",
             "no": "would get none"}
    level = WATCH if values[-1] >= _UNUSABLE else NOTE
    yield _say(level, f"At the end, {values[-1] / 10:.0f} % of the free memory of "
               f"{zone_title(zone, parts.zones.names)} was in blocks smaller than "
               f"{amount(parts.block_pages * parts.page_kb)} ({values[0] / 10:.0f} % at the "
               f"start); whoever asked for one {words.get(verdict, '?')}.", "fragmentation")


def _grew(values: Sequence[Number]) -> Optional[Tuple[float, float]]:
    """From what to what, if that is worth a word."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    by = known[-1] - known[0]
    worth = by >= _GROWTH_KB and by * 100 >= known[0] * _GROWTH_PERCENT
    return (known[0], known[-1]) if worth else None


def _growth(parts: Parts) -> Iterator[Finding]:
    info = parts.machine.meminfo
    for name, values, table, section, level in (
            ("Page tables", info.sum("PageTables", "SecPageTables"), "bills", "tables", WATCH),
            ("Slab", info["Slab"], "caches", "slab", WATCH),
            ("The page cache", info.sum("Cached", "Buffers"), "files", "cache", NOTE)):
        grown = _grew(values)
        if not grown:
            continue
        by = ""
        for most, who in growth(parts.tops[table])[:1] if table in parts.tops else []:
            if most / 1024 > (grown[1] - grown[0]) * _SHARE:
                by = f", most of all {who} (by {amount(most / 1024)})"
        yield _say(level, f"{name} grew from {amount(grown[0])} to {amount(grown[1])}{by}.",
                   section)


def _tour(parts: Parts) -> Iterator[Finding]:
    counts = count(parts.chapters)
    if counts:
        words = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
        yield _say(NOTE, f"The tour checked {sum(counts.values())} claims about Linux memory: "
                   f"{words}.", "claims")
    failed = [chapter["title"] for chapter in parts.chapters if chapter["status"] == "failed"]
    if failed:
        yield _say(WATCH, f"Chapters of the tour that failed: {', '.join(failed)}.", "claims")


_ABOUT = (_kills, _watermarks, _available, _reclaim, _swap, _pressure, _compaction, _fragmented,
          _growth, _tour)
