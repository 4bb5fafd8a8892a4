"""The processes that share a database, and what those that are gone have left.

Each has an id of its own, under which it holds a lock for as long as it lives
(:mod:`bot.runtime.executor_lock`). Rows name the process whose they are. What is named by one that
is gone becomes somebody else's: its jobs here, its events and answers where they are taken.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import sqlalchemy as sa

from bot.domain.protocol import OPEN
from bot.storage.database import Database, key_of, metadata
from bot.storage.inbox import inbox
from bot.storage.jobs import jobs
from bot.storage.outbox import outbox

GRACE_SECONDS = 3.0
"""A process whose lock is free is gone only if it stays so: when PostgreSQL is started again, all
lose theirs for a moment. Locks of files are not lost."""

GATEWAY = "gateway"
"""The role of a process that runs no jobs."""

ENDED = "ended"
"""In the place of the role of a process that has ended by itself."""

HELD_KEYS = """
SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""The keys of the advisory locks of this PostgreSQL database that are one number, as ours are:
https://www.postgresql.org/docs/current/view-pg-locks.html."""

_executors = sa.Table(
    "executors",
    metadata,
    sa.Column("id", sa.String(256), primary_key=True),
    sa.Column("key", sa.BigInteger, nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

_OURS = (_executors.c.id, _executors.c.version, _executors.c.role)
_EVERYONE = sa.select(*_OURS, sa.literal(False).label("free"))
_HELD = sa.text(HELD_KEYS).columns(sa.column("key", sa.BigInteger)).subquery("held")
_EVERYONE_AND_LOCKS = sa.select(
    *_OURS, _executors.c.key.not_in(sa.select(_HELD.c.key)).label("free")
)


class Left(NamedTuple):
    """What a process that is gone was about to do, and what is now this process's to do."""

    open: list[str]
    untold: list[str]


class ExecutorStore:
    """The table ``executors``, for the process ``id``.

    ``abandoned`` says which ids no process has a lock on, and may block; ``version`` is that of the
    workflows that this process runs, if its ``role`` is not that of a gateway.
    """

    def __init__(
        self,
        database: Database,
        id: str,
        abandoned: Callable[[Iterable[str]], Collection[str]],
        *,
        version: str,
        role: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self.id = id
        self._abandoned = abandoned
        self._version = version
        self._role = role
        self._monotonic = monotonic
        self._grace = 0.0 if database.is_sqlite else GRACE_SECONDS
        self._free_since: dict[str, float] = {}
        self._versions = frozenset([version])
        self._gateways = 1
        self._is_known = False

    def gone(self) -> frozenset[str]:
        """The processes that are gone, by the last :meth:`look`, and that have left something."""
        now = self._monotonic()
        return frozenset(id for id, since in self._free_since.items() if now - since >= self._grace)

    def due(self) -> float | None:
        """In how many seconds the next of those that had no lock is gone; ``None``: all had."""
        now = self._monotonic()
        left = [since + self._grace - now for since in self._free_since.values()]
        return min((each for each in left if each > 0), default=None)

    @property
    def is_known(self) -> bool:
        """Whether the others look after this process: not, once it has been taken for gone."""
        return self._is_known

    @property
    def versions(self) -> frozenset[str]:
        """The versions of workflows that some process runs."""
        return self._versions

    @property
    def listening(self) -> int:
        """How many processes listen to platforms, this one among them."""
        return self._gateways

    async def register(self, at: float) -> None:
        """Have the others know of this process."""
        await self._add(self.id, self._version, self._role, at)

    async def _add(self, id: str, version: str, role: str, at: float) -> None:
        row = {"id": id, "key": key_of(id), "version": version, "role": role, "at": at}
        await self._database.write(self._database.insert_once(_executors).values(row))

    async def look(self) -> None:
        """See who is there; one query."""
        query = _EVERYONE if self._database.is_sqlite else _EVERYONE_AND_LOCKS
        rows = await self._database.read(query)
        others = [row for row in rows if row["id"] != self.id]
        self._is_known = len(others) < len(rows)
        ended = {row["id"] for row in others if row["role"] == ENDED}
        free = {row["id"] for row in others if row["free"]}
        if self._database.is_sqlite and others:
            names = [row["id"] for row in others]
            free = set(await asyncio.to_thread(self._abandoned, names))
        now = self._monotonic()
        self._free_since = {id: self._free_since.get(id, now) for id in free}
        self._free_since |= dict.fromkeys(free & ended, now - self._grace)
        alive = [row for row in others if row["id"] not in free]
        own = {self._version} if self._role != GATEWAY else set()
        self._versions = frozenset(
            own | {row["version"] for row in alive if row["role"] != GATEWAY}
        )
        self._gateways = 1 + sum(row["role"] != "worker" for row in alive)

    async def know(self, ids: Iterable[str], at: float) -> None:
        """Look after processes that rows name, and that have never registered themselves: those of
        a version that did not do so."""
        rows = await self._database.read(sa.select(_executors.c.id))
        for id in set(ids) - {row["id"] for row in rows} - {"", self.id}:
            await self._add(id, "", GATEWAY, at)

    async def named(self) -> set[str]:
        """Whoever is named by a row that somebody has to do something about."""
        return {row["executor"] for row in await self._database.read(_NAMED)}

    async def inherit(self, id: str) -> Left:
        """Make the jobs of a process that is gone this one's; to be called with that one's lock."""

        def work(connection: sa.Connection) -> Left:
            theirs = jobs.c.executor == id
            rows = connection.execute(
                sa.select(jobs.c.id, jobs.c.status)
                .where(theirs, _TO_DO)
                .order_by(jobs.c.created_at)
            ).all()
            connection.execute(sa.update(jobs).where(theirs, _TO_DO).values(executor=self.id))
            open = [row.id for row in rows if row.status in OPEN]
            return Left(open, [row.id for row in rows if row.status not in OPEN])

        return await self._database.transact(work)

    async def forget(self, id: str) -> None:
        """Forget a process that is gone, once no row names it any more."""
        named = [
            sa.exists().where(jobs.c.executor == id, _TO_DO),
            sa.exists().where(inbox.c.executor == id),
            sa.exists().where(outbox.c.executor == id),
        ]
        gone = sa.delete(_executors).where(_executors.c.id == id, *(~each for each in named))
        await self._database.write(gone)

    async def leave(self) -> None:
        """This process ends: what it has not done is not waited with."""
        ended = sa.update(_executors).where(_executors.c.id == self.id).values(role=ENDED)
        await self._database.write(ended)
        await self.forget(self.id)


_TO_DO = jobs.c.status.in_(OPEN) | jobs.c.untold
_NAMED = sa.union(
    sa.select(jobs.c.executor).where(_TO_DO),
    sa.select(inbox.c.executor),
    sa.select(outbox.c.executor),
)
