# SPDX-License-Identifier: GPL-2.0-only
"""Puts all parts of a report together, as plain data."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Optional

from .blockmap import BlockMap
from .claims import chapters, count
from .findings import Parts, findings
from .happened import Happened
from .load import Recording
from .machine import Machine
from .memory import Fragmentation, FreeLists, Zones
from .tops import tops

# In the order of the page: ident, title, what it answers.
SECTIONS = (
    ("memory", "Memory", "What is it used for, and how much is left?"),
    ("events", "Events", "When was the kernel short of memory, and what did it do?"),
    ("pressure", "Faults and pressure", "Who waits?"),
    ("reclaim", "Reclaim", "What is taken back, by whom, and is it needed again?"),
    ("fragmentation", "Free memory and fragmentation", "Are there large blocks?"),
    ("map", "Pageblocks", "What is in the way of large blocks, and where?"),
    ("compaction", "Compaction", "Does it make large blocks, and at what price?"),
    ("huge", "Huge pages", "Do processes get them?"),
    ("tables", "Page tables", "What do they cost, and for whom?"),
    ("slab", "Slab", "Which caches grow?"),
    ("cache", "Page cache", "Which files fill it?"),
    ("claims", "Claims", "What is true of this kernel?"),
    ("about", "This recording", "What was recorded, and what did that cost?"),
)


def build(recording: Recording,
          tick: Callable[[int, int], None] = lambda nr, wanted: None) -> Dict[str, Any]:
    """All that the page shows; @tick hears how far what takes longest has come."""
    machine, zones = Machine(recording), Zones(recording)
    lists, fragmentation = FreeLists(recording), Fragmentation(recording)
    blocks, happened = BlockMap(recording, tick), Happened(recording)
    largest, told = tops(recording), chapters(recording)
    charts = machine.charts()
    charts["memory"][1:1] = zones.charts()
    charts["fragmentation"] = lists.charts() + fragmentation.charts()
    charts["map"] = blocks.chart()
    lanes = happened.lanes()
    charts["events"] = [lanes] if lanes else []
    parts = Parts(machine, zones, fragmentation, happened, largest, told, blocks.block_pages,
                  recording.page_kb)
    found = findings(parts)
    return {
        "facts": _facts(recording), "seconds": recording.seconds,
        "began_ms": _began_ms(recording),
        "sections": [{"id": ident, "title": title, "asks": asks, "charts": charts.get(ident, [])}
                     for ident, title, asks in SECTIONS],
        "findings": found, "map": blocks.data(), "tops": largest,
        "kills": [kill._asdict() for kill in happened.kills],
        "marks": [[recording.since(when), text] for when, text in recording.marks],
        "chapters": told, "verdicts": count(told), "streams": _streams(recording),
        "notes": recording.notes + _ended(recording)}


def _facts(recording: Recording) -> List[List[str]]:
    meta = recording.meta
    facts = []
    if meta.get("kernel"):
        facts.append(["kernel", f"Linux {meta['kernel']}, {meta.get('architecture', '-')}"])
    if meta.get("command"):
        facts.append(["command", " ".join(meta["command"])])
    began = _began_ms(recording)
    if began:
        facts.append(["began", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(began / 1000))])
    facts.append(["length", f"{recording.seconds:,.1f} s"])
    if meta.get("cpus"):
        facts.append(["CPUs", str(meta["cpus"])])
    return facts


def _began_ms(recording: Recording) -> Optional[int]:
    began = recording.meta.get("began") or {}
    try:
        return int(began["realtime_ns"]) // 1_000_000
    except (KeyError, TypeError, ValueError):
        return None


_REASONS = {
    "signal": "It was ended by a signal, {signal}.",
    "size": "It was ended as its files had the size that was allowed.",
    "error": "It was ended by an error: {error}.",
}


def _ended(recording: Recording) -> List[str]:
    """How it ended, if that is not what was meant."""
    if not recording.meta:
        return []
    ended = recording.meta.get("ended")
    if not ended:
        return ["The recording was killed, or is still going on: all that is here is right, and "
                "its last moments may be missing."]
    words = {"signal": "-", "error": "not known", **ended}
    text = _REASONS.get(ended.get("reason", ""))
    # Ctrl-C is how a recording without a command is meant to end.
    if not text or words["signal"] == "SIGINT" and not recording.meta.get("command"):
        return []
    return [text.format(**words)]


def _streams(recording: Recording) -> List[Dict[str, Any]]:
    """What was recorded, how often, and what that cost."""
    rows = []
    sources = [(stream.name, stream.query, stream.file, stream.samples)
               for stream in recording.streams]
    if recording.events.list:
        names = (recording.meta.get("events") or {}).get("names") or []
        sources.append(("tracepoints", " ".join(names), "events.txt", recording.events))
    for name, query, file, samples in sources:
        costs = sorted(sample.cpu_ns for sample in samples.list)
        rows.append({"name": name, "query": query, "file": file, "samples": len(costs),
                     "failed": sum(1 for sample in samples.list if sample.error),
                     "bytes": sum(sample.size for sample in samples.list),
                     "median_ns": costs[len(costs) // 2] if costs else 0,
                     "cpu_ns": sum(costs)})
    return rows
