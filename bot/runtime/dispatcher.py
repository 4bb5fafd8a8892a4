"""Workflows begin: at once where there is room, and otherwise when another one ends.

While nothing happens nothing is asked of the database, but for a look now and then at what has come
into the queue in another way.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context

import structlog

from bot.runtime.backpressure import Backpressure
from bot.runtime.workflow_queue import Claim, Contended, WorkflowQueue

LOOK_SECONDS = 3.0
"""How often the queue is looked at where nobody announces what another process has queued."""

ANNOUNCED_LOOK_SECONDS = 10.0
"""The same where it is announced: for what was announced while nobody heard it."""

AT_ONCE = 4
"""Partitions in which claims are made at the same time."""

CONTENDED_SECONDS = 0.1
"""After this time, more or less, it is tried again to claim what another process was claiming."""

log = structlog.get_logger(__name__)


class Dispatcher:
    """Begins workflows of ``queue`` in this process: ``most`` at a time, ``most_each`` of one
    partition, and none while it may not. It is used on the event loop alone."""

    def __init__(
        self,
        queue: WorkflowQueue,
        most: int,
        most_each: int,
        *,
        may: Callable[[], bool],
        announced: bool,
        backpressure: Backpressure,
    ) -> None:
        self._queue = queue
        self._most = most
        self._most_each = most_each
        self._may = may
        self._pause = ANNOUNCED_LOOK_SECONDS if announced else LOOK_SECONDS
        self._running: dict[str, str] = {}
        self._running_in: Counter[str] = Counter()
        self._new: set[str] = set()
        self._unbegun: set[str] = set()
        self._backpressure = backpressure
        self._crowded: set[str] = set()
        self._due: dict[str, None] = {}
        self._news = asyncio.Event()
        self._look_at = 0.0
        self._closed = False

    async def start(self, claim: Claim, partition: str) -> bool:
        """Store a workflow, and begin it if it need not wait; says whether it was begun.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away; to be called again.
        """
        job_id = claim.job_id
        if job_id in self._running:
            return False
        here = self._has_room()
        if here:
            self._hold(job_id, partition)
        try:
            claimed = await self._queue.add(claim, here=here)
        except BaseException:
            self._let_go(job_id)
            raise
        if claimed:
            self._new.add(job_id)
            await self._run(claim)
            return True
        self._let_go(job_id)
        if here:
            self._crowded.add(partition)
        elif self._may():
            self.wake(partition)
        return False

    def is_new(self, job_id: str | None) -> bool:
        """Whether a workflow has just been stored here, so that nobody has begun it before."""
        return job_id in self._new

    @property
    def unbegun(self) -> frozenset[str]:
        """What this process has claimed, and begins as soon as the loop has time."""
        return frozenset(self._unbegun)

    @property
    def is_crowded(self) -> bool:
        """Whether something waits anywhere, as far as is known here."""
        return bool(self._crowded)

    def ended(self, job_id: str) -> None:
        """A workflow has ended, and that is stored: what waits for it may begin."""
        self._new.discard(job_id)
        partition = self._let_go(job_id)
        if partition in self._crowded:
            self._due[partition] = None
        if self._due:
            self._news.set()

    def wake(self, partition: str) -> None:
        """Something waits in a partition."""
        self._crowded.add(partition)
        self._due[partition] = None
        self._news.set()

    def look(self) -> None:
        """Something may wait anywhere."""
        self._look_at = 0.0
        self._news.set()

    def close(self) -> None:
        """Begin nothing any more; what is started waits for another process."""
        self._closed = True
        self._news.set()

    async def work(self) -> None:
        """Begin what waits, until it is closed."""
        while not self._closed:
            self._news.clear()
            try:
                if time.monotonic() >= self._look_at:
                    self._look_at = time.monotonic() + self._pause
                    await self._find()
                await self._begin()
            except Exception as error:
                log.warning("what waits is not begun yet", error=repr(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_at - time.monotonic()):
                    await self._news.wait()

    async def _find(self) -> None:
        found = await asyncio.to_thread(self._queue.partitions)
        random.shuffle(found)  # others that look at the same moment begin elsewhere
        self._crowded.intersection_update({*found, *self._running_in})
        self._crowded.update(found)
        self._due.update(dict.fromkeys(found))

    async def _begin(self) -> None:
        while self._due and self._has_room():  # without, the next one that ends goes on here
            some = [*itertools.islice(self._due, AT_ONCE)]
            for partition in some:
                del self._due[partition]
            outcomes = await asyncio.gather(*map(self._claim, some), return_exceptions=True)
            for failed in filter(None, outcomes):
                raise failed

    async def _claim(self, partition: str) -> None:
        if self._running_in[partition] >= self._most_each:
            return
        try:
            claims = await asyncio.to_thread(self._queue.claim, partition, len(self._running))
        except Contended:
            pause = CONTENDED_SECONDS * random.uniform(0.5, 1.5)
            asyncio.get_running_loop().call_later(pause, self.wake, partition)
            return
        for claim in claims:
            self._hold(claim.job_id, partition)
            await self._run(claim)
        if not self._running_in[partition]:
            self._crowded.discard(partition)

    async def _run(self, claim: Claim) -> None:
        self._unbegun.add(claim.job_id)
        try:
            await self._backpressure.relieved()
            if self._closed:
                self.ended(claim.job_id)
                return
            # A workflow outlives the request that began it, and has nothing of its context.
            run = Context().run
            if self.is_new(claim.job_id):
                run(self._queue.run, claim)
            else:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(None, run, self._queue.run, claim)
        except Exception as error:
            log.warning("workflow not begun", job_id=claim.job_id, error=repr(error))
            self.ended(claim.job_id)
        finally:
            self._unbegun.discard(claim.job_id)

    def _hold(self, job_id: str, partition: str) -> None:
        """One more is running, or about to."""
        self._let_go(job_id)
        self._running[job_id] = partition
        self._running_in[partition] += 1

    def _let_go(self, job_id: str) -> str | None:
        """It is not; gives its partition, if it was."""
        partition = self._running.pop(job_id, None)
        if partition is not None:
            self._running_in[partition] -= 1
            if not self._running_in[partition]:
                del self._running_in[partition]
        return partition

    def _has_room(self) -> bool:
        return not self._closed and self._may() and len(self._running) < self._most
