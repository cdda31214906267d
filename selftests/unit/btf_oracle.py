#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes questions about BTF with the answers that bpftool's dump implies.

A line is `what type member err offset size nr_elems bit_offset bits value`
with `-` for no name.  Only types are asked about whose name occurs once.
"""

import argparse
import collections
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

Type = dict[str, Any]

SKIP = 4
ANONYMOUS = "(anon)"
RECORDS = ("STRUCT", "UNION")
ENUMS = ("ENUM", "ENUM64")
NAMED = (*RECORDS, *ENUMS, "TYPEDEF")
MODIFIERS = ("TYPEDEF", "CONST", "VOLATILE", "RESTRICT", "TYPE_TAG")
ALWAYS = ("zone", "page", "kmem_cache", "slab", "mm_struct", "vm_area_struct",
          "task_struct", "pglist_data", "mem_cgroup", "swap_info_struct")


def value_of(found: Type, item: dict[str, Any]) -> int:
    """An enumerator's value, as 64 bits with a sign hold it."""
    value = int(item["val"])
    if found["kind"] == "ENUM" and found["encoding"] == "UNSIGNED":
        # bpftool extends the sign of these.
        value &= (1 << 32) - 1
    return value - (1 << 64) if value >> 63 == 1 else value


class Oracle:
    def __init__(self, types: list[Type]) -> None:
        self.types: dict[int, Type] = {t["id"]: t for t in types}

    def strip(self, type_id: int) -> Type | None:
        """The type without names and qualifiers; None is void."""
        found = self.types.get(type_id)
        while found and found["kind"] in MODIFIERS:
            found = self.types.get(found["type_id"])
        return found

    def measure(self, type_id: int) -> tuple[int, int] | None:
        """Size and number of elements; None if there is no size."""
        found = self.strip(type_id)
        if not found:
            return None
        if found["kind"] == "ARRAY":
            element = self.measure(found["type_id"])
            if not element:
                return None
            return element[0], element[1] * int(found["nr_elems"])
        if found["kind"] == "PTR":
            return 8, 1
        if found["kind"] == "INT" and found["nr_bits"] != 8 * found["size"]:
            return None
        return (int(found["size"]), 1) if "size" in found else None

    def members(self, record: Type, base: int = 0) -> Iterator[tuple[int, Type]]:
        """Named members with their offset in bits, as C finds them."""
        for member in record["members"]:
            offset = base + member["bits_offset"]
            if member["name"] != ANONYMOUS:
                yield offset, member
                continue
            inner = self.strip(member["type_id"])
            if inner and inner["kind"] in RECORDS:
                yield from self.members(inner, offset)

    def member_lines(self, name: str, record: Type) -> Iterator[str]:
        for bit, member in self.members(record):
            place = f"{name} {member['name']}"
            measured = self.measure(member["type_id"])
            width = member.get("bitfield_size", 0)
            if not measured:
                yield f"member {place} unsupported 0 0 0 0 0 0"
            elif width:
                size = (bit % 8 + width + 7) // 8
                yield f"member {place} unsupported 0 0 0 0 0 0"
                yield (f"bitfield {place} ok {bit // 8} {size} 1 {bit % 8} "
                       f"{width} 0")
            else:
                yield (f"member {place} ok {bit // 8} {measured[0]} "
                       f"{measured[1]} 0 0 0")

    def lines(self, every: int) -> Iterator[str]:
        names = collections.Counter(
            t["name"] for t in self.types.values() if t["kind"] in NAMED)
        values: dict[str, set[int]] = collections.defaultdict(set)
        for count, found in enumerate(self.types.values()):
            name = found["name"]
            if found["kind"] in ENUMS:
                for item in found["values"]:
                    values[item["name"]].add(value_of(found, item))
            if (found["kind"] not in NAMED or name == ANONYMOUS
                    or names[name] > 1):
                continue
            if count % every and name not in ALWAYS:
                continue
            measured = self.measure(found["id"])
            if measured:
                yield f"size {name} - ok 0 {measured[0]} {measured[1]} 0 0 0"
            else:
                yield f"size {name} - unsupported 0 0 0 0 0 0"
            target = self.strip(found["id"])
            if target and target["kind"] in RECORDS:
                yield from self.member_lines(name, target)
            elif target and target["kind"] in ENUMS:
                for item in target["values"]:
                    yield (f"enumerator {name} {item['name']} ok "
                           f"0 0 0 0 0 {value_of(target, item)}")
        for count, (name, known) in enumerate(values.items()):
            if len(known) > 1:
                yield f"enumerator - {name} ambiguous 0 0 0 0 0 0"
            elif not count % every:
                yield f"enumerator - {name} ok 0 0 0 0 0 {known.pop()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="raw BTF")
    parser.add_argument("--every", type=int, default=1,
                        help="ask about every Nth type only")
    args = parser.parse_args()
    try:
        dump = subprocess.run(
            ["bpftool", "-j", "btf", "dump", "file", args.file],
            check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"bpftool cannot read {args.file}: {error}", file=sys.stderr)
        return SKIP
    oracle = Oracle(json.loads(dump.stdout)["types"])
    for line in oracle.lines(args.every):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
