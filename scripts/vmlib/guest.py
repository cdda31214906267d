# SPDX-License-Identifier: GPL-2.0-only
"""The one guest userland: a Debian tree with three kernels, and its image."""

import concurrent.futures
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import kselftest, packages, paths, progress, source
from .packages import Answer, Apt, Kernel
from .paths import VmError

# Building modules and tests, running tests, reading what the kernel says.
PACKAGES = (
    "bpftrace", "busybox-static", "ccache", "cpio", "dkms", "e2fsprogs", "gcc",
    "gcc-12", "kmod", "libc6-dev", "libcap-dev", "libnuma-dev", "make",
    "numactl", "procps", "python3", "python3-pil", "python3-rich",
    "sparse", "util-linux",
    # Building a kernel, and the kernel's own selftests.
    "bc", "bison", "flex", "libelf-dev", "libssl-dev", "liburing-dev",
    "pahole", "rsync",
    # Stands in for the initrd generators that the kernels ask for.
    "tiny-initramfs",
)

# What no VM here has hardware for, or nobody reads there.
EXCLUDED = (
    "/etc/kernel/*",                    # no initrds, no boot loader
    "/usr/share/doc/*", "/usr/share/i18n/*", "/usr/share/locale/*",
    "/usr/share/man/*",
    *(f"*/lib/modules/*/kernel/{part}/*" for part in (
        "sound", "drivers/gpu", "drivers/iio", "drivers/infiniband",
        "drivers/media", "drivers/net/ethernet", "drivers/net/wireless",
        "drivers/scsi", "drivers/staging", "drivers/usb")),
)

# In place in both the tree and a VM.
PROJECT_MOUNT = "/mmscope"
BUILD_MOUNT = "/build"
SOURCE_MOUNT = "/usr/src/linux"
KERNEL_MOUNT = "/kernel"
CCACHE_MOUNT = "/ccache"
KSELFTEST = "/usr/src/kselftest"

SPARE_BYTES = 3 << 30


@dataclass(frozen=True)
class Guest:
    """A finished userland."""

    base: Path
    answer: Answer
    kernels: list[Kernel]       # that have their packages in it

    @property
    def key(self) -> str:
        return self.base.name

    @property
    def root(self) -> Path:
        return self.base / "root"

    @property
    def image(self) -> Path:
        return self.base / "root.img"

    def vmlinuz(self, kernel: Kernel) -> Path:
        if kernel.built:
            return Path(kernel.built) / "arch/x86/boot/bzImage"
        return self.root / "boot" / f"vmlinuz-{kernel.release}"

    def modules(self, kernel: Kernel) -> Path:
        if kernel.built:
            return Path(kernel.built) / "installed/lib/modules" / \
                kernel.release
        return self.root / "usr/lib/modules" / kernel.release

    def kernel_tree(self, kernel: Kernel) -> tuple[str, dict[Path, str]]:
        """Where modules for kernel are built, and what to mount for that."""
        if not kernel.built:
            return f"/lib/modules/{kernel.release}/build", {}
        sources = source.tree(self.answer, kernel)
        return KERNEL_MOUNT, {sources: SOURCE_MOUNT,
                              Path(kernel.built): KERNEL_MOUNT}

    def chroot(self, argv: list[str], binds: dict[Path, str],
               cwd: str) -> list[str]:
        """The command that runs argv inside the tree, which stays as it is.

        What it changes goes to memory and is thrown away.
        """
        need_root()
        (self.base / "mnt").mkdir(exist_ok=True)
        mnt = shlex.quote(str(self.base / "mnt"))
        root = f"{mnt}/root"
        script = [
            "set -e",
            f"mount -t tmpfs tmpfs {mnt}",
            f"mkdir {mnt}/upper {mnt}/work {root}",
            f"mount -t overlay -o lowerdir={shlex.quote(str(self.root))},"
            f"upperdir={mnt}/upper,workdir={mnt}/work overlay {root}",
            f"mount -t proc proc {root}/proc",
            f"mount --rbind /dev {root}/dev",
            *(f"mount --bind {shlex.quote(str(src))} {root}{dst}"
              for src, dst in binds.items()),
            f"exec chroot {root} env -i HOME=/root LANG=C.UTF-8 "
            'PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM="$TERM" '
            """sh -c 'cd "$1"; shift; exec "$@"' sh "$@\"""",
        ]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                "\n".join(script), "sh", cwd, *argv]


def need_root() -> None:
    if os.geteuid():
        raise VmError("root is needed to build and enter the guest's "
                      "userland; run this with sudo")


def _mmdebstrap(apt: Apt, kernels: list[Kernel], root: Path,
                log: Path) -> None:
    include = list(PACKAGES)
    for kernel in kernels:
        include += kernel.packages()
    lists, preferences = (shlex.quote(str(p))
                          for p in (apt.lists, apt.preferences))
    hook = ('mkdir -p "$1/etc/apt/preferences.d" "$1/var/lib/apt/lists" && '
            f'cp {preferences} "$1/etc/apt/preferences.d/mmscope" && '
            f'cp -r {lists}/. "$1/var/lib/apt/lists/"')
    mounts = (PROJECT_MOUNT, BUILD_MOUNT, CCACHE_MOUNT, SOURCE_MOUNT,
              KERNEL_MOUNT)
    folders = " ".join(f'"$1{d}"' for d in mounts)
    command = [
        "mmdebstrap", "--variant=minbase", "--architectures=amd64",
        "--mode=root", "--format=directory", "--skip=update",
        f"--include={','.join(include)}",
        f"--setup-hook={hook}",
        f"--customize-hook=mkdir -p {folders}",
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED),
        "trixie", str(root), str(apt.sources),
    ]
    # mmdebstrap reads the host's proxy settings by itself, but not these.
    for name in ("Check-Valid-Until", "Check-Date"):
        value = subprocess.run(["apt-config", "shell", "V",
                                f"Acquire::{name}"], check=False,
                               capture_output=True, text=True).stdout
        if "false" in value:
            command.insert(1, f'--aptopt=Acquire::{name} "false"')
    with open(log, "w", encoding="utf-8") as handle:
        done = subprocess.run(command, check=False, stdout=handle,
                              stderr=subprocess.STDOUT)
    if done.returncode:
        raise VmError(f"mmdebstrap failed; its output is in {log}")


def _make_image(root: Path, image: Path) -> None:
    used = int(subprocess.run(["du", "-sk", str(root)], check=True,
                              capture_output=True, text=True
                              ).stdout.split()[0]) * 1024
    with open(image, "wb") as handle:
        handle.truncate(used + used // 8 + SPARE_BYTES)
    done = subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-L", "mmscope", "-m", "0",
         "-O", "^has_journal", "-E", "lazy_itable_init=1", "-d", str(root),
         str(image)], check=False, capture_output=True, text=True)
    if done.returncode:
        raise VmError(f"mke2fs failed: {done.stderr.strip()}")


def _build(answer: Answer, kernels: list[Kernel], base: Path) -> None:
    need_root()
    if not shutil.which("mmdebstrap"):
        raise VmError("mmdebstrap is not installed; run scripts/setup")
    apt = Apt(answer.sources)
    if not any(apt.lists.glob("*Packages*")):
        apt.update()
    log = paths.cache_dir() / "guest.log"
    with paths.fresh_dir(base) as scratch, \
            concurrent.futures.ThreadPoolExecutor() as pool:
        root = scratch / "root"
        harness = pool.submit(kselftest.fetch, apt, answer.kernel("latest"))
        with progress.step("building the guest userland"):
            _mmdebstrap(apt, kernels, root, log)
        with progress.step("fetching the kernel's test harness"):
            shutil.copytree(harness.result(), root / KSELFTEST.lstrip("/"),
                            symlinks=True)
        with progress.step("making the guest's disk image"):
            _make_image(root, scratch / "root.img")


def get(answer: Answer | None = None, realtime: bool = False) -> Guest:
    """The guest userland, built if it is not there yet.

    One of its own has the real-time kernels: few need them.
    """
    answer = answer or packages.resolve()
    names = packages.REALTIME if realtime else packages.KERNELS
    kernels = [k for k in answer.kernels if k.name in names]
    made_from = [answer.sources, packages.PREFERENCES, *PACKAGES, *EXCLUDED,
                 *kselftest.WANTED]
    for kernel in kernels:
        made_from += [kernel.release, kernel.version]
    kind = "guest-rt" if realtime else "guest"
    base = paths.cache_dir() / f"{kind}-{paths.digest(*made_from)}"
    with paths.locked("guest"):
        if not base.is_dir():
            _build(answer, kernels, base)
        paths.remove_older(base, f"{kind}-[0-9a-f]*")
    return Guest(base, answer, kernels)
