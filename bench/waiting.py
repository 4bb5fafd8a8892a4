"""What a job costs that waits for a slow provider, and what 5,000 of them cost everybody else.

The bot runs as ``bot.app`` builds it, with SQLite, in a process of its own, with :mod:`bench.wall`.
Thousands of people ask for one picture each, and all of them are waited for at once: in one run
from a service that gives tickets, by the provider for IMA, which looks at each task again and again
(the emulator of IMA, whose tasks take an hour); in the other from one that answers a long call, by
the provider for OpenRouter, with a connection for each, to a server that never answers. Then others
ask, :data:`RATE` a second, and are acknowledged: their request is stored (``receive`` returns), and
its message is shown. The baseline are the same people before all that.

``python -m bench.waiting FOLDER PROVIDER`` is the bot; it prints a line of JSON.
"""

import asyncio
import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from aiohttp import web

from bench import load
from bench.collector import Collector
from bench.loop import Clock
from bench.memory import resident
from bot.app import App
from bot.runtime import heap
from tests.emulators.process import launch

JOBS = 5000
ASKING = 100
"""Requests under way at once, while the jobs are asked for."""

RATE = 20
PROBES = 400
IDLE_SECONDS = 10.0
TASK_SECONDS = 3600.0
WAYS = {"ima": "with a ticket each", "openrouter": "with a connection each"}


@dataclass(frozen=True, slots=True)
class Moment:
    """What people meet while so many jobs wait, beside those that have ``failed``: seconds until a
    request is stored, and until its message is shown (p50, p99), for how long the loop was blocked,
    and the longest full collection of garbage; the share of a core that the bot takes when nobody
    asks; its resident bytes and its threads."""

    waiting: int
    failed: int
    stored: tuple[float, float]
    shown: tuple[float, float]
    blocked: float
    collector: float
    idle: float
    resident: int
    threads: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Before, and meanwhile; ``asking`` are the seconds in which all were asked for, ``blocked``
    for how long the loop was then, ``collector`` the longest full collection then."""

    before: Moment
    meanwhile: Moment
    asking: float
    blocked: float
    collector: float


async def measure() -> dict[str, Waiting]:
    """With the one kind of service, and with the other."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found = {}
    with launch("ima", duration=TASK_SECONDS) as ima:
        async with _silent() as url:
            environment = {
                "IMA_API_KEY": "ima_emulator",
                "IMA_BASE_URL": ima.url,
                "IMA_UPLOAD_URL": ima.url,
                "OPENROUTER_API_KEY": "sk-or-v1-bench",
                "OPENROUTER_BASE_URL": url,
            }
            for provider in WAYS:
                found[provider] = await _measure(provider, environment)
    return found


async def _measure(provider: str, environment: dict[str, str]) -> Waiting:
    with tempfile.TemporaryDirectory(prefix="banana-bench-") as folder:
        command = ("bench.waiting", folder, provider)
        async with load.process(*command, environment=environment) as bot:
            told = json.loads(await load.line(bot))
    moments = {name: Moment(**told[name]) for name in ("before", "meanwhile")}
    return Waiting(**{**told, **moments})


@asynccontextmanager
async def _silent() -> AsyncIterator[str]:
    """A service that lists no models, and never answers what it is asked for."""

    async def never(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({"data": []})
        await request.read()
        await asyncio.Event().wait()
        raise AssertionError

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", never)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def _run(folder: str, provider: str) -> Waiting:
    settings = load.settings(folder, provider=provider, bot_adapters=("bench.wall",))
    async with load.serving(settings) as (app, wall):
        asked = 0

        async def ask() -> str:
            nonlocal asked
            asked += 1
            return await load.ask(wall.receive, asked, f"p{asked}")

        async def settled() -> None:
            """All that were asked for are waited for, or have failed."""
            while True:
                if _waits(app) + wall.told.qsize() >= asked:
                    return
                await asyncio.sleep(0.1)

        async def probe(_: int) -> None:
            began = time.perf_counter()
            job_id = await ask()
            stored.append(time.perf_counter() - began)
            shown.append(await wall.until_shown(job_id) - began)

        async def moment() -> Moment:
            stored.clear()
            shown.clear()
            await settled()
            used = time.process_time()
            await asyncio.sleep(IDLE_SECONDS)
            used = time.process_time() - used
            with Collector() as collector:
                async with Clock() as clock:
                    await load.evenly(RATE, PROBES, probe)
            await settled()
            gc.collect()
            heap.trim()
            return Moment(
                waiting=_waits(app),
                failed=wall.told.qsize(),
                stored=_cuts(stored),
                shown=_cuts(shown),
                blocked=clock.lateness.longest,
                collector=collector.longest,
                idle=used / IDLE_SECONDS,
                resident=resident(os.getpid()),
                threads=threading.active_count(),
            )

        stored: list[float] = []
        shown: list[float] = []
        await load.evenly(RATE, PROBES, lambda _: ask())  # what is loaded with the first ones
        before = await moment()
        began = time.perf_counter()
        with Collector() as collector:
            async with Clock() as clock:
                for _ in range(JOBS // ASKING):
                    await asyncio.gather(*(ask() for _ in range(ASKING)))
                await settled()
        asking = time.perf_counter() - began
        blocked = clock.lateness.longest
        found = Waiting(before, await moment(), asking, blocked, collector.longest)
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()  # nobody waits for so many to be cut off
    raise AssertionError


def _waits(app: App) -> int:
    """How many jobs are being waited for."""
    return len(app.engine._generator._waitings)


def _cuts(times: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]


def table(found: dict[str, Waiting]) -> str:
    """The figures as Markdown."""
    rows = [
        f"{JOBS} people ask for a picture that does not come. Meanwhile {PROBES} others ask, "
        f"{RATE} a second.",
        "",
        "| | wait | failed | stored p50 | p99 | shown p50 | p99 | loop blocked | full collection "
        "| CPU when nobody asks | resident | a waiting job | threads |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for provider, one in found.items():
        more = one.meanwhile.waiting - one.before.waiting
        each = (one.meanwhile.resident - one.before.resident) / more
        rows.append(_row("before (baseline)", one.before, ""))
        rows.append(_row(WAYS[provider], one.meanwhile, f"{each / 1000:.1f} kB"))
    for provider, one in found.items():
        rows += [
            "",
            f"All were asked for, and waited for, {WAYS[provider]}, after {one.asking:.0f} s; the "
            f"loop was blocked for {one.blocked * 1000:.0f} ms at most while {ASKING} were asked "
            f"for at once, and a full collection took {one.collector * 1000:.0f} ms.",
        ]
    return "\n".join(rows)


def _row(name: str, moment: Moment, each: str) -> str:
    times = [*moment.stored, *moment.shown, moment.blocked, moment.collector]
    listed = " | ".join(f"{seconds * 1000:.0f} ms" for seconds in times)
    return (
        f"| {name} | {moment.waiting} | {moment.failed} | {listed} | {moment.idle:.1%} "
        f"| {moment.resident / 1e6:.0f} MB | {each} | {moment.threads} |"
    )


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:3]))
