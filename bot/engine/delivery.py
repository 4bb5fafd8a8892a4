"""Showing a job's one message: in order, never twice the same, until it has arrived."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from weakref import WeakValueDictionary

import structlog
from cachetools import FIFOCache

from bot.domain import protocol
from bot.domain.jobs import Job
from bot.domain.requests import Address
from bot.ports import Adapter, Undeliverable
from bot.runtime import retries
from bot.storage.jobs import JobStore
from bot.storage.ownership import NotHeld, Ownership
from messages import Message, Status

log = structlog.get_logger(__name__)

ROUND_SECONDS = 60.0
"""So often a platform is given the final messages that have not arrived, if their turn has come."""

LONGEST_PAUSE = 3600.0
"""Seconds between two tries of one message, at most."""

GIVEN_UP_SECONDS = 24 * 3600.0
"""A message that has not arrived so long after its job has ended is given up."""

SHOWN_KEPT = 4096
"""Jobs of which this process remembers what it has shown last."""

MISSES = 3
"""After so many failures in a row a platform is taken to be away until the next round."""


class Delivery:
    """Shows jobs through the adapters of this process.

    What is shown is always rendered from the job's row as it stands, under a lock, so that a late
    progress message cannot cover a result. The row names the process that shows it: another one,
    from which it was taken over, shows nothing.

    What that one was sending when it was stopped arrives all the same, once it goes on. So whoever
    has sent something looks whether anything else was shown meanwhile: then it takes away what it
    has posted beside that, and shows the job once more as it stands. Until then the row says that
    this is still to be done, for whoever owns it, should the other one end.
    """

    def __init__(
        self,
        history: JobStore,
        ownership: Ownership,
        message: Callable[[Job], Awaitable[Message]],
        pause: float = 1.0,
    ) -> None:
        self.adapters: dict[str, Adapter] = {}
        self._history = history
        self._ownership = ownership
        self._message = message
        self.pause = pause
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._shown: FIFOCache[str, str] = FIFOCache(SHOWN_KEPT)
        self._waiting: set[str] = set()
        self._due: dict[str, tuple[float, float]] = {}

    async def show(self, job_id: str, job: Job | None = None) -> None:
        """Make the job's message look as the job stands now.

        ``job`` is its row, of whoever has just read it; it is read again if that has to wait, or
        if it was shown since.

        Raises:
            Exception: whatever the adapter raises; :meth:`insist` and :meth:`try_to` handle it.
        """
        lock = self._locks.setdefault(job_id, asyncio.Lock())
        if lock.locked() or (job and job.shown != self._shown.get(job_id, job.shown)):
            job = None
        async with lock:
            late = False
            while (job := job or await self._history.job(job_id)) and self._is_ours(job, late):
                if late:  # what covers something newer stays there until this is shown
                    await retries.LOST_LOCK(NotHeld, self._certain)
                now = await self._show(job)
                if now is None or (now.status is job.status and now.shown is not None):
                    return
                job, late = None, True
                log.info("shown once more", job_id=job_id)

    def _is_ours(self, job: Job, late: bool) -> bool:
        """Whether this process is to show a job.

        That of another is changed where it is already: its place in the queue, and what has just
        been covered here ``late``, when that one had gone on.
        """
        if job.executor in ("", self._ownership.executor):
            return True
        return job.address.message is not None and (late or job.status is Status.QUEUED)

    async def _certain(self) -> None:
        self._ownership.check()

    async def _show(self, job: Job) -> Job | None:
        """Show a job; gives it as it stands afterwards, if it was shown."""
        adapter = self.adapters.get(job.platform)
        if adapter is None or job.deleted:
            return None
        message = await self._message(job)
        digest = hashlib.sha256(repr(message).encode()).hexdigest()[:32]
        told = job.status.final
        if digest != job.shown:
            self._ownership.check()
            address = await adapter.show(job.address, message, job.locale)
            self._shown[job.id] = digest
            now = await self._history.shown(job, address, digest, told=told)
            if now is None or (address.message and address.message != now.address.message):
                await self._take_away(adapter, job.id, address)  # deleted, or posted beside another
            return now
        if job.untold and told:
            await self._history.change(job.id, untold=False)
        return None

    async def remove(self, job_id: str) -> None:
        """Take a job's messages away; where that is not possible, they stay."""
        lock = self._locks.setdefault(job_id, asyncio.Lock())
        async with lock:  # one that is on its way arrives first, and is then known
            job = await self._history.job(job_id)
            if job is None or (adapter := self.adapters.get(job.platform)) is None:
                return
            copies = await self._history.copies.of(job_id)
            for address in (job.address, *(replace(job.address, message=one) for one in copies)):
                await self._take_away(adapter, job_id, address)

    async def _take_away(self, adapter: Adapter, job_id: str, address: Address) -> None:
        try:
            await adapter.remove(address)
        except Exception as error:
            log.warning("message not removed", job_id=job_id, error=repr(error))

    async def refresh(self, job_id: str) -> None:
        """Show an open job again although nothing changed: its address is about to expire."""
        if await self._history.change(job_id, when=protocol.OPEN, shown=None):
            await self.try_to(job_id)

    async def try_to(self, job_id: str, job: Job | None = None) -> None:
        """Show once, see :meth:`show`; a step that is soon followed by another need not arrive.

        Where one waits already, it will show what there is to show by then.
        """
        if job_id in self._waiting:
            return
        self._waiting.add(job_id)
        lock = self._locks.setdefault(job_id, asyncio.Lock())
        if lock.locked():
            job = None
        try:
            async with lock:
                self._waiting.discard(job_id)
            await self.show(job_id, job)
        except Exception as error:
            log.warning("message not shown", job_id=job_id, error=repr(error))
        finally:
            self._waiting.discard(job_id)

    async def insist(self, job_id: str, job: Job | None = None) -> bool:
        """Show until it has arrived, see :meth:`show`; says whether it did. Otherwise :meth:`late`
        goes on."""
        rows = iter((job,))  # of the first try

        async def arrives() -> bool:
            return await self._arrives(job_id, next(rows, None))

        try:
            return await retries.message(self.pause)(Exception, arrives)
        except Exception:
            log.warning("message is late", job_id=job_id)
            return False

    async def _arrives(self, job_id: str, job: Job | None = None) -> bool:
        """Show once: whether it has arrived, or never can.

        Raises:
            Exception: it is worth another try.
        """
        try:
            await self.show(job_id, job)
        except Undeliverable as error:
            log.error("message undeliverable", job_id=job_id, error=repr(error))
            await self._history.change(job_id, untold=False)
            return False
        except Exception as error:
            log.warning("message not shown yet", job_id=job_id, error=repr(error))
            raise
        return True

    async def late(self, platform: str, now: float, monotonic: float) -> None:
        """Try once more, slowly, what has not arrived on a platform.

        Every message has its own growing pause; once one arrives, all are tried. ``now`` is in
        seconds since the epoch, ``monotonic`` by the monotonic clock.
        """
        misses = 0
        for job in await self._history.untold(platform, self._ownership.executor):
            due, pause = self._due.get(job.id, (monotonic, ROUND_SECONDS))
            if due > monotonic:
                continue
            try:
                await self._arrives(job.id)
            except Exception:
                misses += 1
                self._due[job.id] = (monotonic + pause, min(LONGEST_PAUSE, 2 * pause))
            else:
                misses = 0
                self._due.clear()
                continue
            if now - (job.finished_at or job.created_at) > GIVEN_UP_SECONDS:
                log.error("message given up", job_id=job.id)
                await self._history.change(job.id, untold=False)
            if misses == MISSES:
                return
