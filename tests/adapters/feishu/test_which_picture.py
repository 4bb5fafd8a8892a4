"""Which picture is meant, whose words, and the other reading: what is asked costs nothing."""

from typing import Any

import pytest

from bot.domain.generation import Pictures
from bot.images.provenance import marked
from messages import Cost
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Message, Stage
from tests.support.scripted import Scripted, png

PICTURE = {"width": 80, "height": 60, "color": [10, 200, 30]}
COLOURS = ("red", "green", "blue", "white")
LATER = 5.0
"""Seconds after which a request is surely another one."""


def to(message: Message) -> dict[str, Any]:
    return {"reply_to": message["message_id"]}


def has_buttons(message: Message) -> bool:
    return "'button'" in str(message["content"])


async def paid(stage: Stage, provider: Scripted, times: int) -> None:
    """Wait until so many pictures have been asked for, and paid."""

    async def look() -> bool:
        return len(provider.collected) == times

    await stage.until(look, f"{times} pictures are paid for")
    assert len(provider.submitted) == times


async def test_which_one_is_asked_and_the_button_carries_on(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    made = Pictures(tuple(map(png, COLOURS)), Cost(1, "points"))
    provider.outcomes.append(made)
    await stage.say(group, "Ann", "<@bot> 画四张猫")
    drawn = await stage.done(group)
    await stage.advance(LATER)
    await stage.say(group, "Ann", "<@bot> 调暖一点", **to(drawn))
    question = await stage.shown(group, "你说的是哪一张")
    assert len(question["images"]) == 4
    await bot()  # the words survive
    refused = await stage.click(question["message_id"], "Bob", text="3")
    assert refused["toast"]["type"] == "warning"
    await paid(stage, provider, 1)
    pressed = await stage.click(question["message_id"], "Ann", text="3")
    assert pressed["error"] is None
    await paid(stage, provider, 2)
    assert [one.data for one in provider.submitted[1].references] == [marked(png("blue"))]
    assert provider.submitted[1].prompt == "调暖一点"
    await stage.say(group, "Ann", "<@bot> 第二张调亮", **to(drawn))
    await paid(stage, provider, 3)
    assert [one.data for one in provider.submitted[2].references] == [marked(png("green"))]


async def test_a_change_without_a_picture_says_how_to_give_it(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "换成油画风格")
    asked = await stage.shown(alone, "要改哪张图", "回复那张图片")
    assert "改为画一张新图" in str(asked["content"])
    assert provider.submitted == []
    await stage.say(alone, "Ann", image=PICTURE)
    await stage.done(alone)
    [request] = provider.submitted
    assert (request.prompt, len(request.references)) == ("换成油画风格", 1)


async def test_the_other_reading_is_a_button_that_costs_nothing_until_pressed(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    await stage.advance(LATER)
    await stage.say(alone, "Ann", "同样的场景，换成夜晚")
    changed = await stage.done(alone, 2)
    assert "我当成要改上一张图了" in str(changed["content"])
    await stage.advance(LATER)
    await stage.say(alone, "Ann", "不要香菜的牛肉面，俯拍")
    drawn = await stage.done(alone, 3)
    assert [len(one.references) for one in provider.submitted] == [0, 1, 0]
    await stage.click(changed["message_id"], "Ann", text="改为画一张新图")
    await paid(stage, provider, 4)
    await stage.click(drawn["message_id"], "Ann", text="改为修改上一张")
    await paid(stage, provider, 5)
    said = [(one.prompt, len(one.references)) for one in provider.submitted[3:]]
    assert said == [("同样的场景，换成夜晚", 0), ("不要香菜的牛肉面，俯拍", 1)]


async def test_words_in_reply_to_words_and_by_name(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    theirs = await stage.say(group, "Bob", "two dragons and a pizza")
    await stage.say(group, "Ann", "<@bot> 画成漫画，方图", **to(theirs))
    drawn = await stage.done(group)
    [request] = provider.submitted
    assert request.prompt == "two dragons and a pizza\n\n漫画"
    assert (request.aspect_ratio, request.references) == ("1:1", ())
    assert "画的是你回复的那段话" in str(drawn["content"])
    assert "'tag': 'person'" in str(drawn["content"])
    await stage.say(group, "Bob", "<@bot> a red fox")
    await stage.done(group, 2)
    await stage.advance(LATER)
    await stage.say(group, "Ann", "<@bot> 把 <@Bob> 的最后一张改成蓝色")
    await paid(stage, provider, 3)
    assert len(provider.submitted[2].references) == 1
    raw = {"msg_type": "sticker", "content": {"file_key": "file_v3_x"}}
    sticker = await stage.say(group, "Bob", raw=raw)
    await stage.say(group, "Ann", "<@bot> 画出来", **to(sticker))
    await paid(stage, provider, 3)


@pytest.mark.parametrize(
    ("asked", "question", "answer", "said"),
    [
        ("你喜欢猫吗？", "画出来吗", "好的", "✓ 画出来"),
        ("你喜欢猫吗？", "画出来吗", "不用了", "✓ 不用了"),
        ("你喜欢猫吗？", "画出来吗", "取消", "✓ 不用了"),
        ("删除这张图", "要删除", "确认", "✓ 删除"),
        ("调暖一点", "哪一张", "第二张", "✓ 2"),
        ("/forget-me", "全部数据", "/forget-me yes", "✓ 全部删除"),
    ],
)
async def test_a_question_answered_in_words_has_no_buttons_any_more(
    bot: Start,
    stage: Stage,
    alone: str,
    provider: Scripted,
    asked: str,
    question: str,
    answer: str,
    said: str,
) -> None:
    await bot()
    reply: dict[str, Any] = {}
    if not asked.endswith("？"):
        await stage.say(alone, "Ann", "画两张猫")
        reply = to(await stage.done(alone))
        await stage.advance(LATER)
    await stage.say(alone, "Ann", asked, **reply)
    open_one = await stage.shown(alone, question)
    assert has_buttons(open_one)
    await stage.say(alone, "Ann", answer)
    over = await stage.shown(alone, said)
    assert over["message_id"] == open_one["message_id"]
    assert not has_buttons(over)


async def test_another_question_takes_the_place_of_the_one_before(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "你喜欢猫吗？")
    first = await stage.shown(alone, "画出来吗")
    await stage.say(alone, "Ann", "你喜欢狗吗？")
    over = await stage.shown(alone, "已在下面重新提问")
    assert over["message_id"] == first["message_id"]
    assert not has_buttons(over)
    second = await stage.shown(alone, "画出来吗")
    await stage.say(alone, "Ann", "好的")
    over = await stage.shown(alone, "✓ 画出来")
    assert over["message_id"] == second["message_id"]
    await stage.done(alone)
    assert [each.prompt for each in provider.submitted] == ["你喜欢狗吗？"]


async def test_a_press_on_a_question_that_was_answered_before_a_restart_only_closes_it(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(alone, "Ann", "你喜欢猫吗？")
    asked = await stage.shown(alone, "画出来吗")
    await bot()
    await stage.say(alone, "Ann", "好的")
    await stage.done(alone)
    pressed = await stage.click(asked["message_id"], "Ann", text="画出来")
    assert pressed["toast"]["type"] == "warning"
    over = await stage.shown(alone, "按钮已经失效")
    assert over["message_id"] == asked["message_id"]
    assert not has_buttons(over)
    assert len(provider.submitted) == 1
