# SPDX-License-Identifier: GPL-2.0-only
"""The initial RAM disk: busybox, a few drivers and what one run needs."""

import lzma
import os
import stat
from pathlib import Path

from . import paths
from .guest import Guest
from .packages import Kernel
from .paths import VmError

HERE = Path(__file__).parent

# For the root file system, the project's folder and the command's output.
# crc32c is what ext4 asks the crypto API for by name.
DRIVERS = ("virtio_pci", "virtio_blk", "virtio_console", "crc32c_generic",
           "ext4", "9pnet_virtio", "9p")


class Cpio:
    """An archive in the format that the kernel unpacks (newc)."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.folders: set[str] = set()
        self.inode = 0

    def _entry(self, name: str, mode: int, content: bytes) -> None:
        self.inode += 1
        raw = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0,
                  len(raw), 0)
        self.data += b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self._pad()
        self.data += content
        self._pad()

    def _pad(self) -> None:
        self.data += b"\0" * (-len(self.data) % 4)

    def folder(self, name: str) -> None:
        if name and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self._entry(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name: str, content: bytes, mode: int = 0o644) -> None:
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, content)

    def finish(self) -> bytes:
        self._entry("TRAILER!!!", 0, b"")
        return bytes(self.data)


def _unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(raw)
    if path.suffix != ".ko":
        raise VmError(f"no way to unpack {path}")
    return raw


def _load_order(modules: Path) -> list[Path]:
    """The files of DRIVERS, each after those that it needs."""
    needs: dict[str, list[str]] = {}
    files: dict[str, str] = {}
    listed = (modules / "modules.dep").read_text(encoding="ascii")
    for line in listed.splitlines():
        name, _, rest = line.partition(":")
        needs[name] = rest.split()
        base = os.path.basename(name).split(".")[0].replace("-", "_")
        files[base] = name
    order: list[str] = []

    def add(name: str) -> None:
        for need in needs[name]:
            add(need)
        if name not in order:
            order.append(name)

    for driver in DRIVERS:
        if driver in files:         # else it is built in
            add(files[driver])
    return [modules / name for name in order]


def base(guest: Guest, kernel: Kernel) -> Path:
    """The part of the RAM disk that is the same in every run."""
    init = (HERE / "initrd-init").read_bytes()
    key = paths.digest(guest.key, kernel.release, init, *DRIVERS)
    final = guest.base / f"initrd-{key}"
    if final.exists():
        return final
    archive = Cpio()
    for folder in ("dev", "proc", "root"):
        archive.folder(folder)
    archive.file("bin/busybox",
                 (guest.root / "usr/bin/busybox").read_bytes(), 0o755)
    archive.file("init", init, 0o755)
    for number, module in enumerate(_load_order(guest.modules(kernel))):
        name = module.name.split(".")[0]
        archive.file(f"drivers/{number:02}-{name}.ko", _unpacked(module))
    scratch = final.with_name(f".{final.name}.{os.getpid()}")
    scratch.write_bytes(archive.finish())
    scratch.rename(final)
    return final


def for_run(files: dict[str, bytes]) -> bytes:
    """An archive that puts files and the guest's init into /run/mmscope."""
    archive = Cpio()
    archive.file("run/init", (HERE / "guest-init").read_bytes(), 0o755)
    for name, content in files.items():
        archive.file(f"run/{name}", content, 0o755)
    return archive.finish()
