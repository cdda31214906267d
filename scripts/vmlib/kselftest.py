# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own test harness and source checkers, out of linux-source-*.

Only these few files are kept, laid out as in a kernel tree.
"""

from pathlib import Path

from . import paths, source
from .packages import Apt, Kernel
from .paths import VmError

SELFTESTS = "tools/testing/selftests"
# The files of the harness itself are all there is directly in that folder.
WANTED = (f"{SELFTESTS}/*.h", f"{SELFTESTS}/*.sh", f"{SELFTESTS}/*.mk",
          f"{SELFTESTS}/Makefile", f"{SELFTESTS}/kselftest/*",
          "tools/include/uapi/*", "tools/lib/python/*", "tools/docs/kernel-doc",
          "scripts/kernel-doc", "scripts/checkpatch.pl", "scripts/spelling.txt",
          "scripts/const_structs.checkpatch", "scripts/subarch.include")


def fetch(apt: Apt, kernel: Kernel) -> Path:
    """Returns the folder that holds the newest kernel's harness."""
    final = paths.cache_dir() / \
        f"kselftest-{paths.digest(kernel.version, *WANTED)}"
    if final.is_dir():
        return final
    with paths.fresh_dir(final) as scratch:
        source.unpack(apt, kernel, scratch, WANTED)
        if not (scratch / SELFTESTS / "lib.mk").exists():
            raise VmError(f"linux-source-{kernel.series} has no test harness")
    paths.remove_older(final, "kselftest-*")
    return final
