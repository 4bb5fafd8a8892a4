"""Words that point at other words: "draw this", 把这个画成漫画, in reply to what somebody wrote."""

from __future__ import annotations

import unicodedata

from bot.language import talk
from bot.language.grammar.languages import grammar, languages_of
from bot.language.phrases import LONGEST_COMMAND, peeled
from bot.language.spelling import fold

LONGEST = 2 * LONGEST_COMMAND
"""Characters of the longest words that may point at others, with the settings among them."""


_APART = "(?<![a-z])(?:{})(?![a-z])"


def style_of(text: str) -> str | None:
    """Return the words beside those that point: "a comic" of "turn this into a comic".

    ``text`` is without its settings. ``""`` where there are no others, and ``None`` where nothing
    in it points at words.
    """
    folded = fold(text)
    if len(folded.text) > LONGEST_COMMAND:
        return None
    known = grammar(languages_of(folded.text))
    for said in (folded.text.strip(), *peeled(folded.text)):
        for name, match in known.named("quotes.", said):
            if name in ("alone", "generic") and any(map(_is_symbol, text)):
                return None  # "draw 🦊" says what
            style = match.groupdict().get("what")
            if not style:
                return ""
            if known.pattern("quotes.generic").fullmatch(style):
                return ""
            start = folded.text.rfind(said) + match.start("what")
            end = start + len(style)
            return text[folded.origin[start] : folded.origin[end]].strip()
    return None


def is_bare(text: str) -> bool:
    """Tell whether words ask for a picture of words, and say nothing of how: "draw this"."""
    folded = fold(text).text
    if len(folded) > LONGEST_COMMAND:
        return False
    known = grammar(languages_of(folded))
    return any(
        name in ("plain", "alone")
        for said in peeled(folded)
        for name, _ in known.named("quotes.", said)
    )


def points(text: str) -> bool:
    """Tell whether words name a text that is there: "this", 这段话."""
    folded = fold(text).text
    known = grammar(languages_of(folded))
    return known.pattern("replies.pointed", _APART).search(folded) is not None


def is_style(text: str) -> bool:
    """Tell whether words in reply to a text may be about how it is to be drawn: "as a comic"."""
    folded = fold(text).text
    if len(folded) > LONGEST_COMMAND or talk.tells(folded) == "declined":
        return False
    return grammar(languages_of(folded)).pattern("replies.style").search(folded) is not None


def _is_symbol(character: str) -> bool:
    """Tell whether a character is an emoji or another picture."""
    return unicodedata.category(character) == "So"
