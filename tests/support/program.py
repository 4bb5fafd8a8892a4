"""The real program in a process of its own, to be killed and started again."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 120


class Program:
    """``python -m bot run``; every start uses the same port and data folder.

    ``command`` takes the place of ``bot run``, for a program that does something else.
    """

    def __init__(
        self, folder: Path, *, command: tuple[str, ...] = ("bot", "run"), **configuration: str
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", *command]
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._environment = {
            **plain,
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": str(folder / "data"),
            "WEB_PORT": str(self.port),
            "PROVIDER": "demo",
            **configuration,
        }
        self._log = folder / "program.log"
        self._process: Any = None  # a Popen

    @property
    def log(self) -> str:
        """Everything that all starts have logged so far."""
        return self._log.read_text()

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None
        return int(self._process.pid)

    def logged(self, event: str) -> list[str]:
        """The job ids of every log line about an event."""
        return jobs_of(event, self.log)

    def start(self, *, page: bool = True) -> None:
        """Start it and wait until its page answers, if it has one."""
        self._process = self._launched()
        deadline = time.monotonic() + START_SECONDS
        while page and time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(self.log)
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=10):
                    return
            except OSError:
                time.sleep(0.02)
        if page:
            raise RuntimeError(f"no page in {START_SECONDS} s: {self.log}")

    def _launched(self) -> Any:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command, cwd=self.folder, env=self._environment, stdout=log, stderr=log
            )

    def stop(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal, by default as a power cut does, and wait; gives the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait until it ends by itself; gives the exit status."""
        assert self._process is not None
        return int(self._process.wait(START_SECONDS))


def jobs_of(event: str, log: str) -> list[str]:
    """The job ids of every line about an event."""
    lines = (line for line in log.splitlines() if f"] {event} " in line)
    return [found[0] for line in lines if (found := re.findall(r"job_id=(\S+)", line))]
