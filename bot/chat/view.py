"""What a message looks like, before a platform draws it: title, lines, buttons and menus.

It is plain text in the language of the reader, not yet escaped or cut to what the platform takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.chat.callbacks import MenuKind
from messages import (
    Button,
    Choice,
    Message,
    Step,
    label,
    made_from,
    ratio_name,
    render,
    render_note,
    summary,
)


@dataclass(frozen=True, slots=True)
class View:
    """A message to draw.

    ``lines`` are what it says below its ``title``; of a finished picture, the one line that sums
    it up; ``made_from`` says what that was made from. ``notes`` are sentences that are not among
    the lines. ``buttons`` are the labels of those to show, in their order, ``more`` of those that
    may stand behind another one; ``menus`` are the choices with which the request can be repeated.
    """

    title: str
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    made_from: str = ""
    buttons: Mapping[Button, str] = field(default_factory=dict)
    more: Mapping[Button, str] = field(default_factory=dict)
    menus: Mapping[MenuKind, tuple[Choice, ...]] = field(default_factory=dict)


def view(message: Message, locale: str) -> View:
    """The view of a message in one of :data:`messages.LOCALES`."""
    title, *lines = render(message, locale).split("\n")
    notes: tuple[str, ...] = ()
    if message.step is Step.SUCCESS:
        lines = [line for line in (summary(message, locale),) if line]
    if message.step in (Step.PROGRESS, Step.SUCCESS):
        notes = tuple(render_note(note, locale) for note in message.notes)
    return View(
        title,
        tuple(lines),
        notes,
        made_from(message, locale) if message.step is Step.SUCCESS else "",
        _labels(message, message.buttons, locale),
        _labels(message, message.more, locale),
        _menus(message, locale),
    )


def progress_bar(percent: int, full: str, empty: str, cells: int) -> str:
    """Progress as a row of cells; what is not between 0 and 100 percent is taken for the nearest.

    >>> progress_bar(50, "#", "-", 10)
    '#####-----'
    """
    filled = max(0, min(cells, round(percent / 100 * cells)))
    return full * filled + empty * (cells - filled)


def _labels(message: Message, buttons: Sequence[Button], locale: str) -> dict[Button, str]:
    return {button: label(button, locale, message.offers.get(button)) for button in buttons}


def _menus(message: Message, locale: str) -> dict[MenuKind, tuple[Choice, ...]]:
    ratios = message.aspect_ratios if message.step is Step.SUCCESS else ()
    menus = {
        MenuKind.MODEL: message.models,
        MenuKind.RATIO: tuple(Choice(ratio, ratio_name(ratio, locale)) for ratio in ratios),
    }
    return {kind: choices for kind, choices in menus.items() if choices}
