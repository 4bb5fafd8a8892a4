"""How soon the jobs of a worker that is killed run elsewhere.

A gateway and workers, as ``bot.app`` builds them, share a PostgreSQL. :data:`JOBS` jobs run in one
worker and wait for a service that gives tickets (:mod:`bench.slow`); two more workers are started,
and the first one is killed. A job runs elsewhere when another process waits for its ticket: each
writes that down. The pauses are the program's own.

``python -m bench.recovery NAME ROLE URL FOLDER`` is one of the processes; the gateway asks.
"""

import asyncio
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench import load, slow
from tests.support import postgres

JOBS = 200
TIMES = 3
PER_PERSON = 2
START_SECONDS = 120.0
SETTLING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """For each job, the seconds from the kill until it ran elsewhere; and how many were ordered
    more than once."""

    seconds: list[float]
    twice: int


async def measure() -> list[Recovery] | None:
    """So many kills; ``None`` where PostgreSQL is not installed."""
    if postgres.binaries() is None:
        return None
    with load.cluster() as cluster:
        return [await _kill(postgres.create(cluster.url)) for _ in range(TIMES)]


async def _kill(url: str) -> Recovery:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="banana-bench-"))
        log = Path(folder) / "calls"

        async def start(name: str, role: str = "worker") -> asyncio.subprocess.Process:
            command = ("bench.recovery", name, role, url, folder)
            process = load.process(*command, environment={"BENCH_LOG": str(log)})
            return await stack.enter_async_context(process)

        await start("gateway", "gateway")
        first = await start("first")
        await _until(log, {first.pid})
        for name in ("second", "third"):
            await start(name)
        await _registered(url, 4)
        await asyncio.sleep(SETTLING_SECONDS)
        killed = time.time()
        first.send_signal(signal.SIGKILL)
        others = await _until(log, {first.pid}, but=True)
        orders = Counter(call.job_id for call in slow.calls(log) if call.call == "submit")
        twice = sum(number > 1 for number in orders.values())
        return Recovery([at - killed for at in others.values()], twice)


async def _registered(url: str, number: int) -> None:
    """Wait until so many processes have said that they are there."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    async with asyncio.timeout(START_SECONDS):
        while True:
            with engine.connect() as connection:
                found = connection.execute(sa.text("SELECT count(*) FROM executors")).scalar_one()
            if found == number:
                break
            await asyncio.sleep(0.1)
    engine.dispose()


async def _until(log: Path, pids: set[int], *, but: bool = False) -> dict[str, float]:
    """When each of all jobs was first waited for in one of these processes, or ``but`` in them."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            found: dict[str, float] = {}
            for call in slow.calls(log):
                if call.call == "collect" and (call.pid in pids) is not but:
                    found.setdefault(call.job_id, call.at)
            if len(found) == JOBS:
                return found
            await asyncio.sleep(0.1)


async def _run(name: str, role: str, url: str, folder: str) -> None:
    more = {"provider": "bench.slow", "bot_adapters": ("bench.wall",), "database_url": url}
    if role == "worker":
        await load.run_bot(folder, **more, bot_role=role, executor_id=name)
        return
    settings = load.settings(folder, **more, bot_role=role, executor_id=name)
    async with load.serving(settings) as (_, wall):
        for n in range(JOBS):
            await load.ask(wall.receive, n, f"p{n // PER_PERSON}")
        await asyncio.Event().wait()


def table(found: list[Recovery] | None) -> str:
    """The figures as Markdown."""
    if found is None:
        return load.no_postgresql()
    rows = [
        f"| a worker with {JOBS} running jobs is killed | first | median | last | ordered twice |",
        "|---|--:|--:|--:|--:|",
    ]
    for number, one in enumerate(found, 1):
        times = (min(one.seconds), statistics.median(one.seconds), max(one.seconds))
        listed = " | ".join(f"{seconds:.2f} s" for seconds in times)
        rows.append(f"| {number} | {listed} | {one.twice} |")
    return "\n".join(rows)


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:5]))
