# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's sources, out of Debian's linux-source-*."""

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from . import paths, progress
from .packages import Answer, Apt, Kernel
from .paths import VmError

# Of tar: a pattern matches nothing, and so it will fail in the end.
HARMLESS = re.compile(r": Not found in archive$|: Exiting with failure status")


def tree(answer: Answer, kernel: Kernel) -> Path:
    """The folder with all sources of a kernel; nobody may write there."""
    final = paths.cache_dir() / f"linux-source-{kernel.version}"
    with paths.locked("linux-source"):
        if not final.is_dir():
            apt = Apt(answer.sources)
            with paths.fresh_dir(final) as scratch, \
                    progress.step(f"unpacking Linux {kernel.version}"):
                unpack(apt, kernel, scratch)
    return final


def unpack(apt: Apt, kernel: Kernel, folder: Path,
           wanted: tuple[str, ...] = ("*",)) -> None:
    """Puts what matches wanted, or everything, into folder.

    A star does not match a slash, but a folder's name stands for all in it.
    """
    package = f"linux-source-{kernel.series}"
    with tempfile.TemporaryDirectory(dir=paths.cache_dir()) as download:
        apt.run("apt-get", "download", f"{package}={kernel.version}",
                cwd=Path(download))
        deb = next(Path(download).glob("*.deb"))
        archive = f"./usr/src/{package}.tar.xz"
        # tar has no way to stop at the last file wanted, so all is read.
        patterns = " ".join(shlex.quote(f"{package}/{w}") for w in wanted)
        script = (
            f"dpkg-deb --fsys-tarfile {shlex.quote(str(deb))} |"
            f" tar -xO {shlex.quote(archive)} | xz -dc -T0 |"
            f" tar -x -C {shlex.quote(str(folder))} --strip-components=1"
            " --wildcards --no-wildcards-match-slash --anchored"
            f" {patterns}")
        done = subprocess.run(["bash", "-o", "pipefail", "-c", script],
                              check=False, capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C"})
    # tar fails as well if one of several patterns matches nothing; what there is
    # of an archive that was cut off must not pass for all of it.
    said = [line for line in done.stderr.splitlines()
            if not HARMLESS.search(line)]
    if done.returncode and (said or not any(folder.iterdir())):
        raise VmError(f"{package} cannot be unpacked: {' '.join(said)}")
