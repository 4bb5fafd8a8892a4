"""SQLite of whichever version: what DBOS writes into its tables must work with it."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage import sqlite
from bot.storage.database import Database

SINCE_PYTHON_3_12 = "(unixepoch('subsec') * 1000)"
"""The default of DBOS's times, from Python 3.12 on."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """One that is taught, also where SQLite knows ``'subsec'`` itself."""
    connection = sqlite3.connect(":memory:")
    sqlite.teach_subsec(connection)
    yield connection
    connection.close()


def test_dbos_may_take_the_time_in_milliseconds(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    before = int(time.time() * 1000)
    with database.engine.begin() as connection:
        connection.execute(
            sa.text(f"CREATE TABLE t (a TEXT, at INTEGER NOT NULL DEFAULT {SINCE_PYTHON_3_12})")
        )
        connection.execute(sa.text("INSERT INTO t (a) VALUES ('x')"))
        connection.execute(sa.text(f"UPDATE t SET a = {SINCE_PYTHON_3_12}"))
        now = sa.cast(sa.func.unixepoch("subsec") * 1000, sa.BigInteger)
        found = [*connection.execute(sa.text("SELECT at, a FROM t")).one()]
        found.append(connection.execute(sa.select(now)).scalar_one())
    assert all(before <= float(value) <= before + 60_000 for value in found), found
    database.engine.dispose()


def test_the_taught_function_keeps_milliseconds(connection: sqlite3.Connection) -> None:
    found = {
        round(connection.execute(f"SELECT {SINCE_PYTHON_3_12}").fetchone()[0]) % 1000
        for _ in range(50)
        if time.sleep(0.001) is None
    }
    assert len(found) > 1


def test_the_other_forms_of_the_function_are_as_they_were(connection: sqlite3.Connection) -> None:
    query = "SELECT unixepoch('2020-01-01', '+1 day'), unixepoch()"
    [day, now] = connection.execute(query).fetchone()
    assert day == 1577923200
    assert abs(now - time.time()) < 60
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT unixepoch('2020-01-01')")


def test_a_table_made_before_is_still_written_to_after_it_was_altered(
    connection: sqlite3.Connection,
) -> None:
    connection.execute(f"CREATE TABLE t (at INTEGER NOT NULL DEFAULT {SINCE_PYTHON_3_12})")
    connection.execute("ALTER TABLE t ADD COLUMN b TEXT")
    connection.execute("ALTER TABLE t RENAME COLUMN b TO c")
    connection.execute("INSERT INTO t (c) VALUES ('x')")
    assert connection.execute("SELECT at FROM t").fetchone()[0] > 0
