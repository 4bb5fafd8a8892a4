"""Answering an interaction: acknowledged first of all, then said once.

Discord waits three seconds for the first response and takes others for fifteen minutes
(https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-callback).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import aiohttp
import discord
import structlog

from adapters.discord import welcome
from adapters.discord.address import PLATFORM, DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.delivery.rendering import LONGEST
from adapters.discord.escaping import cut, escape
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.refusals import refusal
from adapters.discord.rest import Rows, Upload, files_of
from adapters.discord.texts import word
from bot.chat import ErrorKind, retries
from bot.domain import Action, Failure, Incoming, Viewer
from messages import Notice, negotiate, render_notice, render_problem

log = structlog.get_logger(__name__)

ACK_SECONDS = 2.8
"""How long the first response is tried; Discord takes it for three seconds."""

ATTEMPT_SECONDS = 1.3
"""One attempt; by then discord.py has tried a second time by itself after a server error."""

PAUSE_SECONDS = 0.1

LOOKING_SECONDS = 0.5
"""How long a first response waits for what a person has chosen."""

ALREADY_ACKNOWLEDGED = 40060
UNKNOWN_INTERACTION = 10062

_NOBODY = discord.AllowedMentions.none()
_Result = TypeVar("_Result")


class TooLate(Exception):
    """Discord has given up on the interaction: nothing can be answered through it."""


async def first(respond: Callable[[], Awaitable[_Result]]) -> _Result | None:
    """Send the first response, again when the connection or the server fails.

    When it is not known whether Discord has it, the answer goes on as if it had.

    Returns:
        What ``respond`` gives, or ``None`` when Discord's answer did not arrive.

    Raises:
        TooLate: Discord does not wait for it any more.
        discord.HTTPException: Discord refused what the response says.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + ACK_SECONDS

    async def once() -> _Result:
        async with asyncio.timeout(min(ATTEMPT_SECONDS, end - loop.time())):
            return await respond()

    policy = retries.discord_response(PAUSE_SECONDS, ACK_SECONDS - 2 * PAUSE_SECONDS)
    try:
        return await policy(_is_passing, once)
    except discord.InteractionResponded:
        return None
    except discord.HTTPException as error:
        if error.code == ALREADY_ACKNOWLEDGED:
            return None
        if error.code == UNKNOWN_INTERACTION:
            raise TooLate from None
        if not _is_passing(error):
            raise
    except (OSError, aiohttp.ClientError):
        pass
    log.warning("not known whether the first response arrived")
    return None


def _is_passing(error: Exception) -> bool:
    """Whether the same first response may be taken a moment later."""
    if isinstance(error, discord.HTTPException):
        known = error.code in (ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION)
        return not known and (error.status >= 500 or error.status == 429)
    return isinstance(error, OSError | aiohttp.ClientError)


async def defer(interaction: Interaction, *, private: bool = False) -> str | None:
    """Acknowledge with "thinking…", seen by the person alone if ``private``.

    Returns:
        The id of the message that says so, if it is known.

    Raises:
        TooLate: as :func:`first`.
    """
    done = await first(lambda: interaction.response.defer(ephemeral=private, thinking=True))
    return str(done.message_id) if done and done.message_id else None


async def defer_update(interaction: Interaction) -> None:
    """Acknowledge a press whose own message is to change or to go away.

    Raises:
        TooLate: as :func:`first`.
    """
    await first(interaction.response.defer)


async def insist(call: Callable[[], Awaitable[_Result]]) -> _Result:
    """Make a call; again when the connection breaks, as discord.py does not do that by itself.

    What is said may be said twice then, rather than never.
    """
    return await retries.DISCORD_ANSWER((OSError, aiohttp.ClientError), call)


async def say(
    interaction: Interaction,
    text: str,
    rows: list[dict[str, Any]] | None = None,
    pictures: Sequence[Upload] = (),
) -> str | None:
    """Make the deferred answer, or the message that a press belongs to, say ``text``, and show
    these pictures; gives the id of what says it.

    Where Discord refuses that, it is said beside it.
    """
    view = Rows(rows) if rows else None
    try:
        said = await insist(
            lambda: interaction.edit_original_response(
                content=cut(text, LONGEST),
                view=view,
                allowed_mentions=_NOBODY,
                attachments=files_of(pictures),
            )
        )
    except discord.HTTPException as error:
        refused = refusal(error, webhook=True)
        if refused is None or refused.kind is not ErrorKind.REFUSED:
            raise
        log.warning("answer not taken", code=error.code)
        return await aside(interaction, text)
    return str(said.id)


async def aside(
    interaction: Interaction, text: str, rows: list[dict[str, Any]] | None = None
) -> str | None:
    """Say ``text`` to the person alone, after the message that there is, or else privately; gives
    the id of the message after it."""
    content = cut(text, LONGEST)
    view = Rows(rows) if rows else discord.utils.MISSING
    try:
        said = await insist(
            lambda: interaction.followup.send(
                content, ephemeral=True, allowed_mentions=_NOBODY, view=view, wait=True
            )
        )
    except discord.NotFound as error:
        # Discord takes no follow-up to an answer that the person has deleted.
        log.info("not said beside it", code=error.code)
    except discord.HTTPException as error:
        refused = refusal(error, webhook=True)
        if refused is None or refused.kind is not ErrorKind.REFUSED:
            raise
        log.warning("not said beside it", code=error.code)
        await insist(lambda: interaction.user.send(content, allowed_mentions=_NOBODY))
    else:
        return str(said.id)
    return None


async def withdraw(interaction: Interaction) -> None:
    """Take the deferred answer, or the message that a press belongs to, away."""
    try:
        await insist(interaction.delete_original_response)
    except discord.HTTPException as error:
        if error.status != 404:
            log.warning("answer not withdrawn", error=str(error))
    except (OSError, aiohttp.ClientError) as error:
        log.warning("answer not withdrawn", error=type(error).__name__)


async def tell(
    interaction: Interaction,
    text: str,
    rows: list[dict[str, Any]] | None = None,
    *,
    private: bool,
) -> str | None:
    """Tell the person alone, whether the deferred answer is private or not; gives the id of the
    message that says it."""
    if private:
        return await say(interaction, text, rows)
    await withdraw(interaction)
    return await aside(interaction, text, rows)


async def refuse(context: Context, interaction: Interaction, failure: Failure) -> None:
    """Say no as the first response.

    Raises:
        TooLate: as :func:`first`.
    """
    if interaction.type is discord.InteractionType.autocomplete:
        await first(lambda: interaction.response.autocomplete([]))
        return
    text = text_of(failure, await language_soon(context, interaction))
    await first(lambda: interaction.response.send_message(text, ephemeral=True))


async def language(context: Context, interaction: Interaction) -> str:
    """What a person reads: the language they chose, else that of their Discord."""
    chosen = await context.bot.language(Viewer(PLATFORM, str(interaction.user.id)))
    return negotiate(chosen, interaction.locale.value)


async def language_soon(context: Context, interaction: Interaction) -> str:
    """The same; that of their Discord while it cannot be looked up, as Discord does not wait."""
    try:
        async with asyncio.timeout(LOOKING_SECONDS):
            return await language(context, interaction)
    except Exception as error:
        log.info("language not looked up", error=repr(error))
        return negotiate(interaction.locale.value)


async def answer(
    context: Context,
    interaction: Interaction,
    action: Action,
    *,
    target: str | None = None,
    number: int = 1,
    private: bool = True,
) -> None:
    """Acknowledge, and answer what needs nothing else than a job, for the person alone where it is
    ``private``."""
    await defer(interaction, private=private)
    place = place_of(interaction, private=private)
    request = incoming(interaction, place, action, target=target, number=number)
    await settle(context, interaction, request, private=private)


async def settle(
    context: Context, interaction: Interaction, request: Incoming, *, private: bool = True
) -> None:
    """Hand a request that is answered with words to the engine; it was deferred before."""
    said = await context.receive(request)
    locale = await language(context, interaction)
    if isinstance(said, Notice) and said.new and (said.shows or said.originals):
        refused = await context.delivery.present(DiscordPlace.of(request.address), said, locale)
        if refused is None:
            return
        said = refused
    if isinstance(said, Notice) and said.new and said.key == "help":
        text = welcome.help_text(locale, direct=interaction.guild_id is None)
        await say(interaction, text, welcome.help_rows(locale))
    elif isinstance(said, Failure) or (isinstance(said, Notice) and said.new):
        await tell(interaction, text_of(said, locale), private=private)


def text_of(answer: Notice | Failure, locale: str, *, words: bool = True) -> str:
    """What a person is told; nothing that anybody typed does anything in it.

    ``words`` as in :func:`messages.render_notice`; a question is answered by its buttons.
    """
    if isinstance(answer, Failure):
        text = render_problem(answer.problem, locale)
    else:
        text = render_notice(answer, locale, words=words and answer.question is None)
    if isinstance(answer, Notice) and answer.key == "ask_picture":
        text = f"{text}\n{word('give_picture', locale)}"
    return "\n".join(escape(line) for line in text.split("\n"))
