"""Rows that one process works on, and that another takes over once that process is gone.

Each such row names its executor, the process that works on it, and counts the attempts: how often
it was taken up again. Taking is a compare-and-set on both, so that of several processes which find
the same row one has it, be it the owner, started again, or a peer.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from typing import Any

import sqlalchemy as sa

from bot.storage.database import Database

TAKEOVER_SECONDS = 30.0
"""A row of another executor is left alone for so long: a process that has lost its lock for a
moment, with its connection to the database, still works on what has just come."""


class Ownership:
    """Which rows are this process's to work on.

    ``executor`` is its id; ``abandoned`` says which of other ids no process has any more, and may
    block.
    """

    def __init__(
        self,
        database: Database,
        executor: str,
        abandoned: Callable[[Iterable[str]], Collection[str]],
    ) -> None:
        self._database = database
        self._abandoned = abandoned
        self.executor = executor

    async def take(
        self, table: sa.Table, platform: str, now: float, *, since: float, held: Collection[str]
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
        late = {row["executor"] for row in rows if row["at"] <= now - TAKEOVER_SECONDS}
        others = late - {self.executor}
        free = set(await asyncio.to_thread(self._abandoned, others)) if others else set()

        def is_free(row: sa.RowMapping) -> bool:
            if row["executor"] == self.executor:
                return row[key.name] not in held
            return row["executor"] in free and row["at"] <= now - TAKEOVER_SECONDS

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
