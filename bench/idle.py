"""What an idle bot costs: processor time and transactions, with both platforms connected.

The bot runs as ``bot.app`` builds it, in a process of its own, on the emulators of Discord and
Feishu, which send it nothing but their heartbeats: alone on SQLite, and five times on one
PostgreSQL, whose own count of transactions is taken there. It settles, and then nothing happens for
:data:`IDLE_SECONDS` (``BENCH_SECONDS`` sets it). The baseline is a plain bot on lark-oapi
(:mod:`bench.lark_bot`), which has one platform and no database.

``python -m bench.idle DISCORD TOKEN FEISHU FOLDER [URL NAME]`` is the bot; it prints the moments at
which transactions began at SIGTERM, by the clock of the system.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from bench import load
from bench.memory import APP_ID, SECRET
from tests.emulators.process import Remote, launch
from tests.support import postgres

SETTLING_SECONDS = 15.0
IDLE_SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
START_SECONDS = 60.0
PROCESSES = 5

MOST_CPU, MOST_QUERIES = 0.003, 1.0
"""What it may take: a share of a core, and transactions a second."""


_COUNT = sa.text(
    "SELECT xact_commit + xact_rollback, numbackends FROM pg_stat_database WHERE datname = :name"
)
"""https://www.postgresql.org/docs/current/monitoring-stats.html"""


@dataclass(frozen=True, slots=True)
class Idle:
    """Of one process: the share of a core, transactions a second where there is a database, and
    connections to it where it is PostgreSQL."""

    cpu: float
    transactions: float | None = None
    connections: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The plain bot; ours; the mean of several of ours, where PostgreSQL is installed."""

    plain: Idle
    bot: Idle
    several: Idle | None


async def measure() -> Result:
    """One after the other."""
    with launch("discord") as discord, launch("feishu") as feishu:
        command = ("bench.lark_bot", feishu.url, APP_ID, SECRET)
        async with _running(feishu, *command) as process:
            plain = Idle(await _idle([process.pid]))
        token = (await discord.ask("app", {}))["token"]
        with tempfile.TemporaryDirectory(prefix="banana-bench-") as folder:
            command = ("bench.idle", discord.url, token, feishu.url, folder)
            async with _running(feishu, *command) as process:
                began = time.time() + SETTLING_SECONDS
                idle = await _idle([process.pid])
                process.send_signal(signal.SIGTERM)
                output, _ = await process.communicate()
            begun = [at for at in json.loads(output) if began < at < began + IDLE_SECONDS]
            bot = Idle(idle, len(begun) / IDLE_SECONDS)
            several = await _several(feishu, command) if postgres.binaries() else None
        return Result(plain, bot, several)


async def _several(feishu: Remote, command: tuple[str, ...]) -> Idle:
    """:data:`PROCESSES` bots that share a PostgreSQL."""
    async with AsyncExitStack() as stack:
        cluster = stack.enter_context(load.cluster())
        url = postgres.create(cluster.url)
        pids = []
        for number in range(PROCESSES):
            one = load.process(*command, url, f"bench-{number}")
            pids.append((await stack.enter_async_context(one)).pid)
        await _sockets(feishu, PROCESSES)
        engine = sa.create_engine(
            sa.make_url(cluster.url).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
        )
        with engine.connect() as watching:  # another database: its own queries do not count
            where = {"name": sa.make_url(url).database}

            def count() -> tuple[int, int]:
                commits, backends = watching.execute(_COUNT, where).one()
                return int(commits), int(backends)

            await asyncio.sleep(SETTLING_SECONDS)
            before, _ = count()
            share = await _idle(pids, settling=0)
            after, backends = count()
        engine.dispose()
    made = (after - before) / IDLE_SECONDS
    return Idle(share / PROCESSES, made / PROCESSES, backends / PROCESSES)


@asynccontextmanager
async def _running(feishu: Remote, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A bot, from when Feishu has a connection to it until Feishu has none."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command), stdout=asyncio.subprocess.PIPE
    )
    try:
        await _sockets(feishu, 1)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await _sockets(feishu, 0)


async def _sockets(feishu: Remote, number: int) -> None:
    """Wait until so many connections to Feishu are there."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            if len((await feishu.ask("sockets"))["open"]) == number:
                return
            await asyncio.sleep(0.1)


async def _idle(pids: Sequence[int], settling: float = SETTLING_SECONDS) -> float:
    """The share of a core that these processes take together."""
    await asyncio.sleep(settling)
    before = sum(map(load.cpu, pids))
    await asyncio.sleep(IDLE_SECONDS)
    return (sum(map(load.cpu, pids)) - before) / IDLE_SECONDS


def table(result: Result) -> str:
    """The figures as Markdown."""
    bots = {"the bot, SQLite": result.bot}
    if result.several:
        bots[f"each of {PROCESSES}, PostgreSQL"] = result.several
    rows = [
        "| nothing happens | share of a core | transactions a second | connections |",
        "|---|--:|--:|--:|",
        _row("plain bot on lark-oapi (baseline)", result.plain),
        *(_row(name, one) for name, one in bots.items()),
        "",
    ]
    for name, one in bots.items():
        cpu = "kept" if one.cpu <= MOST_CPU else "missed"
        queries = "kept" if (one.transactions or 0) <= MOST_QUERIES else "missed"
        rows.append(
            f"Targets, {name}: at most {MOST_CPU:.1%} of a core, {cpu}; "
            f"at most {MOST_QUERIES:.0f} transaction a second, {queries}."
        )
    if not result.several:
        rows.append(load.no_postgresql())
    return "\n".join(rows)


def _row(name: str, idle: Idle) -> str:
    counts = ("" if n is None else f"{n:.2f}" for n in (idle.transactions, idle.connections))
    return f"| {name} | {idle.cpu:.2%} | {' | '.join(counts)} |"


async def _run(
    discord: str, token: str, feishu: str, folder: str, url: str = "", name: str = "bench"
) -> list[float]:
    begun: list[float] = []
    sa.event.listen(sa.Engine, "begin", lambda _connection: begun.append(time.time()))
    os.environ["DISCORD_TOKEN"] = token
    os.environ["DISCORD_API_BASE"] = f"{discord}/api/v10"
    os.environ["DISCORD_GATEWAY_URL"] = f"{discord.replace('http', 'ws')}/"
    os.environ["FEISHU_APP_ID"], os.environ["FEISHU_APP_SECRET"] = APP_ID, SECRET
    os.environ["FEISHU_DOMAIN"] = feishu
    adapters = ("discord", "feishu")
    await load.run_bot(folder, bot_adapters=adapters, database_url=url, executor_id=name)
    return begun


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_run(*sys.argv[1:7]))) + "\n")
