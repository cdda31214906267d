# SPDX-License-Identifier: GPL-2.0-only
"""What the tour is made of, without the module: types, traces, processes, claims."""

import contextlib
import io
import json
import os
import signal
import struct
import sys
import tempfile
import unittest
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple
from unittest import mock

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import cli  # noqa: E402
from mmscopelib.errors import Failure  # noqa: E402
from mmscopelib.processes import careful, state  # noqa: E402
from mmscopelib.tour import machine, memory, run, trace  # noqa: E402
from mmscopelib.tour.btf import Btf  # noqa: E402
from mmscopelib.tour.chapters import CHAPTERS, reclaim  # noqa: E402
from mmscopelib.tour.claims import Claim, Register  # noqa: E402
from mmscopelib.tour.machine import PAGE, Machine  # noqa: E402
from mmscopelib.tour.stage import NotHere, Stage, Teller  # noqa: E402
from mmscopelib.tour.worker import Worker  # noqa: E402
from mmscopelib.tree import Tree  # noqa: E402

_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _FUNC, _PROTO = 1, 2, 3, 4, 5, 6, 12, 13


class _Blob:
    """A small BTF, made by hand."""

    def __init__(self) -> None:
        self.strings = b"\0"
        self.types = b""

    def name(self, text: str) -> int:
        """The offset of a string."""
        if not text:
            return 0
        self.strings += text.encode() + b"\0"
        return len(self.strings) - len(text) - 1

    def add(self, name: str, kind: int, size: int, behind: Sequence[int] = (),
            elements: int = 0) -> None:
        """A type, with the words behind it."""
        self.types += struct.pack("<III", self.name(name), kind << 24 | elements, size)
        self.types += b"".join(struct.pack("<I", word & 0xffffffff) for word in behind)

    def raw(self) -> bytes:
        """All of it."""
        header = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(self.types), len(self.types),
                             len(self.strings))
        return header + self.types + self.strings


def _btf() -> Btf:
    """int; struct { int a; union { int b; int *c; }; int d[4]; }; an enum; a function."""
    blob = _Blob()
    blob.add("int", _INT, 4, [0])                                                   # 1
    blob.add("", _PTR, 1)                                                           # 2
    blob.add("", _ARRAY, 0, [1, 1, 4])                                              # 3
    blob.add("", _UNION, 8, [blob.name("b"), 1, 0, blob.name("c"), 2, 0], 2)        # 4
    blob.add("thing", _STRUCT, 32, [blob.name("a"), 1, 0, 0, 4, 64, blob.name("d"), 3, 128], 3)
    blob.add("colour", _ENUM, 4, [blob.name("RED"), 0, blob.name("GREEN"), 1], 2)
    blob.add("", _PROTO, 0)                                                         # 7
    blob.add("paint", _FUNC, 7)
    return Btf(blob.raw())


class Types(unittest.TestCase):
    """A BTF made by hand, and that of this kernel."""

    def test_structure(self) -> None:
        """Members, those of nameless parts too, with their types in words."""
        btf = _btf()
        self.assertEqual(btf.size("thing"), 32)
        self.assertEqual(btf.members("thing"),
                         {"a": "int", "b": "int", "c": "int *", "d": "int [4]"})
        self.assertEqual(btf.enumerators("colour"), ["RED", "GREEN"])
        self.assertTrue(btf.function("paint"))

    def test_absent(self) -> None:
        """What is not there, though a name of it is."""
        btf = _btf()
        self.assertIsNone(btf.size("colour"))
        self.assertEqual(btf.members("paint"), {})
        self.assertEqual(btf.enumerators("thing"), [])
        self.assertFalse(btf.function("thing"))
        self.assertFalse(btf.function("aint"))

    def test_wrong(self) -> None:
        """What is no BTF."""
        with self.assertRaises(Failure):
            Btf(b"\0" * 64)

    @unittest.skipUnless(os.path.exists("/sys/kernel/btf/vmlinux"), "this kernel has no BTF")
    def test_kernel(self) -> None:
        """Things that every kernel has."""
        btf = Btf()
        self.assertIn("mm", btf.members("task_struct"))
        self.assertIn("ZONE_NORMAL", btf.enumerators("zone_type"))
        self.assertEqual(btf.members("list_head"), {"next": "struct list_head *",
                                                    "prev": "struct list_head *"})


class Traces(unittest.TestCase):
    """The text of tracefs."""

    LINES = """\
# tracer: nop
#
# entries-in-buffer/entries-written: 3/3   #P:2
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
           a b-c-178     [001] d..1.   123.456789: mm_page_alloc: page=00000 pfn=0x1f order=0 \
migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_ZERO
            life-178     [000] .....   123.500000: sys_brk(brk: 55d0c0a3b000)
            life-178     [000] .....   123.500001: sys_brk -> 0x55d0c0a3b000
     kworker/0:1-9       [000] .....   124.000000: tlb_flush: pages:-1 reason:flush on task switch \
(0)
""".splitlines()

    def test_parse(self) -> None:
        """Comments are left out; names may have blanks and dashes."""
        events = trace.parse(self.LINES)
        self.assertEqual([(event.comm, event.pid, event.cpu, event.name) for event in events], [
            ("a b-c", 178, 1, "mm_page_alloc"), ("life", 178, 0, "sys_brk"),
            ("life", 178, 0, "sys_brk"), ("kworker/0:1", 9, 0, "tlb_flush")])
        self.assertEqual(events[0].time, 123.456789)
        self.assertEqual(events[0].fields["pfn"], "0x1f")
        self.assertEqual(events[0].fields["gfp_flags"], "GFP_HIGHUSER_MOVABLE|__GFP_ZERO")
        self.assertTrue(events[1].text.startswith("("))
        self.assertIn("task switch", events[3].text)


class Facts(unittest.TestCase):
    """What is read of the machine."""

    def test_ranges(self) -> None:
        """Lists of CPUs and nodes."""
        self.assertEqual(machine.ranges("0-3,7"), [0, 1, 2, 3, 7])
        self.assertEqual(machine.ranges(""), [])

    def test_files(self) -> None:
        """Words in brackets, lines of numbers, settings that come back."""
        with tempfile.NamedTemporaryFile("w+") as stream:
            stream.write("always [madvise] never\n")
            stream.flush()
            self.assertEqual(machine.chosen(stream.name), "madvise")
            with machine.setting(stream.name, 7):
                self.assertEqual(machine.number(stream.name), 7)
            self.assertEqual(machine.read(stream.name), "always [madvise] never")
            self.assertFalse(machine.refuses(stream.name, 8))
        self.assertTrue(machine.refuses("/proc/self/stat", 1))
        self.assertIsNone(machine.read_maybe("/nowhere"))

    def test_kernel(self) -> None:
        """Of this machine, whatever it is."""
        facts = Machine()
        self.assertGreater(machine.meminfo()["MemTotal"], 0)
        self.assertTrue(all(facts.cpus_of.values()))
        with mock.patch.object(Machine, "_config", "CONFIG_A=y\n# CONFIG_B is not set\n"):
            self.assertEqual([facts.config(name) for name in "ABC"],
                             ["y", "not set", "no such option"])


class Workers(unittest.TestCase):
    """Processes that do what they are told, with the kernel's own numbers beside."""

    def worker(self, name: str) -> Worker:
        """One that ends with the test."""
        worker = Worker.start(name, [])
        self.addCleanup(worker.end)
        return worker

    def frames(self, worker: Worker, at: int, pages: int) -> List[int]:
        """What pagemap says of pages: present, exclusive, frame if it may be seen."""
        with open(f"/proc/{worker.pid}/pagemap", "rb") as stream:
            stream.seek(at // PAGE * 8)
            return list(struct.unpack(f"={pages}Q", stream.read(8 * pages)))

    def test_faults(self) -> None:
        """As many as pages, and none the second time."""
        worker = self.worker("faults")
        at = worker.do(memory.map_small, 32 * PAGE)
        worker.do(memory.settle, at, 32 * PAGE)
        self.assertEqual(worker.do(memory.fill, at, 32 * PAGE), (32, 0))
        self.assertEqual(worker.do(memory.fill, at, 32 * PAGE), (0, 0))
        self.assertTrue(all(word >> 63 for word in self.frames(worker, at, 32)))
        worker.do(memory.advise, at, PAGE, memory.DONTNEED)
        self.assertFalse(self.frames(worker, at, 1)[0] >> 63)

    def test_fork(self) -> None:
        """A child has the content, and a fault when it writes."""
        parent = self.worker("parent")
        at = parent.do(memory.map_small, 4 * PAGE)
        parent.do(memory.fill, at, 4 * PAGE, 7)
        child = parent.fork("child")
        self.addCleanup(child.end)
        self.assertEqual(machine.read(f"/proc/{child.pid}/comm"), "child")
        child.do(memory.settle, at, 4 * PAGE)
        self.assertEqual(child.do(memory.write, at, 8), (1, 0))
        self.assertEqual(child.do(memory.content, at, 2), b"\x08\x07")
        self.assertEqual(parent.do(memory.content, at, 2), b"\x07\x07")
        self.assertEqual(child.do(memory.count_byte, at, 4 * PAGE, 7), 4 * PAGE - 1)

    def test_errors(self) -> None:
        """What fails there is raised here, and it goes on."""
        worker = self.worker("errors")
        with self.assertRaises(OSError):
            worker.do(memory.protect, 1, PAGE, memory.READ)
        self.assertEqual(worker.do(os.getpid), worker.pid)

    def test_fate(self) -> None:
        """How it ends, and that it is not to be used then."""
        worker = self.worker("fate")
        self.assertEqual(worker.fate(memory.write, 0), signal.SIGSEGV)
        with self.assertRaises(Failure):
            worker.do(os.getpid)

    def test_end(self) -> None:
        """A child ends though its parent is there."""
        parent = self.worker("parent")
        child = parent.fork("child")
        fd = os.pidfd_open(child.pid)
        self.addCleanup(os.close, fd)
        child.end()
        # The kernel may need a moment to forget a child that nobody waits for.
        with self.assertRaises(ProcessLookupError):
            while True:
                signal.pidfd_send_signal(fd, 0)

    def test_program(self) -> None:
        """It runs when the number comes back."""
        pid = self.worker("runner").do(memory.fork_and_run, "sleep", "1000")
        self.assertTrue(machine.read(f"/proc/{pid}/cmdline").startswith("sleep"))
        os.kill(pid, signal.SIGKILL)

    def test_aligned(self) -> None:
        """Memory for huge pages begins where one may."""
        worker = self.worker("aligned")
        at = worker.do(memory.map_aligned, memory.HUGE_SIZE, memory.NOHUGE)
        self.assertEqual(at % memory.HUGE_SIZE, 0)
        worker.do(memory.unmap, at, memory.HUGE_SIZE)

    def test_unchanged(self) -> None:
        """Its memory is the same while it is asked as when it waits."""
        worker = self.worker("unchanged")
        worker.do(machine.read, "/proc/self/maps")
        asked = worker.do(machine.read, "/proc/self/statm").split()[0]
        while state(worker.pid) != "S":
            pass
        waits = machine.read(f"/proc/{worker.pid}/statm").split()[0]
        self.assertEqual(asked, waits)

    def test_in_core(self) -> None:
        """Pages that are in memory, and no others."""
        worker = self.worker("core")
        at = worker.do(memory.map_small, 8 * PAGE)
        self.assertEqual(worker.do(memory.in_core, at, 8 * PAGE), 0)
        worker.do(memory.fill, at, 3 * PAGE)
        self.assertEqual(worker.do(memory.in_core, at, 8 * PAGE), 3)
        self.assertEqual(worker.do(memory.in_core, at + 3 * PAGE, 5 * PAGE), 0)


class _Node:
    """A node whose kswapd frees up to high in the midst of a piece, which then goes on."""

    LOW, HIGH = 1000, 1400

    def __init__(self, free: int, rest: int) -> None:
        self.free, self.runs = free, 0
        self._rest = rest

    def cache(self, size: int) -> None:
        """A piece of page cache; the last pages of it come when kswapd sleeps again."""
        pages = size // PAGE
        if self.free - pages < self.LOW:
            self.runs += 1
            self.free = self.HIGH + 40 - min(self._rest, pages // 2)
        else:
            self.free -= pages

    def zones(self) -> List[Dict[str, object]]:
        """As memory/zones has it."""
        return [{"free_pages": self.free, "high_pages": self.HIGH, "kswapd": "sleeping"}]


class Interrupted(unittest.TestCase):
    """Signals that end the command, one after the other."""

    def ended(self, first: int, second: int) -> Tuple[int, str]:
        """How a process ends that gets the second one while it clears up; what is left."""
        with tempfile.NamedTemporaryFile("w+", encoding="ascii") as stream:
            stream.write("before")
            stream.flush()
            pid = os.fork()
            if not pid:
                self._child(stream.name, first, second)
            status = os.waitpid(pid, 0)[1]
            stream.seek(0)
            return os.waitstatus_to_exitcode(status), stream.read()

    @staticmethod
    def _child(path: str, first: int, second: int) -> None:
        write, code = machine._write, 0

        def restore(path: str, value: object) -> None:
            os.kill(os.getpid(), second)
            write(path, value)

        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            with careful(), machine.setting(path, "during"):
                setattr(machine, "_write", restore)
                os.kill(os.getpid(), first)
                code = 1
        except KeyboardInterrupt:
            code = 130
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        finally:
            os._exit(code)

    def test_second_signal(self) -> None:
        """It does not keep a setting from being put back."""
        for first, second, code in ((signal.SIGHUP, signal.SIGHUP, 129),
                                    (signal.SIGINT, signal.SIGINT, 130),
                                    (signal.SIGTERM, signal.SIGHUP, 143)):
            self.assertEqual(self.ended(first, second), (code, "before"))

    def test_nohup(self) -> None:
        """What is ignored stays so."""
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with careful():
                self.assertEqual(signal.getsignal(signal.SIGHUP), signal.SIG_IGN)
        finally:
            signal.signal(signal.SIGHUP, before)


class Kswapd(unittest.TestCase):
    """A look when kswapd sleeps."""

    def looked(self, rest: int, tries: int) -> Tuple[_Node, List[Dict[str, object]]]:
        """The node, and its zones at rest."""
        node = _Node(20000, rest)
        filler = mock.Mock()
        filler.do = lambda function, path, at, size: node.cache(size)
        with mock.patch.multiple(reclaim, _zones=lambda stage, number: node.zones(),
                                 _runs=lambda: node.runs, _TRIES=tries), \
                mock.patch.object(machine, "fold"), tempfile.NamedTemporaryFile() as file:
            file.truncate(40000 * PAGE)
            return node, reclaim._until_at_rest(mock.Mock(), filler, file.name, 0)[2]

    def test_at_once(self) -> None:
        """Nobody has taken anything since."""
        node, rested = self.looked(0, 8)
        self.assertEqual((node.runs, rested[0]["free_pages"]), (1, 1440))

    def test_rest_of_the_piece(self) -> None:
        """Smaller pieces, until what is left of one is too little to matter."""
        node, rested = self.looked(1 << 20, 8)
        self.assertEqual((node.runs, rested[0]["free_pages"]), (4, 1408))

    def test_never(self) -> None:
        """It ends, and says what it has seen."""
        node, rested = self.looked(1 << 20, 3)
        self.assertEqual((node.runs, rested[0]["free_pages"]), (3, 1312))


class Claims(unittest.TestCase):
    """The register."""

    def test_verdicts(self) -> None:
        """What is true now is told only where it differs; evidence there must be."""
        register = Register("a", {"one": Claim("x", "y", "6.1"), "two": Claim("z")})
        given = register.give("one", "differs", {"n": 1})
        self.assertEqual((given.now, given.since), ("y", "6.1"))
        self.assertEqual(given.record()["id"], "a.one")
        self.assertEqual(list(register.missing()), ["two"])
        self.assertEqual(register.give("two", "holds", {"n": 1}, "no", "no").now, "")
        with self.assertRaises(ValueError):
            register.give("two", "holds", {"n": 1})
        with self.assertRaises(ValueError):
            Register("a", {"one": Claim("x")}).give("one", "holds", {})
        with self.assertRaises(KeyError):
            register.give("three", "holds", {"n": 1})

    def test_registered(self) -> None:
        """Each claim has words, is judged by its chapter's code, and says what is true instead."""
        total = 0
        for chapter in CHAPTERS:
            with open(sys.modules[f"mmscopelib.tour.chapters.{chapter.NAME}"].__file__ or "",
                      encoding="utf-8") as stream:
                code = stream.read().split("\ndef ", 1)[1]
            for name, claim in chapter.CLAIMS.items():
                with self.subTest(f"{chapter.NAME}.{name}"):
                    self.assertIn(f'"{name}"', code)
                    self.assertFalse(claim.text.endswith("."))
                    self.assertEqual(bool(claim.now), bool(claim.since))
            total += len(chapter.CLAIMS)
        self.assertGreaterEqual(total, 80)

    def test_documented(self) -> None:
        """The reference has all of them, each as it is worded here."""
        with open(os.path.join(SCRIPTS, "../docs/reference/claims.md"), encoding="utf-8") as stream:
            rows = [line.split(" | ")[0][2:] for line in stream if line.startswith("| ")]
        texts = [claim.text for chapter in CHAPTERS for claim in chapter.CLAIMS.values()]
        self.assertEqual([row for row in rows if row not in ("kernel", "claim", "6.1", "6.12",
                                                             "7.3")], texts)


class _Chapter:
    """A chapter for the tests."""

    NAME, TITLE = "test", "A test"
    CLAIMS: Mapping[str, Claim] = {"one": Claim("One"), "two": Claim("Two")}

    def __init__(self, play: Callable[[Stage], None]) -> None:
        self.play = play


def _both(stage: Stage) -> None:
    stage.say("A  b\n c.")
    stage.note(n=1)
    stage.claim("one", True, {"n": 1})
    stage.gone("two", True, {"n": 2})


def _half(stage: Stage) -> None:
    stage.claim("one", False, {"n": 1})


def _stopped(stage: Stage) -> None:
    _half(stage)
    stage.needs(False, "no such machine")


def _fails(stage: Stage) -> None:
    raise Failure("it broke")


class Runs(unittest.TestCase):
    """How chapters end."""

    def played(self, play: Callable[[Stage], None]) -> run.Result:
        """What came of it."""
        return run.play(_Chapter(play), Tree("/nowhere"), Machine(), Teller())

    def test_ends(self) -> None:
        """Done, without a verdict, not here, failed."""
        cases: List[Tuple[Callable[[Stage], None], str, str, List[str]]] = [
            (_both, "done", "", ["holds", "gone"]),
            (_half, "failed", "no verdict for two", ["differs"]),
            (_stopped, "not here", "no such machine", ["differs", "not here"]),
            (_fails, "failed", "it broke", [])]
        for play, status, reason, verdicts in cases:
            with self.subTest(status):
                result = self.played(play)
                self.assertEqual((result.status, result.reason), (status, reason))
                self.assertEqual([each.verdict for each in result.verdicts], verdicts)

    def test_record(self) -> None:
        """What programs get."""
        record = run.record([self.played(_both)], Machine())
        chapter = json.loads(json.dumps(record))["chapters"][0]
        self.assertEqual(chapter["story"], ["A b c."])
        self.assertEqual(chapter["values"], {"n": 1})
        self.assertEqual(chapter["claims"][0], {
            "id": "test.one", "claim": "One", "verdict": "holds", "evidence": {"n": 1},
            "now": None, "since": None})
        self.assertEqual(record["verdicts"], {"holds": 1, "differs": 0, "gone": 1, "not here": 0})

    def test_leaves_nothing(self) -> None:
        """Its processes end with a chapter, also with one that fails."""
        pids: List[int] = []

        def starts(stage: Stage) -> None:
            worker = stage.worker("first")
            pids.extend([worker.pid, stage.fork(worker, "second").pid])
            raise NotHere("enough")

        self.assertEqual(self.played(starts).status, "not here")
        for pid in pids:
            self.assertFalse(os.path.exists(f"/proc/{pid}/exe"), pid)

    def test_no_cgroups(self) -> None:
        """A machine with memory cgroups of version 1 only is no failure, and is said."""
        def needs(stage: Stage) -> None:
            stage.cgroup(4096)

        with mock.patch("mmscopelib.cgroup._read", return_value="none /c cgroup rw,memory 0 0\n"):
            result = self.played(needs)
        self.assertEqual(result.status, "not here")
        self.assertIn("version 2", result.reason)


class Command(unittest.TestCase):
    """The command line."""

    def call(self, *words: str) -> Tuple[int, str, str]:
        """Status, output, errors."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(["tour", *words])
        return status, out.getvalue(), err.getvalue()

    def test_list(self) -> None:
        """A line for each chapter."""
        status, out, _ = self.call("--list")
        self.assertEqual((status, [line.split()[0] for line in out.splitlines()]),
                         (0, [chapter.NAME for chapter in CHAPTERS]))
        self.assertEqual(len(CHAPTERS), 16)

    def test_wrong(self) -> None:
        """A chapter that there is not; a tree that is not there."""
        status, out, err = self.call("nothing")
        self.assertEqual((status, out, len(err.splitlines())), (2, "", 1))
        with mock.patch.dict(os.environ, {"MMSCOPE_ROOT": "/nowhere"}):
            self.assertEqual(self.call("cow")[0], 1)

    def test_saves(self) -> None:
        """The story and the record, in a folder."""
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch("mmscopelib.commands.tour.CHAPTERS", (_Chapter(_both),)), \
                mock.patch.object(Tree, "check"), mock.patch("os.geteuid", return_value=0):
            status, out, _ = self.call("-o", os.path.join(folder, "new"))
            self.assertEqual(status, 0)
            with open(f"{folder}/new/tour.txt", encoding="utf-8") as stream:
                self.assertEqual(stream.read(), out)
            with open(f"{folder}/new/tour.json", encoding="utf-8") as stream:
                record: Dict[str, Any] = json.load(stream)
            self.assertEqual(record["chapters"][0]["status"], "done")
            self.assertIn("One", out)


if __name__ == "__main__":
    unittest.main()
