# SPDX-License-Identifier: GPL-2.0-only
"""What the chapter about the buddy allocator makes of an answer of lab/alloc."""

import os
import sys
import unittest
from typing import Dict, List

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib.tour.chapters.buddy import as_split  # noqa: E402
from mmscopelib.tour.stage import Lab, Row  # noqa: E402


def _block(pfn: int, from_order: int, zone: str = "Normal", source: str = "list") -> Row:
    return {"what": "block", "zone": zone, "source": source, "pfn": pfn, "from_order": from_order}


def _answer(*blocks: Row) -> Lab:
    lists: List[Row] = [
        {"what": "list", "node": 0, "zone": "Normal", "order": order, "before_blocks": order,
         "during_blocks": 0, "after_blocks": order} for order in range(11)]
    return Lab({}, [*blocks, *lists], {})


class Splits(unittest.TestCase):
    """The other half is the block taken right after, out of the list of its own order."""

    place: Dict[str, object] = {"node": 0, "zone": "Normal"}

    def test_halves(self) -> None:
        """The last pair counts; orders below are no part of it."""
        split = as_split(_answer(_block(64, 6), _block(80, 4), _block(128, 6), _block(144, 4),
                                 _block(160, 5)), self.place)
        assert split
        self.assertEqual((split.block["pfn"], split.other["pfn"]), (128, 144))
        self.assertEqual(split.before, {order: order for order in range(4, 11)})
        self.assertEqual(split.during, dict.fromkeys(range(4, 11), 0))

    def test_no_other_half(self) -> None:
        """A split by the last block leaves nobody to take the other half."""
        self.assertIsNone(as_split(_answer(_block(16, 4), _block(64, 6)), self.place))

    def test_elsewhere(self) -> None:
        """Halves of another zone, or kept by a CPU, are not these."""
        self.assertIsNone(as_split(_answer(
            _block(64, 6, "DMA32"), _block(80, 4, "DMA32"),
            _block(128, 6), _block(144, 4, source="pcp")), self.place))

    def test_not_read(self) -> None:
        """Without the lists afterwards nothing can be said about merging."""
        answer = _answer(_block(64, 6), _block(80, 4))
        answer.rows[-1]["after_blocks"] = None
        self.assertIsNone(as_split(answer, self.place))


if __name__ == "__main__":
    unittest.main()
