"""What the tests share is really shared, and where it cannot be it is left alone."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import Database
from tests.support import speedups


async def test_a_statement_is_compiled_once_for_all_databases(tmp_path: Path) -> None:
    compiled = []
    for name in ("one", "other"):
        database = Database(f"sqlite:///{tmp_path / name}")
        with database.engine.connect() as connection:
            found = connection.execute(sa.select(sa.literal("only this test asks for it")))
            compiled.append(found.context.compiled)
        await database.close()
    assert compiled[0] is compiled[1]


def test_files_are_in_memory_where_there_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
    monkeypatch.setattr(speedups, "ENOUGH_BYTES", shutil.disk_usage(tmp_path).total + 1)
    assert not speedups.use_memory_for_files(tmp_path)
    monkeypatch.setattr(speedups, "ENOUGH_BYTES", 0)
    assert speedups.use_memory_for_files(tmp_path)
    assert not speedups.use_memory_for_files(tmp_path / "none")
