"""Showing when something is in the way: what was deleted, forbidden, too late, or broken."""

import asyncio
import time
from dataclasses import replace

import pytest

from adapters.discord.address import DiscordPlace
from adapters.discord.delivery import outbound as desk_module
from bot.ports import Undeliverable
from messages import Message, Status, Step
from tests.adapters.discord.delivering import PATIENCE, Stage, emulator, png, stage

__all__ = ["emulator", "stage"]

RUNNING = Message("job_0123456789abcdef01234567", Step.PROGRESS, Status.RUNNING, prompt="a cat")


async def begun(stage: Stage, place: DiscordPlace) -> tuple[str, asyncio.Event]:
    """A job that is running and shown; its picture comes once the event is set."""
    go = asyncio.Event()
    stage.provider.outcomes.append(go)
    job_id = await stage.ask(place)
    async with asyncio.timeout(PATIENCE):
        while True:
            job = await stage.job(job_id)
            if job.address.message and job.started_at and job.shown:
                return job_id, go
            await asyncio.sleep(0.02)


async def finish(stage: Stage, job_id: str, go: asyncio.Event) -> None:
    go.set()
    await stage.shown(job_id)


# The 15 minutes


async def test_after_its_token_a_message_is_edited_by_the_bot_itself(stage: Stage) -> None:
    job, message = await stage.draw(await stage.interaction())
    await stage.move(1000)
    address = await stage.again(job, replace(message, prompt="two cats"))
    assert address.message == job.address.message
    [shown] = await stage.messages()
    assert shown["content"].startswith("> two cats")
    assert len(shown["attachments"]) == 1
    requests = await stage.discord.requests(f"/channels/{stage.channel}/messages/")
    assert [request["method"] for request in requests] == ["PATCH"]


async def test_shortly_before_its_end_a_token_is_not_relied_on(stage: Stage) -> None:
    job, message = await stage.draw(await stage.interaction())
    await stage.move(880)
    before = len(await stage.discord.requests("/webhooks"))
    await stage.again(job, message)
    assert len(await stage.discord.requests("/webhooks")) == before


async def test_a_token_that_died_early_is_no_loss(stage: Stage) -> None:
    job_id, go = await begun(stage, await stage.interaction())
    await stage.discord.ask("expire", {})
    await finish(stage, job_id, go)
    [message] = await stage.messages()
    assert message["attachments"]
    assert DiscordPlace.of((await stage.job(job_id)).address).token is None


async def test_an_interaction_never_answered_is_answered_in_the_channel(stage: Stage) -> None:
    place = replace(await stage.interaction(), token="unknown")
    await stage.draw(place)
    shown = [message for message in await stage.messages() if not message["loading"]]
    assert len(shown) == 1
    assert shown[0]["attachments"]


async def test_a_private_answer_moves_to_the_direct_messages(stage: Stage) -> None:
    job, message = await stage.draw(await stage.interaction(private=True))
    await stage.move(1000)
    step = replace(RUNNING, job_id=job.id)
    assert await stage.again(job, step) == job.address
    assert await stage.direct() == []
    address = await stage.again(job, message)
    [shown] = await stage.direct()
    assert shown["attachments"]
    assert address.message == shown["id"]
    assert DiscordPlace.of(address).dm == shown["channel_id"]
    assert await stage.delivery.show(address, message, "en") == address
    assert len(await stage.direct()) == 1


# What was deleted


async def test_a_deleted_message_is_not_brought_back_by_progress(stage: Stage) -> None:
    for place in (await stage.interaction(), await stage.mention()):
        job_id, go = await begun(stage, place)
        address = (await stage.job(job_id)).address
        await stage.discord.ask("delete_message", {"message": address.message})
        message = replace(RUNNING, job_id=job_id)
        assert await stage.delivery.show(address, message, "en") == address
        assert address.message not in [m["id"] for m in await stage.messages()]
        await finish(stage, job_id, go)
        result = await stage.message((await stage.job(job_id)).address.message)
        assert result["attachments"]
        assert result["id"] != address.message
    assert len(await stage.messages()) == 2


async def test_a_deleted_private_answer_is_followed_by_another(stage: Stage) -> None:
    job_id, go = await begun(stage, await stage.interaction(private=True))
    address = (await stage.job(job_id)).address
    await stage.discord.ask("delete_message", {"message": address.message})
    await finish(stage, job_id, go)
    [message] = await stage.messages()
    assert message["only"] == stage.person
    assert message["attachments"]


async def test_a_deleted_result_is_posted_once(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention())
    await stage.discord.ask("delete_message", {"message": job.address.message})
    first = await stage.delivery.show(job.address, message, "en")
    assert await stage.delivery.show(job.address, message, "en") == first
    assert len(await stage.messages()) == 1


async def test_what_was_asked_in_a_deleted_channel_is_sent_to_the_person(stage: Stage) -> None:
    for asked in (stage.mention, stage.interaction):
        await stage.furnish()
        place = await asked()
        job_id, go = await begun(stage, place)
        await stage.discord.ask("delete_channel", {"channel": place.channel})
        await finish(stage, job_id, go)
        assert (await stage.direct())[-1]["attachments"]
    assert len(await stage.direct()) == 2


async def test_an_archived_thread_is_woken_up(stage: Stage) -> None:
    thread = await stage.discord.ask("thread", {"parent": stage.channel, "as": stage.person})
    job_id, go = await begun(stage, await stage.mention(thread["id"]))
    await stage.discord.ask("thread", {"id": thread["id"], "archived": True})
    await finish(stage, job_id, go)
    [message] = await stage.messages(thread["id"])
    assert message["attachments"]


async def test_a_locked_thread_is_left_alone(stage: Stage) -> None:
    thread = await stage.discord.ask("thread", {"parent": stage.channel, "as": stage.person})
    job_id, go = await begun(stage, await stage.mention(thread["id"]))
    await stage.discord.ask("thread", {"id": thread["id"], "archived": True, "locked": True})
    await finish(stage, job_id, go)
    [message] = await stage.direct()
    assert message["attachments"]


@pytest.mark.parametrize("wait", [0.05, 60.0])
async def test_a_message_edited_too_often_is_replaced(stage: Stage, wait: float) -> None:
    await stage.discord.set(old_edits=0, old_edit_wait=wait)
    job, message = await stage.draw(await stage.interaction())
    await stage.move(4000)
    address = await stage.again(job, message)
    [shown] = await stage.messages()
    assert shown["id"] == address.message != job.address.message
    assert shown["attachments"]


async def test_what_has_moved_is_replaced_there(stage: Stage) -> None:
    await stage.discord.set(old_edits=0, old_edit_wait=0.05)
    job, message = await stage.draw(await stage.interaction(private=True))
    await stage.move(1000)
    moved = await stage.again(job, message)
    await stage.move(4000)
    again = await stage.delivery.show(moved, message, "en")
    [shown] = await stage.direct()
    assert shown["id"] == again.message != moved.message
    await stage.delivery.remove(again)
    assert await stage.direct() == []


# What is forbidden


@pytest.mark.parametrize(
    ("denied", "name"),
    [
        ("SEND_MESSAGES", "Send Messages"),
        ("VIEW_CHANNEL", "View Channels"),
        ("ATTACH_FILES", "Attach Files"),
    ],
)
async def test_a_missing_permission_is_named_in_a_direct_message(
    stage: Stage, denied: str, name: str
) -> None:
    place = await stage.mention()
    change = {"channel": stage.channel, "target": "bot", "deny": [denied]}
    await stage.discord.ask("permissions", change)
    job, _ = await stage.draw(place)
    [message] = await stage.direct()
    assert message["id"] == job.address.message
    assert f"I lack “{name}”" in message["content"]
    assert message["attachments"]
    for left in await stage.messages():
        assert "I lack" in left["content"]
        assert not left["buttons"]


async def test_in_a_thread_it_is_the_permission_for_threads(stage: Stage) -> None:
    thread = await stage.discord.ask("thread", {"parent": stage.channel, "as": stage.person})
    place = await stage.mention(thread["id"])
    change = {"channel": stage.channel, "target": "bot", "deny": ["SEND_MESSAGES_IN_THREADS"]}
    await stage.discord.ask("permissions", change)
    await stage.draw(place, locale="zh-CN")
    [message] = await stage.direct()
    assert "“在子区内发送消息”" in message["content"]


async def test_without_the_right_to_read_it_posts_instead_of_replying(stage: Stage) -> None:
    place = await stage.mention()
    change = {"channel": stage.channel, "target": "bot", "deny": ["READ_MESSAGE_HISTORY"]}
    await stage.discord.ask("permissions", change)
    await stage.draw(place)
    [message] = await stage.messages()
    assert message["attachments"]


async def test_a_bot_that_was_thrown_out_sends_the_result_all_the_same(stage: Stage) -> None:
    await stage.furnish()
    job_id, go = await begun(stage, await stage.mention())
    await stage.discord.ask("leave", {"guild": stage.guild})
    await finish(stage, job_id, go)
    [message] = await stage.direct()
    assert message["attachments"]


async def test_a_person_who_takes_no_messages_cannot_be_reached(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention())
    await stage.discord.ask("user", {"id": stage.person, "dms": False})
    await stage.discord.ask("delete_channel", {"channel": stage.channel})
    with pytest.raises(Undeliverable):
        await stage.delivery.show(job.address, message, "en")


# What breaks


@pytest.mark.parametrize("after", [False, True])
async def test_broken_connections_are_tried_again(stage: Stage, after: bool) -> None:
    for place in (await stage.interaction(), await stage.mention()):
        await stage.discord.fault(
            {"path": "/messages", "reset": True, "times": 2, "after": after},
        )
        job, _ = await stage.draw(place)
        assert len((await stage.message(job.address.message))["attachments"]) == 1
    assert len(await stage.messages()) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_server_errors_are_tried_again(stage: Stage, status: int) -> None:
    for place in (await stage.interaction(), await stage.mention()):
        await stage.discord.fault({"path": "/messages", "status": status, "times": 1})
        job, _ = await stage.draw(place)
        assert (await stage.message(job.address.message))["attachments"]
    assert len(await stage.messages()) == 2


async def test_rate_limits_are_waited_for(stage: Stage) -> None:
    for scope in ("user", "shared", "global"):
        place = await stage.mention()
        await stage.discord.fault(
            {"path": "/messages", "limited": {"retry_after": 0.2, "scope": scope}, "times": 2}
        )
        job, _ = await stage.draw(place)
        assert (await stage.message(job.address.message))["attachments"]
    assert len(await stage.messages()) == 3


async def test_a_refusal_of_the_network_in_front_is_over_some_time(stage: Stage) -> None:
    place = await stage.mention()
    await stage.discord.fault({"path": "/messages", "cloudflare": True, "times": 2})
    job, _ = await stage.draw(place)
    assert (await stage.message(job.address.message))["attachments"]


async def test_slow_steps_do_not_pile_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "PROGRESS_SECONDS", 0.02)
    for place in (await stage.mention(), await stage.interaction()):
        path = "/webhooks" if place.token else "/channels/"
        await stage.discord.fault({"path": path, "delay": 4, "times": 1})
        before = len(await stage.discord.requests(path))
        message = replace(RUNNING, job_id=f"job_{place.channel}")
        for percent in range(5):
            step = replace(message, percent=percent)
            assert await stage.delivery.show(place.address(), step, "en") == place.address()
        assert not stage.delivery._late[message.job_id].done()
        last = replace(message, step=Step.FAILURE, status=Status.CANCELLED)
        address = await stage.delivery.show(place.address(), last, "en")
        assert "0%" not in (await stage.message(address.message))["content"]
        assert len(await stage.discord.requests(path)) - before == 2
    assert len(await stage.messages()) == 2


async def test_a_slow_step_that_failed_is_forgotten(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "PROGRESS_SECONDS", 0.1)
    place = await stage.mention()
    await stage.discord.fault({"path": "/channels/", "delay": 0.5, "status": 429, "times": 1})
    await stage.delivery.show(place.address(), RUNNING, "en")
    async with asyncio.timeout(PATIENCE):
        while (await stage.delivery.show(place.address(), RUNNING, "en")).message is None:
            await asyncio.sleep(0.05)
    assert len(await stage.messages()) == 1


async def test_uploads_are_bounded(stage: Stage) -> None:
    stage.platform.discord_uploads = 2
    await stage.stop()
    await stage.start()
    _, message = await stage.draw(await stage.mention())
    places = [await stage.interaction() for _ in range(6)]
    await stage.discord.fault({"path": "/webhooks", "delay": 0.3, "times": 6})
    started = time.monotonic()
    shown = [stage.delivery.show(place.address(), message, "en") for place in places]
    await asyncio.gather(*shown)
    assert time.monotonic() - started >= 0.9
    assert len([m for m in await stage.messages() if m["attachments"]]) == 7


async def test_pictures_that_are_gone_are_left_out(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention(), png("red"), png("blue"))
    await stage.app.engine.library.remove([message.pictures[0].image_id])
    await stage.again(job, message)
    shown = await stage.message(job.address.message)
    assert len(shown["attachments"]) == 1


async def test_a_step_that_is_cancelled_is_not_shown_later(stage: Stage) -> None:
    place = await stage.mention()
    await stage.discord.fault({"path": "/channels/", "delay": 5.0, "times": 1})
    task = asyncio.create_task(stage.delivery.show(place.address(), RUNNING, "en"))
    async with asyncio.timeout(PATIENCE):
        while not await stage.discord.requests("/channels/"):
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    address = await stage.delivery.show(place.address(), replace(RUNNING, percent=7), "en")
    assert "7%" in (await stage.message(address.message))["content"]


async def test_an_answer_cannot_be_copied_to_a_dead_token(stage: Stage) -> None:
    _, message = await stage.draw(await stage.mention())
    place = await stage.interaction()
    await stage.discord.ask("expire", {})
    with pytest.raises(Undeliverable):
        await stage.delivery.show_copy(place, message, "en")
    assert len(await stage.messages()) == 2


async def test_a_worker_shows_without_listening(stage: Stage) -> None:
    await stage.draw(await stage.interaction())
    sessions = await stage.discord.ask("sessions")
    assert sessions["identifies"] == 0


async def test_a_desk_that_was_closed_opens_again(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention())
    await stage.delivery.close()
    assert await stage.again(job, message) == job.address
