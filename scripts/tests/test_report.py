# SPDX-License-Identifier: GPL-2.0-only
"""The report: what is on the page is what was recorded, also of a recording in pieces."""

import contextlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Callable, Dict, List, Optional, Tuple

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import cli  # noqa: E402
from mmscopelib.blocks import KINDS  # noqa: E402
from mmscopelib.recording import layout  # noqa: E402
from mmscopelib.report.build import build  # noqa: E402
from mmscopelib.report.load import Recording, pick  # noqa: E402
from mmscopelib.report.page import embedded  # noqa: E402
from tests import made_up  # noqa: E402

# Every chart there is, if everything was recorded.
CHARTS: Dict[str, List[str]] = {
    "memory": ["memory", "zone_0_DMA", "zone_0_DMA32", "swap"], "events": ["lanes"],
    "pressure": ["stalled", "minor_faults", "major_faults"],
    "reclaim": ["reclaim", "refaults", "swapping"],
    "fragmentation": ["freelists", "fragmentation_0_DMA32"], "map": ["blocks"],
    "compaction": ["compaction", "compactions"], "huge": ["huge", "thp"], "tables": ["tables"],
    "slab": ["slab"], "cache": ["cache", "lists"], "claims": [], "about": []}


class Made(unittest.TestCase):
    """A directory with the recording that was made up."""

    samples = made_up.SAMPLES

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = os.path.join(directory.name, "rec")
        made_up.record(self.dir, self.samples)

    def path(self, name: str) -> str:
        return os.path.join(self.dir, name)

    def build(self) -> Dict[str, Any]:
        return build(Recording(self.dir))

    def meta(self, **changes: object) -> None:
        layout.write_meta(self.dir, made_up.meta(**changes))


def chart(data: Dict[str, Any], ident: str) -> Dict[str, Any]:
    found: Dict[str, Any] = next(one for section in data["sections"] for one in section["charts"]
                                 if one["id"] == ident)
    return found


def series(data: Dict[str, Any], ident: str, name: str) -> List[Optional[float]]:
    found: List[Optional[float]] = next(one["y"] for one in chart(data, ident)["series"]
                                        if one["name"] == name)
    return found


def words(data: Dict[str, Any]) -> List[str]:
    return [finding["text"] for finding in data["findings"]]


class Values(Made):
    def test_all_charts(self) -> None:
        data = self.build()
        self.assertEqual({section["id"]: [one["id"] for one in section["charts"]]
                          for section in data["sections"]}, CHARTS)
        self.assertEqual(data["notes"],
                         ["7 events were lost: they came faster than they were read"])

    def test_memory_is_divided(self) -> None:
        data = self.build()
        parts = chart(data, "memory")["series"]
        for i in range(made_up.SAMPLES):
            self.assertEqual(sum(part["y"][i] for part in parts), made_up.TOTAL_KB)
        self.assertEqual(series(data, "memory", "anonymous"),
                         [made_up.anon_kb(i) for i in range(61)])
        self.assertEqual(series(data, "memory", "files"), [180_000] * 61)
        self.assertEqual(series(data, "tables", "of processes"),
                         [made_up.tables_kb(i) for i in range(61)])
        self.assertEqual(series(data, "swap", "in use"), [4 * made_up.swapped(i)
                                                          for i in range(61)])

    def test_rates(self) -> None:
        data = self.build()
        hungry = [None] + [20_000 if 30 < i <= 40 else 0 for i in range(1, 61)]
        self.assertEqual(series(data, "reclaim", "scanned by kswapd"), hungry)
        self.assertEqual(series(data, "minor_faults", "minor faults"),
                         [None] + [5990 if 30 < i <= 40 else 6000 for i in range(1, 61)])
        self.assertEqual(series(data, "stalled", "some task waits"),
                         [None] + [9 if i > 30 else 0 for i in range(1, 61)])

    def test_a_counter_that_falls_is_no_rate(self) -> None:
        with open(self.path("proc-vmstat.txt"), "rb") as stream:
            text = stream.read()
        first = text.index(b"pgfault 112000\n")
        changed = text[:first] + b"pgfault 100000\n" + text[first + 15:]
        with open(self.path("proc-vmstat.txt"), "wb") as stream:
            stream.write(changed)
        rates = series(self.build(), "minor_faults", "minor faults")
        self.assertEqual(rates[:5], [None, 6000, None, 18000, 6000])

    def test_zones(self) -> None:
        data = self.build()
        free = [4 * max(made_up.free_kb(i) // 4 - 3700, 9000) for i in range(61)]
        self.assertEqual(series(data, "zone_0_DMA32", "free"), free)
        self.assertEqual(series(data, "zone_0_DMA32", "min: allocations reclaim"), [44708] * 61)

    def test_free_lists(self) -> None:
        data = self.build()
        found = series(data, "freelists", "2 MiB (order 9)")
        for i, kb in enumerate(found):
            blocks = re.search(r"DMA32 9 movable (\d+)", made_up.freelists(i))
            assert blocks
            self.assertEqual(kb, int(blocks[1]) * 2048)
        self.assertEqual(series(data, "fragmentation_0_DMA32", "2 MiB (order 9)"),
                         [made_up.unusable(9, i) * 0.1 for i in range(61)])

    def test_map(self) -> None:
        spec = self.build()["map"]
        states: Dict[int, List[int]] = {}
        self.assertEqual(len(spec["changes"]), 61)
        for i, changes in enumerate(spec["changes"]):
            states.update(zip(changes[::2], changes[1::2]))
            for block in range(made_up.BLOCKS):
                columns = list(map(int, made_up.kind_of(block, i).split()))
                self.assertEqual(states[block][3:], columns[:7])
                self.assertEqual(states[block][2], columns[7])
        kinds = [KINDS[states[block][0]] for block in (0, 50, 102, 119, 1000)]
        self.assertEqual(kinds, ["reserved", "unmovable", "mixed", "mixed", "free"])
        self.assertEqual([(zone["zone"], len(zone["first"])) for zone in spec["zones"]],
                         [("DMA", 8), ("DMA32", 1016)])

    def test_map_of_much_that_changes(self) -> None:
        """It stays within its room: fewer moments, the last among them, and each one right."""
        def blocks(i: int) -> str:
            return made_up.view(
                "memory/pageblocks", "pages_per_block=512", "node zone pfn free_pages "
                "movable_pages unmovable_pages", [
                    f"0 Normal {512 * block} {free} {512 - free} 0" for block, free in
                    enumerate((i * 7 + block) % 512 for block in range(6000))])

        os.unlink(self.path("memory-pageblocks.txt"))
        made_up.write(self.dir, "memory-pageblocks.txt", blocks, 30)
        spec = self.build()["map"]
        self.assertEqual(spec["cell_pages"], 1024)
        self.assertEqual(spec["t"][-1], 29)
        self.assertLess(len(spec["t"]), 30)
        self.assertLess(len(json.dumps(spec["changes"])), 2_600_000)
        states: Dict[int, List[int]] = {}
        for changes in spec["changes"]:
            states.update(zip(changes[::2], changes[1::2]))
        self.assertEqual([states[place][3] for place in range(3000)],
                         [(29 * 7 + 2 * place) % 512 + (29 * 7 + 2 * place + 1) % 512
                          for place in range(3000)])

    def test_map_of_a_machine_that_grows(self) -> None:
        """Blocks come and go: what is not there has no cell."""
        os.unlink(self.path("memory-pageblocks.txt"))
        made_up.write(self.dir, "memory-pageblocks.txt", lambda i: made_up.view(
            "memory/pageblocks", "pages_per_block=512", "node zone pfn free_pages movable_pages "
            "unmovable_pages", [f"0 Normal {512 * block} 512 0 0"
                                for block in range(8) if block < 4 or i == 1]), 3)
        spec = self.build()["map"]
        self.assertEqual(len(spec["zones"][0]["first"]), 8)
        self.assertEqual([len(changes) // 2 for changes in spec["changes"]], [4, 4, 4])
        self.assertEqual(spec["changes"][2][1::2], [None] * 4)

    def test_tops(self) -> None:
        tops = self.build()["tops"]
        rows = {row["name"]: row["y"] for row in tops["bills"]["rows"]}
        self.assertEqual(rows["hog (812)"],
                         [614400 * (i + 1) if i < 40 else None for i in range(61)])
        self.assertEqual(rows["sh\\x0a<i> (77)"], [40960 + 4096 * i for i in range(61)])
        self.assertEqual(tops["caches"]["rows"][0]["name"], "leaky cache")
        names = [row["name"] for row in tops["files"]["rows"]]
        self.assertEqual(names, ["/var/log/<b>big</b>.log", "/usr/lib/libc.so.6"])
        self.assertEqual(tops["files"]["rows"][0]["y"][10], 2000 * 4096)

    def test_events(self) -> None:
        data = self.build()
        lanes = {lane["name"]: lane["spans"] for lane in chart(data, "lanes")["lanes"]}
        self.assertEqual([span[:2] for span in lanes["direct reclaim"]],
                         [[i + 0.1005, i + 0.1405] for i in range(30, 41)])
        self.assertEqual({round(span[3], 1) for span in lanes["direct compaction"]}, {50.0})
        self.assertEqual(lanes["direct compaction"][0][4],
                         "my prog-x (812), order 9, async, contended")
        self.assertEqual(lanes["OOM kill"], [[40.0, 40.0, 1, 0, "hog (812)"]])
        self.assertEqual(data["kills"][0]["memcg"], "/web/one")
        self.assertEqual(len(data["kills"]), 1)

    def test_kills_without_the_view(self) -> None:
        """The tracepoint is enough; on 6.1 it has the number only."""
        os.unlink(self.path("oom-victims.txt"))
        os.unlink(self.path("events.txt"))
        line = "    hog-812     [000] .....  5041.000500: mark_victim: pid=812"
        made_up.write(self.dir, "events.txt", lambda i: f"{line}\n" if i == 42 else "")
        data = self.build()
        self.assertEqual([(kill["when"], kill["pid"]) for kill in data["kills"]], [(41.0005, 812)])

    def test_a_process_that_is_called_like_a_field(self) -> None:
        os.unlink(self.path("oom-victims.txt"))
        os.unlink(self.path("events.txt"))
        line = "    hog-812     [000] .....  5041.000500: mark_victim: pid="
        lines = f"{line}812 comm=x nid=foo pid=bar\n{line}foo comm=x\n"
        made_up.write(self.dir, "events.txt", lambda i: lines if i == 42 else "")
        self.assertEqual(sorted((kill["pid"], kill["comm"]) for kill in self.build()["kills"]),
                         [(0, "x"), (812, "x")])

    def test_a_line_that_two_samples_share(self) -> None:
        os.unlink(self.path("events.txt"))
        line = "  a-1  [000] .....  5001.000000: mm_vmscan_kswapd_wake: nid=0 order=0\n"
        made_up.write(self.dir, "events.txt",
                      lambda i: {3: line[:30], 4: line[30:]}.get(i, ""))
        data = self.build()
        self.assertEqual(chart(data, "lanes")["lanes"][-1]["spans"][0][:3], [1.0, 60.0, 1])
        self.assertEqual(data["notes"], [])

    def test_findings(self) -> None:
        found = self.build()["findings"]
        self.assertEqual((found[0]["level"], found[0]["t"]), ("bad", 40.0))
        text = "\n".join(finding["text"] for finding in found)
        for expected in (
                "chose 1 process: hog (812) in /web/one at 40.0 s",
                "40 allocations had to reclaim memory",
                "took 440 ms in all, 40 ms at the longest",
                "25,000 pages were needed again",
                "9.77 MiB were swapped out, 1.56 MiB swapped in",
                "Tasks waited for memory 4.5 % of the time",
                "40 allocations waited for compaction, which had nothing for 30 of them. It took "
                "550 ms",
                "50 of 110 page faults",
                "Page tables grew from 3.91 MiB to 39.1 MiB.",
                "Slab grew from 39.1 MiB to 68.4 MiB, most of all leaky cache (by 28.1 MiB)",
                "would get none",
                "4 claims about Linux memory: 1 holds, 1 differs, 1 gone, 1 not here",
                "Chapters of the tour that failed: Slab"):
            self.assertIn(expected, text)

    def test_nothing_happened(self) -> None:
        made_up.write(self.dir, "quiet.txt", lambda i: made_up.vmstat(0), 5)
        made_up.write(self.dir, "calm.txt", lambda i: made_up.meminfo(0), 5)
        self.meta(sources=[{"name": "/proc/vmstat", "query": "", "file": "quiet.txt"},
                           {"name": "/proc/meminfo", "query": "", "file": "calm.txt"}],
                  events=None)
        for name in (layout.EVENTS, layout.CLAIMS):
            os.unlink(self.path(name))
        found = self.build()["findings"]
        self.assertEqual({finding["level"] for finding in found}, {"good", "note"})
        self.assertIn("No process was killed", words(self.build())[-1])

    def test_watermarks(self) -> None:
        os.unlink(self.path("memory-zones.txt"))
        made_up.write(self.dir, "memory-zones.txt", lambda i: made_up.view(
            "memory/zones", "", "node zone managed_pages free_pages min_pages low_pages high_pages "
            "kswapd_failures", [f"0 Normal 5000 {1000 - 100 * i} 300 500 700 0"]), 9)
        self.assertIn("Zone Normal was at or below its min watermark in 2 of 9 samples "
                      "(allocations had to reclaim); at the lowest, 800 KiB were free.".lower(),
                      "\n".join(words(self.build())).lower())

    def test_without_meta(self) -> None:
        os.unlink(self.path(layout.META))
        data = self.build()
        self.assertEqual({section["id"]: [one["id"] for one in section["charts"]]
                          for section in data["sections"]}, CHARTS)
        self.assertIsNone(data["began_ms"])

    def test_many_samples(self) -> None:
        samples = [layout.Sample(i, i, 0, 0, 0, "") for i in range(1000)]
        chosen = [sample.number for sample in pick(samples, 11)]
        self.assertEqual(chosen, [0, 100, 200, 300, 400, 500, 599, 699, 799, 899, 999])
        self.assertEqual(pick(samples[:11], 11), samples[:11])


class Pieces(Made):
    """Whatever is missing is said, and the rest is there."""

    # Enough, and it is read many times.
    samples = 9

    def everything_else(self, data: Dict[str, Any], file: str) -> None:
        """Charts of other files are as they were."""
        if file != "proc-meminfo.txt":
            self.assertEqual(series(data, "tables", "of processes")[7], made_up.tables_kb(7))
        else:
            self.assertEqual(series(data, "minor_faults", "minor faults")[7], 6000)

    def test_each_file_gone(self) -> None:
        for name in os.listdir(self.dir):
            with self.subTest(name=name):
                os.rename(self.path(name), self.path("gone"))
                data = self.build()
                self.everything_else(data, name)
                if name not in (layout.MARKS, layout.CLAIMS):
                    self.assertTrue(any(name in note for note in data["notes"]), data["notes"])
                os.rename(self.path("gone"), self.path(name))

    def test_each_file_cut(self) -> None:
        for name in os.listdir(self.dir):
            with open(self.path(name), "rb") as stream:
                whole = stream.read()
            for cut in (0, 10, len(whole) // 2, len(whole) - 2):
                with self.subTest(name=name, cut=cut):
                    with open(self.path(name), "wb") as stream:
                        stream.write(whole[:cut])
                    data = self.build()
                    self.everything_else(data, name)
                    if cut and name != layout.MARKS:
                        self.assertTrue(any(name in note for note in data["notes"]),
                                        data["notes"])
            with open(self.path(name), "wb") as stream:
                stream.write(whole)

    def test_each_file_nonsense(self) -> None:
        for name in os.listdir(self.dir):
            with open(self.path(name), "rb") as stream:
                whole = stream.read()
            for text in (b"\0" * 300, b"[]", b"#@ sample=0 time_ns=5 cpu_ns=5 bytes=3\n\xff\n\n"):
                with self.subTest(name=name, text=text):
                    with open(self.path(name), "wb") as stream:
                        stream.write(text)
                    self.everything_else(self.build(), name)
            with open(self.path(name), "wb") as stream:
                stream.write(whole)

    def test_answers_that_are_not_whole(self) -> None:
        os.unlink(self.path("slab-caches.txt"))
        made_up.write(self.dir, "slab-caches.txt",
                      lambda i: made_up.caches(i)[:-20 if i % 2 else None], 10)
        data = self.build()
        self.assertEqual(data["tops"]["caches"]["t"], [0, 2, 4, 6, 8])
        self.assertTrue(any(note.startswith("slab/caches: 5 answers cannot be read")
                            for note in data["notes"]))

    def cut_short(self, file: str, view: Callable[[int], str]) -> None:
        """Every other answer has only its first row, and says so."""
        def answer(i: int) -> str:
            lines = view(i).splitlines(keepends=True)
            if i % 2 == 0:
                return "".join(lines)
            return "".join(lines[:3]) + f"# end rows=1 complete=0 stopped={'ab'[i // 2 % 2]}\n"

        os.unlink(self.path(file))
        made_up.write(self.dir, file, answer, 9)

    def test_answers_that_were_cut_short(self) -> None:
        self.cut_short("slab-caches.txt", made_up.caches)
        self.cut_short("memory-pageblocks.txt", made_up.pageblocks)
        self.cut_short("oom-victims.txt", lambda i: made_up.victims(40 + i))
        data = self.build()
        self.assertEqual(data["tops"]["caches"]["t"], [0, 2, 4, 6, 8])
        self.assertEqual(data["map"]["t"], [0, 2, 4, 6, 8])
        self.assertEqual(chart(data, "blocks")["t"], [0, 2, 4, 6, 8])
        # What is there of kills has happened.
        self.assertEqual(len(data["kills"]), 1)
        for view in ("slab/caches", "memory/pageblocks", "oom/victims"):
            self.assertIn(f"{view}: 4 answers were cut short: stopped=a, b", data["notes"])

    def test_killed(self) -> None:
        self.meta(ended=None)
        self.assertTrue(any("was killed" in note for note in self.build()["notes"]))

    def test_ended_early(self) -> None:
        cases: Tuple[Tuple[Dict[str, Any], str], ...] = (
            ({"reason": "size"}, "the size that was allowed"),
            ({"reason": "signal", "signal": "SIGTERM"}, "SIGTERM"),
            ({"reason": "error", "error": "disk full"}, "disk full"))
        for reason, expected in cases:
            self.meta(ended={"time_ns": 1, **reason})
            self.assertTrue(any(expected in note for note in self.build()["notes"]))
        self.meta(ended={"time_ns": 1, "reason": "signal", "signal": "SIGINT"}, command=[])
        self.assertEqual(self.build()["notes"], [])

    def test_not_recorded(self) -> None:
        self.meta(missing=[{"name": "a/b", "reason": "there is none"}])
        self.assertIn("not recorded: a/b: there is none", self.build()["notes"])

    def test_failed_samples(self) -> None:
        os.unlink(self.path("proc-vmstat.txt"))
        appender = layout.Appender(self.path("proc-vmstat.txt"))
        for i in range(4):
            text = made_up.vmstat(i).encode() if i != 2 else b""
            appender.add(i, made_up.BEGAN + i * made_up.SECOND, 5, [text], "" if text else "EIO")
        appender.close()
        data = self.build()
        self.assertEqual(chart(data, "minor_faults")["t"], [0, 1, 3])
        self.assertEqual(next(row["failed"] for row in data["streams"]
                              if row["name"] == "/proc/vmstat"), 1)


class Page(Made):
    def report(self, *argv: str) -> Tuple[int, str]:
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            return cli.main(["report", *argv]), err.getvalue()

    def page(self, *more: str) -> str:
        out = os.path.join(self.dir, "..", "page.html")
        self.assertEqual(self.report(self.dir, "-o", out, *more)[0], 0)
        with open(out, encoding="utf-8") as stream:
            return stream.read()

    def test_needs_nothing_else(self) -> None:
        text = self.page()
        self.assertEqual(set(re.findall(r"(?:https?:)?//[\w.]+/[\w./]*", text)) -
                         {"http://www.w3.org/2000/svg"}, set())
        self.assertEqual(re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?!data:)", text), [])
        self.assertIn("default-src 'none'", text)
        self.assertLess(len(text), 1 << 20)

    def test_names_are_only_text(self) -> None:
        text = self.page("--title", "</title><script>alert(1)</script> @DATA@")
        self.assertNotIn("<script>alert", text)
        data = text.split('id="data">')[1].split("</script>")[0]
        self.assertNotIn("<", data)
        self.assertEqual(json.loads(data)["tops"]["files"]["rows"][0]["name"],
                         "/var/log/<b>big</b>.log")
        self.assertEqual(text.count('id="data"'), 1)
        self.assertEqual(json.loads(embedded({"a": "</script><!--\u2028"})),
                         {"a": "</script><!--\u2028"})

    def test_errors_are_one_line(self) -> None:
        out = os.path.join(self.dir, "page.html")
        for argv, expected in (((self.dir + "x", "-o", out), "there is no directory"),
                               ((os.path.dirname(self.dir), "-o", out), "holds no samples"),
                               ((self.dir, "-o", "/nowhere/page.html"), "/nowhere/page.html")):
            status, err = self.report(*argv)
            self.assertEqual((status, err.count("\n")), (1, 1), err)
            self.assertIn(expected, err)
        self.assertEqual(self.report()[0], 2)
        self.assertFalse(os.path.exists(out))

    def test_no_room(self) -> None:
        """What was there stays, and nothing of the page does."""
        out = os.path.join(self.dir, "..", "page.html")
        with open(out, "w", encoding="ascii") as stream:
            stream.write("old")
        done = subprocess.run(
            [sys.executable, os.path.join(SCRIPTS, "mmscope"), "report", self.dir, "-o", out],
            stderr=subprocess.PIPE, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)))
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (1, 1), done.stderr)
        self.assertIn(b"File too large", done.stderr)
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.dir))), ["page.html", "rec"])
        with open(out, encoding="ascii") as stream:
            self.assertEqual(stream.read(), "old")

    def test_findings_in_words(self) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(self.report(self.dir), (0, ""))
        lines = out.getvalue().splitlines()
        self.assertIn("Linux 6.12.0-test", lines[0])
        self.assertEqual(lines[1], "bad   The OOM killer chose 1 process: hog (812) in /web/one "
                         "at 40.0 s.")
        self.assertIn("7 events were lost", lines[-1])

    def test_only_the_directory_is_read(self) -> None:
        moved = self.dir + " moved"
        shutil.move(self.dir, moved)
        out = os.path.join(moved, "..", "page.html")
        self.assertEqual(self.report(moved, "-o", out)[0], 0)


if __name__ == "__main__":
    unittest.main()
