"""What a person prefers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

AUTOMATIC: Final = "auto"
"""As a choice, to have none."""

Switch: TypeAlias = bool | Literal["auto"]
"""How a setting is switched: on, off, or :data:`AUTOMATIC`."""


@dataclass(frozen=True, slots=True)
class Preference:
    """One person's choices; ``None`` is "no choice".

    ``notify``: to be called when a picture is done, always or never; without a choice, where it
    took long. ``spoiler``: to have pictures covered. ``private``: to be answered alone, also where
    others read.
    """

    model: str | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    language: str | None = None
    notify: bool | None = None
    spoiler: bool = False
    private: bool = False


SWITCHES: Mapping[str, tuple[bool | None, ...]] = {
    "notify": (None, True, False),
    "spoiler": (False, True),
    "private": (False, True),
}
"""The choices that are switched, and how each may stand, from one press to the next; first as it is
for whoever has chosen nothing."""
