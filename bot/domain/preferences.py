"""What a person prefers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preference:
    """One person's choices; ``None`` is "no choice".

    ``notify``: to be called when a picture is done; ``spoiler``: to have pictures covered.
    """

    model: str | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    language: str | None = None
    notify: bool = False
    spoiler: bool = False


AUTOMATIC = "auto"
"""In a form, the choice to have none."""
