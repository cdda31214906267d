# SPDX-License-Identifier: GPL-2.0-only
"""The terminal: keys, sizes, and all as it was before in the end."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import time
import tty
from contextlib import contextmanager
from types import FrameType
from typing import Any, Iterator, List, Optional

from ..errors import Failure
from ..processes import noted
from .blocks import SORTS, Line
from .frame import Wanted, lines
from .look import Eyes, Pair

HELP = "q quit  s sort  p pause  + - faster, slower"
_FASTEST, _SLOWEST = 0.1, 60.0


class Live:
    """Looks and draws until somebody has had enough."""

    def __init__(self, eyes: Eyes, interval: float, about: str) -> None:
        try:
            from rich.console import Console
            from rich.text import Text
        except ImportError:
            raise Failure("the live view needs the package python3-rich: apt install python3-rich "
                          "(or take --once)") from None
        self._text: Any = Text
        self._console: Any = Console(highlight=False)
        self._eyes = eyes
        self._interval = interval
        self._about = about
        self._sort = SORTS[0]
        self._paused = False
        self._done = False
        self._pair = Pair(eyes.look())

    def run(self) -> None:
        """Do it."""
        # Then the window has another size, or is somebody else's picture.
        with noted((signal.SIGWINCH, signal.SIGCONT)) as changed, _terminal(self._console):
            self._loop(changed)

    def _loop(self, changed: int) -> None:
        keys = [sys.stdin.fileno()] if sys.stdin and sys.stdin.isatty() else []
        self._draw()
        due = time.monotonic() + self._interval
        while not self._done:
            left = max(due - time.monotonic(), 0)
            ready, _, _ = select.select([changed, *keys], [], [], left)
            if changed in ready:
                os.read(changed, 512)
                self._draw()
            if keys and keys[0] in ready:
                due = self._take(os.read(keys[0], 64), due)
                self._draw()
            if time.monotonic() >= due:
                due = time.monotonic() + self._interval
                if not self._paused:
                    self._pair = Pair(self._eyes.look(), self._pair.now)
                    self._draw()

    def _take(self, typed: bytes, due: float) -> float:
        """Do what keys say; return when the next look is due."""
        for key in typed.decode("ascii", "replace"):
            if key in "qQ\x04":
                self._done = True
            elif key in "sS":
                self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
            elif key in "pP ":
                self._paused = not self._paused
            elif key in "+=-":
                factor = 2 if key == "-" else 0.5
                self._interval = min(max(self._interval * factor, _FASTEST), _SLOWEST)
                due = time.monotonic() + self._interval
        return due

    def _draw(self) -> None:
        size = self._console.size
        note = "PAUSED" if self._paused else ""
        picture = lines(self._pair, Wanted(size.width, size.height - 1, self._sort, note),
                        self._about)
        picture += [[]] * (size.height - 1 - len(picture))
        picture.append([(HELP, "dim"), (f"  every {self._interval:g} s, by {self._sort}", "dim")])
        self._put(picture, size.width)

    def _put(self, picture: List[Line], width: int) -> None:
        """Write all lines over what was there; nothing flickers, as nothing is cleared before."""
        text = self._text(no_wrap=True, end="")
        for number, line in enumerate(picture):
            text.append("\n" if number else "")
            for piece, style in line:
                text.append(piece, style)
            text.append(" " * (width - sum(len(piece) for piece, _ in line)))
        self._console.control(_home())
        self._console.print(text, overflow="crop", crop=True, end="")


def _home() -> Any:
    from rich.control import Control
    return Control.home()


@contextmanager
def _terminal(console: Any) -> Iterator[None]:
    """The other screen, no cursor, keys one by one; and all as before, however it ends."""
    screen = _Screen(console)

    def end(number: int, frame: Optional[FrameType]) -> None:
        raise SystemExit(128 + number)

    def suspend(number: int, frame: Optional[FrameType]) -> None:
        screen.leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        # Going on again.
        screen.enter()

    before = {number: signal.signal(number, handler) for number, handler in
              ((signal.SIGTERM, end), (signal.SIGHUP, end), (signal.SIGTSTP, suspend))}
    screen.enter()
    try:
        yield
    finally:
        screen.leave()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Screen:
    """The terminal's modes."""

    def __init__(self, console: Any) -> None:
        self._console = console
        self._fd = sys.stdin.fileno() if sys.stdin and sys.stdin.isatty() else -1
        self._modes: Optional[List[Any]] = None

    def enter(self) -> None:
        """Take it."""
        if self._fd >= 0:
            self._modes = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd)
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)

    def leave(self) -> None:
        """Give it back."""
        try:
            self._console.show_cursor(True)
            self._console.set_alt_screen(False)
        except OSError:
            pass        # the terminal is gone
        if self._modes is not None:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._modes)
            self._modes = None
