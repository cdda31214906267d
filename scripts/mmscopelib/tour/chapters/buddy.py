# SPDX-License-Identifier: GPL-2.0-only
"""The buddy allocator: blocks are split when they are taken, and merged when they come back."""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Tuple

from .. import machine
from ..claims import Claim
from ..machine import KIB, MIB, PAGE
from ..stage import Lab, Row, Stage

NAME = "buddy"
TITLE = "The buddy allocator"

# Larger than what CPUs keep for themselves.
_ORDER = 4
_MOST = 2000
_TRIES = 10

CLAIMS = {
    "orders": Claim("Free memory is kept in blocks of 1, 2, 4, 8 … pages, a list for each size"),
    "by-order-only": Claim(
        "There is one list of free blocks for each order",
        "one for each zone, order and migratetype; the type is what the pageblock around is "
        "meant for",
        "migratetypes since 2.6.24: Add a bitmap that is used to track flags affecting a block "
        "of pages"),
    "largest": Claim("The largest block has order 10: 1024 pages, 4 MiB"),
    "split": Claim("If there is no block of the order that is wanted, a larger one is split"),
    "recursive": Claim("Splitting goes on until a half has the right size; each other half goes "
                       "to the list of its own order"),
    "buddies": Claim("The two halves of a block are each other's buddies: their first frames "
                     "differ in one bit"),
    "merge": Claim("A block that is freed merges with its buddy if that is free, and goes on so"),
    "single-page": Claim(
        "A single page is taken from the list of order 0, and put back there",
        "each CPU has lists of its own for pages and small blocks, and takes from the free lists "
        "only in batches; what it keeps does not merge, and is not counted as free",
        "single pages since 2.5; orders up to 3 since 5.14: mm/page_alloc: allow high-order "
        "pages to be stored on the per-cpu lists"),
    "buddyinfo": Claim("/proc/buddyinfo has for each zone the number of free blocks of each "
                       "order, smallest first"),
}


class Split(NamedTuple):
    """What a run of lab/alloc has shown."""

    lab: Lab
    block: Row                      # one that came from a larger block
    other: Row                      # the one taken next, out of the list of its own order
    before: Dict[int, int]          # blocks by order
    during: Dict[int, int]
    after: Dict[int, int]


def play(stage: Stage) -> None:
    """Take blocks until one has to be split; give them back."""
    _lists(stage)
    split = _find_split(stage)
    _tell_split(stage, split)
    _tell_merge(stage, split)
    _single_pages(stage)


def _lists(stage: Stage) -> None:
    """What the lists are, by two sources."""
    for _ in range(_TRIES):
        rows = stage.rows("buddy/freelists")
        kernel = _buddyinfo()
        ours: Dict[Tuple[str, str], List[int]] = {}
        for row in rows:
            orders = ours.setdefault((str(row["node"]), row["zone"]), [])
            orders += [0] * (row["order"] + 1 - len(orders))
            orders[row["order"]] += row["blocks"]
        if ours == kernel:
            break
    zone = max(kernel, key=lambda key: sum(kernel[key]))
    largest = max(range(len(kernel[zone])), key=lambda order: (kernel[zone][order] > 0, order))
    types = sorted({row["type"] for row in rows})
    stage.say(f"Free memory of node {zone[0]}, zone {zone[1]}, by order:")
    stage.show([{"order": order, "pages": 1 << order, "blocks": blocks}
                for order, blocks in enumerate(kernel[zone])], "order", "pages", "blocks")
    stage.note(orders=len(kernel[zone]), types=len(types), buddyinfo_equal=ours == kernel)
    stage.claim("orders", len(kernel[zone]) > 1, {"orders in /proc/buddyinfo": len(kernel[zone]),
                                                  "zone": f"{zone[0]} {zone[1]}"})
    stage.claim("by-order-only", len(types) < 2, {"zones": len(kernel), "types": ",".join(types),
                                                  "lists": len(rows)})
    stage.claim("largest", len(kernel[zone]) == 11 and (PAGE << 10) == 4 * MIB, {
        "largest order": len(kernel[zone]) - 1, "its KiB": (PAGE << len(kernel[zone]) - 1) // KIB,
        "largest free block": largest})
    stage.claim("buddyinfo", ours == kernel, {
        "zones compared": len(kernel), "as in buddy/freelists": sum(
            ours.get(key) == blocks for key, blocks in kernel.items())})


def _buddyinfo() -> Dict[Tuple[str, str], List[int]]:
    zones = {}
    for line in machine.read("/proc/buddyinfo").splitlines():
        words = line.replace(",", "").split()
        zones[words[1], words[3]] = [int(word) for word in words[4:]]
    return zones


def _find_split(stage: Stage) -> Optional[Split]:
    """Take so many blocks that one of four times the size has to be split, and its other half."""
    with stage.lab("alloc", order=_ORDER) as lab:
        place = lab.rows[0]
    for _ in range(_TRIES):
        free: Counter[int] = Counter()
        for row in stage.rows("buddy/freelists"):
            if (row["node"], row["zone"]) == (place["node"], place["zone"]):
                free[row["order"]] += row["blocks"]
        count = min(free[_ORDER] + 2 * free[_ORDER + 1] + 2, _MOST)
        with stage.lab("alloc", order=_ORDER, count=count, node=place["node"]) as lab:
            pass
        split = as_split(lab, place)
        if split and split.before == split.after:
            return split
    return None


def as_split(lab: Lab, place: Row) -> Optional[Split]:
    """The last two blocks taken in the zone of `place` that are halves of one, None if none are."""
    taken = [row for row in lab.rows if row["what"] == "block"]
    halves = [(first, second) for first, second in zip(taken, taken[1:])
              if all(row["source"] == "list" and row["zone"] == place["zone"]
                     for row in (first, second))
              and first["from_order"] >= _ORDER + 2 and second["from_order"] == _ORDER]
    lists = [row for row in lab.rows if row["what"] == "list"
             and (row["node"], row["zone"]) == (place["node"], place["zone"])
             and row["order"] >= _ORDER]
    if not halves or any(row["after_blocks"] is None for row in lists):
        return None
    return Split(lab, *halves[-1], *(_by_order(lists, f"{when}_blocks")
                                     for when in ("before", "during", "after")))


def _by_order(rows: List[Row], column: str) -> Dict[int, int]:
    blocks: Counter[int] = Counter()
    for row in rows:
        blocks[row["order"]] += row[column]
    return dict(blocks)


def _tell_split(stage: Stage, split: Optional[Split]) -> None:
    if not split:
        why = f"in {_TRIES} tries others were in the lists each time"
        for name in ("split", "recursive", "buddies"):
            stage.not_here(name, why)
        return
    block, taken = split.block, [row for row in split.lab.rows if row["what"] == "block"]
    stage.say(f"Asked for {len(taken)} blocks of order {_ORDER} in zone {block['zone']}, more "
              f"than there are of orders {_ORDER} and {_ORDER + 1}. The one at frame "
              f"{block['pfn']} was cut out of a block of order {block['from_order']}. The lists "
              "before, with all blocks taken, and after they were given back:")
    stage.show([{"order": order, "before": split.before[order], "during": split.during[order],
                 "after": split.after[order]} for order in sorted(split.before)],
               "order", "before", "during", "after")
    pages = [sum(n << order for order, n in lists.items())
             for lists in (split.before, split.during, split.after)]
    stage.note(order=_ORDER, allocated=len(taken), from_order=block["from_order"],
               half_pfn=block["pfn"], other_half_pfn=split.other["pfn"],
               pages_before=pages[0], pages_during=pages[1], pages_after=pages[2])
    stage.claim("split", block["from_order"] > _ORDER,
                {"wanted order": _ORDER, "order of the free block": block["from_order"]})
    between = {f"blocks of order {order}, before and during":
               f"{split.before[order]}, {split.during[order]}"
               for order in range(_ORDER, block["from_order"] + 1)}
    stage.claim("recursive", block["from_order"] >= _ORDER + 2
                and pages[0] - pages[1] == len(taken) << _ORDER,
                {**between, "pages that left the lists": pages[0] - pages[1],
                 "pages taken": len(taken) << _ORDER})
    _tell_buddies(stage, split)


def _tell_buddies(stage: Stage, split: Split) -> None:
    """Two halves of one block: the second came out of the list of its own order right after."""
    first, second = split.block["pfn"], split.other["pfn"]
    stage.say(f"The other half of the block at {first} was taken next: it is at {second}, which "
              f"differs in bit {_ORDER} only.")
    stage.claim("buddies", first ^ second == 1 << _ORDER, {
        "first half": first, "second half": second, "exclusive or": first ^ second,
        "pages of a half": 1 << _ORDER})


def _tell_merge(stage: Stage, split: Optional[Split]) -> None:
    if not split:
        stage.not_here("merge", "see the claim about splitting")
        return
    stage.say("Given back, the halves have merged up to the blocks that there were before.")
    stage.note(merged=split.before == split.after)
    stage.claim("merge", split.before == split.after != split.during, {
        f"blocks of order {order}: before, during, after":
        f"{split.before[order]}, {split.during[order]}, {split.after[order]}"
        for order in sorted(split.before) if split.before[order] != split.during[order]})


def _single_pages(stage: Stage) -> None:
    """Where single pages come from."""
    with stage.lab("alloc", order=0, count=32) as lab:
        sources = Counter(row["source"] for row in lab.rows if row["what"] == "block")
    kept = sum(row["count_pages"] or 0 for row in stage.rows("buddy/pcp"))
    own = sources["pcp"] + sources["refill"]
    stage.say(f"Single pages mostly never see these lists: of 32 taken, {own} came from the "
              f"CPU's own list, which was filled up {sources['refill']} times. All CPUs together "
              f"keep {kept:,} pages so.")
    stage.note(single_pages=32, from_pcp=own, refills=sources["refill"], pcp_pages=kept)
    stage.claim("single-page", own == 0, {"single pages taken": 32, "from a CPU's list": own,
                                          "pages that CPUs keep": kept})
