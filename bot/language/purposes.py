"""What a picture is for, which chooses its shape: "a phone wallpaper", 公众号头图."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.language.grammar.languages import Grammar, grammar, languages_of
from bot.language.grammar.templates import words_in

_BEGINNING, _END = 80, 60
"""Characters at both ends of a text in which a purpose is looked for."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose in a folded text: the aspect ratio that goes with it, and where it stands."""

    aspect_ratio: str
    start: int
    end: int


def purpose_of(folded: str) -> Purpose | None:
    """Return what a folded text says that the picture is for, if it says so."""
    known = grammar(languages_of(folded))
    if not _named(known).intersection(words_in(folded[:_BEGINNING] + folded[-_END:])):
        return None
    pattern, ratios = _purposes(known)
    if (found := pattern.search(folded[:_BEGINNING])) is None and len(folded) > _BEGINNING:
        found = pattern.search(folded, max(_BEGINNING, len(folded) - _END))
    if found is None or found.lastgroup is None:
        return None
    return Purpose(ratios[found.lastgroup], *found.span(found.lastgroup))


def without_purposes(folded: str) -> str | None:
    """Return a folded text without what it says that a picture is for, wherever that stands; None
    where it says nothing of that."""
    known = grammar(languages_of(folded))
    if not _named(known).intersection(words_in(folded)):
        return None
    rest = _anywhere(known).sub(" ", folded)
    return None if rest == folded else rest


@lru_cache(maxsize=16)
def _anywhere(known: Grammar) -> re.Pattern[str]:
    named = "|".join(known.source(name) for name in known.phrases if name.startswith("purposes."))
    return re.compile(f"(?<![a-z])(?:{named})(?![a-z])")


@lru_cache(maxsize=16)
def _named(known: Grammar) -> frozenset[str]:
    """Return the words in Latin letters, and the characters, with which purposes are named."""
    said = (
        each
        for name in known.phrases
        if name.startswith("purposes.")
        for each in known.phrases[name]
    )
    return known.templates.words(said)


@lru_cache(maxsize=16)
def _purposes(known: Grammar) -> tuple[re.Pattern[str], dict[str, str]]:
    """Compile the purposes where they may stand, and return the ratio of each group."""
    names = [name for name in known.phrases if name.startswith("purposes.")]
    groups = {f"r{number}": name for number, name in enumerate(names)}
    either = "|".join(f"(?P<{group}>{known.source(name)})" for group, name in groups.items())
    before, after = (known.source(f"purpose_places.{name}") for name in ("before", "after"))
    pattern = rf"(?:{before})(?<![a-z])(?:{either})(?![a-z])(?:{after})"
    ratios = {group: name.removeprefix("purposes.") for group, name in groups.items()}
    return re.compile(pattern), ratios
