"""Many requests to the real program on Feishu, while everything goes wrong."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.chaos.feishu_people import People
from tests.chaos.feishu_storm import Feishu, Time
from tests.chaos.feishu_trouble import FIRST, KINDS, RARE
from tests.chaos.storm import COUNT, check_jobs, people_of, rage, schedule, table, wrong
from tests.emulators.process import Remote, launch
from tests.support.feishu_program import on_feishu

SECONDS = 900

UNAGED = str(10**7)
"""Seconds: while one event waits to be pushed again, the clock jumps for others too, so that it may
be older than any real one when it is taken."""

FAST = {"ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0, "PingInterval": 1}


@pytest.fixture
def remote() -> Iterator[Remote]:
    with launch("feishu") as remote:
        yield remote


@pytest.fixture
async def stage(remote: Remote, tmp_path: Path) -> AsyncIterator[Feishu]:
    await remote.set(client_config=FAST)
    power = on_feishu(
        *(remote, tmp_path),
        DEMO_SECONDS="0.8",
        MAX_IMAGES_PER_REQUEST="2",
        FEISHU_EVENT_MAX_AGE=UNAGED,
    )
    async with aiohttp.ClientSession() as session:
        people = People(remote.over(session), power)
        await people.build(people_of(COUNT))
        await power.on()
        clock = Time(people, power)
        beside = [asyncio.create_task(power.watch()), asyncio.create_task(clock.pass_by())]
        yield Feishu(people, power)
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(power.program.stop)


@pytest.mark.timeout(SECONDS)
async def test_every_request_ends_in_one_card(stage: Feishu, remote: Remote) -> None:
    plan = schedule(KINDS, first=FIRST, rare=RARE)
    began = time.monotonic()
    await rage(stage, plan)
    took = time.monotonic() - began
    verdicts = await stage.judge()

    power = stage.people.power
    print(table(verdicts))  # noqa: T201 - it goes into the closing note
    questions = sum(bool(trial.questions) for trial in stage.trials)
    print(f"* {questions} times it was asked which picture was meant, and answered")  # noqa: T201
    print(f"* {took:.0f} s, {len(power.kills)} times killed")  # noqa: T201
    assert len(verdicts) == COUNT
    assert not wrong(verdicts), [(one.request, one.words) for one in wrong(verdicts)]
    assert await stage.strays() == []
    check_jobs(power, [trial.jobs for trial in stage.trials])
    assert (await remote.ask("violations"))["violations"] == []
