# SPDX-License-Identifier: GPL-2.0-only
"""Plays chapters, and keeps what came of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Protocol

from ..cgroup import NoCgroups
from ..errors import Failure
from ..tree import Tree
from .claims import VERDICTS, Claim, Fact, Verdict
from .machine import KIB, Machine, meminfo
from .stage import NotHere, Stage, Teller

FORMAT = 1
DONE, FAILED, NOT_HERE = "done", "failed", "not here"


class Chapter(Protocol):
    """What each module of chapters offers."""

    NAME: str
    TITLE: str

    @property
    def CLAIMS(self) -> Mapping[str, Claim]:
        """What it is to judge, by short names."""

    def play(self, stage: Stage) -> None:
        """Make it happen, look before and after, tell, and judge the claims."""


@dataclass
class Result:
    """What came of a chapter."""

    name: str
    title: str
    status: str = DONE
    reason: str = ""
    seconds: float = 0.0
    story: List[str] = field(default_factory=list)
    values: Dict[str, Fact] = field(default_factory=dict)
    verdicts: List[Verdict] = field(default_factory=list)

    def record(self) -> Dict[str, Any]:
        """As JSON has it."""
        return {"name": self.name, "title": self.title, "status": self.status,
                "reason": self.reason or None, "seconds": round(self.seconds, 3),
                "story": self.story, "values": self.values,
                "claims": [verdict.record() for verdict in self.verdicts]}


def play(chapter: Chapter, tree: Tree, machine: Machine, teller: Teller) -> Result:
    """Play one chapter."""
    result = Result(chapter.NAME, chapter.TITLE)
    began = time.monotonic()
    stage = Stage(chapter.NAME, chapter.CLAIMS, tree, machine, teller)
    try:
        with stage:
            chapter.play(stage)
        missing = stage.claims.missing()
        if missing:
            result.status, result.reason = FAILED, f"no verdict for {', '.join(missing)}"
    except (NotHere, NotImplementedError, NoCgroups) as error:
        result.status, result.reason = NOT_HERE, str(error)
        for name in stage.claims.missing():
            stage.not_here(name, str(error))
    except BrokenPipeError:
        # Nobody listens any more.
        raise
    except (Failure, OSError) as error:
        result.status, result.reason = FAILED, str(error)
    except (LookupError, StopIteration, TypeError, ValueError) as error:
        # What it looked for is not there; other chapters may still work.
        result.status, result.reason = FAILED, f"{type(error).__name__}: {error}"
    result.seconds = time.monotonic() - began
    result.story, result.values = stage.story, stage.values
    result.verdicts = list(stage.claims.given.values())
    return result


def record(results: List[Result], machine: Machine) -> Dict[str, Any]:
    """All of a tour, for programs."""
    verdicts = [verdict.verdict for result in results for verdict in result.verdicts]
    memory = meminfo()
    return {"format": FORMAT, "kernel": machine.release,
            "machine": {"memory_bytes": memory["MemTotal"] * KIB,
                        "swap_bytes": machine.swap_bytes,
                        "nodes": len(machine.cpus_of), "cpus": sum(map(
                            len, machine.cpus_of.values()))},
            "chapters": [result.record() for result in results],
            "verdicts": {word: verdicts.count(word) for word in VERDICTS}}
