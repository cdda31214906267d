# SPDX-License-Identifier: GPL-2.0-only
"""Writes a file as a whole: at any moment the old one is there, or the new one."""

from __future__ import annotations

import os


def write_whole(path: str, text: str, mode: int = 0o666) -> None:
    """Replace what a file holds; one that is not there yet gets this mode.

    A device or a pipe is written to: it must not become a file.  Raises OSError.
    """
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        return
    new = path + ".new"
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with open(fd, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        os.replace(new, path)
    except BaseException:
        # On a full disk it would take what room there is, and be of no use.
        os.unlink(new)
        raise
