# SPDX-License-Identifier: GPL-2.0-only
"""The report in a browser: drawn, and answering to mouse and keys.

Pictures of it, in light and dark and at two widths, are left in out/tests/.
"""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from typing import Any, Dict, List, Tuple

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import cli  # noqa: E402
from tests import made_up  # noqa: E402
from tests.browser import PROGRAM, Browser, there_is_one  # noqa: E402
from tests.test_report import CHARTS  # noqa: E402

PICTURES = os.path.join(os.path.dirname(SCRIPTS), "out", "tests")
WIDE, NARROW = 1300, 400
# Where in a chart time begins and ends: page/time.js.
LEFT, RIGHT = 66, 10
# What is drawn of each kind of chart.
SHAPES = ".series, .area, .cell, .spans"


class Report(unittest.TestCase):
    """One browser for all tests, and the page anew for each."""

    browser: Browser
    page: str

    @classmethod
    def setUpClass(cls) -> None:
        if not there_is_one():
            raise RuntimeError(f"{PROGRAM} is missing: scripts/setup installs it")
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.__exit__, None, None, None)
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.page = os.path.join(directory.name, "page.html")
        made_up.record(os.path.join(directory.name, "rec"))
        with contextlib.redirect_stderr(io.StringIO()):
            cli.main(["report", os.path.join(directory.name, "rec"), "-o", cls.page])

    def setUp(self) -> None:
        self.browser.complaints.clear()
        self.browser.requests.clear()
        self.show(WIDE, "light")

    def show(self, width: int, scheme: str) -> None:
        self.browser.size(width, 900)
        self.browser.scheme(scheme)
        self.browser.open(self.page)

    def tearDown(self) -> None:
        self.assertEqual(self.browser.complaints, [])
        self.assertEqual([url for url in self.browser.requests
                          if not url.startswith(("file:///", "data:"))], [])

    def run_js(self, script: str) -> Any:
        return self.browser.run(script)

    def text(self, selector: str) -> str:
        found: str = self.run_js(f"document.querySelector({selector!r}).textContent")
        return found

    def texts(self, selector: str) -> List[str]:
        found: List[str] = self.run_js(
            f"[...document.querySelectorAll({selector!r})].map((one) => one.textContent)")
        return found

    def box(self, selector: str) -> Tuple[float, float, float, float]:
        """Left, top, width and height, when it is in sight."""
        self.run_js(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        self.browser.settle()
        box = self.run_js(f"(({{x, y, width, height}}) => [x, y, width, height])"
                          f"(document.querySelector({selector!r}).getBoundingClientRect())")
        return box[0], box[1], box[2], box[3]

    def at(self, selector: str, second: float) -> Tuple[float, float]:
        """The place of a second in a chart, if all of the time is shown."""
        left, top, width, height = self.box(f"{selector} .plot svg")
        return left + LEFT + second / 60 * (width - LEFT - RIGHT), top + height / 2

    def readout(self, ident: str) -> List[str]:
        return self.texts(f"#chart-{ident} .readout td:last-child")

    def focus(self, selector: str) -> None:
        self.run_js(f"document.querySelector({selector!r}).focus()")


class Drawn(Report):
    def test_every_chart_has_its_data(self) -> None:
        wanted = [f"chart-{ident}" for charts in CHARTS.values() for ident in charts]
        self.assertEqual(self.run_js("[...document.querySelectorAll('.chart')]"
                                     ".map((one) => one.id)"), wanted)
        for ident in wanted:
            with self.subTest(ident=ident):
                widths = self.run_js(
                    f"[...document.querySelectorAll('#{ident} svg :is({SHAPES})')]"
                    ".map((one) => one.getBBox().width)")
                shown = self.run_js(f"document.querySelectorAll('#{ident} .readout tr').length")
                self.assertGreater(len(widths), 0)
                self.assertGreaterEqual(len(widths), shown if "fragmentation" not in ident else 1)
                self.assertGreater(max(widths), 100)

    def test_a_line_is_where_its_values_are(self) -> None:
        """Page tables grow evenly, from 4,000 to 40,000 KiB, which is the top."""
        outline = self.run_js("document.querySelector('#chart-tables .area').getAttribute('d')")
        upper = outline[1:].split("M")[0].split("L")[:made_up.SAMPLES]
        points = [tuple(map(float, point.split())) for point in upper]
        # 130 pixels, of which 6 above and 8 below are empty.
        for i, (x, y) in enumerate(points):
            kb = (122 - y) / 116 * made_up.tables_kb(60)
            self.assertAlmostEqual(kb, made_up.tables_kb(i), delta=40)
            self.assertAlmostEqual(x, points[0][0] + i * (points[60][0] - points[0][0]) / 60,
                                   delta=0.2)

    def test_one_time_axis(self) -> None:
        """A second is at the same place in all charts."""
        places = self.run_js(
            "[...document.querySelectorAll('.chart .cursor, .axis svg')].map((one) =>"
            " Math.round(one.classList.contains('cursor') ?"
            " one.getBoundingClientRect().left : one.getBoundingClientRect().right - 10))")
        self.assertLessEqual(max(places) - min(places), 1)

    def test_fits_its_window(self) -> None:
        for scheme in ("light", "dark"):
            for width in (WIDE, NARROW):
                self.show(width, scheme)
                self.assertLessEqual(self.run_js("document.documentElement.scrollWidth"), width)
                os.makedirs(PICTURES, exist_ok=True)
                self.browser.picture(os.path.join(PICTURES, f"report-{scheme}-{width}.png"), True)

    def test_can_be_read_in_light_and_dark(self) -> None:
        """Contrast of texts with what is behind them, as WCAG 2 reckons it: 4.5 or more."""
        script = """(() => {
            const light = (name) => {
                const probe = document.createElement("i");
                probe.style.color = `var(--${name})`;
                document.body.append(probe);
                const rgb = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3);
                probe.remove();
                const [r, g, b] = rgb.map((v) => v / 255).map((v) =>
                    v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const against = light("bg");
            return ["text", "dim", "accent", "red", "green", "purple", "orange"].map((name) => {
                const [low, high] = [light(name), against].sort((a, b) => a - b);
                return [name, (high + 0.05) / (low + 0.05)];
            });
        })()"""
        backs = set()
        for scheme in ("light", "dark"):
            self.browser.scheme(scheme)
            backs.add(self.run_js("getComputedStyle(document.body).backgroundColor"))
            for name, contrast in self.run_js(script):
                # Orange is for large and bold signs, for which 3 is enough.
                self.assertGreaterEqual(contrast, 3 if name == "orange" else 4.5, (scheme, name))
        self.assertEqual(len(backs), 2)


class Mouse(Report):
    def test_values_on_hover(self) -> None:
        self.browser.mouse("mouseMoved", *self.at("#chart-tables", 20.4))
        self.assertEqual(self.text("#tip b").split()[0], "20.0")
        self.assertEqual(self.texts("#tip td:last-child")[0], "15.6 MiB")
        # All charts tell of that moment.
        self.assertEqual(self.readout("tables")[0], "15.6 MiB")
        self.assertEqual(self.readout("swap"), ["0 KiB"])
        self.browser.mouse("mouseMoved", 2, 2)
        self.assertTrue(self.run_js("document.getElementById('tip').hidden"))
        self.assertEqual(self.readout("tables")[0], "39.1 MiB")
        self.assertEqual(self.readout("swap"), ["9.77 MiB"])

    def test_hover_in_an_interval(self) -> None:
        self.browser.mouse("mouseMoved", *self.at("#chart-minor_faults", 35.4))
        self.assertEqual(self.text("#tip b"), "35.0 s to 36.0 s")
        self.assertEqual(self.texts("#tip td:last-child"), ["5,990/s"])

    def test_hover_over_work(self) -> None:
        x, _ = self.at("#chart-lanes", 33.12)
        _, top, _, _ = self.box("#chart-lanes .plot svg")
        self.browser.mouse("mouseMoved", x, top + 6 + 34 + 24)
        self.assertEqual(self.text("#tip b"), "direct reclaim, 33.1 s")
        self.assertEqual(self.texts("#tip td")[1:], ["my prog-x (812), order 0, 32 pages reclaimed",
                                                     "40 ms"])

    def test_click_goes_there(self) -> None:
        self.browser.click(*self.at("#chart-memory", 10.04))
        self.assertEqual(self.text("#time-now"), "10.0 s")
        self.assertEqual(self.text("#top-bills h3"), "Page tables of the processes at 10.0 s")
        self.assertEqual(self.texts("#top-bills td.name")[0], "hog (812)")
        self.assertEqual(self.texts("#top-bills .barcell span")[0], "6.45 MiB")

    def test_drag_zooms(self) -> None:
        x, y = self.at("#chart-memory", 19.9)
        until, _ = self.at("#chart-memory", 40.2)
        self.browser.mouse("mouseMoved", x, y)
        self.browser.mouse("mousePressed", x, y)
        self.browser.mouse("mouseMoved", (x + until) / 2, y)
        self.browser.mouse("mouseMoved", until, y)
        self.browser.mouse("mouseReleased", until, y)
        labels = [text for text in self.texts(".axis text") if text.endswith(" s")]
        self.assertEqual((labels[0], labels[-1]), ("20 s", "40 s"))
        self.focus("#chart-memory svg")
        self.browser.key("0")
        labels = [text for text in self.texts(".axis text") if text.endswith(" s")]
        self.assertEqual((labels[0], labels[-1]), ("0 s", "60 s"))

    def test_the_map_tells(self) -> None:
        left, top, width, _ = self.box("#map .zone:nth-of-type(3) canvas")
        columns = self.run_js("Math.floor(document.getElementById('map').clientWidth / 10 / 16)"
                              " * 16")
        cell = width / columns
        # Block 8 is the zone's first.
        place = 119 - 8
        self.browser.mouse("mouseMoved", left + (place % columns + 0.5) * cell,
                           top + (place // columns + 0.5) * cell)
        first = 119 * 512
        self.assertEqual(self.text("#tip b"), f"frames {first}–{first + 511}: mixed")
        self.assertEqual(self.texts("#tip td:last-child"), ["91", "420", "1", "50"])


class Moments(Report):
    def pixel(self, block: int) -> List[int]:
        """The colour of a block in zone DMA32."""
        place = block - 8
        pixel: List[int] = self.run_js(f"""(() => {{
            const canvas = document.querySelectorAll("#map canvas")[1];
            const columns = Math.floor(document.getElementById("map").clientWidth / 160) * 16;
            const cell = canvas.width / columns;
            const copy = document.createElement("canvas");
            copy.width = copy.height = 1;
            const pen = copy.getContext("2d", {{ willReadFrequently: true }});
            pen.drawImage(canvas, -Math.floor(({place} % columns + 0.5) * cell),
                          -Math.floor((Math.floor({place} / columns) + 0.5) * cell));
            return [...pen.getImageData(0, 0, 1, 1).data];
        }})()""")
        return pixel

    def counts(self) -> List[str]:
        return self.texts("#map .legend .number")[::2]

    def expected(self, i: int) -> List[str]:
        counts = [0] * 5
        for block in range(made_up.BLOCKS):
            free, movable, unmovable, _, reserved = map(int, made_up.kind_of(block, i).split()[:5])
            counts[4 if reserved else 0 if free == 512 else 3 if not movable else
                   2 if unmovable else 1] += 1
        return [f"{count} blocks" for count in counts]

    def test_the_slider_changes_the_map(self) -> None:
        self.assertEqual(self.counts(), self.expected(60))
        seen: Dict[int, List[int]] = {}
        for frame in (0, 20, 40, 60, 20):
            self.run_js(f"""(() => {{
                const slider = document.getElementById("map-slider");
                slider.value = {frame};
                slider.dispatchEvent(new Event("input"));
            }})()""")
            self.browser.settle()
            self.assertEqual(self.text("#map-moment"), f"{frame}.0 s, {frame + 1} of 61")
            self.assertEqual(self.text("#time-now"), f"{frame}.0 s")
            self.assertEqual(self.counts(), self.expected(frame))
            # Going back shows what was there before.
            colour = self.pixel(700)
            self.assertEqual(seen.setdefault(frame, colour), colour)
        # At second 20 and 0 it is free, at 40 it has movable pages, and one that stays.
        self.assertEqual(seen[0], seen[20])
        self.assertNotEqual(seen[20], seen[40])
        self.assertEqual(seen[60], seen[20])

    def test_keys_on_the_slider_of_the_map(self) -> None:
        self.focus("#map-slider")
        for key, second in (("ArrowLeft", 59), ("ArrowLeft", 58), ("Home", 0), ("ArrowRight", 1),
                            ("End", 60)):
            self.browser.key(key)
            self.assertEqual(self.counts(), self.expected(second))

    def test_keys_on_the_slider_of_time(self) -> None:
        self.focus("#time-slider")
        self.browser.key("Home")
        self.assertEqual(self.text("#time-now"), "0.0 s")
        self.assertEqual(self.readout("tables")[0], "3.91 MiB")

    def test_keys_on_a_chart(self) -> None:
        self.focus("#chart-tables svg")
        for key, second in (("ArrowLeft", 59), ("ArrowLeft", 58), ("ArrowRight", 59), ("Home", 0),
                            ("ArrowRight", 1)):
            self.browser.key(key)
            self.assertEqual(self.text("#time-now"), f"{second}.0 s")
            self.assertIn(self.readout("tables")[0], self.text("#live"))
        self.browser.key("+")
        labels = [text for text in self.texts(".axis text") if text.endswith(" s")]
        self.assertEqual(labels[-1], "30 s")

    def test_keys_on_the_map(self) -> None:
        self.focus("#map .zone:nth-of-type(3) canvas")
        self.browser.key("ArrowRight")
        self.assertIn("frames 4096–4607: reserved; reserved pages 500", self.text("#live").replace(
            "unmovable pages 12, ", ""))
        self.browser.key("ArrowRight")
        self.assertIn("frames 4608–5119", self.text("#tip b"))

    def test_everything_is_reached_by_tab(self) -> None:
        """From the first control to the last, without the mouse."""
        wanted = self.run_js("document.querySelectorAll('a, button, input, canvas, summary, "
                             "svg[tabindex]').length")
        self.run_js("document.body.setAttribute('tabindex', '-1'), document.body.focus()")
        reached = set()
        for _ in range(wanted + 5):
            self.browser.key("Tab")
            reached.add(self.run_js("""[...document.querySelectorAll("*")]
                                    .indexOf(document.activeElement)"""))
        self.assertGreaterEqual(len(reached - {-1}), wanted)

    def test_play(self) -> None:
        self.focus("#play")
        self.browser.key("Enter")
        self.assertEqual(self.text("#play"), "Pause")
        self.browser.until("document.getElementById('time-now').textContent === '60.0 s' && "
                           "document.getElementById('play').textContent === 'Play'")

    def test_a_finding_leads_there(self) -> None:
        self.focus("#findings-list button")
        self.browser.key("Enter")
        self.assertEqual(self.text("#time-now"), "40.0 s")
        self.browser.until("document.getElementById('events').getBoundingClientRect().top < 400")

    def test_theme(self) -> None:
        back = "getComputedStyle(document.body).backgroundColor"
        light = self.run_js(back)
        cell = self.pixel(700)
        self.focus("#theme")
        self.browser.key("Enter")
        self.assertEqual(self.text("#theme"), "Theme: dark")
        self.assertNotEqual(self.run_js(back), light)
        self.assertNotEqual(self.pixel(700), cell)
        self.browser.key("Enter")
        self.assertEqual(self.run_js(back), light)
        self.browser.key("Enter")
        self.assertEqual(self.text("#theme"), "Theme: auto")


class Claims(Report):
    def shown(self) -> List[str]:
        return [text for text in self.texts("#claims-list .verdict")]

    def test_filters(self) -> None:
        self.assertEqual(self.shown(), ["✓ holds", "≠ differs", "✕ gone", "– not here"])
        self.assertEqual(self.texts("#claims-list tr.chapter td")[1],
                         "Slabfailed: no such file")
        self.focus('#claims-list button[data-verdict="differs"]')
        self.browser.key("Enter")
        self.assertEqual(self.shown(), ["≠ differs"])
        self.assertEqual(self.text("#claims-list .now"), "now: one for each node; since 4.8")
        self.focus('#claims-list button[data-verdict="all"]')
        self.browser.key("Enter")
        self.focus("#claims-list input")
        for char in "slob":
            self.browser.key(char)
        self.assertEqual(self.shown(), ["✕ gone"])

    def test_names_are_only_text(self) -> None:
        self.assertIn("SLOB serves small <systems>", self.texts("#claims-list td.name"))
        self.assertIn("/var/log/<b>big</b>.log", self.texts("#top-files td.name"))


if __name__ == "__main__":
    unittest.main()
