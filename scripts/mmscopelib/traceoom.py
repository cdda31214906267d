# SPDX-License-Identifier: GPL-2.0-only
"""Puts what mmscope knows of each candidate beside what the OOM killer has made of it."""

from __future__ import annotations

import mmap
import re
import time
from typing import Dict, Iterator, List, Optional

from .errors import Failure
from .show import finish, read_rows
from .table import Table, escape
from .tracetables import Decoder, Row
from .tree import Tree

_UNKILLABLE = -(1 << 63)
_NONE = "-"
# The lines of oom.bt: with a number of the kill, and these behind it; a name may follow.
_LINES = {"begin": r"\d+ \d+", "candidate": r"\d+ -?\d+ \d+", "victim": r"\d+", "end": r"\d+"}
_LINE = re.compile("|".join(rf"{what} \d+ {rest}(?: .*)?" for what, rest in _LINES.items()),
                   re.S | re.A)

Fields = Dict[str, str]


class _Kill:
    """A call of the OOM killer."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.memcg = _NONE
        self.by = ""
        self.total = _NONE
        self.points: Dict[str, int] = {}
        self.comms: Dict[str, str] = {}
        self.victims: List[str] = []
        self.ended = 0.0
        self.lines = 0
        self.wanted = 0     # lines; 0 as long as that is not known


class Oom:
    """The observer of oom.bt.

    It makes its rows when a kill is over, and asks mmscope then.  Whoever was
    killed is still noted there, even if it is gone.
    """

    def __init__(self, tree: Tree, decode: Decoder) -> None:
        self._tree = tree
        self._decode = decode
        self._kills: Dict[str, _Kill] = {}

    def event(self, fields: Row) -> Iterator[Row]:
        """A line of the script's; what is none of them is left out."""
        if not _LINE.fullmatch(" ".join(fields)):
            return
        what, number, rest = fields[0], fields[1], fields[2:]
        kill = self._kills.setdefault(number, _Kill(number))
        kill.lines += 1
        if what == "begin":
            if rest[0] != "0":
                kill.memcg = self._decode.cgroup(rest[0])
            kill.by = " ".join(rest[2:])
        elif what == "candidate":
            kill.points[rest[0]] = int(rest[1])
            kill.total = rest[2]
            kill.comms[rest[0]] = " ".join(rest[3:])
        elif what == "victim":
            kill.victims.append(rest[0])
        elif what == "end":
            kill.wanted = int(rest[0])
            kill.ended = time.monotonic()
        if kill.lines == kill.wanted:
            del self._kills[number]
            yield from self._rows(kill)

    def _rows(self, kill: _Kill) -> Iterator[Row]:
        notes = {row["tgid"]: row for row in read_rows(self._tree, "oom/victims")}
        now = self._badness(kill.memcg)
        read_ms = str(round(1000 * (time.monotonic() - kill.ended)))
        pids = sorted(set(kill.points) | set(kill.victims),
                      key=lambda pid: (-kill.points.get(pid, 1 << 62), int(pid)))
        for pid in pids:
            victim = pid in kill.victims
            known = _of_victim(notes.get(pid), kill.total) if victim else now.get(pid, {})
            points = kill.points.get(pid)
            yield [kill.number, kill.memcg, kill.total, escape(kill.by), pid,
                   escape(kill.comms.get(pid, known.get("comm", ""))),
                   _NONE if points is None or points == _UNKILLABLE else str(points),
                   "victim" if victim else _NONE,
                   *(known.get(name, _NONE) for name in (
                       "score", "rss_pages", "swap_pages", "pgtable_bytes", "adj", "why")),
                   "0" if victim else read_ms]

    def _badness(self, memcg: str) -> Dict[str, Fields]:
        words = [f"memcg={memcg}"] if memcg != _NONE else []
        try:
            with self._tree.open("oom/badness", words) as stream:
                table = Table(stream)
                rows = [dict(zip(table.columns, row)) for row in table.rows()]
            # Each row is right by itself; that others have none is not their end.
            finish("oom/badness", table.end)
        except (Failure, OSError):
            return {}       # The cgroup is gone.
        return {row["pid"]: row for row in rows}


def _of_victim(note: Optional[Fields], total: str) -> Fields:
    """The columns of oom/badness for a victim, of what was noted of it."""
    if note is None:
        return {}
    rss = sum(int(note[name]) for name in ("anon_pages", "file_pages", "shmem_pages"))
    fields = {"comm": note["comm"], "rss_pages": str(rss), "swap_pages": note["swap_pages"],
              "pgtable_bytes": note["pgtable_bytes"], "adj": note["adj"]}
    if total != _NONE:
        score = rss + int(note["swap_pages"]) + int(note["pgtable_bytes"]) // mmap.PAGESIZE + \
            int(note["adj"]) * (int(total) // 1000)
        fields["score"] = str(score)
    return fields
