# SPDX-License-Identifier: GPL-2.0-only
"""The tour's chapters and claims, out of the tour.json that `mmscope tour --json` writes."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List

from ..recording.layout import CLAIMS
from .load import Recording

VERDICTS = ("holds", "differs", "gone", "not here")

Chapter = Dict[str, Any]


def chapters(recording: Recording) -> List[Chapter]:
    """All chapters with their claims; none if the tour was not recorded."""
    path = os.path.join(recording.directory, CLAIMS)
    try:
        with open(path, encoding="utf-8") as stream:
            told = json.load(stream)["chapters"]
        return [_chapter(chapter) for chapter in told]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        recording.notes.append(f"{CLAIMS} cannot be read: {error!r}")
        return []


def _chapter(told: Dict[str, Any]) -> Chapter:
    return {"title": _text(told.get("title") or told["name"]),
            "status": _text(told.get("status")), "reason": _text(told.get("reason")),
            "story": [_text(line) for line in told.get("story") or []],
            "claims": [_claim(claim) for claim in told.get("claims") or []]}


def _claim(told: Dict[str, Any]) -> Dict[str, str]:
    return {"claim": _text(told["claim"]), "verdict": _text(told["verdict"]),
            "evidence": _text(told.get("evidence")), "now": _text(told.get("now")),
            "since": _text(told.get("since"))}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{name} {_text(one)}" for name, one in value.items())
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    return str(value)


def count(told: List[Chapter]) -> Dict[str, int]:
    """How many verdicts are what, those that are known first."""
    counts = {verdict: 0 for verdict in VERDICTS}
    for chapter in told:
        for claim in chapter["claims"]:
            counts[claim["verdict"]] = counts.get(claim["verdict"], 0) + 1
    return {verdict: number for verdict, number in counts.items() if number}
