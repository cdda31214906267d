# SPDX-License-Identifier: GPL-2.0-only
"""What several runs of the same tests have printed, compared."""

import os
import sys
import unittest

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from vmlib import compare  # noqa: E402

# As the kernel's runner prints it, and run_vmtests.sh.
HERE = """\
TAP version 13
1..2
# selftests: /somewhere/else: first_test
# TAP version 13
# 1..3
# #  RUN           a.one ...
# #            OK  a.one
# ok 1 a.one
# ok 2 a.two # SKIP no swap
# not ok 3 a.one
not ok 1 selftests: /somewhere/else: first_test # exit=1
# selftests: /somewhere/else: second.sh
ok 2 selftests: /somewhere/else: second.sh # SKIP
"""


def read(text: str) -> dict[str, compare.Outcomes]:
    return compare.read(text.splitlines())


class Read(unittest.TestCase):
    def test_names_and_words(self) -> None:
        self.assertEqual(read(HERE), {
            "first_test": {"a.one": "ok", "a.two": "skip", "a.one (2)": "not ok",
                           "": "not ok"},
            "second.sh": {"": "skip"}})

    def test_only_paths_differ(self) -> None:
        self.assertEqual(read(HERE), read(
            HERE.replace("/somewhere/else", "mmscope").replace("1..2\n", "")))

    def test_cut_off(self) -> None:
        found = read("".join(HERE.splitlines(keepends=True)[:8]))
        self.assertEqual(found, {"(no program)": {"a.one": "ok"}})


class Differences(unittest.TestCase):
    def test_none(self) -> None:
        run = read(HERE)["first_test"]
        self.assertEqual(list(compare.differences({"x": run, "y": run})), [])

    def test_each_kind(self) -> None:
        run = read(HERE)["first_test"]
        other = {"a.one": "not ok", "a.two": "skip", "": "ok", "a.new": "ok"}
        self.assertEqual(list(compare.differences({"x": run, "y": other})), [
            "a.one: ok x, not ok y", "a.one (2): not ok x, absent y",
            "as a whole: not ok x, ok y", "a.new: absent x, ok y"])

    def test_summary(self) -> None:
        self.assertEqual(compare.summary(read(HERE)["first_test"]),
                         "1 ok, 1 skip, 1 not ok")
        self.assertEqual(compare.summary(read(HERE)["second.sh"]), "1 skip")


if __name__ == "__main__":
    unittest.main()
