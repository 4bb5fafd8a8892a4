"""Messages to the bot: a mention in a channel or thread, a reply to it, a direct message.

Without the privileged message content intent Discord shows the words and files of direct messages,
of messages that mention the bot, and of its own
(https://discord.com/developers/docs/events/gateway#message-content-intent). What somebody else
wrote stays hidden, also when it is replied to; so does what mentions the role of the bot's name,
which Discord offers beside the bot itself.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import aiohttp
import discord
import structlog

from adapters.discord import access, welcome
from adapters.discord.address import DEFAULT_LIMIT, PLATFORM, DiscordPlace
from adapters.discord.context import Context
from adapters.discord.custom_id import job_in
from adapters.discord.gateway import content
from adapters.discord.gateway.content import Contents, payload_of
from adapters.discord.gateway.replies import reply
from adapters.discord.interactions.questions import rows_of
from adapters.discord.interactions.responses import text_of
from adapters.discord.texts import word
from bot.chat import answer_in, reaction_to
from bot.domain import HIDDEN, Accepted, Action, Failure, Incoming, Quoted, Reason
from messages import Notice, negotiate, spoken

log = structlog.get_logger(__name__)

QUIET_SECONDS = 3600.0
"""So long somebody is not told again, in one channel, that the bot may not be used there, or sees
nothing of what they write."""

ALONE = "🔒"
"""What is put on a message that is answered to its author alone."""

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
    quoted, target, replied_to, quote = _NOTHING, None, None, None
    earlier = await _replied_to(message)
    if isinstance(earlier, discord.Message) and earlier.author.id == me.id:
        replied_to = str(earlier.id)
        target = job_in([component.to_dict() for component in earlier.components])
    elif isinstance(earlier, discord.Message):
        where = str(earlier.channel.id)
        quoted = await content.read(payload_of(earlier), where, reader, quoted=True)
        quote = _quote(earlier, quoted, me)
        if _is_blank(earlier) and not found.pictures:
            quoted = Contents(unusable=(HIDDEN,))
    elif earlier is not None:
        job = await context.bot.job_of_message(earlier, place_of(message).viewer)
        target = job.id if job else None
        quoted = _NOTHING if job else Contents(unusable=("message",))
    forwarded = found.words if quoted.pictures else f"{found.words}\n{quoted.words}"
    text = "\n".join(filter(None, (said, words(forwarded.strip(), message, me))))
    request = _incoming(message, text, found, quoted, target, replied_to)
    request = replace(request, quote=quote, people=_people(message, me))
    # Discord tells no language with a message; the server's is better than none.
    usual = message.guild.preferred_locale.value if message.guild else ""
    request = await context.bot.with_locale(request, usual)
    request = await _for_one(context, request)
    answer = await context.receive(request)
    if choice := answer_in(answer):
        spoken_in = negotiate(await context.bot.locale(request))
        await context.delivery.questions.answer(request.viewer, choice, spoken_in)
    direct = message.guild is None
    alone = request.private and not direct
    if isinstance(answer, Accepted) and not alone:
        return
    if not (isinstance(answer, Failure) or answer.new):
        return
    locale = negotiate(await context.bot.locale(request))
    if isinstance(answer, Accepted):
        await reply(context, message, word("answered_alone", locale), reaction=ALONE)
        return
    if isinstance(answer, Notice) and (answer.shows or answer.originals):
        place = DiscordPlace.of(request.address)
        refused = await context.delivery.present(place, answer, locale)
        if refused is None:
            return
        answer = refused
    said, rows, reaction = _said(answer, locale), rows_of(answer, locale), reaction_to(answer)
    asks = bool(rows)
    greets = direct
    if isinstance(answer, Notice) and answer.key == "help":
        said, rows = welcome.help_text(locale, direct=direct), welcome.help_rows(locale)
        greets = False
    elif isinstance(answer, Notice) and (panel := welcome.panel(answer)):
        if panel != welcome.USAGE or not request.private:
            rows = welcome.panel_rows(panel, locale, answer.facts.get("page"))
        if not request.private:
            # An answer to a message is for everybody; what a press on it opens is for one person.
            said = welcome.panel_text(panel, locale)
    if greets and await _is_first(context, request, answer):
        said, reaction = f"{word('greeting_direct', locale)}\n\n{said}", ""
    if alone and not reaction:
        await reply(context, message, said, rows, ALONE, word("closed", locale), asks=asks)
        return
    await reply(context, message, said, rows, reaction, asks=asks)


async def _for_one(context: Context, request: Incoming) -> Incoming:
    """The request as its author wants it answered: among others, perhaps in direct messages."""
    if request.private or not await context.bot.likes_privacy(request.viewer):
        return request
    place = replace(DiscordPlace.of(request.address), private=True, limit=DEFAULT_LIMIT)
    return replace(request, private=True, address=place.address())


async def _is_first(context: Context, request: Incoming, answer: Notice | Failure) -> bool:
    """Whether somebody is told something for the first time; who is just forgotten stays so."""
    forgotten = isinstance(answer, Notice) and answer.key == "forgot_you"
    return not forgotten and await context.bot.meet(request.viewer)


def _quote(
    earlier: discord.Message, shown: Contents, me: discord.abc.User
) -> Callable[[bool], Awaitable[Quoted]] | None:
    """What a person has written in the message that is replied to, which came with the reply."""
    if earlier.author.bot or earlier.webhook_id is not None or not earlier.content:
        return None
    said = words(earlier.content, earlier, me)
    author = (earlier.author.display_name, str(earlier.author.id))

    async def quote(_needed: bool) -> Quoted:
        return Quoted(shown.pictures, shown.unusable, said, *author)

    return quote


def _people(message: discord.Message, me: discord.abc.User) -> dict[str, str]:
    """The ids of those who are mentioned, by the names that stand in the words instead."""
    return {each.display_name: str(each.id) for each in message.mentions if each.id != me.id}


def _said(answer: Notice | Failure, locale: str) -> str:
    """An answer in words; that Discord hides what is meant has words of its own."""
    if isinstance(answer, Failure) and answer.facts.get("unusable") == [HIDDEN]:
        lines = [word("hidden", locale)]
        if answer.facts.get("words"):
            lines.append(word("hidden_words", locale))
        return "\n".join(lines)
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
