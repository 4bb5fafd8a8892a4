"""One database for everything that must survive: SQLite by default, PostgreSQL by URL.

The durable engine (DBOS) and our own tables live in it side by side. SQLite runs in WAL mode with
a busy timeout, so that readers never wait for the writer.
"""

import asyncio
import hashlib
import importlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from bot.storage import postgresql, sqlite
from bot.storage.batches import Batches
from bot.storage.database_url import DatabaseUnusable, explained, file, parse

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

ROOMS = (
    "bot.storage.copies",
    "bot.storage.executors",
    "bot.storage.inbox",
    "bot.storage.jobs",
    "bot.storage.outbox",
    "bot.storage.pending_attachments",
    "bot.storage.preferences",
    "bot.storage.questions",
)
"""The modules that describe tables."""

_MIGRATING = 0x62616E616E61
"""The advisory lock on PostgreSQL that one process holds while it migrates."""

MOST = 100
"""Pieces of work that share a transaction on SQLite, at most."""

SLICE = 500
"""Values in one query; PostgreSQL takes 65,535 at most, older SQLite 999."""

THREADS = 3
"""Threads that read from PostgreSQL, and as many that write; each has a connection. At a server a
millisecond away they do for some fifty pictures a second, more than a process can finish."""

DURABLE_CONNECTIONS = 4
"""Connections to PostgreSQL for DBOS: to begin what has waited, and to end what was begun."""

_COUNTED = {"preserve_rowcount": True}

_BEGIN = "IMMEDIATE"
"""How a transaction of SQLite begins: as a writer, so that it never has to become one."""

_CLEAN = 1
"""SQLite's ``user_version`` of a file that holds nothing of what was deleted."""

LIMITS: dict[str, Any] = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "keepalives_idle": 30}
"""Seconds, milliseconds, seconds: https://www.postgresql.org/docs/current/libpq-connect.html."""


class Database:
    """``engine`` is for DBOS and migrations; ours are used by :class:`Batches`. ``file`` is where
    SQLite's is, unless its name is a URI.

    On SQLite one thread reads and one writes, in batches. PostgreSQL has no lock to share, and may
    be far away: there several threads do, with a transaction for each piece of work. Two processes
    with larger ones, which change the same rows in another order, would wait for each other.

    Raises:
        DatabaseUnusable: the URL is none of a database that can be used.
    """

    def __init__(self, url: str) -> None:
        self.url = parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        name = "" if (self.url.database or "").startswith("file:") else file(url)
        self.file = Path(name) if name else None
        if self.file is not None:
            _make_folder(self.file.parent)
        self.engine = self._engine(pool_size=DURABLE_CONNECTIONS, max_overflow=0)
        self._ours = self._engine(pool_size=2 * THREADS, max_overflow=0)
        self._writing = self._engine() if self.is_sqlite else self._ours
        alone = {"poolclass": sa.NullPool, "isolation_level": "AUTOCOMMIT"}
        self._alone = self.engine if self.is_sqlite else self._engine(**alone)
        most, threads = (MOST, 1) if self.is_sqlite else (1, THREADS)
        # What a server may end is taken from the pool, which looks whether it is still good.
        several = partial(Batches, most=most, threads=threads, keeps=self.is_sqlite)
        self._reads = several(self._ours, "database-read", reads=True)
        self._writes = several(self._writing, "database-write")
        if self.is_sqlite:
            sqlite.begin_as_writer(self._writing)

    def _engine(self, **options: Any) -> sa.Engine:
        if self.is_sqlite:
            engine = sa.create_engine(self.url, hide_parameters=True)
            sqlite.set_up(engine)
        else:
            engine = sa.create_engine(
                self.url, pool_pre_ping=True, connect_args=LIMITS, hide_parameters=True, **options
            )
            postgresql.set_up(engine)
        _hide_values(engine)
        return engine

    def session(self) -> sa.Connection:
        """A connection to PostgreSQL that is in no pool and in no transaction, to be closed.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        return self._alone.connect()

    async def read(
        self, query: sa.Select[Any] | sa.CompoundSelect[Any], **values: Any
    ) -> list[sa.RowMapping]:
        """The rows that a query finds; ``values`` are those of its parameters."""

        def rows(connection: sa.Connection) -> list[sa.RowMapping]:
            return list(connection.execute(query, values).mappings())

        found: list[sa.RowMapping] = await self._reads.do(rows)
        return found

    async def answers(self, seconds: float) -> bool:
        """Whether the database answers within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self.read(sa.select(1))
        except (TimeoutError, sa.exc.SQLAlchemyError):
            return False
        return True

    async def write(self, *changes: sa.Executable, **values: Any) -> int:
        """Change rows, all or nothing; says how many the last change has concerned.

        ``values`` are those of the parameters: a row that is added costs a third of what it does
        when its values are put into the query.
        """

        def changed(connection: sa.Connection) -> int:
            done = [
                connection.execute(change, values, execution_options=_COUNTED) for change in changes
            ]
            return done[-1].rowcount

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

        Raises:
            DatabaseUnusable: it cannot be reached, read or written, or is none of ours.
        """
        try:
            self._migrate()
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            said = explained(getattr(error, "orig", None) or error)
            if not self.is_sqlite and (meant := postgresql.said(said)):
                raise DatabaseUnusable(f"the database cannot be used: {meant}") from None
            raise DatabaseUnusable(
                f"the database cannot be used: {said}. "
                "Check DATABASE_URL, and that DATA_DIR can be written to"
            ) from None

    def _migrate(self) -> None:
        if not self.is_sqlite and (why := postgresql.unfit(self.engine)):
            raise DatabaseUnusable(f"the database cannot be used: {why}")
        newest = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
        newest = newest.partition("_")[0]
        with self.engine.begin() as connection:
            if self._version(connection) == newest:
                # Changes nothing, but fails where nothing may be changed.
                connection.execute(sa.delete(_secrets).where(sa.false()))
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

    @property
    def unclean(self) -> tuple[sa.Executable, ...]:
        """To be written with what deletes something: :meth:`clean` has to do its work again."""
        return (sa.text("PRAGMA user_version = 0"),) if self.is_sqlite else ()

    async def clean(self) -> None:
        """Have SQLite's files hold nothing any more of what was deleted before.

        Deleting leaves the words in free pages, in parts of others (``secure_delete`` too, where
        rows have moved between pages), and in the write-ahead log. ``VACUUM`` writes what there is
        anew (https://www.sqlite.org/lang_vacuum.html), once for all that was deleted meanwhile;
        others write afterwards. PostgreSQL does this by itself.
        """
        if self.is_sqlite:
            await asyncio.to_thread(self._clean)

    def _clean(self) -> None:
        pooled = self.engine.raw_connection()
        connection: Any = pooled.driver_connection
        connection.isolation_level = None  # VACUUM is no part of a transaction
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] != _CLEAN:
                connection.execute(f"PRAGMA user_version = {_CLEAN}")
                try:
                    connection.execute("VACUUM")
                except Exception:
                    connection.execute("PRAGMA user_version = 0")
                    raise
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.isolation_level = _BEGIN
            pooled.close()

    async def secret(self, name: str) -> str:
        """A random 256-bit secret (hex), made once and the same for every process."""
        made = self.insert_once(_secrets).values(name=name, value=secrets.token_hex(32))
        await self.write(made)
        [row] = await self.read(sa.select(_secrets.c.value).where(_secrets.c.name == name))
        return str(row["value"])

    async def known_secret(self, name: str) -> str | None:
        """A secret that was made before, if it was."""
        rows = await self.read(sa.select(_secrets.c.value).where(_secrets.c.name == name))
        return str(rows[0]["value"]) if rows else None

    async def forget_secret(self, name: str) -> None:
        """Whatever was signed with it is worth nothing from now on."""
        await self.write(sa.delete(_secrets).where(_secrets.c.name == name))

    async def close(self) -> None:
        """Let go of every connection; what was begun is finished first."""
        for batches in (self._reads, self._writes):
            await batches.close()
        for engine in (self._ours, self._writing, self.engine):
            engine.dispose()


def key_of(name: str) -> int:
    """The key of the lock of that name: a number of 63 bits."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


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
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:  # it knows of no such version
        raise DatabaseUnusable(
            "the database was made by a newer version of banana-bot: install that one, "
            "or give this one another DATABASE_URL"
        ) from None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnusable(
            f"the database's folder {folder} cannot be made: {error.strerror}. "
            "Set DATA_DIR to a folder that can be written to"
        ) from None


def _hide_values(engine: sa.Engine) -> None:
    """Have no error of ``engine`` quote rows or values: errors are logged, prompts never."""

    @event.listens_for(engine, "handle_error")
    def on_error(context: sa.engine.ExceptionContext) -> None:
        original, wrapped = context.original_exception, context.sqlalchemy_exception
        before, after = str(original), explained(original)
        if before != after:
            original.args = (after,)
            if wrapped is not None:
                said = (str(part).replace(before, after) for part in wrapped.args[:1])
                wrapped.args = (*said, *wrapped.args[1:])
