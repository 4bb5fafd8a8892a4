"""Words that ask for a change of a picture that is already there: "make it warmer", 把背景换成海边.

A message like this, sent without a picture soon after one was made, means that picture.
"""

from __future__ import annotations

from bot.language.grammar.languages import grammar, languages_of
from bot.language.phrases import peeled

_LONGEST_WHOLE = 200
"""Characters of the longest message that is compared as a whole; a longer one describes."""

_OPENING = "{}(?:(?<![a-z])|(?![a-z-]))"


def is_change(folded: str) -> bool:
    """Tell whether a folded text asks for a change rather than for a new picture."""
    known = grammar(languages_of(folded))
    if known.pattern("changes.described").search(folded):
        return False
    if known.pattern("changes.references").search(folded):
        return True
    readings = peeled(folded)
    is_short = len(folded) <= _LONGEST_WHOLE
    if any(known.pattern("changes.new").match(text[:_LONGEST_WHOLE]) for text in readings):
        return False
    return any(
        known.pattern("changes.openings", _OPENING).match(text)
        or (is_short and "\n" not in text and known.pattern("changes.whole").fullmatch(text))
        for text in readings
    )
