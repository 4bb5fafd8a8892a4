"""Bytes in flight: one budget for all that strangers send, or have us download.

Whatever is on its way into the media store is held in memory: from its first byte until it has been
looked at and written. However many send at the same time, that is bounded by one number, and one
owner has at most half of it: whoever sends much, or slowly, leaves room for others.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

IN_FLIGHT = 48 * 1024 * 1024
"""Bytes. The oldest transfer may exceed it: there is always one that can end. Half of it is more
than a picture may have."""


class Budget:
    """So many bytes may be in flight at the same time. To be used from one event loop.

    The oldest transfer may have as many as it needs, of which no more than half the total count: it
    keeps others waiting no more than anybody else does. So there are at most half the total and the
    largest transfer in flight, or the total.
    """

    def __init__(self, total: int = IN_FLIGHT) -> None:
        self._total = total
        self._transfers: dict[BudgetedTransfer, None] = {}  # that hold bytes, the oldest first
        self._owned: Counter[str] = Counter()
        self._freed = asyncio.Event()
        self.used = 0
        """The bytes that are in flight now."""

    @contextmanager
    def transfer(self, owner: str = "") -> Iterator["BudgetedTransfer"]:
        """Something that is on its way; all that it took is given back at the end.

        All of one ``owner`` together have half of the bytes, but for the oldest of everybody's.
        Whoever holds bytes must not wait for those of another transfer: then one of them ends.
        """
        transfer = BudgetedTransfer(self, owner)
        try:
            yield transfer
        finally:
            transfer.give_back(transfer.size)

    def fits(self, transfer: "BudgetedTransfer", count: int) -> bool:
        """Whether a transfer may have so many bytes more. The oldest one always may."""
        oldest = next(iter(self._transfers), transfer)
        if oldest is transfer:
            return True
        half = self._total // 2
        counted = self.used - max(0, oldest.size - half)
        if counted + count > self._total:
            return False
        if not transfer.owner:
            return True
        return self._owned[transfer.owner] + count <= half

    def taken(self, transfer: "BudgetedTransfer", count: int) -> None:
        """Note that a transfer has so many bytes more."""
        self._transfers.setdefault(transfer)
        self._owned[transfer.owner] += count
        self.used += count

    def given_back(self, transfer: "BudgetedTransfer", count: int) -> None:
        """Note that a transfer has so many bytes less."""
        self.used -= count
        self._owned[transfer.owner] -= count
        if not self._owned[transfer.owner]:
            del self._owned[transfer.owner]
        if not transfer.size:
            self._transfers.pop(transfer, None)
        self._freed.set()
        self._freed = asyncio.Event()

    async def freed(self) -> None:
        """Wait until another transfer has ended."""
        await self._freed.wait()


class BudgetedTransfer:
    """One file, or one form, on its way. Its ``size`` is what it has taken of the budget."""

    def __init__(self, budget: Budget, owner: str) -> None:
        self._budget = budget
        self.owner = owner
        self.size = 0

    async def take(self, count: int, limit: asyncio.Timeout | None = None) -> None:
        """Take so many bytes more; waits while there is no room.

        The clock of ``limit`` stands still meanwhile: whoever sends is not to blame for the wait.
        """
        if not self._budget.fits(self, count):
            await self._wait(count, limit)
        self.size += count
        self._budget.taken(self, count)

    def give_back(self, count: int) -> None:
        """Hold so many bytes no longer."""
        self.size -= count
        self._budget.given_back(self, count)

    async def _wait(self, count: int, limit: asyncio.Timeout | None) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        stopped = limit.when() if limit and not limit.expired() else None
        if limit and stopped is not None:
            limit.reschedule(None)
        while not self._budget.fits(self, count):
            await self._budget.freed()
        if limit and stopped is not None:
            limit.reschedule(stopped + loop.time() - begun)


_arriving: ContextVar[BudgetedTransfer | None] = ContextVar("arriving", default=None)


@contextmanager
def arriving(transfer: BudgetedTransfer) -> Iterator[None]:
    """What services answer with in this block, and in the tasks it begins, is part of a transfer.

    A provider is not asked to count: it has the bytes from what reads them for all providers.
    """
    token = _arriving.set(transfer)
    try:
        yield
    finally:
        _arriving.reset(token)


async def arrived(count: int, limit: asyncio.Timeout | None = None) -> None:
    """So many bytes of an answer are there; waits for room, if they are part of a transfer."""
    if (transfer := _arriving.get()) is not None:
        await transfer.take(count, limit)


def dropped(count: int) -> None:
    """So many bytes of an answer that have arrived are held no longer: there was no picture in it.

    A service may be asked hundreds of times whether one is finished.
    """
    if (transfer := _arriving.get()) is not None:
        transfer.give_back(count)
