"""Who asks comes first: work that is under way lets those in who are at the door."""

import asyncio
from contextlib import suppress
from types import TracebackType

LONGEST_SECONDS = 2.0
"""So long what follows a request waits at most, however many people come."""

APART_SECONDS = 0.05
"""After that time, steps of the work go one by one, so far apart, for as long as people come."""


class Door:
    """Entered, as a context, by each request while it is being accepted.

    A platform waits three seconds for that; a picture takes longer anyway.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._one = asyncio.Lock()
        self._empty = asyncio.Event()
        self._empty.set()

    def __enter__(self) -> None:
        self._inside += 1
        self._empty.clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inside -= 1
        if not self._inside:
            self._empty.set()

    async def after_you(self) -> None:
        """Return when nobody is being accepted, and after :data:`LONGEST_SECONDS` anyway."""
        await self._until_empty(LONGEST_SECONDS)

    async def one_by_one(self) -> None:
        """As :meth:`after_you`, and then in turn: the work does not rush in all at once."""
        await self._until_empty(LONGEST_SECONDS)
        if not self._empty.is_set():
            async with self._one:
                await self._until_empty(APART_SECONDS)

    async def _until_empty(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
