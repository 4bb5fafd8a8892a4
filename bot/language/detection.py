"""Which language somebody speaks, and which of their words are said to the bot. Pure."""

import re
from collections.abc import Sequence

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.image_models import NEWEST
from bot.language import phrases
from bot.language.spelling import fold
from bot.language.wording import read
from messages import spoken

_SIZE_OR_RATIO = re.compile(
    r"(?<![a-z\d.])(?:\d+(?:\.\d+)? ?(?:k|px)|\d+ ?[:x×*/] ?\d+|512|1024|2048|4096)(?![a-z\d])"
)


def language_of(text: str, models: Sequence[Model]) -> str | None:
    """The language a person speaks; ``None`` where there is only what every language writes alike.

    That is a command with a slash and what belongs to it, the name of a model, a size, a ratio.
    """
    language, folded = spoken(text), fold(text).text.strip()
    if language != "en":
        return language
    action, end = phrases.slash(folded)
    if action:
        folded = folded[end:] if action == "draw" else ""
    name = phrases.trim(_SIZE_OR_RATIO.sub(" ", folded))
    is_name = not catalog.is_ordinary(name, models) and catalog.find(name, models) is not None
    return None if is_name else spoken(name)


def own_words(text: str, names: Sequence[str], models: Sequence[Model] = NEWEST) -> str:
    """The words without the ``names`` of people before and after them, if those are a command.

    Otherwise the names stay: "@Bob on a horse" is about Bob.
    """
    alone = _without(names, text)
    short = len(alone) <= phrases.LONGEST_COMMAND
    return alone if short and read(alone, models=models).action is not Action.DRAW else text


def _without(names: Sequence[str], text: str) -> str:
    longest_first = sorted(names, key=len, reverse=True)
    start, end = 0, len(text)
    while name := next((name for name in longest_first if text.startswith(name, start)), ""):
        start += len(name)
        while start < end and text[start].isspace():
            start += 1
    while name := next((name for name in longest_first if text.endswith(name, start, end)), ""):
        end -= len(name)
        while end > start and text[end - 1].isspace():
            end -= 1
    return text[start:end]
