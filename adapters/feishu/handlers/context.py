"""What every way of asking needs: the engine's door, who we are, and where and how to answer."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from cachetools import FIFOCache

from adapters.feishu.access import stale
from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.delivery.outbound import FeishuDelivery
from adapters.feishu.events.dispatcher import NotAccepted, mapping, text
from bot.app import App
from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.jobs import Job
from bot.domain.requests import Accepted, Incoming
from bot.language import phrases
from bot.language.spelling import fold
from bot.ports import Receive
from messages import Notice, spoken

log = structlog.get_logger(__name__)

RECENT_JOBS = 20
"""Among so many of a person's jobs their chat with the bot is looked for."""

TELLING = 1_000
"""Characters of a text that tell its language."""

MOST_KNOWN = 10_000
"""People whose chat with the bot is remembered."""

IDENTITY_SECONDS = 1.5
"""How long an event waits until the bot knows its own id."""

_SIZE_OR_RATIO = re.compile(
    r"(?<![a-z\d.])(?:\d+(?:\.\d+)? ?(?:k|px)|\d+ ?[:x×*/] ?\d+|512|1024|2048|4096)(?![a-z\d])"
)


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

    def __init__(self, app: App, desk: FeishuDelivery) -> None:
        self.app = app
        self.desk = desk
        self.receive: Receive | None = None
        self._alone: FIFOCache[str, str] = FIFOCache(MOST_KNOWN)
        self._me = ""
        self._learning: asyncio.Task[str] | None = None

    @property
    def usual(self) -> str:
        """The language where nothing tells: that of the platform's home."""
        return "en" if "lark" in self.app.settings.feishu_domain else "zh-CN"

    def too_old(self, created: float) -> bool:
        """Whether something of that moment (seconds) is not answered any more: by the clock of
        the platform, whose moment it is, where ours is wrong."""
        now = self.app.clock() + self.desk.api.ahead
        return stale(self.app.settings, created, now)

    async def accept(self, incoming: Incoming) -> Accepted | Notice | Failure:
        """Hand a request to the engine.

        Raises:
            NotAccepted: the bot does not listen yet.
        """
        if self.receive is None:
            raise NotAccepted("starting")
        return await self.receive(incoming)

    async def in_their_language(self, incoming: Incoming, job: Job | None = None) -> Incoming:
        """The same request with a language where its words have none.

        That of the job it is about if it is theirs, else of the person's last one there, else of
        the other person's job, else that of the letters, else the usual one.
        """
        if language_of(incoming.text[:TELLING], await self.app.engine.models()):
            return incoming
        if job is None or job.requester != incoming.requester:
            own = await self.app.history.latest(
                PLATFORM, incoming.conversation, requester=incoming.requester
            )
            job = own or job
        locale = job.locale if job else spoken(incoming.text)
        return replace(incoming, locale=locale or self.usual)

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
            for job in await self.app.history.jobs_of(PLATFORM, user, limit=RECENT_JOBS):
                place = FeishuPlace.of(job.address)
                chat = chat or (place.chat if place.p2p else "")
        return Spot(user, chat, chat or f"p2p:{user}", p2p=True)

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
        answer = await self.desk.api.call("GET", "/open-apis/bot/v3/info")
        found = text(mapping(answer, "bot"), "open_id")
        if not found:
            raise LookupError("the app has no bot: enable it in the developer console")
        return found

    async def close(self) -> None:
        """Stop asking who we are."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)


def language_of(text: str, models: Sequence[Model]) -> str | None:
    """The language a person speaks; ``None`` where there is only what every language writes alike.

    That is a command with a slash and what belongs to it, the name of a model, a size, a ratio.
    """
    language, folded = spoken(text), fold(text).text.strip()
    if language != "en":
        return language
    action, end = phrases.slash(folded)
    if action:
        folded = folded[end:] if action == "draw" else ""
    name = phrases.trim(_SIZE_OR_RATIO.sub(" ", folded))
    is_name = not catalog.is_ordinary(name, models) and catalog.find(name, models) is not None
    return None if is_name else spoken(name)
