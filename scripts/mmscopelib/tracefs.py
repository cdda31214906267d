# SPDX-License-Identifier: GPL-2.0-only
"""What can be traced on this kernel, and what its events' numbers mean."""

from __future__ import annotations

import ast
import functools
import operator
import os
import re
from typing import Callable, Dict, FrozenSet, Optional, Type

from .errors import Failure

_ROOTS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_BTF = "/sys/kernel/btf/vmlinux"
_FIELD = re.compile(r"^\s*field:.*?(\w+)(?:\[[^;]*\])?;", re.M)
_PAIR = re.compile(r'\{\s*([^{}"]+?)\s*,\s*"([^"]*)"\s*\}')
_CAST = re.compile(r"\(\s*(?:unsigned |long |int |__)*[a-z_]+(?:_t| long| int)?\s*\)(?=\s*[(\d])")
_SUFFIX = re.compile(r"\b(0x[0-9a-fA-F]+|[0-9]+)[uUlL]+\b")

_OPERATORS: Dict[Type[ast.AST], Callable[..., int]] = {
    ast.BitOr: operator.or_, ast.BitAnd: operator.and_, ast.LShift: operator.lshift,
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Invert: operator.invert,
    ast.USub: operator.neg,
}


def _number(text: str) -> Optional[int]:
    """A constant expression of C; None if it is none, or has names in it."""
    def value(node: ast.AST) -> int:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp):
            return _OPERATORS[type(node.op)](value(node.operand))
        raise KeyError(node)
    plain = _SUFFIX.sub(r"\1", _CAST.sub("", text))
    try:
        return value(ast.parse(plain.strip(), mode="eval").body)
    except (SyntaxError, KeyError, ValueError):
        return None


def _arguments(text: str, start: int) -> str:
    """What is between the parenthesis at @start and the one that closes it."""
    depth, quoted = 0, False
    for at in range(start, len(text)):
        char = text[at]
        if char == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
            if not depth:
                return text[start + 1:at]
    return text[start + 1:]


def words_of(print_format: str, field: str) -> Dict[int, str]:
    """The words that an event's format has for the numbers of one of its fields."""
    for found in re.finditer(r"__print_symbolic\s*\(", print_format):
        inside = _arguments(print_format, found.end() - 1)
        shown, _, table = inside.partition(",")
        if re.fullmatch(rf"\s*\(?\s*REC->{field}\s*\)?\s*", shown):
            pairs = ((_number(value), word) for value, word in _PAIR.findall(table))
            return {number: re.sub(r"\W+", "_", word)
                    for number, word in pairs if number is not None}
    return {}


class Kernel:
    """The running kernel, as tracefs and its type information describe it."""

    def __init__(self, root: Optional[str] = None, btf: str = _BTF) -> None:
        self._btf = btf
        self._root = root or next((path for path in _ROOTS if os.path.isdir(f"{path}/events")),
                                  _ROOTS[0])

    def check(self) -> None:
        """Raise Failure unless there are events to be seen."""
        if os.geteuid() != 0:
            raise Failure("tracing: permission denied; run it as root")
        if not os.path.isdir(f"{self._root}/events"):
            raise Failure(f"tracefs is not mounted: mount -t tracefs none {_ROOTS[0]}")

    @functools.cached_property
    def _functions(self) -> FrozenSet[str]:
        try:
            with open(f"{self._root}/available_filter_functions", encoding="ascii",
                      errors="replace") as stream:
                return frozenset(line.split(None, 1)[0] for line in stream)
        except OSError as error:
            raise Failure("the kernel does not say which functions can be traced "
                          f"({error.filename}: {error.strerror})") from error

    def has_function(self, name: str) -> bool:
        """Whether a function of the kernel can be traced: it exists and is not inlined."""
        return name in self._functions

    def has_event(self, system: str, event: str) -> bool:
        """Whether there is such a tracepoint."""
        return os.path.isfile(f"{self._root}/events/{system}/{event}/format")

    @functools.lru_cache(maxsize=None)
    def _format(self, system: str, event: str) -> str:
        try:
            with open(f"{self._root}/events/{system}/{event}/format", encoding="ascii",
                      errors="replace") as stream:
                return stream.read()
        except FileNotFoundError:
            return ""

    def has_field(self, system: str, event: str, field: str) -> bool:
        """Whether a tracepoint has such a field."""
        return field in _FIELD.findall(self._format(system, event))

    def words(self, system: str, event: str, field: str) -> Dict[int, str]:
        """Words for the numbers of a field, as this kernel prints them."""
        return words_of(self._format(system, event).partition("print fmt:")[2], field)

    @functools.cached_property
    def _names(self) -> bytes:
        try:
            with open(self._btf, "rb") as stream:
                return stream.read()
        except OSError as error:
            raise Failure("the kernel has no type information (CONFIG_DEBUG_INFO_BTF): "
                          f"{error.filename}: {error.strerror}") from error

    def has_type_name(self, name: str) -> bool:
        """Whether any type or member of the kernel has this name."""
        return b"\0" + name.encode() + b"\0" in self._names
