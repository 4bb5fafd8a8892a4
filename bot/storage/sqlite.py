"""How connections to an SQLite file are set up, the same for all versions of SQLite since 3.24."""

import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

BUSY_SECONDS = 30
"""How long a writer waits for another one before SQLite gives up."""

_KNOWS_SUBSEC = (3, 42)
"""The first version whose ``unixepoch`` has a modifier for fractions of a second."""


def set_up(engine: sa.Engine) -> None:
    """Have every connection of ``engine`` wait for others, check keys and know ``'subsec'``."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        try:
            _begin(connection)
        except sqlite3.Error:
            connection.close()  # nobody else knows of it yet
            raise


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.isolation_level = "IMMEDIATE"
    if sqlite3.sqlite_version_info < _KNOWS_SUBSEC:
        teach_subsec(connection)


def begin_as_writer(engine: sa.Engine) -> None:
    """Have transactions of ``engine`` begin as a writer's, so that none has to become one."""

    def begin(connection: Any) -> None:
        connection.execute("BEGIN IMMEDIATE")

    engine.dialect.do_begin = begin  # type: ignore[assignment, method-assign]


def teach_subsec(connection: sqlite3.Connection) -> None:
    """Have ``unixepoch('subsec')`` give the time on this connection, as since SQLite 3.42.

    DBOS writes it into the defaults of its tables where Python is 3.12 or newer, whichever SQLite
    that Python has; older ones answer NULL, and no workflow can be recorded. A function of the
    application takes the place of the built-in one with the same name and number of arguments
    (https://www.sqlite.org/c3ref/create_function.html), also in tables made before.
    """
    connection.create_function("unixepoch", 1, _unixepoch)
    connection.execute("PRAGMA trusted_schema=ON")  # or defaults may not call functions of ours


def _unixepoch(modifier: object) -> float:
    """Seconds since 1970, to the millisecond (https://www.sqlite.org/lang_datefunc.html).

    Raises:
        ValueError: another argument, for which the built-in function is no longer there.
    """
    if modifier not in ("subsec", "subsecond"):
        raise ValueError("unixepoch: only 'subsec' is known here")
    return time.time_ns() // 10**6 / 1000
