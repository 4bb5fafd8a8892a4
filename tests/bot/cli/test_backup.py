"""What `banana-bot backup` says is to be done with the copy."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from bot.cli import backup
from bot.ports import Event
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.inbox import InboxStore
from bot.storage.ownership import Ownership

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / name for name in ("operation.md", "operation.zh-CN.md")]


async def test_every_file_that_would_change_a_restored_copy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings = Settings()
    database = Database(settings.database)
    database.migrate()
    inbox = InboxStore(database, Ownership(database, "one", set))
    await inbox.put("test", Event("1", "MESSAGE_CREATE", "ada", "{}", time.time()))
    assert inbox.note("test", Event("2", "MESSAGE_CREATE", "ada", "{}", time.time()))
    name = Path(settings.database).name
    beside = {
        re.sub(r"-[0-9a-f]{16}$", "", path.name.removeprefix(name))
        for path in tmp_path.glob(f"{name}-*")
    }
    assert beside == {"-wal", "-shm", "-inbox"}
    advice = (await asyncio.to_thread(backup.carry_out, settings, tmp_path / "copy"))[-1]
    inbox.close()
    await database.close()
    assert [suffix for suffix in beside if suffix not in advice] == []
    for page in PAGES:
        assert [suffix for suffix in beside if f"`{suffix}`" not in page.read_text("utf-8")] == []
