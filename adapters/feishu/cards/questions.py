"""Cards that ask for more before something is done with a picture: which ratio, which words,
whether it shall be deleted."""

from collections.abc import Sequence

from adapters.feishu.cards import cards, elements, values
from adapters.feishu.cards.elements import Element
from adapters.feishu.cards.texts import say
from bot.chat import MenuKind
from bot.domain import AUTOMATIC, Job, Model, catalog
from messages import Button, Choice, Cost, Message, about, label, picture_name, ratio_name

LONGEST_TITLE = 60
"""Characters of a description in a title."""

CHOICES = 40
"""Entries of a menu."""


def ratio_card(message: Message, number: int, locale: str) -> Element:
    """Which ratio the picture of that number is extended to."""
    options = [
        (ratio, ratio_name(ratio, locale))
        for ratio in catalog.common_first(message.aspect_ratios)
        if ratio != message.aspect_ratio
    ]
    value = values.value(MenuKind.RATIO, message.job_id, number)
    menu = elements.menu(say("ratio", locale), options, value)
    shown = [_name(message, locale, number), menu]
    return elements.card(f"🖼️ {say('ratio', locale)}", "blue", shown)


def words_card(job: Job, models: Sequence[Model], most: int, locale: str) -> Element:
    """The whole request, to ask for it with other words or choices; ``most`` pictures at once."""
    words, size = job.text or job.prompt, elements.LONGEST_FIELD
    parts = [words[start : start + size] for start in range(0, len(words), size)] or [""]
    fields = [
        elements.field(values.written_in(number), say("words", locale), part)
        for number, part in enumerate(parts[: values.MOST_FIELDS], start=1)
    ]
    value = values.value(Button.WORDS, job.id, k=values.ASKED)
    name = values.submitter(Button.WORDS.value, 1)
    send = elements.button(say("make", locale), value, kind="primary", submit=name)
    form = elements.form("request", [*fields, *_menus(job, models, most, locale), send])
    return elements.card(f"📝 {label(Button.WORDS, locale)}", "blue", [form])


def _menus(job: Job, models: Sequence[Model], most: int, locale: str) -> list[Element]:
    made = catalog.find(job.model, models)
    automatic = [(AUTOMATIC, say("auto", locale))]
    ratios = catalog.common_first(made.aspect_ratios if made else catalog.RATIOS)
    shaped = [(ratio, ratio_name(ratio, locale)) for ratio in ratios]
    sized = [(size, size) for size in (made.sizes if made else catalog.SIZES)]
    offered = {
        "model": ([(each.id, _model(each, job, locale)) for each in models], made and made.id),
        "ratio": (shaped if job.aspect_ratio else automatic + shaped, job.aspect_ratio),
        "size": (sized if job.size else automatic + sized, job.size),
        "count": (
            [(str(n), say("count", locale, number=n)) for n in range(1, most + 1)],
            str(job.count),
        ),
    }
    menus = [
        elements.menu(
            say(f"words_{name}", locale), options[:CHOICES], chosen=now or AUTOMATIC, name=name
        )
        for name, (options, now) in offered.items()
    ]
    return [elements.row(menus[:2], equal=True), elements.row(menus[2:], equal=True)]


def _model(model: Model, job: Job, locale: str) -> str:
    """A model with what it costs and how long it takes."""
    price: Cost | None = catalog.price(model, catalog.fit_size(model, job.size), 1)
    known = about(Choice("", "", model.seconds, price), locale)
    return f"{model.name} · {known}" if known else model.name


def deleting_card(message: Message, locale: str) -> Element:
    """Whether the pictures of a message shall be deleted."""
    value = values.value(Button.DELETE, message.job_id, k=values.ASKED)
    button = elements.button(label(Button.DELETE, locale), value, kind="danger")
    text = elements.paragraph(say("delete_text", locale), grey=True)
    return elements.card(say("delete_title", locale), "red", [_name(message, locale), text, button])


def _name(message: Message, locale: str, number: int = 0) -> Element:
    """What the card is about: all pictures of a message, or that of a ``number`` of several."""
    name, count = picture_name(cards.quoting(message, LONGEST_TITLE), locale), len(message.pictures)
    if number and count > 1:
        name = f"{say('picture_of', locale, number=number, count=count)} · {name}"
    return elements.paragraph(name)
