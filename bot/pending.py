"""Pictures that a person put aside for the next request: sent without words, or chosen for it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from bot.database import Database, insert_once, metadata
from bot.ports import Attachment

PENDING_SECONDS = 600.0
"""How long a picture waits for the words that go with it."""

MOST_PENDING = 14
"""How many pictures wait at most; no known model takes more."""

_pending = sa.Table(
    "pending",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("requester", sa.String(128), primary_key=True),
    sa.Column("conversation", sa.String(128), primary_key=True),
    sa.Column("attachments", sa.JSON, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("pending_by_age", "at"),
)


class Pending:
    """The table ``pending``; one row per person and conversation."""

    def __init__(self, database: Database) -> None:
        self._engine = database.async_engine

    async def add(
        self,
        platform: str,
        requester: str,
        conversation: str,
        attachments: Sequence[Attachment],
        now: float,
    ) -> None:
        """Put pictures aside, behind those that wait already; the same one waits once."""
        who = (platform, requester, conversation)
        waiting = [*await self.of(*who, now), *attachments]
        kept = [item for number, item in enumerate(waiting) if item not in waiting[:number]]
        values = {"attachments": [asdict(item) for item in kept[-MOST_PENDING:]], "at": now}
        names = dict(zip(("platform", "requester", "conversation"), who, strict=True))
        async with self._engine.begin() as connection:
            row = insert_once(self._engine, _pending).values(**names, **values)
            await connection.execute(row)
            await connection.execute(sa.update(_pending).where(*_is(*who)).values(values))

    async def of(
        self, platform: str, requester: str, conversation: str, now: float
    ) -> tuple[Attachment, ...]:
        """The pictures that still wait, in the order in which they came."""
        query = sa.select(_pending.c.attachments).where(
            *_is(platform, requester, conversation), _pending.c.at > now - PENDING_SECONDS
        )
        async with self._engine.connect() as connection:
            found: Sequence[Any] = (await connection.execute(query)).scalar() or ()
        return tuple(Attachment(**item) for item in found)

    async def clear(self, platform: str, requester: str, conversation: str) -> None:
        """Forget what waits; a request has taken it."""
        async with self._engine.begin() as connection:
            query = sa.delete(_pending).where(*_is(platform, requester, conversation))
            await connection.execute(query)

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what waits for one person, everywhere."""
        async with self._engine.begin() as connection:
            await connection.execute(
                sa.delete(_pending).where(
                    _pending.c.platform == platform, _pending.c.requester == requester
                )
            )

    async def forget(self, before: float) -> None:
        """Forget what was put aside before that time."""
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(_pending).where(_pending.c.at < before))


def _is(platform: str, requester: str, conversation: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _pending.c.platform == platform,
        _pending.c.requester == requester,
        _pending.c.conversation == conversation,
    )
