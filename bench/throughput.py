"""How many pictures are finished in a second, and what one costs, when the provider takes no time.

:data:`AT_ONCE` requests are open all the time, each of another person; :mod:`bench.instant` gives
the same small picture for each, and :mod:`bench.wall` takes every message. So what is measured is
the engine, the database and the store. The bot runs as ``bot.app`` builds it: alone on SQLite and
on PostgreSQL, and as a gateway with one and with two workers. The gateway's process also asks.
PostgreSQL waits for its disk, as it does by itself.

``python -m bench.throughput work URL FOLDER NAME`` is a worker; ``ask ROLE URL FOLDER PIDS…`` asks,
and prints a line of JSON: seconds, and the CPU seconds of each process and its children.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import sqlalchemy as sa

from bench import load
from bot.app import App
from bot.storage.jobs import jobs
from messages import Status
from tests.support import postgres

PICTURES = 1000
WARMING = 100
AT_ONCE = 100
LOOK_SECONDS = 0.05

SETUPS = {
    "one process, SQLite": ("all", 0),
    "one process, PostgreSQL": ("all", 0),
    "a gateway and one worker, PostgreSQL": ("gateway", 1),
    "a gateway and two workers, PostgreSQL": ("gateway", 2),
}


@dataclass(frozen=True, slots=True)
class Throughput:
    """Seconds for :data:`PICTURES`, and the CPU seconds of all bots and of PostgreSQL, where it is
    used, meanwhile; ``busiest`` is what one of the bots took of that."""

    seconds: float
    bots: float
    busiest: float
    database: float | None


async def measure() -> dict[str, Throughput]:
    """One setup after the other."""
    found = {}
    for name, (role, workers) in SETUPS.items():
        if "SQLite" in name:
            found[name] = await _measure(role, workers, None)
        elif postgres.binaries() is not None:
            with load.cluster() as cluster:
                found[name] = await _measure(role, workers, cluster)
    return found


async def _measure(role: str, workers: int, cluster: postgres.Cluster | None) -> Throughput:
    url = cluster.url if cluster else ""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="banana-bench-"))
        pids = []
        for number in range(workers):
            command = ("bench.throughput", "work", url, folder, f"worker-{number}")
            worker = await stack.enter_async_context(load.process(*command))
            pids.append(worker.pid)
        if cluster:
            pids.append(cluster.pid)
        command = ("bench.throughput", "ask", role, url, folder, *map(str, pids))
        asking = await stack.enter_async_context(load.process(*command))
        seconds, *used = json.loads(await load.line(asking))
    database = used.pop() if cluster else None
    return Throughput(seconds, sum(used), max(used), database)


async def _work(url: str, folder: str, name: str) -> None:
    await load.run_bot(folder, **_BENCH, database_url=url, bot_role="worker", executor_id=name)


async def _ask(role: str, url: str, folder: str, *pids: str) -> list[float]:
    settings = load.settings(folder, **_BENCH, database_url=url, bot_role=role)
    async with load.serving(settings) as (app, _):
        await _draw(app, 0, WARMING)
        everybody = [os.getpid(), *map(int, pids)]
        before, began = list(map(load.cpu_of_all, everybody)), time.perf_counter()
        await _draw(app, WARMING, PICTURES)
        seconds = time.perf_counter() - began
        after = map(load.cpu_of_all, everybody)
        return [seconds, *(now - then for now, then in zip(after, before, strict=True))]


async def _draw(app: App, first: int, number: int) -> None:
    """Have so many pictures finished, and told."""
    asked = first
    while (finished := await _finished(app)) < first + number:
        upto = min(first + number, finished + AT_ONCE)
        more = range(asked, upto)
        await asyncio.gather(*(load.ask(app.engine.receive, n, f"p{n % AT_ONCE}") for n in more))
        asked = max(asked, upto)
        await asyncio.sleep(LOOK_SECONDS)


async def _finished(app: App) -> int:
    done = sa.select(sa.func.count().label("number")).where(
        jobs.c.status == Status.SUCCEEDED, ~jobs.c.untold
    )
    [row] = await app.database.read(done)
    return int(row["number"])


_BENCH = {"provider": "bench.instant", "bot_adapters": ("bench.wall",)}


def table(found: dict[str, Throughput]) -> str:
    """The figures as Markdown."""
    rows = [
        f"{PICTURES} pictures of 32 pixels, {AT_ONCE} requests open all the time, provider time 0.",
        "",
        "| | pictures a second | CPU per picture | of the busiest process | of PostgreSQL |",
        "|---|--:|--:|--:|--:|",
    ]
    for name in SETUPS:
        if name not in found:
            rows.append(f"| {name} | {load.no_postgresql()} | | | |")
            continue
        one = found[name]
        used = (one.bots, one.busiest, one.database)
        listed = ("" if each is None else f"{each / PICTURES * 1000:.1f} ms" for each in used)
        rows.append(f"| {name} | {PICTURES / one.seconds:.0f} | {' | '.join(listed)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    if sys.argv[1] == "work":
        asyncio.run(_work(*sys.argv[2:5]))
    else:
        sys.stdout.write(json.dumps(asyncio.run(_ask(*sys.argv[2:]))) + "\n")
