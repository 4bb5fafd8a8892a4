"""When workflows are begun in a process."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bot.runtime.dispatcher import Dispatcher


class Queue:
    """Whatever is added is claimed; says which workflows were run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    async def add(self, claim: Any, *, here: bool) -> bool:
        return here

    def run(self, claim: Any) -> None:
        self.ran.append(claim.job_id)


@pytest.fixture
def queue() -> Queue:
    return Queue()


class Busy:
    """A loop that keeps up again once it is said."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def relieved(self) -> None:
        await self.over.wait()


@pytest.fixture
def busy() -> Busy:
    return Busy()


@pytest.fixture
def made(queue: Queue, busy: Busy) -> Dispatcher:
    return Dispatcher(
        queue,  # type: ignore[arg-type]
        100,
        100,
        may=lambda: True,
        announced=True,
        backpressure=busy,  # type: ignore[arg-type]
    )


async def start(made: Dispatcher, number: int) -> "list[asyncio.Task[bool]]":
    claims = [SimpleNamespace(job_id=f"job-{n}") for n in range(number)]
    return [asyncio.create_task(made.start(claim, "ada")) for claim in claims]  # type: ignore[arg-type]


async def until_unbegun(made: Dispatcher, number: int) -> None:
    while len(made.unbegun) < number:
        await asyncio.sleep(0)


async def test_what_is_claimed_is_begun_when_the_loop_keeps_up(
    queue: Queue, busy: Busy, made: Dispatcher
) -> None:
    starting = await start(made, 30)
    await until_unbegun(made, 30)
    assert not queue.ran
    busy.over.set()
    assert all(await asyncio.gather(*starting))
    assert len(queue.ran) == 30
    assert not made.unbegun


async def test_what_is_not_begun_when_it_closes_is_not_begun(
    queue: Queue, busy: Busy, made: Dispatcher
) -> None:
    starting = await start(made, 3)
    await until_unbegun(made, 3)
    made.close()
    busy.over.set()
    await asyncio.gather(*starting)
    assert not queue.ran
    assert not made.unbegun
