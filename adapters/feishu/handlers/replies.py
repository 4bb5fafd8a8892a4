"""Answers that are not pictures: a card in reply to the message, or to the card that was used."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards import panels
from adapters.feishu.cards.elements import Element
from adapters.feishu.handlers.context import HandlerContext
from bot.domain.failures import Failure
from bot.domain.requests import JSON, Address, Incoming
from messages import Notice, negotiate

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 2000
"""Answers on their way or waiting for their turn; any further one stays stored."""

WORKING_AT_ONCE = 8
"""Answers that are worked on, so that in a burst events are still accepted in time."""

RESUME_SECONDS = 60.0
"""How often answers are looked for that nobody is sending."""

ATTEMPTS, PAUSE = 3, 2.0
"""How often an answer is sent, and the seconds before it is sent again; each try is itself several
calls to the platform."""


class Replies:
    """Sends in the background: an event is acknowledged meanwhile.

    What is to be sent is stored first, so that neither a crash loses it nor an event that comes
    again has it sent twice; Feishu knows an answer by its key for an hour.
    """

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._bot: Any = context.bot
        self._outbox, self._jobs = self._bot._intake._outbox, self._bot._jobs
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(WORKING_AT_ONCE)

    async def resume(self) -> None:
        """Until cancelled, send what is left: by an earlier program, or by one that has died."""
        while True:
            try:
                left = await self._outbox.left(PLATFORM, self._bot.clock())
                for key, content in left.items():
                    self._spawn(key, content)
            except Exception:
                log.exception("answers not looked for")
            await asyncio.sleep(RESUME_SECONDS)

    async def answer(self, incoming: Incoming, result: Notice | Failure) -> None:
        """Answer a request, once."""
        locale = negotiate(await self._bot.locale(incoming))
        what: dict[str, JSON] = {}
        if isinstance(result, Failure):
            what["card"] = panels.failure_card(result, locale)
        else:
            what["card"] = await self._card(result, incoming, locale)
            if result.key == "details":
                what["about"] = str(result.facts["job_id"])
        await self._keep(f"answer:{incoming.event_id}", FeishuPlace.of(incoming.address), what)

    async def once(self, place: FeishuPlace, key: str, card: Element) -> None:
        """Send a card unless one has been sent under that key."""
        await self._keep(key, place, {"card": card})

    async def display(self, place: FeishuPlace, key: str, job_id: str, locale: str) -> None:
        """Send a further card of a finished job, once for each key."""
        await self._keep(key, place, {"about": job_id, "locale": locale})

    async def _keep(self, key: str, place: FeishuPlace, what: dict[str, JSON]) -> None:
        if await self._jobs.answered(PLATFORM, key):
            return
        content = {**what, "place": dict(place.address().data)}
        await self._outbox.put(PLATFORM, key, place.user, content, self._bot.clock())
        self._spawn(key, content)

    async def _card(self, notice: Notice, incoming: Incoming, locale: str) -> Element:
        """The card of an answer; settings and history are cards to use."""
        viewer = incoming.viewer
        match notice.key:
            case "settings":
                return await panels.settings_of(self._bot, viewer, locale)
            case "history":
                return await panels.history_of(self._bot, viewer, locale)
            case _:
                return panels.notice_card(notice, locale, panels.home_of(viewer))

    def _spawn(self, key: str, content: Mapping[str, Any]) -> None:
        if key in self._tasks:
            return
        if len(self._tasks) >= MOST_AT_ONCE:
            log.warning("answer put off: too many at once")
            return
        self._tasks[key] = asyncio.create_task(self._in_turn(key, content))
        self._tasks[key].add_done_callback(lambda _: self._tasks.pop(key, None))

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
        if not await self._jobs.answered(PLATFORM, key):
            sent = await self._say(
                FeishuPlace.of(Address(PLATFORM, content["place"])), key, content
            )
            if sent and "about" in content:
                await self._bot.add_message(sent, content["about"], PLATFORM)
            await self._jobs.remember(PLATFORM, key, self._bot.clock())
        await self._outbox.drop(PLATFORM, key)

    async def _say(self, place: FeishuPlace, key: str, content: Mapping[str, Any]) -> str | None:
        desk = self._context.desk
        if "card" in content:
            return await desk.say(place, content["card"], key)
        message = await self._bot.message(content["about"], place.viewer)
        if message is None:
            return None
        return await desk.display(place, message, content["locale"], key)

    async def close(self) -> None:
        """Stop; what is still on its way is sent at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
