"""Who asks comes first: work that is under way lets those in who are at the door."""

import asyncio
from types import TracebackType

LONGEST_SECONDS = 2.0
"""So long a step of the work waits at most, however many people come."""


class Door:
    """Entered, as a context, by each request while it is being accepted.

    A platform waits three seconds for that; a picture takes longer anyway.
    """

    def __init__(self) -> None:
        self._inside = 0
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
        if self._empty.is_set():
            return
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._empty.wait()
        except TimeoutError:
            return
