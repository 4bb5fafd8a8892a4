"""Whose rows are whose: waiting for those that are left."""

import asyncio
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.ownership import Ownership


async def test_who_waits_is_woken_or_waits_no_longer_than_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    ownership = Ownership(database, "a", lambda: ())
    await ownership.until_left(0.0)
    waiting = asyncio.create_task(ownership.until_left(3600.0))
    await asyncio.sleep(0)
    ownership.announce()
    async with asyncio.timeout(60):
        await waiting
    await database.close()


async def test_who_is_stopped_in_the_moment_of_waking_is_stopped(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    ownership = Ownership(database, "a", lambda: ())
    for pauses in range(5):
        waiting = asyncio.create_task(ownership.until_left(3600.0))
        for _ in range(pauses):
            await asyncio.sleep(0)
        ownership.announce()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await database.close()
