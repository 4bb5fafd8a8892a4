"""Answers that are kept until they have been sent."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.storage.database import MIGRATIONS, Database
from bot.storage.jobs import JobStore
from bot.storage.outbox import OUTBOX_SECONDS, OutboxStore
from bot.storage.ownership import Ownership


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
async def database(empty: Database) -> Database:
    await asyncio.to_thread(empty.migrate)
    return empty


def outbox_of(database: Database, executor: str) -> OutboxStore:
    return OutboxStore(
        database, JobStore(database), Ownership(database, executor, lambda: {"gone"})
    )


@pytest.fixture
def outbox(database: Database) -> OutboxStore:
    return outbox_of(database, "local")


async def left(outbox: OutboxStore, platform: str, now: float) -> list[str]:
    return list(await outbox.take(platform, now, (), OUTBOX_SECONDS))


async def test_an_answer_is_kept_once_until_it_was_sent(outbox: OutboxStore) -> None:
    assert await outbox.put("test", "b", "ada", {"card": {"title": "帮助"}}, 1000.0)
    assert await outbox.put("test", "b", "ada", {"card": {}}, 1001.0)
    assert await outbox.put("test", "a", "bob", {"card": {}}, 1002.0)
    assert await outbox.put("other", "b", "ada", {"card": {}}, 1003.0)
    found = await outbox.take("test", 1004.0, (), OUTBOX_SECONDS)
    assert list(found.items()) == [("b", {"card": {"title": "帮助"}}), ("a", {"card": {}})]
    assert await outbox.take("test", 1004.0, ["b", "a"], OUTBOX_SECONDS) == {}
    assert not await outbox.was_sent("test", "b")
    await outbox.sent("test", "b", 1005.0)
    assert await left(outbox, "test", 1004.0) == ["a"]
    assert await left(outbox, "other", 1004.0) == ["b"]


async def test_what_was_sent_is_not_kept_again(outbox: OutboxStore) -> None:
    await outbox.put("test", "a", "ada", {}, 1000.0)
    await outbox.sent("test", "a", 1001.0)
    assert await outbox.was_sent("test", "a")
    assert not await outbox.put("test", "a", "ada", {}, 1002.0)
    assert await left(outbox, "test", 1003.0) == []


async def test_nobody_waits_for_an_answer_for_ever(outbox: OutboxStore) -> None:
    await outbox.put("test", "old", "ada", {}, 1000.0)
    await outbox.put("test", "new", "ada", {}, 1001.0)
    assert list(await outbox.take("test", 1060.0, (), 60.0)) == ["new"]
    assert await left(outbox, "test", 1000.0 + OUTBOX_SECONDS) == ["new"]
    await outbox.forget(1000.5 + OUTBOX_SECONDS)
    assert await left(outbox, "test", 0.0) == ["new"]


async def test_a_person_can_be_forgotten(outbox: OutboxStore) -> None:
    await outbox.put("test", "a", "ada", {}, 1000.0)
    await outbox.put("test", "b", "bob", {}, 1000.0)
    await outbox.erase("test", "ada")
    assert await left(outbox, "test", 1000.0) == ["b"]


async def test_one_of_several_sends_what_one_that_is_gone_has_left(database: Database) -> None:
    await outbox_of(database, "gone").put("test", "a", "ada", {}, 1000.0)
    peers = [outbox_of(database, name) for name in ("peer 1", "peer 2", "peer 3")]
    found = await asyncio.gather(*(left(peer, "test", 1000.0) for peer in peers))
    assert sorted(found) == [[], [], ["a"]]


def _before_there_were_owners(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        row = "('feishu', 'answer:1', 'ada', '{\"card\": {}}', 1000.0)"
        connection.execute(sa.text(f"INSERT INTO outbox VALUES {row}"))


async def test_answers_of_the_version_before_are_sent(empty: Database) -> None:
    await asyncio.to_thread(_before_there_were_owners, empty)
    await asyncio.to_thread(empty.migrate)
    ownership = Ownership(empty, "local", set)
    outbox = OutboxStore(empty, JobStore(empty), ownership)
    found = await outbox.take("feishu", 1000.0, (), OUTBOX_SECONDS)
    assert found == {"answer:1": {"card": {}}}
    assert await left(outbox, "feishu", 1001.0) == ["answer:1"]  # it is this one's now
