"""How soon a finished picture is noticed at IMA, and how many requests that takes.

The emulator's tasks take between 15 and 60 seconds of a clock that runs faster than ours. Each is
collected once as the provider does it, and once as the vendor's own client does: looked at at once
and then every five seconds. The lag is from the moment in which the picture is there until it is
asked for, on the emulator's clock.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from pydantic import SecretStr

from bot.domain.failures import Failure
from bot.domain.generation import Pictures, Request, Ticket
from bot.providers.ima import DETAIL, Ima, ImaSettings
from tests.emulators.process import Remote, launch
from tests.support.model_ids import OLD_FLASH

TASKS = 200
SHORTEST, LONGEST = 15.0, 60.0
SEED = 5
SCALE = 20.0
"""How many of the emulator's seconds are one of ours."""

AT_ONCE = 20
"""Tasks at the same time: with more, one process waits for the other."""

FIXED = 5.0
_KEY = "ima_emulator"

Collect = Callable[[Ima, Remote, Ticket, Request], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Strategy:
    """What one way of looking did: ``lags`` in seconds, ``looks`` of all tasks together."""

    lags: list[float]
    looks: int

    @property
    def mean(self) -> float:
        return statistics.fmean(self.lags)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.lags, n=20)[18]


@dataclass(frozen=True, slots=True)
class Result:
    adaptive: Strategy
    fixed: Strategy


async def measure() -> Result:
    """Carry out the same tasks both ways."""
    with launch("ima") as emulator:
        return Result(await _run(emulator, _adaptive), await _run(emulator, _fixed))


async def _run(emulator: Remote, collect: Collect) -> Strategy:
    await emulator.forget()
    chance = random.Random(SEED)
    durations = [chance.uniform(SHORTEST, LONGEST) for _ in range(TASKS)]
    await emulator.set(scale=SCALE, durations=durations)
    settings = ImaSettings(
        api_key=SecretStr(_KEY), base_url=emulator.url, upload_url=emulator.url, extra_body={}
    )
    ima = Ima(
        settings,
        clock=lambda: time.monotonic() * SCALE,
        sleep=lambda seconds: asyncio.sleep(seconds / SCALE),
    )
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with slots:
            request = Request(str(number), "a lighthouse", OLD_FLASH, "512")
            ticket = await ima.submit(request)
            if isinstance(ticket, Failure):
                raise RuntimeError(f"no task: {ticket}")
            await collect(ima, emulator, ticket, request)

    try:
        await asyncio.gather(*map(one, range(TASKS)))
    finally:
        await ima.close()
    return await _strategy(emulator)


async def _strategy(emulator: Remote) -> Strategy:
    url = f"{emulator.url}/_ctl/tasks"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        tasks = await answer.json()
    lags = [task["fetched"] - task["finished"] for task in tasks]
    return Strategy(lags, sum(task["looks"] for task in tasks))


async def _adaptive(ima: Ima, _: Remote, ticket: Ticket, request: Request) -> None:
    async for sign in ima.collect(ticket, request):
        if isinstance(sign, Failure):
            raise RuntimeError(f"no picture: {sign}")
        if isinstance(sign, Pictures):
            return


async def _fixed(_: Ima, emulator: Remote, ticket: Ticket, __: Request) -> None:
    headers = {"Authorization": f"Bearer {_KEY}", "x-app-source": "ima_skills"}
    async with aiohttp.ClientSession(emulator.url, headers=headers) as session:
        while True:
            async with session.post(DETAIL, json={"task_id": ticket.id}) as answer:
                medias = (await answer.json())["data"]["medias"]
            if medias and medias[0].get("url"):
                async with session.get(medias[0]["url"]) as answer:
                    await answer.read()
                return
            await asyncio.sleep(FIXED / SCALE)


def table(result: Result) -> str:
    """The figures as Markdown."""
    adaptive, fixed = result.adaptive, result.fixed
    kept = adaptive.looks <= fixed.looks and adaptive.mean < fixed.mean
    rows = [
        f"{TASKS} tasks at IMA of {SHORTEST:.0f} to {LONGEST:.0f} s each; "
        f"the clock runs {SCALE:.0f} times as fast.",
        "",
        "| finished until noticed | mean | p95 | requests | per task |",
        "|---|--:|--:|--:|--:|",
        _row(f"every {FIXED:.0f} s (baseline)", fixed),
        _row("adaptive", adaptive),
        f"| ratio | {adaptive.mean / fixed.mean:.2f} x | {adaptive.p95 / fixed.p95:.2f} x "
        f"| {adaptive.looks / fixed.looks:.2f} x | |",
        "",
        f"Target: sooner, with no more requests, {'kept' if kept else 'missed'}.",
    ]
    return "\n".join(rows)


def _row(name: str, found: Strategy) -> str:
    lags = f"{found.mean:.2f} s | {found.p95:.2f} s"
    return f"| {name} | {lags} | {found.looks} | {found.looks / TASKS:.1f} |"
