# SPDX-License-Identifier: GPL-2.0-only
"""One recording, from its first sample to its last."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Set

from ..errors import Failure
from ..processes import shell_status
from ..show import read_values
from ..tree import Tree
from . import events, marks, sources
from .layout import EVENTS, FORMAT, write_meta
from .recorder import Recorder
from .sources import Source

_END = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_NS = 1_000_000_000

# Why a recording has ended, in meta.json.
BY_COMMAND, BY_SIGNAL, BY_TIME, BY_SIZE, BY_ERROR = "command", "signal", "time", "size", "error"


@dataclass
class Plan:
    """What is wanted."""

    directory: str
    interval: float                 # seconds
    percent: float                  # of one CPU
    seconds: Optional[float]
    limit: int                      # bytes
    views: List[str] = field(default_factory=list)
    events: List[str] = field(default_factory=list)
    program: List[str] = field(default_factory=list)


class Session:
    """Prepares, samples until something ends it, and says what came of it.

    The signals that end it are blocked and waited for, so that none of them
    comes between two steps.
    """

    def __init__(self, tree: Tree, plan: Plan) -> None:
        self._tree = tree
        self._plan = plan
        self._sources: List[Source] = []
        self._missing: List[Dict[str, str]] = []
        self._events: Optional[events.Events] = None
        self._child: Optional[subprocess.Popen[bytes]] = None
        self._mask: Set[Any] = set()
        self._end = set(_END)
        self.meta: Dict[str, Any] = {}

    def run(self) -> int:
        """Do it; return the exit status of the command, or 0; not 0 if it has failed."""
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            # nohup: that it is ignored would not keep it from being waited for.
            self._end.discard(signal.SIGHUP)
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        try:
            failed = self._prepare_and_record()
            return self._wait_for_child() or int(failed)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _prepare_and_record(self) -> bool:
        """Whether that has failed, though the command goes on."""
        try:
            self._open()
            self._record()
        except (Failure, OSError) as failure:
            if not self._child:
                raise
            # Said at once: the command may take hours.
            print(f"mmscope: {failure}", file=sys.stderr, flush=True)
            return True
        finally:
            self._close()
        return False

    @property
    def _signals(self) -> Set[signal.Signals]:
        return self._end | {signal.SIGCHLD}

    def _open(self) -> None:
        if any(not spec.startswith("/") for spec in self._plan.views):
            self._tree.check()
        for spec in self._plan.views:
            source = Source(self._tree, spec)
            try:
                source.open()
                self._sources.append(source)
            except Failure as failure:
                self._missing.append({"name": source.name, "reason": str(failure)})
        if not self._sources:
            raise Failure(f"nothing can be recorded: {self._missing[0]['reason']}")
        sources.with_own_files(self._sources)
        _make_directory(self._plan.directory)
        try:
            self._open_events()
        except (Failure, OSError) as failure:
            self._missing.append({"name": "events", "reason": str(failure)})

    def _open_events(self) -> None:
        if not self._plan.events:
            return
        root = events.place()
        if not root:
            raise Failure("tracefs is not mounted: mount -t tracefs none /sys/kernel/tracing")
        events.remove_stale(root)
        opened = events.Events(root)
        opened.open(self._plan.events)
        self._events = opened
        self._missing += [{"name": name, "reason": "this kernel has no such event"}
                          for name in opened.missing]

    def _close(self) -> None:
        for source in self._sources:
            source.close()
        if self._events:
            self._events.close()

    def _record(self) -> None:
        plan = self._plan
        budget = plan.interval * plan.percent / 100 * _NS
        with closing(Recorder(plan.directory, self._sources, self._events, budget)) as recorder:
            self.meta = self._describe()
            write_meta(plan.directory, self.meta)
            ended = {"reason": BY_ERROR}
            try:
                ended = self._sample(recorder)
            except OSError as error:
                ended["error"] = str(error)
                raise Failure(f"{error}; what was recorded before is in "
                              f"{plan.directory}") from error
            finally:
                self.meta["ended"] = {"time_ns": time.monotonic_ns(), **ended,
                                      **recorder.result()}
                _try_to_write(plan.directory, self.meta)

    def _sample(self, recorder: Recorder) -> Dict[str, str]:
        """Take samples at whole intervals from the first one; return why that ended."""
        plan = self._plan
        began, number = time.monotonic_ns(), 0
        recorder.sample(0, everything=True)
        self._start_child()
        step = int(plan.interval * _NS)
        last = began + int(plan.seconds * _NS) if plan.seconds else None
        while True:
            ended = self._wait_until(began + (number + 1) * step, last)
            if ended:
                recorder.sample(number + 1, everything=True)
                return ended
            # One that comes too late for others takes their place.
            number = max(number + 1, (time.monotonic_ns() - began) // step)
            recorder.sample(number)
            if recorder.bytes > plan.limit:
                return {"reason": BY_SIZE}

    def _wait_until(self, when: int, last: Optional[int]) -> Optional[Dict[str, str]]:
        """Wait for the time of the next sample; or else return what ends it all."""
        while True:
            until = when if last is None else min(when, last)
            left = max(until - time.monotonic_ns(), 0) / _NS
            came = signal.sigtimedwait(self._signals, left)
            if came is None:
                return {"reason": BY_TIME} if last is not None and last <= when else None
            if came.si_signo in self._end:
                self._end_child(signal.SIGTERM)
                return {"reason": BY_SIGNAL, "signal": signal.Signals(came.si_signo).name}
            if self._child and self._child.poll() is not None:
                return {"reason": BY_COMMAND}

    def _start_child(self) -> None:
        plan = self._plan
        if not plan.program:
            return
        environment = dict(os.environ)
        environment[marks.DIRECTORY] = os.path.abspath(plan.directory)
        self._child = subprocess.Popen(
            plan.program, env=environment,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, self._mask))

    def _end_child(self, number: int) -> None:
        if self._child and self._child.poll() is None:
            self._child.send_signal(number)

    def _wait_for_child(self) -> int:
        """The command may outlive the recording; return its status as a shell would."""
        if not self._child:
            return 0
        how = signal.SIGTERM
        while self._child.poll() is None:
            if signal.sigwait(self._signals) in self._end:
                self._end_child(how)
                how = signal.SIGKILL
        return shell_status(self._child.returncode)

    def _describe(self) -> Dict[str, Any]:
        plan = self._plan
        return {
            "format": FORMAT, **_machine(self._tree), "command": plan.program,
            "interval_s": plan.interval, "cpu_percent": plan.percent,
            "began": {"time_ns": time.monotonic_ns(), "realtime_ns": time.time_ns()},
            "sources": [{"name": source.name, "query": source.query, "file": source.file}
                        for source in self._sources],
            "events": {"file": EVENTS, "names": self._events.enabled} if self._events else None,
            "missing": self._missing, "ended": None}


def _machine(tree: Tree) -> Dict[str, Any]:
    try:
        version = read_values(tree, "version")["mmscope"]
    except (Failure, KeyError):
        version = "-"
    return {"mmscope": version, "kernel": platform.release(),
            "architecture": platform.machine(), "page_size": os.sysconf("SC_PAGE_SIZE"),
            "cpus": os.sysconf("SC_NPROCESSORS_ONLN")}


def _try_to_write(directory: str, meta: Dict[str, Any]) -> None:
    """How it ended is worth saying, and no reason to fail once more on a full disk."""
    try:
        write_meta(directory, meta)
    except OSError:
        pass


def _make_directory(path: str) -> None:
    try:
        # Frame numbers are nobody else's business.
        os.makedirs(path, 0o700, exist_ok=True)
        if os.listdir(path):
            raise Failure(f"{path} is not empty; record into a new directory")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
