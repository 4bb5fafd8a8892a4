"""Answering an interaction: acknowledged first of all, then said once.

Discord waits three seconds for the first response and takes others for fifteen minutes
(https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-callback).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import discord
import structlog

from adapters.discord.address import PLATFORM
from adapters.discord.commands import localizations
from adapters.discord.context import Context, Interaction
from adapters.discord.escaping import escape
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.refusals import refusal
from adapters.discord.rest import Rows
from adapters.discord.texts import word
from bot.chat import retries
from bot.chat.ladder import ErrorKind
from bot.domain.actions import COMMANDS, MENUS, Action
from bot.domain.failures import Failure
from bot.domain.requests import Incoming, Viewer
from messages import Notice, negotiate, render_notice, render_problem

log = structlog.get_logger(__name__)

ACK_SECONDS = 2.8
"""How long the first response is tried; Discord takes it for three seconds."""

ATTEMPT_SECONDS = 1.3
"""One attempt; by then discord.py has tried a second time by itself after a server error."""

PAUSE_SECONDS = 0.1

LONGEST = 2000
"""Characters of one message: https://discord.com/developers/docs/resources/message."""

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
    interaction: Interaction, text: str, rows: list[dict[str, Any]] | None = None
) -> None:
    """Make the deferred answer, or the message that a press belongs to, say ``text``.

    Where Discord refuses that, it is said beside it.
    """
    view = Rows(rows) if rows else None
    try:
        await insist(
            lambda: interaction.edit_original_response(
                content=_cut(text), view=view, allowed_mentions=_NOBODY
            )
        )
    except discord.HTTPException as error:
        refused = refusal(error, webhook=True)
        if refused is None or refused.kind is not ErrorKind.REFUSED:
            raise
        log.warning("answer not taken", code=error.code)
        await aside(interaction, text)


async def aside(interaction: Interaction, text: str) -> None:
    """Say ``text`` to the person alone, after the message that there is, or else privately."""
    content = _cut(text)
    try:
        await insist(
            lambda: interaction.followup.send(content, ephemeral=True, allowed_mentions=_NOBODY)
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


async def withdraw(interaction: Interaction) -> None:
    """Take the deferred answer, or the message that a press belongs to, away."""
    try:
        await insist(interaction.delete_original_response)
    except discord.HTTPException as error:
        if error.status != 404:
            log.warning("answer not withdrawn", error=str(error))
    except (OSError, aiohttp.ClientError) as error:
        log.warning("answer not withdrawn", error=type(error).__name__)


async def tell(interaction: Interaction, text: str, *, private: bool) -> None:
    """Tell the person alone, whether the deferred answer is private or not."""
    if private:
        await say(interaction, text)
        return
    await withdraw(interaction)
    await aside(interaction, text)


async def refuse(interaction: Interaction, failure: Failure) -> None:
    """Say no as the first response.

    Raises:
        TooLate: as :func:`first`.
    """
    if interaction.type is discord.InteractionType.autocomplete:
        await first(lambda: interaction.response.autocomplete([]))
        return
    text = text_of(failure, negotiate(interaction.locale.value))
    await first(lambda: interaction.response.send_message(text, ephemeral=True))


async def language(context: Context, interaction: Interaction) -> str:
    """What a person reads: the language they chose, else that of their Discord."""
    chosen = await context.bot.language(Viewer(PLATFORM, str(interaction.user.id)))
    return negotiate(chosen, interaction.locale.value)


async def answer(
    context: Context, interaction: Interaction, action: Action, *, target: str | None = None
) -> None:
    """Acknowledge, and answer with words what needs nothing else than a job."""
    private = action.spec.private
    await defer(interaction, private=private)
    place = place_of(interaction, private=private)
    await settle(
        context, interaction, incoming(interaction, place, action, target=target), private=private
    )


async def settle(
    context: Context, interaction: Interaction, request: Incoming, *, private: bool = True
) -> None:
    """Hand a request that is answered with words to the engine; it was deferred before."""
    said = await context.receive(request)
    if isinstance(said, Failure) or (isinstance(said, Notice) and said.new):
        await tell(
            interaction, text_of(said, await language(context, interaction)), private=private
        )


def text_of(answer: Notice | Failure, locale: str, *, words: bool = True) -> str:
    """What a person is told; nothing that anybody typed does anything in it.

    ``words`` as in :func:`messages.render_notice`.
    """
    if isinstance(answer, Failure):
        text = render_problem(answer.problem, locale)
    else:
        text = render_notice(answer, locale, words=words)
    if isinstance(answer, Notice) and answer.key == "help":
        text = f"{text}\n\n{_commands(locale)}"
    return "\n".join(escape(line) for line in text.split("\n"))


def _commands(locale: str) -> str:
    """The slash commands and the menus of messages, as Discord's own menus name them."""
    named = [localizations.COMMANDS[name].called(locale) for name in COMMANDS]
    menus = ", ".join(localizations.MENUS[name].called(locale).name for name in MENUS)
    lines = [f"/{each.name} – {each.description}" for each in named]
    return "\n".join([word("commands", locale), *lines, word("menus", locale, names=menus)])


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
