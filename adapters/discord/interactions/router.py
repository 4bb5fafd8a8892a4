"""Where an interaction leads: a command, a menu, a button, a form, or a suggestion.

An interaction is routed by what it carries alone, so it is answered after a restart, after a year,
and by any process that holds the gateway connection.
"""

from collections.abc import Mapping
from typing import Any

import discord
import structlog

from adapters.discord import access
from adapters.discord.commands import handlers
from adapters.discord.context import Context, Interaction
from adapters.discord.interactions import autocomplete, buttons, forms
from adapters.discord.interactions.responses import (
    TooLate,
    aside,
    language_soon,
    refuse,
    tell,
    text_of,
)
from bot.domain import Failure, Reason

log = structlog.get_logger(__name__)

Kind = discord.InteractionType
_MESSAGE_MENU = 3


async def route(context: Context, interaction: Interaction) -> None:
    """Answer an interaction, whatever happens."""
    try:
        refused = access.refusal(access.of_interaction(interaction), context.settings)
        if refused is not None:
            await refuse(context, interaction, refused)
            return
        await _lead(context, interaction)
    except TooLate:
        log.warning("interaction was too old to be answered", interaction=interaction.id)
    except Exception as error:
        if context.inbox.entry(interaction.id) and context.inbox.waits_for(error):
            raise
        log.exception("interaction broke", interaction=interaction.id)
        await _apologize(context, interaction)


async def _lead(context: Context, interaction: Interaction) -> None:
    data: Mapping[str, Any] = interaction.data or {}
    match interaction.type:
        case Kind.application_command if data.get("type") == _MESSAGE_MENU:
            await forms.menu(context, interaction, data)
        case Kind.application_command:
            await handlers.command(context, interaction, data)
        case Kind.autocomplete:
            await autocomplete.suggest(context, interaction, data)
        case Kind.component:
            await buttons.press(context, interaction, data)
        case Kind.modal_submit:
            await forms.submit(context, interaction, data)
        case _:
            log.info("interaction of an unknown kind", kind=interaction.type)


async def _apologize(context: Context, interaction: Interaction) -> None:
    """Say that something went wrong, if it can still be said."""
    if interaction.type is Kind.autocomplete:
        return
    broken = Failure(Reason.UNKNOWN)
    try:
        if not interaction.response.is_done():
            await refuse(context, interaction, broken)
            return
        text = text_of(broken, await language_soon(context, interaction))
        if interaction.response.type is discord.InteractionResponseType.deferred_message_update:
            await aside(interaction, text)
        else:
            await tell(interaction, text, private=False)
    except Exception as error:
        log.warning("nothing could be said about it", error=str(error))
