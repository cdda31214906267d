# SPDX-License-Identifier: GPL-2.0-only
"""mmscope trace: what happens in memory management, by bpftrace."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Iterator, List, Optional, Union

from .. import tracescript
from ..arguments import address
from ..bpftrace import Bpftrace, Command
from ..errors import Failure, Usage
from ..processes import noted
from ..terminal import Screen
from ..tracefs import Kernel
from ..tracelife import Life, Victim
from ..traceoom import Oom
from ..tracerun import Observer, Run, Sink
from ..tracetables import Decoder
from ..tree import Tree

NAME = "trace"
HELP = "show what happens in memory management, by bpftrace; without a name, list what there is"
WORDS = False
PROGRAM = True
EXAMPLES = """\
examples:
  mmscope trace
  mmscope trace faults --duration 10
  mmscope trace faults --pid 4711
  mmscope trace cow -- make -j2
  mmscope trace oom
  mmscope trace life
  mmscope trace tlb --print | bpftrace /dev/stdin 0

It takes bpftrace some seconds to attach; a command after -- begins when it has.
What is asked about a process is asked about all that it forks from then on, too.
Without --duration, a process or a command it goes on until Ctrl-C.

It is bpftrace that probes the kernel, not the module; the tables mmscope adds
are the module's.
"""

LIFE, OOM = "life", "oom"
_PERIOD = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("script", nargs="?", metavar="NAME", help="what to trace")
    add("--duration", type=_seconds, metavar="S", help="end after S seconds")
    add("--pid", type=_pid, metavar="PID", help="only this process, and what it forks")
    add("--addr", type=address, metavar="ADDR", help="life: of this page of the process")
    add("--json", action="store_true", help="one JSON object, at the end")
    add("--print", dest="show", action="store_true",
        help="write the script for this kernel, and do nothing")
    parser.usage = "mmscope trace [-h] [options] [NAME] [-- CMD…]"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 10**8:
        raise argparse.ArgumentTypeError(f"expected seconds, not '{text}'")
    return seconds


def _pid(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a process number, not '{text}'")
    return int(text)


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Trace."""
    if not args.script:
        return _list()
    _check_usage(args)
    kernel = Kernel()
    kernel.check()
    script = tracescript.load(args.script, kernel)
    if not script.follows and (args.program or args.pid):
        raise Usage(f"{script.name} is about the whole machine, not about a process")
    text = script.text(kernel)
    if args.show:
        sys.stdout.write(text)
        return 0
    if script.name in (LIFE, OOM):
        tree.check()
    with ExitStack() as stack, _careful():
        status = _trace(_Job(tree, kernel, script, text, args), stack)
    return status


def _check_usage(args: argparse.Namespace) -> None:
    tracescript.read(args.script)       # Whether there is one.
    if args.program is not None and not args.program:
        raise Usage("there is no command behind '--'")
    if args.program and args.pid:
        raise Usage("--pid or a command, not both")
    if args.script == LIFE and (args.program or bool(args.pid) != bool(args.addr)):
        raise Usage("life is about one page: of a process of its own, or --pid with --addr")
    if args.addr and args.script != LIFE:
        raise Usage("--addr is for life only")


def _list() -> int:
    screen = Screen(sys.stdout)
    scripts = [tracescript.read(name) for name in tracescript.names()]
    width = max(len(script.name) for script in scripts)
    for script in scripts:
        screen.line((f"{script.name:{width}}", "bold"), (f"  {script.question}", ""))
    return 0


@contextmanager
def _careful() -> Iterator[None]:
    """Have SIGTERM end it as Ctrl-C does."""
    def end(number: int, frame: Optional[FrameType]) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _watch(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise Failure(f"there is no process {pid}") from error


class _Job:
    """What is to be done."""

    def __init__(self, tree: Tree, kernel: Kernel, script: tracescript.Script, text: str,
                 args: argparse.Namespace) -> None:
        self.tree = tree
        self.kernel = kernel
        self.script = script
        self.text = text
        self.duration: Optional[float] = args.duration
        self.as_json: bool = args.json
        self.pid: int = args.pid or 0
        self.address = int(args.addr, 16) if args.addr else 0
        self.child: Union[Command, Victim, None] = None
        if args.program:
            self.child = Command(args.program)
        elif script.name == LIFE and not self.pid:
            self.child = Victim()

    def observer(self, decode: Decoder) -> Optional[Observer]:
        """What adds mmscope's own knowledge to what this script prints."""
        if self.script.name == OOM:
            return Oom(self.tree, decode)
        if self.script.name == LIFE:
            victim = self.child if isinstance(self.child, Victim) else None
            return Life(self.tree, self.child.pid if self.child else self.pid, self.address,
                        victim)
        return None


def _trace(job: _Job, stack: ExitStack) -> int:
    pid, watched, words = job.pid, [], []
    if job.child:
        stack.callback(job.child.end)
        pid, watched = job.child.pid, [job.child.fd]
    elif pid:
        watched = [_watch(pid)]
        stack.callback(os.close, watched[0])
    if pid:
        words = [f"pid={pid}"]
    tracer = stack.enter_context(Bpftrace(job.text, [pid, job.address]))
    decode = Decoder(job.kernel)
    run_ = Run(job.script, tracer, Sink(job.script.name, job.as_json), decode,
               job.observer(decode))
    _attach(tracer)
    run_.begin(words)
    # That is how most traces end, and what an event leads to is still to be shown.
    with noted((signal.SIGINT, signal.SIGTERM)) as told:
        if job.child:
            job.child.begin()
        _go_on(run_, [*watched, told], job.duration)
    status = run_.end()
    if isinstance(job.child, Command) and job.child.done:
        return job.child.wait() or status
    return status


def _attach(tracer: Bpftrace) -> None:
    """Wait until all probes are there, and say so if somebody watches."""
    began = time.monotonic()
    shown = sys.stderr.isatty()
    try:
        while True:
            if shown:
                sys.stderr.write(f"\r\x1b[Kattaching… {time.monotonic() - began:.0f} s")
                sys.stderr.flush()
            message = tracer.message((), _PERIOD)
            if message and message.get("data") == tracescript.READY + "\n":
                return
            if tracer.ended:
                raise tracer.failure()
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _go_on(run_: Run, watched: List[int], duration: Optional[float]) -> None:
    """Until there is a reason to end."""
    end = time.monotonic() + duration if duration else None
    while run_.take(watched, None if end is None else max(end - time.monotonic(), 0)):
        pass
