"""Five hundred requests to the real program on Feishu, while everything goes wrong.

``STORM`` is how many requests there are (``STORM=500``).
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.adapters.feishu.stage import APP_ID, APP_SECRET
from tests.emulators.process import Remote, launch
from tests.feishu_people import FIRST, People
from tests.feishu_storm import Feishu, Time
from tests.feishu_trouble import KINDS, RARE
from tests.program import Program
from tests.storm import Outcome, Power, rage, schedule, table

COUNT = int(os.environ.get("STORM", "50"))
PEOPLE = max(1, min(50, COUNT // 10))
SECONDS = 900

FAST = {"ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0, "PingInterval": 1}


@pytest.fixture
def remote() -> Iterator[Remote]:
    with launch("feishu") as remote:
        yield remote


@pytest.fixture
async def stage(remote: Remote, tmp_path: Path) -> AsyncIterator[Feishu]:
    await remote.set(client_config=FAST)
    program = Program(
        tmp_path,
        BOT_ADAPTERS="feishu,web",
        FEISHU_APP_ID=APP_ID,
        FEISHU_APP_SECRET=APP_SECRET,
        FEISHU_DOMAIN=remote.url,
        DEMO_SECONDS="0.8",
        DEFAULT_SIZE="512",
        MAX_IMAGES_PER_REQUEST="2",
    )

    async def ready() -> bool:
        return bool((await remote.ask("sockets"))["open"])

    power = Power(program, ready)
    async with aiohttp.ClientSession() as session:
        people = People(remote, session, power)
        await people.build(PEOPLE)
        await power.on()
        clock = Time(people, power)
        beside = [asyncio.create_task(power.watch()), asyncio.create_task(clock.pass_by())]
        yield Feishu(people, power)
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(program.stop)


@pytest.mark.timeout(SECONDS)
async def test_every_request_ends_in_one_card(stage: Feishu, remote: Remote) -> None:
    rare = {fault: -(-times * COUNT // 500) for fault, times in RARE.items()}
    plan = schedule(KINDS, first=FIRST, count=COUNT, people=PEOPLE, rare=rare)
    began = time.monotonic()
    await rage(stage, plan)
    took = time.monotonic() - began
    verdicts = await stage.judge()

    power = stage.people.power
    print(table(verdicts))  # noqa: T201 - it goes into the closing note
    print(f"* {took:.0f} s, {len(power.kills)} times killed")  # noqa: T201
    assert len(verdicts) == COUNT
    wrong = [one for one in verdicts if one.outcome in (Outcome.LOST, Outcome.TWICE)]
    assert not wrong, [(one.request, one.words) for one in wrong]
    assert await stage.strays() == []

    jobs = Counter(sum(job in power.rows for job in trial.jobs) for trial in stage.trials)
    assert set(jobs) <= {0, 1}
    assert sum(number * times for number, times in jobs.items()) == len(power.rows)
    assert set(power.tickets().values()) == {1}
    assert (await remote.ask("violations"))["violations"] == []
