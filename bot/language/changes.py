"""Words that ask for a change of a picture that is already there: "make it warmer", 把背景换成海边.

A message like this, sent without a picture soon after one was made, means that picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.language.grammar.languages import Grammar, grammar, languages_of
from bot.language.phrases import peeled

_LONGEST_WHOLE = 200
"""Characters of the longest message that is compared as a whole; a longer one describes."""

_MOST_CLAUSES = 4
_CLAUSES = re.compile(r"[,.!?;、。\n]+")

_OPENING = "{}(?:(?<![a-z])|(?![a-z-]))"


def is_change(folded: str) -> bool:
    """Tell whether a folded text asks for a change rather than for a new picture."""
    known = grammar(languages_of(folded))
    if known.pattern("changes.described").search(folded) or asks_for_another(folded):
        return False
    if adds(folded):
        return True
    if known.pattern("changes.references").search(folded):
        return True
    readings = peeled(folded)
    if _asks_for_new(readings, known):
        return False
    if _asks_for_change(readings, known):
        return True
    clauses = [clause for clause in _CLAUSES.split(folded) if clause.strip()]
    if len(folded) > _LONGEST_WHOLE or not 1 < len(clauses) <= _MOST_CLAUSES:
        return False
    parts = [peeled(clause) for clause in clauses]
    return all(_asks_for_change(part, known) and not _asks_for_new(part, known) for part in parts)


def asks_for_another(folded: str) -> bool:
    """Tell whether a folded text says itself that another picture is wanted, not this one."""
    return grammar(languages_of(folded)).pattern("changes.another").search(folded) is not None


def adds(folded: str) -> bool:
    """Tell whether a folded text adds what was forgotten: "sorry, forgot to say, …"."""
    known = grammar(languages_of(folded))
    return any(known.pattern("changes.added").match(text) for text in peeled(folded))


def _asks_for_new(readings: Sequence[str], known: Grammar) -> bool:
    return any(known.pattern("changes.new").match(text[:_LONGEST_WHOLE]) for text in readings)


def _asks_for_change(readings: Sequence[str], known: Grammar) -> bool:
    return any(
        known.pattern("changes.openings", _OPENING).match(text)
        or (
            len(text) <= _LONGEST_WHOLE
            and "\n" not in text
            and known.pattern("changes.whole").fullmatch(text)
        )
        for text in readings
    )
