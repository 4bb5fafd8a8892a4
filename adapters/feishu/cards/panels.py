"""Cards that are not about one request: settings, history, help, details, the last question."""

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.feishu.cards import elements, values
from adapters.feishu.cards.elements import Element
from adapters.feishu.cards.texts import say
from adapters.feishu.cards.values import NOWHERE, Home
from bot.domain.failures import Failure
from bot.domain.jobs import Job
from bot.domain.preferences import AUTOMATIC
from bot.domain.requests import Viewer
from bot.ports import Bot, SettingsPanel
from messages import Notice, language_names, negotiate, render_notice, render_problem

PAGE = 5
"""Pictures on one page of the history."""

CHOICES = 40
"""Entries of a menu."""


def home_of(viewer: Viewer) -> Home:
    """Whose a card is that somebody is shown, and where."""
    return Home(viewer.requester, viewer.conversation, viewer.private)


async def settings_of(bot: Bot, viewer: Viewer, locale: str) -> Element:
    """The settings card of a person."""
    return settings_card(await bot.settings(viewer), locale, home_of(viewer))


def settings_card(panel: SettingsPanel, locale: str, home: Home = NOWHERE) -> Element:
    """Menus for what a person likes; each one sends :data:`values.SET` with its key."""
    locale, liked = negotiate(locale), panel.chosen
    language = negotiate(liked.language).replace("_", "-") if liked.language else None
    chosen = {
        "model": liked.model,
        "size": liked.size,
        "aspect_ratio": liked.aspect_ratio,
        "language": language,
        "notify": "on" if liked.notify else "off",
    }
    shown = []
    for key, options in settings_offered(panel, locale).items():
        label, value = say(f"set_{key}", locale), values.value(values.SET, home=home, k=key)
        menu = elements.menu(label, options, value, chosen=chosen[key] or AUTOMATIC)
        shown += [elements.paragraph(label), menu]
    reset = elements.button(say("reset", locale), values.value(values.RESET, home=home))
    hint = elements.paragraph(say("hint_settings", locale), grey=True)
    return elements.card(
        f"⚙️ {say('settings', locale)}", "blue", [*shown, reset, hint], personal=True
    )


def settings_offered(panel: SettingsPanel, locale: str) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen on the settings card: pairs of value and name, by the key of the menu."""
    named = {
        "model": [(model.id, model.name) for model in panel.models],
        "size": [(size, size) for size in panel.sizes],
        "aspect_ratio": [(ratio, ratio) for ratio in panel.aspect_ratios],
        "language": list(_languages().items()),
    }
    automatic = (AUTOMATIC, say("auto", locale))
    offered = {key: [automatic, *options[:CHOICES]] for key, options in named.items()}
    return offered | {"notify": [("on", say("on", locale)), ("off", say("off", locale))]}


async def history_of(bot: Bot, viewer: Viewer, locale: str, before: float | None = None) -> Element:
    """A page of a person's history, the newest or what came ``before`` (seconds since 1970).

    A page whose pictures are deleted is the newest one again.
    """
    page = await bot.history(viewer, before=before, limit=PAGE, succeeded=True)
    if not page.jobs and page.older is None and before is not None:
        return await history_of(bot, viewer, locale)
    home = home_of(viewer)
    return history_card(page.jobs, locale, older=page.older, first=before is None, home=home)


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
        asked = datetime.fromtimestamp(job.created_at, UTC)
        about = f"{job.model_name} · {asked:%Y-%m-%d %H:%M} UTC"
        shown.append(elements.paragraph(elements.shortened(job.text or job.prompt, 80) or "–"))
        value = values.value(values.SHOW, job.id, home=home)
        shown.append(_entry(about, elements.button(say("show", locale), value)))
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


def _entry(about: str, button: Element) -> Element:
    columns = [
        {"tag": "column", "width": "weighted", "weight": 1, "elements": [_grey(about)]},
        {"tag": "column", "width": "auto", "elements": [button]},
    ]
    return {"tag": "column_set", "columns": columns}


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
        shown = [elements.paragraph(render_notice(notice, locale)), _panels(locale, home)]
        return elements.card(f"🍌 {say('help', locale)}", "blue", shown)
    headed = title if rest else _title(notice.key, locale)
    personal = notice.key in ("details", "settings", "history")
    return elements.card(headed, "blue", shown, summary=title, personal=personal)


def _title(key: str, locale: str) -> str:
    """The title of a card whose text has a single line."""
    return say(key, locale) if key in ("models", "details", "history") else "🍌"


def _panels(locale: str, home: Home) -> Element:
    buttons = []
    for name in ("settings", "history", "models"):
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
