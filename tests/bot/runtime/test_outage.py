"""What is an outage, and for how long it is waited for."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import stamina

from bot.runtime import outage, retries
from bot.storage.database import Database

POSTGRES = [
    (psycopg.OperationalError("connection is bad"), True),
    (psycopg.OperationalError("failed to resolve host"), True),
    (psycopg.errors.AdminShutdown(), True),
    (psycopg.errors.DiskFull(), True),
    (psycopg.errors.ReadOnlySqlTransaction(), True),
    (psycopg.errors.LockNotAvailable(), True),
    (psycopg.InterfaceError("the connection is closed"), True),
    (psycopg.errors.UndefinedColumn(), False),
    (psycopg.errors.UniqueViolation(), False),
    (psycopg.errors.StringDataRightTruncation(), False),
]


@pytest.mark.parametrize(("error", "away"), POSTGRES, ids=lambda value: type(value).__name__)
def test_what_postgresql_says(error: Exception, away: bool) -> None:
    wrapped = sa.exc.DBAPIError.instance("SELECT 1", {}, error, psycopg.Error)
    assert outage.is_outage(wrapped) is away


def locked(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    write(path, "INSERT INTO a VALUES (1)")


def full(path: Path) -> None:
    write(path, "PRAGMA max_page_count=3", "INSERT INTO a VALUES (zeroblob(100000))")


def read_only(path: Path) -> None:
    write(path, "PRAGMA query_only=1", "INSERT INTO a VALUES (1)")


def gone(path: Path) -> None:
    write(path / "folder", "SELECT 1")


def unknown(path: Path) -> None:
    write(path, "SELECT nothing FROM a")


def twice(path: Path) -> None:
    write(path, "INSERT INTO a VALUES (7)", "INSERT INTO a VALUES (7)")


def write(path: Path, *statements: str) -> None:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    ("trouble", "away"),
    [
        (locked, True),
        (full, True),
        (read_only, True),
        (gone, True),
        (unknown, False),
        (twice, False),
    ],
)
def test_what_sqlite_says(tmp_path: Path, trouble: Callable[[Path], None], away: bool) -> None:
    path = tmp_path / "db"
    write(path, "CREATE TABLE a (b UNIQUE)")
    with pytest.raises(sa.exc.DBAPIError) as raised:
        trouble(path)
    assert outage.is_outage(raised.value) is away


def test_a_store_that_is_away_is_an_outage_and_a_fault_is_not() -> None:
    assert outage.is_outage(OSError(28, "No space left on device"))
    assert outage.is_outage(TimeoutError())
    assert not outage.is_outage(KeyError("a"))


@pytest.mark.parametrize(("error", "seconds"), [(OSError(), 100), (KeyError(), 10)])
async def test_an_outage_is_waited_for_longer_than_a_fault(
    error: Exception, seconds: float
) -> None:
    passed: list[float] = []

    async def fail() -> None:
        passed.append(1)
        raise error

    passing = outage.passing(10, outage=100, monotonic=lambda: len(passed))
    with stamina.set_testing(True, attempts=1000, cap=True), pytest.raises(type(error)):
        await retries.OUTAGE(passing, fail)
    assert len(passed) == seconds


async def test_what_is_written_is_in_no_error_message(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'db'}")
    with pytest.raises(sa.exc.OperationalError) as raised:
        await database.write(sa.text("INSERT INTO nowhere VALUES (:said)"), said="a secret prompt")
    assert "a secret prompt" not in str(raised.value)
    await database.close()
