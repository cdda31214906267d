# SPDX-License-Identifier: GPL-2.0-only
"""The chapters, in their order; a module each, with NAME, TITLE, CLAIMS and play(stage)."""

from __future__ import annotations

from typing import Tuple

from ..run import Chapter
from . import (buddy, compaction, cow, faults, hugepages, life, memcg, numa, observing, oom,
               pagecache, pagetables, reclaim, slab, virtual, zones)

CHAPTERS: Tuple[Chapter, ...] = (
    virtual, zones, pagetables, faults, buddy, slab, cow, pagecache, reclaim, oom, hugepages, numa,
    compaction, memcg, observing, life)
