# SPDX-License-Identifier: GPL-2.0-only
"""The debugfs tree: finding it, sending queries, explaining refusals."""

from __future__ import annotations

import difflib
import errno
import os
import stat
from io import BufferedReader, FileIO
from typing import Iterator, List, Optional, Sequence

from .errors import Failure
from .table import FormatError, Table, unescape

DEFAULT_ROOT = "/sys/kernel/debug/mmscope"
QUERY_MAX = 256
_BUFFER = 1 << 20


def send_query(fd: int, query: bytes) -> None:
    """Set the query of this one open file.  The kernel takes all of it or none."""
    os.write(fd, query)


class Tree:
    """The directory that the module made, or one that looks like it."""

    def __init__(self, root: Optional[str] = None) -> None:
        self.root = root or os.environ.get("MMSCOPE_ROOT") or DEFAULT_ROOT

    def path(self, name: str) -> str:
        """The path of the file @name, such as process/ranges."""
        return os.path.join(self.root, name)

    def check(self) -> None:
        """Raise Failure unless the tree is there and may be read."""
        try:
            os.listdir(self.root)
        except PermissionError as error:
            raise Failure(_denied(self.root)) from error
        except OSError as error:
            raise Failure(self._missing()) from error

    def files(self) -> Iterator[str]:
        """All files, as dir/name, top-level ones first."""
        self.check()
        for directory, subdirectories, names in os.walk(self.root):
            subdirectories.sort()
            prefix = os.path.relpath(directory, self.root)
            for name in sorted(names):
                yield name if prefix == "." else f"{prefix}/{name}"

    def open(self, name: str, words: Sequence[str] = ()) -> BufferedReader:
        """Open a view, with a query of its own if there are @words.

        The query goes to the descriptor that is then read, so no other
        reader can change what is asked here.
        """
        self.check()
        query = " ".join(words)
        try:
            return self._open(name, query)
        except OSError as error:
            raise self.failure(error, name, query) from error

    def _open(self, name: str, query: str) -> BufferedReader:
        path = self.path(name)
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "is a directory", path)
        # Root may open anything for writing, so the mode must say it.
        if query and not mode & stat.S_IWUSR:
            raise Failure(f"{name} takes no query: leave out '{query}'")
        fd = os.open(path, (os.O_RDWR if query else os.O_RDONLY) | os.O_CLOEXEC)
        try:
            if query:
                send_query(fd, query.encode("utf-8", "surrogateescape"))
            return BufferedReader(FileIO(fd, "rb"), _BUFFER)
        except BaseException:
            os.close(fd)
            raise

    def failure(self, error: OSError, name: str, query: str = "") -> Failure:
        """What the kernel's refusal means and what to do about it."""
        asked = f"{name}: '{query}'" if query else name
        if error.errno in (errno.ENOENT, errno.EISDIR, errno.ENOTDIR):
            if query and os.path.isfile(self.path(name)):
                return Failure(f"{asked}: what the query names: {error.strerror}")
            return Failure(self._no_view(name))
        if error.errno == errno.EINVAL:
            return Failure(f"{asked} is refused: {self._accepted(name, query)}")
        if error.errno == errno.ERANGE:
            return Failure(f"{asked}: a value is out of range")
        if error.errno == errno.E2BIG:
            return Failure(f"{name}: the query has {len(query)} bytes, at most {QUERY_MAX} go")
        if error.errno == errno.ESRCH:
            return Failure(f"{asked}: no such process (as seen from this pid namespace)")
        if error.errno == errno.EOPNOTSUPP:
            why = self.reason(name)
            if query and not why:
                return Failure(f"{asked}: {error.strerror} for what the query names")
            return Failure(f"{name} is not available on this kernel: "
                           f"{why or 'see ' + self.path('caps')}")
        if error.errno == errno.EBUSY:
            return Failure(f"{name} is in use by another program; try again when it has ended")
        if error.errno == errno.EINTR:
            return Failure(f"{name}: stopped by a signal")
        if error.errno in (errno.EPERM, errno.EACCES):
            return Failure(_denied(name))
        return Failure(f"{asked}: {error.strerror}")

    def reason(self, name: str) -> str:
        """Why `caps` says that @name, or the lab that it is a file of, is off; or nothing."""
        try:
            with open(self.path("caps"), "rb") as stream:
                table = Table(stream)
                for row in table.rows():
                    cap = dict(zip(table.columns, row))
                    if (f"{name}/".startswith(f"{cap.get('name')}/")
                            and cap.get("reason", "-") != "-"):
                        return unescape(cap["reason"])
        except (OSError, FormatError):
            pass
        return ""

    def _accepted(self, name: str, query: str) -> str:
        why = ("a key is unknown here, repeated or malformed" if query else
               "it has to be asked for something")
        directory = os.path.dirname(name)
        path = self.path(os.path.join(directory, "query"))
        try:
            with open(path, encoding="ascii", errors="replace") as stream:
                keys = [word.partition("=")[0] for word in stream.read().split() if "=" in word]
        except OSError:
            return why
        return f"{why}; {directory}/ knows: {' '.join(keys)}"

    def _no_view(self, name: str) -> str:
        known: List[str] = list(self.files())
        near = difflib.get_close_matches(name, known, 1)
        if near:
            return f"there is no file {name}; did you mean {near[0]}?"
        return f"there is no file {name}; 'mmscope status' lists them all"

    def _missing(self) -> str:
        if self.root != DEFAULT_ROOT:
            return f"there is no directory {self.root} (MMSCOPE_ROOT or --root)"
        if not os.path.isdir("/sys/module/mmscope"):
            return "the module is not loaded: build it with 'make', then 'insmod module/mmscope.ko'"
        return "debugfs is not mounted: mount -t debugfs none /sys/kernel/debug"


def _denied(what: str) -> str:
    if os.geteuid() != 0:
        return f"{what}: permission denied; run it as root (CAP_SYS_ADMIN)"
    return (f"{what}: refused although you are root: CAP_SYS_ADMIN is missing, or "
            "/sys/kernel/security/lockdown closes debugfs")
