"""The 15-minute rule, with the clocks of Discord and of the bot moved."""

import asyncio
from dataclasses import replace

import pytest

from adapters.discord.address import DiscordPlace, created_at, expires_at
from adapters.discord.delivery import token_expiry
from bot.ports import Undeliverable
from tests.adapters.discord.delivering import PATIENCE, Stage, emulator, stage
from tests.adapters.discord.test_delivering_trouble import begun
from tests.support.scripted import Scripted

__all__ = ["emulator", "stage"]

LATE = "longer than I can answer here"


async def elsewhere(stage: Stage) -> DiscordPlace:
    """A command in a server of which the bot is no member."""
    await stage.furnish(bot=False, app=False)
    return replace(await stage.interaction(), reachable=False)


@pytest.fixture(autouse=True)
def _patient(provider: Scripted) -> None:
    """Pictures may take long, so that a job survives when the clock is moved."""
    provider.offered = tuple(replace(model, seconds=(1, 900)) for model in provider.offered)


async def content(stage: Stage, job_id: str) -> str:
    message = await stage.message((await stage.job(job_id)).address.message)
    return str(message["content"])


async def test_an_answer_in_time_is_shown_where_the_bot_is_no_member(stage: Stage) -> None:
    job, _ = await stage.draw(await elsewhere(stage))
    message = await stage.message(job.address.message)
    assert message["attachments"]
    assert not DiscordPlace.of(job.address).late


async def test_where_the_bot_is_no_member_a_person_is_told_in_time(stage: Stage) -> None:
    job_id, go = await begun(stage, await elsewhere(stage))
    await token_expiry.look_through(stage.app.bot)
    assert LATE not in await content(stage, job_id)
    await stage.move(840)
    await token_expiry.look_through(stage.app.bot)
    assert LATE in await content(stage, job_id)
    job = await stage.job(job_id)
    assert DiscordPlace.of(job.address).late
    edits = len(await stage.discord.requests("/webhooks"))
    await token_expiry.look_through(stage.app.bot)
    assert len(await stage.discord.requests("/webhooks")) == edits
    await stage.move(100)
    go.set()
    async with asyncio.timeout(PATIENCE):
        while not (await stage.job(job_id)).status.final:
            await asyncio.sleep(0.02)
    job = await stage.job(job_id)
    with pytest.raises(Undeliverable):
        await stage.delivery.show(job.address, await stage.app.engine.message(job), "en")
    assert await stage.direct() == []
    assert LATE in await content(stage, job_id)


async def test_a_picture_that_comes_after_the_warning_but_in_time_is_shown(stage: Stage) -> None:
    job, message = await stage.draw(await elsewhere(stage))
    await stage.move(840)
    address = await stage.again(job, message, late=True)
    shown = await stage.message(address.message)
    assert shown["attachments"]
    assert LATE not in shown["content"]


async def test_who_was_never_told_gets_a_direct_message(stage: Stage) -> None:
    job, message = await stage.draw(await elsewhere(stage))
    await stage.move(1000)
    await stage.again(job, message)
    [shown] = await stage.direct()
    assert shown["attachments"]


async def test_a_private_answer_says_that_it_ends(stage: Stage) -> None:
    job_id, go = await begun(stage, await stage.interaction(private=True))
    await stage.move(840)
    await token_expiry.look_through(stage.app.bot)
    assert "it will come to your direct messages" in await content(stage, job_id)
    await stage.move(100)
    go.set()
    await stage.shown(job_id)
    [shown] = await stage.direct()
    assert shown["buttons"]


async def test_nobody_is_told_where_the_bot_can_go_on(stage: Stage) -> None:
    job_id, go = await begun(stage, await stage.interaction())
    await stage.move(840)
    await token_expiry.look_through(stage.app.bot)
    assert LATE not in await content(stage, job_id)
    go.set()
    await stage.shown(job_id)


async def test_the_watch_goes_on_whatever_happens(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = asyncio.Event()
    calls = 0

    async def look(app: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("the database is away")
        looked.set()

    monkeypatch.setattr(token_expiry, "look_through", look)
    task = asyncio.create_task(token_expiry.watch(stage.app.bot, every=0.01))
    async with asyncio.timeout(PATIENCE):
        await looked.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_bot_that_starts_watches(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = asyncio.Event()

    async def look(app: object) -> None:
        looked.set()

    monkeypatch.setattr(token_expiry, "look_through", look)
    await stage.delivery.close()
    await stage.delivery.open()
    async with asyncio.timeout(PATIENCE):
        await looked.wait()


def test_an_id_tells_when_its_token_dies() -> None:
    # The example of https://discord.com/developers/docs/reference#convert-snowflake-to-datetime
    assert created_at("175928847299117063") == pytest.approx(1462015105.796)
    assert expires_at(175928847299117063) == pytest.approx(1462015105.796 + 900)
