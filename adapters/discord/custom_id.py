"""What the buttons and menus under our messages carry: the action and the job, and nothing else.

``banana:<button>:<job_id>[:<number>]``, at most 100 characters
(https://discord.com/developers/docs/components/reference#anatomy-of-a-component). Everything else
is looked up when somebody presses, so a button works for ever.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from messages import Button

PREFIX = "banana"

MOST = 100
"""The most characters of a custom id."""


class MenuKind(StrEnum):
    """A select under a finished message: what is chosen repeats the job with another choice."""

    MODEL = "model"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A press of a button or a choice in a menu; ``number`` is one of several pictures, from 1."""

    button: Button | MenuKind
    job_id: str
    number: int = 1


_NAMES: dict[str, Button | MenuKind] = {each.value: each for each in (*Button, *MenuKind)}

PATTERN = re.compile(
    rf"{PREFIX}:(?P<button>{'|'.join(_NAMES)}):(?P<job_id>[A-Za-z0-9_-]{{1,64}})"
    r"(?::(?P<number>[1-9][0-9]?))?"
)
"""What a custom id of ours looks like; to be matched in full."""


def write(button: Button | MenuKind, job_id: str, number: int = 1) -> str:
    """The custom id of a button or a menu.

    Raises:
        ValueError: it would not be read again.
    """
    written = f"{PREFIX}:{button}:{job_id}" + (f":{number}" if number != 1 else "")
    if len(written) > MOST or parse(written) != ButtonPress(button, job_id, number):
        raise ValueError(f"No custom id can be made of {button} and a job id like this one")
    return written


def job_in(components: Iterable[Mapping[str, Any]]) -> str | None:
    """The job whose buttons are among these components, at any depth."""
    for component in components:
        press = parse(str(component.get("custom_id") or ""))
        if press is not None:
            return press.job_id
        inner = [*(component.get("components") or [])]
        inner += [component[key] for key in ("component", "accessory") if component.get(key)]
        if inner and (found := job_in(inner)):
            return found
    return None


def parse(custom_id: str) -> ButtonPress | None:
    """What was pressed, or ``None`` when the custom id is not one of these."""
    found = PATTERN.fullmatch(custom_id)
    if found is None:
        return None
    return ButtonPress(_NAMES[found["button"]], found["job_id"], int(found["number"] or 1))
