# SPDX-License-Identifier: GPL-2.0-only
"""The man page against the command line: each has what the other has."""

import argparse
import os
import re
import sys
import unittest
from typing import Dict, Set

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SCRIPTS)

from mmscopelib import cli  # noqa: E402

PAGE = os.path.join(os.path.dirname(SCRIPTS), "docs", "man", "mmscope.8")
REFERENCE = os.path.join(os.path.dirname(SCRIPTS), "docs", "reference", "commands.md")
# The head of a command's part: its name comes first.
HEAD = re.compile(r"^\.It (?:Cm |Xo\n\.Cm )([a-z]+)\b", re.M)
OPTION = re.compile(r"\bFl (-?[a-z]+)\b")


def commands() -> Dict[str, argparse.ArgumentParser]:
    """The parsers of all commands, by name."""
    parser = cli._parser(())
    actions = next(action for action in parser._actions
                   if isinstance(action, argparse._SubParsersAction))
    found: Dict[str, argparse.ArgumentParser] = dict(actions.choices)
    return found


def options(parser: argparse.ArgumentParser) -> Set[str]:
    return {option for action in parser._actions for option in action.option_strings}


class Page(unittest.TestCase):
    def setUp(self) -> None:
        with open(PAGE, encoding="utf-8") as stream:
            text = stream.read()
        heads = list(HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [text.index(".Sh ENVIRONMENT")]
        self.parts = {head[1]: text[head.start():end] for head, end in zip(heads, ends)}
        self.common = self.of(text[:heads[0].start()])

    @staticmethod
    def of(text: str) -> Set[str]:
        return {f"-{option}" for option in OPTION.findall(text)} | \
            {f"--{more}" for more in re.findall(r"\.It Fl h , (?:Fl )?-([a-z]+)", text)}

    def test_every_command(self) -> None:
        self.assertEqual(sorted(self.parts), sorted(commands()))

    def test_every_option(self) -> None:
        for name, parser in commands().items():
            with self.subTest(command=name):
                here = self.of(self.parts[name])
                self.assertEqual(options(parser) - here - self.common, set())
                # Another command's option, where that is mentioned, is no option of this one.
                self.assertEqual(here - options(parser), set())

    def test_the_reference_has_every_command(self) -> None:
        with open(REFERENCE, encoding="utf-8") as stream:
            named = set(re.findall(r"^\| `mmscope ([a-z]+)", stream.read(), re.M))
        self.assertEqual(named, set(commands()))


if __name__ == "__main__":
    unittest.main()
