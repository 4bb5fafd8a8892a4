"""What grows with the number of requests: memory, threads, descriptors, tasks, the database.

The bot runs as :mod:`bot.app` builds it, with SQLite, :mod:`bench.instant` and :mod:`bench.wall`.
After each thousand requests the house is kept, with records and pictures past their retention, and
everything is counted. The first thousand, in which caches fill, is the baseline.
"""

import asyncio
import gc
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench import load
from bench.memory import resident
from bench.wall import Wall
from bot.app import App
from bot.runtime import heap
from bot.runtime.logs import configure

THOUSANDS = 9
PEOPLE = 50
AT_ONCE = 100
DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Count:
    """What there is after so many requests; memory and database in bytes."""

    requests: int
    resident: int
    threads: int
    descriptors: int
    tasks: int
    database: int
    seconds: float


async def measure() -> list[Count]:
    """Ask by the hundred, and count after each thousand."""
    with tempfile.TemporaryDirectory(prefix="banana-soak-") as folder:
        settings = load.settings(folder, provider="bench.instant", media_retention_days=1)
        configure(settings)
        app, wall = App(settings), Wall()
        app.adapters = [wall]
        await app.start()
        counts = []
        for thousand in range(THOUSANDS):
            began = time.monotonic()
            for hundred in range(1000 // AT_ONCE):
                await _ask(app, wall, thousand * 1000 + hundred * AT_ONCE)
            counts.append(await _count(app, thousand + 1, time.monotonic() - began))
        await app.close()
    return counts


async def _ask(app: App, wall: Wall, first: int) -> None:
    ended = set()
    for number in range(first, first + AT_ONCE):
        await load.ask(app.engine.receive, number, f"p{number % PEOPLE}")
    while len(ended) < AT_ONCE:
        ended.add(await wall.told.get())


async def _count(app: App, thousand: int, seconds: float) -> Count:
    await app.engine._supervisor.look()
    now = app.clock
    app.clock = lambda: time.time() + 30 * DAY
    await app.keep_house()
    app.clock = now
    return _figures(app, thousand, seconds)


def _figures(app: App, thousand: int, seconds: float) -> Count:
    gc.collect()
    heap.trim()
    database = Path(app.settings.data_dir)
    return Count(
        requests=thousand * 1000,
        resident=resident(os.getpid()),
        threads=threading.active_count(),
        descriptors=len(os.listdir("/proc/self/fd")),
        tasks=len(asyncio.all_tasks()),
        database=sum(path.stat().st_size for path in database.glob("*.sqlite3")),
        seconds=seconds,
    )


def table(counts: list[Count]) -> str:
    """The figures as Markdown."""
    rows = [
        "| requests | resident | threads | descriptors | tasks | database | a request |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for count in counts:
        rows.append(
            f"| {count.requests} | {count.resident / 1e6:.1f} MB | {count.threads} "
            f"| {count.descriptors} | {count.tasks} | {count.database / 1e6:.2f} MB "
            f"| {count.seconds:.1f} ms |"
        )
    return "\n".join(rows)
