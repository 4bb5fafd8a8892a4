"""Events that a platform has delivered, until they have been dealt with.

Some platforms deliver an event once, whatever becomes of it. What a program that was killed had
still to answer, the next one answers, or another one if none of that name comes.
"""

from collections.abc import Collection

import sqlalchemy as sa

from bot.ports import Event
from bot.storage.database import Database, metadata
from bot.storage.ownership import Ownership, owned

KEPT_SECONDS = 900.0
"""So long an interaction of Discord can be answered, and so long anybody waits:
https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages."""

_inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("event_id", sa.String(256), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("requester", sa.String(128), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    *owned(),
    sa.Index("inbox_by_age", "at"),
)

_DROP = sa.delete(_inbox).where(
    _inbox.c.platform == sa.bindparam("platform"), _inbox.c.event_id == sa.bindparam("event_id")
)


class InboxStore:
    """The table ``inbox``; see :class:`bot.ports.Inbox`."""

    def __init__(self, database: Database, ownership: Ownership) -> None:
        self._database = database
        self._ownership = ownership
        self._put = database.insert_once(_inbox)

    @property
    def executor(self) -> str:
        """The id of the process whose events :meth:`put` keeps."""
        return self._ownership.executor

    async def put(self, platform: str, event: Event) -> None:
        """Keep an event that this process deals with, unless it is known already."""
        await self.put_for(self.executor, platform, event)

    async def put_for(self, executor: str, platform: str, event: Event) -> None:
        """Keep an event that another process has to deal with."""
        row = {"event_id": event.id, "name": event.name, "requester": event.requester}
        row |= {"platform": platform, "data": event.data, "executor": executor}
        await self._database.write(self._put, **row, at=event.at, attempts=0)

    async def drop(self, platform: str, event_id: str) -> None:
        """Forget an event: it was dealt with."""
        await self._database.write(_DROP, platform=platform, event_id=event_id)

    async def take(self, platform: str, now: float, held: Collection[str]) -> list[Event]:
        """The events that nobody deals with, oldest first, which from now on are this process's;
        what is older than :data:`KEPT_SECONDS` goes. ``held`` are those it deals with already."""
        await self.forget(now)
        since = now - KEPT_SECONDS
        rows = await self._ownership.take(_inbox, platform, now, since=since, held=held)
        names = ("name", "requester", "data", "at")
        return [Event(row["event_id"], **{name: row[name] for name in names}) for row in rows]

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what a person has asked."""
        await self._database.write(
            sa.delete(_inbox).where(_inbox.c.platform == platform, _inbox.c.requester == requester)
        )

    async def forget(self, now: float) -> None:
        """Forget what nobody waits for any more."""
        await self._database.write(sa.delete(_inbox).where(_inbox.c.at <= now - KEPT_SECONDS))
