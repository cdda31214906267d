# SPDX-License-Identifier: GPL-2.0-only
"""Compaction: free memory in pieces, put together by moving what is in between."""

from __future__ import annotations

from collections import Counter
from typing import List, Optional

from .. import machine
from ..claims import Claim
from ..machine import MIB, PAGE
from ..stage import Lab, NotHere, Row, Stage

NAME = "compaction"
TITLE = "Compaction"

_ORDER = 9
_COMPACT = "/proc/sys/vm/compact_memory"
_AHEAD = "/proc/sys/vm/compaction_proactiveness"
_TRIES = 5
# Enough pageblocks to see something, and no more than needed.
_LEAST = 64 * MIB // PAGE
# Zones, as lab/fragment and lab/compact call them.
_WORDS = {"DMA32": "dma32", "Normal": "normal"}

CLAIMS = {
    "in-pieces": Claim("Much memory can be free, and no large block of it"),
    "both-ends": Claim("Compaction looks for movable pages from the bottom of a zone, and for "
                       "free ones from the top"),
    "moves-up": Claim("Compaction moves pages upwards, so that large blocks come free below"),
    "picture": Claim(
        "After compaction, what is used is at the bottom, and what is free at the top",
        "the other way round: pages move to the top, and what comes free is at the bottom",
        "every release since 2.6.35"),
    "user-pages": Claim(
        "Only pages that processes have mapped can be moved",
        "also pages of the page cache that nobody has mapped, and what drivers offer",
        "2.6.35; drivers since 4.8: mm: migrate: support non-lru movable page migration"),
    "unmovable": Claim("A page that cannot be moved keeps its whole block from coming free"),
    "automatic": Claim("Compaction begins by itself when a huge page is wanted and there is no "
                       "block"),
    "by-hand": Claim("Writing 1 to /proc/sys/vm/compact_memory compacts all memory"),
    "daemon": Claim(
        "Compaction is only done when somebody waits for a block",
        "kcompactd does it in the background, too, one for each node",
        "4.6: mm, kcompactd: introduce kcompactd; ahead of need since 5.9: mm: proactive "
        "compaction"),
}


def play(stage: Stage) -> None:
    """Break a zone's free memory into pieces, and have the kernel compact it."""
    zone = _smallest(stage)
    if not zone:
        raise NotHere("no zone has enough free memory")
    stage.needs(machine.read_maybe(_AHEAD) is not None, "this kernel does not compact")
    # kcompactd would put together what is in pieces before anybody asks.
    with machine.setting(_AHEAD, 0):
        _movable(stage, zone)
        _unmovable(stage, zone)
    _daemon(stage)


def _smallest(stage: Stage) -> Optional[Row]:
    """Where there is a choice, none for which blocks of a lower zone of its node would do."""
    rows = [row for row in stage.rows("memory/zones") if row["zone"] in _WORDS]
    lower = {row["node"] for row in rows if row["zone"] == "DMA32" and row["managed_pages"]}
    zones = [row for row in rows if row["free_pages"] > row["high_pages"] + _LEAST]
    zones.sort(key=lambda row: (row["zone"] == "Normal" and row["node"] in lower,
                                int(row["managed_pages"])))
    return zones[0] if zones else None


def _free(stage: Stage, zone: Row) -> Row:
    """What is free in the zone, and in what pieces."""
    return next(row for row in stage.rows("buddy/fragmentation")
                if (row["node"], row["zone"], row["order"]) == (zone["node"], zone["zone"], _ORDER))


def _movable(stage: Stage, zone: Row) -> None:
    where = {"order": _ORDER, "node": zone["node"], "zone": _WORDS[zone["zone"]]}
    with stage.lab("fragment", target=1000, mobility="movable", **where) as broken:
        pieces = _free(stage, zone)
        free = next(row["free_pages"] for row in stage.rows("memory/zones")
                    if (row["node"], row["zone"]) == (zone["node"], zone["zone"]))
        held = int(broken.end["held_pages"])
        stage.say(f"In zone {zone['zone']} of node {zone['node']} one movable page is put into "
                  f"each of {held:,} blocks of {PAGE << _ORDER >> 20} MiB. {free * PAGE // MIB:,} "
                  f"MiB are free, and {pieces['suitable_blocks']} blocks of that size.")
        stage.claim("in-pieces", pieces["suitable_blocks"] == 0 and free > _LEAST, {
            "pages free": free, f"blocks of order {_ORDER}": pieces["suitable_blocks"],
            "unusable_index, thousandths": pieces["unusable_index"]})
        _wanted(stage, where)
        with stage.lab("compact", trigger="node", **where) as answer:
            _moved(stage, answer, held)
    _by_hand(stage, zone, where)


def _wanted(stage: Stage, where: Row) -> None:
    """Ask for more blocks than there may be by now, or in lower zones, as huge pages do."""
    for attempt in range(1, _TRIES + 1):
        wanted = 2 ** attempt
        before = machine.vmstat("compact_stall")["compact_stall"]
        with stage.lab("compact", trigger="alloc", count=wanted, **where) as answer:
            got = int(answer.end["allocated"])
        stalls = machine.vmstat("compact_stall")["compact_stall"] - before
        if stalls:
            break
    stage.say(f"{wanted} blocks are asked for as for huge pages. {got} could be had; who asked "
              f"had to compact {stalls} times.")
    stage.note(wanted_blocks=wanted, got_blocks=got, stalls=stalls)
    stage.claim("automatic", stalls > 0, {"blocks asked for": wanted, "got": got,
                                          "compact_stall": stalls})


def _moved(stage: Stage, answer: Lab, held: int) -> None:
    pages = [row for row in answer.rows if row["what"] == "page"]
    gone = [row for row in pages if row["to_pfn"] is not None]
    up = sum(row["to_pfn"] > row["pfn"] for row in gone)
    came = _came_free(answer)
    filled = [row["to_pfn"] for row in gone]
    events = {row["name"]: row["after"] - row["before"] for row in answer.rows
              if row["what"] == "event"}
    gained = int(answer.end["gained"])
    stage.say(f"The node is compacted. {len(gone):,} of the {held:,} pages were moved, "
              f"{up:,} of them upwards, and {gained:,} blocks of {PAGE << _ORDER >> 20} MiB came "
              "of it. Some of the moves:")
    stage.show(gone[:3], "pfn", "to_pfn")
    stage.note(held=held, moved=len(gone), moved_up=up, gained=gained, came_free=len(came))
    facts = {"pages moved": len(gone), "of these upwards": up,
             "highest frame that was left": max((row["pfn"] for row in gone), default=None),
             "lowest frame that was moved to": min(filled, default=None)}
    stage.claim("both-ends", bool(gone) and events.get("compact_migrate_scanned", 0) > 0
                and events.get("compact_free_scanned", 0) > 0 and 2 * up > len(gone), {
        **facts, "frames looked at for pages to move":
        events.get("compact_migrate_scanned", 0),
        "for free ones": events.get("compact_free_scanned", 0)})
    stage.claim("moves-up", 2 * up > len(gone) > 0 and gained > 0, {**facts, "blocks gained":
                                                                    gained})
    lower = _middle(came) < _middle(filled)
    stage.claim("picture", not lower, {
        "middle of the blocks that came free": _middle(came),
        "middle of the frames that pages were moved to": _middle(filled)})
    kinds = Counter(row["kind"] for row in (stage.page(row["to_pfn"]) for row in gone[:8]))
    mapped = sum(stage.page(row["to_pfn"])["mapcount"] for row in gone[:8])
    stage.claim("user-pages", mapped > 0 or not gone, {
        "moved pages looked at": min(len(gone), 8),
        "kind": ", ".join(kinds), "times they are mapped": mapped})


def _came_free(answer: Lab) -> List[int]:
    """The first frames of the pageblocks that came free."""
    per_block = int(answer.header["pages_per_block"])
    return [row["pfn"] for row in answer.rows
            if row["what"] == "block" and row["after"] == per_block > row["before"]]


def _middle(frames: List[int]) -> int:
    return sorted(frames)[len(frames) // 2] if frames else 0


def _unmovable(stage: Stage, zone: Row) -> None:
    where = {"order": _ORDER, "node": zone["node"], "zone": _WORDS[zone["zone"]]}
    with stage.lab("fragment", target=500, mobility="unmovable", pages=1, **where) as broken, \
            stage.lab("compact", trigger="node", **where) as answer:
        held, why = int(broken.end["held_pages"]), int(answer.end["unmovable"])
    per_block = int(answer.header["pages_per_block"])
    theirs = {row["pfn"] // per_block for row in broken.rows if row["what"] == "page"}
    came = sum(pfn // per_block in theirs for pfn in _came_free(answer))
    stage.say(f"The same with {held:,} pages that cannot be moved: {came} of their blocks come "
              f"free, and {why:,} blocks do not because of such a page.")
    stage.note(unmovable_held=held, unmovable_blocks=len(theirs), unmovable_came_free=came,
               unmovable_why=why)
    stage.claim("unmovable", came == 0 < why, {
        "pages in the way": held, "blocks they are in": len(theirs), "of these come free": came,
        "blocks with a page that cannot be moved": why})


def _by_hand(stage: Stage, zone: Row, where: Row) -> None:
    with stage.lab("fragment", target=300, mobility="movable", **where):
        before, whole = machine.vmstat("compact_migrate_scanned"), _whole(stage, zone)
        with open(_COMPACT, "w", encoding="ascii") as stream:
            stream.write("1")
        after, then = machine.vmstat("compact_migrate_scanned"), _whole(stage, zone)
    scanned = after["compact_migrate_scanned"] - before["compact_migrate_scanned"]
    stage.note(by_hand_scanned=scanned, by_hand_before=whole, by_hand_after=then)
    stage.claim("by-hand", scanned > 0 and then > whole, {
        "frames looked at": scanned, "blocks wholly free before": whole, "after": then})


def _whole(stage: Stage, zone: Row) -> int:
    """Pageblocks of the zone with nothing in use: what CPUs keep is free, and has not merged."""
    return sum((row["node"], row["zone"]) == (zone["node"], zone["zone"])
               and row["free_pages"] + row["pcp_pages"] == 1 << _ORDER
               for row in stage.rows("memory/pageblocks"))


def _daemon(stage: Stage) -> None:
    threads = machine.kernel_threads("kcompactd.*")
    stage.claim("daemon", not threads, {
        "threads": ", ".join(sorted(threads.values())) or "none",
        "vm.compaction_proactiveness": machine.read_maybe(
            "/proc/sys/vm/compaction_proactiveness")})
