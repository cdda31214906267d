# SPDX-License-Identifier: GPL-2.0-only
"""Counts the results in TAP and its kselftest dialect (KTAP).

Results of a nested stream are indented with "# " and belong to the result
line that follows them; they are counted in its stead.  A stream that stops
before its plan is fulfilled counts as a failure, and so does a program that
fails without saying which test did.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

RESULT = re.compile(r"(not )?ok\b *(\d+)?[ -]*([^#]*)(?:# *(\w+))?")
# A test begins, or the one before has ended.
START = re.compile(r"(not )?ok\b|RUN |TAP version|1\.\.\d")
# Lines of a failed test that are shown.
COMPLAINT = 20
PLAN = re.compile(r"1\.\.(\d+)(?: *# *SKIP)?")


@dataclass
class Count:
    """What was counted, and which tests failed or were skipped."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.passed + len(self.failures) + len(self.skips)

    def add(self, other: "Count", prefix: str = "") -> None:
        self.passed += other.passed
        self.failures += [prefix + name for name in other.failures]
        self.skips += [prefix + name for name in other.skips]

    def __str__(self) -> str:
        return (f"{self.passed} passed, {len(self.failures)} failed, "
                f"{len(self.skips)} skipped")


class Stream:
    """One level of nesting."""

    def __init__(self) -> None:
        self.count = Count()
        self.inner: list[str] = []
        self.results = 0
        self.plan: int | None = None

    def _result(self, failed: bool, name: str, directive: str) -> None:
        self.results += 1
        nested = parse(line[2:] for line in self.inner) \
            if any(line.startswith("# 1..") for line in self.inner) else Count()
        self.inner = []
        self.count.add(nested, f"{name}: ")
        if failed and directive != "TODO":
            if not nested.failures:
                self.count.failures.append(name)
        elif directive in ("SKIP", "TODO"):
            if not nested.total:
                self.count.skips.append(name)
        elif not nested.total:
            self.count.passed += 1

    def _end(self) -> None:
        if self.results and self.plan is None:
            self.count.failures.append("a list of tests has no plan")
        elif self.plan is not None and self.results != self.plan:
            self.count.failures.append(
                f"{self.results} of {self.plan} planned tests ended")
        self.results = 0
        self.plan = None
        self.inner = []

    def read(self, line: str) -> None:
        if line.startswith("#"):
            self.inner.append(line)
        elif line.startswith("TAP version"):
            self._end()
        elif found := PLAN.match(line):
            self.plan = int(found[1])
            if not self.plan and "SKIP" in line:
                self.count.skips.append(line.partition("SKIP")[2].strip())
            elif not self.plan:
                self.count.failures.append("a list of no tests")
        elif found := RESULT.match(line):
            self._result(bool(found[1]), found[3].strip() or str(found[2]),
                         (found[4] or "").upper())

    def finish(self) -> Count:
        self._end()
        return self.count


def parse(lines: Iterable[str]) -> Count:
    """Counts what is in lines, which may hold several streams in a row."""
    stream = Stream()
    for line in lines:
        stream.read(line.rstrip("\n"))
    return stream.finish()


def complaints(lines: Iterable[str]) -> list[str]:
    """What failed tests have printed, and the lines that say they failed."""
    found: list[str] = []
    since: list[str] = []
    for line in lines:
        bare = line.strip().lstrip("# ")
        if bare.startswith("not ok"):
            found += [*since[-COMPLAINT:], bare]
        if START.match(bare):
            since = []
        elif bare:
            since.append(bare)
    return found
