"""The custom ids of the buttons and menus under our messages: :mod:`bot.chat.callbacks`.

https://discord.com/developers/docs/components/reference#anatomy-of-a-component
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.chat import callbacks
from bot.chat.callbacks import MenuKind, Press
from messages import Button

MOST = 100
"""The most characters of a custom id."""


def write(button: Button | MenuKind, job_id: str, number: int = 1) -> str:
    """The custom id of a button or a menu.

    Raises:
        ValueError: it would not be read again.
    """
    return callbacks.write(Press(button, job_id, number), MOST)


def job_in(components: Iterable[Mapping[str, Any]]) -> str | None:
    """The job whose buttons are among these components, at any depth."""
    for component in components:
        press = callbacks.parse(str(component.get("custom_id") or ""))
        if press is not None:
            return press.job_id
        inner = [*(component.get("components") or [])]
        inner += [component[key] for key in ("component", "accessory") if component.get(key)]
        if inner and (found := job_in(inner)):
            return found
    return None
