# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium, spoken to through its debugging pipe.

Messages are JSON with a NUL behind each.  What the page complains of is kept.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Any, Dict, List, Optional, Type

PROGRAM = "chromium"
# Not how fast it is, but that it is not there any more.
_PATIENCE = 300.0
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-extensions", "--hide-scrollbars", "--remote-debugging-pipe")
_KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9, " ": 32,
         "Enter": 13, "Home": 36, "End": 35, "Escape": 27}


def there_is_one() -> bool:
    return shutil.which(PROGRAM) is not None


class Browser:
    """One browser with one page."""

    def __init__(self) -> None:
        self.complaints: List[str] = []
        self.requests: List[str] = []
        self._number = 0
        self._session: Optional[str] = None
        self._buffer = b""
        self._profile = tempfile.mkdtemp(prefix="mmscope-chromium-")
        # Numbers that are not 3 and 4, which are what it reads and writes.
        there, self._write = map(_high, os.pipe())
        self._read, back = map(_high, os.pipe())

        def arrange() -> None:
            os.dup2(there, 3)
            os.dup2(back, 4)

        with open(os.path.join(self._profile, "log"), "wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, *_OPTIONS, f"--user-data-dir={self._profile}/profile", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=arrange,
                pass_fds=(3, 4), start_new_session=True)
        os.close(there)
        os.close(back)
        self._attach()

    def _attach(self) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page["targetId"],
                                  flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, **parameters: Any) -> Dict[str, Any]:
        """Have it do something, and wait for the answer."""
        self._number += 1
        message: Dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") != self._number:
                self._note(answer)
                continue
            if "error" in answer:
                raise AssertionError(f"{method}: {answer['error']}")
            result: Dict[str, Any] = answer["result"]
            return result

    def _next(self) -> Dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(end - time.monotonic(), 0))
            piece = os.read(self._read, 1 << 20) if ready else b""
            if not piece:
                raise AssertionError(f"{PROGRAM} does not answer: {self._log()}")
            self._buffer += piece
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: Dict[str, Any] = json.loads(text)
        return message

    def _log(self) -> str:
        with open(os.path.join(self._profile, "log"), encoding="utf-8",
                  errors="replace") as stream:
            return stream.read()[-500:]

    def _note(self, event: Dict[str, Any]) -> None:
        method, told = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(told["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(json.dumps(told["entry"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])

    def open(self, path: str) -> None:
        """Show a file, and wait until its script has run to its end."""
        self.call("Page.navigate", url=f"file://{os.path.abspath(path)}")
        self.until("document.documentElement?.dataset.ready === '1'")
        self.settle()

    def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE
        while not self.run(script):
            if time.monotonic() > end:
                raise AssertionError(f"never became true: {script}; {self.complaints}")

    def settle(self) -> None:
        """Wait until two frames have been drawn, so that what was to be done is done."""
        self.run("new Promise((done) => requestAnimationFrame(() => "
                 "requestAnimationFrame(() => done(1))))")

    def size(self, width: int, height: int) -> None:
        """The size of the window."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.settle()

    def scheme(self, name: str) -> None:
        """What the system wants: light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": name},
            {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.settle()

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Move, press or release the mouse."""
        pressed = kind in ("mousePressed", "mouseReleased")
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y,
                  button="left" if pressed else "none", clickCount=int(pressed),
                  buttons=int(kind == "mousePressed"))
        self.settle()

    def click(self, x: float, y: float) -> None:
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y)

    def key(self, name: str) -> None:
        """Press a key."""
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 else "")
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name,
                      windowsVirtualKeyCode=_KEYS.get(name, ord(name[0])), **extra)
        self.settle()

    def picture(self, path: str, whole: bool = False) -> None:
        """Write what is to be seen, or the whole page, as PNG."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as stream:
            stream.write(base64.b64decode(answer["data"]))


def _high(fd: int) -> int:
    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(fd)
    return high
