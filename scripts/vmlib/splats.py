# SPDX-License-Identifier: GPL-2.0-only
"""Finds in a kernel log what should never be there."""

import re
from collections.abc import Iterable

# Not kmemleak's count, which the kernel's own leaks are in: the log does not say
# whose they are, so the tests read its reports (`leaks` of fault_injection_test).
SPLAT = re.compile(
    r"WARNING: (.* at |possible |suspicious |inconsistent |bad |held )"
    r"|\bBUG\b[: ]|kernel BUG at|\bOops\b|Kernel panic|INFO: task .* blocked"
    r"|detected stalls|self-detected stall|soft lockup|hard LOCKUP"
    r"|KASAN:|KCSAN:|UBSAN:|refcount_t: "
    r"|list_(add|del) corruption"
    r"|scheduling while atomic|sleeping function called|Bad page (state|map)"
    r"|general protection fault, |Unable to handle|Call Trace:")
# These dump a stack, too, and are the kernel's ordinary way to say no.
ORDINARY = re.compile(r"invoked oom-killer:|page allocation failure:"
                      r"|vmalloc error:|percpu: allocation failed,"
                      r"|kmem_cache_create\w*\(.*\) failed with error")
# How many lines after an ordinary message its stack begins.
NEAR = 12


def find(lines: Iterable[str]) -> list[str]:
    """The lines that begin a splat."""
    found = []
    excused = 0
    for line in lines:
        excused -= 1
        if ORDINARY.search(line):
            excused = NEAR
        elif SPLAT.search(line):
            if "Call Trace:" in line and excused > 0:
                continue
            found.append(line.strip())
    return found
