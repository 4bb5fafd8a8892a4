"""What processes that are gone have left goes on, within seconds.

A process that is gone has lost the lock on its id, and not taken it again. One of the others makes
its jobs its own: it puts the workflows back into the queue, starts those that were never started,
and tells of what has ended. Events and answers are taken up where their platform is listened to.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.domain.jobs import Job
from bot.engine.supervisor import SHELL
from bot.runtime.executor_lock import AlreadyRunning, ExecutorLock
from bot.runtime.workflows import Workflows
from bot.storage.database import Database
from bot.storage.executors import ExecutorStore, Left
from bot.storage.inbox import InboxStore
from bot.storage.jobs import JobStore
from bot.storage.ownership import Ownership

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
"""How often it is looked whether every process is still there."""

AGAIN_SECONDS = 30.0
"""How often it is looked for what one that is gone may still have left, while rows name it: events
of a platform that nobody listens to, until they are too old."""


class Takeover:
    """Looks after the other processes of one database.

    ``begin`` starts the workflow of a job that has none, ``say`` shows how one has ended.
    """

    def __init__(
        self,
        database: Database,
        executors: ExecutorStore,
        ownership: Ownership,
        inbox: InboxStore,
        history: JobStore,
        workflows: Workflows,
        *,
        begin: Callable[[Job], Awaitable[None]],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._taken: dict[str, float] = {}
        self._monotonic = monotonic
        self._executors = executors
        self._ownership = ownership
        self._inbox = inbox
        self._history = history
        self._workflows = workflows
        self._begin = begin
        self._say = say
        self._clock = clock

    async def run(self) -> None:
        """Look all the time; never returns.

        Raises:
            AlreadyRunning: another process has this one's name.
        """
        while True:
            due = self._executors.due()
            await asyncio.sleep(LOOK_SECONDS if due is None else min(due, LOOK_SECONDS))
            self._workflows.check()
            try:
                await self.look()
            except Exception as error:
                log.warning("others not looked after", error=repr(error))

    async def join(self) -> None:
        """Be one of the processes, and know the others."""
        await self._executors.register(self._clock())
        await self.survey()

    async def survey(self) -> None:
        """Know of processes that never said that they are there; take on what is for none."""
        named = await self._executors.named() | await self._workflows.executors()
        named |= await self._inbox.noting()
        known = (id for id in named if not id.startswith(f"{SHELL}-"))
        await self._executors.know(known, self._clock())
        await self.look()
        if adopted := await self._workflows.adopt(self._executors.versions):
            log.warning("jobs of another version taken on", count=adopted)

    async def look(self) -> None:
        """Take over from every process that is gone."""
        await self._executors.look()
        if self._workflows.held and not self._executors.is_known:  # it was taken for gone
            await self._executors.register(self._clock())
        await self._workflows.reconsider()
        gone = self._executors.gone()
        self._taken = {id: at for id, at in self._taken.items() if id in gone}
        for id in gone:
            self._ownership.announce()
            if self._monotonic() - self._taken.get(id, float("-inf")) < AGAIN_SECONDS:
                continue
            lock = ExecutorLock(self._database, id)
            with suppress(AlreadyRunning):  # a peer is at it, or it has come back
                await asyncio.to_thread(lock.take)
                try:
                    await self._take_over(id)
                finally:
                    await asyncio.to_thread(lock.release)
                self._taken[id] = self._monotonic()

    async def _take_over(self, id: str) -> None:
        if noted := await self._inbox.recover(id):
            log.warning("events were noted and not stored", executor=id, count=noted)
            self._ownership.announce()
        left: Left = await self._executors.inherit(id)
        running = await self._workflows.requeue(id)
        unstarted, _ = await self._workflows.over(left.open)
        for job_id in unstarted:
            if job := await self._history.job(job_id):
                await self._begin(job)
        for job_id in left.untold:
            self._say(job_id)
        if left.open or left.untold or running:
            log.warning("taken over", executor=id, jobs=len(left.open), untold=len(left.untold))
        await self._executors.forget(id)

    async def leave(self) -> None:
        """Be none of the processes any more."""
        await self._executors.leave()
