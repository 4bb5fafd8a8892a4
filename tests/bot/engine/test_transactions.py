"""What a job and an idle bot cost the database. These numbers may only become smaller."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
import sqlalchemy as sa

from bot.app import App
from bot.runtime import dispatcher
from tests.bot.engine.test_conversation import accepted, ask
from tests.support.scripted import Recorder

MOST = 16
"""Transactions of a job, from its request to its last message: reads, writes, and DBOS's own."""

Start = Callable[[], Awaitable[tuple[App, Recorder]]]


class Counter:
    """Counts the transactions of every database in this process."""

    def __init__(self) -> None:
        self.begun = 0

    def __call__(self, _connection: sa.Connection) -> None:
        self.begun += 1

    async def a_second(self, seconds: float) -> float:
        """How many there are in a second, counted for so many."""
        loop, before = asyncio.get_running_loop(), self.begun
        began = loop.time()
        await asyncio.sleep(seconds)
        return (self.begun - before) / (loop.time() - began)


@pytest.fixture
def counter() -> Iterator[Counter]:
    made = Counter()
    sa.event.listen(sa.Engine, "begin", made)
    yield made
    sa.event.remove(sa.Engine, "begin", made)


async def test_of_a_job_that_begins_without_a_look_at_the_queue(
    start: Start, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 600.0)
    app, recorder = await start()
    costs: list[int] = []
    for event in "123":
        before = counter.begun
        job_id = await accepted(app, ask(event=event))
        await recorder.final(job_id)
        while app.engine._last_words or app.workflows._dispatcher._running:  # type: ignore[union-attr]
            await asyncio.sleep(0.02)
        costs.append(counter.begun - before)
    assert min(costs) <= MOST, costs  # a slow machine looks more often


async def test_of_an_idle_bot(start: Start, counter: Counter) -> None:
    await start()
    await asyncio.sleep(1)
    assert await counter.a_second(4) <= 1


async def test_few_lines_are_stored_and_each_has_its_number(start: Start) -> None:
    """By which this version and the one before find what the other has stored."""
    app, recorder = await start()
    await recorder.final(await accepted(app, ask()))
    with app.database.engine.connect() as connection:
        query = "SELECT function_id, function_name FROM operation_outputs ORDER BY function_id"
        stored = connection.execute(sa.text(query)).all()
    assert [tuple(row) for row in stored] == [(3, "submit")]
