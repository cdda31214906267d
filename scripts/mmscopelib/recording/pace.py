# SPDX-License-Identifier: GPL-2.0-only
"""How often each source may be read, so that all of them stay within a price."""

from __future__ import annotations

import math
from typing import List, Sequence

# However dear: a source is read at the beginning, at the end, and so often.
STRIDE_MAX = 1000


def strides(costs: Sequence[float], budget: float) -> List[int]:
    """Every how many samples each source is read, for @budget a sample on average.

    What is cheap is read each time.  What costs more than its share of what the
    cheaper ones leave is read as rarely as brings it down to that.
    """
    result = [1] * len(costs)
    left = budget
    order = sorted(range(len(costs)), key=lambda i: costs[i])
    for rank, i in enumerate(order):
        share = left / (len(costs) - rank)
        if costs[i] > share:
            result[i] = min(math.ceil(costs[i] / share), STRIDE_MAX) if share > 0 else STRIDE_MAX
        left -= costs[i] / result[i]
    return result
