"""Cards that are not about one request: settings, history, help, details, the last question."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from adapters.feishu.address import FeishuPlace
from adapters.feishu.cards import elements, values
from adapters.feishu.cards.elements import Element
from adapters.feishu.cards.texts import for_readers, say
from adapters.feishu.cards.values import NOWHERE, Home
from bot.chat import PERSONAL, position
from bot.domain import AUTOMATIC, SWITCHES, Failure, Job, Preference, Viewer, catalog
from bot.ports import Bot, SettingsPanel
from messages import (
    Button,
    Notice,
    answers,
    language_names,
    negotiate,
    ratio_name,
    render_notice,
    render_problem,
)

PAGE = 5
"""Pictures on one page of the history."""

LONGEST_ENTRY = 40
"""Characters of a description in the history."""

CHOICES = 40
"""Entries of a menu."""

SWITCHED = ("notify", "private")
"""The settings of :data:`bot.domain.SWITCHES` that Feishu can heed: it covers no pictures."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads a card: ``viewer``, and who else is in the chat.

    The viewer reads ``locale``. Where that is only what is usual in their company, it is not
    ``known``, and each reads the language of their own client also where nobody else is.
    """

    viewer: Viewer
    locale: str
    known: bool = True

    @property
    def home(self) -> Home:
        """Whose the card is, where, and in which language."""
        viewer, locale = self.viewer, self.locale if self.known else ""
        return Home(viewer.requester, viewer.conversation, viewer.private, locale)

    def card(self, make: Callable[[str], Element]) -> Element:
        """What ``make`` makes in each language, as a card for them."""
        return for_readers(make, self.locale, alone=self.viewer.private and self.known)


async def settings_of(bot: Bot, readers: Readers, before: Preference | None = None) -> Element:
    """The settings card of a person; ``before`` are choices that were just taken back."""
    panel = await bot.settings(readers.viewer)
    return readers.card(partial(settings_card, panel, home=readers.home, before=before))


def settings_card(
    panel: SettingsPanel,
    locale: str,
    home: Home = NOWHERE,
    *,
    before: Preference | None = None,
) -> Element:
    """Menus for what a person likes, each of which sends :data:`values.SET` with its key; a button
    that takes every choice back, or instead of it one that brings those of ``before`` back."""
    locale, liked = negotiate(locale), panel.chosen
    language = negotiate(liked.language).replace("_", "-") if liked.language else None
    chosen = {
        "model": liked.model,
        "size": liked.size,
        "aspect_ratio": liked.aspect_ratio,
        "language": language,
        **{key: position(getattr(liked, key)) for key in SWITCHED},
    }
    shown = []
    for key, options in settings_offered(panel, locale).items():
        label, value = say(f"set_{key}", locale), values.value(values.SET, home=home, k=key)
        menu = elements.menu(label, options, value, chosen=chosen[key] or AUTOMATIC)
        shown += [elements.paragraph(label), menu]
    if before is not None and before != Preference() and liked == Preference():
        value = values.value(values.UNDO, home=home, k=_written(before))
        shown.append(elements.button(say("undo", locale), value))
    else:
        shown.append(elements.button(say("reset", locale), values.value(values.RESET, home=home)))
    shown.append(elements.paragraph(say("hint_settings", locale), grey=True))
    return elements.card(f"⚙️ {say('settings', locale)}", "blue", shown, personal=True)


def _written(liked: Preference) -> str:
    """Choices as a button carries them."""
    return json.dumps({name: each for name, each in asdict(liked).items() if each is not None})


def read_preference(written: str) -> Preference:
    """What :func:`_written` has written; of anything else, no choices."""
    try:
        return Preference(**json.loads(written))
    except (ValueError, TypeError):
        return Preference()


def settings_offered(panel: SettingsPanel, locale: str) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen on the settings card: pairs of value and name, by the key of the menu."""
    named = {
        "model": [(model.id, model.name) for model in panel.models],
        "size": [(size, size) for size in panel.sizes],
        "aspect_ratio": [
            (ratio, ratio_name(ratio, locale))
            for ratio in catalog.common_first(panel.aspect_ratios)
        ],
        "language": list(_languages().items()),
    }
    automatic = (AUTOMATIC, say("auto", locale))
    offered = {key: [automatic, *options[:CHOICES]] for key, options in named.items()}
    for key in SWITCHED:
        standing = map(position, SWITCHES[key])
        offered[key] = [(value, say(f"{key}_{value}", locale)) for value in standing]
    return offered


async def history_of(
    bot: Bot, readers: Readers, before: float | None = None, *, number: int = 1
) -> Element:
    """A page of a person's history: the newest, what came ``before`` (seconds since 1970), or that
    of a ``number``, from 1; the last for one behind it.

    A page whose pictures are deleted is the newest one again.
    """
    viewer = readers.viewer
    for _ in range(1, number):
        passed = await bot.history(viewer, before=before, limit=PAGE, succeeded=True)
        before = passed.older or before
    page = await bot.history(viewer, before=before, limit=PAGE, succeeded=True)
    if not page.jobs and page.older is None and before is not None:
        return await history_of(bot, readers)
    first = before is None
    return readers.card(
        partial(history_card, page.jobs, older=page.older, first=first, home=readers.home)
    )


def history_card(
    jobs: Sequence[Job],
    locale: str,
    *,
    older: float | None = None,
    first: bool = True,
    home: Home = NOWHERE,
) -> Element:
    """A page of the history; ``older`` is where the next page begins, if there is one."""
    locale = negotiate(locale)
    shown: list[Element] = []
    for job in jobs:
        said = elements.shortened(job.text or job.prompt, LONGEST_ENTRY) or "–"
        value = values.value(values.SHOW, job.id, home=home)
        entry: list[Element | list[Element]] = [
            *(elements.thumbnail(key, said) for key in _first_key(job)),
            [elements.paragraph(said), elements.moment(job.created_at)],
            elements.button(say("show", locale), value),
        ]
        shown.append(elements.line(entry, wide=len(entry) - 2))
    if not jobs:
        shown.append(elements.paragraph(render_notice(Notice("history_empty"), locale)))
    turns = []
    if not first:
        value = values.value(values.PAGE, home=home)
        turns.append(elements.button(say("newest", locale), value))
    if older is not None:
        value = values.value(values.PAGE, home=home, before=older)
        turns.append(elements.button(say("older", locale), value))
    shown += [elements.row(turns)] if turns else []
    return elements.card(f"🖼️ {say('history', locale)}", "blue", shown, personal=True)


def _first_key(job: Job) -> list[str]:
    """The image_key of a job's first picture, where it was shown here."""
    try:
        return [key for _, key in FeishuPlace.of(job.address).images[:1]]
    except KeyError:
        return []


def _grey(text: str) -> Element:
    return elements.paragraph(text, grey=True)


def notice_card(notice: Notice, locale: str, home: Home = NOWHERE) -> Element:
    """An answer as a card: help, models, details, the question before everything is deleted."""
    locale = negotiate(locale)
    title, _, rest = render_notice(notice, locale).partition("\n")
    shown = [elements.paragraph(elements.shortened(rest or title, 4_000))]
    if notice.key == "forget_me":
        whole = elements.shortened(render_notice(notice, locale, words=False), 4_000)
        button = elements.button(
            say("forget", locale),
            values.value(values.FORGET, home=home),
            kind="danger",
            confirm=(say("forget_title", locale), say("forget_text", locale)),
        )
        shown = [elements.paragraph(whole), button, _grey(say("hint_forget", locale))]
        return elements.card(say("forget_title", locale), "red", shown, personal=True)
    if notice.key == "help":
        text = say("help_alone" if home.p2p else "help_group", locale)
        shown = [elements.paragraph(text), _panels(locale, home)]
        return elements.card(f"🍌 {say('help', locale)}", "blue", shown)
    personal = notice.key in ("details", *PERSONAL)
    if not rest and len(title) <= elements.LONGEST_TITLE:
        return elements.card(title, "blue", [], personal=personal)
    hello = f"🍌 {say('hello', locale)}" if notice.key == "greeting" else "🍌"
    headed = title.rstrip(":：") if rest else hello
    return elements.card(headed, "blue", shown, summary=title, personal=personal)


def question_card(notice: Notice, locale: str, home: Home, keys: Sequence[str]) -> Element:
    """A question with its answers as buttons; ``keys`` are the image_keys of what it asks about."""
    locale = negotiate(locale)
    title, _, rest = render_notice(notice, locale, words=False).partition("\n")
    hint = say("give_picture", locale) if notice.key == "ask_picture" else ""
    lines = "\n".join(filter(None, (rest, hint)))
    shown = elements.pictures(keys, title)
    shown += [elements.paragraph(elements.shortened(lines, 4_000))] if lines else []
    labels = zip(answers(notice, locale), notice.choices, strict=True)
    buttons = [
        elements.button(
            label, values.value(Button.ANSWER, notice.question, number, home=home, k=choice)
        )
        for number, (label, choice) in enumerate(labels, start=1)
    ]
    shown += [elements.row(buttons)] if buttons else []
    return elements.card(title, "blue", shown, personal=True)


def notice_of(notice: Notice, readers: Readers) -> Element:
    """An answer as a card."""
    return readers.card(partial(notice_card, notice, home=readers.home))


def question_of(notice: Notice, keys: Sequence[str], readers: Readers) -> Element:
    """A question as a card."""
    return readers.card(partial(question_card, notice, home=readers.home, keys=keys))


def answered_of(choice: str, readers: Readers) -> Element:
    """What remains of a question that was answered: its answer, as the question named it."""
    said = Notice("", choices=(choice,))

    def make(each: str) -> Element:
        return elements.card(f"✓ {answers(said, each)[0]}", "grey", [])

    return readers.card(make)


def asked_again_of(readers: Readers) -> Element:
    """What remains of a question after which another one was asked."""
    return readers.card(lambda each: elements.card(say("asked_again", each), "grey", []))


def refusal_of(failure: Failure, readers: Readers) -> Element:
    """A refusal as a card."""
    return readers.card(partial(failure_card, failure))


def greeting_of(readers: Readers) -> Element:
    """What the bot does, for people who see it for the first time."""
    return readers.card(partial(greeting_card, home=readers.home))


def greeting_card(locale: str, home: Home = NOWHERE) -> Element:
    """What the bot does and how to ask for it, for people who see it for the first time."""
    text = say("greeting_alone" if home.p2p else "greeting_group", locale)
    shown = [elements.paragraph(text), elements.row([_try(locale, home)])]
    return elements.card(f"🍌 {say('hello', locale)}", "blue", shown)


def _try(locale: str, home: Home) -> Element:
    return elements.button(say("try", locale), values.value(values.TRY, home=home), kind="primary")


def _panels(locale: str, home: Home) -> Element:
    buttons = [_try(locale, home)]
    for name in ("history", "settings"):
        value = values.value(values.PANEL, home=home, k=name)
        buttons.append(elements.button(say(name, locale), value))
    return elements.row(buttons)


def failure_card(failure: Failure, locale: str) -> Element:
    """Why something could not be done, as a card."""
    locale, problem = negotiate(locale), failure.problem
    title, _, text = render_problem(problem, locale).rpartition("\n")
    if len(title) > elements.LONGEST_TITLE:
        text = f"{title}\n{text}"
    return elements.card(title, "red", [elements.paragraph(elements.shortened(text, 4_000))])


def _languages() -> dict[str, str]:
    """What :data:`messages.LOCALES` call themselves, by their BCP 47 tags."""
    return {locale.replace("_", "-"): name for locale, name in language_names().items()}
