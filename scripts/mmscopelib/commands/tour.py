# SPDX-License-Identifier: GPL-2.0-only
"""mmscope tour: what is said of Linux memory management, shown on this kernel."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import textwrap
from typing import Any, Dict, List, Optional, Sequence, TextIO

from ..errors import Failure, Usage
from ..processes import adopt_orphans, careful
from ..recording.marks import mark
from ..terminal import Piece, Screen
from ..tour import run as tour
from ..tour.chapters import CHAPTERS
from ..tour.claims import DIFFERS, GONE, HOLDS, NOT_HERE, Fact, Verdict
from ..tour.machine import Machine
from ..tour.stage import Teller
from ..tree import Tree

NAME = "tour"
HELP = "walk through memory management: real processes, looked at before and after"
WORDS = False
EXAMPLES = """\
examples:
  mmscope tour --list                  the chapters
  mmscope tour                         all of them
  mmscope tour buddy cow               some
  mmscope tour cow --json | jq '.chapters[].values'
  mmscope tour -o out/tour             also saved there: tour.txt and tour.json

Each chapter makes something happen with processes of its own, reads mmscope's
views before and after, and says of some common statements whether they are true
of this kernel, and by what.  What this machine cannot do is said.

Exit status 0 if all chapters were played, or cannot be on this machine; 1 if one
failed; 2 for wrong usage.
"""

_STYLES = {HOLDS: "green", DIFFERS: "yellow", GONE: "magenta", NOT_HERE: "dim"}
_WIDEST = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("chapters", nargs="*", metavar="CHAPTER", help="which ones; all if none is named")
    add("--list", action="store_true", help="the chapters, a line about each")
    add("--json", action="store_true",
        help="one JSON object: the chapters with values, and claims with their evidence")
    add("-o", dest="folder", metavar="DIR", help="also save tour.txt and tour.json there")


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Play."""
    if args.list:
        return _list()
    known = {chapter.NAME: chapter for chapter in CHAPTERS}
    for name in args.chapters:
        if name not in known:
            raise Usage(f"there is no chapter '{name}': {', '.join(known)}")
    wanted = [chapter for chapter in CHAPTERS if chapter.NAME in (args.chapters or known)]
    tree.check()
    if os.geteuid():
        raise Failure("the tour makes processes with other rights: run it as root")
    adopt_orphans()
    return _play(tree, wanted, args)


def _list() -> int:
    screen = Screen(sys.stdout)
    width = max(len(chapter.NAME) for chapter in CHAPTERS)
    for chapter in CHAPTERS:
        screen.line((f"{chapter.NAME:{width}}", "bold"),
                    (f"  {chapter.TITLE} ({len(chapter.CLAIMS)} claims)", ""))
    return 0


def _play(tree: Tree, wanted: Sequence[tour.Chapter], args: argparse.Namespace) -> int:
    machine = Machine()
    results: List[tour.Result] = []
    screens = [] if args.json else [Screen(sys.stdout)]
    text: Optional[TextIO] = None
    if args.folder:
        os.makedirs(args.folder, exist_ok=True)
        text = open(os.path.join(args.folder, "tour.txt"), "w", encoding="utf-8")
        screens.append(Screen(text, "never"))
    show = _Show(screens)
    for chapter in wanted:
        show.begin(CHAPTERS.index(chapter) + 1, chapter.TITLE)
        mark(chapter.TITLE)
        with careful():
            result = tour.play(chapter, tree, machine, show)
        show.finish(result)
        results.append(result)
    record = tour.record(results, machine)
    show.sums(record)
    if text:
        text.close()
        with open(os.path.join(args.folder, "tour.json"), "w", encoding="utf-8") as stream:
            _dump(record, stream)
    if args.json:
        _dump(record, sys.stdout)
    return 1 if any(result.status == tour.FAILED for result in results) else 0


def _dump(record: Dict[str, Any], stream: TextIO) -> None:
    json.dump(record, stream, indent=1)
    stream.write("\n")


class _Show(Teller):
    """Writes the story as it goes."""

    def __init__(self, screens: Sequence[Screen]) -> None:
        self._screens = screens
        columns = shutil.get_terminal_size((_WIDEST, 24)).columns
        self._width = min(columns if sys.stdout.isatty() else _WIDEST, _WIDEST)
        self._verdicts: List[Verdict] = []

    def _line(self, *pieces: Piece) -> None:
        for screen in self._screens:
            screen.line(*pieces)

    def begin(self, number: int, title: str) -> None:
        """A chapter's title."""
        self._verdicts = []
        self._line((f"{number}. {title}", "bold"))
        self._line()

    def say(self, text: str) -> None:
        """A paragraph."""
        self._wrap(text, "  ", "")
        self._line()
        sys.stdout.flush()

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table, its columns as wide as they need to be."""
        widths = [max(map(len, cells)) for cells in zip(columns, *rows)]
        for i, line in enumerate([columns, *rows]):
            cells = (f"{cell:>{width}}" for cell, width in zip(line, widths))
            self._line(("    " + "  ".join(cells), "" if i else "dim"))
        self._line()

    def verdict(self, verdict: Verdict) -> None:
        """Claims come at the end of the chapter."""
        self._verdicts.append(verdict)

    def finish(self, result: tour.Result) -> None:
        """The claims, and how the chapter ended."""
        for verdict in self._verdicts:
            self._verdict(verdict)
        if result.status != tour.DONE:
            style = "bold red" if result.status == tour.FAILED else "yellow"
            self._line((f"  {result.status}: {result.reason}", style))
        self._line()
        sys.stdout.flush()

    def _verdict(self, verdict: Verdict) -> None:
        word = f"  {verdict.verdict:8}  "
        pad = " " * len(word)
        first, *rest = textwrap.wrap(verdict.claim.text, self._width - len(word))
        self._line((word, _STYLES[verdict.verdict]), (first, ""))
        for line in rest:
            self._line((pad + line, ""))
        if verdict.now:
            since = f" ({verdict.since})" if verdict.since else ""
            self._wrap(f"Now: {verdict.now}{since}", pad, "")
        facts = "; ".join(f"{what}: {_fact(value)}" for what, value in verdict.evidence.items())
        self._wrap(facts, pad, "dim")

    def sums(self, record: Dict[str, Any]) -> None:
        """How many claims got which verdict."""
        counts = ", ".join(f"{count} {word}" for word, count in record["verdicts"].items())
        total = sum(record["verdicts"].values())
        self._line((f"Linux {record['kernel']}: {total} claims: {counts}", "bold"))

    def _wrap(self, text: str, indent: str, style: str) -> None:
        for line in textwrap.wrap(text, self._width - len(indent), break_on_hyphens=False):
            self._line((indent + line, style))


def _fact(value: Fact) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
