"""Replies that are sent once, whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import stamina

from bot.chat import replies
from bot.chat.replies import Replies
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.outbox import OUTBOX_SECONDS, OutboxStore
from bot.storage.ownership import Ownership

ATTEMPTS = 3


class Platform:
    """Takes replies; the first ``broken`` calls fail, and ``held`` holds up all of them."""

    def __init__(self, outbox: OutboxStore) -> None:
        self.outbox = outbox
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.calls = self.broken = 0
        self.may = asyncio.Event()
        self.may.set()
        self.now = 1000.0

    async def send(self, key: str, content: Mapping[str, Any]) -> None:
        self.calls += 1
        await self.may.wait()
        if self.calls <= self.broken:
            raise OSError("reset")
        self.sent.append((key, content))

    def replies(self) -> Replies:
        return Replies(self.outbox, "test", self.send, seconds=60.0, clock=lambda: self.now)

    async def left(self) -> list[str]:
        return list(await self.outbox.take("test", self.now, (), OUTBOX_SECONDS))


@pytest.fixture
async def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Platform]:
    monkeypatch.setattr(replies, "RESUME_SECONDS", 0.02)
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    await asyncio.to_thread(database.migrate)
    ownership = Ownership(database, "local", set)
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield Platform(OutboxStore(database, JobStore(database), ownership))
    await database.close()


async def resumed(made: Replies, platform: Platform, count: int) -> None:
    """Look for what is left until so many have been sent."""
    looking = asyncio.create_task(made.resume())
    async with asyncio.timeout(60):
        while len(platform.sent) < count:
            await asyncio.sleep(0.01)
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


async def test_a_reply_is_sent_once_however_often_it_is_given(platform: Platform) -> None:
    made = platform.replies()
    platform.may.clear()
    for _ in range(2):
        await made.reply("a", "ada", {"text": "hi"})
    platform.may.set()
    await made.settled("a")
    await made.reply("a", "ada", {"text": "hi"})
    await made.settled("a")
    assert platform.sent == [("a", {"text": "hi"})]
    assert await platform.left() == []


async def test_what_was_not_sent_is_sent_by_the_next_program(platform: Platform) -> None:
    before = platform.replies()
    platform.may.clear()
    await before.reply("a", "ada", {"text": "hi"})
    await asyncio.sleep(0.02)
    await before.close()
    platform.may.set()
    after = platform.replies()
    await resumed(after, platform, 1)
    await after.settled("a")
    assert platform.sent == [("a", {"text": "hi"})]
    assert await platform.left() == []


async def test_what_an_earlier_program_had_sent_is_not_sent_again(platform: Platform) -> None:
    """It died between the two notes, which one of before made one after the other."""
    await platform.outbox.put("test", "a", "ada", {}, 1000.0)
    await platform.outbox._history.remember("test", "a", 1000.0)
    await platform.outbox.put("test", "b", "ada", {}, 1000.0)
    after = platform.replies()
    await resumed(after, platform, 1)
    await after.settled("a")
    assert platform.sent == [("b", {})]
    assert await platform.left() == []


async def test_a_broken_connection_is_tried_again_now_and_later(platform: Platform) -> None:
    made = platform.replies()
    platform.broken = 2
    await made.reply("a", "ada", {})
    await made.settled("a")
    assert [key for key, _ in platform.sent] == ["a"]
    platform.calls, platform.broken = 0, 4
    await made.reply("b", "ada", {})
    await made.settled("b")
    assert platform.calls == ATTEMPTS
    await resumed(made, platform, 2)
    assert [key for key, _ in platform.sent] == ["a", "b"]
    await made.close()


async def test_what_nobody_waits_for_any_more_is_not_sent(platform: Platform) -> None:
    for key, at in (("old", 900.0), ("new", 990.0)):
        await platform.outbox.put("test", key, "ada", {}, at)
    made = platform.replies()
    await resumed(made, platform, 1)
    await made.close()
    assert [key for key, _ in platform.sent] == ["new"]


async def test_what_is_too_much_at_once_stays_stored(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "MOST_AT_ONCE", 1)
    made = platform.replies()
    platform.may.clear()
    for key in "ab":
        await made.reply(key, "ada", {})
    assert list(made._tasks) == ["a"]
    platform.may.set()
    await resumed(made, platform, 2)
    await made.close()
    assert sorted(key for key, _ in platform.sent) == ["a", "b"]


async def test_looking_goes_on_after_an_outage(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, calls = platform.outbox.take, []

    async def away(*arguments: Any) -> dict[str, Mapping[str, Any]]:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("away")
        return await take(*arguments)

    monkeypatch.setattr(platform.outbox, "take", away)
    await platform.outbox.put("test", "a", "ada", {}, 1000.0)
    made = platform.replies()
    await resumed(made, platform, 1)
    await made.close()
