"""Conversation on Discord: what asks for no picture draws none, and what asks for one is drawn."""

import pytest

from messages import Button
from tests.adapters.discord.stage import Shown, Stage, until
from tests.support.scripted import Scripted

DRAWN = ["a thank-you card", "good morning poster", "画一个好天气", "a phone wallpaper of a fox"]
SMALL_TALK = ["thanks!", "lol", "👍", "收到", "哈哈哈", "ありがとう"]
IN_WORDS = {
    "hi there": "Tell me what to draw",
    "what can you do?": "I make pictures",
    "is it ready?": "Nothing is running",
    "my quota": "Only you will see your usage",
    "how much does a picture cost?": "models are available",
    "who invented paper?": "shall I draw this sentence",
    "never ping me again": "no more pings",
    "speak Chinese": "中文",
}


async def reacted(stage: Stage, said: Shown) -> list[str]:
    """The emoji that the bot has put on a message."""

    async def look() -> list[str]:
        shown = await stage.message(said["message"])
        return [each["emoji"]["name"] for each in shown.get("reactions") or [] if each["me"]]

    return await until(look, "a reaction")


async def test_small_talk_gets_a_reaction_and_no_picture(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    for text in SMALL_TALK:
        said = await stage.type(text, mention=True)
        assert await reacted(stage, said) == ["👍"]
    assert [each for each in await stage.messages() if each["by_bot"]] == []
    assert provider.submitted == []


async def test_without_the_permission_it_is_a_short_line(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    denied = {"channel": stage.channel, "target": "bot", "deny": ["ADD_REACTIONS"]}
    await stage.discord.ask("permissions", denied)
    said = await stage.type("thanks!", mention=True)
    assert (await stage.reply(said["message"]))["content"] == "👍"
    assert provider.submitted == []


async def test_what_is_known_is_answered_and_nothing_is_drawn(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    for text, words in IN_WORDS.items():
        said = await stage.type(text, mention=True)
        assert words.lower() in (await stage.reply(said["message"]))["content"].lower(), text
    assert provider.submitted == []


async def test_what_only_sounds_like_talk_is_drawn(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    for text in DRAWN:
        await stage.drawn((await stage.type(text, mention=True))["message"])
    assert [each.prompt for each in provider.submitted] == DRAWN
    assert provider.submitted[-1].aspect_ratio == "9:16"


async def test_a_question_is_drawn_when_its_button_is_pressed_also_after_a_restart(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    said = await stage.type("do you like cats?", mention=True)
    asked = await stage.reply(said["message"])
    assert provider.submitted == []
    await stage.start()
    await stage.picture(await stage.press(asked, Button.ANSWER))
    assert [each.prompt for each in provider.submitted] == ["do you like cats?"]


async def test_a_deletion_is_asked_about_and_done_with_a_yes(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.drawn((await stage.type("a cat", mention=True))["message"])
    asked = await stage.reply((await stage.type("delete this", mention=True))["message"])
    assert "a cat" in asked["content"]
    done = await stage.type("yes", mention=True)
    assert "Deleted" in (await stage.reply(done["message"]))["content"]
    assert await stage.app.history.jobs_of("discord", stage.alice) == []
    assert len(provider.submitted) == 1


@pytest.mark.parametrize(("text", "choice"), [("another model", "Nano Banana Pro")])
async def test_another_model_is_asked_for_with_choices(
    stage: Stage, provider: Scripted, text: str, choice: str
) -> None:
    await stage.start()
    await stage.drawn((await stage.type("a cat", mention=True))["message"])
    asked = await stage.reply((await stage.type(text, mention=True))["message"])
    await stage.picture(await stage.click(asked, choice))
    assert [each.prompt for each in provider.submitted] == ["a cat", "a cat"]
    assert provider.submitted[0].model != provider.submitted[1].model


async def test_the_file_itself_and_the_picture_before_are_shown_and_nothing_is_paid(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.drawn((await stage.type("a cat", mention=True))["message"])
    await stage.drawn((await stage.type("send me the original file", mention=True))["message"])
    await stage.drawn((await stage.type("make it blue", mention=True))["message"])
    await stage.drawn((await stage.type("undo", mention=True))["message"])
    assert [each.prompt for each in provider.submitted] == ["a cat", "make it blue"]
