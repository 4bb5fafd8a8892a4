"""Showing: one message per request, edited in place, wherever it was asked for."""

import base64
from pathlib import Path

import pytest

from adapters.discord.address import DiscordPlace
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Address
from bot.images.provenance import marked
from tests.adapters.discord.delivering import Stage, emulator, noise, png, stage

__all__ = ["emulator", "stage"]


async def test_a_slash_command_is_answered_in_one_message(stage: Stage) -> None:
    place = await stage.interaction()
    job, _ = await stage.draw(place, png(), text="a *bold* cat")
    [message] = await stage.messages()
    assert job.address.message == message["id"]
    assert message["content"].startswith(f"> a \\*bold\\* cat — <@{stage.person}>\n-# ")
    assert message["pings"] == []
    [attachment] = message["attachments"]
    assert attachment["filename"] == "a-bold-cat-1.png"
    assert attachment["description"] == "a *bold* cat"
    assert base64.b64decode((await stage.file(attachment))["base64"]) == marked(png())
    assert message["buttons"][0]["custom_id"] == f"banana:edit:{job.id}"
    assert not message["loading"]
    assert any(not state["attachments"] for state in message["history"])


async def test_a_mention_is_answered_with_a_reply_that_is_edited(stage: Stage) -> None:
    place = await stage.mention()
    job, _ = await stage.draw(place)
    [message] = await stage.messages()
    assert message["id"] == job.address.message
    assert message["message_reference"]["message_id"] == place.asked
    assert message["pings"] == []
    assert len(message["attachments"]) == 1
    assert message["edits"] >= 1


async def test_a_direct_message_is_answered_there(stage: Stage) -> None:
    job, _ = await stage.draw(await stage.mention("dm"), locale="zh-CN")
    [message] = await stage.direct()
    assert message["id"] == job.address.message
    assert "<@" not in message["content"]
    assert "🔁" in str(message["components"])


async def test_a_question_that_was_deleted_is_answered_all_the_same(stage: Stage) -> None:
    place = await stage.mention()
    await stage.discord.ask("delete_message", {"message": place.asked})
    await stage.draw(place)
    [message] = await stage.messages()
    assert "message_reference" not in message


async def test_a_private_answer_is_seen_by_one_person(stage: Stage) -> None:
    other = (await stage.discord.ask("user", {"name": "bob"}))["id"]
    await stage.discord.ask("member", {"guild": stage.guild, "user": other})
    await stage.draw(await stage.interaction(private=True))
    [message] = await stage.messages()
    assert message["only"] == stage.person
    assert await stage.messages(**{"as": other}) == []


async def test_a_failure_offers_what_helps(stage: Stage) -> None:
    stage.provider.outcomes.append(Failure(Reason.REFUSED, explanation="no *cats*, @everyone"))
    job, _ = await stage.draw(await stage.interaction())
    [message] = await stage.messages()
    assert "no \\*cats\\*, @\u200beveryone" in message["content"]
    assert not message["attachments"]
    labels = [button["emoji"]["name"] for button in message["buttons"]]
    assert labels[0] == "📝"
    assert labels[-1] == "🗑️"
    [menu] = message["selects"]
    assert menu["custom_id"] == f"beside:banana:model:{job.id}"  # only the refusal is private
    assert job.model not in [option["value"] for option in menu["options"]]


async def test_several_pictures_are_one_message_with_a_button_for_each(stage: Stage) -> None:
    job, _ = await stage.draw(await stage.interaction(), *(png(c) for c in ("red", "blue", "tan")))
    [message] = await stage.messages()
    assert [a["filename"] for a in message["attachments"]] == [f"a-cat-{n}.png" for n in (1, 2, 3)]
    chosen = [b["custom_id"] for b in message["buttons"] if ":picture:" in b["custom_id"]]
    assert chosen == [f"panel:picture:{job.id}:{number}" for number in (1, 2, 3)]


async def test_no_more_than_ten_pictures_are_shown(stage: Stage) -> None:
    await stage.draw(await stage.interaction(), *(png(size=(64 + n, 64)) for n in range(12)))
    [message] = await stage.messages()
    assert len(message["attachments"]) == 10
    assert "10" in message["content"]
    assert len(message["selects"][0]["options"]) == 12


@pytest.mark.parametrize("origin", ["message", "place", "settings"])
async def test_pictures_are_covered_when_that_is_wanted(stage: Stage, origin: str) -> None:
    place = await stage.interaction()
    if origin == "place":
        place = DiscordPlace.of(Address("discord", {**place.address().data, "spoiler": True}))
    elif origin == "settings":
        stage.platform.discord_spoiler = True
    else:
        await stage.app.preferences.change("discord", stage.person, spoiler=True)
    await stage.draw(place)
    [message] = await stage.messages()
    assert message["attachments"][0]["filename"] == "SPOILER_a-cat-1.png"


async def test_showing_again_replaces_the_pictures(stage: Stage) -> None:
    job, message = await stage.draw(await stage.interaction(), png("red"), png("blue"))
    before = await stage.message(job.address.message)
    assert await stage.again(job, message) == job.address
    after = await stage.message(job.address.message)
    assert len(after["attachments"]) == 2
    assert after["content"] == before["content"]
    assert len(await stage.messages()) == 1


async def test_a_crash_between_posting_and_storing_posts_nothing_twice(stage: Stage) -> None:
    place = await stage.mention()
    job, message = await stage.draw(place)
    again = await stage.delivery.show(place.address(), message, "en")
    assert again.message == job.address.message
    [seen] = await stage.messages()
    assert len(seen["attachments"]) == 1


async def test_nothing_is_posted_twice_after_a_long_pause_either(stage: Stage) -> None:
    for where in (None, "dm"):
        place = await stage.mention(where)
        await stage.draw(await stage.mention(where))
        job, message = await stage.draw(place)
        await stage.move(1000)
        again = await stage.delivery.show(place.address(), message, "en")
        assert again.message == job.address.message
    assert len(await stage.messages()) == 2
    assert len(await stage.direct()) == 2


async def test_a_finished_job_is_shown_again_elsewhere(stage: Stage) -> None:
    _, message = await stage.draw(await stage.mention())
    place = await stage.interaction()
    address = await stage.delivery.show_copy(place, message, "en-US")
    copy = await stage.message(address.message)
    assert copy["interaction_id"]
    assert len(copy["attachments"]) == 1
    assert copy["buttons"]


async def test_a_thread_is_a_place_like_others(stage: Stage) -> None:
    thread = await stage.discord.ask("thread", {"parent": stage.channel, "as": stage.person})
    await stage.draw(await stage.mention(thread["id"]))
    [message] = await stage.messages(thread["id"])
    assert message["attachments"]


async def test_a_picture_that_is_too_large_is_made_smaller(stage: Stage) -> None:
    stage.settings.web_public_url = "https://pictures.example"
    place = await stage.interaction()
    limited = DiscordPlace.of(Address("discord", {**place.address().data, "limit": 200_000}))
    job, _ = await stage.draw(limited, noise(400))
    [message] = await stage.messages()
    [attachment] = message["attachments"]
    assert attachment["size"] <= 200_000
    assert "MB, more than this chat takes" in message["content"]
    assert "<https://pictures.example/media/img_" in message["content"]
    assert DiscordPlace.of(job.address).limit == 200_000


async def test_a_limit_that_was_smaller_than_told_is_found(stage: Stage) -> None:
    await stage.discord.set(interaction_limit=300_000)
    job, _ = await stage.draw(await stage.interaction(), noise(400))
    [message] = await stage.messages()
    assert 0 < message["attachments"][0]["size"] <= 300_000
    assert DiscordPlace.of(job.address).limit < 300_000


async def test_the_bots_own_messages_are_made_smaller_too(stage: Stage) -> None:
    job, message = await stage.draw(await stage.mention(), noise(100))
    before = (await stage.message(job.address.message))["attachments"][0]["size"]
    await stage.discord.fault({"path": "/channels/", "error": 40005, "times": 1})
    address = await stage.again(job, message)
    after = (await stage.message(address.message))["attachments"][0]["size"]
    assert after <= before / 2
    assert DiscordPlace.of(address).limit <= before / 2


async def test_a_broken_picture_is_left_out(stage: Stage) -> None:
    job, message = await stage.draw(await stage.interaction(), noise(100))
    kept = await stage.app.history.picture(message.pictures[0].image_id)
    assert kept is not None
    Path(stage.app.media.location(kept.path)).write_bytes(b"\x89PNG broken")
    await stage.again(job, message)
    shown = await stage.message(job.address.message)
    assert "too large for this chat" in shown["content"]


async def test_a_place_that_takes_no_file_at_all_is_told_so(stage: Stage) -> None:
    await stage.discord.set(interaction_limit=100)
    await stage.draw(await stage.interaction(), noise(100))
    [message] = await stage.messages()
    assert not message["attachments"]
    assert "too large for this chat" in message["content"]
    assert message["buttons"]


async def test_removing_takes_the_message_away(stage: Stage) -> None:
    for place in (await stage.interaction(), await stage.mention(), await stage.mention("dm")):
        job, _ = await stage.draw(place)
        await stage.delivery.remove(job.address)
        await stage.delivery.remove(job.address)  # it is gone already
        assert (await stage.message(job.address.message))["deleted"]


async def test_an_old_answer_is_removed_by_the_bot_itself(stage: Stage) -> None:
    job, _ = await stage.draw(await stage.interaction())
    await stage.move(1000)
    await stage.delivery.remove(job.address)
    assert (await stage.message(job.address.message))["deleted"]
