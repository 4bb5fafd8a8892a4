"""The one card of a request, at each of the five steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from adapters.feishu.cards import elements, values
from adapters.feishu.cards.elements import Element
from adapters.feishu.cards.texts import examples, for_each_reader, for_readers, say
from bot.chat import MenuKind, View, progress_bar, view
from bot.domain import PRESSED, ActionSpec, Failure, Reason, Style
from messages import (
    Button,
    Message,
    Notice,
    Problem,
    Status,
    Step,
    advice,
    alt_text,
    join,
    label,
    made_from,
    reason,
    render,
    render_notice,
    summary,
)

BAR = 20
"""Characters of the progress bar."""

LONGEST_LINK = 2_000
"""Characters of a link to the original."""

LONGEST_DESCRIPTION = 60
"""Characters of the description in a title."""

LONGEST_ORIGIN = 24
"""Columns of what the picture was called that another one was made from."""

LONGEST_ALT = 300
"""Characters of what is said of a picture to those who cannot see it."""

_NOT_SAID = frozenset({Button.PRO, Button.BEFORE, Button.ORIGINAL})
"""Buttons for which people say something else than what is written on them."""

NUMBERS = "①②③④⑤⑥⑦⑧⑨"

_COLOURS: Mapping[Step, str] = {
    Step.ACKNOWLEDGE: "blue",
    Step.START: "blue",
    Step.PROGRESS: "wathet",
    Step.SUCCESS: "green",
    Step.FAILURE: "red",
}


NOT_SHOWN = Failure(Reason.PICTURE_NOT_SHOWN).problem
"""That Feishu did not take a picture."""


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
    requester: str = "",
    number: int | None = None,
    any_language: bool = False,
    simple: bool = False,
) -> Element:
    """The card of a message, below Feishu's limit of 30 KB.

    ``images`` are the image_keys of those of the message's pictures that Feishu has taken, by
    image id; ``problem`` is why others are missing. Where several people see the card,
    ``requester`` is the open_id of who asked: they are named, and each person reads the card in
    the language of their own client. So does one person alone with ``any_language``. ``number`` is
    the one of several pictures, from 1, that the card is about alone. A ``simple`` card has no
    forms, no menus, no names and one language: for when the other was refused.
    """
    made: Element = {}
    requester = "" if simple else requester
    example = any_language and message.prompt in examples()
    for room in ROOMS[-1:] if simple else ROOMS:
        build = partial(_build, message, images, problem, requester, number, room, simple, example)
        several = not simple and (requester or any_language)
        made = for_each_reader(build, locale) if several else build(locale)
        if elements.size(made) <= elements.LARGEST:
            break
    return made


def plain(message: Message, locale: str) -> tuple[str, list[str]]:
    """Title and lines of a message for where no card is possible."""
    title, *lines = render(message, locale).split("\n")
    return title, [elements.shortened(line, ROOMS[0].lines) for line in lines]


def _build(
    message: Message,
    images: Mapping[str, str],
    problem: Problem | None,
    requester: str,
    number: int | None,
    room: Room,
    simple: bool,
    example: bool,
    locale: str,
) -> Element:
    if example:  # in the words of who reads it
        message = replace(message, prompt=say("example", locale))
    seen = view(message, locale)
    colour = "grey" if message.status is Status.CANCELLED else _COLOURS[message.step]
    if message.step is Step.SUCCESS:
        shown = _pictures(message, locale, images, problem, number)
        shown += _origin(message, seen, locale, simple)
        shown += _facts(message, seen, locale, room, requester, number)
    else:
        shown = _bar(message) + _lines(seen.lines, room)
    if message.status is Status.FAILED:  # what is cancelled may have been withdrawn
        shown += _prompt(message, room)
    title = _title(message, seen)
    if simple:
        return elements.card(title, colour, shown + _hint(message, seen, locale, requester))
    if message.step is Step.SUCCESS:
        shown += _actions(message, seen, locale, number)
        return elements.card(title, colour, shown, dense=True)
    shown += _buttons(message, seen, locale, room)
    if not message.status.final and message.notify:
        shown.append(elements.paragraph(render_notice(Notice("notified"), locale), grey=True))
    return elements.card(title, colour, shown + _hint(message, seen, locale, requester))


def _title(message: Message, seen: View) -> str:
    """A result is called what it shows, after the sign that says that it is done."""
    if message.step is not Step.SUCCESS or not message.prompt.strip():
        return seen.title
    sign = seen.title.partition(" ")[0]
    return f"{sign} {elements.shortened(' '.join(message.prompt.split()), LONGEST_DESCRIPTION)}"


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
    message: Message,
    locale: str,
    images: Mapping[str, str],
    problem: Problem | None,
    number: int | None,
) -> list[Element]:
    """The pictures, or one of them, and why some are not among them."""
    chosen = message.pictures if number is None else message.pictures[number - 1 : number]
    alt = elements.shortened(alt_text(message, locale, number or 1), LONGEST_ALT)
    keys = [images[one.image_id] for one in chosen if one.image_id in images]
    shape = (chosen[0].width, chosen[0].height) if chosen else (1, 1)
    shown = elements.pictures(keys, alt, shape)
    if len(keys) < len(chosen):
        shown.append(elements.paragraph(missing(problem, locale)))
    return shown


def missing(problem: Problem | None, locale: str) -> str:
    """That a picture is not shown, why if there is another ``problem``, and what to do."""
    problem = problem or NOT_SHOWN
    said = [reason(problem, locale), advice(problem, locale)]
    if problem.reason != NOT_SHOWN.reason:
        said.insert(0, reason(NOT_SHOWN, locale))
    return f"⚠️ {join(said)}"


def emptied(key: str, locale: str, *, one_language: bool) -> Element:
    """What remains of a card that can neither be used nor removed: a title, by its ``key``, for
    each reader in their language unless there is but one."""

    def make(each: str) -> Element:
        return elements.card(say(key, each), "grey", [])

    return for_readers(make, locale, alone=one_language)


def _facts(
    message: Message, seen: View, locale: str, room: Room, requester: str, number: int | None
) -> list[Element]:
    """By whom it was made, with what, how large, how long and for how much; notes; the link to the
    original."""
    about = message
    if number:  # what all of them have cost is not the cost of one
        about = replace(message, pictures=message.pictures[number - 1 : number], cost=None)
    lines = [summary(about, locale)]
    if number:
        count = len(message.pictures)
        lines.insert(0, say("picture_of", locale, number=number, count=count))
    said = elements.paragraph("\n".join(lines), grey=True)
    shown = [said]
    if requester:
        shown = [elements.line([elements.person(requester, "extra_small"), said], wide=1)]
    shown += _lines([f"ℹ️ {note}" for note in seen.notes], room)
    authors = [note.facts.get("author") for note in message.notes if note.key == "from_quote"]
    shown += [elements.person(str(author)) for author in authors if author]
    if message.link and len(message.link) <= LONGEST_LINK:
        # The label is the rendered line without its URL, which would be shown twice.
        line = render(replace(message, link="|", notes=()), locale).split("\n")[-1]
        label = line.partition("|")[0].strip().rstrip(":：")
        shown.append(elements.link(label, message.link))
    return shown


def _origin(message: Message, seen: View, locale: str, simple: bool) -> list[Element]:
    """What it was made from, on one line: pressed, that picture is shown again.

    Feishu documents no link to a message: https://open.feishu.cn/document/uAjLw4CM/uYjL24iN/
    applink-protocol/supported-protocol/open-a-chat-page leads to a chat as a whole.
    """
    said = made_from(quoting(message, LONGEST_ORIGIN), locale)
    if not said:
        return []
    if simple or Button.BEFORE not in seen.more:
        return [elements.paragraph(said, grey=True)]
    text = f"{PRESSED[Button.BEFORE].spec.emoji} {said}"
    return [elements.pressable(text, values.value(Button.BEFORE, message.job_id))]


def quoting(message: Message, most: int) -> Message:
    """A message as one line quotes it: with descriptions of at most so many narrow characters."""
    prompt, source = elements.narrow(message.prompt, most), message.made_from
    if source is not None:
        source = replace(source, words=tuple(elements.narrow(each, most) for each in source.words))
    return replace(message, prompt=prompt, made_from=source)


def _actions(message: Message, seen: View, locale: str, number: int | None) -> list[Element]:
    """What can be done with a result: with its one picture, or with the one that was chosen.

    Of several pictures one has to be chosen first, for what is done with one of them.
    """
    count = len(message.pictures)
    several = count > 1 and number is None
    about = number or 1
    shown: list[Element] = []

    def fits(one: Button) -> bool:
        alone = PRESSED[one].spec.one_picture
        return not (alone if several else number and not alone)

    if several:
        shown += _numbers(message, locale)
    elif Button.EDIT in seen.buttons:
        shown.append(_form(message, seen, locale, about))
    pressed = [one for one in seen.buttons if fits(one) and one is not Button.EDIT]
    pressed.sort(key=lambda one: one is not Button.AGAIN)
    row = [_button(message, seen.buttons[one], one, locale, about) for one in pressed]
    more = [(one.value, label) for one, label in seen.more.items() if fits(one)]
    if not several and MenuKind.RATIO in seen.menus:
        more.insert(1 if Button.PRO in seen.more and not number else 0, _other_ratio(locale))
    if more:
        row.append(elements.overflow(more, values.value(values.MORE, message.job_id, about)))
    return shown + ([elements.row(row)] if row else [])


def _other_ratio(locale: str) -> tuple[str, str]:
    return MenuKind.RATIO.value, say("ratio", locale)


def _numbers(message: Message, locale: str) -> list[Element]:
    """The pictures by their numbers, to go on with one of them."""
    buttons = [
        elements.button(NUMBERS[n - 1], values.value(values.CHOOSE, message.job_id, n))
        for n in range(1, min(len(message.pictures), len(NUMBERS)) + 1)
    ]
    return [elements.paragraph(say("choose", locale), grey=True), elements.row(buttons)]


def _form(message: Message, seen: View, locale: str, number: int) -> Element:
    """What to change, and the button for it, on one line."""
    field = elements.field(values.INSTRUCTION, say("instruction", locale))
    label = seen.buttons[Button.EDIT]
    button = _button(message, label, Button.EDIT, locale, number, submit=True)
    return elements.form("change", [elements.line([field, button], wide=0)])


def _buttons(message: Message, seen: View, locale: str, room: Room) -> list[Element]:
    """What can be done with a request that goes on or has failed, and which models to try."""
    labels = {**seen.buttons, **seen.more}
    row = [_button(message, label, one, locale) for one, label in labels.items()]
    shown = [elements.row(row)] if row else []
    options = [
        (one.value, one.name)
        for one in seen.menus.get(MenuKind.MODEL, ())[: room.choices]
        if one.name != message.model
    ]
    if options and message.status is Status.FAILED:
        value = values.value(MenuKind.MODEL, message.job_id)
        shown.append(elements.menu(say("model", locale), options, value))
    return shown


def _button(
    message: Message,
    label: str,
    one: Button,
    locale: str,
    number: int = 1,
    *,
    submit: bool = False,
) -> Element:
    spec = PRESSED[one].spec
    asked = (say(f"{one}_title", locale), say(f"{one}_text", locale)) if spec.confirm else None
    return elements.button(
        label,
        values.value(one, message.job_id, number),
        kind=_kind(spec),
        submit=values.submitter(one.value, number) if submit else None,
        confirm=asked,
    )


def _kind(spec: ActionSpec) -> str:
    """How a button stands out: red is for what cannot be undone."""
    if spec.confirm:
        return "danger"
    return "primary" if spec.style is Style.PRIMARY else "default"


def _hint(message: Message, seen: View, locale: str, requester: str) -> list[Element]:
    """What to reply where buttons do not work: some tenants cannot deliver their callbacks.

    It is what is on the buttons there are and is understood as it stands there. ``requester`` is
    who has asked among others, where the bot reads only what mentions it.
    """
    buttons = [*seen.buttons, *seen.more]
    said = " · ".join(
        label(one, locale)
        for one in buttons
        if not PRESSED[one].spec.needs_input and one not in _NOT_SAID
    ).lower()
    key = "hint_done" if message.step is Step.SUCCESS else "hint"
    key = f"{key}_group" if requester else key
    return [elements.paragraph(say(key, locale, words=said), grey=True)] if said else []
