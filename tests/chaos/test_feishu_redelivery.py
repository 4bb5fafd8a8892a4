"""Each event is pushed five times over more than six hours, the program killed in between.

Acknowledgements are lost on their way, so that Feishu pushes again after 15 s, 5 min, 1 h and 6 h:
https://open.feishu.cn/document/server-docs/event-subscription-guide/overview. A callback of a card
is never pushed again by Feishu; here it is all the same, as a proxy might repeat it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.feishu.events.dispatcher import ACCEPT_SECONDS
from tests.adapters.feishu.conftest import FAST, UNLIMITED
from tests.adapters.feishu.stage import Clock, Stage
from tests.chaos.storm import Power
from tests.emulators.process import Remote, Shared
from tests.support.feishu_program import on_feishu

PAUSES = (15.0, 300.0, 3600.0, 21600.0)
KILLED_BEFORE = (1, 3, 4)
"""The program is killed and started again before these repetitions."""


@pytest.fixture(scope="session")
def remote(emulator_of: Shared) -> Remote:
    return emulator_of("feishu")


@pytest.fixture
async def stage(remote: Remote) -> AsyncIterator[Stage]:
    await remote.forget()
    await remote.set(client_config=FAST, limits=UNLIMITED, lose_acks=True)
    stage = Stage(remote, Clock())
    yield stage
    assert await stage.violations() == []


@pytest.fixture
async def power(remote: Remote, stage: Stage, tmp_path: Path) -> AsyncIterator[Power]:
    power = on_feishu(remote, tmp_path, patient=True, DEMO_SECONDS="0")
    await power.on()
    yield power
    await asyncio.to_thread(power.program.stop)


async def tries(stage: Stage, event_id: str, count: int) -> None:
    """Wait until an event was pushed so often, and answered each time."""

    async def look() -> bool:
        found = await stage.event(event_id)
        return len(found["tries"]) >= count and not found["busy"]

    await stage.until(look, f"push number {count}")


async def over_six_hours(stage: Stage, power: Power, event_ids: list[str]) -> None:
    """Let time pass until each event was pushed five times."""
    for number, pause in enumerate(PAUSES, start=1):
        for event_id in event_ids:
            await tries(stage, event_id, number)
        if number in KILLED_BEFORE:
            await power.cut()
        await stage.advance(pause + 1)
    for event_id in event_ids:
        await tries(stage, event_id, len(PAUSES) + 1)
        found = await stage.event(event_id)
        assert len(found["tries"]) == len(PAUSES) + 1
        assert all(map(is_delivered, found["tries"])), found["tries"]
        assert found["given_up"]


def is_delivered(attempt: dict[str, Any]) -> bool:
    """Whether the bot has got an event. On a busy machine it may say that it needs longer, with
    code 500, and goes on."""
    if attempt["outcome"] != "answered":
        return bool(attempt["outcome"] == "acknowledgement lost")
    return bool(attempt["answer"]["code"] == 200 or attempt["took"] >= ACCEPT_SECONDS)


async def settled(stage: Stage, chat: str, look: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What the bot has written there, once nothing has changed for a second."""
    await stage.until(look, "the answer")
    before: list[Any] = []
    while before != (now := await stage.messages(chat)):
        before = now
        await asyncio.sleep(1)
    return now


async def test_a_message_is_one_picture_on_one_card(stage: Stage, power: Power) -> None:
    alice, bob = await stage.person("Alice"), await stage.person("Bob", "en_us")
    chats = [await stage.chat("group", alice), await stage.chat("p2p", bob)]
    sent = [
        await stage.say(chats[0], alice, "<@bot> 画一座灯塔"),
        await stage.say(chats[1], bob, "a lighthouse at dusk"),
    ]
    await over_six_hours(stage, power, [one["event_id"] for one in sent])
    for chat, one in zip(chats, sent, strict=True):
        [card] = await settled(stage, chat, lambda chat=chat: stage.done(chat))  # type: ignore[misc]
        assert card["parent_id"] == one["message_id"]
        assert len(card["images"]) == 1
    assert list(power.tickets().values()) == [1, 1]
    assert len(power.program.logged("accepted")) == 2


async def test_an_entry_of_the_menu_is_one_picture_and_one_answer(
    stage: Stage, power: Power
) -> None:
    alice = await stage.person("Alice")
    chat = await stage.chat("p2p", alice)
    first = await stage.say(chat, alice, "画一座灯塔")
    await stage.done(chat)
    again = await stage.do("menu", by=alice, key="again")
    await stage.done(chat, count=2)
    helped = await stage.do("menu", by=alice, key="help")
    await stage.shown(chat, "帮助")
    ids = [first["event_id"], again["event_id"], helped["event_id"]]
    await over_six_hours(stage, power, ids)
    written = await settled(stage, chat, lambda: stage.done(chat, count=2))
    assert [bool(one["images"]) for one in written] == [True, True, False]
    assert list(power.tickets().values()) == [1, 1]


async def test_a_click_is_one_picture_however_often_it_arrives(
    stage: Stage, power: Power, remote: Remote
) -> None:
    await remote.set(lose_acks=False)
    alice = await stage.person("Alice")
    chat = await stage.chat("group", alice)
    await stage.say(chat, alice, "<@bot> 画一座灯塔")
    card = await stage.done(chat)
    clicked = await stage.click(card["message_id"], alice, value={"a": "again"})
    assert clicked["error"] is None
    for number, pause in enumerate(PAUSES, start=1):
        if number in KILLED_BEFORE:
            await power.cut()
        await stage.advance(pause + 1)
        again = await remote.ask("deliver_again", {"event_id": clicked["event_id"]})
        assert is_delivered(again), again
    written = await settled(stage, chat, lambda: stage.done(chat, count=2))
    assert [bool(one["images"]) for one in written] == [True, True]
    assert list(power.tickets().values()) == [1, 1]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"delay": 60}, id="before it is sent"),
        pytest.param({"reset": True, "after": True, "times": 9}, id="when it is there already"),
    ],
)
async def test_an_answer_in_words_survives_a_crash(
    stage: Stage, power: Power, remote: Remote, fault: dict[str, Any]
) -> None:
    await remote.set(lose_acks=False)
    alice = await stage.person("Alice")
    chat = await stage.chat("p2p", alice)
    await remote.fault({"path": "/reply$", **fault})
    await stage.acked(await stage.say(chat, alice, "帮助"))  # Feishu does not push it again
    if "reset" in fault:
        await stage.shown(chat, "帮助")
    await power.cut()
    written = await settled(stage, chat, lambda: stage.shown(chat, "帮助"))
    assert len(written) == 1
