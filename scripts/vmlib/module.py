# SPDX-License-Identifier: GPL-2.0-only
"""Builds mmscope.ko, or the tests' module, inside the guest's userland.

The sources are copied into the cache first: no object file ever lands in the
project, and only what changed is compiled again.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import guest as guests
from . import paths, progress
from .guest import Guest
from .packages import Kernel
from .paths import VmError

# Said by the headers themselves, whatever is built against them.
WARNING = re.compile(r"\b(warning|error):|^(WARNING|ERROR):")
NOISE = re.compile(r"compiler differs from the one used to build the kernel"
                   r"|Skipping BTF generation")


@dataclass(frozen=True)
class Build:
    """What came of it."""

    module: Path
    output: str         # make's

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.output.splitlines()
                if WARNING.search(line) and not NOISE.search(line)]


@dataclass(frozen=True)
class Tree:
    """A module's sources: top, a file there, and a folder with the others."""

    top: Path
    makefile: str
    folder: str
    result: str


MMSCOPE = Tree(paths.PROJECT, "Kbuild", "module", "module/mmscope.ko")
# No part of mmscope: pages for the tests to find.
KNOWN_PAGES = Tree(paths.PROJECT / "selftests/kmod", "Kbuild", ".",
                   "known_pages.ko")

# What a build in the project's own folder leaves there.
RESULT = re.compile(r"\.(o|ko|mod|mod\.c|cmd|symvers)$|^\.|^modules\.order$")


def sources(tree: Tree) -> dict[Path, bytes]:
    """The makefile and everything in the folder that no build has made."""
    found = {tree.top / tree.makefile}
    for folder, _, names in os.walk(tree.top / tree.folder):
        found |= {Path(folder) / n for n in names if not RESULT.search(n)}
    return {path.relative_to(tree.top): path.read_bytes()
            for path in sorted(found) if path.is_file()}


def _copy_changed(files: dict[Path, bytes], work: Path) -> None:
    listing = work / ".sources"
    before = listing.read_text(encoding="utf-8").split("\n") \
        if listing.exists() else []
    for name in before:
        if name and Path(name) not in files:
            (work / name).unlink(missing_ok=True)
    for path, content in files.items():
        target = work / path
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    listing.write_text("\n".join(map(str, files)), encoding="utf-8")


def build(guest: Guest, kernel: Kernel, *make_args: str,
          tree: Tree = MMSCOPE) -> Build:
    """Builds a module; each make_args (W=1, C=2) has its own work folder."""
    files = sources(tree)
    if Path(tree.makefile) not in files:
        raise VmError(f"there is no module to build here (no {tree.makefile})")
    work = paths.cache_dir() / "modules" / \
        paths.digest(str(tree.top)) / kernel.release
    if make_args:
        work = work.with_name(f"{work.name}-{paths.digest(*make_args)}")
    work.mkdir(parents=True, exist_ok=True)
    made_from: list[str | bytes] = [guest.key, kernel.release, *make_args]
    for path, content in files.items():
        made_from += [str(path), content]
    key = paths.digest(*made_from)
    # What is compiled already would not be warned about again.
    targets = ["clean", "modules"] if make_args else ["modules"]
    stamp = work / ".built"
    kept = work / ".output"
    module = work / tree.result
    with paths.locked(f"modules/{work.parent.name}/{work.name}"):
        if stamp.exists() and stamp.read_text(encoding="ascii") == key:
            return Build(module, kept.read_text(encoding="utf-8"))
        stamp.unlink(missing_ok=True)
        _copy_changed(files, work)
        argv = ["make", "-C", f"/lib/modules/{kernel.release}/build",
                f"M={guests.BUILD_MOUNT}", f"-j{os.cpu_count()}",
                *make_args, *targets]
        command = guest.chroot(argv, {work: guests.BUILD_MOUNT}, "/")
        name = module.stem
        with progress.step(f"building {name} for {kernel.release}"):
            done = subprocess.run(command, check=False, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        output = done.stdout.replace(f"{guests.BUILD_MOUNT}/", "")
        if done.returncode or not module.exists():
            sys.stderr.write(output)
            raise VmError(f"{name} does not build for {kernel.release}; "
                          "the compiler's output is above")
        kept.write_text(output, encoding="utf-8")
        stamp.write_text(key, encoding="ascii")
    return Build(module, output)


def for_loading(guest: Guest, kernel: Kernel, tree: Tree = MMSCOPE) -> bytes:
    """A module as a distribution would ship it, without DWARF."""
    built = build(guest, kernel, tree=tree)
    if built.warnings:
        sys.stderr.write(built.output)
    stripped = built.module.with_suffix(".stripped.ko")
    with paths.locked(f"modules/strip-{built.module.stem}-{kernel.release}"):
        if not stripped.exists() or \
                stripped.stat().st_mtime < built.module.stat().st_mtime:
            folder = guests.BUILD_MOUNT
            command = guest.chroot(
                ["strip", "--strip-debug", "-o", f"{folder}/{stripped.name}",
                 f"{folder}/{built.module.name}"],
                {built.module.parent: folder}, "/")
            subprocess.run(command, check=True)
        return stripped.read_bytes()
