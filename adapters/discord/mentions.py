"""Messages to the bot: a mention in a channel or thread, a reply to it, a direct message.

Without the privileged message content intent Discord shows the words and files of direct messages,
of messages that mention the bot, and of its own
(https://discord.com/developers/docs/events/gateway#message-content-intent). What somebody else
wrote stays hidden, also when it is replied to.
"""

import re

import aiohttp
import discord
import structlog

from adapters.discord import admission
from adapters.discord.address import DEFAULT_LIMIT, PLATFORM, Place
from adapters.discord.answering import insist, text_of
from adapters.discord.context import Context
from adapters.discord.pictures import job_in, of_message
from adapters.discord.words import word
from bot.failures import Failure, Reason
from bot.ports import Accepted, Attachment, Incoming
from bot.wording import Action, is_change
from messages import negotiate, spoken

log = structlog.get_logger(__name__)

QUIET_SECONDS = 3600.0
"""So long somebody is not told again, in one channel, that the bot may not be used there."""

LONGEST = 2000

_KINDS = (discord.MessageType.default, discord.MessageType.reply)
_TAG = re.compile(r"<(?P<kind>@!?|@&|#)(?P<id>\d{1,20})>")
_EMOJI = re.compile(r"<a?:(\w{2,32}):\d{1,20}>")


async def receive(context: Context, message: discord.Message, me: discord.abc.User) -> None:
    """Answer a message if it is meant for the bot, whose user is ``me``."""
    if not _is_for(message, me):
        return
    try:
        if refused := admission.refusal(admission.of_message(message), context.app.settings):
            await _refuse(context, message, refused)
            return
        await _hand_over(context, message, me)
    except Exception:
        log.exception("message broke", message=message.id)
        locale = negotiate(spoken(message.content))
        await _reply(message, text_of(Failure(Reason.UNKNOWN), locale))


def _is_for(message: discord.Message, me: discord.abc.User) -> bool:
    if message.author.bot or message.webhook_id is not None or message.type not in _KINDS:
        return False
    if message.guild is None:
        return True
    return any(each.id == me.id for each in message.mentions)


async def _hand_over(context: Context, message: discord.Message, me: discord.abc.User) -> None:
    text = words(message, me)
    pictures = of_message(message)
    earlier = await _replied_to(message)
    target = replied_to = None
    if earlier is not None and earlier.author.id == me.id:
        replied_to = str(earlier.id)
        target = job_in([component.to_dict() for component in earlier.components])
    elif earlier is not None:
        pictures = of_message(earlier) + pictures
    request = _incoming(message, text, pictures, target, replied_to)
    if not pictures and earlier is not None and _is_hidden(earlier, me) and is_change(text):
        locale = negotiate(await context.app.engine.locale(request))
        await _reply(message, word("hidden", locale))
        return
    answer = await context.receive(request)
    if isinstance(answer, Accepted) or not (isinstance(answer, Failure) or answer.new):
        return
    locale = negotiate(await context.app.engine.locale(request))
    await _reply(message, text_of(answer, locale))


def _incoming(
    message: discord.Message,
    text: str,
    pictures: tuple[Attachment, ...],
    target: str | None,
    replied_to: str | None,
) -> Incoming:
    nothing = not text and not pictures and replied_to is None
    return Incoming(
        platform=PLATFORM,
        event_id=str(message.id),
        requester=str(message.author.id),
        conversation=str(message.channel.id),
        address=place_of(message).address(),
        text=text,
        action=Action.HELP if nothing else None,
        target=target,
        attachments=pictures,
        replied_to=replied_to,
        private=isinstance(message.channel, discord.DMChannel),
        moderator=_moderates(message),
    )


def place_of(message: discord.Message) -> Place:
    """Where a message is answered: by a reply of the bot's own."""
    guild = message.guild
    return Place(
        channel=str(message.channel.id),
        user=str(message.author.id),
        guild=str(guild.id) if guild else None,
        asked=str(message.id),
        limit=guild.filesize_limit if guild else DEFAULT_LIMIT,
    )


def words(message: discord.Message, me: discord.abc.User) -> str:
    """What a message says: without the mention of the bot, and names instead of other mentions."""
    people = {each.id: each.display_name for each in message.mentions}

    def name(found: re.Match[str]) -> str:
        id = int(found["id"])
        if found["kind"] in ("@", "@!"):
            return "" if id == me.id else people.get(id, "")
        if message.guild is None:
            return ""
        if found["kind"] == "@&":
            role = message.guild.get_role(id)
            return role.name if role else ""
        channel = message.guild.get_channel_or_thread(id)
        return channel.name if channel else ""

    text = _EMOJI.sub(r":\1:", _TAG.sub(name, message.content))
    return re.sub(r"[ \t]{2,}", " ", text).strip()


async def _replied_to(message: discord.Message) -> discord.Message | None:
    """The message that was replied to, if it is still there."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return None
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if reference.resolved is not None or reference.message_id is None:
        return None
    try:
        return await message.channel.fetch_message(reference.message_id)
    except (discord.HTTPException, OSError, aiohttp.ClientError) as error:
        log.info("replied-to message is not to be had", error=str(error))
        return None


def _is_hidden(message: discord.Message, me: discord.abc.User) -> bool:
    """Whether Discord shows nothing of it, as it does with what others write to each other."""
    shown = message.content or message.attachments or message.embeds or message.stickers
    return message.author.id != me.id and not shown and not message.message_snapshots


def _moderates(message: discord.Message) -> bool:
    if not isinstance(message.author, discord.Member):
        return False
    try:
        return message.channel.permissions_for(message.author).manage_messages
    except discord.ClientException:  # a thread whose channel is not known
        return False


async def _refuse(context: Context, message: discord.Message, refused: Failure) -> None:
    """Say no, but not again and again."""
    key, now = (str(message.author.id), str(message.channel.id)), context.app.clock()
    last = context.refused.get(key)
    if last is not None and now - last < QUIET_SECONDS:
        return
    context.refused.put(key, now)
    request = _incoming(message, message.content, (), None, None)
    await _reply(message, text_of(refused, negotiate(await context.app.engine.locale(request))))


async def _reply(message: discord.Message, text: str) -> None:
    """Reply in the channel; the message's own id keeps a repetition from being a second reply."""
    content = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    reference = message.to_reference(fail_if_not_exists=False)
    try:
        await insist(
            lambda: message.channel.send(
                content,
                reference=reference,
                nonce=message.id,
                mention_author=False,
                allowed_mentions=discord.AllowedMentions.none(),
            )
        )
    except (discord.HTTPException, OSError, aiohttp.ClientError) as error:
        log.warning("reply not sent", channel=message.channel.id, error=str(error))
