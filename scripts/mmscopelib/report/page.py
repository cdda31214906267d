# SPDX-License-Identifier: GPL-2.0-only
"""Writes a report as one HTML file that needs nothing else."""

from __future__ import annotations

import json
import os
import re
from html import escape
from typing import Any, Dict

_HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
# In this order, as each uses what those before have declared.
_SCRIPTS = ("basics.js", "time.js", "plot.js", "chart.js", "heat.js", "lanes.js", "map.js",
            "tables.js", "page.js")
_PLACE = re.compile("@(TITLE|STYLE|SCRIPT|DATA)@")


def _part(name: str) -> str:
    with open(os.path.join(_HERE, name), encoding="utf-8") as stream:
        return stream.read()


def embedded(data: Dict[str, Any]) -> str:
    """JSON that cannot end the element it is in, whatever names hold."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def html(data: Dict[str, Any], title: str) -> str:
    """The whole page."""
    parts = {"TITLE": escape(title), "STYLE": _part("style.css"),
             "SCRIPT": "\n".join(map(_part, _SCRIPTS)), "DATA": embedded(data)}
    return _PLACE.sub(lambda found: parts[found[1]], _part("page.html"))
