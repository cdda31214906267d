# SPDX-License-Identifier: GPL-2.0-only
"""Parses the command line and turns every failure into one line and a status."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from io import TextIOWrapper
from typing import List, Sequence

from .commands import NAMES, load
from .errors import Failure, Usage
from .tree import DEFAULT_ROOT, Tree

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT

_EPILOG = """\
examples:
  mmscope status
  mmscope translate 1 0x7ffd2c1f3000
  mmscope ranges 1 detail=folio
  mmscope map
  mmscope get process/vmas pid=1 --json

On a terminal views are shown as aligned tables; in a pipe exactly as the
kernel wrote them, or with --json or --csv.  NO_COLOR=1 turns colour off.
Exit status: 0 done, 1 failed or incomplete, 2 wrong usage, 130 interrupted.
"""


class _Parser(argparse.ArgumentParser):
    """Reports wrong usage in one line, like every other error."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise Usage(f"{message} (see '{self.prog} --help')")


def _wanted(root: _Parser, argv: Sequence[str]) -> Sequence[str]:
    """The command that comes first, if it is one; all of them for --help and for errors."""
    rest = root.parse_known_args(argv)[1]
    return rest[:1] if rest and rest[0] in NAMES else NAMES


def _parser(argv: Sequence[str]) -> _Parser:
    root = _Parser(add_help=False)
    root.add_argument("--root", metavar="DIR", default=argparse.SUPPRESS,
                      help=f"where the tree is (default: $MMSCOPE_ROOT, or {DEFAULT_ROOT})")
    parser = _Parser(
        prog="mmscope", parents=[root], epilog=_EPILOG,
        description="Show what Linux memory management really does, from /sys/kernel/debug.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in map(load, _wanted(root, argv)):
        sub = commands.add_parser(
            command.NAME, parents=[root], help=command.HELP, epilog=command.EXAMPLES,
            description=command.HELP[0].upper() + command.HELP[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter)
        command.add_arguments(sub)
        sub.set_defaults(command=command)
    return parser


def _parse(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    # A command line behind -- is whole and its own; argparse would mix it with ours.
    at = argv.index("--") if "--" in argv else len(argv)
    args, rest = parser.parse_known_args(argv[:at])
    if getattr(args.command, "PROGRAM", False):
        args.program = argv[at + 1:] if at < len(argv) else None
    else:
        args, rest = parser.parse_known_args(argv)
    # argparse does not take positional words behind an option; queries may be there.
    words = [word for word in rest if "=" in word and not word.startswith("-")]
    if words != rest or (rest and not args.command.WORDS):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        args.words += words
    return args


def main(argv: List[str]) -> int:
    """Run one command; return its exit status."""
    try:
        args = _parse(_parser(argv), argv)
        status: int = args.command.run(Tree(getattr(args, "root", None)), args)
        sys.stdout.flush()
        return status
    except Usage as error:
        print(f"mmscope: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (Failure, OSError) as error:
        print(f"mmscope: {error}", file=sys.stderr)
        return EXIT_FAILURE


def run() -> int:
    """The program: main() with the manners of a shell tool."""
    # `mmscope ... | head` ends without a word, like any other tool.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stdout is None:
        print("mmscope: standard output is closed", file=sys.stderr)
        return EXIT_FAILURE
    # What the locale has no character for is no reason to fail; stderr is like that anyway.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return main(sys.argv[1:])
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    finally:
        _give_up_stdout()


def _give_up_stdout() -> None:
    """Keep the interpreter from complaining about what could not be written."""
    # An attempt to close it may have failed, and closed it all the same.
    if sys.stdout.closed:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
