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
from adapters.discord.interactions.responses import TooLate, aside, refuse, tell, text_of
from bot.domain.failures import Failure, Reason
from messages import negotiate

log = structlog.get_logger(__name__)

Kind = discord.InteractionType
_MESSAGE_MENU = 3


async def route(context: Context, asked: Interaction) -> None:
    """Answer an interaction, whatever happens."""
    try:
        refused = access.refusal(access.of_interaction(asked), context.settings)
        if refused is not None:
            await refuse(asked, refused)
            return
        await _lead(context, asked)
    except TooLate:
        log.warning("interaction was too old to be answered", interaction=asked.id)
    except Exception:
        log.exception("interaction broke", interaction=asked.id)
        await _apologize(asked)


async def _lead(context: Context, asked: Interaction) -> None:
    data: Mapping[str, Any] = asked.data or {}
    match asked.type:
        case Kind.application_command if data.get("type") == _MESSAGE_MENU:
            await forms.menu(context, asked, data)
        case Kind.application_command:
            await handlers.command(context, asked, data)
        case Kind.autocomplete:
            await autocomplete.suggest(context, asked, data)
        case Kind.component:
            await buttons.press(context, asked, data)
        case Kind.modal_submit:
            await forms.submit(context, asked, data)
        case _:
            log.info("interaction of an unknown kind", kind=asked.type)


async def _apologize(asked: Interaction) -> None:
    """Say that something went wrong, if it can still be said."""
    if asked.type is Kind.autocomplete:
        return
    broken = Failure(Reason.UNKNOWN)
    text = text_of(broken, negotiate(asked.locale.value))
    try:
        if not asked.response.is_done():
            await refuse(asked, broken)
        elif asked.response.type is discord.InteractionResponseType.deferred_message_update:
            await aside(asked, text)
        else:
            await tell(asked, text, private=False)
    except Exception as error:
        log.warning("nothing could be said about it", error=str(error))
