"""One process per name: two with the same one would do, and pay for, each other's jobs again."""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from bot.storage.database import Database, key_of
from bot.storage.executors import HELD_KEYS

LEASE_SECONDS = 10.0
"""A session that is silent for so long is ended by PostgreSQL, and its locks with it: that of a
process that is stopped, or cut off from the database, which would otherwise keep them."""

BEAT_SECONDS = 3.0
"""How often the session that holds the locks is used."""


RETAKE_SECONDS = 0.5
"""How often it is tried to take the locks again, once they are lost."""

RELEASE_SECONDS = 3.0
"""How long giving them back waits for a database that does not answer."""

_log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another process works under this name on this database."""


class ExecutorLock:
    """Holds names on a database until they are released or the process dies.

    On SQLite each is a locked file beside the database (https://py-filelock.readthedocs.io), on
    PostgreSQL a session-level advisory lock
    (https://www.postgresql.org/docs/current/explicit-locking.html); both end with the process,
    however it ends. PostgreSQL's session is watched: once it has ended, :attr:`held` is false, and
    the names are taken again as soon as that is possible. The same is true when the process was
    stopped for :data:`LEASE_SECONDS`, before it can have noticed anything else.
    """

    def __init__(self, database: Database, *names: str) -> None:
        self._database = database
        self._names = names
        self._files: list[FileLock] = []
        self._connection: sa.Connection | None = None
        self._until = float("-inf")
        self._busy = ""
        self._busy_since = float("inf")
        self._watch: threading.Thread | None = None
        self._stop: socket.socket | None = None

    def take(self) -> None:
        """Take the names, and watch over them.

        Raises:
            AlreadyRunning: if another process has one of them.
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        if self._take_files() if self._database.is_sqlite else self._take_locks():
            self.release()
            raise AlreadyRunning(
                f"another banana-bot already runs as “{self._names[-1]}” on this database; stop "
                "it, or give this one another EXECUTOR_ID, or none"
            )
        if not self._database.is_sqlite and self._watch is None:
            stopping, self._stop = socket.socketpair()
            run, arguments = self._keep, (stopping,)
            self._watch = threading.Thread(target=run, args=arguments, name="lock", daemon=True)
            self._watch.start()

    @property
    def held(self) -> bool:
        """Whether the names are certainly ours at this moment."""
        return _now() < self._until

    @property
    def lost(self) -> bool:
        """Whether another process had one of the names when this one wanted to take it again."""
        return bool(self._busy)

    @property
    def taken(self) -> bool:
        """Whether the last of the names was lost, and another process has kept it ever since.

        The first, if there are several, is a process's id, which a peer has while it takes over
        what that process has left, however long that takes.
        """
        return self._busy == self._names[-1] and _now() - self._busy_since > LEASE_SECONDS

    def release(self) -> None:
        """Give the names back."""
        if self._watch is not None and self._stop is not None:
            self._stop.close()
            self._watch.join(RELEASE_SECONDS)
            if self._watch.is_alive():  # the database does not answer: it ends with the process
                self._connection, self._until = None, float("-inf")
            self._watch = self._stop = None
        for file in self._files:
            _remove(file)
        self._files = []
        if self._connection is not None:
            with suppress(sa.exc.SQLAlchemyError):  # the locks end with the session, but later
                self._connection.execute(sa.text("SELECT pg_advisory_unlock_all()"))
        self._let_go()

    def _take_files(self) -> str:
        """Take all names, as far as they are free; gives one that is not."""
        path = self._database.url.database
        for name in self._names if path and path != ":memory:" else ():
            file = _locked(Path(f"{path}.{key_of(name):016x}.lock"))
            if file is None:
                return name
            self._files.append(file)
        self._until = float("inf")
        return ""

    def _take_locks(self) -> str:
        """Open a session and take all names in it, the last first; gives one that is not free, and
        closes the session then.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        began = _now()
        connection = self._database.session()
        try:
            milliseconds = int(LEASE_SECONDS * 1000)
            connection.execute(sa.text(f"SET idle_session_timeout = {milliseconds}"))
            query = sa.text("SELECT pg_try_advisory_lock(:key)")
            busy = next(
                (
                    name
                    for name in reversed(self._names)
                    if not connection.execute(query, {"key": key_of(name)}).scalar_one()
                ),
                "",
            )
        except BaseException:
            _close(connection)
            raise
        if busy:
            _close(connection)
        else:
            self._connection, self._until = connection, began + LEASE_SECONDS
        return busy

    def _keep(self, stopping: socket.socket) -> None:
        """Use the session so often that it is not ended; open another one when it was."""
        with stopping:
            while not self._wait(stopping):
                try:
                    if self._connection is None:
                        self._retake()
                    else:
                        began = _now()
                        self._connection.execute(sa.text("SELECT 1"))
                        self._until = began + LEASE_SECONDS
                except Exception as error:
                    _log.warning("the lock on %s is lost: %r", self._names[0], error)
                    self._let_go()

    def _wait(self, stopping: socket.socket) -> bool:
        """Wait until it is time for the next look, or the session ends; says whether to stop."""
        with selectors.DefaultSelector() as selector:
            selector.register(stopping, selectors.EVENT_READ)
            pause = RETAKE_SECONDS
            if self._connection is not None:
                pause, driver = BEAT_SECONDS, self._connection.connection.driver_connection
                with suppress(Exception):  # it is closed already
                    selector.register(driver.fileno(), selectors.EVENT_READ)  # type: ignore[union-attr]
            ready = selector.select(pause)
        return any(key.fileobj is stopping for key, _ in ready)

    def _retake(self) -> None:
        if (busy := self._take_locks()) != self._busy:
            self._busy, self._busy_since = busy, _now()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        self._until = float("-inf")
        if connection is not None:
            _close(connection)


def abandoned(database: Database, names: Iterable[str]) -> set[str]:
    """Those names that no process holds any more.

    PostgreSQL lists its locks (https://www.postgresql.org/docs/current/view-pg-locks.html); a file
    has to be locked for a moment to see whether it is.
    """
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            held = set(connection.execute(sa.text(HELD_KEYS)).scalars())
        return {name for name in names if key_of(name) not in held}
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


def _close(connection: sa.Connection) -> None:
    with suppress(sa.exc.SQLAlchemyError):
        connection.close()


def _now() -> float:
    """Seconds that go on while the process is stopped, or its machine asleep."""
    return time.clock_gettime(_CLOCK) if _CLOCK is not None else time.monotonic()


_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)
