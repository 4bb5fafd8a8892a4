"""Every way of asking: in groups, in topics and alone, with words, pictures and both."""

import asyncio
import time
from typing import Any

import pytest

from adapters.feishu.api.client import DOMAINS
from adapters.feishu.handlers import messages
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Stage
from tests.support.scripted import Scripted

PICTURE = {"width": 80, "height": 60, "color": [10, 200, 30]}


async def test_a_mention_is_answered_with_a_picture_in_a_reply(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    sent = await stage.say(group, "Ann", "<@bot> 画一只猫")
    card = await stage.done(group)
    assert card["parent_id"] == sent["message_id"]
    assert card["content"]["header"]["title"]["content"] == "✅ 画一只猫"
    [request] = provider.submitted
    assert request.prompt == "画一只猫"
    assert len(await stage.messages(group)) == 1


async def test_the_words_choose_the_language(bot: Start, stage: Stage, group: str) -> None:
    await bot()
    await stage.say(group, "Ann", "<@bot> a lighthouse at dusk")
    assert "'content': 'Again'" in str((await stage.done(group))["content"])


async def test_other_mentions_stay_as_names(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(group, "Ann", "<@Bob> <@bot> 给 <@Bob> 画一张肖像 <@all>")
    await stage.done(group)
    assert provider.submitted[0].prompt == "@Bob 给 @Bob 画一张肖像"


@pytest.mark.parametrize(
    "text", ["画一只猫", "<@all> 画一只猫", "<@Bob> 画一只猫", "<@bot:other> 画"]
)
async def test_what_is_not_for_us_is_left_alone(
    bot: Start, stage: Stage, group: str, text: str
) -> None:
    await bot()
    await stage.acked(await stage.say(group, "Ann", text))
    assert await stage.messages(group) == []


async def test_other_bots_and_our_own_messages_are_left_alone(
    bot: Start, stage: Stage, group: str
) -> None:
    await bot()
    await stage.say(group, "", from_bot="cli_0123456789abcdef", text="<@bot> 画一只猫")
    sent = await stage.say(group, "Ann", "<@bot> 画一只狗")
    await stage.acked(sent)
    card = await stage.done(group)
    assert card["parent_id"] == sent["message_id"]
    others = [each for each in await stage.messages(group) if each["msg_type"] == "text"]
    assert len(await stage.messages(group)) == 1 + len(others)


async def test_rich_text_with_pictures(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    words = [{"tag": "at", "user": "bot"}, {"tag": "text", "text": " 把它们合在一起"}]
    pictures = [{"tag": "img", "image": PICTURE}, {"tag": "img", "image": {**PICTURE, "width": 90}}]
    await stage.say(group, "Ann", post={"title": "", "content": [words, pictures]})
    await stage.done(group)
    [request] = provider.submitted
    assert request.prompt == "把它们合在一起"
    assert len(request.references) == 2


async def test_a_picture_first_and_the_mention_afterwards(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    await stage.acked(await stage.say(group, "Bob", image={**PICTURE, "width": 90}))
    await stage.acked(await stage.say(group, "Ann", image=PICTURE))
    assert await stage.messages(group) == []
    await stage.advance(300)
    await stage.say(group, "Ann", "<@bot> 改成水彩画")
    await stage.done(group)
    [request] = provider.submitted
    assert len(request.references) == 1


@pytest.mark.parametrize("how", ["image", "post", "file"])
async def test_a_reply_to_somebodys_picture(
    bot: Start, stage: Stage, group: str, provider: Scripted, how: str
) -> None:
    await bot()
    what: dict[str, Any] = {"image": PICTURE}
    if how == "post":
        what = {"post": {"content": [[{"tag": "img", "image": PICTURE}]]}}
    if how == "file":
        what = {"file": {"name": "cat.png", "base64": _png()}}
    shown = await stage.say(group, "Bob", **what)
    await stage.advance(3600)
    await stage.say(group, "Ann", "<@bot> 变成油画", reply_to=shown["message_id"])
    await stage.done(group)
    [request] = provider.submitted
    assert len(request.references) == 1


async def test_a_reply_to_our_card_changes_its_picture(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    card = await stage.done(group)
    await stage.say(group, "Bob", "<@bot> make it blue", reply_to=card["message_id"])
    await stage.done(group, 2)
    assert len(provider.submitted[1].references) == 1
    assert not await stage.remote.requests(f"messages/{card['message_id']}/")


async def test_a_quoted_message_that_is_slow_to_come_is_fetched_later(
    bot: Start,
    stage: Stage,
    group: str,
    provider: Scripted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(messages, "PARENT_SECONDS", 0.1)
    await bot()
    shown = await stage.say(group, "Bob", image=PICTURE)
    where = f"/im/v1/messages/{shown['message_id']}$"
    await stage.remote.fault({"method": "GET", "path": where, "delay": 2})
    over = time.monotonic() + 2.5
    sent = await stage.say(group, "Ann", "<@bot> 变成油画", reply_to=shown["message_id"])
    event = await stage.acked(sent)
    assert len(event["tries"]) == 1
    await stage.done(group)
    assert len(provider.submitted[0].references) == 1
    await asyncio.sleep(max(0.0, over - time.monotonic()))  # the platform goes on with it


async def test_a_topic_is_a_conversation_of_its_own(
    bot: Start, stage: Stage, provider: Scripted
) -> None:
    await bot()
    await stage.person("Ann")
    topics = await stage.chat("topic", "Ann")
    first = await stage.say(topics, "Ann", "<@bot> 画一只猫")
    card = await stage.done(topics)
    assert card["thread_id"] == first["thread_id"]
    follow = {"reply_to": first["message_id"], "in_thread": True}
    await stage.say(topics, "Ann", "<@bot> 换成蓝色的", **follow)
    second = await stage.done(topics, 2)
    assert second["thread_id"] == first["thread_id"]
    assert len(provider.submitted[1].references) == 1
    other = await stage.say(topics, "Ann", "<@bot> again")
    await stage.shown(topics, "no picture here yet")
    assert other["thread_id"] != first["thread_id"]


async def test_a_topic_that_begins_with_a_picture_is_about_it(
    bot: Start, stage: Stage, provider: Scripted
) -> None:
    await bot()
    await stage.person("Ann")
    topics = await stage.chat("topic", "Ann")
    first = await stage.say(topics, "Ann", image=PICTURE)
    follow = {"reply_to": first["message_id"], "in_thread": True}
    await stage.say(topics, "Ann", "<@bot> 变成油画", **follow)
    await stage.done(topics)
    assert len(provider.submitted[0].references) == 1


async def test_alone_no_mention_is_needed_and_pictures_are_changed_step_by_step(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    await stage.say(alone, "Ann", "让它暖一点")
    await stage.done(alone, 2)
    assert len(provider.submitted[1].references) == 1
    await stage.say(alone, "Ann", image=PICTURE)
    await stage.shown(alone, "收到 1 张图")
    await stage.say(alone, "Ann", "变成水彩画")
    await stage.done(alone, 3)
    assert len(provider.submitted[2].references) == 1


async def test_several_pictures_at_once_then_the_words(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.remote.set(hold=True)
    for width in (60, 70, 80, 90):
        await stage.say(alone, "Ann", image={"width": width, "height": 64})
    await stage.say(alone, "Ann", "把它们合成一张")
    await stage.remote.set(hold=False)
    await stage.done(alone)
    assert len(provider.submitted[0].references) == 4


@pytest.mark.parametrize(
    ("domain", "words"), [("feishu", "直接描述画面"), ("lark", "just write what you want")]
)
async def test_feishu_and_lark(
    bot: Start, stage: Stage, monkeypatch: pytest.MonkeyPatch, domain: str, words: str
) -> None:
    """The same platform at two addresses; without words it is answered in its home's language."""
    monkeypatch.setitem(DOMAINS, domain, stage.remote.url)
    await bot(feishu_domain=domain)
    await stage.person("Ann")
    chat = await stage.chat("p2p", "Ann")
    await stage.do("menu", by="Ann", key="help")
    await stage.shown(chat, words)
    await stage.say(chat, "Ann", "画一只猫")
    await stage.done(chat)


async def test_alone_a_picture_as_a_file(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.acked(await stage.say(alone, "Ann", file={"name": "Cat.PNG", "base64": _png()}))
    await stage.say(alone, "Ann", "变成水彩画")
    await stage.done(alone)
    assert len(provider.submitted[0].references) == 1


@pytest.mark.parametrize("kind", ["sticker", "audio", "media"])
async def test_what_is_no_picture_is_refused_with_advice(
    bot: Start, stage: Stage, alone: str, kind: str
) -> None:
    await bot()
    content = {"file_key": "file_v3_00aa"}
    await stage.say(alone, "Ann", raw={"msg_type": kind, "content": content})
    await stage.shown(alone, "PNG")


async def test_what_means_nothing_to_us_is_ignored(bot: Start, stage: Stage, alone: str) -> None:
    await bot()
    content = {"name": "x", "longitude": "1", "latitude": "2"}
    await stage.acked(
        await stage.say(alone, "Ann", raw={"msg_type": "location", "content": content})
    )
    await stage.acked(await stage.say(alone, "Ann", raw={"msg_type": "text", "content": {}}))
    assert len(await stage.messages(alone)) <= 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("/help", "lighthouse"),
        ("帮助", "试一张"),
        ("设置", "恢复默认"),
        ("settings", "Back to the defaults"),
        ("模型", "Nano Banana"),
        ("models", "Nano Banana"),
        ("历史", "还没有"),
        ("以后都用 pro", "Pro"),
        ("always use pro", "from now on"),
        ("取消", "没有"),
        ("cancel", "Nothing is running"),
        ("/forget-me", "Delete everything"),
    ],
)
async def test_commands_as_text(
    bot: Start, stage: Stage, alone: str, words: str, expected: str
) -> None:
    await bot()
    await stage.say(alone, "Ann", words)
    card = await stage.shown(alone, expected)
    assert card["parent_id"]


@pytest.mark.parametrize(
    "words",
    [
        *("再来一张", "again", "重试", "retry", "变体", "variations", "更大", "larger"),
        *("Pro 版", "pro version", "更小尺寸", "smaller size", "改成 16:9", "make it wider"),
    ],
)
async def test_every_button_that_draws_can_be_said(
    bot: Start, stage: Stage, alone: str, provider: Scripted, words: str
) -> None:
    await bot()
    await stage.say(alone, "Ann", "画一只猫，2K")
    await stage.done(alone)
    await stage.say(alone, "Ann", words)
    await stage.done(alone, 2)


@pytest.mark.parametrize(("words", "expected"), [("详情", "job_"), ("details", "job_")])
async def test_details_can_be_said(
    bot: Start, stage: Stage, alone: str, words: str, expected: str
) -> None:
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    await stage.say(alone, "Ann", words)
    await stage.shown(alone, expected)


@pytest.mark.parametrize("words", ["删除", "delete"])
async def test_delete_can_be_said(bot: Start, stage: Stage, alone: str, words: str) -> None:
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    card = await stage.done(alone)
    await stage.say(alone, "Ann", words)
    await stage.shown(alone, "画一只猫", "'a': 'answer'")
    await stage.say(alone, "Ann", "确认")

    async def gone() -> bool:
        shown = await stage.messages(alone)
        return card["message_id"] not in [each["message_id"] for each in shown]

    await stage.until(gone, "the card is gone")


def _png() -> str:
    import base64

    from tests.support.scripted import png

    return base64.b64encode(png()).decode()
