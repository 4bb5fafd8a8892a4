"""Replies in words to messages: in the channel, or else privately."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import discord
import structlog

from adapters.discord.context import Context
from adapters.discord.refusals import Refusal
from adapters.discord.rest import MessageDraft, Rest

log = structlog.get_logger(__name__)

LONGEST = 2000
"""Characters of one message: https://discord.com/developers/docs/resources/message."""


async def reply(context: Context, message: discord.Message, text: str) -> None:
    """Reply to a message, once; also where the database is away, but then not after a crash."""
    key, person = f"reply:{message.id}", str(message.author.id)
    content = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    said = {"channel": str(message.channel.id), "message": str(message.id), "text": content}
    try:
        await context.replies.reply(key, person, {**said, "user": person})
    except Exception as error:
        log.warning("reply not stored", error=repr(error))
        await send(context.delivery.rest, key, {**said, "user": person})
    else:
        await context.replies.settled(key)


async def send(rest: Rest, key: str, said: Mapping[str, Any]) -> None:
    """Reply in the channel; where that is refused, by a message of its own, or privately.

    The message's own id keeps a repetition from being a second reply. What is refused everywhere is
    given up; any other exception is worth another try.
    """
    write = partial(rest.create, draft=MessageDraft(said["text"]), nonce=said["message"])

    async def privately() -> str:
        return await write(await rest.direct(said["user"]))

    ways: tuple[Callable[[], Awaitable[str]], ...] = (
        partial(write, said["channel"], reply_to=said["message"]),
        partial(write, said["channel"]),
        privately,
    )
    for way in ways:
        try:
            await way()
            return
        except Refusal as refused:
            log.warning("reply not sent", channel=said["channel"], key=key, code=refused.code)
