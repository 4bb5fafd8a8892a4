"""The language of an answer, where the words alone do not tell it."""

import pytest

from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Stage
from tests.emulators._feishu.cards import walk
from tests.support.scripted import Scripted


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("/help", "试一张"),
        ("/settings", "恢复默认"),
        ("/models", "可用"),
        ("/forget-me yes", "已全部删除"),
        ("use pro by default", "from now on"),
        ("settings", "Back to the defaults"),
    ],
)
async def test_a_command_is_answered_in_the_language_that_was_drawn_in(
    bot: Start, stage: Stage, alone: str, provider: Scripted, words: str, expected: str
) -> None:
    await bot()
    await stage.say(alone, "Ann", "一只小狗在草地上奔跑")
    card = await stage.done(alone)
    sent = await stage.say(alone, "Ann", words)

    async def answered() -> str | None:
        messages = await stage.messages(alone)
        found = [each for each in messages if each["parent_id"] == sent["message_id"]]
        return str(found[0]["content"]) if found else None

    assert expected in await stage.until(answered, "an answer")
    assert card["parent_id"] != sent["message_id"]


@pytest.mark.parametrize(
    ("ann", "bob", "label"),
    [
        ("画一只猫", "draw a dog", "Again"),
        ("draw a cat", "画一只狗", "再来一张"),
        ("draw a cat", "", "Again"),
    ],
)
async def test_who_presses_on_somebody_elses_card_reads_their_own_language(
    bot: Start, stage: Stage, group: str, provider: Scripted, ann: str, bob: str, label: str
) -> None:
    await bot()
    await stage.say(group, "Ann", f"<@bot> {ann}")
    card = await stage.done(group)
    if bob:
        await stage.say(group, "Bob", f"<@bot> {bob}")
        await stage.done(group, 2)
    await stage.click(card["message_id"], "Bob", value={"a": "again"})
    again = await stage.done(group, 3 if bob else 2)
    shown = [one["text"]["content"] for one in walk(again["content"]) if one["tag"] == "button"]
    assert label in shown


@pytest.mark.parametrize(
    ("key", "option", "english", "chinese"),
    [
        ("notify", "on", "I'll ping you", "画好了会叫你"),
        ("notify", "off", "no more pings", "不再叫你"),
        ("size", "auto", "Done: automatic from now on.", "以后默认：自动。"),
        ("language", "zh-Hans", "Done: 中文 from now on.", "以后默认：中文。"),
    ],
)
async def test_toasts_say_what_was_set(
    bot: Start, stage: Stage, alone: str, key: str, option: str, english: str, chinese: str
) -> None:
    await bot()
    await stage.say(alone, "Ann", "设置")
    card = await stage.shown(alone, "'a': 'set'")
    pressed = await stage.click(
        card["message_id"], "Ann", value={"a": "set", "k": key}, option=option
    )
    toast = pressed["toast"]["i18n"]
    assert english in toast["en_us"]
    assert chinese in toast["zh_cn"]


async def test_a_mention_beside_a_command_draws_nothing(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(group, "Ann", "<@bot><@Bob> 帮助")
    await stage.shown(group, "试一张")
    await stage.say(group, "Ann", "<@bot>给<@Bob>画一只猫")
    await stage.done(group)
    assert [request.prompt for request in provider.submitted] == ["给@Bob画一只猫"]
