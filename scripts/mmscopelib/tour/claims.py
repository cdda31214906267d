# SPDX-License-Identifier: GPL-2.0-only
"""Statements about Linux memory management, and what this kernel says to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Mapping, Union

Fact = Union[None, bool, int, float, str]

HOLDS, DIFFERS, GONE, NOT_HERE = "holds", "differs", "gone", "not here"
VERDICTS = (HOLDS, DIFFERS, GONE, NOT_HERE)


@dataclass(frozen=True)
class Claim:
    """What is often said, what is true where it does not hold, and since when."""

    text: str
    now: str = ""
    since: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of a claim, and by what: facts read on the running kernel."""

    name: str
    claim: Claim
    verdict: str
    evidence: Mapping[str, Fact]
    now: str = ""
    since: str = ""

    def record(self) -> Dict[str, object]:
        """As JSON has it."""
        return {"id": self.name, "claim": self.claim.text, "verdict": self.verdict,
                "evidence": dict(self.evidence), "now": self.now or None,
                "since": self.since or None}


@dataclass
class Register:
    """The claims of a chapter; each gets one verdict."""

    chapter: str
    claims: Mapping[str, Claim]
    given: Dict[str, Verdict] = field(default_factory=dict)

    def give(self, name: str, verdict: str, evidence: Mapping[str, Fact], now: str = "",
             since: str = "") -> Verdict:
        """Note what became of a claim; @now and @since instead of the claim's own."""
        if name in self.given:
            raise ValueError(f"claim {name} of {self.chapter} has a verdict already")
        if not evidence:
            raise ValueError(f"claim {name} of {self.chapter}: no evidence")
        claim = self.claims[name]
        if verdict == HOLDS:
            now = since = ""
        elif verdict != NOT_HERE:
            now, since = now or claim.now, since or claim.since
        self.given[name] = Verdict(f"{self.chapter}.{name}", claim, verdict, evidence, now, since)
        return self.given[name]

    def missing(self) -> Dict[str, Claim]:
        """Claims that have no verdict."""
        return {name: claim for name, claim in self.claims.items() if name not in self.given}
