"""The slash commands, one function each."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.interactions import history, panels
from adapters.discord.interactions.drawing import draw
from adapters.discord.interactions.requests import chosen, images_of, incoming, options_of, place_of
from adapters.discord.interactions.responses import defer, refuse, settle
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Incoming

log = structlog.get_logger(__name__)


async def command(context: Context, asked: Interaction, data: Mapping[str, Any]) -> None:
    """Carry out a slash command."""
    carry_out = _COMMANDS.get(str(data.get("name")))
    if carry_out is None:
        log.warning("unknown command", name=data.get("name"))
        await refuse(asked, Failure(Reason.NOT_FOUND))
        return
    await carry_out(context, asked)


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


async def _again(context: Context, asked: Interaction) -> None:
    options = options_of(asked)

    async def make(place: DiscordPlace) -> Incoming:
        return incoming(asked, place, Action.AGAIN, options=chosen(options))

    await draw(context, asked, make, private=_private(options))


def _private(options: Mapping[str, Any]) -> bool | None:
    """Whether an answer was asked to be private; ``None`` where that was not said."""
    return True if options.get("private") else None


def _answered(action: Action) -> Callable[[Context, Interaction], Awaitable[None]]:
    """A command that the engine answers with words, for the person alone."""

    async def carry_out(context: Context, asked: Interaction) -> None:
        await defer(asked, private=True)
        request = incoming(asked, place_of(asked, private=True), action)
        await settle(context, asked, request)

    return carry_out


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


_COMMANDS: Mapping[str, Callable[[Context, Interaction], Awaitable[None]]] = {
    "imagine": _imagine,
    "edit": _edit,
    "again": _again,
    "settings": _settings,
    "models": _answered(Action.MODELS),
    "history": _history,
    "show": _show,
    "cancel": _answered(Action.CANCEL),
    "help": _answered(Action.HELP),
    "forget-me": _forget_me,
}
