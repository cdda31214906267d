# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own test harness and source checkers, out of linux-source-*.

Only these few files are kept, laid out as in a kernel tree.
"""

import shlex
import subprocess
import tempfile
from pathlib import Path

from . import paths
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
    package = f"linux-source-{kernel.series}"
    final = paths.cache_dir() / \
        f"kselftest-{paths.digest(kernel.version, *WANTED)}"
    if final.is_dir():
        return final
    with paths.fresh_dir(final) as scratch, \
            tempfile.TemporaryDirectory(dir=paths.cache_dir()) as download:
        apt.run("apt-get", "download", f"{package}={kernel.version}",
                cwd=Path(download))
        deb = next(Path(download).glob("*.deb"))
        source = f"./usr/src/{package}.tar.xz"
        # tar has no way to stop at the last file wanted, so all is read.
        patterns = " ".join(shlex.quote(f"{package}/{w}") for w in WANTED)
        script = (
            f"dpkg-deb --fsys-tarfile {shlex.quote(str(deb))} |"
            f" tar -xO {shlex.quote(source)} | xz -dc -T0 |"
            f" tar -x -C {shlex.quote(str(scratch))} --strip-components=1"
            " --wildcards --no-wildcards-match-slash --anchored"
            f" {patterns}")
        done = subprocess.run(["bash", "-o", "pipefail", "-c", script],
                              check=False, capture_output=True, text=True)
        if not (scratch / SELFTESTS / "lib.mk").exists():
            raise VmError(f"{package} has no selftest harness: "
                          f"{done.stderr.strip()}")
    paths.remove_older(final, "kselftest-*")
    return final
