"""The slash commands: those that need more than an answer in words have a function each."""

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.interactions import cancelling, history, panels
from adapters.discord.interactions.drawing import draw, is_wished
from adapters.discord.interactions.requests import chosen, images_of, incoming, options_of
from adapters.discord.interactions.responses import answer, defer, refuse
from bot.domain import COMMANDS, Action, Failure, Incoming, Reason

log = structlog.get_logger(__name__)


async def command(context: Context, interaction: Interaction, data: Mapping[str, Any]) -> None:
    """Carry out a slash command."""
    name = str(data.get("name"))
    match name, COMMANDS.get(name):
        case _, None:
            log.warning("unknown command", name=name)
            await refuse(context, interaction, Failure(Reason.OUTDATED))
        case "edit", _:
            await _edit(context, interaction)
        case _, Action.DRAW:
            await _imagine(context, interaction)
        case _, Action.DETAILS:
            await _show(context, interaction)
        case _, Action.SETTINGS:
            await _settings(context, interaction)
        case _, Action.HISTORY:
            await _history(context, interaction)
        case _, Action.CANCEL:
            await cancelling.cancel(context, interaction)
        case _, Action.FORGET_ME:
            await _forget_me(context, interaction)
        case _, action if action.spec.repeats:
            await _repeat(context, interaction, action)
        case _, action:
            await answer(context, interaction, action)


async def _imagine(context: Context, interaction: Interaction) -> None:
    options = options_of(interaction)

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(
            interaction,
            place,
            Action.DRAW,
            text=str(options.get("prompt") or ""),
            options=chosen(options),
            attachments=images_of(interaction, options),
        )

    private = options.get("private")
    if private is None:
        private = await is_wished(context, interaction)
    await draw(context, interaction, make, private=bool(private))


async def _edit(context: Context, interaction: Interaction) -> None:
    options = options_of(interaction)

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(
            interaction,
            place,
            Action.DRAW,
            text=str(options.get("instruction") or ""),
            options=chosen(options),
            attachments=images_of(interaction, options),
            edits=True,
        )

    await draw(context, interaction, make, private=_private(options))


async def _repeat(context: Context, interaction: Interaction, action: Action) -> None:
    options = options_of(interaction)

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(interaction, place, action, options=chosen(options))

    await draw(context, interaction, make, private=_private(options))


def _private(options: Mapping[str, Any]) -> bool | None:
    """Whether an answer was asked to be private; ``None`` where that was not said."""
    return True if options.get("private") else None


async def _show(context: Context, interaction: Interaction) -> None:
    options = options_of(interaction)
    job_id = str(options.get("id") or "").strip()
    await history.show(context, interaction, job_id, private=_private(options))


async def _settings(context: Context, interaction: Interaction) -> None:
    await defer(interaction, private=True)
    await panels.show_settings(context, interaction)


async def _history(context: Context, interaction: Interaction) -> None:
    await defer(interaction, private=True)
    await history.show_history(context, interaction)


async def _forget_me(context: Context, interaction: Interaction) -> None:
    await defer(interaction, private=True)
    await panels.ask_to_forget(context, interaction)
