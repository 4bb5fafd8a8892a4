"""Processes that share a PostgreSQL tell each other that there is something to do.

Whoever listens has a connection that waits, and asks nothing
(https://www.postgresql.org/docs/current/sql-listen.html). What is announced while nobody listens is
lost, so an announcement is only a reason to look sooner. On SQLite nothing is announced.
"""

import asyncio
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from bot.runtime import retries
from bot.storage.database import LIMITS, Database

CHANNEL = "banana_bot_jobs"

ANYTHING = ""
"""What is heard where it is not known what there is to do."""

log = structlog.get_logger(__name__)

_NOTIFY = sa.text(f"SELECT pg_notify('{CHANNEL}', :what)")


class Announcements:
    """What is told to the other processes of ``database``, and what they tell."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, connection: sa.Connection, what: str) -> None:
        """Announce something, once the transaction of ``connection`` is committed."""
        if not self._database.is_sqlite:
            connection.execute(_NOTIFY, {"what": what})

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Call ``heard`` with what is announced, and with :data:`ANYTHING` whenever something may
        have been missed; never returns, except on SQLite."""
        while not self._database.is_sqlite:
            await retries.LISTENING(Exception, self._listen, heard)

    async def _listen(self, heard: Callable[[str], None]) -> None:
        """Listen until the connection is lost.

        Raises:
            Exception: there is none.
        """
        from psycopg import AsyncConnection, Error

        url = self._database.url.set(drivername="postgresql")
        conninfo = url.render_as_string(hide_password=False)
        connection = await AsyncConnection.connect(conninfo, autocommit=True, **LIMITS)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            heard(ANYTHING)
            try:
                while True:
                    await _readable(connection.fileno())  # psycopg would look ten times a second
                    async for notice in connection.notifies(stop_after=1):
                        heard(notice.payload)
            except Error as error:
                log.info("announcements are not heard", error=type(error).__name__)


async def _readable(file: int) -> None:
    """Wait until something has come on a socket, or it is closed."""
    loop = asyncio.get_running_loop()
    come = asyncio.Event()
    loop.add_reader(file, come.set)
    try:
        await come.wait()
    finally:
        loop.remove_reader(file)
