# SPDX-License-Identifier: GPL-2.0-only
"""Builds mmscope.ko, or the tests' module, inside the guest's userland.

The sources are copied into the cache first: no object file ever lands in the
project, and only what changed is compiled again, in whichever checkout.
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


# Of what was compiled in any checkout; a build of mmscope takes 20M.
CCACHE_SIZE = "1G"

# What make is told for a build that is also checked: the same code, and warnings.
# Newer kernels use __typeof_unqual__ and refuse a sparse that does not know
# it, as Debian's does not: they would only say so and leave sparse out.
CHECKED = ("W=1", "C=2", "KBUILD_CHECKSRC=2",
           "CF=-D__typeof_unqual__=__typeof__")


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


class Workshop:
    """Where a module is built with some arguments for make."""

    def __init__(self, guest: Guest, kernel: Kernel, tree: Tree,
                 make_args: tuple[str, ...]) -> None:
        self.guest = guest
        self.kernel = kernel
        self.make_args = make_args
        self.files = sources(tree)
        if Path(tree.makefile) not in self.files:
            raise VmError("there is no module to build here "
                          f"(no {tree.makefile})")
        work = paths.cache_dir() / "modules" / \
            paths.digest(str(tree.top)) / kernel.release
        if make_args:
            work = work.with_name(f"{work.name}-{paths.digest(*make_args)}")
        self.work = work
        self.module = work / tree.result
        self.stamp = work / ".built"
        self.kept = work / ".output"
        made_from: list[str | bytes] = [guest.key, kernel.release, *make_args]
        for path, content in self.files.items():
            made_from += [str(path), content]
        self.key = paths.digest(*made_from)

    def built(self) -> Build | None:
        """What was built before, if it is of these sources."""
        if not self.stamp.exists() or \
                self.stamp.read_text(encoding="ascii") != self.key:
            return None
        return Build(self.module, self.kept.read_text(encoding="utf-8"))

    def build(self) -> Build:
        self.work.mkdir(parents=True, exist_ok=True)
        with paths.locked(f"modules/{self.work.parent.name}/{self.work.name}"):
            return self.built() or self._make()

    def _make(self) -> Build:
        self.stamp.unlink(missing_ok=True)
        _copy_changed(self.files, self.work)
        # What is compiled already would not be warned about again.
        targets = ["clean", "modules"] if self.make_args else ["modules"]
        compiled = paths.cache_dir() / "ccache"
        compiled.mkdir(exist_ok=True)
        where, binds = self.guest.kernel_tree(self.kernel)
        argv = ["env", f"CCACHE_DIR={guests.CCACHE_MOUNT}",
                f"CCACHE_MAXSIZE={CCACHE_SIZE}",
                "make", "-C", where,
                f"M={guests.BUILD_MOUNT}", f"-j{os.cpu_count()}",
                "DEBIAN_KERNEL_USE_CCACHE=1", *self.make_args, *targets]
        command = self.guest.chroot(
            argv, {self.work: guests.BUILD_MOUNT,
                   compiled: guests.CCACHE_MOUNT, **binds}, "/")
        name = self.module.stem
        with progress.step(f"building {name} for {self.kernel.release}"):
            done = subprocess.run(command, check=False, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        output = done.stdout.replace(f"{guests.BUILD_MOUNT}/", "")
        if done.returncode or not self.module.exists():
            sys.stderr.write(output)
            raise VmError(f"{name} does not build for {self.kernel.release}; "
                          "the compiler's output is above")
        self.kept.write_text(output, encoding="utf-8")
        self.stamp.write_text(self.key, encoding="ascii")
        return Build(self.module, output)


def build(guest: Guest, kernel: Kernel, *make_args: str,
          tree: Tree = MMSCOPE) -> Build:
    """Builds a module; each make_args (W=1, C=2) has its own work folder."""
    return Workshop(guest, kernel, tree, make_args).build()


def for_loading(guest: Guest, kernel: Kernel, tree: Tree = MMSCOPE) -> bytes:
    """A module as a distribution would ship it, without DWARF.

    One that was built to be checked is as good.
    """
    built = Workshop(guest, kernel, tree, CHECKED).built()
    if not built:
        built = build(guest, kernel, tree=tree)
        if built.warnings:
            sys.stderr.write(built.output)
    stripped = built.module.with_suffix(".stripped.ko")
    name = f"{built.module.stem}-{paths.digest(str(built.module))}"
    with paths.locked(f"modules/strip-{name}"):
        if not stripped.exists() or \
                stripped.stat().st_mtime < built.module.stat().st_mtime:
            folder = guests.BUILD_MOUNT
            command = guest.chroot(
                ["strip", "--strip-debug", "-o", f"{folder}/{stripped.name}",
                 f"{folder}/{built.module.name}"],
                {built.module.parent: folder}, "/")
            subprocess.run(command, check=True)
        return stripped.read_bytes()
