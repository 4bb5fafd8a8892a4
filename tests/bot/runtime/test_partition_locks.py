"""Parts of work are divided among processes, each to one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.runtime import partition_locks
from bot.runtime.partition_locks import FREE_SECONDS, PartitionLocks
from bot.storage.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Database]]:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    made = [Database(url) for _ in range(2)]
    yield made
    for database in made:
        database.engine.dispose()


class Processes:
    """Two processes, of which ``alive`` are known to be there."""

    def __init__(self, databases: list[Database]) -> None:
        self.alive = 1
        self.now = 0.0
        self.one, self.two = (
            PartitionLocks(each, lambda: self.alive, self._later) for each in databases
        )

    def _later(self) -> float:
        self.now += FREE_SECONDS
        return self.now

    async def both(self, total: int) -> tuple[set[int], set[int]]:
        one = await self.one.assigned("shards", total)
        return set(one), set(await self.two.assigned("shards", total))


async def test_they_are_shared_and_taken_over(databases: list[Database]) -> None:
    processes = Processes(databases)
    one, two = processes.one, processes.two
    assert await processes.both(5) == ({0, 1, 2, 3, 4}, set())
    processes.alive = 2
    assert await processes.both(5) == ({0, 1, 2}, {3, 4})
    assert await processes.both(5) == ({0, 1, 2}, {3, 4})
    assert await one.assigned("others", 1) == {0}
    assert await two.assigned("others", 1) == set()
    await one.close()
    assert await two.assigned("shards", 5) == {0, 3, 4}
    processes.alive = 1
    assert await two.assigned("shards", 5) == {0, 1, 2, 3, 4}
    assert await two.assigned("others", 1) == {0}
    await two.close()


async def test_another_number_of_parts_are_other_parts(databases: list[Database]) -> None:
    processes = Processes(databases)
    one, two = processes.one, processes.two
    assert await one.assigned("shards", 1) == {0}
    processes.alive = 2
    assert await two.assigned("shards", 2) == {0}  # while one does all there was before
    assert await one.assigned("shards", 2) == {1}
    assert await processes.both(2) == ({1}, {0})
    await one.close()
    await two.close()


async def test_what_is_taken_is_not_asked_for_all_the_time(
    databases: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stands by looks when a process has come or gone, and now and then besides."""
    now, alive, looks = 100.0, 2, 0
    one, two = (PartitionLocks(each, lambda: alive, lambda: now) for each in databases)
    assert await one.assigned("shards", 1) == {0}

    def counted(*args: Any) -> Any:
        nonlocal looks
        looks += 1
        return abandoned(*args)

    abandoned = partition_locks.abandoned
    monkeypatch.setattr(partition_locks, "abandoned", counted)
    for _ in range(3):
        assert await two.assigned("shards", 1) == set()
    assert looks == 1
    await one.close()
    alive = 1
    assert await two.assigned("shards", 1) == {0}
    assert looks == 2
    alive = 2
    assert await one.assigned("shards", 1) == set()
    await two.close()
    assert await one.assigned("shards", 1) == set()
    now += FREE_SECONDS
    assert await one.assigned("shards", 1) == {0}
    await one.close()
