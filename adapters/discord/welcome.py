"""How the bot introduces itself: the short help and the greeting, and the buttons under them."""

from typing import Any

from adapters.discord.delivery.components import Row
from adapters.discord.texts import word
from bot.chat import PERSONAL
from bot.domain import Action
from messages import Notice

PREFIX = "open:"
"""How the custom ids of these buttons begin."""

TRY, SETTINGS, PICTURES, USAGE = "try", "settings", "pictures", "usage"
"""What the buttons do: draw an example, open the settings, the history, what was used."""

_PANELS = {Action.SETTINGS: SETTINGS, Action.HISTORY: PICTURES, Action.USAGE: USAGE}

_ROW, _BUTTON, _PRIMARY, _SECONDARY = 1, 2, 1, 2


def help_text(locale: str, *, direct: bool) -> str:
    """How to ask for a picture and change one; ``direct`` messages need no mention."""
    return word("help_direct" if direct else "help_server", locale)


def help_rows(locale: str) -> list[Row]:
    """The buttons under the help."""
    return [_row(_button(name, locale) for name in (TRY, SETTINGS, PICTURES))]


def greeting_rows(locale: str) -> list[Row]:
    """The button under a greeting."""
    return [_row([_button(TRY, locale)])]


def panel(notice: Notice) -> str | None:
    """Which panel shows privately what a notice would tell everybody: the name of its button."""
    action = PERSONAL.get(notice.key)
    return _PANELS[action] if action else None


def panel_text(name: str, locale: str) -> str:
    """That a panel opens for who presses its button, and for nobody else."""
    return word(f"private_{name}", locale)


def panel_rows(name: str, locale: str, page: object = None) -> list[Row]:
    """The button that opens a panel; of the history, at that page, from 1."""
    return [_row([_button(name, locale, f":{page}" if page else "")])]


def _button(name: str, locale: str, page: str = "") -> dict[str, Any]:
    return {
        "type": _BUTTON,
        "style": _PRIMARY if name == TRY else _SECONDARY,
        "label": word(f"open_{name}", locale),
        "custom_id": f"{PREFIX}{name}{page}",
    }


def _row(buttons: Any) -> Row:
    return {"type": _ROW, "components": list(buttons)}
