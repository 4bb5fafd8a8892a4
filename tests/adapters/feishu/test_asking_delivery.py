"""What the platform delivers twice, late, in a burst, or is of no interest; and who may ask."""

import asyncio
import random

import pytest

from adapters.feishu.handlers import context
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Stage
from tests.support.scripted import Scripted


async def test_an_event_that_comes_five_times_over_six_hours_is_one_picture(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    """The platform does not see our acknowledgements, and the bot restarts in between."""
    await bot()
    await stage.remote.set(lose_acks=True)
    sent = await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    for number, pause in enumerate((16, 301, 3601, 21601), start=2):
        await bot()
        await stage.advance(pause)

        async def tried(number: int = number) -> bool:
            tries = (await stage.event(sent["event_id"]))["tries"]
            return len(tries) >= number and "answer" in tries[number - 1]

        await stage.until(tried, f"try {number}")
    await asyncio.sleep(0.2)
    assert len(provider.submitted) == 1
    assert len(await stage.messages(alone)) == 1


@pytest.mark.parametrize("words", ["帮助", "取消", "以后都用 pro"])
async def test_an_answer_that_is_no_picture_is_given_once(
    bot: Start, stage: Stage, alone: str, words: str
) -> None:
    await bot()
    sent = await stage.say(alone, "Ann", words)
    await stage.shown(alone, "")
    for _ in range(2):
        await stage.advance(4000)
        again = await stage.remote.ask("deliver_again", {"event_id": sent["event_id"]})
        assert again["answer"]["code"] == 200
    await asyncio.sleep(0.3)
    assert len(await stage.messages(alone)) == 1


async def test_what_is_too_old_is_acknowledged_and_ignored(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot(feishu_event_max_age=3600)
    await stage.acked(await stage.say(alone, "Ann", "画一只猫", age=4000))
    await stage.acked(await stage.say(alone, "Ann", "画一只狗", age=3000))
    await stage.done(alone)
    assert [request.prompt for request in provider.submitted] == ["画一只狗"]


async def test_events_of_no_interest_are_acknowledged(bot: Start, stage: Stage, alone: str) -> None:
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    card = await stage.done(alone)
    await stage.do("read", by="Ann", messages=[card["message_id"]])
    await stage.do("react", by="Ann", message=card["message_id"], emoji="THUMBSUP")
    await stage.do("enter", by="Ann")

    async def all_acked() -> bool:
        events = await stage.remote.ask("events")
        return len(events) >= 4 and all(event["acked"] for event in events)

    await stage.until(all_acked, "every event is acknowledged")
    assert all(len(event["tries"]) == 1 for event in await stage.remote.ask("events"))


async def test_taken_into_a_chat_it_says_once_what_it_does(
    bot: Start, stage: Stage, group: str
) -> None:
    await bot()
    added = await stage.do("add_bot", chat=group, by="Ann")
    card = await stage.shown(group, "大家好，我会画图")
    await stage.remote.ask("deliver_again", {"event_id": added["event_id"]})
    await asyncio.sleep(0.3)
    assert len(await stage.messages(group)) == 1
    pressed = await stage.click(card["message_id"], "Ann", value={"a": "try"})
    assert pressed["toast"]["type"] == "success"
    assert "黄昏的灯塔" in str((await stage.done(group))["content"])


async def test_who_opens_the_chat_is_greeted_once(bot: Start, stage: Stage, alone: str) -> None:
    await bot()
    await stage.do("enter", by="Ann")
    await stage.shown(alone, "你好，我会画图")
    await bot()
    await stage.do("enter", by="Ann")
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    assert len(await stage.messages(alone)) == 2


async def test_who_has_drawn_before_is_not_greeted(bot: Start, stage: Stage, alone: str) -> None:
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    await stage.do("enter", by="Ann")
    await stage.say(alone, "Ann", "画一只狗")
    await stage.done(alone, 2)
    assert len(await stage.messages(alone)) == 2


async def test_a_message_that_is_withdrawn_is_not_drawn(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    await bot()
    provider.outcomes.append(asyncio.Event())
    sent = await stage.say(alone, "Ann", "画一只猫")
    await stage.shown(alone, "'a': 'cancel'")
    await stage.do("recall", message=sent["message_id"])
    await stage.shown(alone, "已取消")


async def test_only_listed_chats_are_served(bot: Start, stage: Stage, group: str) -> None:
    other = await stage.chat("group", "Ann", "Bob")
    await bot(feishu_allowed_chats=(group,))
    for _ in range(2):
        await stage.acked(await stage.say(other, "Ann", "<@bot> 画一只猫"))
        await stage.acked(await stage.say(other, "Ann", image={"width": 64}))
    await stage.shown(other, "还没有开通")
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    card = await stage.done(group)
    assert len(await stage.messages(other)) == 1
    pressed = await stage.click(card["message_id"], "Bob", text="再来一张")
    assert pressed["error"] is None


async def test_only_listed_people_are_served(bot: Start, stage: Stage, provider: Scripted) -> None:
    ann = await stage.person("Ann")
    await stage.person("Bob", "en_us")
    group = await stage.chat("group", "Ann", "Bob")
    private = await stage.chat("p2p", "Ann")
    await bot(feishu_allowed_people=(ann,), feishu_allowed_chats=("oc_other",))
    await stage.say(private, "Ann", "画一只猫")
    card = await stage.done(private)
    await stage.click(card["message_id"], "Ann", text="再来一张")
    await stage.done(private, 2)
    await stage.say(private, "Ann", "设置")
    settings = await stage.shown(private, "'a': 'set'")
    size = {"value": {"a": "set", "k": "size"}, "option": "2K"}
    assert (await stage.click(settings["message_id"], "Ann", **size))["card"]
    await stage.say(group, "Bob", "<@bot> draw a cat")
    await stage.shown(group, "I am not enabled here")
    assert len(provider.submitted) == 2


async def test_a_stranger_may_not_press_buttons(bot: Start, stage: Stage) -> None:
    ann = await stage.person("Ann")
    await stage.person("Bob", "en_us")
    group = await stage.chat("group", "Ann", "Bob")
    await bot(feishu_allowed_people=(ann,))
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    card = await stage.done(group)
    pressed = await stage.click(card["message_id"], "Bob", text="再来一张")
    assert pressed["toast"]["type"] == "warning"
    assert len(await stage.messages(group)) == 1


async def test_mentions_wait_until_the_bot_knows_itself(
    bot: Start, stage: Stage, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, a mention of it cannot be told from others: it comes again, and is not lost."""
    monkeypatch.setattr(context, "IDENTITY_SECONDS", 0.2)
    await stage.remote.fault({"path": "/bot/v3/info", "delay": 6})
    await bot()
    sent = await stage.say(group, "Ann", "<@bot> 画一只猫")

    codes = []
    for number, pause in enumerate((0, 16, 301, 3601)):
        await stage.advance(pause)

        async def tried(number: int = number) -> bool:
            tries = (await stage.event(sent["event_id"]))["tries"]
            return len(tries) > number and "answer" in tries[number]

        await stage.until(tried, f"try {number}")
        codes.append((await stage.event(sent["event_id"]))["tries"][number]["answer"]["code"])
        if codes[-1] == 200:
            break
        await asyncio.sleep(3)
    assert codes[0] == 500
    assert codes[-1] == 200
    await stage.done(group)


async def test_in_a_burst_everybody_is_answered_once(bot: Start, stage: Stage) -> None:
    """What a busy machine cannot accept in time comes again, and is answered once."""
    running = await bot()
    chats = []
    for number in range(20):
        await stage.person(f"P{number}")
        chats.append((await stage.chat("p2p", f"P{number}"), f"P{number}"))
    asking = [stage.say(chat, by, "设置") for chat, by in chats * 3]
    sent = await asyncio.gather(*asking)
    numbers = [each["event_id"] for each in sent]

    async def acked() -> bool:
        events = [e for e in await stage.remote.ask("events") if e["event_id"] in numbers]
        if not all(event["acked"] or event["busy"] for event in events):
            await stage.advance(20)
        return all(event["acked"] for event in events)

    await stage.until(acked, "every event is acknowledged")

    async def answered() -> bool:
        return len(await stage.messages()) >= 60

    await stage.until(answered, "everybody is answered")
    await asyncio.sleep(0.2)
    assert len(await stage.messages()) == 60
    assert not running.listening.done()


async def test_the_socket_is_dropped_at_every_moment(
    bot: Start, stage: Stage, alone: str, provider: Scripted
) -> None:
    chance = random.Random(20)
    await bot()
    numbers = []
    for number in range(12):
        sent = await stage.say(alone, "Ann", f"画一只猫 {number}")
        numbers.append(sent["event_id"])
        await asyncio.sleep(chance.random() * 0.15)
        await stage.remote.ask("sockets", {"do": chance.choice(["drop", "close"])})
        await asyncio.sleep(chance.random() * 0.15)

    async def acked() -> bool:
        events = [e for e in await stage.remote.ask("events") if e["event_id"] in numbers]
        if not any(event["busy"] for event in events):
            await stage.advance(20)
        return all(event["acked"] for event in events)

    await stage.sockets(1)
    await stage.until(acked, "every event is acknowledged")
    await stage.done(alone, 12)
    assert len(await stage.messages(alone)) == 12
    assert len(provider.submitted) == 12
