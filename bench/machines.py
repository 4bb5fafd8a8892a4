"""Several machines: a thousand requests to two gateways and three workers, while processes are
killed, frozen, stopped and started again, and PostgreSQL is restarted once; and as many to one
process on SQLite.

Each is the real program; Discord, Feishu and IMA are emulated. The pauses after which a process is
taken to be gone are shorter than the program's own (:mod:`tests.chaos.running`), so that more
happens in the time. What is counted are mistakes, of which there must be none.
"""

import asyncio
import tempfile
from pathlib import Path

from bench import load
from tests.chaos.machine_storm import Verdict, storm
from tests.emulators.process import launch
from tests.support import postgres

REQUESTS = 1000
SECONDS = 330.0
TROUBLES = 40
PEOPLE = 50


async def measure() -> tuple[Verdict, Verdict | None]:
    """What came of all requests on SQLite, and on PostgreSQL where that is installed."""
    alone = await _storm(None)
    if postgres.binaries() is None:
        return alone, None
    with tempfile.TemporaryDirectory(prefix="pg") as data:
        await asyncio.to_thread(Path(data).chmod, 0o755)
        cluster = await asyncio.to_thread(postgres.Cluster, Path(data))
        await asyncio.to_thread(cluster.start)
        try:
            return alone, await _storm(cluster)
        finally:
            await asyncio.to_thread(cluster.stop)


async def _storm(cluster: postgres.Cluster | None) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        with launch("discord") as discord, launch("feishu") as feishu, launch("ima") as ima:
            async with storm(Path(folder), cluster, discord, feishu, ima) as made:
                await made.build(PEOPLE)
                return await made.run(REQUESTS, SECONDS, TROUBLES)


def table(verdicts: tuple[Verdict, Verdict | None]) -> str:
    """As Markdown."""
    alone, several = verdicts
    parts = ["## machines: while processes die", "One process on SQLite:", _told(alone)]
    if several:
        parts += ["Two gateways and three workers on PostgreSQL:", _told(several)]
    else:
        parts.append(load.no_postgresql())
    return "\n\n".join(parts)


def _told(verdict: Verdict) -> str:
    wrong = "".join(f"\n* {kind}: {found}" for kind, found in verdict.wrong.items())
    return f"{verdict.table()}\n{wrong}".strip()
