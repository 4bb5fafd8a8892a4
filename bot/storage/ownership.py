"""Rows that one process works on, and that another takes over once that process is gone.

Each such row names its executor, the process that works on it, and counts the attempts: how often
it was taken up again. Taking is a compare-and-set on both, so that of several processes which find
the same row one has it, be it the owner, started again, or a peer.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from bot.storage.database import Database


class NotHeld(Exception):
    """This process does not have the lock on its own name now: another may do its work."""


class Ownership:
    """Which rows are this process's to work on.

    ``executor`` is its id, ``gone`` are those of other processes that are gone, and ``held`` says
    whether this one certainly still has the lock on its own.
    """

    def __init__(
        self,
        database: Database,
        executor: str,
        gone: Callable[[], Collection[str]],
        held: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._gone = gone
        self._held = held
        self._left = asyncio.Event()
        self.executor = executor

    def check(self) -> None:
        """To be asked before anything is said to anybody.

        Raises:
            NotHeld: another process may be about to say it.
        """
        if not self._held():
            raise NotHeld(f"the lock on {self.executor} is lost")

    def announce(self) -> None:
        """Wake whoever waits for rows that are left."""
        self._left.set()
        self._left = asyncio.Event()

    async def until_left(self, seconds: float) -> None:
        """Wait until a process is found to be gone, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._left.wait()

    async def take(
        self, table: sa.Table, platform: str, *, since: float, held: Collection[str]
    ) -> list[sa.RowMapping]:
        """Take up a platform's rows that nobody works on, and that are newer than ``since``.

        Those are this executor's own, but for the ones it has ``held`` since they came, and those
        of executors that are gone. ``table`` has the columns of :func:`owned`, ``at`` (seconds
        since the epoch), and a primary key of the platform and an id.

        Returns:
            The rows as they were, oldest first; in all processes each is given once.
        """
        [_, key] = table.primary_key.columns
        query = sa.select(table).where(table.c.platform == platform, table.c.at > since)
        rows = await self._database.read(query.order_by(table.c.at, key))
        free = {"", *self._gone()}

        def is_free(row: sa.RowMapping) -> bool:
            if row["executor"] == self.executor:
                return row[key.name] not in held
            return row["executor"] in free

        def take(connection: sa.Connection) -> list[sa.RowMapping]:
            return [row for row in found if self._take(connection, table, key, row)]

        found = [row for row in rows if is_free(row)]
        return await self._database.transact(take) if found else []

    def _take(
        self, connection: sa.Connection, table: sa.Table, key: sa.Column[Any], row: sa.RowMapping
    ) -> bool:
        change = sa.update(table).where(
            table.c.platform == row["platform"],
            key == row[key.name],
            table.c.executor == row["executor"],
            table.c.attempts == row["attempts"],
        )
        values = {"executor": self.executor, "attempts": row["attempts"] + 1}
        return bool(connection.execute(change.values(values)).rowcount)


def owned() -> tuple[sa.Column[str], sa.Column[int]]:
    """The columns that say whose a row is; one of before there were owners is nobody's."""
    return (
        sa.Column("executor", sa.String(256), nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    )
