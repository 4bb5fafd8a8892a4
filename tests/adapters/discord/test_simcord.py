"""A second opinion on the Discord adapter: a Discord that others wrote, see :mod:`simulated`."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest
from simcord import SetupError

from bot.domain.failures import Failure, Reason
from bot.settings import Settings
from messages import Button, label
from tests.adapters.discord.simulated import Simulated, simulated
from tests.support.scripted import Scripted, png


@pytest.fixture
async def world(
    settings: Settings, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Simulated]:
    async with simulated(settings, monkeypatch) as made:
        yield made


async def test_imagine(world: Simulated, provider: Scripted) -> None:
    going_on = asyncio.Event()
    provider.outcomes.append(going_on)
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    step = await world.step(asked)
    assert not step.attachments
    assert label(Button.CANCEL, "en") in world.labels(step)
    going_on.set()
    shown = await world.picture(asked)
    assert shown.id == step.id
    assert label(Button.CANCEL, "en") not in world.labels(shown)
    buttons = (Button.AGAIN, Button.EDIT)
    assert {label(each, "en") for each in buttons} <= {*world.labels(shown)}
    assert [each.id for each in world.channel.history(viewer=world.bob)] == [shown.id]


async def test_the_commands_are_registered_and_registered_once(world: Simulated) -> None:
    offered = world.alice.available_commands(world.channel)
    assert {"imagine", "edit", "again", "settings", "history", "forget-me"} <= {*offered}
    await world.restart()
    puts = [each for each in world.env.http_requests if each.method == "PUT"]
    assert len(puts) == 1


async def test_imagine_with_every_option(world: Simulated, provider: Scripted) -> None:
    await world.imagine(
        "two boats",
        model="gemini-3-pro-image",
        size="2K",
        ratio="16:9",
        count=2,
        image=("one.png", png("red")),
        image3=("two.png", png("blue")),
        spoiler=True,
    )
    request = provider.submitted[0]
    assert request.model == "gemini-3-pro-image"
    assert (request.size, request.aspect_ratio, request.count) == ("2K", "16:9", 2)
    assert len(request.references) == 2


async def test_edit_and_again_are_about_what_one_had_last(
    world: Simulated, provider: Scripted
) -> None:
    none = await world.alice.slash(world.channel, "edit", instruction="add a moon")
    assert none.followups[0].ephemeral
    await world.imagine(ratio="1:1")
    await world.env.advance_time(10)
    edit = await world.alice.slash(world.channel, "edit", instruction="add a moon", size="2K")
    await world.picture(edit)
    await world.env.advance_time(10)
    again = await world.alice.slash(world.channel, "again", ratio="16:9")
    await world.picture(again)
    assert [len(each.references) for each in provider.submitted] == [0, 1, 1]
    assert [each.prompt for each in provider.submitted[1:]] == ["add a moon"] * 2
    assert provider.submitted[2].aspect_ratio == "16:9"


async def test_several_pictures_in_one_message(world: Simulated) -> None:
    shown = await world.imagine("boats *and* nets", count=3, spoiler=True)
    assert len(shown.attachments) == 3
    assert all(each.is_spoiler() for each in shown.attachments)
    assert {each.description for each in shown.attachments} == {
        f"boats *and* nets; {number} of 3" for number in (1, 2, 3)
    }
    assert {"①", "②", "③"} <= {*world.labels(shown)}
    assert "boats \\*and\\* nets" in shown.content
    assert world.channel.history(viewer=world.bob)[-1].id == shown.id


async def test_a_private_answer_is_seen_by_who_asked(world: Simulated) -> None:
    shown = await world.imagine(private=True)
    assert shown.ephemeral
    assert not world.channel.history(viewer=world.bob)
    with pytest.raises(SetupError, match="not visible"):
        await world.press(world.bob, shown, Button.AGAIN)
    again = await world.press(world.alice, shown, Button.AGAIN)
    assert (await world.picture(again)).ephemeral


async def test_suggestions(world: Simulated) -> None:
    await world.imagine("a very special lighthouse")
    models = await world.alice.autocomplete(world.channel, "imagine", "model", "pro", prompt="x")
    assert models
    assert all("pro" in each["name"].lower() for each in models)
    ratios = await world.alice.autocomplete(world.channel, "imagine", "ratio", "16")
    assert "16:9" in [each["value"] for each in ratios]
    found = await world.alice.autocomplete(world.channel, "show", "id", "special")
    assert [each["value"] for each in found] == world.accepted
    assert not await world.bob.autocomplete(world.channel, "show", "id", "special")


# Buttons


@pytest.mark.parametrize("button", [Button.AGAIN, Button.PRO, Button.LARGER, Button.VARY])
async def test_a_button_that_draws(world: Simulated, provider: Scripted, button: Button) -> None:
    shown = await world.imagine(size="1K")
    asked = await world.press(world.bob, shown, button)
    another = await world.picture(asked)
    assert another.id != shown.id
    repeated = provider.submitted[1]
    match button:
        case Button.PRO:
            assert repeated.model == "gemini-3-pro-image"
        case Button.LARGER:
            assert repeated.size == "2K"
        case Button.VARY:
            assert repeated.count == 4
        case _:
            assert repeated.prompt == "a lighthouse"


async def test_a_double_press_is_one_picture(world: Simulated, provider: Scripted) -> None:
    shown = await world.imagine()
    first = await world.press(world.alice, shown, Button.AGAIN)
    second = await world.press(world.alice, shown, Button.AGAIN)
    await world.picture(first)
    assert second.acknowledged
    assert second.response is None
    assert len(provider.submitted) == 2


async def test_details_and_deleting(world: Simulated) -> None:
    shown = await world.imagine()
    details = await world.press(world.bob, shown, Button.DETAILS)
    assert details.response
    assert details.response.ephemeral
    assert world.accepted[0] in details.response.content.replace("\\", "")
    refused = await world.press(world.bob, shown, Button.DELETE)
    assert refused.followups[0].ephemeral
    assert len(world.channel.history(viewer=world.alice)) == 1
    deleted = await world.press(world.alice, shown, Button.DELETE)
    assert [each.content for each in deleted.followups] == ["Deleted."]
    await world.until(lambda: not world.channel.history(), "the message is deleted")


async def test_cancelling_is_for_who_asked(world: Simulated, provider: Scripted) -> None:
    provider.outcomes.append(asyncio.Event())
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    message = await world.step(asked)
    refused = await world.press(world.bob, message, Button.CANCEL)
    assert refused.response
    assert refused.response.ephemeral
    assert not refused.response.components
    told = await world.press(world.alice, message, Button.CANCEL)
    assert told.response
    assert told.response.ephemeral
    await world.until(lambda: "Retry" in world.labels(message), "the end, with Retry")


async def test_buttons_work_after_a_restart_and_a_year(
    world: Simulated, provider: Scripted
) -> None:
    shown = await world.imagine()
    await world.restart()
    await world.env.advance_time(365 * 86400)
    await world.picture(await world.press(world.alice, shown, Button.AGAIN))
    assert len(provider.submitted) == 2


async def test_what_failed_is_tried_with_another_model(
    world: Simulated, provider: Scripted
) -> None:
    provider.outcomes.append(Failure(Reason.UNKNOWN))
    asked = await world.alice.slash(world.channel, "imagine", prompt="a lighthouse")
    message = await world.step(asked)
    await world.until(lambda: "Retry" in world.labels(message), "the end, with Retry")
    menu = next(part for part in world.components(message) if part["type"] == 3)
    chosen = menu["options"][0]["value"]
    await world.picture(await world.alice.select(message, [chosen]))
    assert provider.submitted[-1].model == chosen


# Forms and menus of messages


async def test_the_form_that_edits(world: Simulated, provider: Scripted) -> None:
    shown = await world.imagine()
    opened = await world.press(world.bob, shown, Button.EDIT)
    assert opened.modal
    assert opened.modal["title"] == "修改图片"
    sent = await world.bob.submit_modal(
        opened, {"instruction": "make it night", "pictures": [("moon.png", png("white"))]}
    )
    await world.picture(sent)
    edit = provider.submitted[1]
    assert edit.prompt == "make it night"
    assert len(edit.references) == 2


async def test_the_form_asks_which_of_several_pictures(
    world: Simulated, provider: Scripted
) -> None:
    shown = await world.imagine(count=3)
    opened = await world.press(world.alice, shown, Button.EDIT)
    await world.restart()
    sent = await world.alice.submit_modal(opened, {"instruction": "night", "which": "3"})
    await world.picture(sent)
    pictures = await world.app.history.pictures_of([world.accepted[0]])
    third = pictures[world.accepted[0]][2]
    assert [each.image_id for each in provider.submitted[1].references] == [third.image_id]


async def test_the_menu_of_a_message(world: Simulated, provider: Scripted) -> None:
    posted = await world.bob.send(world.channel, "look", attachments=[("cat.png", png("grey"))])
    menu = world.alice.context_menu
    opened = await menu(world.channel, "Edit picture", posted)
    await world.picture(await world.alice.submit_modal(opened, {"instruction": "add a hat"}))
    assert len(provider.submitted[0].references) == 1
    kept = await menu(world.channel, "Use as reference", posted)
    assert kept.response
    assert kept.response.ephemeral
    shown = await world.imagine("a postcard")
    assert len(provider.submitted[1].references) == 1
    details = await menu(world.channel, "Picture details", shown)
    assert details.response
    assert world.accepted[1] in details.response.content.replace("\\", "")
    none = await menu(world.channel, "Picture details", posted)
    assert none.response
    assert none.response.ephemeral


# Panels


async def test_settings(world: Simulated, provider: Scripted) -> None:
    panel = await world.alice.slash(world.channel, "settings")
    assert panel.response
    assert panel.response.ephemeral
    chosen = await world.alice.select(panel.response, ["2K"], custom_id="panel:size")
    assert chosen.response
    assert chosen.response.id == panel.response.id
    await world.alice.select(panel.response, ["zh_Hans"], custom_id="panel:language")
    covers = [each for each in world.labels(panel.response) if "剧透遮挡" in each]
    await world.alice.click(panel.response, label=covers[0])
    liked = await world.app.preferences.of("discord", str(world.alice.id))
    assert (liked.size, liked.language, liked.spoiler) == ("2K", "zh_Hans", True)
    shown = await world.imagine()
    assert provider.submitted[0].size == "2K"
    assert shown.attachments[0].is_spoiler()
    assert "再来一张" in "".join(world.labels(shown))


async def test_history_is_turned_page_by_page(world: Simulated) -> None:
    for number in range(10):
        await world.env.advance_time(60)
        await world.imagine(f"picture number {number}")
    asked = await world.alice.slash(world.channel, "history")
    assert asked.response
    assert asked.response.ephemeral
    assert "number 9" in asked.response.content
    assert "number 1" not in asked.response.content
    turned = await world.alice.click(asked.response, label="Next page ▶")
    assert turned.response
    assert turned.response.id == asked.response.id
    assert "number 1" in turned.response.content
    shown = await world.alice.select(turned.response, [world.accepted[0]])
    assert shown.response
    assert shown.response.ephemeral
    assert shown.response.attachments
    back = await world.alice.click(turned.response, label="◀ Previous page")
    assert back.response
    assert "number 9" in back.response.content


async def test_forgetting_asks_first(world: Simulated) -> None:
    shown = await world.imagine()
    asked = await world.alice.slash(world.channel, "forget-me")
    assert asked.response
    assert asked.response.ephemeral
    await world.alice.click(asked.response, label="Delete everything")
    assert not await world.app.history.jobs_of("discord", str(world.alice.id))
    pressed = await world.press(world.alice, shown, Button.AGAIN)  # there is nothing behind it
    assert pressed.followups[0].ephemeral


@pytest.mark.parametrize("name", ["help", "models", "cancel"])
async def test_what_is_answered_in_words(world: Simulated, name: str) -> None:
    asked = await world.bob.slash(world.channel, name)
    assert asked.response
    assert asked.response.ephemeral
    assert any("\u4e00" <= letter <= "\u9fff" for letter in asked.response.content)


# Messages


async def test_a_mention_and_a_reply(world: Simulated, provider: Scripted) -> None:
    me = f"<@{world.env.backend.bot_user.id}>"
    asked = await world.alice.send(
        world.channel, f"{me} a boat", attachments=[("sea.png", png("blue"))]
    )
    shown = await world.drawn(world.alice, asked)
    assert len(provider.submitted[0].references) == 1
    reply = await world.bob.send(world.channel, f"{me} 让它变成夜晚", reply_to=shown)
    await world.drawn(world.bob, reply)
    assert len(provider.submitted[1].references) == 1
    await world.bob.send(world.channel, "nobody asked the bot")
    assert len(provider.submitted) == 2


async def test_direct_messages(world: Simulated, provider: Scripted) -> None:
    person = world.alice.user
    asked = await person.send_dm("a boat")
    shown = await world.drawn(person, asked)
    pressed = await person.click(shown, label="Again")
    await world.picture(pressed)
    command = await person.slash("imagine", prompt="a lake")
    await world.picture(command)
    assert [each.prompt for each in provider.submitted] == ["a boat", "a boat", "a lake"]


async def test_a_thread(world: Simulated, provider: Scripted) -> None:
    channel = world.env.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    with world.env.time_context():
        await channel.create_thread(name="boats", type=discord.ChannelType.public_thread)
    await world.env.settle()
    (thread,) = world.channel.threads
    await world.picture(await world.alice.slash(thread, "imagine", prompt="a lake"))
    asked = await world.bob.send(thread, f"<@{world.env.backend.bot_user.id}> 一只猫")
    await world.drawn(world.bob, asked)
    assert [each.prompt for each in provider.submitted] == ["a lake", "一只猫"]
    assert not world.pictures(world.channel)


async def test_everything_is_in_the_language_of_who_asks(world: Simulated) -> None:
    asked = await world.bob.slash(world.channel, "imagine", prompt="一座灯塔")
    shown = await world.picture(asked)
    both = [Button.AGAIN, Button.EDIT]
    assert {label(each, "zh_Hans") for each in both} <= {*world.labels(shown)}
    told = await world.press(world.alice, shown, Button.DETAILS)
    assert told.response
    assert told.response.content.startswith("Details")
    unknown = await world.bob.slash(world.channel, "show", id="job_unknown")
    assert unknown.response is None
    assert unknown.followups[0].ephemeral
    assert "历史" in unknown.followups[0].content
    nothing = await world.alice.slash(world.channel, "again")
    assert nothing.followups[0].ephemeral
