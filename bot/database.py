"""One database for everything that must survive: SQLite by default, PostgreSQL by URL.

The durable engine (DBOS) and our own tables live in it side by side. SQLite runs in WAL mode with
a busy timeout, so that readers never wait for the writer.
"""

import importlib
import secrets
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

metadata = sa.MetaData()

_secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(128), nullable=False),
)

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "banana_bot_version"

ROOMS = ("bot.history", "bot.pending", "bot.preferences")
"""The modules that describe tables."""

_MIGRATING = 0x62616E616E61
"""The advisory lock on PostgreSQL that one process holds while it migrates."""

BUSY_SECONDS = 30
"""How long a writer waits for another one before SQLite gives up."""


class Database:
    """The engines: ``sync`` for DBOS and migrations, ``async_engine`` for ours."""

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.url = parsed.set(drivername="sqlite")
            self.sync = sa.create_engine(self.url)
            self.async_engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"))
            _tune(self.sync)
            _tune(self.async_engine.sync_engine)
        else:
            self.url = parsed.set(drivername="postgresql+psycopg")
            self.sync = sa.create_engine(self.url, pool_pre_ping=True)
            self.async_engine = create_async_engine(self.url, pool_pre_ping=True)

    def migrate(self) -> None:
        """Bring our tables to the newest schema; safe to call from several processes.

        A new database gets the tables as they are now. Alembic is imported only for an older one:
        it has 11 MB that a running bot never needs.
        """
        newest = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
        newest = newest.partition("_")[0]
        with self.sync.begin() as connection:
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
        async with self.async_engine.begin() as connection:
            await connection.execute(
                insert_once(self.async_engine, _secrets).values(
                    name=name, value=secrets.token_hex(32)
                )
            )
            query = sa.select(_secrets.c.value).where(_secrets.c.name == name)
            return str((await connection.execute(query)).scalar_one())

    async def close(self) -> None:
        await self.async_engine.dispose()
        self.sync.dispose()


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


def insert_once(engine: AsyncEngine, table: sa.Table) -> Any:
    """``INSERT … ON CONFLICT DO NOTHING`` in the dialect of ``engine``."""
    if engine.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table).on_conflict_do_nothing()


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
