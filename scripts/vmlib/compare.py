# SPDX-License-Identifier: GPL-2.0-only
"""Compares what several runs of the same tests have printed, in TAP."""

import re
from collections.abc import Iterable, Iterator

from .tap import RESULT

# Of one program: each of its tests and how it went; "" is the program itself.
Outcomes = dict[str, str]
# What the kernel's runner puts before a program's name: the folder it is in.
FOLDER = re.compile(r"^selftests: \S+: ")


def _word(failed: bool, directive: str) -> str:
    if directive.upper() in ("SKIP", "XFAIL", "TODO"):
        return directive.lower()
    return "not ok" if failed else "ok"


def _put(outcomes: Outcomes, name: str, word: str) -> None:
    """Some programs give several of their tests the same name."""
    unique, count = name, 1
    while unique in outcomes:
        count += 1
        unique = f"{name} ({count})"
    outcomes[unique] = word


def read(lines: Iterable[str]) -> dict[str, Outcomes]:
    """How each program went, and each of the tests that it names itself."""
    programs: dict[str, Outcomes] = {}
    inner: Outcomes = {}
    for line in lines:
        nested = line.startswith("#")
        found = RESULT.match(line.lstrip("# ") if nested else line)
        if not found:
            continue
        name = FOLDER.sub("", found[3].strip() or str(found[2]))
        word = _word(bool(found[1]), found[4] or "")
        if nested:
            _put(inner, name, word)
        else:
            programs[name] = {**inner, "": word}
            inner = {}
    # It was cut off.
    if inner:
        programs["(no program)"] = inner
    return programs


def differences(runs: dict[str, Outcomes]) -> Iterator[str]:
    """What is not the same in all of these runs of a program."""
    names = dict.fromkeys(name for run in runs.values() for name in run)
    for name in names:
        words = {run: outcomes.get(name, "absent")
                 for run, outcomes in runs.items()}
        if len(set(words.values())) > 1:
            told = ", ".join(f"{word} {run}" for run, word in words.items())
            yield f"{name or 'as a whole'}: {told}"


def summary(outcomes: Outcomes) -> str:
    """How many of a program's tests went how."""
    own = [word for name, word in outcomes.items() if name] or \
        list(outcomes.values())
    return ", ".join(f"{own.count(word)} {word}" for word in dict.fromkeys(own))
