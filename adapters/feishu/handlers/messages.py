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

from adapters.feishu.address import PLATFORM
from adapters.feishu.cards import panels
from adapters.feishu.events.dispatcher import FeishuEvent, NotAccepted, mapping, seconds, text
from adapters.feishu.handlers.context import HandlerContext, Spot
from adapters.feishu.handlers.replies import CardReplies
from adapters.feishu.messages.content import ReceivedContent, maybe_image, read
from bot.chat import answer_in, reaction_to
from bot.domain import Accepted, Action, Attachment, Failure, Incoming, Quoted, Reason

log = structlog.get_logger(__name__)

PARENT_SECONDS = 1.8
"""How long a message waits to be accepted while the one it replies to is fetched."""


class MessageHandlers:
    """Handles ``im.message.receive_v1``."""

    def __init__(self, context: HandlerContext, replies: CardReplies) -> None:
        self._context = context
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
        if self._context.too_old(sent):
            log.info("message ignored: too old", message=number)
            return
        self._context.meet(spot)
        turn = self._turns.setdefault((spot.chat, user), asyncio.Lock())
        async with turn:  # several pictures, then the words: the words need them all
            await self._read(spot, number, message)

    async def _read(self, spot: Spot, number: str, message: Mapping[str, Any]) -> None:
        content = read(message, await self._context.me() if message.get("mentions") else "")
        parent = text(message, "parent_id")
        incoming = Incoming(
            platform=PLATFORM,
            event_id=number,
            requester=spot.user,
            conversation=spot.conversation,
            address=spot.place(number).address(),
            private=spot.p2p,
            replied_to=parent or None,
            quote=partial(self._quote, parent, spot.chat) if parent else None,
            topic_root=spot.thread and bool(parent) and parent == spot.root,
        )
        for_us = spot.p2p or content.mentioned
        if not self._context.allowed(spot):
            if for_us:
                await self._not_allowed(_with(incoming, content), spot)
        elif for_us:
            await self._take(incoming, content)
        else:
            await self._put_aside(_with(incoming, content))

    async def _take(self, incoming: Incoming, content: ReceivedContent) -> None:
        whole = await self._whole(content, incoming.event_id)
        if isinstance(whole, Failure):
            incoming = await self._context.with_locale(incoming)
            await self._replies.answer(incoming, whole)
            return
        incoming = await self._context.with_locale(_with(incoming, whole))
        shown = incoming.attachments or incoming.unusable or incoming.quote
        if not (incoming.text or shown):
            if not content.mentioned:
                return  # what the platform itself says: somebody joined, for example
            incoming = replace(incoming, action=Action.HELP)
        alone = await self._context.for_one(incoming)
        result = await self._context.accept(alone)
        if choice := answer_in(result):
            await self._replies.answered(alone, choice)
        if reaction_to(result) is None and alone.private and not incoming.private:
            await self._replies.point(incoming, "comes_alone")
            incoming = alone
        if not isinstance(result, Accepted):
            await self._replies.answer(incoming, result)

    async def _whole(self, content: ReceivedContent, number: str) -> ReceivedContent | Failure:
        """With what only the platform tells: the messages of a record, and what files are.

        Raises:
            NotAccepted: it does not tell it now.
        """
        delivery = self._context.delivery
        try:
            async with asyncio.timeout(PARENT_SECONDS):
                if not content.record:
                    return await delivery.settle(content)
                found = await delivery.contents(number)
        except TimeoutError:
            if content.record:
                raise NotAccepted("the forwarded record was not fetched") from None
            return content  # the bytes are looked at when they are used
        if isinstance(found, Failure):
            if found.reason is Reason.REFERENCE_UNREACHABLE:
                raise NotAccepted(found.detail)
            lacking = found.reason is Reason.MISSING_PERMISSION
            return found if lacking else replace(content, unusable=("record",))
        return replace(found, mentioned=content.mentioned, record=True)

    async def _put_aside(self, incoming: Incoming) -> None:
        """A picture in a group, sent without a mention, as it cannot have one: the same person
        may mention us within minutes and say what to do with it.

        What is called like something else is left out: nobody has spoken to us, and a look at
        every file of a group would use up the calls of a small tenant.
        """
        kept = tuple(one for one in incoming.attachments if maybe_image(one.name))
        if kept and not incoming.text:
            keep = replace(incoming, attachments=kept, unusable=(), action=Action.KEEP)
            await self._context.accept(keep)

    async def _not_allowed(self, incoming: Incoming, spot: Spot) -> None:
        """Say so once a day to each person in each chat."""
        incoming = await self._context.with_locale(incoming)
        readers = await self._context.readers(incoming)
        card = panels.refusal_of(Failure(Reason.NOT_ALLOWED), readers)
        key = f"not_allowed:{spot.chat}:{spot.user}"
        await self._replies.once(spot.place(incoming.event_id), key, card)

    async def _quote(self, parent: str, chat: str, needed: bool) -> Quoted | Failure:
        """What a message shows; where it cannot be had in time, a note to fetch it later.

        Its words count if a person wrote them in this chat.
        """
        try:
            async with asyncio.timeout(PARENT_SECONDS):
                found = await self._context.delivery.contents(parent)
        except Exception as error:
            log.warning("quoted message not fetched", message=parent, error=repr(error))
            found = Failure(Reason.REFERENCE_UNREACHABLE)
        if not isinstance(found, Failure):
            here = bool(found.author) and found.chat == chat
            said = found.text if here else ""
            return Quoted(found.attachments, found.unusable, said, author_id=found.author)
        if found.reason is not Reason.REFERENCE_UNREACHABLE:
            return found
        return Quoted((Attachment(data={"message": parent, "type": "parent", "needed": needed}),))


def _with(incoming: Incoming, content: ReceivedContent) -> Incoming:
    """A request with what its message says and shows."""
    return replace(
        incoming,
        text=content.text,
        attachments=content.attachments,
        unusable=content.unusable,
        names=content.names,
        people=content.people,
        forwarded=content.record,
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
