"""The custom ids of the buttons and menus under our messages: :mod:`bot.chat.callbacks`.

https://discord.com/developers/docs/components/reference#anatomy-of-a-component
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.chat import MenuKind, Press, callbacks
from messages import Button

MOST = 100
"""The most characters of a custom id."""

PANEL = "panel:"
"""How the custom ids of panels begin, which one person sees."""

BESIDE = "beside:"
"""Stands before the custom id of what is pressed in a panel about a picture that everybody sees:
only the panel is for one person, and not what comes of it."""


def write(
    button: Button | MenuKind, job_id: str, number: int | None = None, *, beside: bool = False
) -> str:
    """The custom id of a button or a menu.

    Raises:
        ValueError: it would not be read again.
    """
    prefix = BESIDE if beside else ""
    return prefix + callbacks.write(Press(button, job_id, number), MOST - len(prefix))


def parse(custom_id: str) -> Press | None:
    """What was pressed, or ``None`` when it was not :func:`write` that wrote it."""
    return callbacks.parse(custom_id.removeprefix(BESIDE))


def job_in(components: Iterable[Mapping[str, Any]]) -> str | None:
    """The job whose buttons are among these components, at any depth."""
    for component in components:
        press = parse(str(component.get("custom_id") or ""))
        if press is not None and press.button is not Button.ANSWER:
            return press.job_id
        inner = [*(component.get("components") or [])]
        inner += [component[key] for key in ("component", "accessory") if component.get(key)]
        if inner and (found := job_in(inner)):
            return found
    return None
