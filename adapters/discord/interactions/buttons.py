"""Buttons and menus under our messages.

Who may do what is the engine's to decide; a press says which job it belongs to, and who pressed.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.discord import welcome
from adapters.discord.address import DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.custom_id import BESIDE, PANEL, parse
from adapters.discord.interactions import cancelling, forms, history, more, panels, questions
from adapters.discord.interactions.drawing import draw, is_for_one
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
from adapters.discord.texts import word
from bot.chat import MenuKind, Press, chosen
from bot.domain import PRESSED, Accepted, Action, Failure, Incoming, Options, Reason
from messages import Button

log = structlog.get_logger(__name__)


async def press(context: Context, interaction: Interaction, data: Mapping[str, Any]) -> None:
    """Do what a button or a menu stands for."""
    custom_id = str(data.get("custom_id"))
    values = [str(value) for value in data.get("values") or []]
    if custom_id.startswith(PANEL):
        await _panel(context, interaction, custom_id.removeprefix(PANEL), values)
        return
    if custom_id.startswith(welcome.PREFIX):
        await _open(context, interaction, custom_id.removeprefix(welcome.PREFIX))
        return
    pressed = parse(custom_id)
    if pressed is None:
        await refuse(context, interaction, Failure(Reason.OUTDATED))
        return
    private = is_private(interaction) and not custom_id.startswith(BESIDE)
    action = _action(pressed.button)
    options = Options()
    if isinstance(pressed.button, MenuKind):
        options = chosen(pressed.button, values[0] if values else None) or options
    if action.spec.one_picture and action is not Action.DRAW and pressed.number is None:
        count = await more.count_of(context, interaction, pressed.job_id)
        if count > 1:
            about = (pressed.button, pressed.job_id, count)
            await more.ask_which(context, interaction, *about, private=private)
            await more.close(context, interaction)
            return
    await _carry_out(context, interaction, pressed, action, options, private=private)
    if action not in _STAYING:
        await more.close(context, interaction)


_STAYING = frozenset({Action.DRAW, Action.WORDS, Action.ANSWER})
"""What does not close the panel by itself: a form that it opens is sent first, and a question is
answered when its answer is taken."""


def _action(pressed: Button | MenuKind) -> Action:
    match pressed:
        case MenuKind.MODEL:
            return Action.AGAIN
        case MenuKind.RATIO:
            return Action.EXTEND
        case Button():
            return PRESSED[pressed]


async def _carry_out(
    context: Context,
    interaction: Interaction,
    pressed: Press,
    action: Action,
    options: Options,
    *,
    private: bool,
) -> None:
    match action:
        case Action.DRAW:
            await forms.edit_job(interaction, pressed, private=private)
        case Action.WORDS:
            await forms.words(context, interaction, pressed, private=private)
        case Action.DELETE:
            await _delete(context, interaction, pressed)
        case Action.RESEND:
            await _resend(context, interaction, pressed)
        case Action.SETTINGS:
            await defer(interaction, private=True)
            await panels.show_settings(context, interaction)
        case _ if action.spec.repeats:
            await _repeat(context, interaction, pressed, action, options, private=private)
        case _:
            await _tell(context, interaction, pressed, action, private=private)


async def _tell(
    context: Context, interaction: Interaction, pressed: Press, action: Action, *, private: bool
) -> None:
    """Answer what asks for no new picture."""
    number = pressed.number or 1

    async def make() -> Incoming:
        place = place_of(interaction)
        return incoming(interaction, place, action, target=pressed.job_id, number=number)

    alone = private or action.spec.private or await is_for_one(context, make)
    await answer(context, interaction, action, target=pressed.job_id, number=number, private=alone)


def is_private(interaction: Interaction) -> bool:
    """Whether the message that was pressed on is seen by one person only."""
    return interaction.message is not None and interaction.message.flags.ephemeral


async def _repeat(
    context: Context,
    interaction: Interaction,
    pressed: Press,
    action: Action,
    options: Options,
    *,
    private: bool,
) -> None:
    async def make(place: DiscordPlace) -> Incoming:
        return incoming(
            interaction,
            place,
            action,
            options=options,
            target=pressed.job_id,
            number=pressed.number or 1,
        )

    # A question may be private where what it asks about is not.
    known = private and action is not Action.ANSWER
    outcome = await draw(context, interaction, make, private=known or None)
    if action is not Action.ANSWER or outcome is None:
        return
    if not isinstance(outcome, Failure):
        await questions.close(context, interaction)
    elif outcome.reason is Reason.OUTDATED:
        await questions.close(context, interaction, answered=False)


async def _resend(context: Context, interaction: Interaction, pressed: Press) -> None:
    """Deliver a result once more, where it was to be; nothing is made."""
    await defer_update(interaction)
    place = place_of(interaction, private=True)
    outcome = await context.receive(
        incoming(interaction, place, Action.RESEND, target=pressed.job_id)
    )
    if isinstance(outcome, Failure):
        await aside(interaction, text_of(outcome, await language(context, interaction)))


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


async def _open(context: Context, interaction: Interaction, name: str) -> None:
    """Do what a button under the help or a greeting stands for."""
    if name == welcome.TRY:
        example = word("example", await language(context, interaction))

        async def make(place: DiscordPlace) -> Incoming:
            return incoming(interaction, place, Action.DRAW, text=example)

        await draw(context, interaction, make, private=is_private(interaction) or None)
        return
    if name == welcome.USAGE:
        await answer(context, interaction, Action.USAGE)
        return
    await defer(interaction, private=True)
    panel, _, page = name.partition(":")
    if panel == welcome.PICTURES:
        await history.show_history(context, interaction, int(page) - 1 if page.isdecimal() else 0)
    else:
        await panels.show_settings(context, interaction)


async def _panel(context: Context, interaction: Interaction, name: str, values: list[str]) -> None:
    head, _, rest = name.partition(":")
    match head:
        case "more":
            await more.show_more(context, interaction, rest)
        case "picture":
            job_id, _, number = rest.partition(":")
            chosen_number = number or (values[0] if values else "")
            picture = int(chosen_number) if chosen_number.isdecimal() else 1
            await more.show_picture(context, interaction, job_id, picture)
        case "delete":
            job_id, _, number = rest.partition(":")
            picture = int(number) if number.isdecimal() else 0
            await more.delete_picture(context, interaction, job_id, picture)
        case "reset":
            await panels.reset(context, interaction)
        case "undo":
            await panels.undo(context, interaction, rest)
        case "cancel":
            await cancelling.cancel_chosen(context, interaction, rest or "".join(values[:1]))
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
