# SPDX-License-Identifier: GPL-2.0-only
"""The pageblock map over time: one full frame, then what changed in each."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ..blocks import KINDS, MEANINGS, PAGES, Cell, Map, block_pages, read
from ..table import FormatError, Table
from .load import Recording, Unusable
from .series import Columns, chart, line

_VIEW = "memory/pageblocks"
_FRAMES = 200
_CELLS = 4096
# Rows that are read at most, in all frames together.
_ROWS = 1_000_000
# Bytes that the changes may take in the page.
_ROOM = 2_500_000
COLOURS = ("free", "blue", "purple", "orange", "brown")

Key = Tuple[int, str, int]      # node, zone, first frame of the cell
State = Tuple[int, ...]         # kind, blocks, longest free run, pages by PAGES


class _Frame(NamedTuple):
    when: float
    cells: Dict[Key, State]
    blocks: List[int]           # by kind


class BlockMap:
    """All frames, with the same cells in each."""

    def __init__(self, recording: Recording, tick: Callable[[int, int], None]) -> None:
        self._page_kb = recording.page_kb
        self.block_pages = 0
        self._per_cell = 0
        self.frames: List[_Frame] = []
        unusable = Unusable(_VIEW)
        most = self._moments(recording)
        for when, text in recording.texts(_VIEW, most):
            tick(len(self.frames), most)
            try:
                self._add(when, text, unusable)
            except FormatError as error:
                unusable.broken(error)
        recording.notes += unusable.notes()

    @staticmethod
    def _moments(recording: Recording) -> int:
        """So many that reading them takes seconds, not minutes."""
        rows = max((text.count(b"\n") for _, text in recording.texts(_VIEW, 2)), default=1)
        stream = recording.stream(_VIEW)
        return max(min(_FRAMES, _ROWS // rows, len(stream.samples.list) if stream else 0), 2)

    def _add(self, when: float, text: bytes, unusable: Unusable) -> None:
        table = Table(BytesIO(text))
        self.block_pages = self.block_pages or block_pages(table)
        blocks = Map(self.block_pages, None if self._per_cell else _CELLS)
        blocks.read(read(table))
        # What is missing would be drawn as if it had gone.
        if unusable.cut(table):
            return
        self._per_cell = self._per_cell or blocks.per_cell
        if blocks.per_cell < self._per_cell:
            blocks.group(self._per_cell)
        cells = {}
        for zone in blocks.zones:
            for cell in zone.cells:
                first = cell.pfn // blocks.cell_pages * blocks.cell_pages
                cells[int(zone.node), zone.name, first] = _state(cell)
        # What has not changed is kept once.
        last = self.frames[-1].cells if self.frames else {}
        for key, state in cells.items():
            if last.get(key) == state:
                cells[key] = last[key]
        self.frames.append(_Frame(when, cells, blocks.total().blocks))

    def chart(self) -> List[Dict[str, Any]]:
        """How many blocks there are of each kind."""
        if not self.frames:
            return []
        counts = Columns()
        for frame in self.frames:
            counts.add(frame.when, dict(zip(KINDS, frame.blocks)))
        size = self.block_pages * self._page_kb
        return [chart("blocks", "Pageblocks by what is in them", counts.times,
                      [line(kind, counts[kind], colour) for kind, colour in zip(KINDS, COLOURS)],
                      "blocks", "stack", height=130, about=f"a block is {_size(size)}")]

    def data(self) -> Optional[Dict[str, Any]]:
        """The map, for page/map.js."""
        if not self.frames:
            return None
        keys = sorted({key for frame in self.frames for key in frame.cells},
                      key=lambda key: (key[0], key[2]))
        frames = self.frames
        changes = _changes(frames, keys)
        while len(json.dumps(changes)) > _ROOM and len(frames) > 2:
            frames = [*frames[:-1:2], frames[-1]]
            changes = _changes(frames, keys)
        return {"t": [frame.when for frame in frames], "changes": changes,
                "of": len(self.frames), "kinds": list(KINDS), "meanings": list(MEANINGS),
                "colours": list(COLOURS), "pages": [_words(name) for name in PAGES],
                "cell_pages": self.block_pages * self._per_cell,
                "block_pages": self.block_pages, "page_kb": self._page_kb,
                "zones": _zones(keys)}


def _words(column: str) -> str:
    return column.removesuffix("_pages").replace("pcp", "per-CPU")


def _state(cell: Cell) -> State:
    return (cell.kind, cell.count, cell.longest, *cell.pages)


def _zones(keys: List[Key]) -> List[Dict[str, Any]]:
    """Runs of cells of one zone, which are drawn together."""
    zones: List[Dict[str, Any]] = []
    for node, name, first in keys:
        if not zones or (zones[-1]["node"], zones[-1]["zone"]) != (node, name):
            zones.append({"node": node, "zone": name, "first": []})
        zones[-1]["first"].append(first)
    return zones


def _changes(frames: List[_Frame], keys: List[Key]) -> List[List[Any]]:
    """For each frame: place, state, place, state … of what is not as before."""
    changes: List[List[Any]] = []
    before: Dict[Key, State] = {}
    for frame in frames:
        changed: List[Any] = []
        for place, key in enumerate(keys):
            state = frame.cells.get(key)
            if state != before.get(key):
                changed += [place, list(state) if state else None]
        changes.append(changed)
        before = frame.cells
    return changes


def _size(kb: int) -> str:
    return f"{kb >> 10} MiB" if kb >> 10 else f"{kb} KiB"
