# SPDX-License-Identifier: GPL-2.0-only
"""What can be recorded: mmscope's views, and files of the kernel."""

from __future__ import annotations

import errno
import os
from typing import Iterable, List, Sequence

from ..arguments import key_value
from ..errors import Failure
from ..tree import Tree, send_query
from .layout import file_name

# Without --views.  Lists that may be long are asked for their head.
DEFAULT = ("/proc/vmstat", "/proc/meminfo", "/proc/pressure/memory",
           "memory/zones", "memory/pageblocks", "buddy/freelists", "buddy/fragmentation",
           "slab/caches", "pagecache/files top=20", "oom/badness", "oom/victims")

_PIECE = 1 << 16


class Source:
    """One file that is read again and again.

    It stays open, which saves looking it up, and sending the query, each time.
    """

    def __init__(self, tree: Tree, spec: str) -> None:
        words = spec.split()
        self.name = words[0]
        self.query = " ".join(words[1:])
        self.file = file_name(self.name)
        self._tree = tree
        self._fd = -1

    def open(self) -> None:
        """Open it, and see whether it can be read; Failure says why not."""
        try:
            self._fd = os.open(self._path(), (os.O_RDWR if self.query else os.O_RDONLY) |
                               os.O_CLOEXEC)
            if self.query:
                send_query(self._fd, self.query.encode("utf-8", "surrogateescape"))
            self.read()
        except OSError as error:
            self.close()
            raise self._failure(error) from error

    def _path(self) -> str:
        return self.name if self.name.startswith("/") else self._tree.path(self.name)

    def _failure(self, error: OSError) -> Failure:
        if not self.name.startswith("/"):
            return self._tree.failure(error, self.name, self.query)
        if error.errno == errno.ENOENT:
            return Failure(f"{self.name}: this kernel has no such file")
        return Failure(f"{self.name}: {error.strerror}")

    def read(self) -> List[bytes]:
        """All of it from its start, in pieces."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        pieces: List[bytes] = []
        while piece := os.read(self._fd, _PIECE):
            pieces.append(piece)
        return pieces

    def close(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def chosen(words: Iterable[str]) -> List[str]:
    """The sources that an argument list of --views names; +NAME adds to the default."""
    specs: List[str] = []
    added: List[str] = []
    for word in words:
        first, *query = word.split() or [""]
        if not first.lstrip("+"):
            raise Failure("--views: a name is missing")
        for key in query:
            key_value(key)
        if first.startswith("+"):
            added.append(word.strip()[1:])
        else:
            specs.append(word.strip())
    return (specs or list(DEFAULT)) + added


def with_own_files(sources: Sequence[Source]) -> None:
    """Give each source a file of its own, also if a view is recorded twice."""
    taken: List[str] = []
    for source in sources:
        base, number = source.file, 1
        while source.file in taken:
            number += 1
            source.file = base.removesuffix(".txt") + f"-{number}.txt"
        taken.append(source.file)
