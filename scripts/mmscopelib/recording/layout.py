# SPDX-License-Identifier: GPL-2.0-only
"""The files of a recording.

Each source has a file of its own, to which samples are only ever appended:

    #@ sample=12 time_ns=81234567890 cpu_ns=210345 bytes=3956
    (so many bytes, as the kernel wrote them)

A sample is written by one write().  Whatever ends the recording, all samples
but perhaps the last are whole, and the length says whether that one is.
meta.json, which says what the files are, is there before the first sample; it is
replaced as a whole when the recording ends, and has no `ended` until then.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence

from ..wholefile import write_whole

FORMAT = 1
META = "meta.json"
MARKS = "marks.txt"
EVENTS = "events.txt"
CLAIMS = "tour.json"

_MARK = b"#@ "
_HEAD_MAX = 256
# At most so many pieces go into one write().
_PIECES_MAX = 512


def file_name(name: str) -> str:
    """The file for the view or kernel file @name."""
    return name.strip("/").replace("/", "-") + ".txt"


class Appender:
    """Writes the samples of one source."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND |
                           os.O_CLOEXEC, 0o600)
        self.bytes = 0

    def add(self, number: int, time_ns: int, cpu_ns: int, pieces: Sequence[bytes],
            error: str = "") -> None:
        """Append a sample; OSError if it does not fit."""
        size = sum(map(len, pieces))
        failed = f" error={error}" if error else ""
        head = (f"#@ sample={number} time_ns={time_ns} cpu_ns={cpu_ns} "
                f"bytes={size}{failed}\n").encode("ascii")
        if len(pieces) > _PIECES_MAX:
            pieces = [b"".join(pieces)]
        written = os.writev(self._fd, [head, *pieces])
        wanted = len(head) + size
        if written < wanted:
            # A disk that is nearly full takes a part, and says why only then.
            rest = memoryview(b"".join([head, *pieces]))
            while written < wanted:
                written += os.write(self._fd, rest[written:])
        self.bytes += wanted

    def close(self) -> None:
        """Write no more."""
        os.close(self._fd)


@dataclass(frozen=True)
class Sample:
    """Where a sample is in its file, and when it was taken."""

    number: int
    time_ns: int
    cpu_ns: int
    offset: int
    size: int
    error: str


class Samples:
    """The samples in the file of one source, and what is wrong with it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.list: List[Sample] = []
        self.damage: Optional[str] = None
        try:
            with open(path, "rb") as stream:
                self._scan(stream)
        except OSError as error:
            self.damage = f"cannot be read: {error.strerror}"

    def _scan(self, stream: Any) -> None:
        end = os.fstat(stream.fileno()).st_size
        offset = 0
        while offset < end:
            head = stream.readline(_HEAD_MAX)
            sample = _parse(head, offset + len(head))
            if sample is None:
                cut = not head.endswith(b"\n") and len(head) < _HEAD_MAX
                self.damage = f"ends inside the head of sample {len(self.list)}" if cut else \
                    f"there is no head of a sample at byte {offset}"
                return
            offset = sample.offset + sample.size
            if offset > end:
                self.damage = f"ends inside sample {sample.number}"
                return
            self.list.append(sample)
            stream.seek(offset)

    def read(self, wanted: Sequence[Sample]) -> Iterator[bytes]:
        """The contents of these, one after the other."""
        if not wanted:
            return
        with open(self.path, "rb") as stream:
            for sample in wanted:
                stream.seek(sample.offset)
                yield stream.read(sample.size)


def _parse(head: bytes, offset: int) -> Optional[Sample]:
    if not head.startswith(_MARK) or not head.endswith(b"\n"):
        return None
    words = dict(word.partition("=")[::2] for word in head.decode("ascii", "replace").split()[1:])
    try:
        sample = Sample(int(words["sample"]), int(words["time_ns"]), int(words["cpu_ns"]), offset,
                        int(words["bytes"]), words.get("error", ""))
    except (KeyError, ValueError):
        return None
    return sample if sample.size >= 0 else None


def write_meta(directory: str, meta: Dict[str, Any]) -> None:
    """Write meta.json: the old one or the new one is there at any moment."""
    write_whole(os.path.join(directory, META), json.dumps(meta, indent=1) + "\n", 0o600)
