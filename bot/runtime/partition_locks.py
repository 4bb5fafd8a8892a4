"""Numbered parts of some work, which the processes of one database divide among themselves.

Whoever does a part holds a lock on it, which ends with the process: then another takes it.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from bot.runtime.executor_lock import AlreadyRunning, ExecutorLock, abandoned
from bot.storage.database import Database

FREE_SECONDS = 10.0
"""How often it is looked for free parts while there are as many processes as before."""


class PartitionLocks:
    """The parts that this process has; ``sharing`` says how many processes there are for them."""

    def __init__(
        self,
        database: Database,
        sharing: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._sharing = sharing
        self._monotonic = monotonic
        self._looked: dict[str, tuple[int, float]] = {}
        self._totals: dict[str, int] = {}
        self._locks: dict[str, dict[int, ExecutorLock]] = {}
        self._turn = asyncio.Lock()

    async def assigned(self, work: str, total: int) -> frozenset[int]:
        """Which of the parts 0 to ``total`` - 1 are this process's from now on; to be asked again.

        It takes free ones until it has its share, and gives back those beyond it. One whose lock
        another has got, while this process was stopped or without its database, is lost.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        async with self._turn:
            mine = self._locks.setdefault(work, {})
            divided_anew = self._totals.get(work) != total
            self._totals[work] = total
            for part in [part for part, lock in mine.items() if lock.lost or divided_anew]:
                await self._release(mine, part)
            sharing = max(1, self._sharing())
            share = -(-total // sharing)
            for part in sorted(mine)[share:]:
                await self._release(mine, part)
            if len(mine) < share and self._may_be_free(work, sharing, anew=divided_anew):
                names = {f"{work}-{total}:{part}": part for part in range(total)}
                wanted = {name for name, part in names.items() if part not in mine}
                free = await asyncio.to_thread(abandoned, self._database, wanted)
                for name in sorted(free, key=lambda name: names[name])[: share - len(mine)]:
                    lock = ExecutorLock(self._database, name)
                    with suppress(AlreadyRunning):
                        await asyncio.to_thread(lock.take)
                        mine[names[name]] = lock
            return frozenset(mine)

    def _may_be_free(self, work: str, sharing: int, *, anew: bool) -> bool:
        """Whether it is time to look for free parts: when a process has come or gone, or after a
        while."""
        before, at = self._looked.get(work, (0, 0.0))
        now = self._monotonic()
        if not anew and sharing == before and now - at < FREE_SECONDS:
            return False
        self._looked[work] = (sharing, now)
        return True

    @staticmethod
    async def _release(mine: dict[int, ExecutorLock], part: int) -> None:
        await asyncio.to_thread(mine.pop(part).release)

    async def close(self) -> None:
        """Give everything back."""
        async with self._turn:
            for mine in self._locks.values():
                for part in list(mine):
                    await self._release(mine, part)
