# SPDX-License-Identifier: GPL-2.0-only
"""Columns of numbers over time."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

Number = Optional[float]

# Points of a line.  More would not be seen.
POINTS = 600


class Columns:
    """Numbers by name, each with one value for each time; None: not known then."""

    def __init__(self) -> None:
        self.times: List[float] = []
        self._by_name: Dict[str, List[Number]] = {}

    def add(self, when: float, values: Dict[str, int]) -> None:
        """A moment more."""
        for name in values:
            if name not in self._by_name:
                self._by_name[name] = [None] * len(self.times)
        self.times.append(when)
        for name, column in self._by_name.items():
            column.append(values.get(name))

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> List[Number]:
        """All values of @name; None throughout if there is no such name."""
        return self._by_name.get(name, [None] * len(self.times))

    @property
    def names(self) -> List[str]:
        """All names."""
        return list(self._by_name)

    def sum(self, *names: str) -> List[Number]:
        """What several come to; names that are not there count nothing."""
        columns = [self[name] for name in names if name in self]
        return [sum(known) if (known := [value for value in row if value is not None]) else None
                for row in zip(*columns)] if columns else [None] * len(self.times)

    def rate(self, *names: str) -> List[Number]:
        """How fast a counter grew, per second, up to each time; the first is not known."""
        counter = self.sum(*names)
        rates: List[Number] = [None] * len(counter)
        for i in range(1, len(counter)):
            before, after = counter[i - 1], counter[i]
            span = self.times[i] - self.times[i - 1]
            if before is not None and after is not None and after >= before and span > 0:
                rates[i] = short((after - before) / span)
        return rates

    def grown(self, *names: str) -> int:
        """By how much a counter grew from the first to the last time."""
        known = [value for value in self.sum(*names) if value is not None]
        return int(known[-1] - known[0]) if known else 0


def short(number: float) -> float:
    """Four digits are more than can be seen."""
    return float(f"{number:.4g}")


def scaled(values: Sequence[Number], factor: float) -> List[Number]:
    """All of them times @factor."""
    return [None if value is None else value * factor for value in values]


def read(texts: Iterable[Any], parse: Callable[[bytes], Dict[str, int]]) -> Columns:
    """Columns out of (time, text) pairs."""
    columns = Columns()
    for when, text in texts:
        columns.add(when, parse(text))
    return columns


def line(name: str, values: Sequence[Number], colour: str, **more: Any) -> Dict[str, Any]:
    """One series of a chart; colours are names that page/style.css knows."""
    return {"name": name, "y": values, "colour": colour, **more}


def chart(ident: str, title: str, times: Sequence[float], series: List[Dict[str, Any]],
          unit: str, kind: str = "lines", **more: Any) -> Dict[str, Any]:
    """One chart, for page/chart.js."""
    return {"id": ident, "title": title, "kind": kind, "unit": unit, "t": list(times),
            "series": series, **more}
