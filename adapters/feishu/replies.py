"""Answers that are not pictures: a card in reply to the message, or to the card that was used."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from adapters.feishu import panels
from adapters.feishu.address import PLATFORM, Place
from adapters.feishu.asking import Asking
from adapters.feishu.elements import Element
from bot.failures import Failure
from bot.ports import Incoming
from messages import Notice, negotiate

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 2000
"""Answers on their way or waiting for their turn; any further one is dropped."""

WORKING_AT_ONCE = 8
"""Answers that are worked on, so that in a burst events are still accepted in time."""

ATTEMPTS, PAUSE = 3, 2.0
"""How often an answer is sent, and the seconds before it is sent again; each try is itself several
calls to the platform."""


class Replies:
    """Sends in the background: an event is acknowledged meanwhile."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._app = asking.app
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(WORKING_AT_ONCE)

    def answer(self, incoming: Incoming, result: Notice | Failure) -> None:
        """Answer a request; one that was answered before is not answered again."""
        self.spawn(self._answer(incoming, result))

    async def _answer(self, incoming: Incoming, result: Notice | Failure) -> None:
        locale = negotiate(await self._app.engine.locale(incoming))
        place = Place.of(incoming.address)
        if isinstance(result, Failure):
            card = panels.failure_card(result, locale)
            await self.once(place, f"refused:{incoming.event_id}", card)
        elif result.new:
            card = await self._card(result, incoming.requester, locale)
            await self._send(place, incoming.event_id, card)

    async def once(self, place: Place, key: str, card: Element) -> None:
        """Send a card unless one has been sent under that key."""
        if await self._app.history.answered(PLATFORM, key):
            return
        await self._app.history.remember(PLATFORM, key, self._app.clock())
        await self._send(place, key, card)

    async def _card(self, notice: Notice, user: str, locale: str) -> Element:
        """The card of an answer; settings and history are cards to use."""
        match notice.key:
            case "settings":
                return await panels.settings_of(self._app, user, locale)
            case "history":
                return await panels.history_of(self._app, user, locale)
            case _:
                return panels.notice_card(notice, locale)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something after the event is acknowledged."""
        if len(self._tasks) >= MOST_AT_ONCE:
            log.warning("answer dropped: too many at once")
            work.close()
            return
        task = asyncio.create_task(self._in_turn(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, place: Place, key: str, card: Element) -> None:
        """Sent twice under one key it arrives once."""
        for attempt in range(ATTEMPTS):
            try:
                await self._asking.desk.say(place, card, key)
                return
            except Exception as error:
                log.warning("answer not sent", chat=place.chat, attempt=attempt, error=repr(error))
            await asyncio.sleep(PAUSE * (attempt + 1))

    async def _in_turn(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            async with self._turns:
                await work
        except Exception as error:
            log.warning("answer not sent", error=repr(error))
        finally:
            work.close()

    async def close(self) -> None:
        """Drop what is still on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
