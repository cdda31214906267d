# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's tools/testing/selftests, in as much of its tree as they need."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import guest as guests
from . import paths, progress, source
from .guest import Guest
from .packages import Apt, Kernel
from .paths import VmError

SELFTESTS = "tools/testing/selftests"
# The tests, what they include, and what installing the kernel's headers needs.
WANTED = ("Makefile", "Kbuild", "arch/x86", "include/asm-generic", "include/uapi",
          "include/vdso", "scripts", "tools/arch/x86", "tools/build", "tools/include",
          "tools/lib", "tools/scripts", SELFTESTS, "lib/test_hmm_uapi.h",
          "mm/gup_test.h")


def pristine(guest: Guest, kernel: Kernel) -> Path:
    """The folder that has them, with headers; nobody may write there."""
    key = paths.digest(kernel.version, guest.key, *WANTED)
    final = paths.cache_dir() / f"selftests-{kernel.name}-{key}"
    with paths.locked(f"selftests-{kernel.name}"):
        if not final.is_dir():
            with paths.fresh_dir(final) as scratch, progress.step(
                    f"unpacking the selftests of Linux {kernel.version}"):
                source.unpack(Apt(guest.answer.sources), kernel, scratch,
                              WANTED)
                _make_headers(guest, scratch)
        paths.remove_older(final, f"selftests-{kernel.name}-*", count=0)
    return final


def _make_headers(guest: Guest, tree: Path) -> None:
    command = guest.chroot(["make", "-s", "-C", guests.SOURCE_MOUNT, "headers"],
                           {tree: guests.SOURCE_MOUNT}, "/")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode or not (tree / "usr/include/linux/mman.h").exists():
        raise VmError(f"the kernel's headers do not install: {done.stderr}")


def copy(guest: Guest, kernel: Kernel) -> Path:
    """The same in out/, where tests are built and a VM sees them."""
    tree = paths.out_dir() / "kselftest" / kernel.name / "linux"
    stamp = tree / ".made-from"
    made_from = pristine(guest, kernel)
    if not stamp.exists() or \
            stamp.read_text(encoding="utf-8") != made_from.name:
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(made_from, tree, symlinks=True)
        stamp.write_text(made_from.name, encoding="utf-8")
    return tree


def in_guest(path: Path) -> str:
    """Where the chroot and a VM have a file of the project."""
    return f"{guests.PROJECT_MOUNT}/{path.relative_to(paths.PROJECT)}"


def make(guest: Guest, kernel: Kernel, *arguments: str) -> None:
    """make in the copy's selftests."""
    done = _run_make(guest, kernel, "FORCE_TARGETS=1", *arguments)
    if done.returncode:
        raise VmError(f"make {' '.join(arguments)} for {kernel.name} failed:\n"
                      + "\n".join(done.stdout.splitlines()[-30:]))


def make_what_builds(guest: Guest, kernel: Kernel,
                     *arguments: str) -> list[str]:
    """The same, but goes on after errors.  Returns what was not built."""
    done = _run_make(guest, kernel, "--keep-going", *arguments)
    return re.findall(r"^make.*\*\*\* \[.*/([\w.-]+)\] Error", done.stdout, re.M)


def _run_make(guest: Guest, kernel: Kernel,
              *arguments: str) -> subprocess.CompletedProcess[str]:
    folder = copy(guest, kernel) / SELFTESTS
    command = guest.chroot(
        ["make", "-s", "-C", in_guest(folder), f"-j{os.cpu_count()}",
         *arguments], {paths.PROJECT: guests.PROJECT_MOUNT}, "/")
    return subprocess.run(command, check=False, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
