# SPDX-License-Identifier: GPL-2.0-only
"""Shows one view in the form that the user, or where the output goes, asks for."""

from __future__ import annotations

import argparse
import shutil
import sys
from io import BufferedReader, TextIOWrapper
from typing import BinaryIO, Dict, Iterable, List, Optional, Sequence, Tuple

from . import output, records, terminal
from .errors import Failure
from .progress import Progress
from .table import End, FormatError, Table
from .tree import Tree

EXIT_INCOMPLETE = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that shows a view."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json",
                      help="one JSON object: view, header, columns, rows, end")
    form.add_argument("--csv", dest="form", action="store_const", const="csv",
                      help="comma-separated values under a line of column names")
    parser.set_defaults(form=None)


def show(tree: Tree, view: str, words: Sequence[str], form: Optional[str],
         summary: Optional[terminal.Summary] = None) -> int:
    """Write the view to stdout; on a terminal also what @summary makes of it.

    Return 0, or EXIT_INCOMPLETE after a warning if the view stopped early:
    what came is right, but a program must not take it for the whole.
    """
    with tree.open(view, words) as stream:
        return show_stream(tree, stream, view, form, summary, " ".join(words))


def show_stream(tree: Tree, stream: BufferedReader, view: str, form: Optional[str],
                summary: Optional[terminal.Summary] = None, query: str = "") -> int:
    """The same of a view that is open, and was asked @query."""
    with Progress(view) as progress:
        try:
            end = _write(stream, view, form, summary, progress)
        except FormatError as error:
            raise Failure(f"{view}: {error}") from error
        except OSError as error:
            raise tree.failure(error, view, query) from error
    return finish(view, end)


def finish(view: str, end: Optional[End]) -> int:
    """The status of a command that has written all of @view, which ended so."""
    sys.stdout.flush()
    if end is None or end.complete:
        return 0
    reason = end.keys.get("stopped", "it could not see everything")
    print(f"mmscope: warning: {view} is incomplete: {reason}", file=sys.stderr)
    return EXIT_INCOMPLETE


def _write(stream: BufferedReader, view: str, form: Optional[str],
           summary: Optional[terminal.Summary], progress: Progress) -> Optional[End]:
    binary: BinaryIO = sys.stdout.buffer
    programs = form is None and not sys.stdout.isatty()
    lines: Iterable[bytes] = stream
    if records.is_binary(stream):
        if programs:
            return records.copy(stream, binary, progress.tick)
        lines = records.as_text(stream, view)
    elif not stream.peek(1).startswith(b"# mmscope "):
        if form is not None:
            raise Failure(f"{view} is plain text, there is nothing to turn into {form}")
        shutil.copyfileobj(stream, binary)
        return None
    elif programs:
        return output.write_plain(stream, binary, progress.tick)
    table = Table(lines)
    if form is None:
        return terminal.write(table, terminal.Screen(sys.stdout), progress, summary)
    return write_form(table, form, progress.tick)


def write_form(table: Table, form: str, tick: output.Tick) -> End:
    """Write the table to stdout as JSON or CSV."""
    text = TextIOWrapper(sys.stdout.buffer, "utf-8", "surrogateescape", newline="")
    try:
        if form == "json":
            return output.write_json(table, text, tick)
        return output.write_csv(table, text, tick)
    finally:
        # Closing the wrapper would close stdout, which is not its own.
        try:
            text.flush()
        finally:
            text.detach()


def read_values(tree: Tree, view: str, words: Sequence[str] = ()) -> Dict[str, str]:
    """All of a `name: value` view, values as the kernel wrote them."""
    with tree.open(view, words) as stream:
        try:
            return dict(Table(stream).values())
        except FormatError as error:
            raise Failure(f"{view}: {error}") from error
        except OSError as error:
            raise tree.failure(error, view, " ".join(words)) from error


def read_table(tree: Tree, view: str,
               words: Sequence[str] = ()) -> Tuple[List[str], List[List[str]], End]:
    """All of a short table, fields as the kernel wrote them: columns, rows, the last line."""
    with tree.open(view, words) as stream:
        try:
            table = Table(stream)
            rows = list(table.rows())
            return table.columns, rows, output.ended(table)
        except FormatError as error:
            raise Failure(f"{view}: {error}") from error
        except OSError as error:
            raise tree.failure(error, view, " ".join(words)) from error


def read_rows(tree: Tree, view: str) -> List[Dict[str, str]]:
    """All rows of a short table, fields by column as the kernel wrote them."""
    columns, rows, _ = read_table(tree, view)
    return [dict(zip(columns, row)) for row in rows]
