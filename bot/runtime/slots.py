"""Places for work that takes long, shared so that nobody holds all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Slots:
    """``total`` places, of which one owner has at most ``each``; who has none waits its turn.

    An owner waits for its own places first, so that what it has begun too much of keeps nobody
    else out. To be used from one event loop.
    """

    def __init__(self, total: int, each: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._each = each
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, owner: str) -> AsyncIterator[None]:
        """One place, for as long as the block lasts."""
        own = self._own.get(owner)
        if own is None:
            own = self._own[owner] = asyncio.Semaphore(self._each)
        async with own, self._all:
            yield
