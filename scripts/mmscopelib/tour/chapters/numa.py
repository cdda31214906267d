# SPDX-License-Identifier: GPL-2.0-only
"""NUMA: memory that is nearer to some CPUs than to others."""

from __future__ import annotations

import shutil
import subprocess
from typing import Dict, Tuple

from .. import memory
from ..claims import Claim
from ..machine import PAGE
from ..stage import Stage
from ..worker import Worker

NAME = "numa"
TITLE = "NUMA"

_PAGES = 256
_SIZE = _PAGES * PAGE

CLAIMS = {
    "own-memory": Claim("Each socket has CPUs and memory of its own, as a node"),
    "distance": Claim("Memory of another node is farther away than that of one's own"),
    "latency": Claim("Memory of another node takes about twice as long to reach: 130 ns, not 70"),
    "local": Claim("Memory is allocated on the node of the CPU that asks for it"),
    "bind": Claim("A process can be bound to the memory of a node"),
    "numactl": Claim("numactl(8) shows the nodes, and binds programs to them"),
    "numastat": Claim("numastat(8) shows how allocations went, by node"),
}


def play(stage: Stage) -> None:
    """Allocate here, bind there, migrate back."""
    nodes = sorted(stage.machine.cpus_of)
    stage.needs(len(nodes) > 1, f"this machine has {len(nodes)} node with CPUs and memory")
    here, there = nodes[0], nodes[-1]
    _nodes(stage)
    worker = stage.worker("settler")
    at = _local(stage, worker, there)
    _move(stage, worker, at, here, there)
    _tools(stage, here, there)


def _nodes(stage: Stage) -> None:
    rows = [row for row in stage.rows("numa/nodes") if row["pid"] is None]
    stage.say("The nodes of this machine:")
    stage.show(rows, "node", "cpulist", "pages", "free_pages", "distances")
    distances = [[int(word) for word in str(row["distances"]).split(",")] for row in rows]
    own = [line[i] for i, line in enumerate(distances)]
    other = [value for i, line in enumerate(distances) for j, value in enumerate(line) if i != j]
    facts = {f"distances of node {row['node']}": row["distances"] for row in rows}
    stage.note(nodes=len(rows), distance_own=max(own), distance_other=min(other))
    stage.claim("own-memory", all(row["cpus"] and row["pages"] for row in rows), {
        f"node {row['node']}: CPUs, pages": f"{row['cpulist']}, {row['pages']}" for row in rows})
    stage.claim("distance", max(own) < min(other), facts)
    stage.not_here("latency", "that takes a clock finer than a process has; the firmware only "
                   "says how the distances compare", facts)


def _nodes_of(stage: Stage, worker: Worker, at: int) -> Tuple[Dict[int, int], int]:
    """Pages of a range by the node of their frames, and the first frame."""
    zones = [row for row in stage.rows("memory/zones") if row["present_pages"]]
    found: Dict[int, int] = {}
    entries = stage.entries(worker, at, _SIZE)
    for entry in entries:
        inside = [row for row in zones if row["start_pfn"] <= entry["pfn"]
                  < row["start_pfn"] + row["spanned_pages"]]
        node = inside[0]["node"] if len(inside) == 1 else stage.page(entry["pfn"])["node"]
        found[node] = found.get(node, 0) + 1
    return found, entries[0]["pfn"]


def _local(stage: Stage, worker: Worker, node: int) -> int:
    worker.do(memory.run_on, stage.machine.cpus_of[node][0])
    at = worker.do(memory.map_small, _SIZE)
    worker.do(memory.fill, at, _SIZE)
    found, _ = _nodes_of(stage, worker, at)
    stage.say(f"A process on CPU {stage.machine.cpus_of[node][0]}, of node {node}, writes to "
              f"{_PAGES} pages. Where they are: {_told(found)}.")
    stage.note(pages=_PAGES, local_node=node, local_pages=found.get(node, 0))
    stage.claim("local", found == {node: _PAGES}, {
        "node of the CPU": node, "pages by node": _told(found)})
    return at


def _told(found: Dict[int, int]) -> str:
    return ", ".join(f"{count} on node {node}" for node, count in sorted(found.items()))


def _move(stage: Stage, worker: Worker, at: int, here: int, there: int) -> None:
    _, first = _nodes_of(stage, worker, at)
    worker.do(memory.bind, at, _SIZE, here)
    bound, second = _nodes_of(stage, worker, at)
    worker.do(memory.unbind, at, _SIZE)
    stayed = worker.do(memory.migrate, worker.pid, here, there)
    back, third = _nodes_of(stage, worker, at)
    same = worker.do(memory.count_byte, at, _SIZE, 1)
    stage.say(f"It binds them to node {here}, and asks for those elsewhere to be moved: "
              f"{_told(bound)}. Then all of its memory is moved to node {there}: {_told(back)}. "
              f"The first page was in frame {first}, then {second}, then {third}, and has the same "
              "content.")
    stage.note(bound_node=here, bound_pages=bound.get(here, 0), back_pages=back.get(there, 0),
               pfn_local=first, pfn_bound=second, pfn_back=third, migrate_left=stayed,
               content_same=same == _SIZE)
    stage.claim("bind", bound == {here: _PAGES}, {"bound to node": here,
                                                  "pages by node": _told(bound)})


def _tools(stage: Stage, here: int, there: int) -> None:
    if shutil.which("numactl"):
        shown = _output("numactl", "--hardware")
        bound = _output("numactl", f"--membind={there}", "numactl", "--show")
        line = next((line for line in bound.splitlines() if line.startswith("membind:")), "")
        count = shown.split("\n", maxsplit=1)[0]
        stage.claim("numactl", line.split()[1:] == [str(there)] and f"{here}-" in count, {
            "numactl --hardware": count, f"--membind={there} --show": line})
    else:
        stage.not_here("numactl", "numactl is not installed")
    if shutil.which("numastat"):
        text = _output("numastat")
        line = next((line for line in text.splitlines() if line.startswith("numa_hit")), "")
        hits = line.split()[1:]
        ours = [row["numa_hit"] for row in stage.rows("numa/nodes") if row["pid"] is None]
        # Allocations go on: numastat was read first.
        stage.claim("numastat", len(hits) == len(ours) and all(
            0 < int(hit) <= number for hit, number in zip(hits, ours)), {
            "numa_hit of numastat": ", ".join(hits),
            "of numa/nodes, a moment later": ", ".join(map(str, ours))})
    else:
        stage.not_here("numastat", "numastat is not installed")


def _output(*words: str) -> str:
    return subprocess.run(words, check=False, capture_output=True, text=True).stdout
