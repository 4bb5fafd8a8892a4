"""Answers that are kept until they have been sent."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.outbox import OUTBOX_SECONDS, Outbox


@pytest.fixture(params=["sqlite", "postgresql"])
async def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Outbox]:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    await asyncio.to_thread(database.migrate)
    yield Outbox(database)
    await database.close()


async def test_an_answer_is_kept_once_until_it_was_sent(outbox: Outbox) -> None:
    await outbox.put("test", "b", "ada", {"card": {"title": "帮助"}}, 1000.0)
    await outbox.put("test", "b", "ada", {"card": {}}, 1001.0)
    await outbox.put("test", "a", "bob", {"card": {}}, 1002.0)
    await outbox.put("other", "b", "ada", {"card": {}}, 1003.0)
    left = await outbox.left("test", 1004.0)
    assert list(left.items()) == [("b", {"card": {"title": "帮助"}}), ("a", {"card": {}})]
    await outbox.drop("test", "b")
    assert list(await outbox.left("test", 1004.0)) == ["a"]
    assert list(await outbox.left("other", 1004.0)) == ["b"]


async def test_nobody_waits_for_an_answer_for_ever(outbox: Outbox) -> None:
    await outbox.put("test", "old", "ada", {}, 1000.0)
    await outbox.put("test", "new", "ada", {}, 1001.0)
    assert list(await outbox.left("test", 1000.0 + OUTBOX_SECONDS)) == ["new"]
    await outbox.forget(1000.5 + OUTBOX_SECONDS)
    assert list(await outbox.left("test", 0.0)) == ["new"]


async def test_a_person_can_be_forgotten(outbox: Outbox) -> None:
    await outbox.put("test", "a", "ada", {}, 1000.0)
    await outbox.put("test", "b", "bob", {}, 1000.0)
    await outbox.erase("test", "ada")
    assert list(await outbox.left("test", 1000.0)) == ["b"]
