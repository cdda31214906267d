# SPDX-License-Identifier: GPL-2.0-only
"""Recordings: what gets into the files, and what stays of them however they end."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, List, Sequence
from unittest import mock

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib.errors import Failure  # noqa: E402
from mmscopelib.recording import events, layout, marks, recorder, sources  # noqa: E402
from mmscopelib.recording.pace import STRIDE_MAX, strides  # noqa: E402
from mmscopelib.tree import Tree  # noqa: E402

VIEW = "# mmscope memory/zones format=1\n# node zone\n0 DMA\n# end rows=1 complete=1\n"


class Pace(unittest.TestCase):
    def test_what_is_cheap_is_read_each_time(self) -> None:
        self.assertEqual(strides([1, 2, 3], 6), [1, 1, 1])
        self.assertEqual(strides([1, 2, 94], 10), [1, 1, 14])
        self.assertEqual(strides([], 5), [])

    def test_what_is_dear_shares_what_is_left(self) -> None:
        self.assertEqual(strides([100, 100], 10), [20, 20])
        self.assertEqual(strides([2, 100, 300], 10), [1, 25, 75])

    def test_the_budget_is_kept(self) -> None:
        chance = random.Random(3)
        for _ in range(500):
            costs = [chance.choice((1, 40, 900)) * chance.random() + 0.1
                     for _ in range(chance.randrange(1, 12))]
            budget = chance.uniform(0.5, 3000)
            result = strides(costs, budget)
            if max(result) < STRIDE_MAX:
                self.assertLessEqual(sum(cost / stride for cost, stride in zip(costs, result)),
                                     budget * 1.0001)
            # Who costs no more than an equal share of it is not kept waiting.
            self.assertEqual({stride for cost, stride in zip(costs, result)
                              if cost <= budget / len(costs)} - {1}, set())

    def test_nothing_is_left_out_for_ever(self) -> None:
        self.assertEqual(strides([5, 5], 0), [STRIDE_MAX] * 2)
        self.assertEqual(strides([5, 5], -3), [STRIDE_MAX] * 2)


class Files(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "a.txt")

    def write(self, texts: List[bytes]) -> bytes:
        appender = layout.Appender(self.path)
        for number, text in enumerate(texts):
            appender.add(number, 10 * number, number, [text[:2], text[2:]])
        appender.close()
        with open(self.path, "rb") as stream:
            return stream.read()

    def contents(self) -> List[bytes]:
        samples = layout.Samples(self.path)
        return list(samples.read(samples.list))

    def test_back_as_it_was(self) -> None:
        texts = [b"one\n", b"", b"#@ sample=9 time_ns=1 cpu_ns=1 bytes=1\n", b"\xff\n" * 1000]
        whole = self.write(texts)
        self.assertEqual(self.contents(), texts)
        self.assertIsNone(layout.Samples(self.path).damage)
        self.assertTrue(whole.startswith(b"#@ sample=0 time_ns=0 cpu_ns=0 bytes=4\none\n"))

    def test_cut_anywhere(self) -> None:
        texts = [b"first\n", b"second answer\n", b"", b"last\n"]
        whole = self.write(texts)
        ends: List[int] = []
        for text in texts:
            head = whole.index(b"#@ ", ends[-1] if ends else 0)
            ends.append(whole.index(b"\n", head) + 1 + len(text))
        for cut in range(len(whole)):
            with open(self.path, "wb") as stream:
                stream.write(whole[:cut])
            kept = sum(end <= cut for end in ends)
            self.assertEqual(self.contents(), texts[:kept])
            samples = layout.Samples(self.path)
            self.assertEqual(samples.damage is None, cut in (0, *ends), (cut, samples.damage))

    def test_what_is_no_recording(self) -> None:
        with open(self.path, "wb") as stream:
            stream.write(b"x" * 5000)
        self.assertEqual(self.contents(), [])
        self.assertIn("no head", layout.Samples(self.path).damage or "")
        self.assertIn("cannot be read", layout.Samples(self.path + "x").damage or "")

    def test_a_disk_that_takes_only_a_part(self) -> None:
        appender = layout.Appender(self.path)
        real = os.writev
        with mock.patch("os.writev", lambda fd, pieces: real(fd, [b"".join(pieces)[:7]])):
            appender.add(0, 1, 2, [b"abc", b"def"])
        appender.close()
        self.assertEqual(self.contents(), [b"abcdef"])

    def test_no_room_for_meta(self) -> None:
        """The old one stays, and nothing else."""
        directory = os.path.dirname(self.path)
        layout.write_meta(directory, {"old": 1})
        script = "import resource, sys; sys.path.insert(0, sys.argv[1])\n" \
            "from mmscopelib.recording.layout import write_meta\n" \
            "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n" \
            "write_meta(sys.argv[2], {'new': 'x' * 1000})\n"
        done = subprocess.run([sys.executable, "-c", script, SCRIPTS, directory],
                              stderr=subprocess.PIPE, check=False)
        self.assertIn(b"File too large", done.stderr)
        self.assertEqual(os.listdir(directory), [layout.META])
        with open(os.path.join(directory, layout.META), encoding="utf-8") as stream:
            self.assertEqual(json.load(stream), {"old": 1})

    def test_marks(self) -> None:
        directory = os.path.dirname(self.path)
        with mock.patch.dict(os.environ, {marks.DIRECTORY: directory}):
            self.assertTrue(marks.mark("one\ntwo  three"))
            self.assertTrue(marks.mark("then"))
        self.assertEqual([text for _, text in marks.read(directory)], ["one two three", "then"])
        with mock.patch.dict(os.environ):
            os.environ.pop(marks.DIRECTORY, None)
            self.assertFalse(marks.mark("nowhere"))


class Chosen(unittest.TestCase):
    def test_views(self) -> None:
        self.assertEqual(sources.chosen([]), list(sources.DEFAULT))
        self.assertEqual(sources.chosen(["memory/zones", "/proc/stat"]),
                         ["memory/zones", "/proc/stat"])
        self.assertEqual(sources.chosen(["+a/b top=3"]), [*sources.DEFAULT, "a/b top=3"])
        with self.assertRaises(Failure):
            sources.chosen([""])

    def test_each_has_a_file_of_its_own(self) -> None:
        listed = [sources.Source(Tree("/"), spec) for spec in
                  ("process/tables pid=1", "/proc/vmstat", "process/tables pid=2")]
        sources.with_own_files(listed)
        self.assertEqual([source.file for source in listed],
                         ["process-tables.txt", "proc-vmstat.txt", "process-tables-2.txt"])

    def test_events(self) -> None:
        self.assertEqual(events.chosen(["oom", "kmem:kmalloc", "oom"]),
                         ["oom:mark_victim", "kmem:kmalloc"])
        with self.assertRaises(Failure):
            events.chosen(["everything"])


class _Clock:
    """CPU time that passes when a source is read."""

    def __init__(self) -> None:
        self.now = 0

    def source(self, cost: int) -> Any:
        def read() -> List[bytes]:
            self.now += cost
            return [b"x\n"]
        return read


class Cost(unittest.TestCase):
    def test_what_is_dear_is_read_less_often(self) -> None:
        clock = _Clock()
        costs = {"cheap": 10, "dear": 4000}
        with tempfile.TemporaryDirectory() as directory, \
                mock.patch("time.thread_time_ns", lambda: clock.now):
            listed = []
            for name, cost in costs.items():
                source = sources.Source(Tree("/"), name)
                setattr(source, "read", clock.source(cost))
                listed.append(source)
            made = recorder.Recorder(directory, listed, None, 500)
            made.sample(0, everything=True)
            first = clock.now
            for number in range(1, 200):
                made.sample(number)
            made.sample(200, everything=True)
            made.close()
            counts = {name: len(layout.Samples(os.path.join(directory, f"{name}.txt")).list)
                      for name in costs}
        self.assertEqual(counts["cheap"], 201)
        # 4000 every 9th time is what 490 a time buys, and the first and last are extra.
        self.assertEqual(counts["dear"], 1 + 199 // 9 + 1)
        self.assertLessEqual(clock.now - 2 * first, 199 * 500)
        self.assertEqual(made.cpu_ns, clock.now)


class Command(unittest.TestCase):
    """The command itself, on a tree of plain files and without tracepoints."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name
        self.out = os.path.join(self.home, "rec")
        self.view = os.path.join(self.home, "tree", "memory", "zones")
        os.makedirs(os.path.dirname(self.view))
        with open(self.view, "w", encoding="ascii") as stream:
            stream.write(VIEW)

    def argv(self, *words: str) -> List[str]:
        return [sys.executable, os.path.join(SCRIPTS, "mmscope"), "--root",
                os.path.join(self.home, "tree"), "record", "-o", self.out, "--events", "none",
                "--views", "memory/zones,/proc/vmstat,no/view", "--interval", "0.05", *words]

    def record(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(self.argv(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)

    def meta(self) -> Dict[str, Any]:
        with open(os.path.join(self.out, layout.META), encoding="utf-8") as stream:
            meta: Dict[str, Any] = json.load(stream)
        return meta

    def samples(self, name: str = "memory-zones") -> layout.Samples:
        return layout.Samples(os.path.join(self.out, name + ".txt"))

    def contents(self) -> List[bytes]:
        samples = self.samples()
        return list(samples.read(samples.list))

    def test_a_command(self) -> None:
        # It changes what is recorded, sees that this was noticed, and changes it again.
        script = 'echo changed >"$1"; until grep -q changed "$2"/memory-zones.txt; do :; done; ' \
            'echo "$MMSCOPE_RECORDING"; echo last >"$1"; exit 7'
        done = self.record("--", "sh", "-c", script, "--", self.view, self.out)
        self.assertEqual((done.returncode, done.stdout.decode()), (7, self.out + "\n"))
        contents = self.contents()
        self.assertIn(b"changed\n", contents)
        self.assertEqual((contents[0], contents[-1]), (VIEW.encode(), b"last\n"))
        self.assertIsNone(self.samples().damage)
        meta = self.meta()
        self.assertEqual(meta["ended"]["reason"], "command")
        self.assertEqual(meta["ended"]["samples"], len(contents))
        self.assertEqual([source["name"] for source in meta["sources"]],
                         ["memory/zones", "/proc/vmstat"])
        self.assertEqual(meta["missing"][0]["name"], "no/view")
        self.assertIn(b"not recorded: no/view: there is no file", done.stderr)
        self.assertEqual(os.stat(self.out).st_mode & 0o777, 0o700)
        self.assertEqual({os.stat(os.path.join(self.out, name)).st_mode & 0o777
                          for name in os.listdir(self.out)}, {0o600})

    def test_samples_are_what_the_kernel_had(self) -> None:
        def faults() -> int:
            with open("/proc/vmstat", encoding="ascii") as stream:
                return int(next(line for line in stream if line.startswith("pgfault ")).split()[1])

        before = faults()
        self.record("--for", "0.2")
        after = faults()
        samples = self.samples("proc-vmstat")
        found = [int(text.split(b"\npgfault ")[1].split()[0])
                 for text in samples.read(samples.list)]
        self.assertGreaterEqual(len(found), 2)
        self.assertEqual(found, sorted(found))
        self.assertTrue(before <= found[0] and found[-1] <= after)
        times = [sample.time_ns for sample in samples.list]
        self.assertEqual(times, sorted(times))

    def test_ends_by_itself(self) -> None:
        done = self.record("--for", "0.12")
        self.assertEqual((done.returncode, self.meta()["ended"]["reason"]), (0, "time"))
        self.out += "2"
        done = self.record("--limit", "20K")
        self.assertEqual((done.returncode, self.meta()["ended"]["reason"]), (0, "size"))
        self.assertIn(b"--limit", done.stderr)

    def start(self, *words: str, before: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([*before, *self.argv(*words)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for(3, process)
        return process

    def wait_for(self, count: int, process: "subprocess.Popen[bytes]") -> None:
        while len(self.samples().list) < count:
            self.assertIsNone(process.poll())

    def test_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start()
            process.send_signal(number)
            self.assertEqual(process.wait(), 0)
            self.assertEqual(self.meta()["ended"]["signal"], number.name)
            self.assertIsNone(self.samples().damage)
            self.out += "x"

    def test_nohup(self) -> None:
        process = self.start(before=("nohup",))
        process.send_signal(signal.SIGHUP)
        self.wait_for(len(self.samples().list) + 2, process)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(self.meta()["ended"]["signal"], "SIGTERM")

    def test_a_signal_ends_the_command_too(self) -> None:
        process = self.start("--", "sleep", "1000")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)
        self.assertEqual(self.meta()["ended"]["reason"], "signal")

    def test_killed(self) -> None:
        process = self.start()
        process.kill()
        process.wait()
        self.assertIsNone(self.meta()["ended"])
        contents = self.contents()
        self.assertGreaterEqual(len(contents), 3)
        self.assertEqual(set(contents), {VIEW.encode()})

    def test_an_answer_that_fails_is_no_end(self) -> None:
        real = os.path.join(self.home, "tree", "memory")
        script = 'rm -r "$1"; n=$(grep -c "^#@" "$2"/proc-vmstat.txt); ' \
            'until [ "$(grep -c "^#@" "$2"/proc-vmstat.txt)" -gt "$n" ]; do :; done'
        done = self.record("--", "sh", "-c", script, "--", real, self.out)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(set(self.contents()), {VIEW.encode()})

    def test_no_room(self) -> None:
        """What was written before stays, and is right."""
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        done = subprocess.run(self.argv(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False, preexec_fn=limit)
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (1, 1), done.stderr)
        self.assertIn(b"what was recorded before is in", done.stderr)
        ended = self.meta()["ended"]
        self.assertEqual((ended["reason"], "too large" in ended["error"]), ("error", True))
        self.assertEqual(set(self.contents()), {VIEW.encode()})
        self.assertIn("ends inside sample", self.samples("proc-vmstat").damage or "")

    def test_no_room_while_a_command_runs(self) -> None:
        """It is not left alone, and its status is the one that counts."""
        # Only mmscope itself has no room; it is told so when its command is there.
        script = 'prlimit --fsize=20000 --pid $PPID; ' \
            'until grep -q "^ .ended.: {" "$1"/meta.json; do sleep 0.01; done; ' \
            'sleep 0.1; echo done; exit $2'
        for status, expected in ((7, 7), (0, 1)):
            done = self.record("--", "sh", "-c", script, "--", self.out, str(status))
            self.assertEqual((done.returncode, done.stdout), (expected, b"done\n"), done.stderr)
            self.assertIn(b"what was recorded before is in", done.stderr.splitlines()[0])
            self.assertEqual(self.meta()["ended"]["reason"], "error")
            self.out += "x"

    def refused(self, status: int, *words: str) -> str:
        done = self.record(*words)
        self.assertEqual((done.returncode, done.stderr.count(b"\n"), done.stdout),
                         (status, 1, b""), done.stderr)
        return done.stderr.decode()

    def test_refused(self) -> None:
        for words in (("--interval", "0"), ("--interval", "x"), ("--cpu", "nan"),
                      ("--limit", "much"), ("--for", "-1"), ("--mark", "x", "--", "true")):
            self.assertIn("--help", self.refused(2, *words))
        self.assertIn("neither one of", self.refused(1, "--events", "rain"))
        self.assertIn("nothing can be recorded", self.refused(1, "--views", "/nowhere"))
        self.assertFalse(os.path.exists(self.out))
        os.makedirs(self.out)
        with open(os.path.join(self.out, "mine"), "w", encoding="ascii"):
            pass
        self.assertIn("not empty", self.refused(1))
        self.assertEqual(os.listdir(self.out), ["mine"])

    def test_no_such_command(self) -> None:
        done = self.record("--", "/no/such/program")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"/no/such/program", done.stderr)
        self.assertEqual(self.meta()["ended"]["reason"], "error")
        self.assertEqual(len(self.contents()), 1)

    def test_mark(self) -> None:
        self.record("--", sys.executable, os.path.join(SCRIPTS, "mmscope"), "record", "--mark",
                    "half way")
        self.assertEqual([text for _, text in marks.read(self.out)], ["half way"])


class Instance(unittest.TestCase):
    """The tracefs instance, of plain directories."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        os.makedirs(os.path.join(self.root, "instances"))

    def left(self) -> List[str]:
        return sorted(os.listdir(os.path.join(self.root, "instances")))

    def test_stale_ones_go(self) -> None:
        process = subprocess.Popen(["true"])
        process.wait()
        for name in (f"mmscope-record-{process.pid}", f"mmscope-record-{os.getpid()}", "other"):
            os.mkdir(os.path.join(self.root, "instances", name))
        events.remove_stale(self.root)
        self.assertEqual(self.left(), [f"mmscope-record-{os.getpid()}", "other"])

    def test_gone_with_its_owner(self) -> None:
        # It cannot be filled here; that it is made and removed is what this is about.
        made = events.Events(self.root)
        with self.assertRaises(Failure):
            made.open(["oom:mark_victim"])
        self.assertEqual(self.left(), [])

    def test_gone_with_an_owner_that_is_killed(self) -> None:
        script = ("import os, signal, sys; sys.path.insert(0, sys.argv[1])\n"
                  "from mmscopelib.recording.events import Events\n"
                  "made = Events(sys.argv[2]); made._start_guard(); os.mkdir(made._path)\n"
                  "print(made._guard, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n")
        done = subprocess.run([sys.executable, "-c", script, SCRIPTS, self.root],
                              stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, -signal.SIGKILL)
        guard = int(done.stdout)
        while os.path.exists(f"/proc/{guard}") and self.left():
            pass
        self.assertEqual(self.left(), [])


if __name__ == "__main__":
    unittest.main()
