"""Buttons and menus under our messages.

Who may do what is the engine's to decide; a press says which job it belongs to, and who pressed.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.interactions import forms, history, panels
from adapters.discord.interactions.drawing import draw
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.interactions.responses import (
    answer,
    aside,
    defer,
    defer_update,
    language,
    refuse,
    text_of,
    withdraw,
)
from bot.chat.callbacks import MenuKind, Press, chosen, parse
from bot.domain.actions import PRESSED, Action
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Accepted, Incoming, Options

log = structlog.get_logger(__name__)


async def press(context: Context, interaction: Interaction, data: Mapping[str, Any]) -> None:
    """Do what a button or a menu stands for."""
    custom_id = str(data.get("custom_id"))
    values = [str(value) for value in data.get("values") or []]
    if custom_id.startswith(panels.PREFIX):
        await _panel(context, interaction, custom_id.removeprefix(panels.PREFIX), values)
        return
    pressed = parse(custom_id)
    if pressed is None:
        await refuse(interaction, Failure(Reason.NOT_FOUND))
    elif isinstance(pressed.button, MenuKind):
        options = chosen(pressed.button, values[0] if values else None) or Options()
        await _repeat(context, interaction, pressed, Action.AGAIN, options)
    else:
        await _carry_out(context, interaction, pressed, PRESSED[pressed.button])


async def _carry_out(
    context: Context, interaction: Interaction, pressed: Press, action: Action
) -> None:
    match action:
        case Action.DRAW:
            await forms.edit_job(interaction, pressed, private=is_private(interaction))
        case Action.DELETE:
            await _delete(context, interaction, pressed)
        case Action.SETTINGS:
            await defer(interaction, private=True)
            await panels.show_settings(context, interaction)
        case _ if action.spec.repeats:
            await _repeat(context, interaction, pressed, action, Options())
        case _:
            await answer(context, interaction, action, target=pressed.job_id)


def is_private(interaction: Interaction) -> bool:
    """Whether the message that was pressed on is seen by one person only."""
    return interaction.message is not None and interaction.message.flags.ephemeral


async def _repeat(
    context: Context, interaction: Interaction, pressed: Press, action: Action, options: Options
) -> None:
    async def make(place: DiscordPlace) -> Incoming:
        return incoming(
            interaction,
            place,
            action,
            options=options,
            target=pressed.job_id,
            number=pressed.number,
        )

    await draw(context, interaction, make, private=is_private(interaction))


async def _delete(context: Context, interaction: Interaction, pressed: Press) -> None:
    """Delete the job; the message goes by the press's own right, wherever and however old it is."""
    await defer_update(interaction)
    place = place_of(interaction, private=True)
    outcome = await context.receive(
        incoming(interaction, place, Action.DELETE, target=pressed.job_id)
    )
    if isinstance(outcome, Accepted):
        return
    if not isinstance(outcome, Failure):
        await withdraw(interaction)
        if not outcome.new:
            return
    await aside(interaction, text_of(outcome, await language(context, interaction)))


async def _panel(context: Context, interaction: Interaction, name: str, values: list[str]) -> None:
    head, _, rest = name.partition(":")
    match head:
        case "forget":
            await panels.forget(context, interaction)
        case "history":
            await defer_update(interaction)
            page = rest.partition(":")[0]
            await history.show_history(context, interaction, int(page) if page.isdigit() else 0)
        case "show":
            await history.show(context, interaction, values[0] if values else "", private=True)
        case _:
            await panels.prefer(context, interaction, head, values[0] if values else rest)
