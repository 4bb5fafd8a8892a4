"""Panels that one person sees: the settings, and the last question before forgetting.

They carry no state: what they show is read from the database whenever they are shown, so one that
is a year old works like a new one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from adapters.discord import custom_id
from adapters.discord.context import Context, Interaction
from adapters.discord.custom_id import PANEL
from adapters.discord.delivery.components import Row
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.interactions.responses import aside, defer_update, language, say, text_of
from adapters.discord.texts import word
from bot.chat import chosen, position
from bot.domain import (
    AUTOMATIC,
    SWITCHES,
    Accepted,
    Action,
    Failure,
    Model,
    Preference,
    Viewer,
    catalog,
)
from bot.ports import SettingsPanel
from messages import Choice, Notice, about, language_names, ratio_name

MOST = 25
"""Entries of one menu."""

LONGEST = 100
"""Characters of the value of an entry: a longer one would have the whole panel refused."""

_SIGNS = {None: "-", False: "0", True: "1"}
"""How a setting stands, in the custom id of a button."""

_ROW, _BUTTON, _SELECT = 1, 2, 3
_SECONDARY, _SUCCESS, _DANGER = 2, 3, 4


async def show_settings(
    context: Context, interaction: Interaction, before: Preference | None = None
) -> None:
    """Make the answer show the person's settings as they are; what they were ``before`` they were
    reset can be had again."""
    request = incoming(interaction, place_of(interaction, private=True), Action.SETTINGS)
    answer = await context.receive(request)
    assert not isinstance(answer, Accepted)  # settings are no picture
    locale = await language(context, interaction)
    panel = await context.bot.settings(request.viewer)
    rows = _settings(panel, before, locale)
    await say(interaction, text_of(answer, locale, words=False), rows)


async def reset(context: Context, interaction: Interaction) -> None:
    """Take every choice back, and offer to have them again."""
    await defer_update(interaction)
    viewer = place_of(interaction).viewer
    before = (await context.bot.settings(viewer)).chosen
    await _choose(context, viewer, Preference())
    await show_settings(context, interaction, before)


async def undo(context: Context, interaction: Interaction, written: str) -> None:
    """Have the choices again that a reset has taken back."""
    await defer_update(interaction)
    if (before := _read(written)) is not None:
        await _choose(context, place_of(interaction).viewer, before)
    await show_settings(context, interaction)


async def _choose(context: Context, viewer: Viewer, liked: Preference) -> None:
    """Set every choice; one that is not offered any more is left out."""
    for name, value in asdict(liked).items():
        await context.bot.change_settings(viewer, **{name: value})


def _written(liked: Preference) -> str | None:
    """Choices in the custom id of a button, as short as it has to be; ``None`` if it is not."""
    switches = "".join(_SIGNS[getattr(liked, name)] for name in SWITCHES)
    named = (liked.model, liked.size, liked.aspect_ratio, liked.language)
    written = "|".join([switches, *(each or "" for each in named)])
    return written if len(f"{PANEL}undo:{written}") <= custom_id.MOST else None


def _read(written: str) -> Preference | None:
    """What :func:`_written` has written."""
    switches, *named = written.split("|")
    standing = {sign: now for now, sign in _SIGNS.items()}
    signs = dict(zip(SWITCHES, switches, strict=False))  # an earlier version had fewer
    switched: dict[str, Any] = {name: standing.get(sign, ...) for name, sign in signs.items()}
    if len(named) != 4 or any(now not in SWITCHES[name] for name, now in switched.items()):
        return None
    model, size, ratio, language = (each or None for each in named)
    return replace(Preference(model, size, ratio, language), **switched)


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


def _settings(panel: SettingsPanel, before: Preference | None, locale: str) -> list[Row]:
    liked = panel.chosen
    models = [_model(model, liked.size or panel.default.size) for model in panel.models]
    ratios = catalog.common_first(panel.aspect_ratios)
    buttons = [_switch(name, getattr(liked, name), locale) for name in SWITCHES]
    if liked != Preference():
        buttons.append(_button("reset", word("reset", locale), _SECONDARY))
    elif before is not None and (written := _written(before)):
        buttons.append(_button(f"undo:{written}", word("undo", locale), _SECONDARY))
    return [
        _menu("model", models, liked.model, locale),
        _menu("size", [Choice(size, size) for size in panel.sizes], liked.size, locale),
        _menu(
            "ratio",
            [Choice(ratio, ratio_name(ratio, locale)) for ratio in ratios],
            liked.aspect_ratio,
            locale,
        ),
        _menu(
            "language",
            [Choice(tag, name) for tag, name in language_names().items()],
            liked.language,
            locale,
        ),
        _row(buttons),
    ]


def _model(model: Model, size: str | None) -> Choice:
    price = catalog.price(model, catalog.fit_size(model, size), 1)
    return Choice(model.id, model.name, model.seconds, price, model.role)


def _menu(name: str, entries: Sequence[Choice], now: str | None, locale: str) -> Row:
    """A menu of a setting; its first entry is to have no preference."""
    fitting = [entry for entry in entries if len(entry.value) <= LONGEST]
    everything = [Choice(AUTOMATIC, word("automatic", locale)), *fitting][:MOST]
    known = {each.value for each in everything}
    options = [
        {
            "label": word(name, locale, value=each.name)[:100],
            "value": each.value,
            "default": each.value == (now if now in known else AUTOMATIC),
        }
        | ({"description": told[:100]} if (told := about(each, locale)) else {})
        for each in everything
    ]
    return _row([{"type": _SELECT, "custom_id": PANEL + name, "options": options}])


def _switch(name: str, now: bool | None, locale: str) -> dict[str, Any]:
    """A button that says how a setting stands, and goes on to how it may stand next."""
    standing = SWITCHES[name]
    following = standing[(standing.index(now) + 1) % len(standing)]
    label = word(f"{name}_{position(now)}", locale)
    return _button(f"{name}:{position(following)}", label, _SUCCESS if now else _SECONDARY)


def _button(name: str, label: str, style: int) -> dict[str, Any]:
    return {"type": _BUTTON, "custom_id": PANEL + name, "label": label, "style": style}


def _row(components: Iterable[dict[str, Any]]) -> Row:
    return {"type": _ROW, "components": list(components)}
