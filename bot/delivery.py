"""Showing a job's one message: in order, never twice the same, until it has arrived."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from weakref import WeakValueDictionary

import structlog

from bot import protocol
from bot.history import History
from bot.job import Job
from bot.ports import Adapter, Undeliverable
from messages import Message

log = structlog.get_logger(__name__)

ATTEMPTS = 14
"""How often a final message is tried; with the pauses between them, for about ten minutes."""

LONGEST_PAUSE = 60.0
"""Seconds between two tries, at most."""


class Delivery:
    """Shows jobs through the adapters of this process.

    What is shown is always rendered from the job's row as it stands, under a lock, so that a late
    progress message cannot cover a result.
    """

    def __init__(
        self, history: History, message: Callable[[Job], Awaitable[Message]], pause: float = 1.0
    ) -> None:
        self.adapters: dict[str, Adapter] = {}
        self._history = history
        self._message = message
        self.pause = pause
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def show(self, job_id: str) -> None:
        """Make the job's message look as the job stands now.

        Raises:
            Exception: whatever the adapter raises; :meth:`insist` and :meth:`try_to` handle it.
        """
        lock = self._locks.setdefault(job_id, asyncio.Lock())
        async with lock:
            while job := await self._history.job(job_id):
                await self._show(job)
                now = await self._history.job(job_id)
                if now is None or now.status is job.status:
                    return

    async def _show(self, job: Job) -> None:
        adapter = self.adapters.get(job.platform)
        if adapter is None or job.deleted:
            return
        message = await self._message(job)
        digest = hashlib.sha256(repr(message).encode()).hexdigest()[:32]
        if digest == job.shown:
            return
        address = await adapter.show(job.address, message, job.locale)
        await self._history.change(job.id, address=address, shown=digest)

    async def remove(self, job_id: str) -> None:
        """Take a job's messages away; where that is not possible, they stay."""
        job = await self._history.job(job_id)
        if job is None or (adapter := self.adapters.get(job.platform)) is None:
            return
        copies = await self._history.copies.of(job_id)
        async with self._locks.setdefault(job_id, asyncio.Lock()):
            for address in (job.address, *(replace(job.address, message=one) for one in copies)):
                try:
                    await adapter.remove(address)
                except Exception as error:
                    log.warning("message not removed", job_id=job_id, error=repr(error))

    async def refresh(self, job_id: str) -> None:
        """Show an open job again although nothing changed: its address is about to expire."""
        if await self._history.change(job_id, when=protocol.OPEN, shown=None):
            await self.try_to(job_id)

    async def try_to(self, job_id: str) -> None:
        """Show once; a step that is soon followed by another need not arrive."""
        try:
            await self.show(job_id)
        except Exception as error:
            log.warning("message not shown", job_id=job_id, error=repr(error))

    async def insist(self, job_id: str) -> bool:
        """Show until it has arrived; says whether it did."""
        for attempt in range(ATTEMPTS):
            try:
                await self.show(job_id)
                return True
            except Undeliverable as error:
                log.error("message undeliverable", job_id=job_id, error=repr(error))
                return False
            except Exception as error:
                log.warning("message not shown yet", job_id=job_id, error=repr(error))
                await asyncio.sleep(min(LONGEST_PAUSE, self.pause * 2**attempt))
        log.error("message given up", job_id=job_id)
        return False
