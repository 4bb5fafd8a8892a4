"""Time that passes, and what a Discord that others wrote refuses; see :mod:`simulated`."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest
import simcord

from bot.settings import Settings
from messages import Button
from tests.adapters.discord.simulated import Simulated, simulated
from tests.support.scripted import Scripted


@pytest.fixture
async def world(
    settings: Settings, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Simulated]:
    async with simulated(settings, monkeypatch) as made:
        yield made


async def test_after_fifteen_minutes_the_bot_edits_its_message(
    world: Simulated, provider: Scripted
) -> None:
    going_on = asyncio.Event()
    provider.outcomes.append(going_on)
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    await world.step(asked)
    await world.env.advance_time(16 * 60)
    going_on.set()
    shown = await world.picture(asked)
    (call,) = await world.until(
        lambda: [m for m in world.channel.history() if m.id != shown.id], "who has waited is called"
    )
    assert str(shown.id) in call.content
    path = f"/channels/{world.channel.id}/messages"
    *_, edited, called = world.env.http_requests
    assert (edited.method, edited.path) == ("PATCH", f"{path}/{shown.id}")
    assert (called.method, called.path) == ("POST", path)


async def test_a_private_answer_after_fifteen_minutes_is_a_direct_message(
    world: Simulated, provider: Scripted
) -> None:
    going_on = asyncio.Event()
    provider.outcomes.append(going_on)
    await world.alice.slash(world.channel, "imagine", prompt="a lighthouse", private=True)
    await world.env.advance_time(16 * 60)
    going_on.set()
    dms = world.alice.user.dm_channel
    await world.until(lambda: world.pictures(dms), "a direct message")
    assert not world.channel.history(viewer=world.bob)


async def test_discord_stopped_waiting(world: Simulated) -> None:
    world.late = 3.5
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    assert not asked.acknowledged
    await world.until(lambda: world.pictures(world.channel), "a message of the bot's own")


async def test_the_first_answer_is_tried_again_and_no_more(world: Simulated) -> None:
    world.resent = True
    world.env.inject_error("POST", "/interactions/*/callback", status=503)
    await world.imagine()
    assert [*world.acknowledged().values()] == [2]


async def test_a_deleted_answer_is_posted_anew(world: Simulated, provider: Scripted) -> None:
    going_on = asyncio.Event()
    provider.outcomes.append(going_on)
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    await world.alice.delete(await world.step(asked))
    going_on.set()
    await world.until(lambda: world.pictures(world.channel), "the picture anew")
    assert len(world.channel.history()) == 1


async def test_an_answer_that_was_deleted_while_it_said_thinking(
    world: Simulated, provider: Scripted
) -> None:
    going_on = asyncio.Event()
    provider.outcomes.append(going_on)
    world.env.inject_error("PATCH", "/webhooks/*")
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    assert asked.response
    assert asked.response.flags.loading
    await world.alice.delete(asked.response)
    going_on.set()
    await world.until(lambda: world.pictures(world.channel), "the picture anew")
    assert len(world.channel.history()) == 1


async def test_where_the_bot_may_not_write(world: Simulated) -> None:
    silent = discord.PermissionOverwrite(send_messages=False)
    closed = world.guild.create_text_channel("quiet", overwrites={world.guild.default_role: silent})
    me = f"<@{world.env.backend.bot_user.id}>"
    await world.alice.send(closed, f"{me} a boat")
    dms = world.alice.user.dm_channel
    found = await world.until(lambda: world.pictures(dms), "a direct message")
    assert "Send Messages" in found[0].content
    asked = await world.alice.slash(closed, "imagine", prompt="a lake")
    await world.picture(asked)


@pytest.mark.parametrize(
    ("status", "code"), [(500, 0), (401, 50027), (404, 10015), (413, 40005)], ids=str
)
async def test_a_result_is_shown_once_whatever_the_webhook_says(
    world: Simulated, provider: Scripted, status: int, code: int
) -> None:
    going_on = asyncio.Event()
    provider.outcomes.append(going_on)
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")

    def saying(words: str) -> simcord.ResponseMessage | None:
        answer = asked.response
        return answer if answer and words in answer.content else None

    await world.until(lambda: saying("Generating"), "the last step before the result")
    world.env.inject_error("PATCH", "/webhooks/*", status=status, code=code)
    going_on.set()
    if status == 413:  # nothing is smaller than so small a picture
        shown = await world.until(lambda: saying("too large"), "the result in words")
        assert not shown.attachments
    else:
        shown = await world.picture(asked)
    assert [each.id for each in world.channel.history()] == [shown.id]


async def test_somebody_is_called_when_it_is_done(world: Simulated, provider: Scripted) -> None:
    going_on = asyncio.Event()
    provider.outcomes.append(going_on)
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    pressed = await world.press(world.alice, await world.step(asked), Button.NOTIFY)
    assert pressed.response
    assert pressed.response.ephemeral
    going_on.set()
    shown = await world.picture(asked)
    (call,) = await world.until(
        lambda: [m for m in world.channel.history() if m.id != shown.id], "a call"
    )
    assert str(shown.id) in call.content
    called = [content["allowed_mentions"] for content in world.sent()]
    assert called.pop()["users"] == [world.alice.id]
    assert not any(each["parse"] or each.get("users") for each in called)
