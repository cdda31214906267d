# SPDX-License-Identifier: GPL-2.0-only
"""Small objects of the kernel: slab caches, kmalloc(), and vmalloc()."""

from __future__ import annotations

import time
from typing import Dict, List, Optional, Tuple

from .. import machine, memory
from ..claims import Claim
from ..machine import KIB, PAGE
from ..stage import NotHere, Row, Stage

NAME = "slab"
TITLE = "Slab, kmalloc and vmalloc"

_CACHE = "filp"
_FILES = 2000
_TRIES = 10
_PATIENCE = 100

CLAIMS = {
    "on-top": Claim("The slab allocator takes blocks of pages and cuts them into objects"),
    "task-size": Claim(
        "A task_struct has about 700 bytes",
        "it has several KiB",
        "every release supported here"),
    "inode-size": Claim(
        "An inode has about 200 bytes",
        "it has some 600 bytes",
        "every release supported here"),
    "dentry-size": Claim("A dentry has 192 bytes"),
    "vma-size": Claim(
        "A vm_area_struct has 176 bytes",
        "it changes from release to release",
        "most of all in 6.4: mm: add per-VMA lock and helper functions to control it"),
    "by-type": Claim(
        "There is one cache for each type of object",
        "caches whose objects are alike are merged into one",
        "2.6.22, the first release with SLUB"),
    "kmalloc-names": Claim("kmalloc() has caches for sizes, kmalloc-64 and kmalloc-128 among them"),
    "powers": Claim(
        "The sizes that kmalloc() gives are powers of two",
        "there are also 96 and 192",
        "every release with SLUB, 2.6.22 on"),
    "kmalloc-300": Claim("kmalloc(300) takes 512 bytes, and wastes 212"),
    "contiguous": Claim("Memory of kmalloc() is contiguous in physical memory"),
    "slot": Claim("An object that is freed leaves a slot that the next one gets"),
    "no-fragments": Claim(
        "Slab caches do not fragment, because all objects have the same size",
        "a slab with one object in use cannot be given back; the free slots of partial slabs are "
        "what fragmentation costs",
        "every release"),
    "slab-original": Claim(
        "One of three slab allocators is SLAB",
        "there is SLUB only",
        "6.8: mm/slab: remove mm/slab.c and slab_def.h"),
    "slub-default": Claim("SLUB is the slab allocator that a kernel has if nothing else is chosen"),
    "slob": Claim(
        "One of three slab allocators is SLOB, for small machines",
        "SLUB has an option for these, CONFIG_SLUB_TINY",
        "6.4: mm/slob: remove slob.c; SLUB_TINY since 6.2"),
    "slabinfo": Claim("/proc/slabinfo has the numbers of objects and slabs"),
    "vmalloc-single": Claim(
        "vmalloc() takes single pages",
        "it takes large blocks where it can, and maps them as huge pages",
        "5.13: mm/vmalloc: hugepage vmalloc mappings"),
    "vmalloc-scattered": Claim("Pages of vmalloc() may be anywhere in memory, and are contiguous "
                               "in the kernel's addresses only"),
}


def play(stage: Stage) -> None:
    """Make objects, look into a slab, ask for odd sizes."""
    _objects(stage)
    _sizes(stage)
    _kmalloc(stage)
    _fragments(stage)
    _implementations(stage)
    _slabinfo(stage)
    _vmalloc(stage)


def _cache(stage: Stage, name: str) -> Optional[Row]:
    return next(iter(stage.rows("slab/caches", cache=name)), None)


def _objects(stage: Stage) -> None:
    """Open a file many times: each open file is an object."""
    before = _cache(stage, _CACHE)
    if not before:
        raise NotHere(f"this kernel has no cache {_CACHE}")
    opener = stage.worker("opener")
    opener.do(memory.allow_files, 2 * _FILES)
    fds = opener.do(memory.open_many, "/dev/null", _FILES)
    during = _cache(stage, _CACHE) or before
    slab, frames = _slab(stage, _CACHE)
    opener.do(memory.close_many, fds)
    after = _settled(stage, during["active_objects"] - _FILES // 2)
    columns = ("objects", "active_objects", "slabs")
    stage.say(f"A process opens a file {_FILES:,} times. Each open file is an object of "
              f"{before['object_size']} bytes in the cache {_CACHE}, whose slabs have "
              f"{before['objs_per_slab']} slots in {1 << before['slab_order']} pages. Before, "
              "with all files open, and after they were closed:")
    stage.show([before, during, after], *columns)
    stage.note(files=_FILES, active_before=before["active_objects"],
               active_during=during["active_objects"], active_after=after["active_objects"],
               slabs_during=during["slabs"], slabs_before=before["slabs"],
               objs_per_slab=before["objs_per_slab"])
    stage.claim("on-top", frames[0]["kind"] == "slab" and slab["objects"] > 1, {
        "first frame of a slab": slab["pfn"], "kind of it": frames[0]["kind"],
        "pages": 1 << slab["order"], "objects in it": slab["objects"]})
    grown = during["active_objects"] - before["active_objects"]
    stage.claim("slot", after["active_objects"] < during["active_objects"] and grown > 0, {
        "objects in use before": before["active_objects"], "with the files open":
        during["active_objects"], "after they were closed": after["active_objects"]})


def _slab(stage: Stage, name: str) -> Tuple[Row, List[Row]]:
    """A slab of a cache, and its frames: another one if it was given back in between."""
    for _ in range(_TRIES):
        slab = next(iter(stage.rows("slab/object", cache=name)), None)
        if not slab:
            break
        frames = stage.rows("memory/page",
                            pfn=f"{slab['pfn']}-{slab['pfn'] + (1 << slab['order']) - 1}")
        if all(row["kind"] == "slab" for row in frames):
            return slab, frames
    raise NotHere(f"{name} has no slab that stays")


def _settled(stage: Stage, enough: int) -> Row:
    """The cache when the files are gone: the kernel frees them a little later."""
    for _ in range(_PATIENCE):
        row = _cache(stage, _CACHE)
        if row and row["active_objects"] <= enough:
            return row
        time.sleep(0.05)
    return row or {}


def _sizes(stage: Stage) -> None:
    said = {"task-size": ("task_struct", "task_struct", 700),
            "inode-size": ("inode_cache", "inode", 200),
            "dentry-size": ("dentry", "dentry", 192),
            "vma-size": ("vm_area_struct", "vm_area_struct", 176)}
    sizes = {}
    for name, (cache, structure, about) in said.items():
        row = _cache(stage, cache)
        size = row["object_size"] if row else stage.machine.btf.size(structure)
        sizes[structure] = size
        # "About" is taken for a tenth more or less.
        exact = name in ("dentry-size", "vma-size")
        stage.claim(name, size is not None and abs(size - about) <= (0 if exact else about // 10),
                    {f"bytes of an object of {cache}": size,
                     f"sizeof(struct {structure})": stage.machine.btf.size(structure)})
    stage.say("Some objects have these sizes here: "
              + ", ".join(f"{name} {size} bytes" for name, size in sizes.items()) + ".")
    stage.note(**{f"size_{name}": size for name, size in sizes.items()})
    merged = [row for row in stage.rows("slab/caches") if row["aliases"]]
    stage.claim("by-type", not merged, {
        "caches that stand for several": len(merged), "caches merged into these":
        sum(row["aliases"] for row in merged)})


def _kmalloc(stage: Stage) -> None:
    rows = [row for row in stage.rows("slab/kmalloc") if row["type"] == "normal"]
    names = [row["cache"] for row in rows if row["cache"]]
    sizes = [row["object_bytes"] for row in rows if row["cache"]]
    odd = [size for size in sizes if size & size - 1]
    asked = next(row for row in stage.rows("slab/kmalloc", size=300) if row["type"] == "normal")
    stage.say(f"kmalloc(300) is served from {asked['cache']}: {asked['object_bytes']} bytes, of "
              f"which {asked['waste_bytes']} are not used. The sizes that there are: "
              f"{', '.join(map(str, sizes))}.")
    stage.note(kmalloc_300_bytes=asked["object_bytes"], kmalloc_300_waste=asked["waste_bytes"],
               kmalloc_odd=",".join(map(str, odd)))
    stage.claim("kmalloc-names", {"kmalloc-64", "kmalloc-128"} <= set(names),
                {"caches": ", ".join(names)})
    stage.claim("powers", not odd, {"sizes that are none": ", ".join(map(str, odd)) or "none"})
    stage.claim("kmalloc-300", (asked["object_bytes"], asked["waste_bytes"]) == (512, 212), {
        "cache": asked["cache"], "bytes taken": asked["object_bytes"],
        "wasted": asked["waste_bytes"]})
    _contiguous(stage, rows)


def _contiguous(stage: Stage, rows: List[Row]) -> None:
    """The frames of a slab of several pages."""
    cache = max((row for row in rows if row["cache"]), key=lambda row: int(row["object_bytes"]))
    try:
        slab, frames = _slab(stage, cache["cache"])
    except NotHere as reason:
        stage.not_here("contiguous", str(reason))
        return
    places = [row["position"] for row in frames]
    stage.claim("contiguous", places == list(range(1 << slab["order"])), {
        "cache": cache["cache"], "object, bytes": cache["object_bytes"],
        "frames of a slab": f"{slab['pfn']}-{slab['pfn'] + len(frames) - 1}",
        "their places in it": ", ".join(map(str, places))})


def _fragments(stage: Stage) -> None:
    rows = stage.rows("slab/occupancy")
    back = sum(row["give_back_bytes"] for row in rows)
    total = sum(row["slabs"] for row in rows)
    partial = sum(row["partial_slabs"] for row in rows)
    worst = max(rows, key=lambda row: int(row["give_back_bytes"]))
    stage.say(f"{partial:,} of {total:,} slabs are partly empty. Perfectly packed, all objects "
              f"would do with {back // KIB:,} KiB less; most of that is in {worst['name']}.")
    stage.note(give_back_bytes=back, partial_slabs=partial)
    stage.claim("no-fragments", back == 0, {
        "slabs": total, "partly empty": partial, "bytes that packing would give back": back})


def _implementations(stage: Stage) -> None:
    config = {name: stage.machine.config(name) for name in ("SLAB", "SLUB", "SLOB",
                                                            "SLOB_DEPRECATED")}
    if config["SLUB"] == "unknown":
        config = {name: "yes" if stage.machine.btf.function(function) else "no such option"
                  for name, function in (("SLAB", "cache_alloc_refill"), ("SLUB", "__slab_alloc"),
                                         ("SLOB", "slob_alloc"), ("SLOB_DEPRECATED", "slob_alloc"))}
    facts = {f"CONFIG_{name}": value for name, value in config.items()}
    none = "no such option"
    stage.note(**{f"config_{name.lower()}": value for name, value in config.items()})
    stage.gone("slab-original", config["SLAB"] == none, {"CONFIG_SLAB": config["SLAB"]})
    stage.claim("slub-default", config["SLUB"] in ("y", "yes"), {
        "CONFIG_SLUB": config["SLUB"], "/sys/kernel/slab": "there" if machine.read_maybe(
            "/sys/kernel/slab/kmalloc-64/objects") is not None else "not there"})
    stage.gone("slob", config["SLOB"] == config["SLOB_DEPRECATED"] == none, {
        name: facts[name] for name in ("CONFIG_SLOB", "CONFIG_SLOB_DEPRECATED")})


def _slabinfo(stage: Stage) -> None:
    """The same numbers twice, of a cache that nobody uses meanwhile."""
    name = "kmem_cache"
    for _ in range(_TRIES):
        lines = {line.split()[0]: line.split() for line in
                 machine.read("/proc/slabinfo").splitlines()[2:]}
        row = _cache(stage, name)
        kernel = [int(word) for word in lines.get(name, [])[1:3]]
        ours = [row["active_objects"], row["objects"]] if row else []
        if ours == kernel:
            break
    stage.claim("slabinfo", bool(kernel) and ours == kernel, {
        f"{name} in /proc/slabinfo: objects in use, in all": ", ".join(map(str, kernel)),
        "in slab/caches": ", ".join(map(str, ours))})


def _vmalloc(stage: Stage) -> None:
    before = _areas(stage)
    for number in range(8):
        stage.worker(f"stack{number}")
    after = _areas(stage)
    stacks = [sum(row["kind"] == "kstack" for row in rows.values()) for rows in (before, after)]
    owned = [row for row in after.values() if row["owned_pages"] and row["runs"]
             and row["kind"] in ("vmalloc", "kstack")]
    large = [row for row in owned if row["page_order"]]
    scattered = [row for row in owned if row["runs"] > 1]
    stage.say(f"vmalloc() has {len(after)} areas; {stacks[1] - stacks[0]} more are stacks of eight "
              f"processes that have just begun. {len(scattered)} areas are in several pieces of "
              f"physical memory, {len(large)} are of blocks larger than a page. The largest:")
    columns = ("kind", "owned_pages", "page_order", "huge_pages", "runs", "caller")
    stage.show(sorted(owned, key=lambda row: -int(row["owned_pages"]))[:4], *columns)
    stage.note(vmalloc_areas=len(after), kstacks_before=stacks[0], kstacks_after=stacks[1],
               scattered=len(scattered), large_blocks=len(large))
    stage.claim("vmalloc-single", not large, {
        "areas that own pages": len(owned), "made of larger blocks": len(large),
        "largest order": max((row["page_order"] for row in owned), default=0)})
    most = max(owned, key=lambda row: int(row["runs"]))
    stage.claim("vmalloc-scattered", most["runs"] > 1, {
        "an area of so many bytes": most["owned_pages"] * PAGE, "pieces it is in": most["runs"],
        "areas in several pieces": len(scattered)})


def _areas(stage: Stage) -> Dict[int, Row]:
    return {row["id"]: row for row in stage.rows("vmalloc/areas")}
