# SPDX-License-Identifier: GPL-2.0-only
"""Shows on stderr how far a long read has come."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Optional, Type

_QUIET_SECONDS = 2.0
_PERIOD = 0.5


class Progress:
    """How much there is so far, once it takes more than two seconds; only on a terminal.

    A thread prints, because the reader itself may sit in one long read().
    """

    def __init__(self, what: str, unit: str = "rows") -> None:
        self._what = what
        self._unit = unit
        self._nr = 0
        self._wanted = 0
        self._shown = False
        self._stop = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.stop()

    def tick(self, nr: int, wanted: int = 0) -> None:
        """Note how many there are, and how many there will be; 0: not known."""
        self._nr = nr
        self._wanted = wanted

    def stop(self) -> None:
        """Say no more; to be called before anything else goes to the terminal."""
        self._stop.set()
        if self._thread:
            self._thread.join()
            self._thread = None
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    def _run(self) -> None:
        start = time.monotonic()
        if self._stop.wait(_QUIET_SECONDS):
            return
        while True:
            seconds = time.monotonic() - start
            of = f" of {self._wanted:,}" if self._wanted else ""
            sys.stderr.write(f"\r\x1b[K{self._what}: {self._nr:,}{of} {self._unit}, "
                             f"{seconds:.0f} s")
            sys.stderr.flush()
            self._shown = True
            if self._stop.wait(_PERIOD):
                return
