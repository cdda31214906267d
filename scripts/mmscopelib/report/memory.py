# SPDX-License-Identifier: GPL-2.0-only
"""Charts of what mmscope's views say of zones and of free memory."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from .load import Recording
from .series import POINTS, Columns, Number, chart, line, scaled

Chart = Dict[str, Any]
Zone = Tuple[str, str]          # node, name

_MARKS = ("min_pages", "low_pages", "high_pages")


def zone_title(zone: Zone, zones: List[Zone]) -> str:
    """The zone's name, and its node if there are several."""
    several = len({node for node, _ in zones}) > 1
    return f"node {zone[0]}, zone {zone[1]}" if several else f"zone {zone[1]}"


def number(row: Dict[str, str], name: str) -> int:
    """A field that may be unknown, or of a later version."""
    field = row.get(name, "-")
    return int(field) if field.lstrip("-").isdigit() else 0


class Zones:
    """memory/zones: free pages and watermarks of each zone that has memory."""

    def __init__(self, recording: Recording) -> None:
        self._kb = recording.page_kb
        self.columns: Dict[Zone, Columns] = {}
        for answer in recording.answers("memory/zones", POINTS):
            for row in answer.rows:
                if not number(row, "managed_pages"):
                    continue
                zone = row.get("node", "-"), row.get("zone", "-")
                values = {name: number(row, name)
                          for name in ("free_pages", "managed_pages", *_MARKS)}
                values["hopeless"] = int(number(row, "kswapd_failures") > 15)
                self.columns.setdefault(zone, Columns()).add(answer.when, values)

    @property
    def names(self) -> List[Zone]:
        """All of them."""
        return list(self.columns)

    def largest(self) -> Zone:
        """The zone with most memory."""
        return max(self.names, key=lambda zone: self.columns[zone]["managed_pages"][-1] or 0)

    def charts(self) -> List[Chart]:
        """One for each zone."""
        return [self._chart(zone) for zone in self.names]

    def _chart(self, zone: Zone) -> Chart:
        columns = self.columns[zone]

        def kb(name: str) -> List[Number]:
            return scaled(columns[name], self._kb)

        return chart(
            f"zone_{zone[0]}_{zone[1]}", f"Free memory, {zone_title(zone, self.names)}",
            columns.times, [
                line("free", kb("free_pages"), "blue", wide=True),
                line("high: kswapd stops", kb("high_pages"), "grey", dash=True),
                line("low: kswapd starts", kb("low_pages"), "yellow", dash=True),
                line("min: allocations reclaim", kb("min_pages"), "red", dash=True)],
            "KiB", "lines", log=True, height=130,
            about="against its watermarks, on a logarithmic scale")


class FreeLists:
    """buddy/freelists: free memory in blocks of each order, by zone and in all."""

    def __init__(self, recording: Recording) -> None:
        self._kb = recording.page_kb
        self.total = Columns()
        for answer in recording.answers("buddy/freelists", POINTS):
            pages: Dict[str, int] = {}
            for row in answer.rows:
                order = row.get("order", "-")
                pages[order] = pages.get(order, 0) + (number(row, "blocks") << number(row, "order"))
            self.total.add(answer.when, pages)

    @property
    def orders(self) -> List[int]:
        """From single pages up."""
        return sorted(int(name) for name in self.total.names if name.isdigit())

    def charts(self) -> List[Chart]:
        """One chart: large blocks below, small ones on top."""
        if not self.total.times:
            return []
        return [chart(
            "freelists", "Free memory, by the size of its blocks", self.total.times,
            [line(f"{_size(self._kb << order)} (order {order})",
                  scaled(self.total[str(order)], self._kb),
                  f"order{order}")
             for order in reversed(self.orders)], "KiB", "stack",
            about="what counts is in the lists of the buddy allocator; pages that CPUs keep "
                  "for themselves are not")]


class Fragmentation:
    """buddy/fragmentation: what part of the free memory is of no use for an order."""

    def __init__(self, recording: Recording) -> None:
        self._kb = recording.page_kb
        self.unusable: Dict[Zone, Columns] = {}
        self.verdicts: Dict[Zone, List[Dict[str, str]]] = {}
        for answer in recording.answers("buddy/fragmentation", POINTS):
            rows: Dict[Zone, Dict[str, int]] = {}
            verdict: Dict[Zone, Dict[str, str]] = {}
            for row in answer.rows:
                zone = row.get("node", "-"), row.get("zone", "-")
                order = row.get("order", "-")
                rows.setdefault(zone, {})[order] = number(row, "unusable_index")
                verdict.setdefault(zone, {})[order] = row.get("movable", "-")
            for zone, values in rows.items():
                self.unusable.setdefault(zone, Columns()).add(answer.when, values)
                self.verdicts.setdefault(zone, []).append(verdict[zone])

    def charts(self) -> List[Chart]:
        """One for each zone: orders over time."""
        zones = list(self.unusable)
        return [self._chart(zone, zones) for zone in zones]

    def _chart(self, zone: Zone, zones: List[Zone]) -> Chart:
        columns = self.unusable[zone]
        orders = sorted(int(name) for name in columns.names if name.isdigit())
        return chart(
            f"fragmentation_{zone[0]}_{zone[1]}",
            f"Free memory of no use for a block, {zone_title(zone, zones)}", columns.times,
            [line(f"{_size(self._kb << order)} (order {order})",
                  scaled(columns[str(order)], 0.1), "") for order in reversed(orders)],
            "%", "heat",
            about="the part that is in smaller blocks: the stronger the colour, the worse")


def _size(kb: int) -> str:
    return f"{kb >> 10} MiB" if kb >> 10 else f"{kb} KiB"
