# SPDX-License-Identifier: GPL-2.0-only
"""Where things are, and the small file operations that everything uses."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


class VmError(Exception):
    """Something the user has to know: one line, with what to do."""


def cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "mmscope"
    path.mkdir(parents=True, exist_ok=True)
    return path


def out_dir() -> Path:
    path = PROJECT / "out"
    path.mkdir(exist_ok=True)
    return path


def digest(*parts: str | bytes) -> str:
    """A short key for what something was made from."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(raw) + raw)
    return total.hexdigest()[:16]


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Lets one process at a time make the thing called name."""
    with open(cache_dir() / f"{name}.lock", "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def fresh_dir(final: Path) -> Iterator[Path]:
    """A directory to fill; it gets its final name only if that succeeds."""
    scratch = final.with_name(f".{final.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    shutil.rmtree(final, ignore_errors=True)
    scratch.rename(final)


def write_atomic(path: Path, content: str) -> None:
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(content, encoding="utf-8")
    scratch.rename(path)


def remove_older(keep: Path, pattern: str, count: int = 1) -> None:
    """Removes keep's siblings matching pattern but the count last used."""
    os.utime(keep)
    others = [p for p in keep.parent.glob(pattern) if p != keep]
    others.sort(key=lambda p: p.stat().st_mtime, reverse=True)
    for path in others[count:]:
        # A build or a VM of another checkout may be using it right now.
        if time.time() - path.stat().st_mtime > 3600:
            shutil.rmtree(path, ignore_errors=True)
