"""The rows of buttons and menus under a request's message, and in the panels about it.

https://discord.com/developers/docs/components/reference.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from adapters.discord import custom_id
from adapters.discord.address import DiscordPlace
from adapters.discord.escaping import shorten
from adapters.discord.texts import word
from bot.chat import MenuKind, View
from bot.domain import PRESSED, Action, Style
from messages import Button, Choice, Message, Status, about

PER_ROW = 5
MOST_ROWS = 5
MOST_CHOICES = 25
LONGEST_LABEL = 80
LONGEST_CHOICE = 100

Row: TypeAlias = dict[str, Any]
"""An action row, as the API takes it."""

ROW, BUTTON, SELECT = 1, 2, 3
SECONDARY = 2
_STYLES = {Style.NORMAL: SECONDARY, Style.PRIMARY: 1, Style.DANGER: 4}
NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩"


def under(message: Message, seen: View, place: DiscordPlace, locale: str) -> tuple[Row, ...]:
    """What stands under a request's message: its buttons, which of several pictures is meant, and
    where it failed, the other models to try."""
    shown, more = dict(seen.buttons), dict(seen.more)
    if Button.DELETE in more and not (place.reachable or place.private):
        # There a message is only taken away by a press on itself.
        shown[Button.DELETE] = more.pop(Button.DELETE)
    beside = place.aside
    made = [button(one, label, message.job_id, beside=beside) for one, label in shown.items()]
    if more:
        made.append(_panel(f"more:{message.job_id}", word("more", locale), "⋯"))
    rows = in_rows(made)
    if len(message.pictures) > 1:
        rows += _which(message, locale)
    if message.status is Status.FAILED:
        rows += _models(message, seen, locale, beside=beside)
    return tuple(rows[:MOST_ROWS])


def more(message: Message, seen: View, locale: str, *, beside: bool) -> list[Row]:
    """What else can be asked for of a finished picture; ``beside`` is as in :mod:`custom_id`."""
    alone = 1 if len(message.pictures) == 1 else None
    made = []
    for one, label in seen.more.items():
        number = alone if PRESSED[one].spec.one_picture else None
        made.append(button(one, label, message.job_id, number, beside=beside))
    rows = in_rows(made)
    if alone:
        rows += _ratios(message, seen, 1, locale, beside=beside)
    return rows + _models(message, seen, locale, beside=beside)


def of_picture(
    message: Message, seen: View, number: int, locale: str, *, beside: bool
) -> list[Row]:
    """What can be asked for of one of several pictures."""
    labels = {**seen.buttons, **seen.more}
    made = [
        button(one, label, message.job_id, number, beside=beside)
        for one, label in labels.items()
        if PRESSED[one].spec.one_picture
    ]
    label = word("delete_one", locale)
    look = {"type": BUTTON, "style": _STYLES[Style.DANGER], "label": label}
    written = f"{custom_id.PANEL}delete:{message.job_id}:{number}"
    made.append({**look, "emoji": {"name": Action.DELETE.spec.emoji}, "custom_id": written})
    return in_rows(made) + _ratios(message, seen, number, locale, beside=beside)


def which(press: Button | MenuKind, job_id: str, count: int, *, beside: bool) -> list[Row]:
    """Which of several pictures a press is about."""
    return in_rows(
        [
            {
                "type": BUTTON,
                "style": SECONDARY,
                "label": NUMBERS[number - 1],
                "custom_id": custom_id.write(press, job_id, number, beside=beside),
            }
            for number in range(1, min(count, len(NUMBERS)) + 1)
        ]
    )


def button(
    one: Button, label: str, job_id: str, number: int | None = None, *, beside: bool = False
) -> dict[str, Any]:
    """A button that asks for something about a job, or about one of its pictures."""
    return {
        "type": BUTTON,
        "style": _STYLES[PRESSED[one].spec.style],
        "label": shorten(label, LONGEST_LABEL),
        "emoji": {"name": PRESSED[one].spec.emoji},
        "custom_id": custom_id.write(one, job_id, number, beside=beside),
    }


def in_rows(buttons: Sequence[dict[str, Any]]) -> list[Row]:
    """Buttons in as many rows as they need."""
    return [row(*buttons[start : start + PER_ROW]) for start in range(0, len(buttons), PER_ROW)]


def row(*components: Mapping[str, Any]) -> Row:
    """A row of components."""
    return {"type": ROW, "components": list(components)}


def menu(written: str, placeholder: str, options: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row with a menu; none without a choice."""
    fitting = [one for one in options if 0 < len(one["value"]) <= LONGEST_CHOICE][:MOST_CHOICES]
    if not fitting:
        return []
    look = {"type": SELECT, "custom_id": written, "options": fitting}
    return [row({**look, "placeholder": shorten(placeholder, LONGEST_CHOICE)})]


def _panel(name: str, label: str, emoji: str | None = None) -> dict[str, Any]:
    made = {"type": BUTTON, "style": SECONDARY, "label": label, "custom_id": custom_id.PANEL + name}
    return made | ({"label": f"{emoji} {label}"} if emoji else {})


def _which(message: Message, locale: str) -> list[Row]:
    """The pictures of a message, to go on with one of them."""
    count, name = len(message.pictures), f"picture:{message.job_id}"
    if count <= PER_ROW:
        return in_rows([_panel(f"{name}:{n}", NUMBERS[n - 1]) for n in range(1, count + 1)])
    options = [
        {"label": word("picture", locale, number=n), "value": str(n)} for n in range(1, count + 1)
    ]
    return menu(f"{custom_id.PANEL}{name}", word("with_picture", locale), options)


def _ratios(message: Message, seen: View, number: int, locale: str, *, beside: bool) -> list[Row]:
    """A menu of the ratios that a picture can be extended to."""
    options = [
        _option(choice, locale)
        for choice in seen.menus.get(MenuKind.RATIO, ())
        if choice.value != message.aspect_ratio
    ]
    written = custom_id.write(MenuKind.RATIO, message.job_id, number, beside=beside)
    return menu(written, word("other_ratio", locale), options)


def _models(message: Message, seen: View, locale: str, *, beside: bool) -> list[Row]:
    """A menu of the models that did not make it."""
    options = [
        _option(choice, locale)
        for choice in seen.menus.get(MenuKind.MODEL, ())
        if choice.name != message.model
    ]
    written = custom_id.write(MenuKind.MODEL, message.job_id, beside=beside)
    return menu(written, word("other_model", locale), options)


def _option(choice: Choice, locale: str) -> dict[str, Any]:
    label = shorten(choice.name, LONGEST_CHOICE) or choice.value[:LONGEST_CHOICE]
    known = shorten(about(choice, locale), LONGEST_CHOICE)
    return {"label": label, "value": choice.value} | ({"description": known} if known else {})
