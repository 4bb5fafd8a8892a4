"""Flags in a prompt: ours, and those that people bring from other tools: `--ar 16:9 --v 7`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bot.domain.catalog import Model, find
from bot.language.grammar.languages import Grammar, common
from bot.language.spelling import PROTECTED
from bot.language.tokens import read_value


@lru_cache(maxsize=1)
def _flag_pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, common().flags), key=len, reverse=True))
    return re.compile(
        rf"(?<![^\s,;])(?:--|—|-(?=n|ar))(?P<name>{names})(?:(?: ?[=:])? ?(?=\d)|[ =:]| ?= ?)"
        r"(?P<value>[\d.]{1,6} ?[:x/×] ?[\d.]{1,6}(?!\S)|[^\s,;]{1,60})"
    )


@lru_cache(maxsize=1)
def _foreign_flag_pattern() -> re.Pattern[str]:
    """Return the pattern of flags that only other tools know; `negative` ones keep their words."""
    kinds = {
        kind: "|".join(map(re.escape, flags)) for kind, flags in common().foreign_flags.items()
    }
    return re.compile(
        r"(?<![^\s,;])(?:--|—)(?:"
        rf"(?P<negative>{kinds['negative']})(?=[ =:])|"
        rf"(?:{kinds['number']})(?:[ =:]? ?\d[\d.:]*)?(?![^\s,;])|"
        rf"(?:{kinds['word']})(?: (?!--|—)[^\s,;]+(?: {PROTECTED}+|::\d+)*)?(?![^\s,;])|"
        rf"(?:{kinds['alone']})(?![^\s,;]))"
    )


_MOST_NAMES = 8
"""Flags that name a model, of those that are looked at: one of them is used."""


def flags(
    folded: str, models: Sequence[Model], known: Grammar
) -> Iterator[tuple[int, int, str, str]]:
    """Yield every `--ar 16:9`, `--size 2K`, `--model pro`, `--n 3` with its place.

    A place is a start, an end, a slot and a value. Those of other tools, such as `--v 7`, have no
    slot; of `--no text` the place is that of the dashes only.
    """
    if "-" not in folded and "—" not in folded:
        return
    named = 0
    for match in _flag_pattern().finditer(folded):
        slot = common().flags[match["name"]]
        value, end = match["value"], match.end()
        named += slot == "model"
        if slot == "model" and named <= _MOST_NAMES:
            value = _longest_name(folded, match.start("value"), models) or value
            end = match.start("value") + len(value)
        elif slot != "model":
            value = read_value(slot, value, known)
        yield match.start(), end, slot, value
    for match in _foreign_flag_pattern().finditer(folded):
        negative = match["negative"]
        end = match.end() if negative is None else match.start("negative")
        yield match.start(), end, "", ""


def _longest_name(folded: str, start: int, models: Sequence[Model]) -> str | None:
    """Return the longest name of a model that begins there: "nano banana pro in snow"."""
    text = folded[start : start + 80]
    words = list(re.finditer(r"[^\s,;]+", text))[:5]
    starts = (text[: word.end()] for word in reversed(words))
    return next((start for start in starts if find(start, models)), None)
