"""Panels about a finished picture, which the person alone sees: what else can be asked for, and
which of several pictures is meant."""

import asyncio

import discord
import structlog

from adapters.discord.context import Context, Interaction
from adapters.discord.delivery import components
from adapters.discord.delivery.components import Row
from adapters.discord.delivery.removal import remove
from adapters.discord.escaping import escape, shorten
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.interactions.responses import (
    defer,
    defer_update,
    first,
    language,
    say,
    text_of,
)
from adapters.discord.rest import Rows
from adapters.discord.texts import word
from bot.chat import MenuKind, View, view
from bot.domain import Action, Failure, Reason
from messages import Button, Message, Notice, Status, negotiate

log = structlog.get_logger(__name__)

LONGEST_PROMPT = 200
"""Characters of a prompt that a panel quotes."""

LOOKING_SECONDS = 1.0
"""So long a press may wait until it is known how many pictures there are."""


async def show_more(context: Context, interaction: Interaction, job_id: str) -> None:
    """Show what stands behind the button "More"."""
    locale, message = await _message(context, interaction, job_id)
    if message is None:
        return
    seen = view(message, locale)
    rows = components.more(message, seen, locale, beside=_beside(interaction))
    await say(interaction, _about(message), rows)


async def show_picture(
    context: Context, interaction: Interaction, job_id: str, number: int
) -> None:
    """Show what can be asked for of one of several pictures."""
    locale, message = await _message(context, interaction, job_id)
    if message is None:
        return
    seen: View = view(message, locale)
    rows = components.of_picture(message, seen, number, locale, beside=_beside(interaction))
    which = word("picture_of", locale, number=number, count=len(message.pictures))
    await say(interaction, f"**{which}**\n{_about(message)}", rows)


async def delete_picture(
    context: Context, interaction: Interaction, job_id: str, number: int
) -> None:
    """Remove one of several pictures for good; its message shows what is left."""
    await defer_update(interaction)
    locale = await language(context, interaction)
    place = place_of(interaction, private=True)
    viewer = incoming(interaction, place, Action.DELETE, target=job_id).viewer
    message = await context.bot.message(job_id, viewer)
    chosen = message.pictures[number - 1 : number] if message and number else ()
    if not chosen:
        await say(interaction, text_of(Failure(Reason.NOT_FOUND), locale))
        return
    deleted = await context.bot.delete_pictures([one.image_id for one in chosen], viewer)
    said = Notice("deleted") if deleted else Failure(Reason.NOT_YOURS)
    await say(interaction, text_of(said, locale))


async def ask_which(
    context: Context,
    interaction: Interaction,
    button: Button | MenuKind,
    job_id: str,
    count: int,
    *,
    private: bool,
) -> None:
    """Ask which of ``count`` pictures a press is about; the answer is that press once more, and
    what comes of it is as ``private`` as of the first.

    Raises:
        TooLate: Discord does not wait for it any more.
    """
    locale = negotiate(interaction.locale.value)
    rows: list[Row] = components.which(button, job_id, count, beside=not private)
    sent = await first(
        lambda: interaction.response.send_message(
            word("edit_which", locale), view=Rows(rows), ephemeral=True
        )
    )
    _remember(context, interaction, str(sent.message_id) if sent else None)


async def close(context: Context, interaction: Interaction) -> None:
    """Take the panel away that was pressed on, or whose form was sent: it has done its work.

    That is done by the token of the press which opened it. After a restart it stays open.
    """
    pressed = interaction.message
    opened = context.panels.pop(str(pressed.id), None) if pressed else None
    if pressed is not None and opened is not None:
        await remove(context.delivery.rest, opened, str(pressed.id), context.bot.clock())


def _remember(context: Context, interaction: Interaction, panel: str | None) -> None:
    """Note by which token a panel can be closed, if it is known which message it is."""
    if panel:
        context.panels[panel] = place_of(interaction, private=True)


async def count_of(context: Context, interaction: Interaction, job_id: str) -> int:
    """How many pictures there are to choose from; those under the pressed button, if there are."""
    shown = len(interaction.message.attachments) if interaction.message else 0
    if shown:
        return shown
    try:
        async with asyncio.timeout(LOOKING_SECONDS):
            message = await context.bot.message(job_id, place_of(interaction).viewer)
    except Exception as error:
        log.warning("not known how many pictures there are", error=repr(error))
        return 1
    return len(message.pictures) if message else 1


async def _message(
    context: Context, interaction: Interaction, job_id: str
) -> tuple[str, Message | None]:
    """The message of a finished job, and the person's language; where there is none, that is said.

    Raises:
        TooLate: Discord does not wait for it any more.
    """
    _remember(context, interaction, await defer(interaction, private=True))
    locale = await language(context, interaction)
    message = await context.bot.message(job_id, place_of(interaction).viewer)
    if message is None or message.status is not Status.SUCCEEDED:
        await say(interaction, text_of(Failure(Reason.NOT_FOUND), locale))
        return locale, None
    return locale, message


def _about(message: Message) -> str:
    return f"> {escape(shorten(message.prompt, LONGEST_PROMPT))}"


def _beside(interaction: Interaction) -> bool:
    """Whether the message that was pressed on is for everybody, and so is what comes of it."""
    pressed: discord.Message | None = interaction.message
    return pressed is not None and not pressed.flags.ephemeral
