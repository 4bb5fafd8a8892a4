"""How much memory an idle bot takes, and how soon it is ready, with only Feishu configured.

The bot is ``python -m bot run`` with ``FEISHU_*`` set and nothing else: Feishu and the web page.
It is ready when its long connection stands and its page answers; the first time it finds an empty
data folder, and makes its database. The baseline is a plain bot on lark-oapi
(:mod:`bench.lark_bot`), which has neither a database nor a page, measured in the same run.
"""

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.emulators.process import Remote, launch
from tests.support.ports import free_port

APP_ID, SECRET = "cli_a1b2c3d4e5f60718", "emulated-app-secret-0123456789ab"
STARTS = 3
IDLE_SECONDS = 5.0
START_SECONDS = 60.0

MOST_BYTES, LONGEST = 110_000_000, 2.0
"""What it may take: resident bytes when idle, and seconds until it is ready."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds until it was ready, and resident bytes when it had been idle."""

    seconds: float
    resident: int


@dataclass(frozen=True, slots=True)
class Result:
    """Starts of the bot, the first into an empty folder; and of the baseline."""

    bot: list[Start]
    plain: list[Start]


async def measure() -> Result:
    """Start both, several times each."""
    with tempfile.TemporaryDirectory(prefix="banana-bench-") as folder, launch("feishu") as remote:
        bot = [await _bot(remote, Path(folder)) for _ in range(STARTS + 1)]
        command = ("bench.lark_bot", remote.url, APP_ID, SECRET)
        plain = [await _start(remote, command, {}, "") for _ in range(STARTS)]
    return Result(bot, plain)


async def _bot(remote: Remote, folder: Path) -> Start:
    port = free_port()
    environment = {
        "DATA_DIR": str(folder / "data"),
        "WEB_PORT": str(port),
        "FEISHU_APP_ID": APP_ID,
        "FEISHU_APP_SECRET": SECRET,
        "FEISHU_DOMAIN": remote.url,
        "LOG_LEVEL": "warning",
    }
    return await _start(remote, ("bot", "run"), environment, f"http://127.0.0.1:{port}/healthz")


async def _start(
    remote: Remote, command: Sequence[str], environment: Mapping[str, str], page: str
) -> Start:
    """Start a bot, wait until it is ready, let it idle, and end it."""
    root = Path(__file__).parents[1]
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        env={**plain, "PYTHONPATH": str(root), **environment},
        cwd=tempfile.gettempdir(),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            await _ready(remote, page)
        seconds = time.perf_counter() - began
        await asyncio.sleep(IDLE_SECONDS)
        everybody = (process.pid, *descendants(process.pid))
        return Start(seconds, sum(map(resident, everybody)))
    finally:
        process.kill()
        await process.wait()
        await _gone(remote)


async def _ready(remote: Remote, page: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{remote.url}/_ctl/sockets") as answer:
                connected = (await answer.json())["open"]
            with suppress(aiohttp.ClientError):
                if connected and not page:
                    return
                if connected:
                    async with session.get(page) as answer:
                        if answer.ok:
                            return
            await asyncio.sleep(0.01)


async def _gone(remote: Remote) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            if not (await remote.ask("sockets"))["open"]:
                return
            await asyncio.sleep(0.02)


def resident(pid: int) -> int:
    """Resident bytes of a process (proc_pid_status(5)); 0 when it has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def descendants(pid: int) -> Iterator[int]:
    """The children of a process, of whichever of its threads, and theirs."""
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            yield child
            yield from descendants(child)


def table(result: Result) -> str:
    """The figures as Markdown."""
    first, *later = result.bot
    largest = max(start.resident for start in result.bot)
    slowest = statistics.median(start.seconds for start in later)
    kept = [
        f"below {MOST_BYTES / 1e6:.0f} MB, {'kept' if largest < MOST_BYTES else 'missed'}",
        f"ready in less than {LONGEST:.0f} s, {'kept' if slowest < LONGEST else 'missed'}",
    ]
    rows = [
        "| only Feishu configured | ready after | resident when idle |",
        "|---|--:|--:|",
        _row("plain bot on lark-oapi (baseline)", result.plain),
        _row("the bot, into an empty folder", [first]),
        _row("the bot, any later time", later),
        f"| ratio | {slowest / _median(result.plain).seconds:.2f} x "
        f"| {_median(later).resident / _median(result.plain).resident:.2f} x |",
        "",
        f"Targets: {'; '.join(kept)}.",
    ]
    return "\n".join(rows)


def _median(starts: Sequence[Start]) -> Start:
    seconds = statistics.median(start.seconds for start in starts)
    return Start(seconds, round(statistics.median(start.resident for start in starts)))


def _row(name: str, starts: Sequence[Start]) -> str:
    middle = _median(starts)
    return f"| {name} | {middle.seconds:.2f} s | {middle.resident / 1e6:.1f} MB |"
