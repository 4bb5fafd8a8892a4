"""Many jobs that wait for their provider at once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.app import App
from bot.engine import generation
from bot.runtime import dispatcher
from bot.runtime.transfers import arrived
from bot.runtime.workflow_queue import Contended
from bot.settings import Settings
from messages import Message, Step
from tests.bot.engine.test_conversation import accepted, ask
from tests.bot.engine.test_outages import begun, succeed
from tests.bot.engine.test_transactions import Counter as Transactions
from tests.bot.engine.test_transactions import counter
from tests.support.scripted import Recorder, Scripted

__all__ = ["counter"]

Start = Callable[[], Awaitable[tuple[App, Recorder]]]

MANY = 150


async def crowd(
    app: App, provider: Scripted, number: int, gate: asyncio.Event, per_person: int = 3
) -> list[str]:
    """That many jobs, whose pictures are being waited for until the gate is opened."""
    provider.outcomes.extend([gate] * number)
    people = [f"person-{n // per_person}" for n in range(number)]
    ids = [
        await accepted(app, ask(event=f"crowd-{n}", requester=person))
        for n, person in enumerate(people)
    ]
    while len(provider.collected) < number:
        await asyncio.sleep(0.02)
    return ids


async def test_as_many_wait_as_are_asked_for_and_none_has_a_thread(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    gate = asyncio.Event()
    await crowd(app, provider, 3, gate)
    before = threading.active_count()
    ids = await crowd(app, provider, MANY, gate)
    assert threading.active_count() - before < MANY / 3  # those that the database is used in
    gate.set()
    await succeed(recorder, ids)


async def test_all_that_wait_together_ask_the_database_once_a_second(
    start: Start, provider: Scripted, counter: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "SHOWN_PER_SECOND", 0.001)
    app, recorder = await start()
    gate = asyncio.Event()
    ids = await crowd(app, provider, 30, gate)
    await asyncio.sleep(1)  # what was begun is stored
    assert await counter.a_second(4) <= 2
    gate.set()
    await succeed(recorder, ids)


async def test_the_more_wait_the_more_seldom_each_is_shown(
    start: Start, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, recorder = await start()
    gate, loop = asyncio.Event(), asyncio.get_running_loop()
    ids = await crowd(app, provider, 12, gate)
    monkeypatch.setattr(generation, "SHOWN_PER_SECOND", 3)
    every = len(ids) / generation.SHOWN_PER_SECOND

    def each(shown: list[Message]) -> bool:
        return {m.job_id for m in shown if m.step is Step.PROGRESS} == {*ids}

    recorder.shown.clear()
    await recorder.until(each)  # at a moment from before it was as seldom
    recorder.shown.clear()
    began = loop.time()
    await recorder.until(each)
    passed = loop.time() - began
    shown = [message for message in recorder.shown if message.step is Step.PROGRESS]
    assert len(shown) <= len(ids) * (1 + (passed + 1) / every)  # alone, each is every second
    gate.set()
    await succeed(recorder, ids)


async def test_what_arrives_together_is_bounded_until_it_is_stored(
    start: Start, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of an answer count from when they are read; the next one waits for room."""
    app, recorder = await start()
    arrivals = app.engine._generator._arrivals
    monkeypatch.setattr(arrivals, "_total", 10)
    storing, stored, used = asyncio.Event(), asyncio.Event(), []
    keep = app.library.keep_made

    async def slowly(*args: object, **more: object) -> object:
        used.append(arrivals.used)
        storing.set()
        await stored.wait()
        return await keep(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(app.library, "keep_made", slowly)
    collect = provider.collect

    async def arriving(*args: object):  # type: ignore[no-untyped-def]
        async for sign in collect(*args):  # type: ignore[arg-type]
            yield sign
            await arrived(8)

    monkeypatch.setattr(provider, "collect", arriving)
    ids = await begun(app, recorder, provider, 2)
    await storing.wait()
    await asyncio.sleep(0.2)
    assert used == [8]
    stored.set()
    await succeed(recorder, ids)
    assert arrivals.used == 0


async def test_a_claim_that_meets_anothers_is_tried_again_at_once(
    settings: Settings,
    start: Start,
    provider: Scripted,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not only at the next look."""
    monkeypatch.setattr(dispatcher, "ANNOUNCED_LOOK_SECONDS", 600.0)
    settings.database_url = postgres_url
    app, recorder = await start()
    gate, contended = asyncio.Event(), asyncio.Event()
    ids = await crowd(app, provider, 3, gate)
    waiting = await accepted(app, ask(event="fourth", requester="person-0"))
    queue, loop = app.workflows._queue, asyncio.get_running_loop()
    claim = queue.claim

    def told(*args: Any) -> Any:
        try:
            return claim(*args)
        except Contended:
            loop.call_soon_threadsafe(contended.set)
            raise

    queue.claim = told  # type: ignore[method-assign]
    while (await app.workflows.over([waiting]))[0]:  # it is stored
        await asyncio.sleep(0.02)
    row = f"SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid = '{waiting}' FOR UPDATE"
    with app.database.engine.begin() as other:
        await asyncio.to_thread(other.execute, sa.text(row))
        gate.set()
        await contended.wait()
    async with asyncio.timeout(60):
        await succeed(recorder, [*ids, waiting])
