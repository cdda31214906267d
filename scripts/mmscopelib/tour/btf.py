# SPDX-License-Identifier: GPL-2.0-only
"""The running kernel's types, from its BTF (Documentation/bpf/btf.rst)."""

from __future__ import annotations

import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..errors import Failure

PATH = "/sys/kernel/btf/vmlinux"
_HEADER = struct.Struct("<HBBIIIII")
_MAGIC = 0xEB9F
_TYPE = struct.Struct("<III")
_MEMBER = struct.Struct("<III")
(_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _FWD, _TYPEDEF, _VOLATILE, _CONST, _RESTRICT, _FUNC,
 _FUNC_PROTO, _VAR, _DATASEC, _FLOAT, _DECL_TAG, _TYPE_TAG, _ENUM64) = range(1, 20)
# Bytes behind a type: so many, and so many for each element.
_BEHIND: Dict[int, Tuple[int, int]] = {
    _INT: (4, 0), _ARRAY: (12, 0), _STRUCT: (0, 12), _UNION: (0, 12), _ENUM: (0, 8),
    _FUNC_PROTO: (0, 8), _VAR: (4, 0), _DATASEC: (0, 12), _DECL_TAG: (4, 0), _ENUM64: (0, 12)}
_NAMED = frozenset((_STRUCT, _UNION, _ENUM, _ENUM64, _FUNC))
_NAMELESS = {_VOLATILE: "volatile ", _CONST: "const ", _RESTRICT: "", _TYPE_TAG: ""}


class _Type(NamedTuple):
    name: int
    kind: int
    elements: int
    size: int       # or the number of another type
    behind: int     # offset of what follows


class Btf:
    """All types; a structure is found by its name."""

    def __init__(self, raw: Optional[bytes] = None) -> None:
        if raw is None:
            try:
                with open(PATH, "rb") as stream:
                    raw = stream.read()
            except OSError as error:
                raise Failure(f"{PATH}: {error.strerror}: this kernel describes no types") \
                    from error
        magic, _, _, header, types, types_size, strings, strings_size = _HEADER.unpack_from(raw)
        if magic != _MAGIC:
            raise Failure(f"{PATH} is no BTF of this machine's byte order")
        self._raw = raw
        self._strings = raw[header + strings:header + strings + strings_size]
        self._offsets: List[int] = [0]
        self._by_name: Dict[Tuple[int, int], int] = {}
        self._index(header + types, header + types + types_size)

    def _index(self, at: int, end: int) -> None:
        """Find where each type is: they have different lengths."""
        words = memoryview(self._raw)[at:end].cast("I")
        steps = {kind: [part // 4 for part in _BEHIND.get(kind, (0, 0))] for kind in range(32)}
        offsets, by_name = self._offsets, self._by_name
        here, last = 0, len(words)
        while here < last:
            info = words[here + 1]
            kind = info >> 24 & 0x1f
            if kind in _NAMED:
                by_name.setdefault((kind, words[here]), len(offsets))
            offsets.append(at + 4 * here)
            base, each = steps[kind]
            here += 3 + base + each * (info & 0xffff)

    def _type(self, number: int) -> _Type:
        at = self._offsets[number]
        name, info, size = _TYPE.unpack_from(self._raw, at)
        return _Type(name, info >> 24 & 0x1f, info & 0xffff, size, at + _TYPE.size)

    def _find(self, name: str, *kinds: int) -> Optional[_Type]:
        at = self._strings.find(b"\0" + name.encode("ascii") + b"\0") + 1
        for kind in kinds if at else ():
            if (kind, at) in self._by_name:
                return self._type(self._by_name[kind, at])
        return None

    def _text(self, offset: int) -> str:
        return self._strings[offset:self._strings.index(b"\0", offset)].decode("ascii")

    def size(self, name: str) -> Optional[int]:
        """Bytes of a structure, None if there is none of this name."""
        found = self._find(name, _STRUCT, _UNION)
        return found and found.size

    def members(self, name: str) -> Dict[str, str]:
        """The members of a structure and their types in words; without names, inner ones."""
        found = self._find(name, _STRUCT, _UNION)
        return dict(self._members(found)) if found else {}

    def _members(self, record: _Type) -> Iterator[Tuple[str, str]]:
        for i in range(record.elements):
            name, number, _ = _MEMBER.unpack_from(self._raw, record.behind + i * _MEMBER.size)
            if name:
                yield self._text(name), self._spelled(number)
            else:
                inner = self._type(number)
                if inner.kind in (_STRUCT, _UNION):
                    yield from self._members(inner)

    def _spelled(self, number: int) -> str:
        if not number:
            return "void"
        found = self._type(number)
        if found.kind == _PTR:
            return self._spelled(found.size) + " *"
        if found.kind in _NAMELESS:
            return _NAMELESS[found.kind] + self._spelled(found.size)
        if found.kind == _ARRAY:
            element, _, count = _TYPE.unpack_from(self._raw, found.behind)
            return f"{self._spelled(element)} [{count}]"
        word = {_STRUCT: "struct ", _UNION: "union ", _ENUM: "enum "}.get(found.kind, "")
        return word + (self._text(found.name) if found.name else "{}")

    def enumerators(self, name: str) -> List[str]:
        """The names in an enumeration."""
        found = self._find(name, _ENUM, _ENUM64)
        if not found:
            return []
        each = _BEHIND[found.kind][1]
        names = (struct.unpack_from("<I", self._raw, found.behind + i * each)[0]
                 for i in range(found.elements))
        return [self._text(name) for name in names]

    def function(self, name: str) -> bool:
        """Whether the kernel has a function of this name (that was not inlined everywhere)."""
        return self._find(name, _FUNC) is not None
