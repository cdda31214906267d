# SPDX-License-Identifier: GPL-2.0-only
"""Runs one command, or a shell, in one VM that always ends."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import accel, initrd, module, paths, progress, splats
from .guest import Guest, PROJECT_MOUNT
from .packages import Kernel
from .paths import VmError

# Instead of the command's own exit status.
TIMED_OUT = 124
VM_FAILED = 125

# What is kept of translated code.  Of QEMU's default, a gigabyte, most is of
# processes long gone: 1500 of them took a quarter longer to run.
TCG_CODE_MB = 64

SHUTDOWN_SECONDS = 20
KEPT_LOGS = 40

# Bits of /proc/sys/kernel/tainted: bad page, died, warned, locked up.
BAD_TAINT = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14


@dataclass
class Options:
    """What the VM is to be like."""

    kernel: Kernel
    memory_mb: int = 2048
    cpus: int = 2
    nodes: int = 1
    la57: bool = False
    swap_mb: int = 0
    hotplug_mb: list[int] = field(default_factory=list)
    icount: bool = False
    turns_us: int = 0
    append: list[str] = field(default_factory=list)
    timeout: float = 600
    load: bool = True
    accel: str = "auto"
    verbose: bool = False
    quiet: bool = False


class Pipe:
    """Carries what the guest writes to one port to one of our files."""

    def __init__(self, target: int | None) -> None:
        self.reader, self.writer = os.pipe()
        self.target = target
        self.data = bytearray()
        self.changed = threading.Event()
        self.thread = threading.Thread(target=self._pump, daemon=True)

    def _pump(self) -> None:
        while chunk := os.read(self.reader, 65536):
            if self.target is None:
                self.data += chunk
                self.changed.set()
                continue
            try:
                while chunk:
                    chunk = chunk[os.write(self.target, chunk):]
            except OSError:     # nobody reads us any more: drain the guest
                self.target = os.open(os.devnull, os.O_WRONLY)

    def start(self) -> None:
        """To be called once QEMU holds the writing end."""
        os.close(self.writer)
        self.thread.start()


def _log_path(kernel: Kernel) -> Path:
    folder = paths.out_dir() / "vm"
    folder.mkdir(exist_ok=True)
    old = sorted(folder.glob("*.log"), key=lambda p: p.stat().st_mtime)
    for path in old[:-KEPT_LOGS]:
        path.unlink(missing_ok=True)
    stamp = time.strftime("%H%M%S")
    return folder / f"{kernel.name}-{stamp}-{os.getpid()}.log"


def _dimms(sizes_mb: list[int]) -> list[str]:
    """Modules of memory that the guest may eject."""
    arguments = []
    for slot, size in enumerate(sizes_mb):
        arguments += [
            "-object", f"memory-backend-ram,id=plug{slot},size={size}M",
            "-device", f"pc-dimm,id=dimm{slot},memdev=plug{slot}"]
    return arguments


def _machine(options: Options, kvm: bool) -> list[str]:
    plugs = options.hotplug_mb
    slots = f",slots={len(plugs)},maxmem={options.memory_mb + sum(plugs)}M"
    nodes = options.nodes
    cpus = -(-max(options.cpus, nodes) // nodes) * nodes
    threads = "single" if options.icount else accel.tcg_threads()
    arguments = [
        "-accel",
        "kvm" if kvm else f"tcg,thread={threads},tb-size={TCG_CODE_MB}",
        "-cpu", f"max,la57={'on' if options.la57 else 'off'}",
        "-m", f"{options.memory_mb}M{slots if plugs else ''}",
        # A socket for each node: the kernel warns about anything else.
        "-smp", f"{cpus},sockets={nodes},cores={cpus // nodes},threads=1",
    ]
    if nodes > 1:
        share = options.memory_mb // nodes
        per = cpus // nodes
        for node in range(nodes):
            size = share if node else options.memory_mb - share * (nodes - 1)
            first = node * per
            arguments += [
                "-object", f"memory-backend-ram,id=ram{node},size={size}M",
                "-numa", f"node,nodeid={node},memdev=ram{node},"
                         f"cpus={first}-{first + per - 1}"]
    arguments += _dimms(plugs)
    if options.icount:
        arguments += ["-icount", "shift=0,sleep=off"]
    if options.turns_us:
        # A turn ends with the next timer.  This one does nothing else.
        arguments += ["-netdev", "hubport,id=nobody,hubid=0",
                      "-object", "filter-buffer,id=turns,netdev=nobody,"
                                 f"interval={options.turns_us}"]
    return arguments


def _devices(guest: Guest, swap: Path | None, log: Path) -> list[str]:
    arguments = [
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-serial", f"file:{log}",
        "-drive", f"file={guest.image},format=raw,if=none,id=root,"
                  "snapshot=on,cache=unsafe",
        "-device", "virtio-blk-pci,drive=root",
        "-virtfs", f"local,path={paths.PROJECT},mount_tag=mmscope,"
                   "security_model=none,multidevs=remap",
        "-device", "virtio-serial-pci",
    ]
    if swap:
        arguments += ["-drive", f"file={swap},format=raw,if=none,id=swap,"
                                "cache=unsafe",
                      "-device", "virtio-blk-pci,drive=swap"]
    return arguments


def _ports(pipes: dict[str, Pipe], shell: bool) -> list[str]:
    arguments = []
    if shell:
        arguments += ["-chardev", "stdio,id=console,signal=off",
                      "-device", "virtconsole,chardev=console"]
    for name, pipe in pipes.items():
        arguments += [
            "-chardev", f"file,id={name},path=/proc/self/fd/{pipe.writer}",
            "-device", f"virtserialport,chardev={name},name={name}"]
    return arguments


def _cmdline(options: Options, kvm: bool) -> str:
    words = ["console=ttyS0", "ignore_loglevel", "panic_on_warn=1",
             "oops=panic", "panic=-1", "random.trust_cpu=on",
             "mitigations=off",
             # Emulated CPUs share the host's with whatever else it does.
             "watchdog_thresh=60", "rcupdate.rcu_cpu_stall_timeout=120"]
    if not kvm:
        # QEMU 7.2 translates a program anew for each address that it comes
        # to, so with random ones each process takes four times as long.  And for
        # each byte written to a page it goes through all that was translated of
        # that page: CPUs were seen to stand still for minutes in clear_page(),
        # where libc had been.
        words.append("norandmaps")
        # On a busy host ten ticks take longer than the kernel waits for them at
        # boot, and it panics: "IO-APIC + timer doesn't work".  Under KVM it does
        # not look either.
        words.append("no_timer_check")
    if options.icount:
        words.append("tsc=reliable")
        # While it waits for the host's disk, its clock jumps to the next timer.
        words.append("sysctl.kernel.hung_task_timeout_secs=0")
    if options.hotplug_mb:
        # Only what nothing unmovable is in can be ejected.
        words.append("memhp_default_state=online_movable")
    return " ".join(words + options.append)


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """QEMU makes the terminal raw; a killed QEMU leaves it so."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


class Run:
    """One VM from start to end."""

    def __init__(self, guest: Guest, options: Options,
                 command: list[str] | None) -> None:
        self.guest = guest
        self.options = options
        self.command = command
        self.log = _log_path(options.kernel)
        self.pipes = {"status": Pipe(None)}
        if command is not None:
            self.pipes |= {"out": Pipe(1), "err": Pipe(2)}
        else:
            self.pipes |= {"out": Pipe(2), "err": Pipe(2)}
        chosen = options.accel
        if options.icount:
            chosen = "tcg"
        elif chosen == "auto":
            chosen = accel.choose(guest)
        self.kvm = chosen == "kvm"

    def _run_files(self) -> dict[str, bytes]:
        size = shutil.get_terminal_size()
        settings = (f"load={'1' if self.options.load else ''}\n"
                    f"rows={size.lines} columns={size.columns}\n"
                    f"export MMSCOPE_KERNEL={self.options.kernel.name}\n")
        files = {"settings": settings.encode()}
        if self.command is not None:
            files["command"] = f"exec {shlex.join(self.command)}\n".encode()
        if (paths.PROJECT / "Kbuild").exists():
            files["mmscope.ko"] = module.for_loading(self.guest,
                                                     self.options.kernel)
            files["known_pages.ko"] = module.for_loading(
                self.guest, self.options.kernel, module.KNOWN_PAGES)
        return files

    def _arguments(self, scratch: Path) -> list[str]:
        options = self.options
        disk = scratch / "initrd"
        disk.write_bytes(
            initrd.base(self.guest, options.kernel).read_bytes() +
            initrd.for_run(self._run_files()))
        swap = None
        if options.swap_mb:
            swap = scratch / "swap"
            with open(swap, "wb") as handle:
                handle.truncate(options.swap_mb << 20)
        return ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64",
                *_machine(options, self.kvm),
                *_devices(self.guest, swap, self.log),
                *_ports(self.pipes, self.command is None),
                "-kernel", str(self.guest.vmlinuz(options.kernel)),
                "-initrd", str(disk), "-append",
                _cmdline(options, self.kvm)]

    def _announce(self) -> None:
        options = self.options
        if options.quiet:
            return
        how = "KVM" if self.kvm else "TCG"
        nodes = f", {options.nodes} nodes" if options.nodes > 1 else ""
        progress.say(f"Linux {options.kernel.release} on {how}, "
                     f"{options.cpus} CPUs{nodes}, {options.memory_mb} MB; "
                     f"console in {self._log_name()}")

    def _log_name(self) -> str:
        return os.path.relpath(self.log)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Until QEMU ends or the time is up."""
        status = self.pipes["status"]
        start = time.monotonic()
        until = start + self.options.timeout
        booting = progress.Step("booting")
        ended: float | None = None
        try:
            while process.poll() is None and time.monotonic() < until:
                status.changed.wait(0.1)
                status.changed.clear()
                if b"started" in status.data and not booting.over.is_set():
                    if self.options.verbose:
                        took = time.monotonic() - start
                        progress.say(f"command started after {took:.1f} s")
                    booting.done()
                if b" taint " in status.data and ended is None:
                    ended = time.monotonic()
                    until = min(until, ended + SHUTDOWN_SECONDS)
        finally:
            booting.done()

    def _outcome(self, ended: bool, qemu_status: int | None,
                 message: str) -> int:
        """The command's exit status, if nothing else went wrong."""
        said = self.pipes["status"].data.decode(errors="replace").split("\n")
        last = next((s for s in said if " taint " in s), None)
        found = splats.find(open(self.log, encoding="utf-8",
                                 errors="replace"))
        problem = None
        if found:
            problem = f"the kernel complained: {found[0]}"
        elif last is None and not ended:
            problem = f"the VM was still running after " \
                      f"{self.options.timeout:g} s and was stopped"
        elif last is None:
            problem = "the VM ended before the command did"
            if qemu_status:
                problem = f"QEMU failed: {message.strip()}"
        elif last.startswith("lost"):
            problem = last.removeprefix("lost ").partition(" taint ")[0]
        elif int(last.split(" taint ")[1]) & BAD_TAINT:
            problem = "the kernel is tainted by a warning, oops or lockup"
        elif not ended:
            problem = "the VM did not shut down"
        if problem:
            progress.say(f"{problem}; the console is in {self._log_name()}")
            return TIMED_OUT if last is None and not ended and not found \
                else VM_FAILED
        assert last is not None
        return int(last.split()[1])

    def run(self) -> int:
        """Returns the command's exit status, TIMED_OUT or VM_FAILED."""
        with tempfile.TemporaryDirectory(prefix="mmscope-vm.") as scratch, \
                tempfile.TemporaryFile() as errors, _terminal_kept():
            arguments = self._arguments(Path(scratch))
            self._announce()
            self.log.touch()
            process = subprocess.Popen(
                arguments, stderr=errors,
                stdin=None if self.command is None else subprocess.DEVNULL,
                pass_fds=[p.writer for p in self.pipes.values()],
                env={**os.environ, "TMPDIR": scratch})
            for pipe in self.pipes.values():
                pipe.start()
            try:
                self._wait(process)
                ended = process.poll() is not None
            finally:
                _stop(process)
            for pipe in self.pipes.values():
                pipe.thread.join()
            errors.seek(0)
            message = errors.read().decode(errors="replace")
            return self._outcome(ended, process.returncode, message)


def run(guest: Guest, options: Options, command: list[str] | None) -> int:
    """Runs command in a VM, or a shell if there is none."""
    def terminated(*_: object) -> None:
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, terminated)
    signal.signal(signal.SIGHUP, terminated)
    if not shutil.which("qemu-system-x86_64"):
        raise VmError("QEMU is not installed; run scripts/setup")
    return Run(guest, options, command).run()


__all__ = ["Options", "PROJECT_MOUNT", "TIMED_OUT", "VM_FAILED", "run"]
