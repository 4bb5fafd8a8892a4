"""Which processes there are, and what those that are gone have left."""

import asyncio
from dataclasses import replace
from functools import partial

from bot.ports import Event
from bot.runtime.executor_lock import ExecutorLock, abandoned
from bot.storage.database import Database
from bot.storage.executors import GRACE_SECONDS, ExecutorStore
from bot.storage.inbox import InboxStore
from bot.storage.jobs import JobStore
from bot.storage.ownership import Ownership
from messages import Status
from tests.bot.domain.test_protocol import JOB


class Process:
    """One of those that share the database, with a lock on its id, and a clock that is moved."""

    def __init__(self, database: Database, id: str, *, version: str = "1", role: str = "all"):
        self.now = 0.0
        self.lock = ExecutorLock(database, id)
        self.store = ExecutorStore(
            database,
            id,
            partial(abandoned, database),
            version=version,
            role=role,
            monotonic=lambda: self.now,
        )

    async def begin(self) -> None:
        await asyncio.to_thread(self.lock.take)
        await self.store.register(1000.0)

    async def die(self) -> None:
        await asyncio.to_thread(self.lock.release)

    async def sees(self, after: float = 0.0) -> set[str]:
        """Who is gone when it looks, so many seconds after it has looked before."""
        self.now += after
        await self.store.look()
        return set(self.store.gone())


async def test_a_process_is_gone_when_its_lock_stays_free(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two", version="2", role="gateway")
    await one.begin()
    await two.begin()
    assert await one.sees() == set()
    assert one.store.due() is None
    assert (one.store.versions, one.store.listening) == ({"1"}, 2)
    assert await two.sees() == set()
    assert (two.store.versions, two.store.listening) == ({"1"}, 2)
    await one.die()
    grace = 0.0 if database.is_sqlite else GRACE_SECONDS
    seen = await two.sees()
    assert seen == ({"one"} if not grace else set())
    assert two.store.due() == (grace or None)
    if grace:  # the database was started again, and it has come back
        await asyncio.to_thread(one.lock.take)
        assert await two.sees(grace) == set()
        await one.die()
        assert await two.sees() == set()
        assert await two.sees(grace - 0.1) == set()
    assert await two.sees(0.1) == {"one"}
    assert (two.store.versions, two.store.listening) == (set(), 1)
    await two.store.forget("one")
    assert await two.sees() == set()
    await two.die()


async def test_one_that_has_ended_by_itself_is_not_waited_for(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    await one.begin()
    await two.begin()
    history = JobStore(database)
    await history.add(replace(JOB, executor="one"))
    await one.store.leave()
    assert await two.sees() == set()  # it is still there
    await one.die()
    assert await two.sees() == {"one"}
    await two.store.forget("one")
    assert await two.sees() == {"one"}  # it has left something
    await two.store.leave()  # which this one has not
    assert await one.sees() == set()
    await two.die()


async def test_what_one_has_left_is_inherited(database: Database) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    await one.store.register(1000.0)
    await two.begin()
    history = JobStore(database)
    kinds = {
        "open": {"status": Status.RUNNING},
        "untold": {"status": Status.SUCCEEDED, "untold": True},
        "told": {"status": Status.SUCCEEDED},
    }
    for number, (id, fields) in enumerate(kinds.items()):
        row = replace(JOB, id=id, executor="one", created_at=1000.0 + number, **fields)  # type: ignore[arg-type]
        await history.add(row)
    await history.add(replace(JOB, id="another's", executor="two"))
    inbox = InboxStore(database, Ownership(database, "one", set))
    await inbox.put("test", Event("1", "MESSAGE_CREATE", "ada", "{}", 1000.0))
    assert await two.store.named() == {"one", "two"}
    left = await two.store.inherit("one")
    assert (left.open, left.untold) == (["open"], ["untold"])
    assert await two.store.inherit("one") == ([], [])
    owners = {id: job.executor for id in kinds if (job := await history.job(id))}
    assert owners == {"open": "two", "untold": "two", "told": "one"}
    await two.store.forget("one")
    assert "one" in await two.sees() | set(two.store._free_since)  # its event waits for somebody
    await inbox.drop("test", "1")
    await two.store.forget("one")
    await two.store.look()
    assert "one" not in two.store._free_since
    await two.die()


async def test_one_that_was_taken_for_gone_knows_that_nobody_looks_after_it(
    database: Database,
) -> None:
    one, two = Process(database, "one"), Process(database, "two")
    await one.begin()
    await one.store.look()
    assert one.store.is_known
    await two.store.forget("one")
    await one.store.look()
    assert not one.store.is_known
    await one.store.register(1000.0)
    await one.store.look()
    assert one.store.is_known
    await one.die()


async def test_processes_that_never_registered_are_known_by_what_they_left(
    database: Database,
) -> None:
    two = Process(database, "two")
    await two.begin()
    await two.store.know(["", "two", "old", "old"], 1000.0)
    await two.sees()
    assert await two.sees(GRACE_SECONDS) == {"old"}
    assert two.store.versions == {"1"}
    await two.die()
