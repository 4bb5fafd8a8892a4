"""Calling a person when it is done; and reading what a person attached."""

import asyncio
import base64
import logging
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from adapters.discord.address import DiscordPlace
from adapters.discord.downloads import AttachmentReader
from adapters.discord.rest import Rest
from adapters.discord.settings import DiscordSettings
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Attachment
from messages import Status, Step
from tests.adapters.discord.delivering import PATIENCE, TOKEN, Stage, emulator, png, stage
from tests.adapters.discord.test_expiry import elsewhere

__all__ = ["emulator", "stage"]


async def test_who_wants_it_is_called_once(stage: Stage) -> None:
    await stage.app.preferences.change("discord", stage.person, notify=True)
    job, message = await stage.draw(await stage.interaction())
    shown, call = await stage.messages()
    assert shown["pings"] == []
    assert call["pings"] == [stage.person]
    link = f"https://discord.com/channels/{stage.guild}/{stage.channel}/{shown['id']}"
    assert call["content"] == f"<@{stage.person}> It's ready 👆 {link}"
    assert DiscordPlace.of(job.address).called == call["id"]
    await stage.again(job, message)
    await stage.again(job, message, called=None)  # as if it had not been stored
    assert len(await stage.messages()) == 2
    await stage.delivery.remove(job.address)
    assert await stage.messages() == []


async def test_where_the_bot_is_no_member_the_call_follows_up(stage: Stage) -> None:
    await stage.app.preferences.change("discord", stage.person, notify=True)
    job, _ = await stage.draw(await elsewhere(stage))
    call = await stage.message(DiscordPlace.of(job.address).called)
    assert call["pings"] == [stage.person]


async def test_a_private_answer_is_not_announced(stage: Stage) -> None:
    await stage.app.preferences.change("discord", stage.person, notify=True)
    await stage.draw(await stage.interaction(private=True))
    assert len(await stage.messages()) == 1


async def test_a_failure_is_announced_too_but_not_what_was_cancelled(stage: Stage) -> None:
    await stage.app.preferences.change("discord", stage.person, notify=True)
    stage.provider.outcomes.append(Failure(Reason.NETWORK))
    job, message = await stage.draw(await stage.mention())
    shown, call = await stage.messages()
    assert "connection" in call["content"]
    assert shown["id"] == job.address.message
    ended = replace(message, status=Status.CANCELLED, step=Step.FAILURE, job_id="job_other")
    await stage.delivery.show((await stage.mention()).address(), ended, "en")
    assert len([m for m in await stage.messages() if m["pings"]]) == 1


async def test_what_was_refused_is_not_called_out(stage: Stage) -> None:
    await stage.app.preferences.change("discord", stage.person, notify=True)
    stage.provider.outcomes.append(Failure(Reason.REFUSED))
    await stage.draw(await stage.mention())
    assert [message["pings"] for message in await stage.messages()] == [[]]


async def test_who_has_not_chosen_is_called_where_it_took_long(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention())
    assert len(await stage.messages()) == 1
    await stage.again(job, replace(message, late=True))
    await stage.again(job, replace(message, late=True), called=None)
    assert [one["pings"] for one in await stage.messages()] == [[], [stage.person]]
    never = replace(message, late=True, notify=False, job_id="job_other")
    await stage.delivery.show((await stage.mention()).address(), never, "en")
    assert len([one for one in await stage.messages() if one["pings"]]) == 1


async def test_nobody_is_called_where_they_are_alone_with_the_bot(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention("dm"))
    await stage.again(job, replace(message, late=True))
    job, message = await stage.draw(await elsewhere(stage))
    address = await stage.again(job, replace(message, late=True))
    assert DiscordPlace.of(address).called is None
    assert len(await stage.direct()) == 1


async def test_a_call_that_fails_does_not_stop_the_answer(stage: Stage) -> None:
    job, message = await stage.draw(await stage.interaction())
    await stage.discord.fault({"path": "/channels/", "error": 50013, "times": 1})
    address = await stage.again(job, replace(message, notify=True))
    assert address.message == job.address.message
    assert DiscordPlace.of(address).called is None


async def test_a_direct_message_that_has_just_come_needs_no_call(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention())
    await stage.discord.ask("delete_channel", {"channel": stage.channel})
    await stage.again(job, replace(message, notify=True))
    assert len(await stage.direct()) == 1


# Reading


async def attached(stage: Stage, file: dict[str, Any] | None = None) -> Attachment:
    """A picture in a message to the bot."""
    picture = {"filename": "in.png", "base64": base64.b64encode(png("teal")).decode()}
    made = await stage.mention(attachments=[file or picture])
    [attachment] = (await stage.message(made.asked))["attachments"]
    return Attachment(
        name="in.png",
        data={
            "url": attachment["url"],
            "size": attachment["size"],
            "name": "in.png",
            "channel": made.channel,
            "message": made.asked,
        },
    )


async def test_what_was_attached_is_read(stage: Stage) -> None:
    assert await stage.delivery.read(await attached(stage)) == png("teal")


async def test_a_link_that_expired_is_renewed(stage: Stage) -> None:
    attachment = await attached(stage)
    await stage.move(90_000)
    assert await stage.delivery.read(attachment) == png("teal")


async def test_what_was_deleted_is_missing(stage: Stage) -> None:
    attachment = await attached(stage)
    assert attachment.data
    await stage.discord.ask("delete_message", {"message": attachment.data["message"]})
    found = await stage.delivery.read(attachment)
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_MISSING
    alone = Attachment(data={**attachment.data, "message": None})
    found = await stage.delivery.read(alone)
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_MISSING


async def test_broken_downloads_are_tried_again(stage: Stage) -> None:
    attachment = await attached(stage)
    await stage.discord.fault({"path": "/attachments/", "reset": True, "times": 2})
    assert await stage.delivery.read(attachment) == png("teal")
    await stage.discord.fault({"path": "/attachments/", "status": 500, "times": 3})
    found = await stage.delivery.read(attachment)
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_UNREACHABLE


async def test_what_is_too_large_is_not_read(stage: Stage) -> None:
    attachment = await attached(stage)
    assert attachment.data
    told = Attachment(data={**attachment.data, "size": 21 * 2**20})
    await stage.discord.ask("guild", {"id": stage.guild, "upload_limit": 30 * 2**20})
    large = await attached(stage, {"filename": "in.png", "size": 21 * 2**20})
    assert large.data
    lied = Attachment(data={**large.data, "size": 10})
    for each in (told, lied):
        found = await stage.delivery.read(each)
        assert isinstance(found, Failure)
        assert found.reason is Reason.REFERENCE_TOO_LARGE
        assert found.facts["limit_mb"] == 20


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1:1/attachments/1/2/a.png",
        "http://cdn.discordapp.com/attachments/1/2/a.png",
        "https://cdn.discordapp.com.evil.example/attachments/1/2/a.png",
        "https://user@cdn.discordapp.com/attachments/1/2/a.png",
        "https://cdn.discordapp.com:444/attachments/1/2/a.png",
        "https://evil.example/attachments/1/2/a.png",
        "file:///etc/passwd",
    ],
)
async def test_nothing_but_discord_is_asked(url: str) -> None:
    settings = DiscordSettings()
    rest = Rest(settings, lambda: 0.0)
    found = await AttachmentReader(settings, rest).read(Attachment(data={"url": url, "size": 1}))
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_UNREACHABLE
    assert rest.session is None


async def test_redirects_are_not_followed(stage: Stage) -> None:
    attachment = await attached(stage)
    await stage.discord.fault(
        {"path": "/attachments/", "location": "http://127.0.0.1:1/", "times": 3}
    )
    found = await stage.delivery.read(attachment)
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_UNREACHABLE


async def test_no_token_is_in_the_log(
    stage: Stage, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "discord")
    place = await stage.interaction()
    await stage.delivery.close()
    await stage.discord.fault({"path": "/webhooks", "reset": True, "times": 1})
    await stage.discord.fault({"path": "/webhooks", "error": 50013, "times": 1})
    await stage.draw(place, text="something personal")
    secret = "MTIzNDU2.secret.token"
    stage.platform.discord_token = SecretStr(secret)
    await stage.delivery.close()
    job_id = await stage.ask(await stage.mention())
    written = capsys.readouterr().out
    async with asyncio.timeout(PATIENCE):
        while "message not shown" not in written:
            await asyncio.sleep(0.02)
            written += capsys.readouterr().out
    assert (await stage.job(job_id)).address.message is None
    assert place.token
    written += "".join(r.getMessage() for r in caplog.records if r.name.startswith("discord"))
    assert "logging in" in written
    for hidden in (secret, TOKEN, place.token, "something personal"):
        assert hidden not in written
