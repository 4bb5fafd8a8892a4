"""One message, in order, never twice the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain import protocol
from bot.domain.jobs import Job
from bot.domain.requests import Address
from bot.engine.delivery import Delivery
from bot.engine.subscriptions import BACKLOG, Subscriptions
from bot.ports import Undeliverable
from bot.runtime import retries
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.ownership import NotHeld, Ownership
from messages import Message, Status
from tests.bot.domain.test_protocol import JOB
from tests.support.scripted import Recorder


class Post:
    """The delivery of one process, with a clock that stands still."""

    def __init__(self, database: Database, executor: str = "one") -> None:
        self.database = database
        self.history = history = JobStore(database)
        self.held = True
        self.now = 1000.0
        self.recorder = Recorder()
        ownership = Ownership(database, executor, set, lambda: self.held)
        self.delivery = Delivery(history, ownership, self.message, pause=0.0)
        self.delivery.adapters["test"] = self.recorder

    async def message(self, job: Job) -> Message:
        return protocol.message(job, now=self.now)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    await asyncio.to_thread(database.migrate)
    post = Post(database)
    await post.history.add(JOB)
    yield post
    await database.close()


async def test_the_same_is_shown_once_also_by_another_process(post: Post) -> None:
    await post.delivery.show(JOB.id)
    await post.delivery.show(JOB.id)
    another = Post(post.database, "another")
    await another.delivery.show(JOB.id)
    assert len(post.recorder.shown) == 1
    assert another.recorder.shown == []


async def test_a_row_that_was_read_before_its_message_was_posted_is_read_again(post: Post) -> None:
    """A job that has to wait is shown by whoever accepts it, and by its conversation, which may
    have read it before."""
    read = await post.history.job(JOB.id)
    await post.delivery.show(JOB.id)
    started = await post.history.change(JOB.id, status=Status.RUNNING, started_at=1000.0)
    assert started
    await post.delivery.try_to(JOB.id, read)
    await post.delivery.try_to(JOB.id, replace(started, shown=None))
    assert [message.status for message in post.recorder.shown] == [Status.QUEUED, Status.RUNNING]


async def test_what_another_has_taken_over_is_not_shown(post: Post) -> None:
    another = Post(post.database, "another")
    await post.history.change(JOB.id, executor="one", status=Status.RUNNING)
    await another.delivery.show(JOB.id)
    assert another.recorder.shown == []
    await post.history.change(JOB.id, executor="another", status=Status.FAILED)
    assert await post.delivery.insist(JOB.id)
    assert post.recorder.shown == []
    assert [job.id for job in await post.history.untold("test", "another")] == [JOB.id]
    assert await post.history.untold("test", "one") == []
    assert await another.delivery.insist(JOB.id)
    assert len(another.recorder.shown) == 1


async def test_nothing_is_shown_while_the_name_may_be_anothers(post: Post) -> None:
    post.held = False
    with pytest.raises(NotHeld):
        await post.delivery.show(JOB.id)
    assert not await post.delivery.insist(JOB.id)
    assert post.recorder.shown == []
    post.held = True
    assert await post.delivery.insist(JOB.id)


async def test_the_place_in_a_queue_is_changed_by_anybody(post: Post) -> None:
    await post.history.change(JOB.id, executor="another")
    await post.delivery.show(JOB.id)  # it is shown nowhere yet: that is the other's
    assert post.recorder.shown == []
    await post.history.shown(JOB, Address("test", {}, "message"), "digest", told=False)
    await post.delivery.show(JOB.id)
    assert len(post.recorder.shown) == 1


async def test_what_is_late_does_not_cover_what_another_has_shown_since(post: Post) -> None:
    await post.history.change(JOB.id, executor="one")
    show = post.recorder.show

    async def overtaken(address: Address, message: Message, locale: str) -> Address:
        ended = {"executor": "another", "status": Status.FAILED}
        await post.history.change(JOB.id, when=protocol.OPEN, **ended)
        return await show(address, message, locale)

    post.recorder.show = overtaken  # type: ignore[method-assign]
    await post.delivery.show(JOB.id)
    assert [message.status for message in post.recorder.shown] == [Status.QUEUED, Status.FAILED]


class Frozen(Recorder):
    """Stopped once, between the look at whose the job is and the message, which goes out when it
    goes on: meanwhile ``another`` has taken the job over, and shown how it ended."""

    def __init__(self, post: Post, another: Post) -> None:
        super().__init__()
        self._post = post
        self._another = another
        self.places: list[Address] = []

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        if not self.places:
            ended = {"executor": "another", "status": Status.FAILED}
            await self._post.history.change(JOB.id, when=protocol.OPEN, **ended)
            assert await self._another.delivery.insist(JOB.id)
            self._post.held = False
        self.places.append(address)
        return await super().show(address, message, locale)


async def frozen(post: Post, another: Post) -> tuple[Frozen, "asyncio.Task[None]"]:
    """One that has just gone on, and does not have its lock back yet."""
    await post.history.change(JOB.id, executor="one")
    recorder = Frozen(post, another)
    post.delivery.adapters["test"] = recorder
    showing = asyncio.create_task(post.delivery.show(JOB.id))
    while not (recorder.shown and await post.history.untold("test", "another")):
        await asyncio.sleep(0.01)
    return recorder, showing


@pytest.mark.parametrize("message", ["theirs", f"message-{JOB.id}"])
async def test_what_one_sends_that_was_stopped_meanwhile_is_made_good(
    post: Post, message: str
) -> None:
    another = Post(post.database, "another")
    show = another.recorder.show

    async def posting(address: Address, shown: Message, locale: str) -> Address:
        return replace(await show(address, shown, locale), message=message)

    another.recorder.show = posting  # type: ignore[method-assign]
    recorder, showing = await frozen(post, another)
    assert [one.status for one in recorder.shown] == [Status.QUEUED]
    post.held = True
    await showing
    assert [one.status for one in recorder.shown] == [Status.QUEUED, Status.FAILED]
    assert [place.message for place in recorder.places] == [None, message]
    beside = {f"message-{JOB.id}"} - {message}
    assert {place.message for place in recorder.removed} == beside
    assert await post.history.untold("test", "another") == []


async def test_where_it_cannot_be_made_good_any_more_the_successor_does_it(post: Post) -> None:
    another = Post(post.database, "another")
    _, showing = await frozen(post, another)
    showing.cancel()
    await asyncio.gather(showing, return_exceptions=True)
    await another.delivery.late("test", 1000.0, 0.0)
    assert [one.status for one in another.recorder.shown] == [Status.FAILED, Status.FAILED]
    assert await post.history.untold("test", "another") == []


async def test_the_address_is_remembered(post: Post) -> None:
    await post.delivery.show(JOB.id)
    job = await post.history.job(JOB.id)
    assert job
    assert job.address.message == f"message-{JOB.id}"


async def test_a_slow_message_is_followed_by_what_happened_meanwhile(post: Post) -> None:
    gate = asyncio.Event()
    reached = asyncio.Event()

    class Slow(Recorder):
        async def show(self, address: Address, message: Message, locale: str) -> Address:
            reached.set()
            await gate.wait()
            return await super().show(address, message, locale)

    slow = Slow()
    post.delivery.adapters["test"] = slow
    showing = asyncio.create_task(post.delivery.show(JOB.id))
    await reached.wait()
    await post.history.change(JOB.id, status=Status.CANCELLED, finished_at=1001.0)
    gate.set()
    await showing
    assert [message.status for message in slow.shown] == [Status.QUEUED, Status.CANCELLED]


@pytest.mark.parametrize("how", ["show", "try_to", "insist"])
async def test_a_row_that_was_just_read_is_shown_unless_that_has_to_wait(
    post: Post, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, read = 0, post.history.job

    async def counted(job_id: str) -> Job | None:
        nonlocal reads
        reads += 1
        return await read(job_id)

    monkeypatch.setattr(post.history, "job", counted)
    show = getattr(post.delivery, how)
    await show(JOB.id, JOB)
    assert (len(post.recorder.shown), reads) == (1, 0)

    gate, reached = asyncio.Event(), asyncio.Event()
    quick = post.recorder.show

    async def slow(*arguments: Any) -> Address:
        reached.set()
        await gate.wait()
        return await quick(*arguments)

    monkeypatch.setattr(post.recorder, "show", slow)
    before = await post.history.change(JOB.id, status=Status.RUNNING)
    first = asyncio.create_task(show(JOB.id, before))
    await reached.wait()
    second = asyncio.create_task(show(JOB.id, before))
    await asyncio.sleep(0)
    await post.history.change(JOB.id, status=Status.CANCELLED, finished_at=1001.0)
    gate.set()
    await asyncio.gather(first, second)
    statuses = [message.status for message in post.recorder.shown]
    assert statuses == [Status.QUEUED, Status.RUNNING, Status.CANCELLED]
    assert reads


async def test_a_row_that_could_not_be_shown_is_read_for_the_next_try(post: Post) -> None:
    post.recorder.errors.append(ConnectionResetError())
    await post.history.change(JOB.id, status=Status.CANCELLED, finished_at=1001.0)
    assert await post.delivery.insist(JOB.id, JOB)
    assert [message.status for message in post.recorder.shown] == [Status.CANCELLED]


async def test_a_progress_that_cannot_be_shown_is_let_go(post: Post) -> None:
    post.recorder.errors.append(ConnectionResetError())
    await post.delivery.try_to(JOB.id)
    assert post.recorder.shown == []


async def test_a_result_is_tried_again(post: Post) -> None:
    post.recorder.errors.extend(ConnectionResetError() for _ in range(3))
    assert await post.delivery.insist(JOB.id)
    assert len(post.recorder.shown) == 1


async def test_a_result_is_given_up_in_the_end(post: Post) -> None:
    post.recorder.errors.extend(ConnectionResetError() for _ in range(retries.MESSAGE_ATTEMPTS))
    assert not await post.delivery.insist(JOB.id)


async def test_what_can_never_arrive_is_not_tried_again(post: Post) -> None:
    post.recorder.errors.extend([Undeliverable("gone"), Undeliverable("gone")])
    assert not await post.delivery.insist(JOB.id)
    assert len(post.recorder.errors) == 1


async def test_nothing_is_shown_where_there_is_nobody_or_nothing(post: Post) -> None:
    await post.delivery.show("job_unknown")
    await post.history.change(JOB.id, deleted=True)
    await post.delivery.show(JOB.id)
    await post.history.add(replace(JOB, id="job_2", platform="elsewhere"))
    await post.delivery.show("job_2")
    assert post.recorder.shown == []


async def test_a_slow_watcher_misses_old_changes_not_new_ones() -> None:
    watchers = Subscriptions()
    with watchers.watch() as watch:
        assert await watch.next(timeout=0) is None
        for number in range(BACKLOG + 5):
            watchers.tell(str(number))
        assert await watch.next(timeout=60) == "5"
    watchers.tell("after")
