"""Cards that are not about one request: settings, history, help, details, the last question."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapters.feishu import elements, values
from adapters.feishu.address import PLATFORM
from adapters.feishu.elements import Element
from adapters.feishu.words import say
from bot import catalog
from bot.answers import AUTOMATIC
from bot.app import App
from bot.catalog import Model
from bot.failures import Failure
from bot.job import Job
from bot.preferences import Preference
from messages import Notice, Status, negotiate, render_notice, render_problem

PAGE = 5
"""Pictures on one page of the history."""

_SCANNED = 50
"""Jobs that are looked at for one page; failures are passed over."""

LANGUAGES: Mapping[str, str] = {"en": "English", "zh-Hans": "中文"}
"""What :data:`messages.LOCALES` call themselves, by their BCP 47 tag."""

CHOICES = 40
"""Entries of a menu."""


async def settings_of(app: App, requester: str, locale: str) -> Element:
    """The settings card of a person."""
    liked = await app.preferences.of(PLATFORM, requester)
    return settings_card(liked, await app.engine.models(), locale)


def settings_card(liked: Preference, models: Sequence[Model], locale: str) -> Element:
    """Menus for what a person likes; each one sends :data:`values.SET` with its key."""
    locale = negotiate(locale)
    sizes = [size for size in catalog.SIZES if any(size in model.sizes for model in models)]
    ratios = dict.fromkeys(ratio for model in models for ratio in model.aspect_ratios)
    language = negotiate(liked.language).replace("_", "-") if liked.language else None
    rows = [
        ("model", [(model.id, model.name) for model in models], liked.model),
        ("size", [(size, size) for size in sizes], liked.size),
        ("aspect_ratio", [(ratio, ratio) for ratio in ratios], liked.aspect_ratio),
        ("language", list(LANGUAGES.items()), language),
    ]
    shown = []
    for key, options, chosen in rows:
        automatic = (AUTOMATIC, say("auto", locale))
        shown += _setting(key, [automatic, *options[:CHOICES]], chosen or AUTOMATIC, locale)
    switch = [("on", say("on", locale)), ("off", say("off", locale))]
    shown += _setting("notify", switch, "on" if liked.notify else "off", locale)
    reset = elements.button(say("reset", locale), values.value(values.RESET))
    hint = elements.paragraph(say("hint_settings", locale), grey=True)
    return elements.card(f"⚙️ {say('settings', locale)}", "blue", [*shown, reset, hint])


def _setting(
    key: str, options: Sequence[tuple[str, str]], chosen: str, locale: str
) -> list[Element]:
    label = say(f"set_{key}", locale)
    value = values.value(values.SET, k=key)
    return [elements.paragraph(label), elements.menu(label, options, value, chosen=chosen)]


async def history_of(app: App, requester: str, locale: str, before: float | None = None) -> Element:
    """A page of a person's history, the newest or what came ``before`` (seconds since 1970)."""
    jobs = await app.history.jobs_of(PLATFORM, requester, before=before, limit=_SCANNED)
    made = [job for job in jobs if job.status is Status.SUCCEEDED]
    older = made[PAGE - 1].created_at if len(made) > PAGE else None
    if older is None and len(jobs) == _SCANNED:
        older = jobs[-1].created_at
    return history_card(made[:PAGE], locale, older=older, first=before is None)


def history_card(
    jobs: Sequence[Job], locale: str, *, older: float | None = None, first: bool = True
) -> Element:
    """A page of the history; ``older`` is where the next page begins, if there is one."""
    locale = negotiate(locale)
    shown: list[Element] = []
    for job in jobs:
        asked = datetime.fromtimestamp(job.created_at, UTC)
        about = f"{job.model_name} · {asked:%Y-%m-%d %H:%M} UTC"
        shown.append(elements.paragraph(elements.shortened(job.text or job.prompt, 80) or "–"))
        value = values.value(values.SHOW, job.id)
        shown.append(_entry(about, elements.button(say("show", locale), value)))
    if not jobs and first:
        shown.append(elements.paragraph(render_notice(Notice("history_empty"), locale)))
    turns = []
    if not first:
        turns.append(elements.button(say("newest", locale), values.value(values.PAGE)))
    if older is not None:
        value = values.value(values.PAGE, before=older)
        turns.append(elements.button(say("older", locale), value))
    shown += [elements.row(turns)] if turns else []
    return elements.card(f"🖼️ {say('history', locale)}", "blue", shown)


def _entry(about: str, button: Element) -> Element:
    columns = [
        {"tag": "column", "width": "weighted", "weight": 1, "elements": [_grey(about)]},
        {"tag": "column", "width": "auto", "elements": [button]},
    ]
    return {"tag": "column_set", "columns": columns}


def _grey(text: str) -> Element:
    return elements.paragraph(text, grey=True)


def notice_card(notice: Notice, locale: str) -> Element:
    """An answer as a card: help, models, details, the question before everything is deleted."""
    locale = negotiate(locale)
    title, _, rest = render_notice(notice, locale).partition("\n")
    shown = [elements.paragraph(elements.shortened(rest or title, 4_000))]
    if notice.key == "forget_me":
        whole = elements.shortened(render_notice(notice, locale, words=False), 4_000)
        button = elements.button(
            say("forget", locale),
            values.value(values.FORGET),
            kind="danger",
            confirm=(say("forget_title", locale), say("forget_text", locale)),
        )
        shown = [elements.paragraph(whole), button, _grey(say("hint_forget", locale))]
        return elements.card(say("forget_title", locale), "red", shown)
    if notice.key == "help":
        shown = [elements.paragraph(render_notice(notice, locale)), _panels(locale)]
        return elements.card(f"🍌 {say('help', locale)}", "blue", shown)
    return elements.card(title if rest else _title(notice.key, locale), "blue", shown)


def _title(key: str, locale: str) -> str:
    """The title of a card whose text has a single line."""
    return say(key, locale) if key in ("models", "details", "history") else "🍌"


def _panels(locale: str) -> Element:
    names = ("settings", "history", "models")
    return elements.row(
        [elements.button(say(name, locale), values.value(values.PANEL, k=name)) for name in names]
    )


def failure_card(failure: Failure, locale: str) -> Element:
    """Why something could not be done, as a card."""
    locale, problem = negotiate(locale), failure.problem
    title, _, text = render_problem(problem, locale).rpartition("\n")
    if len(title) > elements.LONGEST_TITLE:
        text = f"{title}\n{text}"
    return elements.card(title, "red", [elements.paragraph(elements.shortened(text, 4_000))])
