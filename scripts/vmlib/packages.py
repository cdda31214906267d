# SPDX-License-Identifier: GPL-2.0-only
"""Which Debian packages the guest is made of.

Works on an apt state of its own in the cache, so that neither the host's
sources nor its package lists matter.  The answer is kept for a day.
"""

import functools
import json
import os
import re
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from . import paths, progress
from .paths import VmError

ANSWER_SECONDS = 24 * 3600
KERNELS = ("6.1", "6.12", "latest")
# The same with PREEMPT_RT, where Debian has them.
REALTIME = tuple(f"{name}-rt" for name in KERNELS)
SUITES = ("trixie", "trixie-updates", "trixie-backports", "bookworm")
SECURITY_SUITES = ("trixie-security", "bookworm-security")

# trixie's userland, with only the kernels taken from elsewhere.  The
# backported kernel wants the linux-base that came with it.
PREFERENCES = """\
Package: *
Pin: release n=bookworm*
Pin-Priority: 100

Package: linux-base*
Pin: release n=trixie-backports
Pin-Priority: 500
"""


@dataclass(frozen=True)
class Kernel:
    """One of the supported kernels."""

    name: str           # as the user calls it: 6.1, 6.12-rt, latest
    release: str        # uname -r
    version: str        # of the package
    built: str = ""     # the folder it was built in, if no package is of it

    @property
    def series(self) -> str:
        """The upstream version's first two numbers."""
        return ".".join(self.version.split(".")[:2])

    def packages(self) -> list[str]:
        return [f"linux-image-{self.release}", f"linux-headers-{self.release}"]


@dataclass(frozen=True)
class Answer:
    """What the package lists said."""

    sources: str        # in the format of sources.list
    kernels: list[Kernel]
    when: float

    def kernel(self, name: str) -> Kernel:
        for kernel in self.kernels:
            if kernel.name == name:
                return kernel
        raise VmError(f"the mirror has no kernel {name}; "
                      "set MMSCOPE_MIRROR to another Debian mirror")


def host_mirrors() -> tuple[str | None, str | None]:
    """The Debian mirror and the security mirror that the host itself uses."""
    try:
        listed = subprocess.run(
            ["apt-get", "indextargets", "--format",
             "$(CREATED_BY) $(ORIGIN) $(CODENAME) $(REPO_URI)"],
            check=False, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return None, None
    archive = security = None
    for line in listed.splitlines():
        fields = line.split()
        if fields[:2] != ["Packages", "Debian"] or len(fields) != 4:
            continue
        if fields[2].endswith("-security"):
            security = security or fields[3]
        else:
            archive = archive or fields[3]
    return archive, security


def sources_list() -> str:
    archive, security = host_mirrors()
    archive = os.environ.get("MMSCOPE_MIRROR") or archive
    security = os.environ.get("MMSCOPE_SECURITY_MIRROR") or security
    if not archive:
        raise VmError("apt knows no Debian mirror; "
                      "set MMSCOPE_MIRROR to the address of one")
    lines = [f"deb {archive} {suite} main" for suite in SUITES]
    if security:
        lines += [f"deb {security} {suite} main" for suite in SECURITY_SUITES]
    return "\n".join(lines) + "\n"


class Apt:
    """apt with sources, lists and archives of its own."""

    def __init__(self, sources: str) -> None:
        self.root = paths.cache_dir() / "apt"
        for part in ("lists/partial", "archives/partial"):
            (self.root / part).mkdir(parents=True, exist_ok=True)
        self.lists = self.root / "lists"
        self.sources = self.root / "sources.list"
        self.preferences = self.root / "preferences"
        self.sources.write_text(sources, encoding="utf-8")
        self.preferences.write_text(PREFERENCES, encoding="utf-8")

    def command(self, tool: str, *args: str) -> list[str]:
        options = {
            "APT::Architecture": "amd64",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Dir::State": str(self.root),
            "Dir::State::Lists": str(self.lists),
            "Dir::State::status": "/dev/null",
            "Dir::Cache": str(self.root),
            "Dir::Cache::archives": str(self.root / "archives"),
            "Dir::Etc::sourcelist": str(self.sources),
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": str(self.preferences),
            "Dir::Etc::preferencesparts": "/dev/null",
        }
        return [tool, *(f"-o{k}={v}" for k, v in options.items()), *args]

    def run(self, tool: str, *args: str, cwd: Path | None = None) -> str:
        done = subprocess.run(self.command(tool, *args), check=False,
                              capture_output=True, text=True, cwd=cwd)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise VmError(f"{tool} {args[0]} failed: {lines[-1]}")
        return done.stdout

    def update(self) -> None:
        self.run("apt-get", "update", "--error-on=any")


def _compare(a: str, b: str) -> int:
    def is_so(relation: str) -> bool:
        return not subprocess.run(
            ["dpkg", "--compare-versions", a, relation, b],
            check=False).returncode
    return is_so("gt") - is_so("lt")


def _kernels(apt: Apt, flavour: str = "") -> list[Kernel]:
    """The newest 6.1, the newest 6.12 and the newest of all, as far as known."""
    shown = apt.run("apt-cache", "show", f"linux-image{flavour}-amd64")
    found: dict[str, str] = {}
    for paragraph in shown.split("\n\n"):
        version = re.search(r"^Version: (\S+)", paragraph, re.M)
        release = re.search(r"^Depends:.*\blinux-image-(\d[\w.+-]*)",
                            paragraph, re.M)
        if version and release:
            found[version[1]] = release[1]
    kernels = []
    for name in KERNELS:
        known = [v for v in found if name == "latest" or
                 re.match(re.escape(name) + r"\.", v)]
        if known:
            best = max(known, key=functools.cmp_to_key(_compare))
            kernels.append(Kernel(name + flavour, found[best], best))
    return kernels


def _load(path: Path) -> Answer | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Answer(raw["sources"], [Kernel(**k) for k in raw["kernels"]],
                      raw["when"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def resolve() -> Answer:
    """Today's answer; an older one if the mirror cannot be reached."""
    path = paths.cache_dir() / "kernels.json"
    sources = sources_list()
    old = _load(path)
    if old and old.sources == sources and \
            0 <= time.time() - old.when < ANSWER_SECONDS:
        return old
    with paths.locked("packages"):
        try:
            apt = Apt(sources)
            with progress.step("fetching package lists"):
                apt.update()
            kernels = _kernels(apt) + _kernels(apt, "-rt")
            answer = Answer(sources, kernels, time.time())
            for name in KERNELS:
                answer.kernel(name)
        except VmError as error:
            if not old:
                raise
            progress.say(f"{error}; going on with the packages known before")
            return old
        paths.write_atomic(path, json.dumps(asdict(answer), indent=1))
    return answer
