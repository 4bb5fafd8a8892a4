"""What every way of asking needs: the engine's door, who we are, and where and how to answer."""

import asyncio
from dataclasses import dataclass, replace

import structlog
from cachetools import FIFOCache

from adapters.feishu.access import allowed, stale
from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards.panels import Readers
from adapters.feishu.delivery.outbound import FeishuDelivery
from adapters.feishu.events.dispatcher import NotAccepted, mapping, text
from adapters.feishu.settings import FeishuSettings
from bot.domain import Accepted, Failure, Incoming, Job, Viewer
from bot.ports import Bot, Receive
from messages import Notice, negotiate

log = structlog.get_logger(__name__)

UNDETERMINED = "und"
"""A language that nothing tells: https://www.rfc-editor.org/rfc/rfc5646#section-4.1."""

RECENT_JOBS = 20
"""Among so many of a person's jobs their chat with the bot is looked for."""

MOST_KNOWN = 10_000
"""People whose chat with the bot is remembered."""

IDENTITY_SECONDS = 1.5
"""How long an event waits until the bot knows its own id."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a person asks: the chat, the conversation in it, and whether it is theirs alone.

    ``root`` is the message with which the topic began, where ``thread`` says that it is one.
    """

    user: str
    chat: str
    conversation: str
    p2p: bool = False
    thread: bool = False
    root: str = ""

    def place(self, asked: str | None) -> FeishuPlace:
        """Where to answer; ``asked`` is the message to reply to."""
        root = self.root if self.thread and self.root else None
        return FeishuPlace(self.chat, self.user, asked, root, thread=self.thread, p2p=self.p2p)


class HandlerContext:
    """Shared by the handlers of events."""

    def __init__(self, bot: Bot, settings: FeishuSettings, delivery: FeishuDelivery) -> None:
        self.bot = bot
        self.settings = settings
        self.delivery = delivery
        self.receive: Receive | None = None
        self._alone: FIFOCache[str, str] = FIFOCache(MOST_KNOWN)
        self._me = ""
        self._learning: asyncio.Task[str] | None = None

    def allowed(self, spot: Spot) -> bool:
        """Whether somebody may ask there."""
        return allowed(self.settings, spot.chat, spot.user, p2p=spot.p2p)

    def too_old(self, created: float) -> bool:
        """Whether something of that moment (seconds) is not answered any more: by the clock of
        the platform, whose moment it is, where ours is wrong."""
        now = self.bot.clock() + self.delivery.api.ahead
        return stale(self.settings, created, now)

    async def accept(self, incoming: Incoming) -> Accepted | Notice | Failure:
        """Hand a request to the engine.

        Raises:
            NotAccepted: the bot does not listen yet.
        """
        if self.receive is None:
            raise NotAccepted("starting")
        return await self.receive(incoming)

    async def with_locale(self, incoming: Incoming, job: Job | None = None) -> Incoming:
        """The request with the language of who asks, which Feishu does not tell; where nothing else
        does either, with the usual one, and with an address that says so.

        ``job`` is the one that a request without words is about, else it is like the last one.
        """
        told = await self.bot.with_locale(incoming, UNDETERMINED)
        if told.locale != UNDETERMINED and (
            told.text or incoming.locale or not await self._was_guessed(told, job)
        ):
            return told
        told = replace(told, locale=self.settings.usual_locale)
        if await self.bot.language(told.viewer):
            return told
        place = replace(FeishuPlace.of(told.address), any_language=True)
        return replace(told, address=place.address(told.address.message))

    async def _was_guessed(self, incoming: Incoming, job: Job | None) -> bool:
        """Whether a person's job only has the language that was usual then."""
        if job is None or job.requester != incoming.requester:
            job = next(iter((await self.bot.history(incoming.viewer, limit=1)).jobs), None)
        try:
            return job is not None and FeishuPlace.of(job.address).any_language
        except KeyError:  # an address that was erased
            return False

    async def readers(self, incoming: Incoming) -> Readers:
        """Who reads the answer to a request, in words of the catalogs."""
        locale = negotiate(await self.bot.locale(incoming))
        known = not FeishuPlace.of(incoming.address).any_language
        return Readers(incoming.viewer, locale, known)

    async def spot(self, job: Job | None, user: str, chat: str) -> Spot:
        """Where a card is that a person uses in ``chat``; ``job`` is the one it shows, if any.

        What is done with a private one that was forwarded is answered in their own chat.
        """
        if job is None or job.conversation.partition(":")[0] != chat:
            alone = await self.alone_with(user)
            theirs = job is not None and job.private and job.requester == user
            return alone if theirs or alone.chat == chat else Spot(user, chat, chat)
        place = FeishuPlace.of(job.address)
        root = place.root or (place.asked if place.thread else None) or ""
        return Spot(user, chat, job.conversation, place.p2p, place.thread, root)

    def meet(self, spot: Spot) -> None:
        """Note which chat is that of one person with the bot: only messages say so."""
        if spot.p2p:
            self._alone[spot.user] = spot.chat

    async def alone_with(self, user: str) -> Spot:
        """The chat of one person with the bot; with an empty id where it is not known yet."""
        chat = self._alone.get(user, "")
        if not chat:
            page = await self.bot.history(Viewer(PLATFORM, user, private=True), limit=RECENT_JOBS)
            for job in page.jobs:
                place = FeishuPlace.of(job.address)
                chat = chat or (place.chat if place.p2p else "")
        return Spot(user, chat, chat or f"p2p:{user}", p2p=True)

    async def for_one(self, incoming: Incoming) -> Incoming:
        """The request as its author wants it answered: where others read, perhaps to them alone."""
        if incoming.private or not await self.bot.likes_privacy(incoming.viewer):
            return incoming
        spot = await self.alone_with(incoming.requester)
        any_language = FeishuPlace.of(incoming.address).any_language
        place = replace(spot.place(None), any_language=any_language)
        return replace(incoming, private=True, address=place.address())

    # Who we are

    async def me(self) -> str:
        """The bot's own open_id, asked for once.

        Raises:
            NotAccepted: the platform has not told it yet.
        """
        if self._me:
            return self._me
        if self._learning is None or self._learning.done():
            self._learning = asyncio.create_task(self._learn())
            self._learning.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with asyncio.timeout(IDENTITY_SECONDS):
                self._me = await asyncio.shield(self._learning)
        except Exception as error:
            raise NotAccepted(f"the bot's own id is not known: {error!r}") from None
        return self._me

    async def _learn(self) -> str:
        """https://open.feishu.cn/document/client-docs/bot-v3/obtain-bot-info"""
        answer = await self.delivery.api.call("GET", "/open-apis/bot/v3/info")
        found = text(mapping(answer, "bot"), "open_id")
        if not found:
            raise LookupError("the app has no bot: enable it in the developer console")
        return found

    async def close(self) -> None:
        """Stop asking who we are."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)
