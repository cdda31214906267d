# SPDX-License-Identifier: GPL-2.0-only
"""Checks of what several commands take on their command lines."""

from __future__ import annotations

import argparse
import re
from typing import Callable

_WORD = re.compile(r"[a-z_]+=\S+\Z")
_HEX = re.compile(r"(0[xX])?[0-9a-fA-F]{1,16}\Z")


def key_value(text: str) -> str:
    """A word of a query."""
    if not _WORD.match(text):
        raise argparse.ArgumentTypeError(f"expected key=value, not '{text}'")
    return text


def pid(text: str) -> str:
    """A process: its number, or self."""
    if text != "self" and not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"expected a process number, not '{text}'")
    return text


def address(text: str) -> str:
    """An address, hexadecimal as in /proc/PID/maps, with or without 0x."""
    if not _HEX.match(text):
        raise argparse.ArgumentTypeError(f"expected a hexadecimal address, not '{text}'")
    return f"0x{int(text, 16):x}"


def add_words(parser: argparse.ArgumentParser, keys: str) -> None:
    """The query words of a command, with the @keys that its view knows."""
    parser.add_argument("words", nargs="*", type=key_value, metavar="key=value", help=keys)


def number_above(least: float) -> Callable[[str], float]:
    """A type of arguments: a number that is more than @least."""
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = least
        # The comparison is false for NaN, too.
        if not least < number < 1e9:
            raise argparse.ArgumentTypeError(f"expected a number above {least:g}, not '{text}'")
        return number
    return parse
