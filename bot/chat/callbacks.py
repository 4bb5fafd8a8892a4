"""What the buttons and menus under a message send back, and what is asked for by it.

``banana:<button>:<job_id>[:<number>]`` is all that a platform has to carry. Everything else is
looked up when somebody presses, so a button works for ever.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.preferences import AUTOMATIC, SWITCHES
from bot.domain.requests import Options
from messages import Button

PREFIX = "banana"


class MenuKind(StrEnum):
    """A menu under a finished message: what is chosen repeats the job with another choice."""

    MODEL = "model"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button or a choice in a menu; ``number`` is one of several pictures, from 1,
    where it says which."""

    button: Button | MenuKind
    job_id: str
    number: int | None = None


_NAMES: dict[str, Button | MenuKind] = {each.value: each for each in (*Button, *MenuKind)}

_PATTERN = re.compile(
    rf"{PREFIX}:(?P<button>{'|'.join(_NAMES)}):(?P<job_id>[A-Za-z0-9_-]{{1,64}})"
    r"(?::(?P<number>[1-9][0-9]?))?"
)


def write(press: Press, most: int) -> str:
    """What a button or a menu sends back, in at most so many bytes, all of them ASCII.

    Raises:
        ValueError: it would be longer, or would not be read again.
    """
    number = f":{press.number}" if press.number else ""
    written = f"{PREFIX}:{press.button}:{press.job_id}{number}"
    if len(written) > most or parse(written) != press:
        raise ValueError(f"A press of {press.button} for a job id like this one cannot be written")
    return written


def parse(written: str) -> Press | None:
    """What was pressed, or ``None`` when it was not :func:`write` that wrote it."""
    found = _PATTERN.fullmatch(written)
    if found is None:
        return None
    number = int(found["number"]) if found["number"] else None
    return Press(_NAMES[found["button"]], found["job_id"], number)


def position(now: bool | None) -> str:
    """How a setting of :data:`bot.domain.SWITCHES` stands, or is to stand, as a menu or a button
    says it: ``on``, ``off`` or ``auto``."""
    return {True: "on", False: "off", None: AUTOMATIC}[now]


def chosen(menu: str, value: str | None) -> Options | None:
    """What is asked for by choosing ``value`` in a menu: one of :class:`MenuKind`, or a setting.

    Settings are ``model``, ``size``, ``aspect_ratio`` (or ``ratio``), ``language``, and those that
    are switched, as :func:`position` writes how; anything else is ``None``.
    """
    match menu:
        case "model":
            return Options(model=value)
        case "size":
            return Options(size=value)
        case "aspect_ratio" | "ratio":
            return Options(aspect_ratio=value)
        case "language":
            return Options(language=value)
        case _ if menu in SWITCHES:
            standing = {position(now): now for now in SWITCHES[menu]}
            now = standing.get(value or "", False)
            switched: dict[str, Any] = {menu: AUTOMATIC if now is None else now}
            return Options(**switched)
        case _:
            return None
