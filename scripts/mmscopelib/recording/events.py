# SPDX-License-Identifier: GPL-2.0-only
"""Tracepoints, in a tracefs instance that is gone when its owner is.

An instance outlives the process that made it.  So a child waits for its owner's
end, whatever that be, SIGKILL too, and removes it then.
"""

from __future__ import annotations

import os
import re
import time
from typing import Dict, Iterable, List, Optional

from ..errors import Failure

_PLACES = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_PREFIX = "mmscope-record-"
_OURS = re.compile(_PREFIX + r"([0-9]+)\Z")

GROUPS: Dict[str, List[str]] = {
    "oom": ["oom:mark_victim"],
    "reclaim": ["vmscan:mm_vmscan_kswapd_wake", "vmscan:mm_vmscan_kswapd_sleep",
                "vmscan:mm_vmscan_direct_reclaim_begin", "vmscan:mm_vmscan_direct_reclaim_end"],
    "memcg": ["vmscan:mm_vmscan_memcg_reclaim_begin", "vmscan:mm_vmscan_memcg_reclaim_end"],
    # kcompactd is known by its name; its sleep is an event twice a second, wake or no wake.
    "compaction": ["compaction:mm_compaction_try_to_compact_pages",
                   "compaction:mm_compaction_begin", "compaction:mm_compaction_end"],
}
DEFAULT = ("oom", "reclaim", "compaction")
_EVENT = re.compile(r"[A-Za-z0-9_]+:[A-Za-z0-9_]+\Z")

# What a sample takes of what the instance has; the rest waits, or is overwritten.
READ_MAX = 1 << 16
_BUFFERS_KB = 8192
_BUFFER_MIN_KB, _BUFFER_MAX_KB = 64, 512
_PATIENCE = 10.0
# More than are open when the child is made.
_FDS = 1024


def chosen(words: Iterable[str]) -> List[str]:
    """The events that --events names: groups, or SYSTEM:EVENT."""
    events: List[str] = []
    for word in words:
        if word not in GROUPS and not _EVENT.match(word):
            raise Failure(f"--events: '{word}' is neither one of {', '.join(GROUPS)} "
                          "nor SYSTEM:EVENT")
        events += [event for event in GROUPS.get(word, [word]) if event not in events]
    return events


def place() -> Optional[str]:
    """Where tracefs is, if it can be used."""
    for path in _PLACES:
        if os.path.isdir(f"{path}/instances"):
            return path
    return None


def remove_stale(root: str) -> None:
    """Remove what owners have left whose child was killed, too."""
    for name in os.listdir(f"{root}/instances"):
        ours = _OURS.match(name)
        if ours and not os.path.exists(f"/proc/{ours[1]}"):
            _remove(f"{root}/instances/{name}")


class Events:
    """The instance mmscope-record-PID."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._path = f"{root}/instances/{_PREFIX}{os.getpid()}"
        self._pipe = -1
        self._guard = -1
        self._fd = -1
        self.missing: List[str] = []
        self.enabled: List[str] = []

    def open(self, events: Iterable[str]) -> None:
        """Make the instance and enable the events that this kernel has."""
        self._start_guard()
        try:
            os.mkdir(self._path)
            per_cpu = _BUFFERS_KB // (os.cpu_count() or 1)
            self._write("buffer_size_kb",
                        str(min(max(per_cpu, _BUFFER_MIN_KB), _BUFFER_MAX_KB)))
            # The clock of all other times in a recording.
            self._write("trace_clock", "mono")
            for event in events:
                self._enable(event)
            self._fd = os.open(f"{self._path}/trace_pipe",
                               os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self.close()
            raise Failure(f"{self._path}: {error.strerror}") from error

    def _enable(self, event: str) -> None:
        try:
            self._write(f"events/{event.replace(':', '/')}/enable", "1")
            self.enabled.append(event)
        except FileNotFoundError:
            self.missing.append(event)

    def _write(self, name: str, text: str) -> None:
        fd = os.open(f"{self._path}/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, text.encode("ascii"))
        finally:
            os.close(fd)

    def _start_guard(self) -> None:
        reader, self._pipe = os.pipe()
        self._guard = os.fork()
        if self._guard:
            os.close(reader)
            return
        try:
            # Not in reach of Ctrl-C, and with nothing open that others wait for.
            os.setsid()
            os.dup2(reader, 0)
            os.closerange(1, _FDS)
            os.read(0, 1)
            _remove(self._path)
        finally:
            os._exit(0)

    def read(self) -> List[bytes]:
        """What has happened since the last time, at most READ_MAX bytes, in pieces."""
        pieces: List[bytes] = []
        left = READ_MAX
        try:
            while left > 0:
                pieces.append(os.read(self._fd, left))
                left -= len(pieces[-1]) or left
        except BlockingIOError:
            pass
        return pieces

    def close(self) -> None:
        """Remove the instance."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
            os.waitpid(self._guard, 0)


def _remove(path: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            os.rmdir(path)
            return
        except FileNotFoundError:
            return
        except OSError:
            # Its files are still open somewhere.
            time.sleep(0.01)
