# SPDX-License-Identifier: GPL-2.0-only
"""The map of pageblocks: on a terminal, in a pipe, as a picture."""

import contextlib
import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import unittest
import xml.etree.ElementTree
from typing import Dict, Iterator, List, Tuple
from unittest import mock

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import blocks, cli, picture  # noqa: E402
from mmscopelib.table import FormatError, Table  # noqa: E402
from tests.test_cli import Tree  # noqa: E402

HEAD = """\
# mmscope memory/pageblocks format=1 pages_per_block=512 pfn=0-4503599627370495
# node zone pfn type free_pages movable_pages unmovable_pages pcp_pages reserved_pages \
hole_pages pinned_pages longest_free_pages mixed
"""
END = "# end rows={} complete=1 scanned=4096 lock_max_ns=5 lock_total_ns=9\n"
ROWS = """\
0 DMA 0 Unmovable 100 0 2 0 314 96 0 90 0
0 DMA32 512 Movable 512 0 0 0 0 0 0 512 0
0 DMA32 1024 Movable 312 200 0 0 0 0 0 300 0
0 DMA32 1536 Movable 2 400 100 10 0 0 0 1 1
0 DMA32 2048 Unmovable 12 3 497 0 0 0 3 12 0
1 Normal 4096 Movable 0 512 0 0 0 0 0 0 0
1 Normal 4608 Movable 502 0 0 10 0 0 0 400 0
"""
LETTERS = """\
memory/pageblocks  pages_per_block=512  pfn=0-4503599627370495
Node 0, zone DMA: frames 0-511, 1 blocks, 2 MiB
   0  R
Node 0, zone DMA32: frames 512-2559, 4 blocks, 8 MiB
 512  .mXU
Node 1, zone Normal: frames 4096-5119, 2 blocks, 4 MiB
4096  M.
   .  free       2 blocks        4 MiB  nothing in use
  mM  movable    2 blocks        4 MiB  in use, and all of that could be moved away
  xX  mixed      1 blocks        2 MiB  movable pages, and unmovable ones, which would stay
  uU  unmovable  1 blocks        2 MiB  in use, and nothing of that can be moved
  rR  reserved   1 blocks        2 MiB  unmovable, and most of that never was the allocator's
a cell is 2 MiB; a capital: half or more is in use
pages: free 1,440, movable 1,115, unmovable 599, per-CPU 20, reserved 314, hole 96, pinned 3
7 rows, complete; looked at 4,096 frames; lock held 5 ns at most, 9 ns in all
"""
PIPE = """\
# mmscope map format=1 pages_per_block=512 pfn=0-4503599627370495 blocks_per_cell=1
# node zone pfn blocks kind free_pages movable_pages unmovable_pages pcp_pages reserved_pages \
hole_pages pinned_pages longest_free_pages free_blocks movable_blocks mixed_blocks \
unmovable_blocks reserved_blocks
0 DMA 0 1 reserved 100 0 2 0 314 96 0 90 0 0 0 0 1
0 DMA32 512 1 free 512 0 0 0 0 0 0 512 1 0 0 0 0
0 DMA32 1024 1 movable 312 200 0 0 0 0 0 300 0 1 0 0 0
0 DMA32 1536 1 mixed 2 400 100 10 0 0 0 1 0 0 1 0 0
0 DMA32 2048 1 unmovable 12 3 497 0 0 0 3 12 0 0 0 1 0
1 Normal 4096 1 movable 0 512 0 0 0 0 0 0 0 1 0 0 0
1 Normal 4608 1 free 502 0 0 10 0 0 0 400 1 0 0 0 0
# end rows=7 complete=1 scanned=4096 lock_max_ns=5 lock_total_ns=9
"""
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def view(rows: str) -> str:
    return HEAD + rows + END.format(rows.count("\n"))


def many(count: int) -> str:
    """Blocks of each kind in turn, in two zones."""
    kinds = ("512 0 0", "100 412 0", "0 500 12", "12 0 500", "0 512 0")
    return view("".join(
        f"0 {'DMA32' if i < 1000 else 'Normal'} {i * 512} Movable {kinds[i % 5]} 0 0 0 0 0 0\n"
        for i in range(count)))


class Terminal(io.TextIOWrapper):
    """Standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class MapTree(Tree):
    """A tree with memory/pageblocks."""

    def setUp(self) -> None:
        super().setUp()
        self.file("memory/pageblocks", view(ROWS), 0o600)
        self.file("version", "# mmscope version format=1\nkernel: 6.1 <&>\n# end rows=1\n")

    def tty(self, *argv: str, encoding: str = "utf-8", **environment: str) -> str:
        out = Terminal(io.BytesIO(), encoding)
        settings = {"COLUMNS": "80", "LINES": "40", "TERM": "xterm", "NO_COLOR": "1",
                    **environment}
        with contextlib.redirect_stdout(out), mock.patch.dict(os.environ, settings):
            self.assertEqual(cli.main(["--root", self.root, "map", *argv]), 0)
        assert isinstance(out.buffer, io.BytesIO)
        return out.buffer.getvalue().decode(encoding)

    def cells(self, text: str) -> List[str]:
        """What is drawn behind the frame numbers."""
        return [line[1] for line in re.findall(r"^ *([0-9]+)  ([.a-zA-Z ░▒▓█]+)$", text, re.M)]


class Drawn(MapTree):
    def test_letters(self) -> None:
        self.assertEqual(self.tty(), LETTERS)

    def test_shades(self) -> None:
        text = self.tty("--color", "always")
        self.assertIn("\x1b[", text)
        plain = ESCAPES.sub("", text)
        self.assertEqual(self.cells(plain), ["█", ".▒██", "█."])
        self.assertIn("░▒▓█  mixed ", plain)

    def test_always_in_a_pipe(self) -> None:
        status, out, _ = self.run_cli("map", "--color", "always")
        self.assertEqual(status, 0)
        self.assertEqual(self.cells(ESCAPES.sub("", out)), ["█", ".▒██", "█."])

    def test_letters_where_there_are_no_shades(self) -> None:
        text = self.tty("--color", "always", encoding="latin-1")
        self.assertIn("\x1b[", text)
        self.assertEqual(self.cells(ESCAPES.sub("", text)), ["R", ".mXU", "M."])

    def test_no_colour(self) -> None:
        self.assertNotIn("\x1b", self.tty())
        self.assertNotIn("\x1b", self.tty("--color", "never", NO_COLOR=""))
        self.assertNotIn("\x1b", self.tty(NO_COLOR="", TERM="dumb"))
        self.assertIn("\x1b", self.tty(NO_COLOR=""))

    def test_colour_without_rich(self) -> None:
        with mock.patch.dict(sys.modules, {"rich.console": None, "rich.color": None}):
            status, out, err = self.run_cli("map", "--color", "always")
            self.assertEqual(self.tty(NO_COLOR=""), LETTERS)
        self.assertEqual((status, out, err.count("\n")), (1, "", 1))
        self.assertIn("apt install python3-rich", err)

    def test_fits_the_window(self) -> None:
        for count, columns, rows in ((5000, 80, 24), (5000, 200, 50), (2000, 33, 12), (1200, 5, 1)):
            self.file("memory/pageblocks", many(count), 0o600)
            text = self.tty(COLUMNS=str(columns), LINES=str(rows))
            drawn = self.cells(text)
            with self.subTest(count=count, columns=columns):
                if columns > 10:
                    self.assertLess(text.count("\n"), rows if rows > 20 else 20)
                    self.assertLessEqual(max(map(len, drawn)) + 9, columns)
                per_cell = int((re.findall(r" = ([0-9,]+) blocks", text) or ["1"])[0]
                               .replace(",", ""))
                # Both zones begin at a multiple of what a cell holds, or share it.
                expected = len({i // per_cell for i in range(1000)}) + \
                    len({i // per_cell for i in range(1000, count)})
                self.assertEqual(sum(map(len, drawn)), expected)

    def test_chosen_size(self) -> None:
        self.file("memory/pageblocks", many(640), 0o600)
        text = self.tty("--blocks", "8", "--width", "40")
        self.assertEqual([len(line) for line in self.cells(text)], [32, 32, 16])
        self.assertIn("a cell is 16 MiB = 8 blocks of 2 MiB", text)

    def test_gap(self) -> None:
        rows = ROWS + "1 Normal 71680 Movable 0 512 0 0 0 0 0 0 0\n"
        self.file("memory/pageblocks", view(rows), 0o600)
        text = self.tty("--width", "40")
        self.assertIn("\n 4096  M.\n69632      M\n", text)

    def test_part(self) -> None:
        self.assertEqual(self.cells(self.tty("--node", "1")), ["M."])
        self.assertEqual(self.cells(self.tty("--node", "00", "--zone", "DMA32")), [".mXU"])
        self.tty("pfn=0-9", "--node", "1")
        self.assertEqual(self.asked, ["pfn=0-9"])

    def test_interleaved_zones(self) -> None:
        lines = ROWS.splitlines(keepends=True)
        self.file("memory/pageblocks", view(lines[1] + lines[0].replace("DMA 0", "DMA 512") +
                                            "".join(lines[2:])), 0o600)
        self.assertEqual(self.cells(self.tty()), [".mXU", "R", "M."])


class Piped(MapTree):
    def test_table(self) -> None:
        self.assertEqual(self.run_cli("map"), (0, PIPE, ""))
        self.assertEqual(self.run_cli("map", "--color", "never"), (0, PIPE, ""))

    def test_groups_add_up(self) -> None:
        rows = list(Table(PIPE.encode().splitlines(keepends=True)).rows())
        for per_cell in (2, 4, 1024):
            _, out, _ = self.run_cli("map", "--blocks", str(per_cell))
            table = Table(out.encode().splitlines(keepends=True))
            grouped = list(table.rows())
            self.assertEqual(len(grouped), {2: 5, 4: 4, 1024: 3}[per_cell])
            for i, name in enumerate(table.columns):
                if name.endswith(("_pages", "blocks")) and name != "longest_free_pages":
                    self.assertEqual(sum(int(row[i]) for row in grouped),
                                     sum(int(row[i]) for row in rows), name)
        self.assertEqual(grouped[1][:5], ["0", "DMA32", "512", "4", "mixed"])
        self.assertEqual(grouped[1][table.columns.index("longest_free_pages")], "512")

    def test_forms(self) -> None:
        answer = json.loads(self.run_cli("map", "--json", "--zone", "Normal")[1])
        self.assertEqual([row["kind"] for row in answer["rows"]], ["movable", "free"])
        self.assertEqual(answer["end"]["rows"], 2)
        self.assertEqual(self.run_cli("map", "--csv")[1].splitlines()[1],
                         "0,DMA,0,1,reserved,100,0,2,0,314,96,0,90,0,0,0,0,1")

    def test_an_older_module_has_fewer_columns(self) -> None:
        text = view("".join(" ".join(row.split()[:7]) + "\n" for row in ROWS.splitlines()))
        head = HEAD.splitlines()
        text = text.replace(head[1], " ".join(head[1].split()[:8]))
        self.file("memory/pageblocks", text, 0o600)
        status, out, _ = self.run_cli("map")
        self.assertEqual(status, 0)
        self.assertIn("\n0 DMA32 1536 1 mixed 2 400 100 0 0 0 0 0 0 0 1 0 0\n", out)

    def test_incomplete_is_a_failure(self) -> None:
        text = view(ROWS).replace("complete=1", "complete=0 stopped=killed")
        self.file("memory/pageblocks", text, 0o600)
        forms: List[List[str]] = [[], ["--json"], ["--color", "always"],
                                  ["-o", os.path.join(self.root, "x.svg")]]
        for form in forms:
            status, _, err = self.run_cli("map", *form)
            self.assertEqual((status, err.count("\n")), (1, 1))
            self.assertIn("incomplete: killed", err)

    def test_interrupted(self) -> None:
        path = os.path.join(self.root, "memory/pageblocks")
        os.unlink(path)
        os.mkfifo(path)
        with subprocess.Popen([sys.executable, os.path.join(SCRIPTS, "mmscope"), "--root",
                               self.root, "map"], stderr=subprocess.PIPE) as process, \
                open(path, "wb", buffering=0) as stream:
            stream.write(HEAD.encode())
            process.send_signal(signal.SIGINT)
            assert process.stderr
            self.assertEqual((process.wait(), process.stderr.read()), (130, b""))


class Pictures(MapTree):
    def draw(self, name: str, *argv: str) -> str:
        path = os.path.join(self.root, name)
        self.assertEqual(self.run_cli("map", "-o", path, *argv), (0, "", ""))
        return path

    def hovers(self, path: str) -> List[str]:
        """What each cell says under the mouse."""
        root = xml.etree.ElementTree.parse(path).getroot()
        space = "{http://www.w3.org/2000/svg}"
        return [title.text or "" for title in root.iterfind(f"{space}rect/{space}title")]

    def test_svg(self) -> None:
        path = self.draw("a.svg")
        hovers = self.hovers(path)
        self.assertEqual(len(hovers), 7)
        self.assertEqual(hovers[3], "frames 1536-2047: mixed; pages: free 2, movable 400, "
                                    "unmovable 100, pcp 10; longest free run 1")
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        self.assertIn("Linux 6.1 &lt;&amp;&gt;: 14 MiB in 7 blocks</text>", text)
        self.assertIn("Node 1, zone Normal: frames 4096-5119", text)
        for kind, meaning in zip(blocks.KINDS, blocks.MEANINGS):
            self.assertIn(f">{kind}</text>", text)
            self.assertIn(f">{meaning}</text>", text)

    def test_no_more_cells_than_anybody_looks_at(self) -> None:
        self.file("memory/pageblocks", many(40000), 0o600)
        self.assertEqual(len(self.hovers(self.draw("a.svg"))), 10000)
        self.assertEqual(len(self.hovers(self.draw("b.svg", "--blocks", "1"))), 40000)

    def test_png(self) -> None:
        image = importlib.import_module("PIL.Image").open(self.draw("a.PNG"))
        self.assertEqual(image.format, "PNG")
        self.assertIn("Linux 6.1", image.info["Title"])
        counts: Dict[Tuple[int, ...], int] = {
            colour: count for count, colour in image.convert("RGB").getcolors(1 << 16)}
        # A cell is 9 by 9 pixels; no other place has these fractions of a colour.
        for kind, fullness in ((blocks.MOVABLE, 200 / 512), (blocks.MIXED, 500 / 512),
                               (blocks.UNMOVABLE, 500 / 512), (blocks.RESERVED, 316 / 416)):
            self.assertEqual(counts[picture.shade(kind, fullness)], 81, blocks.KINDS[kind])

    def test_png_without_pillow(self) -> None:
        path = os.path.join(self.root, "a.png")
        with mock.patch.dict(sys.modules, {"PIL": None, "PIL.Image": None}):
            status, _, err = self.run_cli("map", "-o", path)
            self.draw("a.svg")
        self.assertEqual((status, err.count("\n")), (1, 1))
        self.assertIn("apt install python3-pil", err)
        self.assertFalse(os.path.exists(path))

    def test_nowhere_to_write(self) -> None:
        for path in (os.path.join(self.root, "no/where.svg"), os.path.join(self.root, "no/x.png")):
            status, _, err = self.run_cli("map", "-o", path)
            self.assertEqual((status, err), (1, f"mmscope: {path}: No such file or directory\n"))


class Wrong(MapTree):
    def test_usage(self) -> None:
        for line in ("--node x", "--node -1", "--node", "--blocks 0", "--blocks 3", "--blocks x",
                     "--width 0", "--width -5", "--color green", "-o", "-o map", "-o map.jpg",
                     "-o .png", "-o a.svg --json", "-o a.svg --color always", "word", "--zone",
                     "-o a.svg --width 9"):
            with self.subTest(line=line):
                status, out, err = self.run_cli("map", *line.split())
                self.assertEqual((status, out, err.count("\n")), (2, "", 1))
                self.assertIn("--help", err)
        self.assertEqual(self.asked, [])

    def test_no_such_memory(self) -> None:
        for argv, words in ((("--node", "7"), "in node 7;"), (("--zone", "normal"), "zone normal"),
                            (("pfn=9-9", "--node", "7", "--zone", "x"), "node 7, zone x, pfn=9-9")):
            for form in (["--color", "always"], ["-o", os.path.join(self.root, "x.svg")]):
                status, out, err = self.run_cli("map", *argv, *form)
                self.assertEqual((status, out, err.count("\n")), (1, "", 1))
                self.assertIn(words, err)

    def broken(self) -> Iterator[str]:
        yield view(ROWS)[:-1]
        yield view(ROWS).replace("rows=7", "rows=8")
        yield view(ROWS).replace("pages_per_block=512 ", "")
        yield view(ROWS).replace("pages_per_block=512 ", "pages_per_block=0 ")
        yield view(ROWS).replace(" pfn type", " frame type")
        yield view(ROWS).replace(" 1536 ", " 1000 ")
        yield view(ROWS).replace("1 Normal", "x Normal")
        yield view(ROWS).replace(" 400 100 ", " 400 x ")
        yield view(ROWS).replace(" 400 100 ", " 400 ")

    def test_broken_answers(self) -> None:
        for text in self.broken():
            self.file("memory/pageblocks", text, 0o600)
            status, _, err = self.run_cli("map", "--color", "always")
            self.assertEqual((status, err.count("\n")), (1, 1), text)


class Cells(unittest.TestCase):
    def test_memory_does_not_grow(self) -> None:
        table = Table(many(5000).encode().splitlines(keepends=True))
        whole = blocks.Map(512, 100)
        whole.read(blocks.read(table))
        self.assertEqual(whole.per_cell, 64)
        self.assertEqual(sum(len(zone.cells) for zone in whole.zones), 16 + 64)
        total = whole.total()
        self.assertEqual((total.count, total.blocks), (5000, [1000, 2000, 1000, 1000, 0]))
        self.assertEqual(total.present, 5000 * 512)

    def test_kind_of_a_group(self) -> None:
        def cell(*kinds: int) -> blocks.Cell:
            whole = blocks.Cell(0, 512, [512, 0, 0, 0, 0, 0, 0], 0)
            whole.blocks = [kinds.count(kind) for kind in range(len(blocks.KINDS))]
            return whole

        free, movable, mixed, unmovable, reserved = range(5)
        for kinds, expected in (
                ((free, free), free), ((free, free, movable), movable),
                ((movable, movable, unmovable), movable), ((movable, unmovable), unmovable),
                ((movable, mixed), mixed), ((unmovable, reserved), unmovable),
                ((unmovable, mixed), mixed), ((reserved, movable), reserved)):
            self.assertEqual(cell(*kinds).kind, expected, kinds)

    def test_frames_must_rise(self) -> None:
        zone = blocks.Zone("0", "DMA")
        zone.add(blocks.Cell(512, 1024, [512, 0, 0, 0, 0, 0, 0], 0), 512)
        for pfn in (0, 512, 1023):
            with self.assertRaises(FormatError):
                zone.add(blocks.Cell(pfn, pfn + 512, [512, 0, 0, 0, 0, 0, 0], 0), 512)


if __name__ == "__main__":
    unittest.main()
