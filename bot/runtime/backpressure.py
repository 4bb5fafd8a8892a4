"""What can wait lets go first what cannot: jobs go on when the event loop keeps up.

A platform waits three seconds for an acknowledgement; a person who has one waits much longer for a
picture. Without this each job that begins or goes on in a rush makes all acknowledgements later.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

ROUNDS = 4
"""So many rounds of the event loop are looked at: one may be short by chance."""

LATE_SECONDS = 0.0005
"""If they take longer together, somebody else has something to do: with nothing to do they take a
tenth of it. With four times as much, acknowledgements of a rush were twice as late."""

PAUSE_SECONDS = 0.01
"""So long after that it is looked again."""

LONGEST_SECONDS = 4.0
"""So long a piece of work waits at most, more or less, for its turn and in it: in any rush some
goes on."""


class Backpressure:
    """Has work go on piece by piece, in the order in which it came."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def relieved(self) -> None:
        """Wait for one's turn, and then until the event loop keeps up; the more wait for theirs,
        the shorter."""
        self._waiting += 1
        try:
            async with self._turn:
                began = self._monotonic()
                while await self._is_late():
                    left = began + LONGEST_SECONDS / self._waiting - self._monotonic()
                    if left <= 0:
                        break
                    await self._sleep(min(PAUSE_SECONDS, left))
        finally:
            self._waiting -= 1

    async def _is_late(self) -> bool:
        began = self._monotonic()
        for _ in range(ROUNDS):
            await self._sleep(0)
        return self._monotonic() - began > LATE_SECONDS
