"""Replies in words to messages: in the channel, or else privately."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import discord
import structlog

from adapters.discord.address import PLATFORM
from adapters.discord.context import Context
from adapters.discord.delivery.components import Row
from adapters.discord.delivery.outbound import DiscordDelivery
from adapters.discord.delivery.questions import AskedQuestion
from adapters.discord.delivery.rendering import LONGEST
from adapters.discord.escaping import cut
from adapters.discord.refusals import Refusal
from adapters.discord.rest import MessageDraft
from bot.domain import JSON, Viewer

log = structlog.get_logger(__name__)


async def reply(
    context: Context,
    message: discord.Message,
    text: str,
    rows: Sequence[Row] = (),
    reaction: str | None = None,
    closed: str = "",
    *,
    asks: bool = False,
) -> None:
    """Reply to a message, once; also where the database is away, but then not after a crash.

    ``rows`` are the buttons under the reply. A ``reaction`` is put on the message instead, where
    that is allowed. With ``closed`` the reply is for the person alone, and the reaction beside it;
    that is said in the channel where they take no direct messages. ``asks`` says that the rows are
    the answers to a question.
    """
    key, person = f"reply:{message.id}", str(message.author.id)
    said: dict[str, JSON] = {
        "channel": str(message.channel.id),
        "message": str(message.id),
        "text": cut(text, LONGEST),
        "rows": list(rows),
        "user": person,
        "reaction": reaction,
        "closed": closed,
        "asks": asks,
    }
    try:
        await context.replies.reply(key, person, said)
    except Exception as error:
        log.warning("reply not stored", error=repr(error))
        await send(context.delivery, key, said)
    else:
        await context.replies.settled(key)


async def send(delivery: DiscordDelivery, key: str, said: Mapping[str, Any]) -> None:
    """React, or reply in the channel; where that is refused, by a message of its own, or privately.

    What is no reply to a message is only said in the channel. The message's own id, or the
    ``nonce`` of what is none, keeps a repetition from being a second one. What is refused
    everywhere is given up; any other exception is worth another try.
    """
    rest, message, closed = delivery.rest, said.get("message"), said.get("closed")
    if message and (emoji := said.get("reaction")):
        try:
            await rest.react(said["channel"], message, emoji)
            if not closed:
                return
        except Refusal as refused:
            log.info("no reaction", channel=said["channel"], key=key, code=refused.code)
    draft = MessageDraft(said["text"], said.get("rows", ()))

    async def write(
        channel: str, draft: MessageDraft = draft, reply_to: str | None = None
    ) -> AskedQuestion:
        nonce = message or said["nonce"]
        sent = await rest.create(channel, draft, nonce=nonce, reply_to=reply_to)
        return AskedQuestion(sent, channel, draft.content)

    async def privately() -> AskedQuestion:
        return await write(await rest.direct(said["user"]))

    ways: tuple[Callable[[], Awaitable[AskedQuestion]], ...] = (partial(write, said["channel"]),)
    if closed:
        ways = (privately, partial(write, said["channel"], MessageDraft(closed), message))
    elif message:
        ways = (partial(write, said["channel"], reply_to=message), *ways, privately)
    for way in ways:
        try:
            written = await way()
        except Refusal as refused:
            log.warning("reply not sent", channel=said["channel"], key=key, code=refused.code)
            continue
        if said.get("asks"):
            viewer = Viewer(PLATFORM, said["user"], said["channel"])
            await delivery.questions.ask(viewer, written)
        return
