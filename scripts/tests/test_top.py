# SPDX-License-Identifier: GPL-2.0-only
"""mmscope top: what it shows, and how it leaves the terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
import unittest
from typing import Dict, List
from unittest import mock

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib.top import blocks, frame  # noqa: E402
from mmscopelib.top.look import VIEWS, Look, Pair  # noqa: E402
from tests import made_up  # noqa: E402
from tests.test_cli import Tree  # noqa: E402

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
_PATIENCE = 120.0


def fill(tree: Tree, second: int) -> None:
    """The views of the made-up machine at one moment."""
    for view in VIEWS:
        mode = 0o600 if view == "pagecache/files" else 0o400
        path = os.path.join(tree.root, view)
        if os.path.exists(path):
            os.chmod(path, 0o600)
        tree.file(view, made_up.SOURCES[view][1](second), mode)


def look(second: int) -> Look:
    def rows(view: str) -> List[Dict[str, str]]:
        lines = made_up.SOURCES[view][1](second).splitlines()
        columns = lines[1].split()[1:]
        return [dict(zip(columns, line.split())) for line in lines[2:-1]]

    def pairs(text: str) -> Dict[str, int]:
        return {line.split()[0].rstrip(":"): int(line.split()[1]) for line in text.splitlines()}

    return Look(float(second), 0.001, {view: rows(view) for view in VIEWS}, {},
                pairs(made_up.vmstat(second)), pairs(made_up.meminfo(second)),
                {"some": 90_000 * max(second - 30, 0), "full": 40_000 * max(second - 30, 0)})


def plain(lines: List[blocks.Line]) -> List[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


class Parts(unittest.TestCase):
    def setUp(self) -> None:
        self.pair = Pair(look(35), look(33))

    def test_zones(self) -> None:
        free = max(made_up.free_kb(35) // 4 - 3700, 9000) * 4 / 1024
        self.assertEqual(plain(blocks.zones(self.pair))[2:], [
            "0 DMA         14.5M    344K    428K    512K  ######|#|#|#########",
            f"0 DMA32      {free:5.1f}M   43.7M   54.6M   65.5M  ######|#|#|#########"])

    def test_below_a_watermark(self) -> None:
        row = {"node": "0", "zone": "Normal", "managed_pages": "9999", "free_pages": "400",
               "min_pages": "500", "low_pages": "750", "high_pages": "1000", "state": "below_min",
               "reclaim": "direct_reclaim"}
        self.pair.now.rows["memory/zones"] = [row]
        line = blocks.zones(self.pair)[-1]
        self.assertEqual(plain([line])[0][-36:], "####.|.|..|.........  direct reclaim")
        self.assertIn("bold red", [style for _, style in line])

    def test_free_lists(self) -> None:
        lines = plain(blocks.free_lists(self.pair))
        self.assertEqual(lines[1].split(), ["zone", *map(str, range(11))])
        counts = {int(row["order"]): int(row["blocks"])
                  for row in self.pair.now.rows["buddy/freelists"]}
        self.assertEqual(lines[2].split()[2:], [blocks.count(counts[order])
                                                for order in range(11)])
        self.assertEqual(lines[3].split(), [f"{made_up.unusable(order, 35) / 10:.0f}%"
                                            for order in range(11)])

    def test_rates(self) -> None:
        text = "\n".join(plain(blocks.rates(self.pair)))
        for name, rate in (("minor faults", "6.0k"), ("major faults", "10"),
                           ("scanned, kswapd", "20k"), ("scanned, direct", "5.0k"),
                           ("taken back", "18k"), ("refaults", "2.5k"), ("swapped out", "250"),
                           ("compaction waits", "4"), ("compaction fails", "3"),
                           ("reclaim waits", "4"), ("OOM kills so far", "0")):
            self.assertRegex(text, rf"(?m){name} +{re.escape(rate)}( |$)")

    def test_no_rates_of_a_first_look(self) -> None:
        text = "\n".join(plain(blocks.rates(Pair(look(35)))))
        self.assertRegex(text, r"minor faults +-")

    def top(self, place: int, sort: str) -> List[List[str]]:
        lines = plain(blocks.top(self.pair, blocks.TOPS[place], sort, 5, 60))
        return [line.split() for line in lines[2:]]

    def test_tops(self) -> None:
        bill = 614400 * 36 / (1 << 20)
        self.assertEqual(self.top(0, blocks.SIZE)[0],
                         [f"{bill:.1f}M", "+1.2M", f"{made_up.anon_kb(35) / (1 << 20):.1f}G",
                          "812", "hog"])
        self.assertEqual([row[-1] for row in self.top(1, blocks.SIZE)],
                         ["cache", "dentry", "kmalloc-64"])
        self.assertEqual([row[-1] for row in self.top(1, blocks.NAME)],
                         ["dentry", "kmalloc-64", "cache"])
        # 7 pages in two seconds, of a file that is smaller than the other.
        self.pair.now.rows["pagecache/files"][1]["cached_pages"] = "9999"
        self.assertEqual([row[1] for row in self.top(2, blocks.GROWTH)], ["+32.8M", "+800K"])

    def test_a_view_that_is_off(self) -> None:
        del self.pair.now.rows["slab/caches"]
        self.pair.now.missing["slab/caches"] = "not on this kernel"
        text = "\n".join(plain(frame.lines(self.pair, frame.Wanted(80), "")))
        self.assertIn("not on this kernel", text)
        self.assertIn("Page tables", text)

    def test_fits(self) -> None:
        for width in (1, 20, 60, 80, 100, 132, 200):
            for height in (1, 10, 24, 50, None):
                lines = frame.lines(self.pair, frame.Wanted(width, height), "Linux")
                self.assertLessEqual(max(map(len, plain(lines))), width)
                if height:
                    self.assertLessEqual(len(lines), height)

    def test_short_numbers(self) -> None:
        for value, text in ((0, "0"), (1.25, "1.2"), (999, "999"), (1000, "1.0k"), (9999, "10.0k"),
                            (12345, "12k"), (10**7, "10M"), (2 * 10**9, "2.0G")):
            self.assertEqual(blocks.count(value), text)
            self.assertLessEqual(len(blocks.count(value)), 5)


class Once(Tree):
    def setUp(self) -> None:
        super().setUp()
        fill(self, 35)

    def test_one_frame(self) -> None:
        with mock.patch.dict(os.environ, COLUMNS="140"):
            # A plain file has no query: what is written to it would be read back.
            with mock.patch("mmscopelib.recording.sources.send_query",
                            lambda fd, query: self.asked.append(query.decode())):
                status, out, err = self.run_cli("top", "--interval", "0.05")
        self.assertEqual((status, err), (0, ""))
        self.assertNotIn("\x1b", out)
        self.assertIn("0 DMA32", out)
        self.assertIn("812 hog", out)
        self.assertEqual(self.asked, ["top=200"])
        self.assertLessEqual(max(map(len, out.splitlines())), 140)

    def test_incomplete(self) -> None:
        path = os.path.join(self.root, "slab/caches")
        os.chmod(path, 0o600)
        text = made_up.caches(35).replace("complete=1", "complete=0 stopped=busy")
        self.file("slab/caches", text)
        status, out, _ = self.run_cli("top", "--interval", "0.05")
        self.assertEqual(status, 0)
        self.assertIn("incomplete: busy", out)
        self.assertNotIn("kmalloc-64", out)
        self.assertIn("812 hog", out)

    def test_no_tree(self) -> None:
        self.root += "/nowhere"
        self.assertEqual(self.run_cli("top", "--once")[0], 1)


class _Session:
    """The command on a terminal of its own."""

    def __init__(self, root: str, rows: int, columns: int, *argv: str) -> None:
        self.text = ""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            for name in ("COLUMNS", "LINES", "NO_COLOR"):
                os.environ.pop(name, None)
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(sys.executable, [sys.executable, os.path.join(SCRIPTS, "mmscope"), "--root",
                                      root, "top", "--interval", "0.05", *argv])
        self.resize(rows, columns)
        self.modes = termios.tcgetattr(self.fd)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> bool:
        ready, _, _ = select.select([self.fd], [], [], 1.0)
        if not ready:
            return True
        try:
            piece = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.text += piece.decode("utf-8", "replace")
        return bool(piece)

    def until(self, pattern: str, after: int = 0) -> int:
        """Read until @pattern comes behind @after; where it ends."""
        end = time.monotonic() + _PATIENCE
        while not (found := re.search(pattern, self.text[after:], re.S)):
            if time.monotonic() > end or not self.read():
                raise AssertionError(f"no {pattern!r} in {self.text[-3000:]!r}")
        return after + found.end()

    def type(self, keys: str) -> int:
        """Press keys; from where on what comes is later than that."""
        place = len(self.text)
        os.write(self.fd, keys.encode())
        return place

    def end(self) -> int:
        """Wait for the end; how it ended."""
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class OnTerminal(Tree):
    def setUp(self) -> None:
        super().setUp()
        fill(self, 35)
        # The query is written over the file, which then is no answer: not what this is about.
        os.chmod(os.path.join(self.root, "pagecache/files"), 0o600)
        self.open: List[_Session] = []
        self.addCleanup(self.kill)

    def kill(self) -> None:
        for session in self.open:
            os.close(session.fd)

    def start(self, *argv: str) -> _Session:
        session = _Session(self.root, 40, 140, *argv)
        self.open.append(session)
        session.until(re.escape(ENTER) + ".*q quit")
        return session

    def check_left(self, session: _Session) -> None:
        """The terminal is as it was before."""
        last = session.text[session.text.rindex(ENTER):]
        self.assertIn(LEAVE, last)
        self.assertIn("\x1b[?25h", last)
        self.assertNotIn("Traceback", session.text)

    def test_quit(self) -> None:
        session = self.start()
        self.assertNotEqual(termios.tcgetattr(session.fd)[3], session.modes[3])
        session.type("q")
        session.until(re.escape(LEAVE))
        self.assertEqual(session.end(), 0)
        self.check_left(session)

    def test_ctrl_c(self) -> None:
        session = self.start()
        session.type("\x03")
        self.assertEqual(session.end(), 130)
        self.check_left(session)

    def test_terminated(self) -> None:
        session = self.start()
        os.kill(session.pid, signal.SIGTERM)
        self.assertEqual(session.end(), 128 + signal.SIGTERM)
        self.check_left(session)

    def test_modes_are_given_back(self) -> None:
        """Another program on the same terminal has the modes that were there before."""
        with tempfile.TemporaryDirectory() as directory:
            script = os.path.join(directory, "run")
            with open(script, "w", encoding="ascii") as stream:
                stream.write(f"stty -a >{directory}/before\n"
                             f"{sys.executable} {SCRIPTS}/mmscope --root {self.root} top\n"
                             f"stty -a >{directory}/after\n")
            pid, fd = pty.fork()
            if not pid:
                os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
                os.execv("/bin/sh", ["sh", script])
            session = _Session.__new__(_Session)
            session.text, session.pid, session.fd = "", pid, fd
            self.open.append(session)
            session.until("q quit")
            session.type("q")
            self.assertEqual(session.end(), 0)
            with open(f"{directory}/before", encoding="ascii") as before, \
                    open(f"{directory}/after", encoding="ascii") as after:
                self.assertEqual(before.read(), after.read())

    def test_sort_and_pause(self) -> None:
        session = self.start()
        session.until("3, by growth", session.type("s"))
        session.until("3, by name", session.type("s"))
        session.until("3, by size", session.type("s"))
        session.until("PAUSED.*q quit.*by size", session.type("p"))
        fill(self, 36)
        bill = f"{614400 * 37 / (1 << 20):.1f}M"
        # It draws when a key is pressed, and what it draws is what it saw before.
        place = session.type("s")
        session.until("PAUSED.*3, by growth.*q quit.*by growth", place)
        self.assertEqual(select.select([session.fd], [], [], 0.5)[0], [])
        self.assertNotIn(bill, session.text[place:])
        session.until(re.escape(bill), session.type("p"))

    def test_resized(self) -> None:
        # It draws at once, not when it looks again.
        session = self.start("--interval", "1000")
        session.resize(30, 70)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            # Each line is as wide as the window, and there are as many as it has.
            drawn = session.text.split("\x1b[H")[-1]
            lines = ESCAPES.sub("", drawn).replace("\r", "").split("\n")
            if len(lines) == 30 and {len(line) for line in lines} == {70}:
                return
            session.read()
        self.fail(f"{len(lines)} lines of {sorted({len(line) for line in lines})}")

    def test_suspended(self) -> None:
        session = self.start()
        place = session.type("\x1a")
        session.until(re.escape(LEAVE), place)
        while "T" not in self.state(session.pid):
            pass
        place = len(session.text)
        os.kill(session.pid, signal.SIGCONT)
        session.until(re.escape(ENTER), place)
        session.type("q")
        self.assertEqual(session.end(), 0)
        self.check_left(session)

    @staticmethod
    def state(pid: int) -> str:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(")")[2].split()[0]


if __name__ == "__main__":
    unittest.main()
