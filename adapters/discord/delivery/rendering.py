"""What a request's message looks like on Discord: content, and rows of buttons and menus.

Content and attachments are used rather than "Components V2": its flag can never be taken off a
message again, it allows no content, which is what notifications, the search and screen readers
show, and a picture that nothing refers to is not shown at all, so that one wrong reference would
lose a picture. https://discord.com/developers/docs/components/reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import messages
from adapters.discord import custom_id
from adapters.discord.address import DiscordPlace
from adapters.discord.escaping import escape, shorten, units
from bot.chat.callbacks import MenuKind
from bot.chat.view import View, progress_bar, view
from bot.domain.actions import PRESSED, Action, Style
from messages import Button, Message, Problem, Status, Step

LONGEST = 2000
"""The most characters of a message."""

LONGEST_PROMPT = 300
"""So much of the prompt is quoted; the details have all of it."""

LONGEST_WORDS = 600
"""So much is shown of what a provider said about a failure."""

PER_ROW = 5
MOST_ROWS = 5
MOST_CHOICES = 25
LONGEST_LABEL = 80
LONGEST_CHOICE = 100
CELLS = 12
"""The length of the bar that shows progress."""

Row: TypeAlias = dict[str, Any]
"""An action row, as the API takes it."""

_ROW, _BUTTON, _SELECT = 1, 2, 3
_STYLES = {Style.NORMAL: 2, Style.PRIMARY: 1, Style.DANGER: 4}


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """The content of a message (at most 2000 characters), and its rows of components."""

    content: str
    rows: tuple[Row, ...] = ()


def render_message(
    message: Message, locale: str, place: DiscordPlace, before: str = "", *, plain: bool = False
) -> RenderedMessage:
    """How a message looks; ``locale`` is one of :data:`messages.LOCALES`.

    ``before`` is put above it: why it is shown here and not there. ``plain`` leaves out what
    somebody else wrote, links, buttons and menus.
    """
    if plain:
        problem = message.problem and replace(message.problem, explanation=None)
        message = replace(message, link=None, problem=problem)
    seen = view(_with_short_explanation(message), locale)
    lines = [before, "" if plain else _asked(message, place), *_body(message, seen, locale)]
    content = _fitting([line for line in lines if line])
    return RenderedMessage(content, () if plain else _rows(message, seen))


def _rows(message: Message, seen: View) -> tuple[Row, ...]:
    """The buttons under a message, then, where it failed, the other models to try."""
    labels = dict(seen.buttons)
    several = len(message.pictures) > 1 and bool(labels.pop(Button.EDIT, ""))
    made = _in_rows([_button(one, label, message.job_id) for one, label in labels.items()])
    if several:
        made += _in_rows([_numbered(message, n) for n in range(1, len(message.pictures) + 1)])
    if message.status is Status.FAILED and (menu := _models(message, seen)):
        made.append({"type": _ROW, "components": [menu]})
    return tuple(made[:MOST_ROWS])


def alt_text(message: Message) -> str:
    """What a picture shows, for those who cannot see it: the prompt."""
    return shorten(message.prompt, 1000)


def bar(percent: int) -> str:
    """Progress as a row of cells."""
    return progress_bar(percent, "▰", "▱", CELLS)


def _asked(message: Message, place: DiscordPlace) -> str:
    """What was asked for, and in a server by whom; nobody is called by it."""
    prompt = escape(shorten(message.prompt, LONGEST_PROMPT))
    shared = place.guild and not place.private and not place.dm
    who = place.author or (place.user if shared else None)
    by = f"<@{who}>" if who else ""
    quoted = " — ".join(part for part in (prompt, by) if part)
    return f"> {quoted}" if quoted else ""


def _with_short_explanation(message: Message) -> Message:
    problem = message.problem
    if problem is None or not problem.explanation:
        return message
    said = shorten(problem.explanation, LONGEST_WORDS)
    return replace(message, problem=replace(problem, explanation=said))


def _body(message: Message, seen: View, locale: str) -> list[str]:
    notes = [f"ℹ️ {escape(note)}" for note in seen.notes]
    if message.step is Step.SUCCESS:
        notes += _problem(message.problem, locale) if message.problem else []
        # In angle brackets a link is not unfolded into another copy of the picture.
        link = f"🔗 <{message.link}>" if message.link else ""
        return [f"✅ {escape(' '.join(seen.lines))}", *notes, link]
    lines = [escape(line) for line in (seen.title, *seen.lines)]
    if message.step is Step.PROGRESS:
        lines.insert(1, bar(message.percent))
    return lines + notes


def _problem(problem: Problem, locale: str) -> list[str]:
    return [escape(line) for line in messages.render_problem(problem, locale).split("\n")]


def _fitting(lines: Sequence[str]) -> str:
    """The lines as one text; what is too much is left off at the end."""
    text = "\n".join(lines)
    if units(text) <= LONGEST:
        return text
    while units(text) > LONGEST - 1:
        text = text[: -max(1, (units(text) - LONGEST) // 2)]
    return text.rstrip("\\ \n") + "…"


def _in_rows(buttons: Sequence[dict[str, Any]]) -> list[Row]:
    return [
        {"type": _ROW, "components": list(buttons[start : start + PER_ROW])}
        for start in range(0, len(buttons), PER_ROW)
    ]


def _button(button: Button, label: str, job_id: str) -> dict[str, Any]:
    return {
        "type": _BUTTON,
        "style": _STYLES[PRESSED[button].spec.style],
        "label": shorten(label, LONGEST_LABEL),
        "emoji": {"name": PRESSED[button].spec.emoji},
        "custom_id": custom_id.write(button, job_id),
    }


def _numbered(message: Message, number: int) -> dict[str, Any]:
    """The button that edits one of several pictures."""
    return {
        "type": _BUTTON,
        "style": _STYLES[Action.DRAW.spec.style],
        "label": str(number),
        "emoji": {"name": Action.DRAW.spec.emoji},
        "custom_id": custom_id.write(Button.EDIT, message.job_id, number),
    }


def _models(message: Message, seen: View) -> dict[str, Any] | None:
    """A menu of the models that were not tried; none without a choice."""
    others = [
        choice for choice in seen.menus.get(MenuKind.MODEL, ()) if choice.name != message.model
    ]
    options = [
        {
            "label": shorten(choice.name, LONGEST_CHOICE) or choice.value[:LONGEST_CHOICE],
            "value": choice.value,
        }
        for choice in others
        if len(choice.value) <= LONGEST_CHOICE
    ][:MOST_CHOICES]
    if not options:
        return None
    return {
        "type": _SELECT,
        "custom_id": custom_id.write(MenuKind.MODEL, message.job_id),
        "placeholder": shorten(message.model, LONGEST_CHOICE),
        "options": options,
    }
