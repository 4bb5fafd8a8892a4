"""Panels that one person sees: the settings, and the last question before forgetting.

They carry no state: what they show is read from the database whenever they are shown, so one that
is a year old works like a new one.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from adapters.discord.context import Context, Interaction
from adapters.discord.delivery.rendering import Row
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.interactions.responses import aside, defer_update, language, say, text_of
from adapters.discord.texts import word
from bot.chat.callbacks import chosen
from bot.domain.actions import Action
from bot.domain.failures import Failure
from bot.domain.preferences import AUTOMATIC
from bot.domain.requests import Accepted
from bot.ports import SettingsPanel
from messages import Notice, language_names

PREFIX = "panel:"
"""How the custom ids of panels begin."""

MOST = 25
"""Entries of one menu."""

LONGEST = 100
"""Characters of the value of an entry: a longer one would have the whole panel refused."""

_ROW, _BUTTON, _SELECT = 1, 2, 3
_SECONDARY, _SUCCESS, _DANGER = 2, 3, 4


async def show_settings(context: Context, interaction: Interaction) -> None:
    """Make the answer show the person's settings as they are."""
    request = incoming(interaction, place_of(interaction, private=True), Action.SETTINGS)
    answer = await context.receive(request)
    assert not isinstance(answer, Accepted)  # settings are no picture
    locale = await language(context, interaction)
    panel = await context.bot.settings(request.viewer)
    await say(interaction, text_of(answer, locale, words=False), _settings(panel, locale))


async def prefer(context: Context, interaction: Interaction, name: str, value: str) -> None:
    """Note a choice of the settings panel, and show the panel as it is then."""
    await defer_update(interaction)
    choice = chosen(name, value)
    if choice is not None:
        place = place_of(interaction, private=True)
        answer = await context.receive(incoming(interaction, place, Action.PREFER, options=choice))
        if isinstance(answer, Failure) or (isinstance(answer, Notice) and answer.notes):
            await aside(interaction, text_of(answer, await language(context, interaction)))
    await show_settings(context, interaction)


async def ask_to_forget(context: Context, interaction: Interaction) -> None:
    """Say what forgetting means, with a button that does it."""
    request = incoming(interaction, place_of(interaction, private=True), Action.FORGET_ME)
    answer = await context.receive(request)
    assert not isinstance(answer, Accepted)  # nothing is drawn
    locale = await language(context, interaction)
    button = _button("forget", word("forget", locale), _DANGER)
    await say(interaction, text_of(answer, locale, words=False), [_row([button])])


async def forget(context: Context, interaction: Interaction) -> None:
    """Forget the person who pressed."""
    await defer_update(interaction)
    locale = await language(context, interaction)
    request = incoming(
        interaction, place_of(interaction, private=True), Action.FORGET_ME, text="yes"
    )
    answer = await context.receive(request)
    assert not isinstance(answer, Accepted)  # nothing is drawn
    await say(interaction, text_of(answer, locale))


def _settings(panel: SettingsPanel, locale: str) -> list[Row]:
    liked = panel.chosen
    ratios = [(ratio, ratio) for ratio in panel.aspect_ratios]
    return [
        _menu("model", [(model.id, model.name) for model in panel.models], liked.model, locale),
        _menu("size", [(size, size) for size in panel.sizes], liked.size, locale),
        _menu("ratio", ratios, liked.aspect_ratio, locale),
        _menu("language", [*language_names().items()], liked.language, locale),
        _row(
            [
                _switch("notify", liked.notify, locale),
                _switch("spoiler", liked.spoiler, locale),
            ]
        ),
    ]


def _menu(name: str, entries: Sequence[tuple[str, str]], now: str | None, locale: str) -> Row:
    """A menu of a setting; its first entry is to have no preference."""
    fitting = [entry for entry in entries if len(entry[0]) <= LONGEST]
    everything = [(AUTOMATIC, word("automatic", locale)), *fitting][:MOST]
    known = {value for value, _ in everything}
    options = [
        {
            "label": word(name, locale, value=label)[:100],
            "value": value,
            "default": value == (now if now in known else AUTOMATIC),
        }
        for value, label in everything
    ]
    return _row([{"type": _SELECT, "custom_id": PREFIX + name, "options": options}])


def _switch(name: str, on: bool, locale: str) -> dict[str, Any]:
    """A button that says how a setting stands, and turns it over."""
    style = _SUCCESS if on else _SECONDARY
    label = word(f"{name}_on" if on else f"{name}_off", locale)
    return _button(f"{name}:{'off' if on else 'on'}", label, style)


def _button(name: str, label: str, style: int) -> dict[str, Any]:
    return {"type": _BUTTON, "custom_id": PREFIX + name, "label": label, "style": style}


def _row(components: Iterable[dict[str, Any]]) -> Row:
    return {"type": _ROW, "components": list(components)}
