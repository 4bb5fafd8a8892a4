"""Events that a platform has delivered, until they have been dealt with.

Some platforms deliver an event once, whatever becomes of it. What a program that was killed had
still to answer, the next one answers, or another one if none of that name comes.
"""

import asyncio
import glob
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from bot.ports import Event
from bot.storage import inbox_journal
from bot.storage.database import Database, key_of, metadata
from bot.storage.inbox_journal import InboxJournal
from bot.storage.ownership import Ownership, owned

KEPT_SECONDS = 900.0
"""So long an interaction of Discord can be answered, and so long anybody waits:
https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages."""

SQLITE_PATIENCE = 0.005
"""Where the event could not be noted in a file. A millisecond is usual; in a rush all wait for one
writer: with more patience acknowledgements were ten times as slow."""

POSTGRESQL_PATIENCE = 1.0
"""A server's disk and the way to it take some milliseconds for each, also when there is no rush;
what a process has acknowledged that is killed before that is lost. Discord waits three seconds."""

inbox = sa.Table(
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

_DROP = sa.delete(inbox).where(
    inbox.c.platform == sa.bindparam("platform"), inbox.c.event_id == sa.bindparam("event_id")
)


class InboxStore:
    """The table ``inbox``; see :class:`bot.ports.Inbox`."""

    def __init__(self, database: Database, ownership: Ownership) -> None:
        self._database = database
        self._ownership = ownership
        self._put = database.insert_once(inbox)
        self._beside = f"{file}-inbox" if (file := database.file) else None
        """What the path of every process's journal begins with."""
        self._journal = None
        if self._beside is not None:
            own = Path(f"{self._beside}-{key_of(self.executor):016x}")
            self._journal = InboxJournal(own, self.executor)

    @property
    def executor(self) -> str:
        """The id of the process whose events :meth:`put` keeps."""
        return self._ownership.executor

    @property
    def patience(self) -> float:
        """For how many seconds an event is not acknowledged because it is not stored yet."""
        return SQLITE_PATIENCE if self._database.is_sqlite else POSTGRESQL_PATIENCE

    def note(self, platform: str, event: Event) -> bool:
        """Write an event down at once, so that it outlives this process before it is stored; says
        whether it does. Where others could not read the file, only the database will do."""
        return self._journal is not None and self._journal.note(platform, event)

    def strike(self, platform: str, event_id: str) -> None:
        """What was noted is stored, or need not be."""
        if self._journal is not None:
            self._journal.strike(platform, event_id)

    async def noting(self) -> set[str]:
        """The other processes that note events in a file, or did."""
        journals = await asyncio.to_thread(self._journals)
        return journals.keys() - {self.executor}

    async def recover(self, executor: str) -> int:
        """Store what a process that is gone has noted and not stored, as left by it; says how many
        events that are. To be called with the lock on that process's id."""
        path = (await asyncio.to_thread(self._journals)).get(executor)
        if path is None:
            return 0
        events = await asyncio.to_thread(inbox_journal.left, path)
        for platform, event in events:
            await self.put_for(executor, platform, event)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        return len(events)

    def _journals(self) -> dict[str, Path]:
        """The file of each process that has one."""
        found = {}
        for name in glob.iglob(f"{glob.escape(self._beside)}*") if self._beside else ():
            path = Path(name)
            with suppress(FileNotFoundError):  # it has just been removed
                if path.stat().st_size:  # else it has just been made, and does not say yet whose
                    found[inbox_journal.executor_of(path)] = path
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._journal is not None:
            self._journal.close()

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
        rows = await self._ownership.take(inbox, platform, since=since, held=held)
        names = ("name", "requester", "data", "at")
        return [Event(row["event_id"], **{name: row[name] for name in names}) for row in rows]

    async def release(self, platform: str, held: Collection[str]) -> None:
        """Leave the events of this process, but for those it has ``held``, to whoever asks."""
        left = sa.update(inbox).where(
            inbox.c.platform == platform,
            inbox.c.executor == self.executor,
            inbox.c.event_id.not_in(held),
        )
        await self._database.write(left.values(executor=""))

    async def until_left(self, seconds: float) -> None:
        """Wait until there may be something to take, or for so long."""
        await self._ownership.until_left(seconds)

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what a person has asked."""
        await self._database.write(
            sa.delete(inbox).where(inbox.c.platform == platform, inbox.c.requester == requester)
        )

    async def forget(self, now: float) -> None:
        """Forget what nobody waits for any more."""
        await self._database.write(sa.delete(inbox).where(inbox.c.at <= now - KEPT_SECONDS))
