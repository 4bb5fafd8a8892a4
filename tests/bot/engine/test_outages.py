"""The database, the store, the provider's memory of us and the clock go away: no job is lost."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from stamina import AsyncRetryingCaller

from bot.app import App
from bot.domain import protocol
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures, Ticket
from bot.domain.requests import Attachment, Options
from bot.engine import generation
from bot.engine.generation import Waiting
from bot.images.provenance import marked
from bot.runtime import retries
from bot.runtime.workflow_queue import WorkflowStep
from bot.settings import Settings
from messages import Note, Status, Step
from tests.bot.engine.test_conversation import accepted, ask
from tests.support import postgres
from tests.support.scripted import Recorder, Scripted, png

Start = Callable[[], Awaitable[tuple[App, Recorder]]]
AWAY_SECONDS = 0.7


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = AsyncRetryingCaller(
        attempts=None, timeout=None, wait_initial=0.02, wait_max=0.2, wait_jitter=0.02
    )
    monkeypatch.setattr(retries, "OUTAGE", quick)


async def begun(app: App, recorder: Recorder, provider: Scripted, number: int) -> list[str]:
    """That many jobs of one person, whose pictures are being made."""
    ids = [await accepted(app, ask(event=str(n))) for n in range(number)]
    await recorder.until(lambda shown: {m.job_id for m in shown if m.step is Step.START} >= {*ids})
    while len(provider.collected) < number:
        await asyncio.sleep(0.02)
    return ids


async def succeed(recorder: Recorder, ids: list[str]) -> None:
    for job_id in ids:
        message = await recorder.final(job_id)
        assert message.status is Status.SUCCEEDED, message.problem
        assert len(message.pictures) == 1


@pytest.mark.parametrize("when", ["waiting", "arriving", "asking"])
async def test_a_database_that_is_stopped_and_started_loses_nothing(
    settings: Settings, provider: Scripted, start: Start, own_cluster: postgres.Cluster, when: str
) -> None:
    settings.database_url = own_cluster.url
    app, recorder = await start()
    app.engine.delivery.pause = 0.2  # its lock is had again only after RETAKE_SECONDS
    gates = [asyncio.Event() for _ in range(3)]
    provider.outcomes.extend(gates)
    ids = await begun(app, recorder, provider, 3)
    await asyncio.to_thread(own_cluster.stop)
    if when == "arriving":
        for gate in gates:
            gate.set()
    await asyncio.sleep(AWAY_SECONDS)
    if when == "asking":
        with pytest.raises(Exception, match="connection"):
            await app.engine.receive(ask(event="late"))
    await asyncio.to_thread(own_cluster.start)
    for gate in gates:
        gate.set()
    await succeed(recorder, ids)
    assert len(provider.submitted) == 3
    await succeed(recorder, [await accepted(app, ask(event="late"))])


async def test_a_database_that_is_locked_loses_nothing(
    settings: Settings, provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.sqlite.BUSY_SECONDS", 0.2)
    app, recorder = await start()
    gates = [asyncio.Event() for _ in range(3)]
    provider.outcomes.extend(gates)
    ids = await begun(app, recorder, provider, 3)
    path = app.database.url.database
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for gate in gates:
        gate.set()
    await asyncio.sleep(AWAY_SECONDS)
    other.close()
    await succeed(recorder, ids)
    assert len(provider.submitted) == 3


@pytest.mark.parametrize("ticket", ["", "ticket"])
async def test_a_store_that_is_away_does_not_lose_what_was_paid(
    provider: Scripted, start: Start, ticket: str
) -> None:
    app, recorder = await start()
    media = Path(app.settings.data_dir) / "media"
    gate = asyncio.Event()
    provider.tickets.append(Ticket(ticket))
    provider.outcomes.append(gate)
    [job_id] = await begun(app, recorder, provider, 1)
    if media.exists():
        media.rename(media.with_name("elsewhere"))
    media.write_text("not a folder")
    gate.set()
    await asyncio.sleep(AWAY_SECONDS)
    assert not [message for message in recorder.shown if message.status.final]
    media.unlink()
    await succeed(recorder, [job_id])
    assert (len(provider.submitted), len(provider.collected)) == (1, 1)


async def test_a_read_that_fails_once_is_no_answer(
    provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, recorder = await start()
    first = await recorder.final(await accepted(app, ask(event="first")))
    read, failures = app.media.read, [OSError("the store is away")]

    async def failing(path: str) -> bytes | None:
        if failures:
            raise failures.pop()
        return await read(path)

    monkeypatch.setattr(app.media, "read", failing)
    picture = Attachment(image_id=first.pictures[0].image_id)
    await succeed(recorder, [await accepted(app, ask("warmer", "2", attachments=(picture,)))])
    assert not failures
    assert len(provider.submitted) == 2


async def test_what_is_nobodys_fault_is_not_tried_for_ever(
    provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "SHORTEST_DEADLINE", 0.3)
    app, recorder = await start()
    monkeypatch.setattr(app.engine._generator, "submit", None)  # a fault of ours in every try
    message = await recorder.final(await accepted(app, ask()))
    assert message.problem
    assert message.problem.reason == "unknown"


async def test_a_stored_step_is_not_done_again_for_being_stored_late(
    provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, recorder = await start()
    record, failures = WorkflowStep.record, [OSError(28, "No space left")] * 3

    def full(step: WorkflowStep, returned: object) -> Callable[[sa.Connection], None]:
        store = record(step, returned)

        def fill(connection: sa.Connection) -> None:
            if failures:
                raise failures.pop()
            store(connection)

        return fill

    monkeypatch.setattr(WorkflowStep, "record", full)
    await succeed(recorder, [await accepted(app, ask())])
    assert not failures
    assert len(provider.submitted) == 1


# The clock


async def test_only_what_was_really_waited_counts() -> None:
    now = 100.0
    waiting = Waiting(30.0, 600.0, lambda: now)
    for step, seconds in [(1.0, 31.0), (1.5, 32.5), (3600.0, 32.5 + generation.GAP), (0.0, 37.5)]:
        now += step
        assert waiting.look() == seconds


@pytest.mark.parametrize("hours", [3, -3])
async def test_a_clock_that_jumps_ends_no_job(
    settings: Settings, provider: Scripted, hours: int
) -> None:
    moved = 0.0
    app, recorder = App(settings, clock=lambda: time.time() + moved), Recorder()
    app.adapters = [recorder]
    await app.start()
    gate = asyncio.Event()
    provider.outcomes.append(gate)
    ids = await begun(app, recorder, provider, 1)
    moved = hours * 3600.0
    await recorder.until(lambda shown: [m for m in shown if m.percent >= 50])
    await asyncio.sleep(1.5 * generation.PULSE)
    assert not [message for message in recorder.shown if message.status.final]
    percents = [message.percent for message in recorder.shown]
    assert percents == sorted(percents)
    gate.set()
    await succeed(recorder, ids)
    await app.close()


async def test_after_a_night_a_paid_picture_is_looked_at(provider: Scripted, start: Start) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    [job_id] = await begun(app, recorder, provider, 1)
    await app.workflows.drain(lambda: (), 0)  # as one that is killed leaves it
    await app.history.change(job_id, waited=1e6, created_at=1.0, started_at=1.0)
    app, recorder = await start()
    await succeed(recorder, [job_id])
    assert len(provider.submitted) == 1


async def test_what_is_not_ready_at_the_last_look_took_too_long(
    provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "LAST_LOOK_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "SHORTEST_DEADLINE", 1.0)
    monkeypatch.setattr(protocol, "PATIENCE", 0.1)
    app, recorder = await start()
    provider.outcomes.extend([asyncio.Event(), asyncio.Event()])
    message = await recorder.final(await accepted(app, ask()))
    assert message.problem
    assert message.problem.reason == "timeout"
    assert len(provider.collected) == 2


# What is kept with the job


async def test_a_paid_change_outlives_its_picture(provider: Scripted, start: Start) -> None:
    app, recorder = await start()
    first = await accepted(app, ask(event="first"))
    await recorder.final(first)
    provider.outcomes.append(asyncio.Event())
    change = await accepted(app, ask("make it warmer", "2"))
    await recorder.until(lambda shown: [m for m in shown if m.job_id == change and m.step == 2])
    assert await app.engine.delete(first)
    app, recorder = await start()
    await succeed(recorder, [change])
    assert len(provider.submitted) == 2


async def test_a_fallback_that_is_no_longer_configured_finishes_its_jobs(
    settings: Settings, provider: Scripted, other: Scripted, start: Start
) -> None:
    settings.fallback_providers = ("tests.support.fallback_provider",)
    app, recorder = await start()
    provider.tickets.append(Failure(Reason.PROVIDER_DOWN))
    other.outcomes.append(asyncio.Event())
    job_id = await accepted(app, ask())
    await recorder.until(lambda _: other.collected)
    settings.fallback_providers = ()
    app, recorder = await start()
    await succeed(recorder, [job_id])
    assert (len(provider.submitted), len(other.submitted)) == (1, 1)


async def test_a_broken_picture_hides_no_good_one(provider: Scripted, start: Start) -> None:
    app, recorder = await start()
    colors = ("red", "green", "blue")
    provider.outcomes.append(Pictures((png("red"), b"<html>", png("green"), png("blue"))))
    message = await recorder.final(await accepted(app, ask(options=Options(count=4))))
    assert message.status is Status.SUCCEEDED
    kept = [await app.history.picture(picture.image_id) for picture in message.pictures]
    assert [await app.media.read(one.path) for one in kept if one] == [
        marked(png(c)) for c in colors
    ]
    assert message.notes == (Note("partly_done", {"done": 3, "count": 4}),)


# Delivery


async def test_a_platform_that_is_away_keeps_no_slot_and_is_told_later(
    provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.engine.SHOWING_SECONDS", 0.1)
    app, recorder = await start()

    async def failing(*arguments: object) -> object:
        raise ConnectionResetError

    monkeypatch.setattr(recorder, "show", failing)
    ids = [await accepted(app, ask(event=str(n))) for n in range(6)]  # more than have a slot
    while len(await app.history.untold("test", app.executor_id)) < len(ids):
        await asyncio.sleep(0.05)
    assert await app.history.open("test", "ada") == []
    for _ in range(20):  # it stays away, and is given few tries
        await app.engine.delivery.late("test", app.clock(), time.monotonic())
    app, recorder = await start()  # another process, for which it is there again
    await succeed(recorder, ids)
    while await app.history.untold("test", app.executor_id):
        await asyncio.sleep(0.05)


@pytest.fixture
async def slow(
    provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> tuple[App, Recorder, asyncio.Event, asyncio.Event]:
    """A platform whose first message is on its way until the second event is set."""
    app, recorder = await start()
    reached, gate = asyncio.Event(), asyncio.Event()
    show = recorder.show

    async def waiting(*arguments: object) -> object:
        reached.set()
        await gate.wait()
        return await show(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(recorder, "show", waiting)
    return app, recorder, reached, gate


async def test_a_first_message_on_its_way_is_removed_with_its_job(
    slow: tuple[App, Recorder, asyncio.Event, asyncio.Event],
) -> None:
    app, recorder, reached, gate = slow
    job_id = await accepted(app, ask())
    await reached.wait()
    assert await app.engine.delete(job_id)
    gate.set()
    while not [address for address in recorder.removed if address.message]:
        await asyncio.sleep(0.02)


async def test_a_first_message_on_its_way_is_removed_with_its_person(
    slow: tuple[App, Recorder, asyncio.Event, asyncio.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.engine.SHOWING_SECONDS", 0.1)
    app, recorder, reached, gate = slow
    job_id = await accepted(app, ask())
    await reached.wait()
    await app.engine.erase("test", "ada")
    gate.set()
    while not [address for address in recorder.removed if address.message]:
        await asyncio.sleep(0.02)
    async with asyncio.timeout(60):  # the row is emptied after the message is gone
        while (job := await app.history.job(job_id)) and (job.address.message or job.address.data):
            await asyncio.sleep(0.02)


async def test_a_running_message_says_that_it_was_called_off_when_its_person_is_forgotten(
    provider: Scripted, start: Start
) -> None:
    app, recorder = await start()
    provider.outcomes.append(asyncio.Event())
    [job_id] = await begun(app, recorder, provider, 1)
    await app.engine.erase("test", "ada")
    assert [m.status for m in recorder.shown if m.job_id == job_id][-1] is Status.CANCELLED


@pytest.mark.parametrize("way", ["delete", "erase"])
async def test_no_picture_is_kept_for_what_was_deleted_while_it_came(
    provider: Scripted, start: Start, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    app, recorder = await start()
    reached, gate = asyncio.Event(), asyncio.Event()

    async def read(attachment: Attachment) -> bytes:
        reached.set()
        await gate.wait()
        return png("blue")

    monkeypatch.setattr(recorder, "read", read)
    job_id = await accepted(app, ask("warmer", attachments=(Attachment(data={"key": "k"}),)))
    await reached.wait()
    await (app.engine.delete(job_id) if way == "delete" else app.engine.erase("test", "ada"))
    gate.set()
    while app.engine._generator._gathering:
        await asyncio.sleep(0.02)
    assert await app.history.pictures_by("test", "ada") == []
    assert not list(Path(app.settings.data_dir).glob("media/*/*/*.*"))
