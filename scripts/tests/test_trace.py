# SPDX-License-Identifier: GPL-2.0-only
"""mmscope trace: scripts made to fit a kernel, tables of maps, and a bpftrace that is none."""

import contextlib
import io
import json
import os
import select
import signal
import sys
import tempfile
import unittest
from typing import Any, Dict, List, Tuple, cast
from unittest import mock

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import cli, tracecauses, tracescript, tracetables  # noqa: E402
from mmscopelib.bpftrace import MAX_KEYS  # noqa: E402
from mmscopelib.errors import Failure  # noqa: E402
from mmscopelib.processes import noted  # noqa: E402
from mmscopelib.table import Table, escape, unescape  # noqa: E402
from mmscopelib.tracefs import Kernel, words_of  # noqa: E402
from mmscopelib.tracelife import Life  # noqa: E402
from mmscopelib.traceoom import Oom  # noqa: E402
from mmscopelib.tracescript import Column, Key, Show  # noqa: E402
from mmscopelib.tree import Tree  # noqa: E402

FORMAT = """\
name: end
ID: 1
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned long zone_start;\toffset:8;\tsize:8;\tsigned:0;
\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;
\tfield:int status;\toffset:40;\tsize:4;\tsigned:1;

print fmt: "start=%lx status=%s gfp=%s", REC->zone_start, __print_symbolic(REC->status, \
{1, "skipped"}, { 0x2, "Not done" }, {(1 << 2), "four"}, {( gfp_t)((((1UL))) << (3)), "eight"}, \
{SOME_ENUM, "never"}), __print_flags(REC->gfp, "|", {1UL, "x"})
"""


class FakeKernel(Kernel):
    """A kernel of files."""

    def __init__(self, folder: str, functions: str = "", types: bytes = b"\0") -> None:
        super().__init__(folder, f"{folder}/btf")
        os.makedirs(f"{folder}/events", exist_ok=True)
        with open(f"{folder}/available_filter_functions", "w", encoding="ascii") as stream:
            stream.write(functions)
        with open(f"{folder}/btf", "wb") as binary:
            binary.write(types)
        self._folder = folder

    def event(self, system: str, event: str, text: str = FORMAT) -> None:
        """Give it a tracepoint."""
        os.makedirs(f"{self._folder}/events/{system}/{event}")
        with open(f"{self._folder}/events/{system}/{event}/format", "w",
                  encoding="ascii") as stream:
            stream.write(text)


class Folder(unittest.TestCase):
    """With a folder of its own."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = directory.name


class Kernels(Folder):
    """What a kernel has, and what its numbers mean."""

    def test_words(self) -> None:
        """As the event's own format has them; what is no number is left out."""
        text = FORMAT.partition("print fmt:")[2]
        self.assertEqual(words_of(text, "status"),
                         {1: "skipped", 2: "Not_done", 4: "four", 8: "eight"})
        self.assertEqual(words_of(text, "zone_start"), {})
        self.assertEqual(words_of(text, "gfp"), {})

    def test_has(self) -> None:
        """Functions by their whole name, fields by theirs."""
        kernel = FakeKernel(self.folder, "a_function\nof_a_module [mmscope]\n",
                            b"\0page\0_nr_pages\0")
        kernel.event("compaction", "end")
        self.assertTrue(kernel.has_function("a_function"))
        self.assertTrue(kernel.has_function("of_a_module"))
        self.assertFalse(kernel.has_function("a_func"))
        self.assertTrue(kernel.has_event("compaction", "end"))
        self.assertFalse(kernel.has_event("compaction", "begin"))
        for field in ("zone_start", "comm", "status"):
            self.assertTrue(kernel.has_field("compaction", "end", field), field)
        self.assertFalse(kernel.has_field("compaction", "end", "stat"))
        self.assertFalse(kernel.has_field("compaction", "begin", "status"))
        self.assertTrue(kernel.has_type_name("_nr_pages"))
        self.assertFalse(kernel.has_type_name("nr_pages"))


SCRIPT = """\
// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is
 * asked?
 *
 * More of it.
 */
//events a b
//show t(comm:text, status:compaction:end.status): @n count, @ns.p99 p99_ns

fentry:new_name,
fentry:old_name
/MINE/
{
    @n = PAGE_SIZE;
}

//if function new_name
kprobe:one { }
//if type page
kprobe:both { }
//endif
//else
kprobe:two { }
//endif
"""


class Scripts(Folder):
    """Scripts are made to fit."""

    def setUp(self) -> None:
        super().setUp()
        with open(f"{self.folder}/x.bt", "w", encoding="ascii") as stream:
            stream.write(SCRIPT)
        patcher = mock.patch("mmscopelib.tracescript.FOLDER", self.folder)
        patcher.start()
        self.addCleanup(patcher.stop)

    def text(self, functions: str, types: bytes = b"\0") -> str:
        """What bpftrace would get."""
        kernel = FakeKernel(self.folder, functions, types)
        return tracescript.load("x", kernel).text(kernel)

    def test_head(self) -> None:
        """Question, events, tables."""
        script = tracescript.load("x", FakeKernel(self.folder))
        self.assertEqual(script.question, "What is asked?")
        self.assertEqual(script.events, ["a", "b"])
        self.assertEqual(script.shows, [Show("t", (
            Key("comm", "text"), Key("status", "compaction:end.status")), (
            Column("@n", None, "count"), Column("@ns", "p99", "p99_ns")))])
        self.assertTrue(script.follows)

    def test_conditions(self) -> None:
        """By function and by type."""
        both = self.text("new_name\none\nboth\n", b"\0page\0")
        self.assertIn("kprobe:one {", both)
        self.assertIn("kprobe:both {", both)
        self.assertNotIn("kprobe:two", both)
        self.assertNotIn("kprobe:both", self.text("new_name\none\nboth\n"))
        old = self.text("old_name\ntwo\n")
        self.assertIn("kprobe:two {", old)
        self.assertNotIn("kprobe:one", old)

    def test_points(self) -> None:
        """What is not there is left out; that nothing is left is a failure."""
        self.assertRegex(self.text("new_name\none\n"), r"(?m)^fentry:new_name\n/")
        self.assertRegex(self.text("old_name\nnew_name\none\n"),
                         r"(?m)^fentry:new_name,\nfentry:old_name\n/")
        with self.assertRaisesRegex(Failure, "no fentry:new_name or fentry:old_name, which"):
            self.text("two\n")

    def test_words(self) -> None:
        """MINE is a condition, and the process is followed."""
        text = self.text("new_name\none\n")
        self.assertIn("/(!$1 || @mine[pid])/", text)
        self.assertIn("sched_process_fork", text)
        self.assertIn("delete(@mine, (uint64)tid)", text)
        self.assertNotIn("MINE", text)
        self.assertNotIn("PAGE_SIZE", text)

    def test_all_are_well_formed(self) -> None:
        """Each asks something, and shows something."""
        mock.patch.stopall()
        kernel = mock.Mock(spec=Kernel)
        for there in (True, False):
            for name in ("has_function", "has_event", "has_field", "has_type_name"):
                getattr(kernel, name).return_value = there
            for name in tracescript.names():
                with self.subTest(name):
                    script = tracescript.load(name, kernel)
                    self.assertTrue(script.question.endswith("?"))
                    self.assertLess(len(script.question), 120)
                    self.assertTrue(script.events or script.shows)
                    for show in script.shows:
                        for column in show.columns:
                            self.assertRegex(script.body, column.map + r"\b")


class Tables(Folder):
    """Tables are made of maps."""

    def setUp(self) -> None:
        super().setUp()
        kernel = FakeKernel(self.folder)
        kernel.event("compaction", "end")
        self.decode = tracetables.Decoder(kernel)
        self.maps = tracetables.Maps()

    def add(self, kind: str, **maps: Any) -> None:
        """As bpftrace prints them."""
        self.maps.add({"type": kind, "data": {f"@{name}": value for name, value in maps.items()}})

    def test_join(self) -> None:
        """The first map has the rows, the largest come first, words are decoded."""
        self.add("map", n={"a b,1": 3, "x,y,2": 5, "c,77": 0}, other={"x,y,2": 9})
        self.add("stats", s={"a b,1": {"count": 3, "average": 5, "total": 15}})
        show = Show("t", (Key("comm", "text"), Key("status", "compaction:end.status")), (
            Column("@n", None, "n"), Column("@other", None, "other"),
            Column("@s", "total", "total")))
        self.assertEqual(tracetables.columns_of(show), ["comm", "status", "n", "other", "total"])
        self.assertEqual(tracetables.rows_of(show, self.maps, self.decode), [
            ["x,y", "not_done", "5", "9", "-"], [r"a\x20b", "skipped", "3", "-", "15"]])

    def test_merge(self) -> None:
        """Keys that are the same when they are decoded are one row."""
        self.add("map", n={"\nfoo+1\ndo_wp_page+7\n": 3, "\nhandle_mm_fault+1\ndo_wp_page+9\n": 4},
                 m={"\nfoo+1\ndo_wp_page+7\n": 3, "\nhandle_mm_fault+1\ndo_wp_page+9\n": 4})
        show = Show("t", (Key("cause", "stack:mm"),), (
            Column("@n", None, "n"), Column("@m", "max", "most")))
        self.assertEqual(tracetables.rows_of(show, self.maps, self.decode), [["cow", "7", "4"]])

    def test_other_stack(self) -> None:
        """What two maps have of one cause is one row, whatever called them."""
        self.add("map", n={"\nfoo+1\ndo_wp_page+7\n": 3, "\nbar+1\n": 1},
                 m={"\nbaz+8\nfoo+2\ndo_wp_page+7\n": 2})
        show = Show("t", (Key("cause", "stack:mm"),), (
            Column("@n", None, "n"), Column("@m", None, "m")))
        self.assertEqual(tracetables.rows_of(show, self.maps, self.decode), [
            ["cow", "3", "2"], ["other", "1", "-"]])

    def test_histogram(self) -> None:
        """Buckets add up, and shares are the ends of buckets."""
        buckets = [{"max": -1, "count": 1}, {"min": 0, "max": 1, "count": 49},
                   {"min": 2, "max": 3, "count": 48}, {"min": 4, "max": 7, "count": 2}]
        self.add("hist", h={"a": buckets})
        shares = Show("t", (Key("k", None),), (
            Column("@h", "p50", "p50"), Column("@h", "p99", "p99")))
        self.assertEqual(tracetables.rows_of(shares, self.maps, self.decode), [["a", "1", "7"]])
        whole = Show("t", (Key("k", None),), (Column("@h", "histogram", "n"),))
        self.assertEqual(tracetables.rows_of(whole, self.maps, self.decode)[1:3],
                         [["a", "0", "1", "49"], ["a", "2", "3", "48"]])

    def test_without_key(self) -> None:
        """One value."""
        self.add("map", n=7)
        self.add("stats", s={"count": 2, "average": 3, "total": 6})
        show = Show("t", (), (Column("@n", None, "n"), Column("@s", "average", "mean")))
        self.assertEqual(tracetables.rows_of(show, self.maps, self.decode), [["7", "3"]])

    def test_incomplete(self) -> None:
        """What was lost is noticed."""
        self.assertIsNone(self.maps.full)
        self.maps.add({"type": "lost_events", "data": {"events": 3}})
        self.maps.add({"type": "lost_events", "data": {"events": 4}})
        self.assertEqual(self.maps.lost, 7)
        self.add("map", n={str(i): 1 for i in range(MAX_KEYS - 1)})
        self.assertIsNone(self.maps.full)
        self.add("map", n={str(i): 1 for i in range(MAX_KEYS)})
        self.assertEqual(self.maps.full, "@n")

    def test_full(self) -> None:
        """Histograms take a key for each bucket; a map may have been full and not be it now."""
        buckets = [{"min": i, "max": i, "count": i % 2} for i in range(8)]
        self.add("hist", h={str(i): buckets for i in range(MAX_KEYS // 4 - 1)})
        self.assertIsNone(self.maps.full)
        others: List[Dict[str, Any]] = [{"retcode": -2}, {"data": {"retcode": -2}}, {"msg": "?"}]
        for message in others:
            self.maps.add({"type": "helper_error", **message})
        self.assertIsNone(self.maps.full)
        refused: List[Dict[str, Any]] = [
            {"retcode": -7}, {"data": {"helper": "map_update_elem", "retcode": -7}}]
        for message in refused:
            maps = tracetables.Maps()
            maps.add({"type": "helper_error", **message})
            self.assertEqual(maps.full, "@-")
        self.add("hist", h={str(i): buckets for i in range(MAX_KEYS // 4)})
        self.assertEqual(self.maps.full, "@h")

    def test_escape(self) -> None:
        """There and back."""
        for text in ("a", "a b", "-", "--", "\\x20", "ä", "\udcff", "\n"):
            with self.subTest(repr(text)):
                self.assertNotIn(" ", escape(text))
                self.assertEqual(unescape(escape(text)), text)
        self.assertNotEqual(escape("-"), "-")


class Causes(unittest.TestCase):
    """Stacks become words."""

    def test_order(self) -> None:
        """What is inside of something else comes first."""
        stack = "\nflush_tlb_mm_range+9\ntry_to_unmap_flush+1\ntry_to_free_pages+3\n" \
            "handle_mm_fault+5\n"
        self.assertEqual(tracecauses.cause("mm", stack), "reclaim")
        self.assertEqual(tracecauses.cause("mm", "\nx+1\nhandle_mm_fault+5\n"), "fault")

    def test_system_call(self) -> None:
        """Where no function is known."""
        self.assertEqual(tracecauses.cause("mm", "\nx+1\n__x64_sys_shmdt+5\ndo_syscall_64+1\n"),
                         "shmdt")
        self.assertEqual(tracecauses.cause("mm", "\nx+1\n"), tracecauses.OTHER)

    def test_escaped(self) -> None:
        """As bpftrace 0.23.2 writes a stack."""
        stack = r"\n        discard_pa_seq+118053716\n        do_wp_page+5\n        " \
            r"__handle_mm_fault+2887\n        asm_exc_page_fault+38\n"
        self.assertEqual(tracecauses.cause("mm", stack), "cow")


def line(*fields: object) -> List[str]:
    """A line of a script's, as words."""
    return " ".join(map(str, fields)).split(" ")


class Signals(unittest.TestCase):
    """Ctrl-C interrupts nothing that is being shown."""

    def test_noted(self) -> None:
        before = signal.getsignal(signal.SIGINT)
        with noted((signal.SIGINT, signal.SIGTERM)) as told:
            self.assertEqual(select.select([told], [], [], 0)[0], [])
            signal.raise_signal(signal.SIGINT)
            self.assertEqual(select.select([told], [], [], 0)[0], [told])
            signal.raise_signal(signal.SIGTERM)
        self.assertEqual(signal.getsignal(signal.SIGINT), before)
        with self.assertRaises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


class Observers(unittest.TestCase):
    """What mmscope adds."""

    def tree(self, views: Dict[str, str]) -> Tree:
        """A tree of these answers."""
        fake = mock.Mock(spec=Tree)

        def opened(name: str, words: List[str] = cast(List[str], ())) -> io.BufferedReader:
            del words
            if name not in views:
                raise FileNotFoundError(name)
            return io.BufferedReader(cast(Any, io.BytesIO(views[name].encode())))
        fake.open.side_effect = opened
        return cast(Tree, fake)

    def test_oom(self) -> None:
        """The kernel's points beside mmscope's score; a victim as it was noted."""
        views = {
            "oom/victims": "# mmscope oom/victims format=1\n"
                           "# time_ns pid comm uid total_vm_pages anon_pages file_pages "
                           "shmem_pages swap_pages pgtable_bytes adj tgid\n"
                           "1 8 big 0 99 1000 20 3 50 8192 100 8\n# end rows=1 complete=1\n",
            "oom/badness": "# mmscope oom/badness format=1\n"
                           "# pid comm rss_pages swap_pages pgtable_bytes adj score why\n"
                           r"7 a\x20b 10 0 4096 0 11 -" "\n# end rows=1 complete=1\n"}
        observer = Oom(self.tree(views), mock.Mock(cgroup=lambda ino: f"/c{ino}"))
        self.assertEqual(list(observer.event(line("candidate", 2, 7, 1, 1, "other"))), [])
        for fields in (line("begin", 1, 5, 7, "a b"),
                       line("candidate", 1, 7, 11, 64000, "a b"),
                       line("candidate", 1, 8, 7475, 64000, "big"), line("end", 1, 6),
                       line("candidate", 1, 9, -(1 << 63), 64000, "init")):
            self.assertEqual(list(observer.event(fields)), [])
        # The last to come, though not the last that was said.
        rows = list(observer.event(line("victim", 1, 8)))
        self.assertEqual([row[:15] for row in rows[:2]], [
            ["1", "/c5", "64000", r"a\x20b", "8", "big", "7475", "victim", "7475", "1023", "50",
             "8192", "100", "-", "0"],
            ["1", "/c5", "64000", r"a\x20b", "7", r"a\x20b", "11", "-", "11", "10", "0", "4096",
             "0", "-", rows[1][14]]])
        self.assertEqual(rows[2][4:9], ["9", "init", "-", "-", "-"])

    def test_oom_names(self) -> None:
        """Whatever is in the name of a process, it is a name; and nonsense is no line."""
        views = {name: f"# mmscope {name} format=1\n# pid tgid\n# end rows=0 complete=1\n"
                 for name in ("oom/victims", "oom/badness")}
        observer = Oom(self.tree(views), mock.Mock())
        name = "a\nend 1 1\x0b\x85 "
        for fields in (line("a"), line("b", "c"), line("begin", "x", 1), line("end", 1, ""),
                       line("begin", 1, 0, 7, name), line("candidate", 1, 7, 11, 64000, name),
                       line("candidate", 1, 8, "many", 64000, name), line("victim", 1)):
            self.assertEqual(list(observer.event(fields)), [])
        rows = list(observer.event(line("end", 1, 3)))
        self.assertEqual([row[3:7] for row in rows],
                         [[escape(name), "7", escape(name), "11"]])

    def test_oom_incomplete(self) -> None:
        """What there is of an answer is used, and that it is not all is said."""
        views = {
            "oom/victims": "# mmscope oom/victims format=1\n# pid tgid\n# end rows=0 complete=1\n",
            "oom/badness": "# mmscope oom/badness format=1\n# pid comm score\n7 a 11\n"
                           "# end rows=1 complete=0 stopped=moving\n"}
        observer = Oom(self.tree(views), mock.Mock())
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            rows = [row for fields in (line("begin", 1, 0, 7, "a"),
                                       line("candidate", 1, 7, 11, 64000, "a"),
                                       line("candidate", 1, 8, 12, 64000, "b"), line("end", 1, 4))
                    for row in observer.event(fields)]
        self.assertEqual([[row[4], row[8]] for row in rows], [["8", "-"], ["7", "11"]])
        self.assertEqual(err.getvalue(), "mmscope: warning: oom/badness is incomplete: moving\n")

    def test_life(self) -> None:
        """Only what is about the page, and what mmscope sees of it when a step is done."""
        views = {
            "process/translate": "# mmscope process/translate format=1\n"
                                 "# level index entry state flags pfn swap_type swap_offset\n"
                                 "pmd 0 0x1 present table 5 - -\n"
                                 "pte 0 0x2 present write,user 77 - -\n# end rows=2 complete=1\n",
            "memory/page": "# mmscope memory/page format=1\n"
                           "# pfn flags refcount mapcount order kind owner\n"
                           "77 lru 1 1 0 anon 9\n# end rows=1 complete=1\n"}
        victim = mock.Mock(page=lambda: 0x5000)
        observer = Life(self.tree(views), 9, 0, victim)
        for fields in (line(1000, "mmap", "0x4000", "-", "bytes=8192"),
                       line(2000, "mmap", "0x9000", "-", "bytes=4096"),
                       line(9000, "fault", "0x5123", "-", "write"),
                       line(9500, "page", "0x5000", 77, "order=0"),
                       line(9550, "flush", "0x5000", "-", "pages=1,reason=1"),
                       line(9600, "page", "0x8000", 78, "order=0"),
                       line(9650, "flush", "0x8000", "-", "pages=1,reason=1"),
                       line(9700, "madvise", "0x4000", "-", "bytes=8192,advice=21"),
                       line(9750, "flush", "0x4000", "-", "pages=2,reason=3"),
                       line(9800, "madvise", "0x9000", "-", "bytes=4096,advice=21"),
                       line(9850, "flush", "0x9000", "-", "pages=1,reason=3")):
            self.assertEqual(list(observer.event(fields)), [])
        rows = list(observer.event(line(12000, "step", "0x0", "-", "-")))
        self.assertEqual(rows, [
            ["0", "mmap", "0x4000", "-", "bytes=8192"],
            ["8", "fault", "0x5123", "-", "write"],
            ["8", "page", "0x5000", "77", "order=0"],
            ["8", "flush", "0x5000", "-", "pages=1,reason=1"],
            ["8", "madvise", "0x4000", "-", "bytes=8192,advice=21"],
            ["8", "flush", "0x4000", "-", "pages=2,reason=3"],
            ["11", "mmscope", "0x5000", "77", "entry:pte,present,write,user"],
            ["11", "mmscope", "0x5000", "77", "page:anon,refcount=1,mapcount=1,lru"]])
        victim.step.assert_called_once_with()


FAKE = """\
#!/usr/bin/python3
import json, os, signal, sys, time
def say(kind, data):
    print(json.dumps({"type": kind, "data": data}), flush=True)
def end(*_):
    say("map", {"@n": {"k": 3}})
    if os.environ.get("FAKE_FULL"):
        print(json.dumps({"type": "helper_error", "msg": "Map full", "retcode": -7}))
    say("map", {"@room": int(os.environ["BPFTRACE_MAX_MAP_KEYS"])})
    if os.environ.get("FAKE_LOST"):
        say("lost_events", {"events": 2})
    sys.exit(0)
if os.environ.get("FAKE_SCRIPT"):
    with open(sys.argv[-3]) as script, open(os.environ["FAKE_SCRIPT"], "w") as copy:
        copy.write(script.read())
if os.environ.get("FAKE_ERROR"):
    print("x.bt:1: ERROR: no such thing", file=sys.stderr)
    sys.exit(1)
signal.signal(signal.SIGINT, end)
say("attached_probes", {"probes": 1})
say("printf", "ready\\n")
say("printf", "1 " + sys.argv[-2] + os.environ.get("FAKE_MORE", "") + "\\n")
if os.environ.get("FAKE_TOLD"):
    open(os.environ["FAKE_TOLD"], "w").close()
while True:
    time.sleep(60)
"""


class Commands(Folder):
    """The whole command, with a bpftrace that prints what it is told to."""

    def setUp(self) -> None:
        super().setUp()
        for folder in ("bin", "scripts", "trace"):
            os.mkdir(f"{self.folder}/{folder}")
        with open(f"{self.folder}/scripts/x.bt", "w", encoding="ascii") as stream:
            stream.write("/*\n * Who?\n */\n//events a b\n//show t(k): @n n\n"
                         "interval:s:1 /MINE/ { }\n")
        with open(f"{self.folder}/scripts/whole.bt", "w", encoding="ascii") as stream:
            stream.write("/*\n * What?\n */\n//show t(k): @n n\n"
                         "//show room(): @room keys\n")
        self.program(FAKE)
        kernel = FakeKernel(f"{self.folder}/trace")
        patches: List[Any] = [
            mock.patch("mmscopelib.tracescript.FOLDER", f"{self.folder}/scripts"),
            mock.patch("mmscopelib.commands.trace.Kernel", lambda: kernel),
            mock.patch.dict(os.environ, {"PATH": f"{self.folder}/bin:/usr/bin:/bin"}),
            mock.patch("os.geteuid", return_value=0)]
        for patch in patches:
            patch.start()
            self.addCleanup(patch.stop)

    def program(self, text: str) -> None:
        """What is called bpftrace."""
        with open(f"{self.folder}/bin/bpftrace", "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(f"{self.folder}/bin/bpftrace", 0o755)

    def trace(self, *argv: str) -> Tuple[int, str, str]:
        """Its status, output and errors."""
        out = io.TextIOWrapper(io.BytesIO(), "utf-8")
        err = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(["trace", *argv])
        out.flush()
        return status, cast(io.BytesIO, out.buffer).getvalue().decode(), err.getvalue()

    def test_list(self) -> None:
        """The question that each answers."""
        self.assertEqual(self.trace(), (0, "whole  What?\nx      Who?\n", ""))

    def test_duration(self) -> None:
        """Events as they come, then tables; text that the reader of views can read."""
        status, out, err = self.trace("x", "--duration", "0.1")
        self.assertEqual((status, err), (0, ""))
        first, second = out.split("# mmscope ")[1:]
        self.assertRegex(first, r"\Atrace/x format=1 table=events\n# a b\n1 0\n# end rows=1 "
                         r"complete=1 seconds=[0-9.]+ lost_events=0 missed_events=0\n\Z")
        table = Table(line.encode() + b"\n" for line in ("# mmscope " + second).splitlines())
        self.assertEqual(table.header.keys["table"], "t")
        self.assertEqual(list(table.rows()), [["k", "3"]])

    def test_one_line_each(self) -> None:
        """What looks like the end of a line is none."""
        seen: List[List[str]] = []

        def event(fields: List[str]) -> List[List[str]]:
            seen.append(fields)
            return []

        with mock.patch.dict(os.environ, FAKE_MORE="\x0b\n2 \x85"), \
                mock.patch("mmscopelib.commands.trace._Job.observer",
                           return_value=mock.Mock(event=event)):
            self.assertEqual(self.trace("x", "--duration", "0.1")[0], 0)
        self.assertEqual(seen, [["1", "0\x0b\n2", "\x85"]])

    def test_script(self) -> None:
        """bpftrace gets it, in no file that could stay."""
        copy, temporary = f"{self.folder}/copy", f"{self.folder}/tmp"
        os.mkdir(temporary)
        with mock.patch.dict(os.environ, FAKE_SCRIPT=copy), \
                mock.patch("tempfile.tempdir", temporary):
            self.assertEqual(self.trace("x", "--", "rmdir", temporary)[0], 0)
        with open(copy, encoding="utf-8") as stream:
            self.assertEqual(stream.read(), self.trace("x", "--print")[1])

    def test_json(self) -> None:
        """One object."""
        status, out, _ = self.trace("x", "--json", "--duration", "0.1")
        whole = json.loads(out)
        self.assertEqual((status, whole["trace"]), (0, "x"))
        self.assertEqual([table["rows"] for table in whole["tables"]],
                         [[{"a": 1, "b": 0}], [{"k": "k", "n": 3}]])

    def test_command(self) -> None:
        """It begins when all is attached, and its end ends the trace, with its status."""
        mark = f"{self.folder}/mark"
        status, out, err = self.trace("x", "--", "sh", "-c", f"echo $$ >{mark}; exit 3")
        self.assertEqual((status, err), (3, ""))
        with open(mark, encoding="ascii") as stream:
            self.assertIn(f"table=events pid={stream.read().strip()}\n", out)
        self.assertEqual(self.trace("whole", "--", "true")[0], 2)
        status, out, err = self.trace("x", "--", "/no/such/program", "-x")
        self.assertEqual(status, 1)
        self.assertEqual(err, "mmscope: /no/such/program: No such file or directory\n")

    def test_process(self) -> None:
        """Its end ends the trace."""
        told = f"{self.folder}/told"
        pid = os.fork()
        if not pid:
            # Not before the trace has told of it.
            while not os.path.exists(told):
                pass
            os._exit(0)
        with mock.patch.dict(os.environ, FAKE_TOLD=told):
            status, out, _ = self.trace("x", "--pid", str(pid))
        # Nor for ever, if it has not.
        with open(told, "w", encoding="ascii"):
            pass
        os.waitpid(pid, 0)
        self.assertEqual(status, 0)
        self.assertIn(f"\n1 {pid}\n", out)
        status, out, err = self.trace("x", "--pid", "4194304")
        self.assertEqual((status, out, err), (1, "", "mmscope: there is no process 4194304\n"))

    def test_signals(self) -> None:
        """Ctrl-C and SIGTERM end it, and what was counted is shown."""
        for number in (signal.SIGINT, signal.SIGTERM):
            # A command begins when all is attached.
            status, out, err = self.trace("x", "--", "sh", "-c",
                                          f"kill -{int(number)} $PPID; exec sleep 60")
            self.assertEqual((status, err), (0, ""))
            self.assertIn("\nk 3\n", out)

    def test_lost(self) -> None:
        """What was lost is said, and is a failure."""
        with mock.patch.dict(os.environ, {"FAKE_LOST": "1"}):
            status, out, err = self.trace("x", "--duration", "0.1")
        self.assertEqual(status, 1)
        self.assertIn("complete=0", out)
        self.assertIn("lost_events=2", out)
        self.assertEqual(err.count("\n"), 1)

    def test_no_room(self) -> None:
        """bpftrace has as much as mmscope believes; that it was not enough is a failure."""
        status, out, _ = self.trace("whole", "--duration", "0.1")
        self.assertEqual(status, 0)
        self.assertIn(f"\n# keys\n{MAX_KEYS}\n", out)
        with mock.patch.dict(os.environ, {"FAKE_FULL": "1"}):
            status, out, err = self.trace("whole", "--duration", "0.1")
        self.assertEqual(status, 1)
        self.assertIn("complete=0", out)
        self.assertIn(" full=-\n", out)
        self.assertIn("a map is full", err)

    def test_failures(self) -> None:
        """One line, with what to do."""
        with mock.patch.dict(os.environ, {"FAKE_ERROR": "1"}):
            status, out, err = self.trace("x")
        self.assertEqual((status, out), (1, ""))
        self.assertEqual(err, "mmscope: bpftrace has ended: x.bt:1: ERROR: no such thing\n")
        os.unlink(f"{self.folder}/bin/bpftrace")
        with mock.patch.dict(os.environ, {"PATH": f"{self.folder}/bin"}):
            status, _, err = self.trace("x")
        self.assertEqual((status, err),
                         (1, "mmscope: bpftrace is not installed: apt install bpftrace\n"))
        with mock.patch("os.geteuid", return_value=1):
            status, _, err = self.trace("x")
        self.assertEqual((status, err),
                         (1, "mmscope: tracing: permission denied; run it as root\n"))

    def test_usage(self) -> None:
        """Wrong usage is status 2, in one line."""
        for argv in (["y"], ["x", "--duration", "0"], ["x", "--duration", "nan"],
                     ["x", "--pid", "0"], ["x", "--pid", "self"], ["x", "--"],
                     ["x", "--pid", "1", "--", "true"], ["x", "--addr", "1000"],
                     ["x", "key=value"], ["x", "more"]):
            with self.subTest(argv):
                status, out, err = self.trace(*argv)
                self.assertEqual((status, out, err.count("\n")), (2, "", 1))

    def test_print(self) -> None:
        """The script itself."""
        status, out, _ = self.trace("x", "--print")
        self.assertEqual(status, 0)
        self.assertIn("interval:s:1 /(!$1 || @mine[pid])/", out)


if __name__ == "__main__":
    unittest.main()
