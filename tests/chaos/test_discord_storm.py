"""Many requests to the real program on Discord, while everything goes wrong."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.chaos.discord_people import People
from tests.chaos.discord_storm import Discord
from tests.chaos.discord_trouble import FIRST, KINDS, RARE
from tests.chaos.storm import COUNT, Power, check_jobs, people_of, rage, schedule, table, wrong
from tests.emulators.process import Remote, launch
from tests.support.forked_program import ForkedProgram

SECONDS = 900


@pytest.fixture
def remote() -> Iterator[Remote]:
    with launch("discord") as remote:
        yield remote


@pytest.fixture
async def stage(remote: Remote, tmp_path: Path) -> AsyncIterator[Discord]:
    await remote.set(limits=False, identify_interval=0, identify_limit=10_000)
    token = (await remote.ask("app", {}))["token"]
    program = ForkedProgram(
        tmp_path,
        BOT_ADAPTERS="discord,web",
        DISCORD_TOKEN=token,
        DISCORD_API_BASE=f"{remote.url}/api/v10",
        DISCORD_GATEWAY_URL=f"{remote.url.replace('http', 'ws')}/",
        DEMO_SECONDS="0.8",
        DEFAULT_SIZE="512",
        MAX_IMAGES_PER_REQUEST="2",
    )

    async def ready() -> bool:
        sessions = (await remote.ask("sessions"))["sessions"]
        return any(one["connected"] for one in sessions)

    power = Power(program, ready)
    async with aiohttp.ClientSession() as session:
        people = People(remote.over(session), power)
        await people.build(people_of(COUNT))
        await power.on()
        watch = asyncio.create_task(power.watch())
        yield Discord(people, power)
        watch.cancel()
        await asyncio.to_thread(program.stop)


@pytest.mark.timeout(SECONDS)
async def test_every_request_ends_in_one_message(stage: Discord, remote: Remote) -> None:
    plan = schedule(KINDS, first=FIRST, rare=RARE)
    began = time.monotonic()
    await rage(stage, plan)
    took = time.monotonic() - began
    verdicts = await stage.judge()

    print(table(verdicts))  # noqa: T201 - it goes into the closing note
    questions = sum(bool(trial.questions) for trial in stage.trials)
    print(f"* {questions} times it was asked which picture was meant, and answered")  # noqa: T201
    print(f"* {took:.0f} s, of which {stage.people.power.told()}")  # noqa: T201
    assert len(verdicts) == COUNT
    assert not wrong(verdicts), [(one.request, one.words) for one in wrong(verdicts)]
    check_jobs(stage.people.power, [trial.jobs for trial in stage.trials])
    assert (await remote.ask("violations"))["violations"] == []
