"""Which picture is meant, whose words, and the other reading: what is asked costs nothing."""

from typing import Any

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
