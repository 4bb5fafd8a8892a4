"""Answers that are not pictures: a card in reply to the message, or to the card that was used."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from adapters.feishu import panels
from adapters.feishu.address import PLATFORM, Place
from adapters.feishu.asking import Asking
from adapters.feishu.elements import Element
from bot.failures import Failure
from bot.ports import JSON, Address, Incoming
from messages import Notice, negotiate

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 2000
"""Answers on their way or waiting for their turn; any further one stays stored."""

WORKING_AT_ONCE = 8
"""Answers that are worked on, so that in a burst events are still accepted in time."""

ATTEMPTS, PAUSE = 3, 2.0
"""How often an answer is sent, and the seconds before it is sent again; each try is itself several
calls to the platform."""


class Replies:
    """Sends in the background: an event is acknowledged meanwhile.

    What is to be sent is stored first, so that neither a crash loses it nor an event that comes
    again has it sent twice; Feishu knows an answer by its key for an hour.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._app = asking.app
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(WORKING_AT_ONCE)

    async def resume(self) -> None:
        """Send what an earlier program has left."""
        for key, content in (await self._app.outbox.left(PLATFORM, self._app.clock())).items():
            self._spawn(key, content)

    async def answer(self, incoming: Incoming, result: Notice | Failure) -> None:
        """Answer a request, once."""
        locale = negotiate(await self._app.engine.locale(incoming))
        if isinstance(result, Failure):
            card = panels.failure_card(result, locale)
        else:
            card = await self._card(result, incoming.requester, locale)
        await self.once(Place.of(incoming.address), f"answer:{incoming.event_id}", card)

    async def once(self, place: Place, key: str, card: Element) -> None:
        """Send a card unless one has been sent under that key."""
        await self._keep(key, place, {"card": card})

    async def display(self, place: Place, key: str, job_id: str, locale: str) -> None:
        """Send a further card of a finished job, once for each key."""
        await self._keep(key, place, {"job": job_id, "locale": locale})

    async def _keep(self, key: str, place: Place, what: dict[str, JSON]) -> None:
        if await self._app.history.answered(PLATFORM, key):
            return
        content = {**what, "place": dict(place.address().data)}
        if await self._app.outbox.put(PLATFORM, key, content, self._app.clock()):
            self._spawn(key, content)

    async def _card(self, notice: Notice, user: str, locale: str) -> Element:
        """The card of an answer; settings and history are cards to use."""
        match notice.key:
            case "settings":
                return await panels.settings_of(self._app, user, locale)
            case "history":
                return await panels.history_of(self._app, user, locale)
            case _:
                return panels.notice_card(notice, locale)

    def _spawn(self, key: str, content: Mapping[str, Any]) -> None:
        if len(self._tasks) >= MOST_AT_ONCE:
            log.warning("answer put off to the next start: too many at once")
            return
        task = asyncio.create_task(self._in_turn(key, content))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, key: str, content: Mapping[str, Any]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                async with self._turns:
                    await self._send(key, content)
                return
            except Exception as error:
                log.warning("answer not sent", key=key, attempt=attempt, error=repr(error))
            await asyncio.sleep(PAUSE * (attempt + 1))

    async def _send(self, key: str, content: Mapping[str, Any]) -> None:
        """Sent twice under one key it arrives once."""
        desk, place = self._asking.desk, Place.of(Address(PLATFORM, content["place"]))
        if "card" in content:
            await desk.say(place, content["card"], key)
        elif job := await self._app.history.job(content["job"]):
            message = await self._app.engine.message(job)
            await desk.display(place, message, content["locale"], key)
        await self._app.history.remember(PLATFORM, key, self._app.clock())
        await self._app.outbox.drop(PLATFORM, key)

    async def close(self) -> None:
        """Stop; what is still on its way is sent at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
