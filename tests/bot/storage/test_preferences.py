"""What people like, and who is answered alone."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from bot.storage.database import Database
from bot.storage.preferences import REMEMBERED_SECONDS, Preferences


async def test_who_is_answered_alone_is_known_after_each_change(database: Database) -> None:
    preferences = Preferences(database)

    async def alone() -> list[str]:
        return [who for who in ("ada", "bob") if await preferences.is_private("test", who)]

    assert await alone() == []
    await preferences.change("test", "ada", private=True)
    assert await alone() == ["ada"]
    assert not await preferences.is_private("other", "ada")
    await preferences.change("test", "bob", private=True, size="2K")
    await preferences.change("test", "ada", language="zh")
    assert await alone() == ["ada", "bob"]
    await preferences.change("test", "ada", private=False)
    await preferences.forget("test", "bob")
    assert await alone() == ["bob"]
    await preferences.erase("test", "bob")
    assert await alone() == []


async def test_a_change_is_known_that_happens_while_it_is_looked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_sqlite:
        pytest.skip("nothing is remembered of PostgreSQL")
    preferences, read = Preferences(database), database.read
    looked, may = asyncio.Event(), asyncio.Event()

    async def slow(query: Any, **values: Any) -> list[sa.RowMapping]:
        found = await read(query, **values)
        looked.set()
        await may.wait()
        return found

    monkeypatch.setattr(database, "read", slow)
    looking = asyncio.create_task(preferences.is_private("test", "ada"))
    await looked.wait()
    changing = asyncio.create_task(preferences.change("test", "ada", private=True))
    await asyncio.sleep(0.05)
    may.set()
    await changing
    await looking
    assert await preferences.is_private("test", "ada")


async def test_where_a_change_breaks_it_is_looked_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been made all the same."""
    preferences, write = Preferences(database), database.write
    assert not await preferences.is_private("test", "ada")

    async def breaks(*changes: sa.Executable, **values: Any) -> int:
        await write(*changes, **values)
        raise sa.exc.OperationalError("", None, Exception("away"))

    monkeypatch.setattr(database, "write", breaks)
    with pytest.raises(sa.exc.OperationalError):
        await preferences.change("test", "ada", private=True)
    assert await preferences.is_private("test", "ada")


async def test_what_another_process_changes_is_known_soon(database: Database) -> None:
    now = 0.0
    here, there = Preferences(database, lambda: now), Preferences(database)
    assert not await here.is_private("test", "ada")
    await there.change("test", "ada", private=True)
    now += REMEMBERED_SECONDS
    assert await here.is_private("test", "ada")
    await there.change("test", "ada", private=False)
    now += REMEMBERED_SECONDS
    assert not await here.is_private("test", "ada")
