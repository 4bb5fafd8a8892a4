"""What a reply is about: a job of ours, a picture of somebody's, or the newest in a topic."""

import asyncio
import base64
from typing import Any

import pytest

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Request
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.running import Bot
from tests.adapters.feishu.stage import Message, Stage
from tests.support.scripted import Scripted, png

PICTURE = {"width": 80, "height": 60, "color": [10, 200, 30]}
AWAY: dict[str, Any] = {
    "status": 500,
    "body": {"code": 2200, "msg": "internal error"},
    "times": 3,
}
LATER = 5.0
"""Seconds after which a request is surely another one."""


@pytest.fixture
async def people(stage: Stage) -> tuple[str, ...]:
    for name, locale in (("Ann", "zh_cn"), ("Bob", "en_us"), ("Cat", "zh_cn")):
        await stage.person(name, locale)
    return ("Ann", "Bob", "Cat")


@pytest.fixture
async def group(stage: Stage, people: tuple[str, ...]) -> str:
    return await stage.chat("group", *people)


@pytest.fixture
async def topics(stage: Stage, people: tuple[str, ...]) -> str:
    return await stage.chat("topic", *people)


@pytest.fixture
async def alone(stage: Stage, people: tuple[str, ...]) -> str:
    return await stage.chat("p2p", "Ann")


def to(message: Message, *, topic: bool = False) -> dict[str, Any]:
    return {"reply_to": message["message_id"], **({"in_thread": True} if topic else {})}


async def source(bot: Bot, request: Request) -> list[str]:
    """What was asked for where the pictures came from that a request works from."""
    words = []
    for reference in request.references:
        kept = await bot.app.history.picture(reference.image_id)
        job = await bot.app.history.job(kept.job_id) if kept and kept.job_id else None
        words.append(job.text if job else "somebody's picture")
    return words


@pytest.mark.parametrize(
    ("words", "shown"),
    [("再来一张", ""), ("变体", ""), ("详情", "编号"), ("好了叫我", "画好了在这里叫你")],
)
async def test_words_in_a_topic_are_about_what_was_made_there(
    bot: Start, stage: Stage, topics: str, words: str, shown: str, provider: Scripted
) -> None:
    await bot()
    if shown == "画好了在这里叫你":
        provider.outcomes.append(asyncio.Event())
    first = await stage.say(topics, "Ann", "<@bot> 画一只猫")
    if shown != "画好了在这里叫你":
        await stage.done(topics)
    await stage.advance(LATER)
    await stage.say(topics, "Ann", f"<@bot> {words}", **to(first, topic=True))
    if not shown:
        await stage.done(topics, 2)
        assert len(provider.submitted) == 2
    else:
        await stage.until(lambda: _says(stage, topics, shown), shown)


async def _says(stage: Stage, chat: str, words: str) -> bool:
    everything = str([one["content"] for one in await stage.messages(chat)])
    return words in everything and "没有" not in everything and "不存在" not in everything


async def test_delete_in_a_topic_takes_the_newest_of_the_person(
    bot: Start, stage: Stage, topics: str
) -> None:
    await bot()
    first = await stage.say(topics, "Ann", "<@bot> 画一只猫")
    card = await stage.done(topics)
    await stage.say(topics, "Ann", "<@bot> 删除", **to(first, topic=True))
    await stage.shown(topics, "删除“画一只猫”吗？")
    assert not await _gone(stage, topics, card)
    await stage.say(topics, "Ann", "<@bot> 确认", **to(first, topic=True))
    await stage.until(lambda: _gone(stage, topics, card), "it is gone")


async def _gone(stage: Stage, chat: str, *messages: Message) -> bool:
    left = {one["message_id"] for one in await stage.messages(chat)}
    return left.isdisjoint(one["message_id"] for one in messages)


async def test_quoting_ones_own_question_means_its_picture(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    made = await bot()
    cat = await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    await stage.advance(LATER)
    await stage.say(alone, "Ann", "画一只狗")
    await stage.done(alone, 2)
    await stage.say(alone, "Ann", "再来一张", **to(cat))
    await stage.done(alone, 3)
    await stage.say(alone, "Ann", "让它暖一点", **to(cat))
    await stage.done(alone, 4)
    assert provider.submitted[2].prompt == "画一只猫"
    assert await source(made, provider.submitted[3]) == ["画一只猫"]


async def test_further_messages_of_a_job_are_about_it(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    made = await bot()
    await stage.say(alone, "Ann", "画一只猫")
    cat = await stage.done(alone)
    await stage.advance(LATER)
    await stage.say(alone, "Ann", "画一只狗")
    await stage.done(alone, 2)
    await stage.say(alone, "Ann", "详情", **to(cat))
    details = await stage.shown(alone, "编号")
    await stage.say(alone, "Ann", "历史")
    history = await stage.shown(alone, "'a': 'show'")
    [job] = [one for one in await _jobs(made, alone) if "猫" in one.text]
    show = {"a": "show", "job": job.id}
    await stage.click(history["message_id"], "Ann", value=show)
    copy = await stage.done(alone, 4)  # the history has pictures, too
    for number, message in enumerate((details, copy), start=5):
        await stage.advance(LATER)
        await stage.say(alone, "Ann", "让它暖一点", **to(message))
        await stage.done(alone, number)
        assert await source(made, provider.submitted[-1]) == ["画一只猫"]
    await stage.say(alone, "Ann", "删除", **to(copy))
    await stage.shown(alone, "删除“画一只猫”吗？")
    await stage.say(alone, "Ann", "确认")
    await stage.until(lambda: _gone(stage, alone, cat, copy, details), "all of them are gone")


async def _jobs(made: Bot, chat: str) -> list[Any]:
    found = await made.app.history.latest("feishu", chat)
    assert found
    return await made.app.history.jobs_of("feishu", found.requester)


async def test_in_a_thread_on_our_card_everybody_goes_on_with_the_newest(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    made = await bot()
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    thread = to(await stage.done(group), topic=True)
    expected = ["画一只猫", "让它暖一点", "再亮一点"]
    for number, (who, words) in enumerate(
        (("Ann", "让它暖一点"), ("Ann", "再亮一点"), ("Bob", "make it blue")), start=2
    ):
        await stage.advance(LATER)
        await stage.say(group, who, f"<@bot> {words}", **thread)
        await stage.done(group, number)
        assert await source(made, provider.submitted[-1]) == [expected[number - 2]]


async def test_somebody_else_begins_in_a_thread_on_our_card(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    made = await bot()
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    thread = to(await stage.done(group), topic=True)
    await stage.say(group, "Bob", "<@bot> make it blue", **thread)
    await stage.done(group, 2)
    assert await source(made, provider.submitted[1]) == ["画一只猫"]


async def test_a_topic_goes_on_with_its_newest_picture_whoever_asks(
    bot: Start, stage: Stage, topics: str, provider: Scripted
) -> None:
    made = await bot()
    first = await stage.say(topics, "Bob", image=PICTURE)
    await stage.say(topics, "Ann", "<@bot> 变成油画", **to(first, topic=True))
    await stage.done(topics)
    await stage.say(topics, "Cat", "<@bot> 变成水彩画", **to(first, topic=True))
    await stage.done(topics, 2)
    assert await source(made, provider.submitted[0]) == ["somebody's picture"]
    assert await source(made, provider.submitted[1]) == ["变成油画"]
    await stage.say(topics, "Cat", "<@bot> 画一只全新的狗", **to(first, topic=True))
    await stage.done(topics, 3)
    assert provider.submitted[2].references == ()


@pytest.mark.parametrize("words", ["变成油画", "一张吉卜力海报，主角是他"])
async def test_a_quoted_picture_that_cannot_be_had_now_is_not_forgotten(
    bot: Start, stage: Stage, group: str, provider: Scripted, words: str
) -> None:
    await bot()
    picture = await stage.say(group, "Bob", image=PICTURE)
    path = f"/im/v1/messages/{picture['message_id']}$"
    await stage.remote.fault({"method": "GET", "path": path, **AWAY})
    sent = await stage.say(group, "Ann", f"<@bot> {words}", **to(picture))
    await stage.acked(sent)
    await stage.done(group)
    assert len(provider.submitted[0].references) == 1


async def test_what_cannot_be_had_now_need_not_have_a_picture(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    said = await stage.say(group, "Bob", "看这个")
    path = f"/im/v1/messages/{said['message_id']}$"
    await stage.remote.fault({"method": "GET", "path": path, **AWAY})
    await stage.say(group, "Ann", "<@bot> 一座红色的灯塔", **to(said))
    await stage.done(group)
    assert provider.submitted[0].references == ()


@pytest.mark.parametrize("quoted", ["withdrawn", "document"])
async def test_a_change_of_what_is_no_picture_is_refused(
    bot: Start, stage: Stage, group: str, provider: Scripted, quoted: str
) -> None:
    await bot()
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    await stage.done(group)
    if quoted == "withdrawn":
        other = await stage.say(group, "Bob", image=PICTURE)
        await stage.do("recall", message=other["message_id"])
    else:
        file = await stage.remote.ask("files", {"name": "notes.pdf", "size": 99})
        other = await stage.say(group, "Bob", file=file["file_key"])
    await stage.say(group, "Ann", "<@bot> 变成油画", **to(other))
    await stage.shown(group, "已经不在了" if quoted == "withdrawn" else "PNG")
    assert len(provider.submitted) == 1


@pytest.mark.parametrize("name", ["scan.BMP", "photo", "photo.jfif", "photo.jpg ", "notes.pdf"])
async def test_the_bytes_of_a_quoted_file_decide(
    bot: Start, stage: Stage, group: str, provider: Scripted, name: str
) -> None:
    await bot()
    good = {"name": name, "base64": base64.b64encode(png()).decode()}
    other = await stage.say(group, "Bob", file=good)
    await stage.say(group, "Ann", "<@bot> 变成油画", **to(other))
    await stage.done(group)
    assert len(provider.submitted[0].references) == 1
    bad = await stage.say(group, "Bob", file={"name": name, "size": 99})
    await stage.say(group, "Ann", "<@bot> 变成油画", **to(bad))
    await stage.shown(group, "不是图片的文件")
    assert len(provider.submitted) == 1


async def test_a_change_of_what_is_not_there_yet_is_not_one_of_something_else(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    running = await bot()
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    await stage.advance(LATER)
    done = asyncio.Event()
    provider.outcomes.append(done)
    dog = await stage.say(alone, "Ann", "画一只狗")
    await stage.say(alone, "Ann", "让它暖一点", **to(dog))
    await stage.shown(alone, "收到，等这张图画好就改。")
    done.set()
    await stage.done(alone, 3)
    dogs, warmer = provider.submitted[1:]
    assert (dogs.prompt, warmer.prompt) == ("画一只狗", "让它暖一点")
    [reference] = warmer.references
    kept = await running.app.history.picture(reference.image_id)
    assert kept is not None
    assert kept.job_id == dogs.key
    provider.outcomes.append(Failure(Reason.PROVIDER_DOWN))
    fish = await stage.say(alone, "Ann", "画一条鱼")
    await stage.shown(alone, "图片生成失败")
    await stage.say(alone, "Ann", "让它暖一点", **to(fish))
    await stage.shown(alone, "要改哪张图")
    assert [one.prompt for one in provider.submitted[3:]] == ["画一条鱼"]


async def test_a_forwarded_record_alone(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    """Its words are words; its pictures wait, unless the words say what to do with them."""
    await bot()
    await stage.remote.set(open_resources=True)
    said = [{"from": "Bob", "text": "一座灯塔"}, {"from": "Bob", "text": "黄昏的海边"}]
    await stage.say(alone, "Ann", record=said)
    await stage.done(alone)
    assert provider.submitted[0].prompt == "一座灯塔\n黄昏的海边"
    await stage.advance(LATER)
    talk = [{"from": "Bob", "text": "看，好看吧"}, {"from": "Bob", "image": PICTURE}]
    await stage.say(alone, "Ann", record=talk)
    await stage.shown(alone, "收到 1 张图")
    assert len(provider.submitted) == 1
    await stage.say(alone, "Ann", "变成油画")
    await stage.done(alone, 2)
    assert len(provider.submitted[1].references) == 1
    await stage.advance(LATER)
    asked = [{"from": "Bob", "image": PICTURE}, {"from": "Bob", "text": "变成水彩画"}]
    await stage.say(alone, "Ann", record=asked)
    await stage.done(alone, 3)
    assert len(provider.submitted[2].references) == 1


@pytest.mark.parametrize("kind", ["sticker", "media", "location", "share_user", "something_new"])
async def test_what_cannot_be_used_is_answered_when_one_is_alone_with_the_bot(
    bot: Start, stage: Stage, alone: str, provider: Scripted, kind: str
) -> None:
    await bot()
    raw = {"msg_type": kind, "content": {"file_key": "file_v3_x"}}
    await stage.say(alone, "Ann", raw=raw)
    await stage.shown(alone, "我只能参考图片")
    assert provider.submitted == []


async def test_somebodys_words_are_drawn_where_there_is_a_picture_already(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    """A reply in a group names what it replies to twice, as the root too, and is no topic."""
    await bot()
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    await stage.done(group)
    said = await stage.say(group, "Bob", "The old harbour sleeps under the first snow")
    await stage.say(group, "Ann", "<@bot> 把这段话画出来", **to(said))
    await stage.done(group, 2)
    assert provider.submitted[1].prompt == "The old harbour sleeps under the first snow"
    assert provider.submitted[1].references == ()
