"""The one card of a request, at each of the five steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.feishu.cards import elements, values
from adapters.feishu.cards.elements import Element
from adapters.feishu.cards.texts import say
from bot.chat.view import View, progress_bar, view
from bot.domain.actions import PRESSED, ActionSpec, Style
from bot.domain.failures import Failure, Reason
from messages import (
    Button,
    Message,
    Notice,
    Problem,
    Status,
    Step,
    advice,
    reason,
    render,
    render_notice,
)

BAR = 20
"""Characters of the progress bar."""

LONGEST_LINK = 2_000
"""Characters of a link to the original."""

_COLOURS: Mapping[Step, str] = {
    Step.ACKNOWLEDGE: "blue",
    Step.START: "blue",
    Step.PROGRESS: "wathet",
    Step.SUCCESS: "green",
    Step.FAILURE: "red",
}


@dataclass(frozen=True, slots=True)
class Room:
    """How much of what is long is shown: characters of texts, entries of menus."""

    prompt: int = 300
    lines: int = 2_000
    choices: int = 40


ROOMS = (Room(), Room(200, 1_000, 20), Room(80, 500, 8), Room(0, 300, 0))
"""From the usual card to the smallest, until one fits."""


def card(
    message: Message,
    locale: str,
    images: Mapping[str, str],
    *,
    problem: Problem | None = None,
    simple: bool = False,
) -> Element:
    """The card of a message, below Feishu's limit of 30 KB.

    ``images`` are the image_keys of those of the message's pictures that Feishu has taken, by
    image id; ``problem`` is why others are missing. A ``simple`` card has no forms and no menus:
    for when the other was refused.
    """
    made: Element = {}
    for room in ROOMS[-1:] if simple else ROOMS:
        made = _build(message, locale, images, problem, room, simple=simple)
        if elements.size(made) <= elements.LARGEST:
            break
    return made


def plain(message: Message, locale: str) -> tuple[str, list[str]]:
    """Title and lines of a message for where no card is possible."""
    title, *lines = render(message, locale).split("\n")
    return title, [elements.shortened(line, ROOMS[0].lines) for line in lines]


def _build(
    message: Message,
    locale: str,
    images: Mapping[str, str],
    problem: Problem | None,
    room: Room,
    *,
    simple: bool,
) -> Element:
    seen = view(message, locale)
    colour = "grey" if message.status is Status.CANCELLED else _COLOURS[message.step]
    if message.step is Step.SUCCESS:
        shown = _pictures(message, locale, images, problem) + _facts(message, seen, locale, room)
    else:
        shown = _bar(message) + _lines(seen.lines, room)
    if message.status.final and message.status is not Status.CANCELLED:
        shown += _prompt(message, room)  # what is cancelled may have been withdrawn
    if simple:
        return elements.card(seen.title, colour, shown + _hint(message, seen, locale))
    shown += _controls(message, seen, locale, room)
    if not message.status.final and message.notify:
        shown.append(elements.paragraph(render_notice(Notice("notified"), locale), grey=True))
    return elements.card(seen.title, colour, shown + _hint(message, seen, locale))


def _lines(lines: Sequence[str], room: Room) -> list[Element]:
    text = elements.shortened("\n".join(lines), room.lines)
    return [elements.paragraph(text)] if text else []


def _bar(message: Message) -> list[Element]:
    if message.step is not Step.PROGRESS:
        return []
    bar = progress_bar(message.percent, "▓", "░", BAR)
    return [elements.paragraph(f"{bar} {message.percent}%")]


def _prompt(message: Message, room: Room) -> list[Element]:
    text = elements.shortened(message.prompt, room.prompt) if room.prompt else ""
    return [elements.paragraph(f"“{text}”", grey=True)] if text else []


def _pictures(
    message: Message, locale: str, images: Mapping[str, str], problem: Problem | None
) -> list[Element]:
    """The pictures, and why some are not among them."""
    alt = say("alt", locale, prompt=elements.shortened(message.prompt, 80))
    keys = [images[one.image_id] for one in message.pictures if one.image_id in images]
    shown = elements.pictures(keys, alt)
    if len(keys) < len(message.pictures):
        shown.append(elements.paragraph(missing(problem, locale)))
    return shown


def missing(problem: Problem | None, locale: str) -> str:
    """That a picture is not shown, why if there is another ``problem``, and what to do."""
    problem = problem or not_shown(locale)
    said = [reason(problem, locale), advice(problem, locale)]
    if problem.reason != Reason.PICTURE_NOT_SHOWN.value:
        said.insert(0, reason(not_shown(locale), locale))
    return f"⚠️ {' '.join(said)}"


def not_shown(locale: str, platform: str = "feishu") -> Problem:
    """That ``feishu`` or ``lark`` did not take a picture."""
    return Failure(Reason.PICTURE_NOT_SHOWN, {"platform": say(platform, locale)}).problem


def replaced(locale: str) -> Element:
    """What remains of a card that can neither be used nor removed."""
    return elements.card(say("replaced", locale), "grey", [])


def _facts(message: Message, seen: View, locale: str, room: Room) -> list[Element]:
    """Model, duration, cost, size; notes; the link to the original."""
    shown = [elements.paragraph("\n".join(seen.lines) or "–")]
    shown += _lines([f"ℹ️ {note}" for note in seen.notes], room)
    if message.link and len(message.link) <= LONGEST_LINK:
        # The label is the rendered line without its URL, which would be shown twice.
        line = render(replace(message, link="|", notes=()), locale).split("\n")[-1]
        label = line.partition("|")[0].strip().rstrip(":：")
        shown.append(elements.link(label, message.link))
    return shown


def _controls(message: Message, seen: View, locale: str, room: Room) -> list[Element]:
    several = len(message.pictures) > 1
    in_form = [one for one in seen.buttons if _belongs_to_form(one, several=several)]
    shown: list[Element] = []
    if in_form:
        shown.append(_form(message, seen, locale, in_form))
    rest = [one for one in seen.buttons if one not in in_form]
    if rest:
        shown.append(elements.row([_button(message, seen, one, locale) for one in rest]))
    return shown + _menus(message, seen, locale, room)


def _belongs_to_form(one: Button, *, several: bool) -> bool:
    """Whether a button needs what is written there, or which of several pictures was chosen."""
    spec = PRESSED[one].spec
    return spec.needs_input or (several and spec.one_picture)


def _form(message: Message, seen: View, locale: str, buttons: Sequence[Button]) -> Element:
    """What to change, on which of several pictures."""
    shown = [elements.field(values.INSTRUCTION, say("instruction", locale))]
    if len(message.pictures) > 1:
        numbers = range(1, len(message.pictures) + 1)
        options = [(str(number), say("picture", locale, number=number)) for number in numbers]
        title = say("picture", locale, number=1)
        shown.insert(0, elements.menu(title, options, chosen="1", name=values.PICTURE))
    made = [_button(message, seen, one, locale, submit=True) for one in buttons]
    return elements.form("change", [*shown, elements.row(made)])


def _button(
    message: Message, seen: View, one: Button, locale: str, *, submit: bool = False
) -> Element:
    spec = PRESSED[one].spec
    asked = (say(f"{one}_title", locale), say(f"{one}_text", locale)) if spec.confirm else None
    return elements.button(
        seen.buttons[one],
        values.value(one, message.job_id),
        kind=_kind(spec),
        submit=one.value if submit else None,
        confirm=asked,
    )


def _kind(spec: ActionSpec) -> str:
    """How a button stands out: red is for what cannot be undone."""
    if spec.confirm:
        return "danger"
    return "primary" if spec.needs_input or spec.style is Style.PRIMARY else "default"


def _menus(message: Message, seen: View, locale: str, room: Room) -> list[Element]:
    """Menus to repeat it with another model or, of a finished picture, in another ratio."""
    shown = []
    for kind, choices in seen.menus.items():
        options = [(one.value, one.name) for one in choices[: room.choices]]
        value = values.value(kind, message.job_id)
        shown += [elements.menu(say(kind, locale), options, value)] if options else []
    return [elements.row(shown, equal=True)] if shown else []


def _hint(message: Message, seen: View, locale: str) -> list[Element]:
    """What to reply where buttons do not work: some tenants cannot deliver their callbacks.

    It is what is on the buttons there are; what to change, and with which model, is free.
    """
    free = [one for one in seen.buttons if PRESSED[one].spec.needs_input or one is Button.PRO]
    said = " · ".join(words for one, words in seen.buttons.items() if one not in free).lower()
    key = "hint_done" if message.step is Step.SUCCESS else "hint"
    return [elements.paragraph(say(key, locale, words=said), grey=True)] if said else []
