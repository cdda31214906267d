# SPDX-License-Identifier: GPL-2.0-only
"""What came of the tests when they last ran, for docs/reference/tested.md."""

import datetime
import json
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from . import paths
from .tap import Count

# scripts/vm says what it boots.
_BOOTS = re.compile(r"^vm: Linux (\S+) on (\S+),", re.M)


@dataclass(frozen=True)
class Entry:
    """A step of a suite, when it last ran."""

    suite: str
    name: str
    kernel: str         # uname -r; empty without a VM
    accel: str
    when: str           # the day
    commit: str         # with a + if there was more than that
    passes: int
    failures: int
    skips: int
    seconds: int


def _file() -> Path:
    return paths.out_dir() / "tests/results.json"


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], check=False, text=True,
                              cwd=paths.PROJECT, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.strip()
    more = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short=10", "HEAD") + ("+" if more else "")


def read(path: Path) -> list[Entry]:
    """What is noted in a file.  Raises OSError, ValueError or TypeError."""
    return [Entry(**entry)
            for entry in json.loads(path.read_text(encoding="utf-8"))]


def load() -> list[Entry]:
    """All that is known, in no order."""
    try:
        return read(_file())
    except (OSError, ValueError, TypeError):
        return []


def note(suite: str, name: str, text: str, count: Count,
         seconds: float) -> None:
    """A step has run: forget how it went before."""
    boots = _BOOTS.search(text)
    entry = Entry(
        suite, name, boots[1] if boots else "", boots[2] if boots else "",
        datetime.date.today().isoformat(), _commit(), count.passed,
        len(count.failures), len(count.skips), round(seconds))
    others = [e for e in load() if (e.suite, e.name) != (suite, name)]
    paths.write_atomic(_file(), json.dumps(
        [asdict(e) for e in [*others, entry]], indent=1) + "\n")
