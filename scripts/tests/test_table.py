# SPDX-License-Identifier: GPL-2.0-only
"""The text format: what is accepted, what is refused, and what fields become."""

import itertools
import os
import sys
import unittest
from typing import Iterator, List

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from mmscopelib.table import FormatError, Table, typed, unescape  # noqa: E402

RANGES = b"""\
# mmscope process/ranges format=1 pid=7 comm=a\\x20b
# start end level state flags pages
0x1000 0x2000 pte present user,accessed 1
0x2000 0x4000 pte none - 2
# end rows=2 complete=1 scanned=3 lock_max_ns=5 lock_total_ns=5 retries=0
"""
SPACE = b"""\
# mmscope process/space format=1 pid=7
pgd_phys: 0x1000
name: two words
# end rows=2 complete=1
"""


def table(text: bytes) -> Table:
    return Table(text.splitlines(keepends=True))


def rows(text: bytes) -> List[List[str]]:
    return list(table(text).rows())


class Fields(unittest.TestCase):
    def test_unescape(self) -> None:
        for field, expected in (
                ("plain", "plain"),
                (r"a\x20b\x5cx20", r"a b\x20"),
                (r"\x2d", "-"),
                (r"\xc3\xa9t\xc3\xa9", "été"),
                (r"\xff", "\udcff"),
                (r"\x1b[2J", "\x1b[2J")):
            self.assertEqual(unescape(field), expected)

    def test_typed(self) -> None:
        for column, field, expected in (
                ("pages", "12", 12), ("pages", "-3", -3), ("pages", "-", None),
                ("start", "0x12", "0x12"), ("pfn", "18446744073709551615", 2**64 - 1),
                ("flags", "user,dirty", ["user", "dirty"]), ("flags", "user", ["user"]),
                ("flags", "-", None), ("gfp_flags", "12", ["12"]),
                ("name", "12", "12"), ("name", r"\x2d", "-"), ("name", "-", None),
                ("name", "a,b", "a,b"), ("comm", "7", "7")):
            self.assertEqual(typed(column, field), expected)


class Tables(unittest.TestCase):
    def test_rows(self) -> None:
        view = table(RANGES)
        self.assertEqual(view.header.view, "process/ranges")
        self.assertEqual(view.header.format, 1)
        self.assertEqual(view.columns, ["start", "end", "level", "state", "flags", "pages"])
        self.assertIsNone(view.end)
        self.assertEqual([row[5] for row in view.rows()], ["1", "2"])
        assert view.end
        self.assertTrue(view.end.complete)
        self.assertEqual(view.end.keys["scanned"], "3")

    def test_values(self) -> None:
        view = table(SPACE)
        self.assertFalse(view.is_table)
        self.assertEqual(dict(view.values()), {"pgd_phys": "0x1000", "name": "two words"})
        assert view.end
        self.assertEqual(view.end.rows, 2)

    def test_no_rows(self) -> None:
        text = b"# mmscope a/b format=1 mm=none\n# x\n# end rows=0 complete=1\n"
        self.assertEqual(rows(text), [])
        text = b"# mmscope a/b format=1\n# end rows=0 complete=1\n"
        self.assertEqual(list(table(text).values()), [])

    def test_incomplete(self) -> None:
        view = table(RANGES.replace(b"complete=1", b"complete=0 stopped=exited"))
        list(view.rows())
        assert view.end
        self.assertFalse(view.end.complete)

    def test_rows_beyond_the_end_line_are_not_read(self) -> None:
        def lines() -> Iterator[bytes]:
            yield from RANGES.splitlines(keepends=True)
            raise AssertionError("read behind the end line")
        self.assertEqual(len(list(Table(lines()).rows())), 2)

    def test_streams(self) -> None:
        count = 200_000
        body = itertools.repeat(b"0x1000 0x2000 pte none - 2\n", count)
        head = RANGES.splitlines(keepends=True)[:2]
        view = Table(itertools.chain(head, body, [b"# end rows=200000 complete=1\n"]))
        self.assertEqual(sum(1 for _ in view.rows()), count)

    def test_refused(self) -> None:
        for text in (
                b"",
                b"pid=self\n",
                b"# mmscope process/ranges\n# a\n# end rows=0\n",
                b"# mmscope process/ranges format=x\n# a\n# end rows=0\n",
                b"# mmscope process/ranges format=1 word\n# a\n# end rows=0\n",
                RANGES.replace(b"rows=2", b"rows=3"),
                RANGES.replace(b" none -", b" none"),
                RANGES[:RANGES.index(b"# end")],
                RANGES[:-1],
                RANGES[:60]):
            with self.subTest(text=text), self.assertRaises(FormatError):
                rows(text)

    def test_refused_values(self) -> None:
        with self.assertRaises(FormatError):
            list(table(SPACE.replace(b"name: ", b"name ")).values())


if __name__ == "__main__":
    unittest.main()
