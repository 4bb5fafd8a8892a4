"""One process per name: two with the same one would do, and pay for, each other's jobs again."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from bot.storage.database import Database

_HELD = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""The keys of the advisory locks of this database that are one number, as ours are."""


class AlreadyRunning(Exception):
    """Another process works under this name on this database."""


class ExecutorLock:
    """Holds an executor's name on a database until it is released or the process dies.

    On SQLite it is a locked file beside the database (https://py-filelock.readthedocs.io), on
    PostgreSQL a session-level advisory lock
    (https://www.postgresql.org/docs/current/explicit-locking.html); both end with the process,
    however it ends.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._file: FileLock | None = None
        self._connection: sa.Connection | None = None

    def take(self) -> None:
        """Take the name.

        Raises:
            AlreadyRunning: if another process has it.
        """
        if not (self._take_file() if self._database.is_sqlite else self._take_lock()):
            self.release()
            raise AlreadyRunning(
                f"another banana-bot already runs as “{self._name}” on this database; stop it, "
                "or give this one its own EXECUTOR_ID"
            )

    def _take_file(self) -> bool:
        path = self._database.url.database
        if not path or path == ":memory:":
            return True
        self._file = _locked(Path(f"{path}.{_digest(self._name):016x}.lock"))
        return self._file is not None

    def _take_lock(self) -> bool:
        self._connection = self._database.engine.connect()
        self._connection = self._connection.execution_options(isolation_level="AUTOCOMMIT")
        query = sa.text("SELECT pg_try_advisory_lock(:key)")
        return bool(self._connection.execute(query, {"key": _digest(self._name)}).scalar_one())

    def is_held(self) -> bool:
        """Whether the name is still ours: PostgreSQL takes it back when it is started again.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        if self._database.is_sqlite:
            return True
        if self._connection is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._connection.execute(sa.text("SELECT 1"))
                return True
            self._let_go()
        return self._take_lock()

    def release(self) -> None:
        """Give the name back."""
        if self._file is not None:
            _remove(self._file)
            self._file = None
        if self._connection is not None:
            with suppress(sa.exc.SQLAlchemyError):  # the lock ends with the session, but later
                query = sa.text("SELECT pg_advisory_unlock(:key)")
                self._connection.execute(query, {"key": _digest(self._name)})
            self._let_go()

    def _let_go(self) -> None:
        assert self._connection is not None
        with suppress(sa.exc.SQLAlchemyError):
            self._connection.invalidate()
            self._connection.close()
        self._connection = None


def abandoned(database: Database, names: Iterable[str]) -> set[str]:
    """Those names that no process holds any more.

    PostgreSQL lists its locks (https://www.postgresql.org/docs/current/view-pg-locks.html); a file
    has to be locked for a moment to see whether it is.
    """
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            held = set(connection.execute(sa.text(_HELD)).scalars())
        return {name for name in names if _digest(name) not in held}
    found = set()
    for name in names:
        claim = ExecutorLock(database, name)
        with suppress(AlreadyRunning):
            claim.take()
            claim.release()
            found.add(name)
    return found


def tidy(database: Database) -> None:
    """Remove the lock files of processes that have been killed."""
    path = database.url.database
    if not database.is_sqlite or not path or path == ":memory:":
        return
    for file in Path(path).parent.glob(f"{Path(path).name}.*.lock"):
        if lock := _locked(file):
            _remove(lock)


def _locked(path: Path) -> FileLock | None:
    """The file, locked by the system; ``None`` if another process has it."""
    lock = FileLock(path, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


def _remove(lock: FileLock) -> None:
    """Remove a lock file while it is still locked, so that nobody else loses theirs."""
    with suppress(PermissionError):  # Windows, where releasing removes it
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()


def _digest(name: str) -> int:
    """A 63-bit number for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
