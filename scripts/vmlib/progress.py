# SPDX-License-Identifier: GPL-2.0-only
"""Says on stderr what takes long; quiet about everything else."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

QUIET_SECONDS = 2.0


class Step:
    """A line that appears once the step has taken QUIET_SECONDS."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.start = time.monotonic()
        self.shown = False
        self.over = threading.Event()
        self.tty = sys.stderr.isatty()
        self.thread = threading.Thread(target=self._tick, daemon=True)
        self.thread.start()

    def _tick(self) -> None:
        wait = QUIET_SECONDS
        while not self.over.wait(wait):
            if self.tty:
                self._line(f"{self._seconds()} s", end="")
            elif not self.shown:
                self._line("…", end="\n")
            self.shown = True
            wait = 1.0

    def _seconds(self) -> int:
        return round(time.monotonic() - self.start)

    def _line(self, state: str, end: str) -> None:
        head = "\r\033[K" if self.tty else ""
        print(f"{head}vm: {self.what} {state}", end=end, file=sys.stderr,
              flush=True)

    def done(self, state: str = "done") -> None:
        """Ends the step; a step that was never shown stays silent."""
        if self.over.is_set():
            return
        self.over.set()
        self.thread.join()
        if self.shown:
            self._line(f"{state} in {self._seconds()} s", end="\n")


@contextlib.contextmanager
def step(what: str) -> Iterator[Step]:
    current = Step(what)
    try:
        yield current
    except BaseException:
        current.done("failed")
        raise
    current.done()


def say(text: str) -> None:
    print(f"vm: {text}", file=sys.stderr, flush=True)
