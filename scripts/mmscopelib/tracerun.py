# SPDX-License-Identifier: GPL-2.0-only
"""One run of a bpftrace script: what comes of it, and how that is written."""

from __future__ import annotations

import json
import sys
import time
from typing import Iterable, Iterator, List, Optional, Protocol, Sequence

from . import terminal, tracetables
from .bpftrace import Bpftrace, Message
from .output import typed_keys
from .progress import Progress
from .table import End, Header, Table, typed
from .tracescript import Script
from .tracetables import Decoder, Maps, Row

EXIT_INCOMPLETE = 1


class Sink:
    """Writes tables as they come: mmscope's text in a pipe, aligned on a terminal, or JSON."""

    def __init__(self, name: str, as_json: bool) -> None:
        self._name = name
        self._json = as_json
        self._tty = not as_json and sys.stdout.isatty()
        self._screen = terminal.Screen(sys.stdout)
        self._comma = ""
        self._head = ""                 # the first line that is written already
        self._lines: List[str] = []     # of the table under way, for JSON
        self._layout: Optional[terminal.Layout] = None
        self._rows = 0

    def begin(self) -> None:
        """Tables follow."""
        if self._json:
            self._write(f'{{"trace": {json.dumps(self._name)},\n "tables": [')

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def head(self, table: str, words: Sequence[str]) -> None:
        """The first line of a table, before the rest is known: whoever reads may go on."""
        self._head = tracetables.head(self._name, [f"table={table}", *words])
        if not self._json and not self._tty:
            self._write(self._head)

    def table(self, table: str, words: Sequence[str], columns: Sequence[str],
              rows: Sequence[Row], end: str) -> None:
        """A whole table."""
        if not self._head:
            self.head(table, words)
        lines = [*tracetables.body(columns, rows), end]
        if self._json:
            self._as_json([self._head, *lines])
        elif self._tty:
            whole = Table(line.encode() for line in [self._head, *lines])
            with Progress(self._name) as progress:
                terminal.write(whole, self._screen, progress)
        else:
            self._write("".join(lines))
        self._head = ""

    def _as_json(self, lines: Iterable[str]) -> None:
        table = Table(line.encode() for line in lines)
        rows = [{name: typed(name, value) for name, value in zip(table.columns, row)}
                for row in table.rows()]
        assert table.end
        self._write(self._comma + "\n" + json.dumps(
            {"header": typed_keys(table.header.keys), "columns": table.columns, "rows": rows,
             "end": typed_keys(table.end.keys)}, indent=1))
        self._comma = ","

    def open(self, table: str, words: Sequence[str], columns: List[str]) -> None:
        """A table whose rows come one by one."""
        self.head(table, words)
        self._rows = 0
        second = "# " + " ".join(columns) + "\n"
        if self._json:
            self._lines = [self._head, second]
        elif self._tty:
            self._layout = terminal.Layout(columns, [])
            self._screen.line(*terminal.title(Header(self._head)))
            self._screen.line(*self._layout.pieces(columns, "bold"))
        else:
            self._write(second)
        sys.stdout.flush()
        self._head = ""

    def row(self, row: Row) -> None:
        """A row of that."""
        self._rows += 1
        if self._json:
            self._lines.append(" ".join(row) + "\n")
        elif self._layout:
            self._screen.line(*self._layout.pieces([terminal.visible(field) for field in row]))
            sys.stdout.flush()
        else:
            self._write(" ".join(row) + "\n")

    def close(self, complete: bool, words: Iterable[str]) -> None:
        """The end of that."""
        end = tracetables.end(self._rows, complete, words)
        if self._json:
            self._as_json([*self._lines, end])
        elif self._tty:
            self._screen.line(*terminal.footer(End(end), self._name))
        else:
            self._write(end)

    def finish(self) -> None:
        """There is nothing more."""
        if self._json:
            self._write("]}\n")


class Observer(Protocol):
    """What makes more of what a script prints, with what mmscope knows at that moment."""

    def event(self, fields: Row) -> Iterator[Row]:
        """The rows that come of a line."""


class Run:
    """A script at work."""

    def __init__(self, script: Script, tracer: Bpftrace, sink: Sink, decode: Decoder,
                 observer: Optional[Observer] = None) -> None:
        self._script = script
        self._tracer = tracer
        self._sink = sink
        self._observer = observer
        self._maps = Maps()
        self._decode = decode
        self._words: Sequence[str] = ()
        self._began = time.monotonic()
        self._missed = 0

    def begin(self, words: Sequence[str]) -> None:
        """All is attached: what was missed before that is nobody's."""
        self._missed = self._tracer.missed()
        self._began = time.monotonic()
        self._words = words
        self._sink.begin()
        if self._script.events:
            self._sink.open("events", words, self._script.events)
        else:
            self._sink.head(self._script.shows[0].table, words)

    def take(self, watched: Sequence[int], timeout: Optional[float]) -> bool:
        """Take what comes next; False if it is time to end."""
        message = self._tracer.message(watched, timeout)
        if message:
            self._add(message)
        elif self._tracer.ended:
            raise self._tracer.failure()
        return message is not None

    def _add(self, message: Message) -> None:
        if message.get("type") != "printf":
            self._maps.add(message)
            return
        # Each message is one line of the script's.  What else ends a line, or seems to, is in
        # the name of a process, which may be anything.
        fields = str(message.get("data")).removesuffix("\n").split(" ")
        for row in self._observer.event(fields) if self._observer else [fields]:
            self._sink.row(row)

    def end(self) -> int:
        """Stop, and show what has come of it; the exit status."""
        seconds = time.monotonic() - self._began
        missed = max(self._tracer.missed() - self._missed, 0)
        self._tracer.stop()
        while message := self._tracer.message((), None):
            self._add(message)
        lost, full = self._maps.lost, self._maps.full
        complete = not (lost or missed or full)
        words = [f"seconds={seconds:.1f}", f"lost_events={lost}", f"missed_events={missed}"]
        if full:
            words.append(f"full={full[1:]}")
        self._show(complete, words)
        for line in self._tracer.problems():
            print(f"mmscope: bpftrace: {line}", file=sys.stderr)
        if complete:
            return 0
        print(f"mmscope: warning: not everything was seen: {lost} events were lost, {missed} missed"
              + (f", a map is full ({full})" if full else ""), file=sys.stderr)
        return EXIT_INCOMPLETE

    def _show(self, complete: bool, words: Sequence[str]) -> None:
        if self._script.events:
            self._sink.close(complete, words)
        for show in self._script.shows:
            rows = tracetables.rows_of(show, self._maps, self._decode)
            self._sink.table(show.table, self._words, tracetables.columns_of(show), rows,
                             tracetables.end(len(rows), complete, words))
        self._sink.finish()
