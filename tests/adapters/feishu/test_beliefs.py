"""What is not certain of the platform, tried both ways, and what was found wrong about it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from adapters.feishu.address import FeishuPlace
from adapters.feishu.api import sdk
from adapters.feishu.cards.values import read as press_of
from adapters.feishu.delivery.outbound import FeishuDelivery
from adapters.feishu.events.connection import LongConnection
from bot.domain.generation import Pictures
from bot.images.provenance import marked
from bot.settings import Settings
from messages import Cost, Step
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.scene import Scene, message, scene, until, words
from tests.adapters.feishu.stage import APP_ID, APP_SECRET, Message, Stage
from tests.adapters.feishu.test_connection import Taken
from tests.adapters.feishu.test_delivering import noise
from tests.emulators.process import Remote
from tests.support.scripted import Scripted, png


@pytest.fixture
async def here(platform: Remote, settings: Settings, provider: Scripted) -> AsyncIterator[Scene]:
    async with scene(platform, settings) as made:
        yield made
        assert (await platform.ask("violations"))["violations"] == []


async def drawn(bot: Start, stage: Stage, chat: str) -> Message:
    await bot()
    await stage.say(chat, "Ann", "画一只猫")
    return await stage.done(chat)


# F3, F5, F6: what a press brings, and what it is answered


@pytest.mark.parametrize("belief", [{}, {"forms_without_value": True}])
@pytest.mark.parametrize("frames", [{}, {"card_frames": True}])
async def test_forms_work_with_and_without_the_value_of_their_button(
    bot: Start,
    stage: Stage,
    alone: str,
    provider: Scripted,
    belief: dict[str, Any],
    frames: dict[str, Any],
) -> None:
    await stage.remote.set(**belief, **frames)
    provider.outcomes.append(Pictures((png("red"), png("blue")), Cost(5, "points")))
    card = await drawn(bot, stage, alone)
    assert (await stage.click(card["message_id"], "Ann", text="②"))["error"] is None
    one = await stage.shown(alone, "第 2 张（共 2 张）")
    how = {"form": {"instruction": "让它暖一点"}, "name": "edit_2"}
    pressed = await stage.click(one["message_id"], "Ann", **how)
    assert pressed["error"] is None
    assert pressed["toast"]["type"] == "success"
    await stage.done(alone, 3)
    (reference,) = provider.submitted[1].references
    assert reference.data == marked(png("blue"))
    how = {"value": {"a": "vary"}}
    assert (await stage.click(one["message_id"], "Ann", **how))["toast"]["type"] == "success"
    await stage.done(alone, 4)


@pytest.mark.parametrize("times", [1, 100])
async def test_a_form_is_about_the_picture_on_its_card_however_early_it_is_sent(
    bot: Start, stage: Stage, alone: str, provider: Scripted, times: int
) -> None:
    """The card is there, and the bot does not know it yet: the answer to sending it was lost."""
    await stage.remote.set(forms_without_value=True)
    provider.outcomes.append(Pictures((png("red"), png("blue")), Cost(5, "points")))
    card = await drawn(bot, stage, alone)
    lost = {"path": "/im/v1/messages", "method": "POST", "after": True, "reset": True}
    await stage.remote.fault({**lost, "times": times})
    assert (await stage.click(card["message_id"], "Ann", text="②"))["error"] is None
    one = await stage.shown(alone, "第 2 张（共 2 张）")
    how = {"form": {"instruction": "让它暖一点"}, "name": "edit_2"}
    pressed = await stage.click(one["message_id"], "Ann", **how)
    assert pressed["error"] is None
    if times == 1:
        assert pressed["toast"]["type"] == "success"
        await stage.done(alone, 3)
        assert provider.submitted[1].references[0].data == marked(png("blue"))
    else:
        assert pressed["seen"] == "那张图还没画好。等图出来再发一次。"
        assert len(provider.submitted) == 1


@pytest.mark.parametrize(
    "action",
    [
        {"name": "edit"},
        {"name": "edit", "form_value": None},
        {"name": "unheard", "form_value": {}},
        {"name": ["edit"], "form_value": {}},
        {"form_value": {}, "value": "edit"},
    ],
)
def test_a_name_counts_only_in_a_form_of_ours(action: dict[str, Any]) -> None:
    assert press_of(action) is None


@pytest.mark.parametrize("fails", [False, True])
async def test_every_press_is_answered_with_data(
    bot: Start, stage: Stage, alone: str, fails: bool
) -> None:
    await stage.remote.set(empty_answers_fail=fails)
    made = await bot()
    await stage.say(alone, "Ann", "画一只猫")
    card = await stage.done(alone)
    job = await made.app.history.latest("feishu", alone)
    assert job
    for how in ({"value": {"a": "more"}, "option": "details"}, {"text": "再来一张"}):
        pressed = await stage.click(card["message_id"], "Ann", **how)
        assert pressed["error"] is None
        assert pressed["toast"]
    await stage.say(alone, "Ann", "帮助")
    panel = await stage.shown(alone, "'a': 'panel'")
    for name in ("settings", "history"):
        value = {"a": "panel", "k": name}
        pressed = await stage.click(panel["message_id"], "Ann", value=value)
        assert pressed["error"] is None
    history = await stage.shown(alone, "'a': 'show'")
    value = {"a": "show", "job": job.id}
    assert (await stage.click(history["message_id"], "Ann", value=value))["error"] is None


# F4: a card is left alone while its press is answered


@pytest.mark.parametrize("belief", ["", "refused", "reverted"])
async def test_a_pressed_card_is_left_alone_until_the_press_is_answered(
    bot: Start, stage: Stage, alone: str, provider: Scripted, belief: str
) -> None:
    await stage.remote.set(pressed=belief)
    card = await drawn(bot, stage, alone)
    more = {"value": {"a": "more"}, "option": "delete"}
    await stage.click(card["message_id"], "Ann", **more)
    asked = await stage.shown(alone, "'k': 'asked'")
    pressed = await stage.click(asked["message_id"], "Ann", value={"a": "delete"})
    assert (pressed["error"], pressed["toast"]["type"]) == (None, "success")

    async def gone() -> bool:
        left = [each["message_id"] for each in await stage.messages(alone)]
        return card["message_id"] not in left

    await stage.until(gone, "the card is gone")
    provider.outcomes.append(asyncio.Event())
    await stage.advance(5)
    await stage.say(alone, "Ann", "画一只狗")
    card = await stage.shown(alone, "'a': 'cancel'", "正在")
    pressed = await stage.click(card["message_id"], "Ann", value={"a": "cancel"})
    assert pressed["card"]  # the answer has the final card in it
    assert "已取消" in str(pressed["answer"]["card"])
    shown = (await stage.messages(alone))[-1]
    assert "已取消" in str(shown["content"])
    await asyncio.sleep(1.5)
    shown = (await stage.messages(alone))[-1]
    assert "已取消" in str(shown["content"])


# F1: recalling is possible for a time only


async def test_what_cannot_be_recalled_any_more_is_emptied(here: Scene) -> None:
    job = await here.done(await here.ask())
    await here.remote.set(limits={"recall_days": 0})
    await here.app.engine.delete(job.id)

    async def emptied() -> bool:
        (card,) = await here.cards()
        return not card["images"] and "已删除" in words(card["content"])

    await until(emptied)
    (card,) = await here.cards()
    assert "猫" not in words(card["content"])


async def test_what_can_neither_be_recalled_nor_emptied_is_said(here: Scene) -> None:
    job = await here.done(await here.ask())
    refused = {"status": 400, "body": {"code": 230031, "msg": "too old"}, "times": 9}
    await here.remote.set(limits={"recall_days": 0})
    await here.remote.fault({"method": "PATCH", **refused})
    await here.app.engine.delete(job.id)

    async def said() -> bool:
        return any("管理员" in words(one["content"]) for one in await here.cards())

    await until(said)
    assert len(await here.cards()) == 2
    await here.delivery.remove(job.address)
    assert len(await here.cards()) == 2  # said once


# F7, F8, F9: replies that are refused, and lost answers


@pytest.mark.parametrize("code", [230019, 230050, 230071, 230072, 230111])
async def test_where_a_message_takes_no_reply_the_answer_is_a_message_of_its_own(
    here: Scene, code: int
) -> None:
    body = {"code": code, "msg": "no"}
    await here.remote.fault({"path": "/reply$", "status": 400, "body": body, "times": 9})
    await here.delivery.show((await here.place()).address(), message(Step.ACKNOWLEDGE), "en")
    (card,) = await here.cards()
    assert card["parent_id"] == ""
    replies = [one for one in await here.calls() if one.endswith("/reply")]
    assert len(replies) == 1


async def test_in_a_topic_the_next_place_is_what_it_began_with(here: Scene) -> None:
    await here.begin("topic")
    root = await here.place("先说点别的", thread=True)
    sent = {"chat": here.chat, "from": "Alice", "text": "<@bot> 猫", "deliver": False}
    asked = await here.remote.ask("send", {**sent, "reply_to": root.asked, "in_thread": True})
    place = FeishuPlace(here.chat, root.user, asked["message_id"], root=root.asked, thread=True)
    await here.remote.ask("act", {"do": "recall", "message": asked["message_id"]})
    await here.delivery.show(place.address(), message(Step.ACKNOWLEDGE), "en")
    (card,) = await here.cards()
    assert card["parent_id"] == root.asked
    assert card["thread_id"] == asked["thread_id"]


async def test_a_message_that_is_being_sent_is_waited_for(here: Scene) -> None:
    body = {"code": 230049, "msg": "The message is being sent."}
    await here.remote.fault({"path": "/reply$", "status": 400, "body": body, "times": 3})
    await here.delivery.show((await here.place()).address(), message(Step.ACKNOWLEDGE), "en")
    (card,) = await here.cards()
    assert card["msg_type"] == "interactive"


@pytest.mark.parametrize("repeated", ["first", "refused"])
@pytest.mark.parametrize("kind", ["group", "topic", "p2p"])
async def test_a_lost_answer_is_found_again(here: Scene, kind: str, repeated: str) -> None:
    await here.begin(kind)
    await here.remote.set(repeated_uuid=repeated)
    await here.remote.fault({"path": "/reply$", "reset": True, "after": True})
    job = await here.done(await here.ask())
    (card,) = await here.cards()
    assert (card["message_id"], len(card["images"])) == (job.address.message, 1)


@pytest.mark.parametrize("repeated", ["first", "refused"])
async def test_a_lost_answer_of_an_earlier_process_is_found_again(
    here: Scene, repeated: str
) -> None:
    address = (await here.place()).address()
    await here.delivery.show(address, message(Step.ACKNOWLEDGE), "en")
    await here.remote.set(repeated_uuid=repeated)
    other = FeishuDelivery(here.app.bot, here.settings)
    await other.show(address, message(Step.FAILURE), "en")
    await other.close()
    (card,) = await here.cards()
    assert card["content"]["header"]["template"] == "red"


async def test_each_form_that_was_refused_has_a_uuid_of_its_own(here: Scene) -> None:
    body = {"code": 230099, "msg": "Failed to create card content"}
    await here.remote.fault({"path": "/reply$", "status": 400, "body": body, "times": 3})
    await here.delivery.show((await here.place()).address(), message(Step.ACKNOWLEDGE), "en")
    sent = [one["body"]["uuid"] for one in await here.remote.requests("/reply")]
    assert len(sent) == len(set(sent)) == 4


# F13: refused as too large although it is not


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 400, "body": {"code": 234006, "msg": "The file size exceed the max value."}},
        {"status": 413, "body": "<html>413 Request Entity Too Large</html>"},
    ],
)
@pytest.mark.parametrize(("times", "shown"), [(1, True), (2, True), (99, False)])
async def test_a_picture_that_is_said_to_be_too_large_is_tried_smaller(
    here: Scene, provider: Scripted, refusal: dict[str, Any], times: int, shown: bool
) -> None:
    await here.remote.fault({"path": "/images$", **refusal, "times": times})
    data = noise(640, 640)
    provider.outcomes.append(Pictures((data,), Cost(5, "points")))
    job = await here.done(await here.ask())
    (card,) = await here.cards()
    uploads = [one["body"] for one in await here.remote.requests("/images")]
    assert uploads == sorted(set(uploads), reverse=True)  # none twice, each smaller
    assert len(uploads) == min(times + 1, 3)
    assert bool(card["images"]) is shown
    text = words(card["content"])
    assert ("比这个会话" in text or "MB" in text) if shown else "没能发到这里" in text
    await here.delivery.show(job.address, await here.app.engine.message(job), "zh-CN")
    again = [one["body"] for one in await here.remote.requests("/images")]
    assert again == uploads


# F14: connections that have gone deaf


async def test_a_connection_is_renewed_and_the_new_one_is_there_first(stage: Stage) -> None:
    taken = Taken()
    domain = stage.remote.url
    connection = LongConnection(APP_ID, APP_SECRET, domain, taken, renewed=0.6, overlap=0.1)
    task = asyncio.create_task(connection.run())
    try:
        [first] = await stage.sockets(1)
        await stage.remote.ask("sockets", {"do": "deafen"})
        await stage.sockets(1, beside=first["id"])
        fewest = 1
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            fewest = min(fewest, len((await stage.remote.ask("sockets"))["open"]))
        assert fewest == 1
        await stage.person("Ann")
        chat = await stage.chat("p2p", "Ann")
        await stage.say(chat, "Ann", "hello")

        async def heard() -> bool:
            return bool(taken.events)

        await stage.until(heard, "the event")
        assert connection.quiet < 20
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_connection_that_cannot_be_renewed_is_kept(stage: Stage) -> None:
    taken = Taken()
    domain = stage.remote.url
    connection = LongConnection(APP_ID, APP_SECRET, domain, taken, renewed=0.3, overlap=0.1)
    task = asyncio.create_task(connection.run())
    try:
        [first] = await stage.sockets(1)
        await stage.remote.set(bootstrap=[{"code": 1000040350, "times": 99}])

        async def tried() -> bool:
            return len(await stage.remote.requests("/callback/ws/endpoint")) >= 4

        await stage.until(tried, "it was tried")
        [kept] = (await stage.remote.ask("sockets"))["open"]
        assert kept["id"] == first["id"]
        await stage.remote.set(bootstrap=[])
        await stage.sockets(1, beside=first["id"])
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


# F2: the greeting


@pytest.mark.parametrize("scope", ["im:chat.members:bot_access", "im:chat:readonly", ""])
async def test_the_greeting_needs_a_scope(bot: Start, stage: Stage, group: str, scope: str) -> None:
    await bot()
    every = ["im:chat.members:bot_access", "im:chat:readonly", "im:chat"]
    await stage.remote.ask("scopes", {"remove": every, "add": [scope] if scope else []})
    done = await stage.do("add_bot", chat=group, by="Ann")
    assert bool(done["event_id"]) is bool(scope)
    if scope:
        await stage.shown(group, "大家好，我会画图")


# Clocks


@pytest.mark.parametrize("wrong", [10 * 3600.0, -10 * 3600.0])
async def test_a_wrong_clock_of_ours_makes_no_message_too_old(
    bot: Start, stage: Stage, alone: str, wrong: float
) -> None:
    stage.clock.ahead = wrong
    made = await bot()
    api = made.app.adapters[0].delivery.api  # type: ignore[attr-defined]
    await api.call("GET", "/open-apis/bot/v3/info")
    assert api.ahead == pytest.approx(-wrong, abs=60)
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    old = await stage.say(alone, "Ann", "画一只狗", age=9 * 3600)
    await stage.acked(old)
    await stage.say(alone, "Ann", "帮助")
    await stage.shown(alone, "'a': 'panel'")
    assert len([one for one in await stage.messages(alone) if one["images"]]) == 1


async def test_a_wrong_clock_is_warned_about_once(
    here: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    await here.remote.set(offset=7200)
    for _ in range(3):
        await here.delivery.api.call("GET", "/open-apis/bot/v3/info")
    said = capsys.readouterr().out
    assert said.count("the clock of this machine is wrong") == 1
    assert "-7200" in said or "-7199" in said or "-7201" in said
    await here.remote.set(offset=0)
    await here.delivery.api.call("GET", "/open-apis/bot/v3/info")
    assert here.delivery.api.ahead == 0


def test_looking_for_private_names_of_the_sdk() -> None:
    """They are where we replace them: a new version may move them."""
    module = sdk.socket()
    assert module._ws_connect_kwargs({})["proxy"] is None
    with sdk.way_to("wss://127.0.0.1/ws/v2"):
        assert module._ws_connect_kwargs({})["proxy"] is None
    assert callable(module.Client._get_conn_url)
