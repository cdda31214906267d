# SPDX-License-Identifier: GPL-2.0-only
"""KVM or emulation?

/dev/kvm can exist, open, and still hang every guest, so it is used only after
a kernel has reached user space under it within a short time.
"""

import functools
import json
import os
import platform
import re
import subprocess
import tempfile
from pathlib import Path

from . import initrd, paths, progress
from .guest import Guest

PROBE_SECONDS = 15
MARKER = b"mmscope-probe-reached-userspace"


@functools.cache
def _qemu_version() -> str:
    return subprocess.run(["qemu-system-x86_64", "--version"], check=False,
                          capture_output=True, text=True
                          ).stdout.partition("\n")[0]


def tcg_threads() -> str:
    """Whether emulated CPUs may run in parallel.

    Before 8.1 QEMU can run code that the guest has just patched: one boot in
    about ten ends with "Oops: int3" (accel/tcg: Always lock pages before
    translation).
    """
    found = re.search(r"version (\d+)\.(\d+)", _qemu_version())
    new = found and (int(found[1]), int(found[2])) >= (8, 1)
    return "multi" if new else "single"


def _this_machine() -> str:
    """Changes with whatever could change the probe's outcome."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    model = next((line for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "")
    return paths.digest(platform.release(), boot, model, _qemu_version())


def _probe(guest: Guest) -> bool:
    kernel = guest.kernels[-1]
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        command = [
            "setpriv", "--pdeathsig", "KILL",
            "qemu-system-x86_64", "-accel", "kvm", "-cpu", "max", "-m", "512",
            "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-kernel", str(guest.vmlinuz(kernel)),
            "-initrd", str(initrd.base(guest, kernel)),
            "-append", "console=ttyS0 panic=-1 mmscope.probe",
            "-serial", f"file:{log.name}",
        ]
        try:
            subprocess.run(command, check=False, timeout=PROBE_SECONDS,
                           stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            pass
        return MARKER in Path(log.name).read_bytes()


def choose(guest: Guest) -> str:
    """Returns kvm or tcg; the probe's answer is kept until a reboot."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    machine = _this_machine()
    path = paths.cache_dir() / "accel.json"
    with paths.locked("accel"):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["machine"] == machine and kept["accel"] in ("kvm", "tcg"):
                return str(kept["accel"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        with progress.step("trying whether KVM works here"):
            accel = "kvm" if _probe(guest) else "tcg"
        if accel == "tcg":
            progress.say("/dev/kvm exists but no guest reached user space "
                         f"within {PROBE_SECONDS} s: emulating")
        paths.write_atomic(path, json.dumps(
            {"machine": machine, "accel": accel}))
    return accel
