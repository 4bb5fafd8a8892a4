"""The real program in a process of its own, to be killed and started again."""

import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """``banana-bot run`` on a free port; every start uses the same port and data folder."""

    def __init__(self, folder: Path, **configuration: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "program.log"
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": str(folder / "data"),
            "WEB_PORT": str(self.port),
            **configuration,
        }
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        """Everything that all starts have logged so far."""
        return self._log.read_text()

    def logged(self, event: str) -> list[str]:
        """The job ids of every log line about an event."""
        lines = (line for line in self.log.splitlines() if f"] {event} " in line)
        return [found[0] for line in lines if (found := re.findall(r"job_id=(\S+)", line))]

    async def start(self, *, page: bool = True) -> None:
        """Start it and wait until its page answers, if it has one."""
        with self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        if not page:
            return
        async with asyncio.timeout(20), aiohttp.ClientSession() as session:
            while self._process.returncode is None:
                try:
                    async with session.get(f"{self.url}/healthz") as response:
                        if response.ok:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.02)
        raise RuntimeError(self.log)

    async def stop(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; gives the exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self._process.wait()
