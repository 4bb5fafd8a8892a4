"""One message, in order, never twice the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

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
from messages import Message, Status
from tests.bot.domain.test_protocol import JOB
from tests.support.scripted import Recorder


class Post:
    """A delivery with a clock that stands still."""

    def __init__(self, history: JobStore) -> None:
        self.history = history
        self.now = 1000.0
        self.recorder = Recorder()
        self.delivery = Delivery(history, self.message, pause=0.0)
        self.delivery.adapters["test"] = self.recorder

    async def message(self, job: Job) -> Message:
        return protocol.message(job, now=self.now)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    await asyncio.to_thread(database.migrate)
    post = Post(JobStore(database))
    await post.history.add(JOB)
    yield post
    await database.close()


async def test_the_same_is_shown_once_also_by_another_process(post: Post) -> None:
    await post.delivery.show(JOB.id)
    await post.delivery.show(JOB.id)
    another = Post(post.history)
    await another.delivery.show(JOB.id)
    assert len(post.recorder.shown) == 1
    assert another.recorder.shown == []


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
        assert await watch.next(timeout=1) == "5"
    watchers.tell("after")
