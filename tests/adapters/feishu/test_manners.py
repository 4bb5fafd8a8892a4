"""Conversation on Feishu: what asks for no picture draws none, and what asks for one is drawn."""

from typing import Any

from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Message, Stage
from tests.support.scripted import Scripted

DRAWN = ["画一张谢谢卡片", "早上好海报", "a good boy with his dog", "公众号头图，秋天的银杏大道"]
SMALL_TALK = ["谢谢！", "哈哈哈", "收到", "👍", "[微笑]", "lol"]
IN_WORDS = {
    "早上好": "告诉我画什么",
    "你能干嘛？": "改图：回复图片",
    "画好了吗": "现在没有在画的图",
    "我的额度还剩多少": "最近 24 小时：0 张",
    "画一张多少钱": "可用",
    "今天天气怎么样？": "要我把这句话画出来吗",
    "以后都用英语回复我": "English",
    "别再通知我了": "no more pings",
}


async def answered(stage: Stage, chat: str, sent: Message) -> Message:
    """The bot's answer to a message."""

    async def look() -> Message | None:
        messages = await stage.messages(chat)
        found = [each for each in messages if each["parent_id"] == sent["message_id"]]
        return found[0] if found else None

    return dict(await stage.until(look, "an answer"))


async def reacted(stage: Stage, sent: Message) -> list[str]:
    """The emoji that the bot has put on a message."""

    async def look() -> list[str]:
        every = await stage.remote.ask("messages")
        [found] = [each for each in every if each["message_id"] == sent["message_id"]]
        return [
            each["reaction_type"]["emoji_type"]
            for each in found["reactions"]
            if each["operator"]["operator_type"] == "app"
        ]

    return list(await stage.until(look, "a reaction"))


def buttons(card: Message) -> list[Any]:
    """What the buttons of a card send, in their order."""
    found: list[Any] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("tag") == "button":
                found.append(node["behaviors"][0]["value"])
            node = list(node.values())
        if isinstance(node, list):
            for each in node:
                walk(each)

    walk(card["content"])
    return found


async def test_small_talk_gets_a_reaction_and_no_picture(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    for text in SMALL_TALK:
        assert await reacted(stage, await stage.say(alone, "Ann", text)) == ["THUMBSUP"]
    assert await stage.messages(alone) == []
    assert provider.submitted == []


async def test_without_the_permission_it_is_a_short_line(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.remote.ask("scopes", {"remove": ["im:message", "im:message.reactions:write_only"]})
    sent = await stage.say(alone, "Ann", "谢谢")
    assert "👍" in str((await answered(stage, alone, sent))["content"])
    assert provider.submitted == []


async def test_what_is_known_is_answered_and_nothing_is_drawn(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    for text, words in IN_WORDS.items():
        sent = await stage.say(alone, "Ann", text)
        assert words in str((await answered(stage, alone, sent))["content"]), text
    assert provider.submitted == []


async def test_what_only_sounds_like_talk_is_drawn(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    for number, text in enumerate(DRAWN, start=1):
        await stage.say(alone, "Ann", text)
        await stage.done(alone, number)
    assert [each.prompt for each in provider.submitted] == DRAWN
    assert provider.submitted[-1].aspect_ratio == "21:9"


async def test_a_question_is_drawn_when_its_button_is_pressed(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    asked = await answered(stage, alone, await stage.say(alone, "Ann", "你喜欢猫吗"))
    [value] = buttons(asked)
    await stage.click(asked["message_id"], "Ann", value=value)
    await stage.done(alone)
    assert [each.prompt for each in provider.submitted] == ["你喜欢猫吗"]


async def test_a_deletion_is_asked_about_and_done_with_a_yes(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "一只猫")
    await stage.done(alone)
    asked = await answered(stage, alone, await stage.say(alone, "Ann", "把这张删了"))
    assert "一只猫" in str(asked["content"])
    sent = await stage.say(alone, "Ann", "确认")
    assert "已删除" in str((await answered(stage, alone, sent))["content"])
    assert len(provider.submitted) == 1


async def test_another_ratio_is_asked_for_with_choices(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "一只猫")
    await stage.done(alone)
    asked = await answered(stage, alone, await stage.say(alone, "Ann", "换个比例"))
    await stage.click(asked["message_id"], "Ann", value=buttons(asked)[0])
    await stage.done(alone, 2)
    assert provider.submitted[1].aspect_ratio not in (None, provider.submitted[0].aspect_ratio)


async def test_the_file_itself_and_the_picture_before_are_shown_and_nothing_is_paid(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "一只猫")
    await stage.done(alone)
    sent = await stage.say(alone, "Ann", "发我原图")
    assert (await answered(stage, alone, sent))["msg_type"] == "file"
    await stage.say(alone, "Ann", "把背景换成海边")
    await stage.done(alone, 2)
    sent = await stage.say(alone, "Ann", "撤回")
    assert (await answered(stage, alone, sent))["images"]
    assert len(provider.submitted) == 2


async def test_a_bare_mention_is_helped(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    sent = await stage.say(group, "Ann", "<@bot>")
    assert "画图：@我" in str((await answered(stage, group, sent))["content"])
    assert provider.submitted == []
