"""The slash commands: those that need more than an answer in words have a function each."""

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.interactions import history, panels
from adapters.discord.interactions.drawing import draw
from adapters.discord.interactions.requests import chosen, images_of, incoming, options_of
from adapters.discord.interactions.responses import answer, defer, refuse
from bot.domain.actions import COMMANDS, Action
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Incoming

log = structlog.get_logger(__name__)


async def command(context: Context, asked: Interaction, data: Mapping[str, Any]) -> None:
    """Carry out a slash command."""
    name = str(data.get("name"))
    match name, COMMANDS.get(name):
        case _, None:
            log.warning("unknown command", name=name)
            await refuse(asked, Failure(Reason.NOT_FOUND))
        case "edit", _:
            await _edit(context, asked)
        case _, Action.DRAW:
            await _imagine(context, asked)
        case _, Action.DETAILS:
            await _show(context, asked)
        case _, Action.SETTINGS:
            await _settings(context, asked)
        case _, Action.HISTORY:
            await _history(context, asked)
        case _, Action.FORGET_ME:
            await _forget_me(context, asked)
        case _, action if action.spec.repeats:
            await _repeat(context, asked, action)
        case _, action:
            await answer(context, asked, action)


async def _imagine(context: Context, asked: Interaction) -> None:
    options = options_of(asked)

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(
            asked,
            place,
            Action.DRAW,
            text=str(options.get("prompt") or ""),
            options=chosen(options),
            attachments=images_of(asked, options),
        )

    await draw(context, asked, make, private=bool(options.get("private")))


async def _edit(context: Context, asked: Interaction) -> None:
    options = options_of(asked)

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(
            asked,
            place,
            Action.DRAW,
            text=str(options.get("instruction") or ""),
            options=chosen(options),
            attachments=images_of(asked, options),
            edits=True,
        )

    await draw(context, asked, make, private=_private(options))


async def _repeat(context: Context, asked: Interaction, action: Action) -> None:
    options = options_of(asked)

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(asked, place, action, options=chosen(options))

    await draw(context, asked, make, private=_private(options))


def _private(options: Mapping[str, Any]) -> bool | None:
    """Whether an answer was asked to be private; ``None`` where that was not said."""
    return True if options.get("private") else None


async def _show(context: Context, asked: Interaction) -> None:
    options = options_of(asked)
    job_id = str(options.get("id") or "").strip()
    await history.show(context, asked, job_id, private=_private(options))


async def _settings(context: Context, asked: Interaction) -> None:
    await defer(asked, private=True)
    await panels.show_settings(context, asked)


async def _history(context: Context, asked: Interaction) -> None:
    await defer(asked, private=True)
    await history.show_history(context, asked)


async def _forget_me(context: Context, asked: Interaction) -> None:
    await defer(asked, private=True)
    await panels.ask_to_forget(context, asked)
