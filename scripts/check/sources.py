# SPDX-License-Identifier: GPL-2.0-only
"""Lists the project's files by kind."""

import functools
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@functools.cache
def everything() -> tuple[str, ...]:
    """All files that are, or could be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        check=True, capture_output=True, text=True, cwd=PROJECT).stdout
    return tuple(sorted(name for name in set(listed.split("\0"))
                        if name and (PROJECT / name).is_file()))


def matching(*endings: str, under: str = "") -> list[str]:
    return [name for name in everything()
            if name.endswith(endings) and name.startswith(under)]


def with_interpreter(word: str, ending: str) -> list[str]:
    """Scripts whose first line names an interpreter that ends in word."""
    found = []
    for name in everything():
        with open(PROJECT / name, "rb") as handle:
            first = handle.readline().decode(errors="replace").split()
        if name.endswith(ending) or \
                first and first[0].startswith("#!") and \
                any(part.endswith(word) for part in first):
            found.append(name)
    return found
