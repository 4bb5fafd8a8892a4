"""What the benches of the platforms share: a load, the bot under it, and what it has cost."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from bot.app import App
from bot.runtime.logs import configure
from bot.settings import Settings

SIZE: Literal["512"] = "512"
"""Of every picture: small, as it is not the drawing that is measured."""

RUSH_RATE = 50
RUSH_SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))

PEOPLE = 600
"""Everybody asks five times, so that nobody is refused for having too many requests open."""


async def evenly(rate: float, number: int, ask: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Call ``ask`` with 0, 1, 2, …, ``rate`` times a second, and wait for them all."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for n in range(number):
            await asyncio.sleep(began + n / rate - time.perf_counter())
            tasks.create_task(ask(n))


def cpu(pid: int) -> float:
    """CPU seconds of a process and of those it has waited for (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def finished(folder: Path) -> int | None:
    """How many requests have had their last word; ``None`` for a baseline, which stores nothing."""
    file = folder / "banana-bot.sqlite3"
    if not file.exists():
        return None
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        query = "SELECT count(*) FROM operation_outputs WHERE function_name = 'succeed'"
        return int(database.execute(query).fetchone()[0])


async def run_bot(folder: str, **settings: Any) -> None:
    """The bot as it is, but for the provider's waiting and the size of its pictures."""
    everything = Settings(
        data_dir=Path(folder),
        database_url="",
        media_url="",
        provider="bench.small",
        demo_seconds=0,
        default_size=SIZE,
        bot_role="all",
        executor_id="bench",
        log_level="warning",
        **settings,
    )
    configure(everything)
    await App(everything).run()
