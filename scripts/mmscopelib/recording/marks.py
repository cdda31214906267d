# SPDX-License-Identifier: GPL-2.0-only
"""Notes on the time axis of a recording, by whoever runs meanwhile.

The command that `mmscope record` runs finds the directory in MMSCOPE_RECORDING.
"""

from __future__ import annotations

import os
import time
from typing import List, Optional, Tuple

from .layout import MARKS

DIRECTORY = "MMSCOPE_RECORDING"


def mark(text: str, directory: Optional[str] = None) -> bool:
    """Note @text as of now; False if nothing is being recorded."""
    directory = directory or os.environ.get(DIRECTORY)
    if not directory:
        return False
    line = f"{time.monotonic_ns()} {' '.join(text.split())}\n"
    fd = os.open(os.path.join(directory, MARKS),
                 os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, line.encode("utf-8", "surrogateescape"))
    finally:
        os.close(fd)
    return True


def read(directory: str) -> List[Tuple[int, str]]:
    """All notes, by time."""
    try:
        with open(os.path.join(directory, MARKS), encoding="utf-8", errors="replace") as stream:
            lines = [line.partition(" ") for line in stream if line.endswith("\n")]
    except FileNotFoundError:
        return []
    return sorted((int(when), text.strip()) for when, _, text in lines if when.isdigit())
