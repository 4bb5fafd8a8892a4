"""The events that a process deals with."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.chat import inbox as chat_inbox
from bot.chat.inbox import InboxEntry, PlatformInbox
from bot.ports import Event
from bot.storage.database import Database
from bot.storage.inbox import KEPT_SECONDS, InboxStore
from bot.storage.ownership import Ownership

MESSAGE = {"id": "1", "content": "猫"}


class Clock:
    now = 1.0

    def __call__(self) -> float:
        return self.now


class Box(PlatformInbox):
    """The inbox of a program that was started now."""

    def __init__(self, database: Database, clock: Clock, executor: str = "local") -> None:
        self.store = InboxStore(database, Ownership(database, executor, set))
        self.clock = clock
        super().__init__(self.store, "test", clock)

    def come(self, id: str, at: float = 1.0) -> None:
        self.clock.now = at
        self.put(id, "MESSAGE_CREATE", "ada", MESSAGE | {"id": id})

    async def ids(self) -> list[str]:
        return [event.id for event in await self.left()]

    async def stored(self) -> list[str]:
        """What the next program would find."""
        return await Box(self.store._database, self.clock).ids()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    await asyncio.to_thread(database.migrate)
    yield database
    await database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(database: Database, clock: Clock) -> Box:
    return Box(database, clock)


async def test_what_was_not_dealt_with_is_left_to_the_next_program(
    box: Box, database: Database, clock: Clock
) -> None:
    for id in ("3", "1", "2"):
        box.come(id, float(id))
    async with box.handling(3):
        assert box.entry("3") == InboxEntry(3.0, again=False)
    assert box.entry("3") is None
    assert await box.ids() == []  # 1 and 2 are still being handled

    clock.now = 10.0
    after = Box(database, clock)
    text = '{"id": "%s", "content": "\\u732b"}'
    assert await after.left() == [
        Event("1", "MESSAGE_CREATE", "ada", text % "1", 1.0),
        Event("2", "MESSAGE_CREATE", "ada", text % "2", 2.0),
    ]
    assert after.entry(1) == InboxEntry(1.0, again=True)
    assert await after.ids() == []
    after.come("1", 11.0)
    assert after.entry(1) == InboxEntry(1.0, again=True)
    for id in (1, 2):
        async with after.handling(id):
            pass
    assert await box.stored() == []


async def test_a_handler_that_breaks_is_done_and_one_that_is_cancelled_is_not(box: Box) -> None:
    for error in (ValueError, asyncio.CancelledError):
        box.come("1")
        with pytest.raises(error):
            async with box.handling(1):
                raise error
        assert await box.ids() == ([] if error is ValueError else ["1"])
        box.leave("1")


async def test_it_is_stored_while_it_is_handled_and_nothing_waits_for_that(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the end is there before the beginning is stored."""
    may, put = asyncio.Event(), box.store.put

    async def slow(platform: str, event: Event) -> None:
        await may.wait()
        await put(platform, event)

    monkeypatch.setattr(box.store, "put", slow)
    box.come("1")
    handled = asyncio.Event()

    async def handle() -> None:
        async with box.handling("1"):
            handled.set()

    handling = asyncio.create_task(handle())
    async with asyncio.timeout(60):
        await handled.wait()
    await asyncio.sleep(0.01)
    assert not handling.done()
    may.set()
    await handling
    assert await box.stored() == []


async def test_it_is_stored_as_it_came(box: Box, database: Database, clock: Clock) -> None:
    data: dict[str, Any] = {"id": "1", "content": "a cat"}
    box.put("1", "MESSAGE_CREATE", "ada", data)
    data.clear()
    box.leave("1")
    [event] = await box.left()
    assert event.data == '{"id": "1", "content": "a cat"}'


async def test_what_is_old_goes(box: Box, database: Database, clock: Clock) -> None:
    box.come("1", 1000.0)
    box.leave("1")
    await asyncio.wait(box._writing)
    clock.now = 1000.0 + KEPT_SECONDS + 1
    assert await Box(database, clock).ids() == []
    clock.now = 1000.0
    assert await Box(database, clock).ids() == []


async def test_it_does_not_grow(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_inbox, "MOST", 2)
    for id in "123":
        box.come(id)
    async with box.handling("3"):
        assert box.entry("3") is None
    await asyncio.wait(box._writing)
    assert await box.stored() == ["1", "2"]


async def test_without_a_database_everything_is_handled_all_the_same(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise OSError("away")

    with monkeypatch.context() as outage:
        outage.setattr(box.store, "put", away)
        outage.setattr(box.store, "drop", away)
        box.come("1")
        async with box.handling(1):
            pass
    box.come("2")
    monkeypatch.setattr(box.store, "drop", away)
    async with box.handling(2):
        pass
    assert await box.ids() == []  # it was dealt with, and is still there
    monkeypatch.undo()
    assert await box.ids() == []
    assert await box.stored() == []


class Slow:
    """A database that answers when it is told to."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.answers = asyncio.Event()
        self.kept: list[str] = []
        self.noted: list[str] | None = None

    def note(self, platform: str, event: Event) -> bool:
        if self.noted is not None:
            self.noted.append(event.id)
        return self.noted is not None

    def strike(self, platform: str, id: str) -> None:
        if self.noted is not None:
            self.noted.remove(id)

    async def put(self, platform: str, event: Event) -> None:
        await self.answers.wait()
        self.kept.append(event.id)

    async def drop(self, platform: str, id: str) -> None:
        self.kept.remove(id)


async def test_an_event_is_stored_before_it_is_handled() -> None:
    slow = Slow(20.0)
    inbox = PlatformInbox(slow, "test", lambda: 1.0)  # type: ignore[arg-type]
    inbox.put("1", "MESSAGE_CREATE", "ada", MESSAGE)
    asyncio.get_running_loop().call_later(0.02, slow.answers.set)
    async with inbox.handling("1"):
        assert slow.kept == ["1"]
    assert slow.kept == []


async def test_an_event_that_is_noted_is_handled_before_it_is_stored() -> None:
    slow = Slow(600.0)
    slow.noted = []
    inbox = PlatformInbox(slow, "test", lambda: 1.0)  # type: ignore[arg-type]
    inbox.put("1", "MESSAGE_CREATE", "ada", MESSAGE)
    async with asyncio.timeout(60), inbox.handling("1"):
        assert slow.noted == ["1"]
        assert slow.kept == []
        slow.answers.set()
    assert slow.noted == slow.kept == []


async def test_what_was_noted_and_not_stored_is_left_to_the_next_program(
    box: Box, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the program had been killed in that moment."""

    async def never(platform: str, event: Event) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(box.store, "put", never)
        box.come("1", 1.0)
        box.come("2", 2.0)
        await asyncio.sleep(0)
    box.come("3", 3.0)
    async with box.handling(3):  # it is stored, and so struck
        pass
    for writing in box._writing:
        writing.cancel()

    after = Box(database, clock, "another")
    assert await after.store.noting() == {"local"}
    assert await after.store.recover("local") == 2
    assert await box.stored() == ["1", "2"]
    assert await after.store.noting() == set()
    assert await after.store.recover("local") == 0


async def test_a_file_that_has_just_been_made_is_left_alone(box: Box, database: Database) -> None:
    """Its process lives, and is about to write down whose it is."""
    file = database.file
    assert file is not None
    made = file.with_name(f"{file.name}-inbox-1")
    made.touch()
    assert await box.store.noting() == set()
    assert await box.store.recover(made.name) == 0
    assert made.exists()


async def test_a_database_that_is_away_keeps_nobody_waiting() -> None:
    slow = Slow(0.01)
    inbox = PlatformInbox(slow, "test", lambda: 1.0)  # type: ignore[arg-type]
    inbox.put("1", "MESSAGE_CREATE", "ada", MESSAGE)
    async with inbox.handling("1"):
        assert slow.kept == []
        slow.answers.set()
    assert slow.kept == []


async def test_what_breaks_while_the_database_is_away_is_handled_again(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_inbox, "AWAY_SECONDS", 0.05)
    away = sa.exc.OperationalError("", {}, Exception("connection refused"))
    box.come("1")
    async with box.handling(1):
        raise away
    async with asyncio.timeout(60):
        await box.until_left(600.0)
    [event] = await box.left()
    assert event.id == "1"
    assert box.entry("1") == InboxEntry(1.0, again=True)
    with pytest.raises(OSError, match="the platform"):
        async with box.handling(1):
            raise ConnectionResetError("the platform")
    assert await box.stored() == []


async def test_an_event_is_stored_once_the_database_is_back(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, tries = box.store.put, 0

    async def twice_away(platform: str, event: Event) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise sa.exc.OperationalError("", {}, Exception("connection refused"))
        await put(platform, event)

    monkeypatch.setattr(box.store, "put", twice_away)
    box.come("1")
    box.leave("1")
    assert await box.ids() == ["1"]
    assert tries == 3
