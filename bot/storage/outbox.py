"""Answers that are not pictures, kept until they have been sent.

An event is acknowledged to its platform before it is answered, and then never comes again; what a
program that was killed had still to say, the next one says, or another one.
"""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from bot.domain.requests import JSON
from bot.storage.database import Database, metadata
from bot.storage.jobs import JobStore, SeenEvent
from bot.storage.ownership import Ownership, owned

OUTBOX_SECONDS = 3000.0
"""How long an answer is of use; Feishu knows for an hour that it has been sent already."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(256), primary_key=True),
    sa.Column("requester", sa.String(128), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    *owned(),
    sa.Index("outbox_by_age", "at"),
)

_DROP = sa.delete(outbox).where(
    outbox.c.platform == sa.bindparam("platform"), outbox.c.key == sa.bindparam("key")
)


class OutboxStore:
    """The table ``outbox``; see :class:`bot.ports.Outbox`.

    That an answer was sent is remembered in the table ``events``, under the same key.
    """

    def __init__(self, database: Database, history: JobStore, ownership: Ownership) -> None:
        self._database = database
        self._history = history
        self._ownership = ownership
        self._put = database.insert_once(outbox)

    async def put(
        self, platform: str, key: str, requester: str, content: Mapping[str, JSON], at: float
    ) -> bool:
        """Keep an answer, unless there is one under that key; ``False`` if that was sent."""
        if await self.was_sent(platform, key):
            return False
        row = {"platform": platform, "key": key, "requester": requester, "at": at, "attempts": 0}
        row["executor"] = self._ownership.executor
        await self._database.write(self._put, **row, content=dict(content))
        return True

    async def take(
        self, platform: str, now: float, held: Collection[str], seconds: float = OUTBOX_SECONDS
    ) -> dict[str, Mapping[str, Any]]:
        """What is still to be said by nobody else, oldest first, and not older than ``seconds``;
        ``held`` are the keys of what this process is sending already."""
        since = now - seconds
        rows = await self._ownership.take(outbox, platform, since=since, held=held)
        return {row["key"]: row["content"] for row in rows}

    async def until_left(self, seconds: float) -> None:
        """Wait until there may be something to take, or for so long."""
        await self._ownership.until_left(seconds)

    async def is_to_send(self, platform: str, key: str) -> bool:
        """Whether an answer is still to be sent, and by this process.

        Raises:
            NotHeld: that is not certain at the moment.
        """
        query = sa.select(outbox.c.executor).where(
            outbox.c.platform == platform, outbox.c.key == key
        )
        found = [row["executor"] for row in await self._database.read(query)]
        if found != [self._ownership.executor]:
            return False
        if await self.was_sent(platform, key):  # one of before has noted that, and no more
            await self._database.write(_DROP, platform=platform, key=key)
            return False
        self._ownership.check()
        return True

    async def was_sent(self, platform: str, key: str) -> bool:
        """Whether an answer was sent under that key."""
        return await self._history.answered(platform, key)

    async def sent(self, platform: str, key: str, at: float) -> None:
        """Remember that an answer was sent, and forget what it said."""
        await self._database.write(
            self._history.remembered(SeenEvent(platform, key, at)),
            sa.delete(outbox).where(outbox.c.platform == platform, outbox.c.key == key),
        )

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what is still to be said to a person."""
        await self._database.write(
            sa.delete(outbox).where(outbox.c.platform == platform, outbox.c.requester == requester)
        )

    async def forget(self, now: float) -> None:
        """Forget what nobody waits for any more."""
        await self._database.write(sa.delete(outbox).where(outbox.c.at < now - OUTBOX_SECONDS))
