# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that watches itself, built from Debian's sources with debug.config.

It stays in the cache: a quarter of an hour on two cores, once.
"""

import os
import re
import subprocess
from pathlib import Path

from . import guest as guests
from . import paths, progress, source
from .guest import Guest
from .packages import Kernel
from .paths import VmError

NAME = "debug"
# The source it is made from.
OF = "6.12"
CONFIG = Path(__file__).with_name("debug.config")
BASE = ("x86_64_defconfig", "kvm_guest.config")

# What building modules against it still needs of what was compiled.
KEPT = ("tools", "scripts")


def _wanted() -> dict[str, str]:
    """What debug.config asks for: option and its line."""
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if match := re.match(r"(?:# )?(CONFIG_\w+)(?:=| is not set)", line):
            found[match[1]] = line
    return found


def _check_config(path: Path) -> None:
    """An option that another one forbids would be gone without a word."""
    got = path.read_text(encoding="utf-8").splitlines()
    for option, line in _wanted().items():
        if line.startswith("#"):
            missing = any(g.startswith(f"{option}=") for g in got)
        else:
            missing = line not in got
        if missing:
            raise VmError(f"{path}: the kernel does not want {line}")


def _make(guest: Guest, tree: Path, work: Path, *arguments: str) -> None:
    command = guest.chroot(
        ["make", "-s", "-C", guests.SOURCE_MOUNT, f"O={guests.KERNEL_MOUNT}",
         f"-j{os.cpu_count()}", "KBUILD_BUILD_TIMESTAMP=1970-01-01",
         "KBUILD_BUILD_USER=mmscope", "KBUILD_BUILD_HOST=mmscope", *arguments],
        {tree: guests.SOURCE_MOUNT, work: guests.KERNEL_MOUNT}, "/")
    log = paths.cache_dir() / "debug-kernel.log"
    with open(log, "a", encoding="utf-8") as handle:
        done = subprocess.run(command, check=False, stdout=handle,
                              stderr=subprocess.STDOUT)
    if done.returncode:
        raise VmError(f"the debug kernel does not build; see {log}")


def _configure(guest: Guest, tree: Path, work: Path) -> None:
    _make(guest, tree, work, *BASE)
    config = work / ".config"
    asked = "".join(f"{line}\n" for line in _wanted().values())
    # The last line about an option is the one that counts.
    paths.write_atomic(config, config.read_text(encoding="utf-8") + asked)
    _make(guest, tree, work, "olddefconfig")
    _check_config(config)


def _slim(work: Path) -> None:
    """Objects are most of it and needed by nobody."""
    for folder, folders, names in os.walk(work):
        if Path(folder) == work:
            folders[:] = [f for f in folders if f not in KEPT]
        for name in names:
            if re.search(r"\.(o|a|cmd|o\.d)$", name):
                (Path(folder) / name).unlink()


def _build(guest: Guest, kernel: Kernel, final: Path) -> None:
    guests.need_root()
    (paths.cache_dir() / "debug-kernel.log").unlink(missing_ok=True)
    tree = source.tree(guest.answer, kernel)
    with paths.fresh_dir(final) as work, \
            progress.step("building the debug kernel (a quarter of an hour)"):
        _configure(guest, tree, work)
        _make(guest, tree, work, "bzImage", "modules")
        modules = work / "installed"
        _make(guest, tree, work, "modules_install",
              f"INSTALL_MOD_PATH={guests.KERNEL_MOUNT}/{modules.name}")
        _slim(work)


def get(guest: Guest) -> Kernel:
    """The debug kernel, built if it is not there yet."""
    of = guest.answer.kernel(OF)
    key = paths.digest(of.version, CONFIG.read_bytes(), *BASE)
    final = paths.cache_dir() / f"debug-kernel-{key}"
    with paths.locked("debug-kernel"):
        if not final.is_dir():
            _build(guest, of, final)
        paths.remove_older(final, "debug-kernel-*")
    release = (final / "include/config/kernel.release").read_text(
        encoding="ascii").strip()
    return Kernel(NAME, release, of.version, str(final))


def find(guest: Guest, name: str) -> Kernel:
    """The kernel that the user calls so."""
    return get(guest) if name == NAME else guest.answer.kernel(name)


__all__ = ["NAME", "find", "get"]
