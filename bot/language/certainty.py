"""How sure it is whether words ask for a change of the last picture, or for a new one.

Where it is not, whoever draws offers the other reading.
"""

from __future__ import annotations

from bot.language.grammar.languages import grammar, languages_of
from bot.language.phrases import peeled

LONGEST_HINT = 80
"""Characters of the longest text that may be a change although it was read as a new picture."""


def is_sure(folded: str, *, change: bool) -> bool:
    """Tell whether a folded text can hardly be meant otherwise than it was read.

    A change is sure where it names the picture that is there or what to do to it; a new picture is
    where nothing in the text is about one that is there.
    """
    known = grammar(languages_of(folded))
    readings = peeled(folded)
    if change:
        return known.pattern("changes.references").search(folded) is not None or any(
            known.pattern(name).match(text)
            for text in readings
            for name in ("changes.openings", "changes.added", "certainty.change")
        )
    if len(folded) > LONGEST_HINT or "\n" in folded:
        return True
    if any(known.pattern("certainty.new").match(text) for text in readings):
        return True
    return known.pattern("certainty.hints").search(folded) is None
