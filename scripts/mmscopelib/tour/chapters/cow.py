# SPDX-License-Identifier: GPL-2.0-only
"""Copy-on-write: what fork() shares, who copies what, and when."""

from __future__ import annotations

import os

from .. import memory
from ..claims import Claim
from ..machine import MIB, PAGE
from ..stage import Row, Stage
from ..worker import Worker

NAME = "cow"
TITLE = "Copy-on-write"

_PAGES = 16
_SIZE = _PAGES * PAGE
_LARGE = 32 * MIB

CLAIMS = {
    "shared": Claim("After fork() parent and child have the same frames; no memory is copied"),
    "read-only": Claim("After fork() both lose the right to write to what they share"),
    "fault": Claim("The first write to a shared page is a page fault, one for each page"),
    "new-frame": Claim("Who writes to a shared page gets a new frame, and may write to it; the "
                       "other keeps the old one"),
    "content": Claim("The new frame of who writes begins as a copy of the old one"),
    "either": Claim("It does not matter whether the parent or the child writes first"),
    "writable-again": Claim(
        "Once the child has its copy, the parent may write to the old frame again",
        "the parent's entry stays read-only until the parent itself writes; only that fault "
        "finds that nobody else has the frame, and makes the entry writable without a copy",
        "every release; since 5.19 a flag says that an anonymous page has one owner: mm: "
        "remember exclusively mapped anonymous pages with PG_anon_exclusive"),
    "constant-time": Claim(
        "fork() takes the same time however much memory the parent has",
        "page tables of anonymous memory are copied at once, entry by entry; only those of "
        "mapped files are left to faults",
        "every release"),
    "never-written": Claim("What nobody writes to after fork() is never copied"),
    "exec": Claim("execve() puts new memory in place of all that fork() shared"),
    "file": Claim("A private mapping of a file is copied on write, and the file stays as it is"),
    "zero": Claim("Pages of zeroes, of which there is one for everybody, are copied on write"),
}


def play(stage: Stage) -> None:
    """Fork, write in both, and look."""
    parent = stage.worker("parent")
    at = parent.do(memory.map_small, _SIZE)
    parent.do(memory.fill, at, _SIZE)
    before = stage.entry(parent, at)
    stage.say(f"A process writes to {_PAGES} pages at {at:#x}. The first of them is in frame "
              f"{before['pfn']}, and its page-table entry says {','.join(before['flags'])}.")
    child = stage.fork(parent, "child")
    _fork(stage, parent, child, at)
    _child_writes(stage, parent, child, at, before)
    _parent_writes(stage, parent, child, at)
    _rest(stage, parent, child, at)
    _price(stage)
    _exec(stage, child, at)
    _private_file(stage)
    _zero(stage)


def _writable(entry: Row) -> bool:
    return "write" in entry["flags"]


def _fork(stage: Stage, parent: Worker, child: Worker, at: int) -> None:
    ours, theirs = (stage.entries(who, at, _SIZE) for who in (parent, child))
    same = sum(a["pfn"] == b["pfn"] for a, b in zip(ours, theirs))
    count = stage.page(ours[0]["pfn"])["mapcount"]
    stage.say(f"It forks. {same} of {_PAGES} pages are in the same frames in both processes. Frame "
              f"{ours[0]['pfn']} is mapped {count} times now, and by both without the right to "
              "write:")
    stage.show([{"process": who.name, **rows[0]} for who, rows in
                ((parent, ours), (child, theirs))], "process", "va", "state", "flags", "pfn")
    stage.note(pages=_PAGES, same_frames=same, mapcount_shared=count,
               pfn_before=ours[0]["pfn"], pid_parent=parent.pid, pid_child=child.pid, va=hex(at))
    stage.claim("shared", len(ours) == len(theirs) == same == _PAGES,
                {"pages of the parent": len(ours), "in the same frame in the child": same})
    writable = sum(map(_writable, ours + theirs))
    stage.claim("read-only", writable == 0, {"entries": 2 * _PAGES, "of these writable": writable})


def _child_writes(stage: Stage, parent: Worker, child: Worker, at: int, before: Row) -> None:
    child.do(memory.settle, at, _SIZE)
    faults = child.do(memory.write, at, 2)
    ours, theirs = stage.entry(parent, at), stage.entry(child, at)
    rest = child.do(memory.content, at + 1, PAGE - 1)
    stage.say(f"The child writes one byte: {faults.minor} page fault. It has frame "
              f"{theirs['pfn']} now, with what was in the old one but for that byte. The parent "
              f"still has {ours['pfn']}.")
    stage.note(pfn_child=theirs["pfn"], pfn_parent=ours["pfn"], faults_first=faults.minor)
    stage.claim("new-frame", theirs["pfn"] != before["pfn"] == ours["pfn"] and _writable(theirs),
                {"frame before": before["pfn"], "of the child": theirs["pfn"],
                 "of the parent": ours["pfn"], "child may write": _writable(theirs)})
    stage.claim("content", rest == bytes([1]) * (PAGE - 1),
                {"bytes behind the one written": len(rest),
                 "as in the old frame": rest.count(1)})
    half = (_PAGES // 2 - 1) * PAGE
    more = child.do(memory.fill, at + PAGE, half, 2)
    stage.claim("fault", faults.minor == 1 and more.minor == half // PAGE,
                {"faults of the first page": faults.minor,
                 f"of {half // PAGE} more": more.minor})
    stage.note(faults_more=more.minor, pages_more=half // PAGE)


def _parent_writes(stage: Stage, parent: Worker, child: Worker, at: int) -> None:
    old = stage.entry(parent, at)
    parent.do(memory.settle, at, _SIZE)
    faults = parent.do(memory.write, at, 3)
    new = stage.entry(parent, at)
    stage.say(f"The parent's entry for frame {old['pfn']} is "
              f"{'writable' if _writable(old) else 'still read-only'}. The parent writes: "
              f"{faults.minor} fault, and it has frame {new['pfn']}"
              + (", the same as before: nobody else had it any more, so nothing was copied."
                 if new["pfn"] == old["pfn"] else "."))
    stage.note(pfn_parent_after=new["pfn"], faults_parent=faults.minor)
    stage.claim("writable-again", _writable(old),
                {"parent's entry before its own write": ",".join(old["flags"]),
                 "after": ",".join(new["flags"]), "frame before": old["pfn"],
                 "frame after": new["pfn"]})
    last = at + _SIZE - PAGE
    shared = stage.entry(parent, last)["pfn"]
    parent.do(memory.write, last, 3)
    ours, theirs = stage.entry(parent, last)["pfn"], stage.entry(child, last)["pfn"]
    stage.say(f"In the last page the parent writes first, and it is the parent that gets a new "
              f"frame: {ours}; the child keeps {theirs}.")
    stage.note(last_pfn_before=shared, last_pfn_parent=ours, last_pfn_child=theirs)
    stage.claim("either", ours != shared == theirs, {
        "shared frame": shared, "of the parent, which wrote": ours, "of the child": theirs})


def _rest(stage: Stage, parent: Worker, child: Worker, at: int) -> None:
    start, pages = at + _SIZE // 2, _PAGES // 2 - 1
    ours, theirs = (stage.entries(who, start, pages * PAGE) for who in (parent, child))
    same = sum(a["pfn"] == b["pfn"] for a, b in zip(ours, theirs))
    stage.note(untouched_pages=pages, untouched_shared=same)
    stage.claim("never-written", same == pages,
                {"pages that neither has written to": pages, "of these still shared": same})


def _price(stage: Stage) -> None:
    """What of fork() grows with memory."""
    bytes_of = {}
    for size in (0, _LARGE):
        parent = stage.worker("large" if size else "small")
        if size:
            parent.do(memory.fill, parent.do(memory.map_small, size), size)
        child = stage.fork(parent, "child")
        bytes_of[size] = stage.space(child.pid)["pgtable_bytes"]
        for worker in (child, parent):
            stage.end(worker)
    more = bytes_of[_LARGE] - bytes_of[0]
    stage.say(f"What fork() does copy is page tables. The child of a process with {_LARGE // MIB} "
              f"MiB more has {more // 1024} KiB more of them, before it has done anything: "
              f"{more // PAGE} tables, {_LARGE // PAGE:,} entries.")
    stage.note(fork_table_bytes=more, fork_pages=_LARGE // PAGE)
    stage.claim("constant-time", more == 0,
                {"page tables of a small process's child, bytes": bytes_of[0],
                 f"with {_LARGE // MIB} MiB more": bytes_of[_LARGE]})


def _exec(stage: Stage, child: Worker, at: int) -> None:
    pid = child.do(memory.fork_and_run, "sleep", "1000")
    try:
        rows = stage.rows("process/entries", pid=pid, start=at, end=at + _SIZE)
        before, after = (stage.space(who)["pgd_phys"] for who in (child.pid, pid))
        stage.claim("exec", not rows and before != after,
                    {"pages of the parent's that are left": len(rows),
                     "top-level table of the child": before, "of the new program": after})
    finally:
        os.kill(pid, 9)


def _private_file(stage: Stage) -> None:
    path = stage.file(1)
    with open(path, "rb") as stream:
        content = stream.read()
    worker = stage.worker("private")
    at = worker.do(memory.map_file, path, PAGE, False)
    worker.do(memory.read, at)
    old = stage.entry(worker, at)
    was = stage.page(old["pfn"])["kind"]
    worker.do(memory.write, at)
    new = stage.entry(worker, at)
    kind = stage.page(new["pfn"])["kind"]
    with open(path, "rb") as stream:
        same = stream.read() == content
    stage.say(f"A file mapped privately: frame {old['pfn']} is the page cache's ({was}). After a "
              f"write the process has frame {new['pfn']}, memory of its own ({kind}), and the "
              f"file {'is as it was' if same else 'has changed'}.")
    stage.note(file_kind_before=was, file_kind_after=kind, file_pfn_before=old["pfn"],
               file_pfn_after=new["pfn"], file_same=same)
    stage.claim("file", was == "file" and kind == "anon" and same,
                {"kind before the write": was, "after": kind, "file as it was": same})


def _zero(stage: Stage) -> None:
    worker = stage.worker("zero")
    at = worker.do(memory.map_small, PAGE)
    worker.do(memory.read, at)
    old = stage.entry(worker, at)
    was = stage.page(old["pfn"])["kind"]
    worker.do(memory.write, at)
    kind = stage.page(stage.entry(worker, at)["pfn"])["kind"]
    stage.note(zero_kind_before=was, zero_kind_after=kind)
    stage.claim("zero", was == "zero" and kind == "anon",
                {"kind after a read": was, "after a write": kind})
