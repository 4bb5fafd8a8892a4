"""Messages: who wrote what to us, where, and about which picture.

https://open.feishu.cn/document/server-docs/im-v1/message/events/receive
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import structlog

from adapters.feishu.access import allowed
from adapters.feishu.address import PLATFORM
from adapters.feishu.cards import panels
from adapters.feishu.events.dispatcher import FeishuEvent, NotAccepted, mapping, seconds, text
from adapters.feishu.handlers.context import HandlerContext, Spot
from adapters.feishu.handlers.replies import CardReplies
from adapters.feishu.messages.content import ReceivedContent, maybe_image, read
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, job_id
from bot.domain.requests import LONGEST_TEXT, Accepted, Attachment, Incoming, too_long
from bot.language import wording
from messages import negotiate

log = structlog.get_logger(__name__)

PARENT_SECONDS = 1.8
"""How long a message waits to be accepted while the one it replies to is fetched."""


class MessageHandlers:
    """Handles ``im.message.receive_v1``."""

    def __init__(self, asking: HandlerContext, replies: CardReplies) -> None:
        self._asking = asking
        self._app = asking.app
        self._replies = replies
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def handle(self, event: FeishuEvent) -> None:
        """Accept a message, if it is for us; those of one person in one chat in their order.

        Raises:
            NotAccepted: it is to be pushed again.
        """
        message = mapping(event.body, "message")
        sender = mapping(event.body, "sender")
        user = text(mapping(sender, "sender_id"), "open_id")
        spot = spot_of(message, user)
        number = text(message, "message_id")
        if text(sender, "sender_type") != "user" or not (user and spot.chat and number):
            return
        sent = seconds(message.get("create_time")) or event.created
        if self._asking.too_old(sent):
            log.info("message ignored: too old", message=number)
            return
        self._asking.meet(spot)
        turn = self._turns.setdefault((spot.chat, user), asyncio.Lock())
        async with turn:  # several pictures, then the words: the words need them all
            await self._read(spot, number, message)

    async def _read(self, spot: Spot, number: str, message: Mapping[str, Any]) -> None:
        content = read(message, await self._asking.me() if message.get("mentions") else "")
        incoming = Incoming(
            platform=PLATFORM,
            event_id=number,
            requester=spot.user,
            conversation=spot.conversation,
            address=spot.place(number).address(),
            private=spot.p2p,
        )
        for_us = spot.p2p or content.mentioned
        if not allowed(self._app.settings, spot.chat, spot.user, p2p=spot.p2p):
            if for_us:
                await self._not_allowed(_with(incoming, content), spot)
        elif for_us:
            await self._take(incoming, content, message)
        else:
            await self._put_aside(_with(incoming, content))

    async def _take(
        self, incoming: Incoming, content: ReceivedContent, message: Mapping[str, Any]
    ) -> None:
        whole = await self._whole(content, incoming.event_id)
        if isinstance(whole, Failure):
            incoming = await self._asking.in_their_language(incoming)
            await self._replies.answer(incoming, whole)
            return
        incoming = await self._asking.in_their_language(_with(incoming, whole))
        quoted = await self._with_quoted(incoming, message)
        if isinstance(quoted, Failure):
            await self._replies.answer(incoming, quoted)
            return
        incoming = quoted
        said = incoming.text or incoming.attachments or incoming.unusable or content.mentioned
        if not said:  # what the platform itself says: somebody joined, for example
            return
        result = await self._asking.accept(incoming)
        if not isinstance(result, Accepted):
            await self._replies.answer(incoming, result)

    async def _whole(self, content: ReceivedContent, number: str) -> ReceivedContent | Failure:
        """With what only the platform tells: the messages of a record, and what files are.

        Raises:
            NotAccepted: it does not tell it now.
        """
        desk = self._asking.desk
        try:
            async with asyncio.timeout(PARENT_SECONDS):
                if not content.record:
                    return await desk.settle(content)
                found = await desk.contents(number)
        except TimeoutError:
            if content.record:
                raise NotAccepted("the forwarded record was not fetched") from None
            return content  # the bytes are looked at when they are used
        if isinstance(found, Failure):
            if found.reason is Reason.REFERENCE_UNREACHABLE:
                raise NotAccepted(found.detail)
            lacking = found.reason is Reason.MISSING_PERMISSION
            return found if lacking else replace(content, unusable=("record",))
        # Pictures with small talk around them wait for words that say what to do with them.
        asked = not found.attachments or wording.is_change(found.text)
        return replace(found, mentioned=content.mentioned, text=found.text if asked else "")

    async def _put_aside(self, incoming: Incoming) -> None:
        """A picture in a group, sent without a mention, as it cannot have one: the same person
        may mention us within minutes and say what to do with it.

        What is called like something else is left out: nobody has spoken to us, and a look at
        every file of a group would use up the calls of a small tenant.
        """
        kept = tuple(one for one in incoming.attachments if maybe_image(one.name))
        if kept and not incoming.text:
            keep = replace(incoming, attachments=kept, unusable=(), action=Action.KEEP)
            await self._asking.accept(keep)

    async def _not_allowed(self, incoming: Incoming, spot: Spot) -> None:
        """Say so once a day to each person in each chat."""
        incoming = await self._asking.in_their_language(incoming)
        locale = negotiate(await self._app.engine.locale(incoming))
        card = panels.failure_card(Failure(Reason.NOT_ALLOWED), locale)
        key = f"not_allowed:{spot.chat}:{spot.user}"
        await self._replies.once(spot.place(incoming.event_id), key, card)

    async def _with_quoted(
        self, incoming: Incoming, message: Mapping[str, Any]
    ) -> Incoming | Failure:
        """With what it replies to: a job of ours, or the pictures of somebody's message."""
        parent = text(message, "parent_id")
        if not parent or too_long(incoming.text, LONGEST_TEXT):  # that is refused
            return incoming
        job = await self._job_of(parent)
        elsewhere = job is not None and job.conversation != incoming.conversation
        if text(message, "thread_id") and (parent == text(message, "root_id") or elsewhere):
            incoming, settled = await self._in_topic(incoming)
            if settled:
                return incoming
        if job is not None:
            return replace(incoming, target=job.id)
        incoming = replace(incoming, replied_to=parent)
        if wording.read(incoming.text, image=True).action is not Action.DRAW:
            return incoming
        found = await self._quoted(parent, incoming)
        if isinstance(found, Failure):
            return found
        return replace(
            incoming,
            attachments=found.attachments + incoming.attachments,
            unusable=found.unusable + incoming.unusable,
        )

    async def _in_topic(self, incoming: Incoming) -> tuple[Incoming, bool]:
        """In a topic everything replies to what it began with; what is meant is the newest there.

        ``False`` when there is nothing newer yet.
        """
        newest = partial(self._app.history.latest, PLATFORM, incoming.conversation)
        if wording.read(incoming.text, image=True).action is Action.DRAW:
            job = await newest(succeeded=True)
            if job and wording.is_change(incoming.text):
                incoming = replace(incoming, target=job.id)
            return incoming, job is not None
        if await newest(requester=incoming.requester):
            return incoming, True
        job = await newest()
        return (replace(incoming, target=job.id) if job else incoming), job is not None

    async def _job_of(self, message: str) -> Job | None:
        """The job that a message is about: one of ours, or the question."""
        history = self._app.history
        asked = await history.job(job_id(PLATFORM, message))
        return asked or await history.job_of_message(PLATFORM, message)

    async def _quoted(self, parent: str, incoming: Incoming) -> ReceivedContent | Failure:
        """The pictures of a message; where it cannot be had in time, a note to fetch it later.

        A message that cannot have one matters only where the words are about it.
        """
        change = wording.is_change(incoming.text) and not incoming.attachments
        try:
            async with asyncio.timeout(PARENT_SECONDS):
                found = await self._asking.desk.contents(parent)
        except Exception as error:
            log.warning("quoted message not fetched", message=parent, error=repr(error))
            found = Failure(Reason.REFERENCE_UNREACHABLE)
        if not isinstance(found, Failure):
            # What is only shown beside the pictures there are is not what the words are about.
            return replace(found, unusable=()) if found.attachments else found
        log.info("no picture in the quoted message", message=parent, reason=found.reason.value)
        if found.reason is not Reason.REFERENCE_UNREACHABLE:
            return found if change else ReceivedContent()
        later = Attachment(data={"message": parent, "type": "parent", "needed": change})
        return ReceivedContent(attachments=(later,))


def _with(incoming: Incoming, content: ReceivedContent) -> Incoming:
    """A request with what its message says and shows."""
    return replace(
        incoming,
        text=content.text,
        attachments=content.attachments,
        unusable=content.unusable,
    )


def spot_of(message: Mapping[str, Any], user: str) -> Spot:
    """Where a message was written; each topic is a conversation of its own."""
    chat, thread = text(message, "chat_id"), text(message, "thread_id")
    return Spot(
        user=user,
        chat=chat,
        conversation=f"{chat}:{thread}" if thread else chat,
        p2p=text(message, "chat_type") == "p2p",
        thread=bool(thread),
        root=text(message, "root_id"),
    )
