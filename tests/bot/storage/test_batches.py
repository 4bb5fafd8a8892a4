"""Work on the database that is done together."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from bot.storage.batches import Batches
from bot.storage.database import Database

MOST = 20

_numbers = sa.Table(
    "numbers",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
)


class Watched:
    """Batches on a database of their own; ``commits`` counts the transactions."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.engine = self.database.engine
        _numbers.create(self.engine)
        self.writing = self.database._writing
        keeps = self.database.is_sqlite
        self.batches = Batches(self.writing, "test", most=MOST, keeps=keeps)
        self.commits = 0
        event.listen(self.writing, "commit", self._count)
        self._gate = threading.Event()

    def _count(self, _connection: object) -> None:
        self.commits += 1

    async def held(self) -> "asyncio.Task[None]":
        """Let the thread be busy until :meth:`release`, so that what comes now has to wait."""
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(_connection: sa.Connection) -> None:
            loop.call_soon_threadsafe(begun.set)
            self._gate.wait()

        task = asyncio.create_task(self.batches.do(wait))
        await begun.wait()
        self.commits = 0
        return task

    def release(self) -> None:
        self._gate.set()

    async def add(self, number: int) -> bool:
        query = sa.insert(_numbers).values(number=number)
        return await self.batches.do(lambda connection: connection.execute(query)) is not None

    def stored(self) -> list[int]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(_numbers).order_by("number")).scalars())


@pytest.fixture(params=["sqlite", "postgresql"])
async def watched(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Watched]:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    watched = Watched(url)
    yield watched
    watched.release()
    await watched.batches.close()
    await watched.database.close()


async def test_what_comes_together_is_committed_together(watched: Watched) -> None:
    busy = await watched.held()
    adding = [asyncio.create_task(watched.add(number)) for number in range(10)]
    await asyncio.sleep(0)
    watched.release()
    assert await asyncio.gather(*adding) == [True] * 10
    await busy
    assert watched.stored() == list(range(10))
    assert watched.commits == 2  # that which kept the thread busy, and all of these


async def test_a_batch_has_a_size(watched: Watched) -> None:
    await watched.held()
    adding = [asyncio.create_task(watched.add(number)) for number in range(MOST + 1)]
    await asyncio.sleep(0)
    watched.release()
    await asyncio.gather(*adding)
    assert watched.commits == 3


async def test_what_fails_takes_nobody_with_it(watched: Watched) -> None:
    await watched.add(3)
    await watched.held()
    adding = [asyncio.create_task(watched.add(number)) for number in range(5)]
    await asyncio.sleep(0)
    watched.release()
    done = await asyncio.gather(*adding, return_exceptions=True)
    assert [one for one in done if one is not True] == [done[3]]
    assert isinstance(done[3], sa.exc.IntegrityError)
    assert watched.stored() == list(range(5))


async def test_a_commit_that_was_not_answered_is_not_done_again(watched: Watched) -> None:
    busy = await watched.held()
    calls: list[int] = []

    async def work(number: int) -> None:
        await watched.batches.do(lambda _: calls.append(number))

    working = [asyncio.create_task(work(number)) for number in range(3)]
    await asyncio.sleep(0)
    event.listen(watched.writing, "commit", _lost)
    watched.release()
    done = await asyncio.gather(busy, *working, return_exceptions=True)
    event.remove(watched.writing, "commit", _lost)
    assert [type(one) for one in done] == [ConnectionError] * 4
    assert calls == [0, 1, 2]


def _lost(_connection: object) -> None:
    raise ConnectionError("nobody knows")


async def test_a_database_that_is_locked_is_so_for_all_at_once(tmp_path: Path) -> None:
    watched = Watched(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    tries = []

    def in_a_hurry(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")
        tries.append(connection)

    event.listen(watched.writing, "checkout", in_a_hurry)
    with closing(sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        adding = [watched.add(number) for number in range(10)]
        done = await asyncio.gather(*adding, return_exceptions=True)
    assert {type(one) for one in done} == {sa.exc.OperationalError}
    assert len(tries) <= 2
    assert await watched.add(1)
    await watched.batches.close()
    await watched.database.close()


async def test_what_nobody_waits_for_is_not_read(watched: Watched) -> None:
    watched.batches = Batches(watched.engine, "test", most=MOST, reads=True)
    await watched.held()
    reads: list[int] = []

    async def read(number: int) -> None:
        await watched.batches.do(lambda _: reads.append(number))

    reading = [asyncio.create_task(read(number)) for number in range(3)]
    await asyncio.sleep(0)
    reading[1].cancel()
    watched.release()
    await asyncio.gather(*reading, return_exceptions=True)
    assert reads == [0, 2]


async def test_several_threads_share_the_work(watched: Watched) -> None:
    watched.batches = Batches(watched.engine, "test", threads=3)
    met = threading.Barrier(3, timeout=60)
    await asyncio.gather(*(watched.batches.do(lambda _: met.wait()) for _ in range(3)))


async def test_a_connection_is_kept_until_something_fails(tmp_path: Path) -> None:
    watched = Watched(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    taken: list[object] = []
    event.listen(watched.writing, "checkout", lambda *_: taken.append(None))
    for number in range(3):
        await watched.add(number)
    assert len(taken) == 1
    with pytest.raises(sa.exc.IntegrityError):
        await watched.add(0)
    await watched.add(3)
    assert len(taken) == 2
    assert watched.stored() == [0, 1, 2, 3]
    await watched.batches.close()
    assert watched.writing.pool.checkedout() == 0  # type: ignore[attr-defined]
    await watched.database.close()


async def test_who_does_not_wait_any_more_disturbs_nobody(watched: Watched) -> None:
    await watched.held()
    adding = [asyncio.create_task(watched.add(number)) for number in range(3)]
    await asyncio.sleep(0)
    adding[1].cancel()
    watched.release()
    done = await asyncio.gather(*adding, return_exceptions=True)
    assert done[0] is done[2] is True
    assert isinstance(done[1], asyncio.CancelledError)


async def test_closing_finishes_what_was_begun(watched: Watched) -> None:
    await watched.held()
    adding = [asyncio.create_task(watched.add(number)) for number in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(watched.batches.close())
    await asyncio.sleep(0)
    watched.release()
    await closing
    assert watched.stored() == [0, 1, 2]
    assert await asyncio.gather(*adding) == [True] * 3
    await watched.batches.close()
    assert await watched.add(3)  # and it can be used again


def test_a_loop_that_is_gone_is_not_told(tmp_path: Path) -> None:
    watched = Watched(f"sqlite:///{tmp_path / 'db.sqlite3'}")

    async def leave() -> None:
        await watched.held()
        adding = asyncio.create_task(watched.add(1))
        await asyncio.sleep(0)
        adding.cancel()

    async def come_back() -> None:
        assert await watched.add(2)
        await watched.batches.close()
        await watched.database.close()

    asyncio.run(leave())
    watched.release()
    asyncio.run(come_back())
    assert watched.stored() == [1, 2]
