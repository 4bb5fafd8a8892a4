"""Answers that are not pictures: a card in reply to the message, or to the card that was used."""

from collections.abc import Mapping
from typing import Any

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards import panels
from adapters.feishu.cards.elements import Element
from adapters.feishu.handlers.context import HandlerContext
from bot.chat.replies import Replies
from bot.domain.failures import Failure
from bot.domain.requests import JSON, Address, Incoming
from messages import Notice, negotiate

REPLY_SECONDS = 3000.0
"""How long an answer is of use; Feishu knows one by its key for an hour."""


class CardReplies:
    """Sends in the background: an event is acknowledged meanwhile."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._bot = bot = context.bot
        self._replies = Replies(
            bot.outbox, PLATFORM, self._send, seconds=REPLY_SECONDS, clock=bot.clock
        )
        self.resume = self._replies.resume
        self.close = self._replies.close

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
        content = {**what, "place": dict(place.address().data)}
        await self._replies.reply(key, place.user, content)

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

    async def _send(self, key: str, content: Mapping[str, Any]) -> None:
        """Sent twice under one key it arrives once."""
        place = FeishuPlace.of(Address(PLATFORM, content["place"]))
        sent = await self._say(place, key, content)
        if sent and "about" in content:
            await self._bot.add_message(sent, content["about"], PLATFORM)

    async def _say(self, place: FeishuPlace, key: str, content: Mapping[str, Any]) -> str | None:
        delivery = self._context.delivery
        if "card" in content:
            return await delivery.say(place, content["card"], key)
        message = await self._bot.message(content["about"], place.viewer)
        if message is None:
            return None
        return await delivery.display(place, message, content["locale"], key)
