"""One database for everything that must survive: SQLite by default, PostgreSQL by URL.

The durable engine (DBOS) and our own tables live in it side by side. SQLite runs in WAL mode with
a busy timeout, so that readers never wait for the writer.
"""

import importlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from bot.batches import Batches

T = TypeVar("T")

metadata = sa.MetaData()

_secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(128), nullable=False),
)

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "banana_bot_version"

ROOMS = ("bot.copies", "bot.history", "bot.outbox", "bot.pending", "bot.preferences")
"""The modules that describe tables."""

_MIGRATING = 0x62616E616E61
"""The advisory lock on PostgreSQL that one process holds while it migrates."""

BUSY_SECONDS = 30
"""How long a writer waits for another one before SQLite gives up."""

MOST = 100
"""Pieces of work that share a transaction on SQLite, at most."""

SLICE = 500
"""Values in one query; PostgreSQL takes 65,535 at most, older SQLite 999."""

THREADS = 6
"""Threads that read from PostgreSQL, and as many that write."""

_LIMITS = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "keepalives_idle": 30}
"""Seconds, milliseconds, seconds: https://www.postgresql.org/docs/current/libpq-connect.html."""


class Database:
    """``engine`` is for DBOS and migrations; ours is used by :class:`Batches`.

    On SQLite one thread reads and one writes, in batches. PostgreSQL has no lock to share, and may
    be far away: there several threads do, with a transaction for each piece of work. Two processes
    with larger ones, which change the same rows in another order, would wait for each other.
    """

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        driver = "sqlite" if self.is_sqlite else "postgresql+psycopg"
        self.url = parsed.set(drivername=driver)
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = self._engine()
        self._ours = self._engine(pool_size=2 * THREADS, max_overflow=0)
        most, threads = (MOST, 1) if self.is_sqlite else (1, THREADS)
        begin = "BEGIN IMMEDIATE" if self.is_sqlite else ""
        several = partial(Batches, self._ours, most=most, threads=threads)
        self._reads = several("database-read", reads=True)
        self._writes = several("database-write", begin=begin)

    def _engine(self, **pool: int) -> sa.Engine:
        if self.is_sqlite:
            engine = sa.create_engine(self.url, hide_parameters=True)
            _tune(engine)
            return engine
        return sa.create_engine(
            self.url, hide_parameters=True, pool_pre_ping=True, connect_args=_LIMITS, **pool
        )

    async def read(self, query: sa.Select[Any], **values: Any) -> list[sa.RowMapping]:
        """The rows that a query finds; ``values`` are those of its parameters."""

        def rows(connection: sa.Connection) -> list[sa.RowMapping]:
            return list(connection.execute(query, values).mappings())

        found: list[sa.RowMapping] = await self._reads.do(rows)
        return found

    async def write(self, *changes: sa.Executable, **values: Any) -> int:
        """Change rows, all or nothing; says how many the last change has concerned.

        ``values`` are those of the parameters: a row that is added costs a third of what it does
        when its values are put into the query.
        """

        def changed(connection: sa.Connection) -> int:
            connection.execution_options(preserve_rowcount=True)
            return [connection.execute(change, values).rowcount for change in changes][-1]

        return await self.transact(changed)

    async def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Do all of ``work``, or nothing of it; it is called in a thread, perhaps twice."""
        done: T = await self._writes.do(work)
        return done

    def insert(self, table: sa.Table) -> Any:
        """``INSERT``, to which this database's ``ON CONFLICT`` can be added."""
        dialect = importlib.import_module(f"sqlalchemy.dialects.{self.url.get_backend_name()}")
        return dialect.insert(table)

    def insert_once(self, table: sa.Table) -> Any:
        """``INSERT … ON CONFLICT DO NOTHING``."""
        return self.insert(table).on_conflict_do_nothing()

    def migrate(self) -> None:
        """Bring our tables to the newest schema; safe to call from several processes.

        A new database gets the tables as they are now. Alembic is imported only for an older one:
        it has 11 MB that a running bot never needs.
        """
        newest = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
        newest = newest.partition("_")[0]
        with self.engine.begin() as connection:
            if self._version(connection) == newest:
                return
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
            if self._version(connection) is None:
                _create(connection, newest)
            else:
                _upgrade(connection)

    def _version(self, connection: sa.Connection) -> str | None:
        """The migration that the tables are at; ``None`` where there are none."""
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        found = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}"))
        return str(found.scalar())

    async def secret(self, name: str) -> str:
        """A random 256-bit secret (hex), made once and the same for every process."""
        made = self.insert_once(_secrets).values(name=name, value=secrets.token_hex(32))
        await self.write(made)
        [row] = await self.read(sa.select(_secrets.c.value).where(_secrets.c.name == name))
        return str(row["value"])

    async def close(self) -> None:
        """Let go of every connection; what was begun is finished first."""
        for batches in (self._reads, self._writes):
            await batches.close()
        for engine in (self._ours, self.engine):
            engine.dispose()


def sliced(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many at a time as a query may be given."""
    for start in range(0, len(values), SLICE):
        yield values[start : start + SLICE]


def _create(connection: sa.Connection, version: str) -> None:
    for room in ROOMS:
        importlib.import_module(room)
    versions = sa.Table(
        VERSION_TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
    )
    versions.create(connection)
    connection.execute(sa.insert(versions).values(version_num=version))
    metadata.create_all(connection)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _tune(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
        connection.isolation_level = "IMMEDIATE"
