"""Replies in words, each sent once.

What is to be sent is stored first, so that neither a crash loses it nor an event that comes again
has it sent twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import structlog

from bot.domain.requests import JSON
from bot.ports import Outbox
from bot.runtime import retries

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 2000
"""Replies on their way or waiting for their turn; any further one stays stored."""

WORKING_AT_ONCE = 8
"""Replies that are worked on, so that in a burst events are still accepted in time."""

RESUME_SECONDS = 30.0
"""How often replies are looked for that nobody is sending, if no process is found to be gone."""

Send: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Sends a reply's content under its key; what it raises is worth another try."""


class Replies:
    """Sends the replies of one platform in the background.

    The platform knows by a reply's key that it has it already for at least ``seconds``; later it
    is not sent any more.
    """

    def __init__(
        self,
        outbox: Outbox,
        platform: str,
        send: Send,
        *,
        seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._outbox = outbox
        self._platform = platform
        self._send = send
        self._seconds = seconds
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(WORKING_AT_ONCE)

    async def resume(self) -> None:
        """Until cancelled, send what is left: by an earlier program, or by one that has died."""
        while True:
            try:
                left = await self._outbox.take(
                    self._platform, self._clock(), self._tasks.keys(), self._seconds
                )
                for key, content in left.items():
                    self._spawn(key, content)
            except Exception:
                log.exception("replies not looked for")
            await self._outbox.until_left(RESUME_SECONDS)

    async def reply(self, key: str, requester: str, content: Mapping[str, JSON]) -> None:
        """Store a reply, unless it was sent before, and begin to send it."""
        stored = await self._outbox.put(self._platform, key, requester, content, self._clock())
        if stored:
            self._spawn(key, content)

    async def settled(self, key: str) -> None:
        """Wait until a reply was sent, or is left for later."""
        if task := self._tasks.get(key):
            await asyncio.wait({task})

    def _spawn(self, key: str, content: Mapping[str, Any]) -> None:
        if key in self._tasks:
            return
        if len(self._tasks) >= MOST_AT_ONCE:
            log.warning("reply put off: too many at once")
            return
        self._tasks[key] = asyncio.create_task(self._insist(key, content))
        self._tasks[key].add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _insist(self, key: str, content: Mapping[str, Any]) -> None:
        try:
            await retries.REPLY(Exception, self._once, key, content)
        except Exception as error:
            log.warning("reply not sent yet", key=key, error=repr(error))

    async def _once(self, key: str, content: Mapping[str, Any]) -> None:
        async with self._turns:
            if await self._outbox.is_to_send(self._platform, key):
                await self._send(key, content)
                await self._outbox.sent(self._platform, key, self._clock())

    async def close(self) -> None:
        """Stop; what is still on its way is sent at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
