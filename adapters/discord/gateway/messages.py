"""Messages to the bot: a mention in a channel or thread, a reply to it, a direct message.

Without the privileged message content intent Discord shows the words and files of direct messages,
of messages that mention the bot, and of its own
(https://discord.com/developers/docs/events/gateway#message-content-intent). What somebody else
wrote stays hidden, also when it is replied to; so does what mentions the role of the bot's name,
which Discord offers beside the bot itself.
"""

import re
from dataclasses import replace

import aiohttp
import discord
import structlog

from adapters.discord import access
from adapters.discord.address import DEFAULT_LIMIT, PLATFORM, DiscordPlace
from adapters.discord.context import Context
from adapters.discord.custom_id import job_in
from adapters.discord.gateway import content
from adapters.discord.gateway.content import Contents, payload_of
from adapters.discord.gateway.replies import reply
from adapters.discord.interactions.responses import text_of
from adapters.discord.texts import word
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.requests import HIDDEN, Accepted, Incoming
from messages import Notice, negotiate, spoken

log = structlog.get_logger(__name__)

QUIET_SECONDS = 3600.0
"""So long somebody is not told again, in one channel, that the bot may not be used there, or sees
nothing of what they write."""

_NOTHING = Contents()
_KINDS = (discord.MessageType.default, discord.MessageType.reply)
_TAG = re.compile(r"<(?P<kind>@!?|@&|#)(?P<id>\d{1,20})>")
_EMOJI = re.compile(r"<a?:(\w{2,32}):\d{1,20}>")


async def receive(context: Context, message: discord.Message, me: discord.abc.User) -> None:
    """Answer a message if it is meant for the bot, whose user is ``me``."""
    if not _is_for(message, me):
        return
    try:
        if refused := access.refusal(access.of_message(message), context.settings):
            await _refuse(context, message, refused)
        elif message.guild and not _mentions(message, me) and _is_blank(message):
            await _point_out(context, message)
        else:
            await _hand_over(context, message, me)
    except Exception:
        log.exception("message broke", message=message.id)
        locale = negotiate(spoken(message.content))
        await reply(context, message, text_of(Failure(Reason.UNKNOWN), locale))


def _is_for(message: discord.Message, me: discord.abc.User) -> bool:
    if message.author.bot or message.webhook_id is not None or message.type not in _KINDS:
        return False
    if message.guild is None or _mentions(message, me):
        return True
    # Made with the invitation, it has the bot's name: …/docs/topics/permissions#role-object.
    role = message.guild.self_role
    return role is not None and role in message.role_mentions


def _mentions(message: discord.Message, me: discord.abc.User) -> bool:
    return any(each.id == me.id for each in message.mentions)


async def _hand_over(context: Context, message: discord.Message, me: discord.abc.User) -> None:
    channel, reader = str(message.channel.id), context.delivery.reader
    found = await content.read(payload_of(message), channel, reader, quoted=False)
    said = words(message.content, message, me)
    quoted, target, replied_to = _NOTHING, None, None
    earlier = await _replied_to(message)
    if isinstance(earlier, discord.Message) and earlier.author.id == me.id:
        replied_to = str(earlier.id)
        target = job_in([component.to_dict() for component in earlier.components])
    elif isinstance(earlier, discord.Message):
        where = str(earlier.channel.id)
        quoted = await content.read(payload_of(earlier), where, reader, quoted=True)
        if _is_blank(earlier) and not found.pictures:
            quoted = Contents(unusable=(HIDDEN,))
    elif earlier is not None:
        job = await context.bot.job_of_message(earlier, place_of(message).viewer)
        target = job.id if job else None
        quoted = _NOTHING if job else Contents(unusable=("message",))
    forwarded = found.words if quoted.pictures else f"{found.words}\n{quoted.words}"
    text = "\n".join(filter(None, (said, words(forwarded.strip(), message, me))))
    request = _incoming(message, text, found, quoted, target, replied_to)
    answer = await context.receive(request)
    if isinstance(answer, Accepted) or not (isinstance(answer, Failure) or answer.new):
        return
    locale = negotiate(await context.bot.locale(request))
    await reply(context, message, _said(answer, locale))


def _said(answer: Notice | Failure, locale: str) -> str:
    """An answer in words; that Discord hides what is meant has words of its own."""
    if isinstance(answer, Failure) and answer.facts.get("unusable") == [HIDDEN]:
        return word("hidden", locale)
    return text_of(answer, locale)


def _incoming(
    message: discord.Message,
    text: str = "",
    found: Contents = _NOTHING,
    quoted: Contents = _NOTHING,
    target: str | None = None,
    replied_to: str | None = None,
) -> Incoming:
    pointed_at = found or quoted or target or replied_to
    return Incoming(
        platform=PLATFORM,
        event_id=str(message.id),
        requester=str(message.author.id),
        conversation=str(message.channel.id),
        address=place_of(message).address(),
        text=text,
        action=None if text or pointed_at else Action.HELP,
        target=target,
        attachments=quoted.pictures + found.pictures,
        replied_to=replied_to,
        private=isinstance(message.channel, discord.DMChannel),
        moderator=_moderates(message),
        unusable=quoted.unusable + found.unusable,
    )


def place_of(message: discord.Message) -> DiscordPlace:
    """Where a message is answered: by a reply of the bot's own."""
    guild = message.guild
    return DiscordPlace(
        channel=str(message.channel.id),
        user=str(message.author.id),
        guild=str(guild.id) if guild else None,
        asked=str(message.id),
        limit=guild.filesize_limit if guild else DEFAULT_LIMIT,
    )


def words(text: str, message: discord.Message, me: discord.abc.User) -> str:
    """What is written in a message: without mentions of the bot, with names instead of others."""
    role = message.guild.self_role if message.guild else None
    people = {each.id: each.display_name for each in message.mentions}

    def name(found: re.Match[str]) -> str:
        id = int(found["id"])
        if found["kind"] in ("@", "@!"):
            return "" if id == me.id else people.get(id, "")
        if message.guild is None:
            return ""
        if found["kind"] == "@&":
            named = message.guild.get_role(id)
            return named.name if named and named != role else ""
        channel = message.guild.get_channel_or_thread(id)
        return channel.name if channel else ""

    text = _EMOJI.sub(r":\1:", _TAG.sub(name, text))
    return re.sub(r"[ \t]{2,}", " ", text).strip()


async def _replied_to(message: discord.Message) -> discord.Message | str | None:
    """The message that was replied to, or its id if it is not to be had."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return None
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if reference.message_id is None:
        return None
    if reference.resolved is None:
        try:
            return await message.channel.fetch_message(reference.message_id)
        except (discord.HTTPException, OSError, aiohttp.ClientError) as error:
            log.info("replied-to message is not to be had", error=str(error))
    return str(reference.message_id)


def _is_blank(message: discord.Message) -> bool:
    """Whether Discord shows nothing of it, as it does with what others write to each other."""
    shown = message.content or message.attachments or message.embeds or message.stickers
    return not shown and not message.message_snapshots and not message.poll


def _moderates(message: discord.Message) -> bool:
    if not isinstance(message.author, discord.Member):
        return False
    try:
        return message.channel.permissions_for(message.author).manage_messages
    except discord.ClientException:  # a thread whose channel is not known
        return False


async def _point_out(context: Context, message: discord.Message) -> None:
    """Say how the bot is mentioned, so that it can read what is asked; not again and again."""
    if _was_told(context, message):
        return
    assert message.guild is not None
    request = replace(_incoming(message), locale=message.guild.preferred_locale.value)
    await reply(context, message, word("role", negotiate(await context.bot.locale(request))))


async def _refuse(context: Context, message: discord.Message, refused: Failure) -> None:
    """Say no, but not again and again."""
    if _was_told(context, message):
        return
    request = _incoming(message, message.content)
    await reply(context, message, text_of(refused, negotiate(await context.bot.locale(request))))


def _was_told(context: Context, message: discord.Message) -> bool:
    """Whether the person has been told in this channel already, within the hour."""
    key, now = (str(message.author.id), str(message.channel.id)), context.bot.clock()
    last = context.told.get(key)
    if last is not None and now - last < QUIET_SECONDS:
        return True
    context.told[key] = now
    return False
