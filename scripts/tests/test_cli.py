# SPDX-License-Identifier: GPL-2.0-only
"""The command line against a directory of files that looks like the tree."""

import contextlib
import errno
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from typing import Dict, List, Optional, Tuple
from unittest import mock

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import cli, terminal, tree  # noqa: E402
from mmscopelib.commands import NAMES, load  # noqa: E402

RANGES = """\
# mmscope process/ranges format=1 pid=7 comm=a\\x20b
# start end level state flags pages
0x1000 0x2000 pte present user,accessed 1
0x2000 0x4000 pte none - 2
# end rows=2 complete=1 scanned=3 lock_max_ns=1500 lock_total_ns=5000000 retries=0
"""
TRANSLATE = """\
# mmscope process/translate format=1 pid=7 comm=x addr=0x3456 phys=0x1234456
# level index table_phys entry_phys entry state flags pfn swap_type swap_offset
pgd 0 0x1000 0x1000 0x2003 present table 2 - -
pte 3 0x2000 0x2018 0x1234003 present user 4660 - -
# end rows=2 complete=1
"""
CAPS = """\
# mmscope caps format=1
# name available reason
process/translate 1 -
process/ranges 0 no\\x20BTF
# end rows=2 complete=1
"""
VERSION = """\
# mmscope version format=1
mmscope: 0.1
kernel: 6.1.0
architecture: x86_64
# end rows=3 complete=1
"""
SELFCHECK = """\
# mmscope selfcheck format=1
# check mmscope kernel slack result
vma_pages 5 5 0 ok
swap_pages 0 0 0 ok
# end rows=2 complete=1
"""
QUERY = "pid=self addr=0x0 start=0x0 end=0xffff ignore=- detail=-\n"


FORMS: List[List[str]] = [[], ["--json"], ["--csv"]]


class _Tty(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


class Tree(unittest.TestCase):
    """A temporary tree; queries go to self.asked and fail with self.refusal."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        self.asked: List[str] = []
        self.refusal: Optional[int] = None
        self.file("process/ranges", RANGES, 0o600)
        self.file("process/translate", TRANSLATE, 0o600)
        self.file("process/query", QUERY, 0o600)

        def send(_fd: int, query: bytes) -> None:
            self.asked.append(query.decode())
            if self.refusal:
                raise OSError(self.refusal, os.strerror(self.refusal))

        patcher = mock.patch("mmscopelib.tree.send_query", send)
        patcher.start()
        self.addCleanup(patcher.stop)

    def file(self, name: str, text: str, mode: int = 0o400) -> None:
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(path, mode)

    def run_cli(self, *argv: str) -> Tuple[int, str, str]:
        out = io.TextIOWrapper(io.BytesIO(), "utf-8")
        err = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(["--root", self.root, *argv])
        out.flush()
        assert isinstance(out.buffer, io.BytesIO)
        return status, out.buffer.getvalue().decode(), err.getvalue()

    def run_tty(self, *argv: str) -> str:
        out = _Tty(io.BytesIO(), "utf-8")
        with contextlib.redirect_stdout(out), mock.patch.dict(os.environ, NO_COLOR="1"):
            cli.main(["--root", self.root, *argv])
        assert isinstance(out.buffer, io.BytesIO)
        return out.buffer.getvalue().decode()


class Output(Tree):
    def test_plain_is_untouched(self) -> None:
        self.assertEqual(self.run_cli("get", "process/ranges"), (0, RANGES, ""))
        self.assertEqual(self.asked, [])

    def test_query_goes_to_the_view(self) -> None:
        self.run_cli("ranges", "7", "ignore=dirty", "--json", "detail=folio")
        self.run_cli("translate", "self", "1F00")
        self.run_cli("get", "process/ranges", "pid=1", "start=0x1000")
        self.assertEqual(self.asked, ["pid=7 ignore=dirty detail=folio", "pid=self addr=0x1f00",
                                      "pid=1 start=0x1000"])

    def test_json(self) -> None:
        status, out, _ = self.run_cli("ranges", "7", "--json")
        self.assertEqual(status, 0)
        view = json.loads(out)
        self.assertEqual(view["header"], {"format": 1, "pid": 7, "comm": "a b"})
        self.assertEqual(view["rows"][0]["flags"], ["user", "accessed"])
        self.assertEqual(view["rows"][1], {"start": "0x2000", "end": "0x4000", "level": "pte",
                                           "state": "none", "flags": None, "pages": 2})
        self.assertEqual(view["end"]["complete"], 1)

    def test_json_of_values_and_of_no_rows(self) -> None:
        self.file("version", "# mmscope version format=1\nkernel: 6.1\n# end rows=1 complete=1\n")
        self.file("empty", "# mmscope empty format=1\n# a b\n# end rows=0 complete=1\n")
        self.assertEqual(json.loads(self.run_cli("get", "version", "--json")[1])["values"],
                         {"kernel": "6.1"})
        self.assertEqual(json.loads(self.run_cli("get", "empty", "--json")[1])["rows"], [])

    def test_csv(self) -> None:
        self.assertEqual(self.run_cli("ranges", "7", "--csv")[1],
                         "start,end,level,state,flags,pages\n"
                         '0x1000,0x2000,pte,present,"user,accessed",1\n'
                         "0x2000,0x4000,pte,none,,2\n")

    def test_csv_gives_the_bytes_of_a_name_back(self) -> None:
        self.file("names", "# mmscope names format=1\n# name\n\\xff\\x2c\n# end rows=1\n")
        run = subprocess.run([sys.executable, os.path.join(SCRIPTS, "mmscope"), "--root", self.root,
                              "get", "names", "--csv"], stdout=subprocess.PIPE, check=True)
        self.assertEqual(run.stdout, b'name\n"\xff,"\n')

    def test_a_full_disk_is_one_line(self) -> None:
        for form in FORMS:
            with open("/dev/full", "wb") as full:
                run = subprocess.run([sys.executable, os.path.join(SCRIPTS, "mmscope"), "--root",
                                      self.root, "get", "process/ranges", *form],
                                     stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual((run.returncode, run.stderr.count(b"\n")), (1, 1), run.stderr)

    def test_a_character_that_the_locale_lacks(self) -> None:
        env = {**os.environ, "PYTHONIOENCODING": "ascii"}
        run = subprocess.run([sys.executable, os.path.join(SCRIPTS, "mmscope"), "trace", "--help"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, env=env)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        self.assertIn(rb"CMD\u2026", run.stdout)

    def test_plain_text_file(self) -> None:
        self.assertEqual(self.run_cli("get", "process/query"), (0, QUERY, ""))
        self.assertEqual(self.run_cli("get", "process/query", "--json")[0], 1)

    def test_records(self) -> None:
        def records(*pairs: Tuple[int, int]) -> bytes:
            return b"".join(struct.pack("=QQ", *pair) for pair in pairs)

        def binary(data: bytes) -> None:
            with open(os.path.join(self.root, "raw"), "wb") as stream:
                stream.write(data)

        head, entry, end = (14, 1), (0x7f1234567000 | 1 << 4 | 1, 0x80000000000000e7), (15, 1)
        whole = records(head, entry, end)
        binary(whole)
        status, out, _ = self.run_cli("get", "raw", "--csv")
        self.assertEqual((status, out), (0, "va,level,entry,state\n"
                                            "0x7f1234567000,pmd,0x80000000000000e7,present\n"))
        binary(records(head, entry, (15, 0)))
        self.assertEqual(self.run_cli("get", "raw", "--json")[0], 1)
        for broken in (whole[:-1], whole[:-16], records((14, 2), end),
                       records(head, (5 << 4, 0), end)):
            binary(broken)
            self.assertEqual(self.run_cli("get", "raw", "--json")[0], 1)
        for data, expected in ((whole, 0), (whole[:-16], 1), (whole[:-8], 1)):
            binary(data)
            run = subprocess.run([sys.executable, os.path.join(SCRIPTS, "mmscope"), "--root",
                                  self.root, "get", "raw"], capture_output=True, check=False)
            self.assertEqual((run.stdout, run.returncode), (data, expected))

    def test_incomplete_is_a_failure(self) -> None:
        text = RANGES.replace("complete=1", "complete=0 stopped=exited")
        self.file("process/ranges", text)
        for form in FORMS:
            status, out, err = self.run_cli("get", "process/ranges", *form)
            self.assertEqual(status, 1)
            self.assertIn("present", out)
            self.assertIn("incomplete: exited", err)

    def test_truncated_is_a_failure(self) -> None:
        for text in (RANGES[:-1], RANGES[:RANGES.index("# end")],
                     RANGES.replace("rows=2", "rows=9")):
            self.file("process/ranges", text)
            for form in FORMS:
                with self.subTest(text=text, form=form):
                    status, _, err = self.run_cli("get", "process/ranges", *form)
                    self.assertEqual((status, err.count("\n")), (1, 1))


class Lab(Tree):
    """The files of a lab; what is sent to `run` is noted, and what it has is shown."""

    ANSWER = "# mmscope lab/alloc format=1 order=2\n# what pfn\nblock 64\n# end rows=1 complete=1\n"
    STATUS = ("# mmscope lab/alloc format=1\nstate: idle\nrefused: over-limit\n"
              "# end rows=2 complete=1\n")

    def setUp(self) -> None:
        super().setUp()
        patcher = mock.patch("mmscopelib.commands.lab.send_query",
                             lambda fd, query: tree.send_query(fd, query))
        patcher.start()
        self.addCleanup(patcher.stop)
        self.file("lab/alloc/run", self.ANSWER, 0o600)
        self.file("lab/alloc/limits", "max_pages=0\n", 0o600)

    def test_answer(self) -> None:
        self.assertEqual(self.run_cli("lab", "alloc", "order=2", "count=1"), (0, self.ANSWER, ""))
        self.assertEqual(self.asked, ["order=2 count=1"])
        self.assertIn('"pfn": 64', self.run_cli("lab", "alloc", "--json")[1])

    def test_no_words_is_a_run_too(self) -> None:
        self.run_cli("lab", "alloc")
        self.assertEqual(self.asked, ["\n"])

    def test_list(self) -> None:
        self.file("lab/alloc/run", self.STATUS, 0o600)
        self.assertEqual(self.run_cli("lab"), (0, "alloc      idle     max_pages=0\n", ""))
        self.assertEqual(self.asked, [])
        self.file("caps", CAPS.replace("process/ranges 0 no\\x20BTF", "lab/alloc 0 cgroup-v1"))
        self.assertEqual(self.run_cli("lab"), (0, "alloc      off      cgroup-v1\n", ""))
        self.refusal = errno.EOPNOTSUPP
        self.assertIn("cgroup-v1", self.run_cli("get", "lab/alloc/run", "order=1")[2])

    def test_command_while_it_is_held(self) -> None:
        status = self.run_cli("lab", "alloc", "order=2", "--while", "sh", "-c", "exit 7")[0]
        self.assertEqual(status, 7)
        status = self.run_cli("lab", "alloc", "order=2", "--while", "sh", "-c", "kill $$")[0]
        self.assertEqual(status, 128 + signal.SIGTERM)
        self.assertEqual(self.run_cli("lab", "alloc", "--while")[0], 2)

    def test_refused(self) -> None:
        self.file("lab/alloc/run", self.STATUS, 0o600)
        for self.refusal in (errno.ENOSPC, errno.EPERM, errno.EOPNOTSUPP, errno.ESRCH,
                             errno.EEXIST):
            status, out, err = self.run_cli("lab", "alloc", "count=9")
            self.assertEqual((status, out), (1, ""))
            self.assertEqual(err, "mmscope: lab/alloc/run: 'count=9': "
                                  f"{os.strerror(self.refusal)}: over-limit\n")

    def test_no_such_lab(self) -> None:
        status, _, err = self.run_cli("lab", "brew")
        self.assertEqual((status, err), (1, "mmscope: there is no lab brew; there are: alloc\n"))


class Status(Tree):
    def setUp(self) -> None:
        super().setUp()
        self.file("version", VERSION)
        self.file("caps", CAPS)
        self.file("selfcheck", SELFCHECK)

    def test_lists_what_is_off_and_why(self) -> None:
        status, out, err = self.run_cli("status")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, f"""\
mmscope    0.1 on 6.1.0 (x86_64)
tree       {self.root}
/          caps selfcheck version
process/   query ranges translate
off        process/ranges: no BTF
selfcheck  2 of 2 agree with the kernel
""")

    def test_a_long_name_moves_all(self) -> None:
        self.file("lab/ferment/run", "")
        out = self.run_cli("status")[1]
        self.assertIn("lab/ferment/ run\n", out)
        self.assertIn("process/     query", out)
        self.assertIn("selfcheck    2 of 2", out)

    def test_a_difference_is_a_failure(self) -> None:
        self.file("selfcheck", SELFCHECK.replace("0 0 0 ok", "3 0 0 differs"))
        status, out, err = self.run_cli("status")
        self.assertEqual(status, 1)
        self.assertIn("swap_pages: mmscope says 3, the kernel 0", out)
        self.assertIn("1 of 2 checks", err)

    def test_nothing_off(self) -> None:
        self.file("caps", CAPS.replace("0 no\\x20BTF", "1 -"))
        self.assertIn("off        nothing: all 2", self.run_cli("status")[1])


class OnTerminal(Tree):
    def test_table(self) -> None:
        self.assertEqual(self.run_tty("ranges", "7"), """\
process/ranges  pid=7  comm=a b
 start     end  level  state    flags          pages
0x1000  0x2000  pte    present  user,accessed      1
0x2000  0x4000  pte    none     -                  2
2 rows, complete; looked at 3 entries; lock held 1.5 µs at most, 5 ms in all
""")

    def test_translate_answers(self) -> None:
        out = self.run_tty("translate", "7", "0x3456")
        self.assertIn("0x3456 -> physical 0x1234456 (4 KiB page)", out)

    def test_names_cannot_steer_the_terminal(self) -> None:
        for field, expected in ((r"\x1b[2J", r"\x1b[2J"), (r"a\x20b", "a b"),
                                (r"\xff\xc3\xa9", r"\xffé"), (r"\xc2\x9b", r"\xc2\x9b")):
            self.assertEqual(terminal.visible(field), expected)

    def test_duration(self) -> None:
        for ns, expected in ((0, "0 ns"), (999, "999 ns"), (1500, "1.5 µs"),
                             (2_000_000, "2 ms"), (12_000_000_000, "12 s")):
            self.assertEqual(terminal.duration(ns), expected)


class Errors(Tree):
    def check_one_line(self, status: int, *argv: str) -> str:
        code, _, err = self.run_cli(*argv)
        self.assertEqual((code, err.count("\n")), (status, 1), err)
        return err

    def test_refused_queries(self) -> None:
        self.file("caps", CAPS)
        expected: Dict[int, str] = {
            errno.EINVAL: "knows: pid addr start end ignore detail",
            errno.ERANGE: "out of range",
            errno.E2BIG: "at most 256",
            errno.ESRCH: "no such process",
            errno.EOPNOTSUPP: "no BTF",
            errno.EBUSY: "in use",
            errno.EINTR: "signal",
            errno.EPERM: "CAP_SYS_ADMIN",
        }
        for number, words in expected.items():
            self.refusal = number
            self.assertIn(words, self.check_one_line(1, "ranges", "7"))

    def test_what_a_query_names(self) -> None:
        """It is not there, or of a kind that has no such answer; and a query that is missing."""
        self.file("pagecache/query", "path=- ino=-\n")
        self.file("pagecache/file", "# mmscope pagecache/file format=1\n", 0o600)
        for self.refusal, words in ((errno.ENOENT, "what the query names"),
                                    (errno.ENOTDIR, "what the query names"),
                                    (errno.EOPNOTSUPP, "what the query names")):
            err = self.check_one_line(1, "get", "pagecache/file", "path=/x")
            self.assertIn(words, err)
            self.assertIn("path=/x", err)
        failure = tree.Tree(self.root).failure(OSError(errno.EINVAL, ""), "pagecache/file")
        self.assertIn("has to be asked for something; pagecache/ knows: path ino", str(failure))

    def test_missing(self) -> None:
        self.assertIn("did you mean process/ranges?", self.check_one_line(1, "get", "proces/range"))
        self.assertIn("status", self.check_one_line(1, "get", "nothing"))
        self.check_one_line(1, "get", "process")
        self.root += "/nowhere"
        self.assertIn("/nowhere", self.check_one_line(1, "ranges", "7"))

    def test_query_to_a_view_that_takes_none(self) -> None:
        self.file("version", "# mmscope version format=1\n# end rows=0\n")
        self.assertIn("takes no query", self.check_one_line(1, "get", "version", "pid=1"))

    def test_usage(self) -> None:
        for line in ("", "nonsense", "get", "get x word", "ranges", "ranges x", "ranges -1",
                     "translate 1", "translate 1 xyz", "ranges 1 --json --csv",
                     "ranges 1 --json word", "translate 1 0x1 --json a=b", "get x --bad"):
            with self.subTest(line=line):
                self.assertIn("--help", self.check_one_line(2, *line.split()))
        self.assertEqual(self.asked, [])

    def test_help_of_every_command(self) -> None:
        for line in ("", *NAMES):
            out = io.StringIO()
            with contextlib.redirect_stdout(out), self.assertRaises(SystemExit) as caught:
                cli.main([*line.split(), "--help"])
            self.assertEqual(caught.exception.code, 0)
            self.assertIn("examples:", out.getvalue())

    def test_names(self) -> None:
        """Each command is asked for by its own name, and --help lists all."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), self.assertRaises(SystemExit):
            cli.main(["--help"])
        for name in NAMES:
            self.assertEqual(load(name).NAME, name)
            self.assertRegex(out.getvalue(), rf"(?m)^ +{name}( +\S|$)")

    def test_one_command(self) -> None:
        """What another command needs is not read, wherever its options stand."""
        program = ("import sys; from mmscopelib import cli\n"
                   "try: cli.main(sys.argv[1:])\n"
                   "finally: print(*sys.modules, sep='\\n', file=sys.stderr)")
        for line in ("status --help", "--root status get --help", "--root=map get --help"):
            done = subprocess.run([sys.executable, "-c", program, *line.split()], check=True,
                                  text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  env={**os.environ, "PYTHONPATH": SCRIPTS})
            read = re.findall(r"(?m)^mmscopelib\.commands\.(\w+)$", done.stderr)
            self.assertEqual(read, [line.split()[-2]])


if __name__ == "__main__":
    unittest.main()
