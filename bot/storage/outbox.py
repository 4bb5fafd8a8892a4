"""Answers that are not pictures, kept until they have been sent.

An event is acknowledged to its platform before it is answered, and then never comes again; what a
program that was killed had still to say, the next one says.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bot.domain.requests import JSON
from bot.storage.database import Database, metadata

OUTBOX_SECONDS = 3000.0
"""How long an answer is of use; Feishu knows for an hour that it has been sent already."""

_outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(256), primary_key=True),
    sa.Column("requester", sa.String(128), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("outbox_by_age", "at"),
)


class Outbox:
    """The table ``outbox``; an answer's ``key`` is the same however often it is given."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._put = database.insert_once(_outbox)

    async def put(
        self, platform: str, key: str, requester: str, content: Mapping[str, JSON], at: float
    ) -> None:
        """Keep an answer, unless there is one under that key."""
        row = {"platform": platform, "key": key, "requester": requester, "at": at}
        await self._database.write(self._put, **row, content=dict(content))

    async def left(self, platform: str, now: float) -> dict[str, Mapping[str, Any]]:
        """What is still to be said, oldest first."""
        query = sa.select(_outbox).where(
            _outbox.c.platform == platform, _outbox.c.at > now - OUTBOX_SECONDS
        )
        found = await self._database.read(query.order_by(_outbox.c.at, _outbox.c.key))
        return {row["key"]: row["content"] for row in found}

    async def drop(self, platform: str, key: str) -> None:
        """Forget an answer: it has been sent."""
        await self._database.write(
            sa.delete(_outbox).where(_outbox.c.platform == platform, _outbox.c.key == key)
        )

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what is still to be said to a person."""
        await self._database.write(
            sa.delete(_outbox).where(
                _outbox.c.platform == platform, _outbox.c.requester == requester
            )
        )

    async def forget(self, now: float) -> None:
        """Forget what nobody waits for any more."""
        await self._database.write(sa.delete(_outbox).where(_outbox.c.at < now - OUTBOX_SECONDS))
