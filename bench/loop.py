"""How long the event loop is blocked while ten 4K pictures are made and served.

The bot runs in this process as ``bot.app`` builds it: web page, database, durable engine, media
store and the demo provider, which draws really and does not wait. The people are in another
process (:mod:`bench.client`). On the bot's own loop a clock wakes every millisecond; how late it
wakes is how long something else kept the loop, or the interpreter's lock. An idle loop of the same
bot is the baseline.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.client import Done
from bot.app import App
from bot.runtime.logs import configure
from bot.settings import Settings
from tests.support.ports import free_port

INTERVAL = 0.001
"""Seconds between two looks at the clock."""

IDLE_SECONDS = 5.0
START_SECONDS = 30.0
TARGET = 0.1
"""Seconds that the loop may be blocked: the longest in which people see no delay."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the clock woke, in seconds."""

    longest: float
    p99: float
    p50: float
    looks: int


@dataclass(frozen=True, slots=True)
class Result:
    idle: Lateness
    busy: Lateness
    done: Done


class Clock:
    """Watches the loop it runs on, from ``async with`` to its end."""

    def __init__(self) -> None:
        self._late: list[float] = []

    async def __aenter__(self) -> "Clock":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(INTERVAL)
            now = time.perf_counter()
            self._late.append(max(0.0, now - before - INTERVAL))
            before = now

    @property
    def lateness(self) -> Lateness:
        percentiles = statistics.quantiles(self._late, n=100)
        return Lateness(max(self._late), percentiles[98], percentiles[49], len(self._late))


async def measure() -> Result:
    """Run the bot in a folder of its own, idle and then busy."""
    with tempfile.TemporaryDirectory(prefix="banana-bench-") as folder:
        settings = _settings(Path(folder))
        configure(settings)
        running = asyncio.create_task(App(settings).run())
        try:
            await _ready(settings.public_url, running)
            async with Clock() as idle:
                await asyncio.sleep(IDLE_SECONDS)
            async with Clock() as busy:
                done = await _people(settings.public_url)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    return Result(idle.lateness, busy.lateness, done)


def _settings(folder: Path) -> Settings:
    """A bot as it is without configuration, but for the time that the demo pretends to need."""
    port = free_port()
    os.environ["WEB_PORT"] = str(port)
    return Settings(
        data_dir=folder,
        database_url="",
        media_url="",
        provider="demo",
        demo_seconds=0,
        bot_adapters=("web",),
        bot_role="all",
        executor_id="bench",
        web_host="127.0.0.1",
        web_port=port,
        web_public_url="",
        log_level="warning",
    )


async def _ready(url: str, running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while not running.done():
            with suppress(aiohttp.ClientError):
                async with session.get(f"{url}/healthz") as answer:
                    if answer.ok:
                        return
            await asyncio.sleep(0.05)
    await running


async def _people(url: str) -> Done:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.client", url, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the people of the benchmark gave up; see above")
    return Done(**json.loads(output))


def table(result: Result) -> str:
    """The figures as Markdown."""
    idle, busy, done = result.idle, result.busy, result.done
    megabytes = done.received / 1e6
    verdict = "kept" if busy.longest <= TARGET else "missed"
    rows = [
        f"{done.pictures} pictures of {done.pixels / done.pictures / 1e6:.1f} megapixels made in "
        f"{done.seconds:.1f} s, meanwhile {done.downloads} downloads, {megabytes:.0f} MB.",
        "",
        "| the event loop is blocked | longest | p99 | p50 | looks |",
        "|---|--:|--:|--:|--:|",
        _row("idle (baseline)", idle),
        _row("pictures made and served", busy),
        f"| ratio | {_ratio(busy.longest, idle.longest)} | {_ratio(busy.p99, idle.p99)} "
        f"| {_ratio(busy.p50, idle.p50)} | |",
        "",
        f"Target: never more than {TARGET * 1000:.0f} ms, {verdict}.",
    ]
    return "\n".join(rows)


def _row(name: str, lateness: Lateness) -> str:
    figures = (lateness.longest, lateness.p99, lateness.p50)
    cells = " | ".join(f"{figure * 1000:.1f} ms" for figure in figures)
    return f"| {name} | {cells} | {lateness.looks} |"


def _ratio(figure: float, baseline: float) -> str:
    return f"{figure / baseline:.1f} x" if baseline else "-"
