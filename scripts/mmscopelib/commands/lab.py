# SPDX-License-Identifier: GPL-2.0-only
"""mmscope lab: an experiment, and what it holds for as long as it is wanted."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import subprocess
import sys
import threading
from io import BufferedReader, FileIO
from typing import List, Optional

from ..arguments import key_value
from ..errors import Failure, Usage
from ..processes import shell_status
from ..progress import Progress
from ..show import add_options, read_values, show_stream
from ..tree import Tree, send_query

NAME = "lab"
HELP = "run an experiment on the memory of this machine"
WORDS = True
EXAMPLES = """\
examples:
  mmscope lab                                       what labs there are, and their limits
  mmscope lab alloc order=5 count=3                 which blocks are split
  mmscope lab slab size=512 count=1000 pattern=sparse
  mmscope lab vmalloc size=0x100000                 contiguous, or only its addresses
  mmscope lab compact trigger=node                  what it frees, and what it cannot
  mmscope lab oom pages=1000                        in a cgroup that has a memory.max
  mmscope lab fragment order=9 target=700           how it gets there
  mmscope lab fragment order=9 target=700 --hold    until Ctrl-C
  mmscope lab fragment order=9 target=700 --while ./my-benchmark --huge

What an experiment holds is given back when the command ends.  How much it may
take at most is in lab/NAME/limits, by default a quarter of what is free.
"""

_PERIOD = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("lab", nargs="?", metavar="NAME", help="the lab, such as fragment")
    parser.add_argument("words", nargs="*", type=key_value, metavar="key=value",
                        help="what to do; docs/reference/lab.md has the keys of each")
    parser.add_argument("--hold", action="store_true",
                        help="keep what the experiment holds until Ctrl-C")
    parser.add_argument("--while", dest="program", nargs=argparse.REMAINDER, metavar="CMD",
                        help="run a command while it is held; the last option")
    add_options(parser)


def run(tree: Tree, args: argparse.Namespace) -> int:
    """Do the experiment."""
    if args.program is not None and not args.program:
        raise Usage("--while needs a command (see 'mmscope lab --help')")
    if not args.lab:
        return _list(tree)
    view = f"lab/{args.lab}/run"
    query = " ".join(args.words) or "\n"
    with _open(tree, args.lab) as stream:
        _do(tree, args.lab, stream.fileno(), query)
        status = show_stream(tree, stream, view, args.form)
        if args.program:
            ended = subprocess.run(args.program, check=False).returncode
            return shell_status(ended) or status
        if args.hold:
            _wait()
    return status


def _labs(tree: Tree) -> List[str]:
    tree.check()
    path = tree.path("lab")
    return sorted(os.listdir(path)) if os.path.isdir(path) else []


def _list(tree: Tree) -> int:
    for lab in _labs(tree):
        off = tree.reason(f"lab/{lab}")
        if off:
            print(f"{lab:10} {'off':8} {off}")
            continue
        state = read_values(tree, f"lab/{lab}/run").get("state", "-")
        with open(tree.path(f"lab/{lab}/limits"), encoding="ascii") as limits:
            print(f"{lab:10} {state:8} {limits.read().strip()}")
    return 0


def _open(tree: Tree, lab: str) -> BufferedReader:
    if lab not in _labs(tree):
        raise Failure(f"there is no lab {lab}; there are: {' '.join(_labs(tree)) or 'none'}")
    view = f"lab/{lab}/run"
    try:
        fd = os.open(tree.path(view), os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise tree.failure(error, view) from error
    return BufferedReader(FileIO(fd, "rb"), 1 << 20)


def _do(tree: Tree, lab: str, fd: int, query: str) -> None:
    """Send the query, which takes as long as the experiment, and say how far it is."""
    view = f"lab/{lab}/run"
    done = threading.Event()
    with Progress(view, "steps") as progress:
        watcher = threading.Thread(target=_watch, args=(tree, view, done, progress), daemon=True)
        watcher.start()
        try:
            send_query(fd, query.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise _refusal(tree, error, view, query.strip()) from error
        finally:
            done.set()
            watcher.join()


def _watch(tree: Tree, view: str, done: threading.Event, progress: Progress) -> None:
    while not done.wait(_PERIOD):
        try:
            values = read_values(tree, view)
            progress.tick(int(values["done"]), int(values["wanted"]))
        except (Failure, KeyError, ValueError):
            return


def _refusal(tree: Tree, error: OSError, view: str, query: str) -> Failure:
    failure = tree.failure(error, view, query)
    # What is wrong with the query itself is no reason of the lab's.
    if error.errno not in (errno.ENXIO, errno.ENOSPC, errno.ENOMEM, errno.EPERM,
                           errno.EOPNOTSUPP, errno.ESRCH, errno.EEXIST):
        return failure
    try:
        why: Optional[str] = read_values(tree, view).get("refused")
    except Failure:
        why = None
    if not why or why == "-":
        return failure
    return Failure(f"{view}: '{query}': {error.strerror}: {why}")


def _wait() -> None:
    print("mmscope: held until Ctrl-C", file=sys.stderr)
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass
