"""What one process tells the others, on a real PostgreSQL."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.protocol import RUNNING_PER_PERSON
from bot.runtime import dispatcher
from bot.runtime.announcements import ANYTHING, Announcements
from bot.runtime.workflows import Workflows
from bot.storage.database import Database
from tests.support import postgres


def tell(database: Database, what: str) -> "asyncio.Future[None]":
    announcements = Announcements(database)
    return asyncio.ensure_future(
        database.transact(lambda connection: announcements.tell(connection, what))
    )


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


async def test_what_is_announced_is_heard_also_after_the_database_was_away(
    own_cluster: postgres.Cluster,
) -> None:
    database, other = Database(own_cluster.url), Database(own_cluster.url)
    heard: list[str] = []
    listening = asyncio.create_task(Announcements(database).listen(heard.append))
    await until(lambda: heard == [ANYTHING])
    await tell(other, "test:ada")
    await until(lambda: heard == [ANYTHING, "test:ada"])
    await asyncio.to_thread(own_cluster.stop)
    await asyncio.to_thread(own_cluster.start)
    await until(lambda: len(heard) == 3)
    assert heard[2] == ANYTHING  # something may have been missed
    await tell(other, "test:bob")
    await until(lambda: heard[3:] == ["test:bob"])
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    for one in (database, other):
        await one.close()


async def test_whoever_listens_does_nothing_while_nothing_is_announced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_url)
    heard: list[str] = []
    listening = asyncio.create_task(Announcements(database).listen(heard.append))
    await until(lambda: heard == [ANYTHING])
    loop, timers = asyncio.get_running_loop(), list[object]()
    usual = loop.call_at

    def counted(when: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
        timers.append(arguments)
        return usual(when, *arguments, **options)

    monkeypatch.setattr(loop, "call_at", counted)
    await asyncio.sleep(0.5)
    assert len(timers) == 1, timers  # this test's own
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await database.close()


async def test_what_is_queued_here_begins_elsewhere_without_a_look(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "ANNOUNCED_LOOK_SECONDS", 60.0)
    database = Database(postgres_url)
    await asyncio.to_thread(database.migrate)
    begun: list[str] = []

    async def conversation(job_id: str) -> None:
        begun.append(job_id)

    listens = asyncio.Event()
    hear = Workflows._heard

    def heard(self: Workflows, what: str) -> None:
        hear(self, what)
        listens.set()  # as soon as it does it is told that it may have missed anything

    monkeypatch.setattr(Workflows, "_heard", heard)
    worker = Workflows(database, executor_id="worker")
    await worker.launch(conversation)
    queue = worker._queue
    claims = [queue.prepare(conversation_of(worker), f"job-{n}", "test:ada", n) for n in range(5)]
    await listens.wait()
    for claim in claims:
        assert not await queue.add(claim, here=False)  # as a gateway does
    await until(lambda: len(begun) == len(claims))
    assert begun == sorted(begun)
    assert len(claims) > RUNNING_PER_PERSON
    await worker.close()
    await database.close()


def conversation_of(workflows: Workflows) -> Callable[[str], object]:
    assert workflows._workflow is not None
    return workflows._workflow
