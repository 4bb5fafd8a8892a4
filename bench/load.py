"""What the benches share: a load, the bot under it, and what it has cost."""

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from bench.memory import descendants
from bench.wall import Wall
from bot.app import App
from bot.domain.actions import Action
from bot.domain.requests import Accepted, Address, Incoming
from bot.ports import Receive
from bot.runtime.logs import configure
from bot.settings import Settings
from tests.support import postgres

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


async def ask(receive: Receive, number: int, person: str) -> str:
    """Ask for a picture on :mod:`bench.wall`; gives the job's id."""
    answer = await receive(
        Incoming(
            platform="wall",
            event_id=str(number),
            requester=person,
            conversation=person,
            address=Address("wall"),
            text="a lighthouse",
            action=Action.DRAW,
        )
    )
    assert isinstance(answer, Accepted), answer
    return answer.job_id


def cpu(pid: int) -> float:
    """CPU seconds of a process and of those it has waited for (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def cpu_of_all(pid: int) -> float:
    """The same with that of its children."""
    seconds = cpu(pid)
    for child in descendants(pid):
        with suppress(OSError):  # it has just ended, and is counted by its parent
            seconds += cpu(child)
    return seconds


def finished(folder: Path) -> int | None:
    """How many requests have had their last word; ``None`` for a baseline, which stores nothing."""
    file = folder / "banana-bot.sqlite3"
    if not file.exists():
        return None
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        query = "SELECT count(*) FROM jobs WHERE status = 'succeeded' AND NOT untold"
        return int(database.execute(query).fetchone()[0])


def settings(folder: str | Path, **more: Any) -> Settings:
    """The bot as it is, but for the provider's waiting and the size of its pictures."""
    usual = {
        "data_dir": Path(folder),
        "database_url": "",
        "media_url": "",
        "provider": "bench.small",
        "demo_seconds": 0,
        "default_size": SIZE,
        "bot_role": "all",
        "executor_id": "bench",
        "log_level": "warning",
    }
    return Settings(**{**usual, **more})


async def run_bot(folder: str, **more: Any) -> None:
    """Be the bot, until SIGTERM."""
    everything = settings(folder, **more)
    configure(everything)
    await App(everything).run()


@asynccontextmanager
async def serving(everything: Settings) -> AsyncIterator[tuple[App, Wall]]:
    """The bot in this process, with :mod:`bench.wall` for its platform, until the block ends."""
    configure(everything)
    app = App(everything)
    running = asyncio.create_task(app.run())
    try:
        await asyncio.sleep(0)  # it has its adapters
        [wall] = app.adapters
        assert isinstance(wall, Wall)
        await wall.listening.wait()
        yield app, wall
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def process(
    *command: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """``python -m COMMAND``, whose output is read; it is killed at the end of the block."""
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield made
    finally:
        if made.returncode is None:
            made.kill()
            await made.wait()


async def line(made: asyncio.subprocess.Process) -> str:
    """The next line that a process writes.

    Raises:
        RuntimeError: it has ended without one.
    """
    assert made.stdout is not None
    if not (written := await made.stdout.readline()):
        raise RuntimeError("the bench's process has ended")
    return written.decode().strip()


@contextmanager
def cluster(*, durable: bool = True) -> Iterator[postgres.Cluster]:
    """A PostgreSQL server of the bench's own; one that is ``durable`` waits for its disk."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        Path(folder).chmod(0o755)
        made = postgres.Cluster(Path(folder))
        made.start(durable=durable)
        try:
            yield made
        finally:
            made.stop()


def no_postgresql() -> str:
    """What a bench says instead of figures."""
    return "PostgreSQL is not installed: not measured."
