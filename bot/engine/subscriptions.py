"""Who wants to know that a job has changed in this process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

BACKLOG = 256
"""Changes kept for a watcher that is slow; older ones are dropped, as only the newest matters."""


class Subscription:
    """One watcher's view: the ids of jobs that changed, in order."""

    def __init__(self) -> None:
        self._changed: asyncio.Queue[str] = asyncio.Queue(BACKLOG)

    def put(self, job_id: str) -> None:
        if self._changed.full():
            self._changed.get_nowait()
        self._changed.put_nowait(job_id)

    async def next(self, timeout: float) -> str | None:  # noqa: ASYNC109
        """The id of the next job that changes, or ``None`` after ``timeout`` seconds."""
        try:
            async with asyncio.timeout(timeout):
                return await self._changed.get()
        except TimeoutError:
            return None


class Subscriptions:
    """All watchers of a process."""

    def __init__(self) -> None:
        self._watches: set[Subscription] = set()

    @contextmanager
    def watch(self) -> Iterator[Subscription]:
        watch = Subscription()
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def tell(self, job_id: str) -> None:
        for watch in self._watches:
            watch.put(job_id)
