"""The text itself: one spelling for matching, what is never matched, and how a cut is closed.

Width, case, spaces and traditional characters are folded. Matching happens on the folded text only,
which keeps the way back; the person's own characters are what is kept or cut.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PLAIN = str.maketrans({"’": "'", "‘": "'", "–": "-", "‐": "-", "‑": "-", "−": "-", "∶": ":"})
_LONGEST_FOLD = 2  # a few code points unfold to 18 letters; those are nobody's directive

_TABLE = Path(__file__).with_name("traditional.toml")

# An address, or text the picture should show: never a directive, whatever it says.
_QUOTED = (
    r'"[^"\n]{1,300}"|“[^“”\n]{1,300}”|「[^「」\n]{1,300}」|『[^『』\n]{1,300}』|《[^《》\n]{1,300}》'
    r"|`[^`\n]{1,300}`|(?<![a-z0-9])'[^'\n]{1,200}'(?![a-z0-9])"
    r"|https?://[^\s<>]{1,500}"
)
PROTECTED = "\ue000"


@lru_cache(maxsize=64)
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when a text first needs it: a range of wide letters takes milliseconds."""
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for matching; `origin[i]` is where folded character i came from."""

    text: str
    origin: tuple[int, ...]  # one longer than `text`: the last entry is the original's length


@lru_cache(maxsize=1)
def _traditional() -> tuple[dict[int, str], dict[str, str]]:
    """Return the simplified character of each traditional one, and the words called otherwise."""
    data = tomllib.loads(_TABLE.read_text("utf-8"))
    return {ord(pair[0]): pair[1] for pair in data["characters"].split()}, data["words"]


@lru_cache(maxsize=4096)
def fold_character(character: str) -> str:
    """Fold one character: NFKC, lower case, simplified; "" for an invisible one."""
    if unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if character == "\n":
        return "\n"
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", character).lower()
    if len(folded) > _LONGEST_FOLD:
        return character
    if "\u3400" <= folded[:1] <= "\u9fff":
        folded = folded.translate(_traditional()[0])
    return folded.translate(_PLAIN)


@lru_cache(maxsize=16)
def fold(text: str) -> Folded:
    """Fold `text`: NFKC, lower case, simplified characters, single spaces, no invisible ones."""
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for folded in fold_character(character):
            if folded == " " and characters and characters[-1] == " ":
                continue
            characters.append(folded)
            origin.append(index)
    return Folded(_same_names("".join(characters)), (*origin, len(text)))


def _same_names(folded: str) -> str:
    if not folded.isascii():
        for name, usual in _traditional()[1].items():
            folded = folded.replace(name, usual)
    return folded


def protect(folded: str, phrases: str = "") -> str:
    """Hide quoted text and addresses behind placeholders of the same length.

    `phrases` is a pattern of what a language puts before or after text that a picture shows.
    """
    hidden = compiled(_QUOTED).sub(_placeholders, folded)
    return compiled(phrases).sub(_placeholders, hidden) if phrases else hidden


def _placeholders(match: re.Match[str]) -> str:
    return PROTECTED * len(match[0])


_SOFT = " \t\r\n,，、;；:：|-–—&+"
_ENDS = ".!?。！？"
_BRACKETS = (("(", ")"), ("（", "）"), ("[", "]"), ("【", "】"))


def join(left: str, right: str) -> str:
    """Join what stood on both sides of a cut with at most one of the separators around it."""
    for opening, closing in _BRACKETS:
        if left.rstrip().endswith(opening) and right.lstrip().startswith(closing):
            left, right = left.rstrip()[:-1], right.lstrip()[1:]
    before, after = left.rstrip(_SOFT), right.lstrip(_SOFT)
    while before.endswith(" /"):  # a slash between spaces separates too
        before = before[:-1].rstrip(_SOFT)
    while after.startswith("/ "):
        after = after[1:].lstrip(_SOFT)
    between = left[len(before) :] + right[: len(right) - len(after)]
    marks = " /" if "/" in between else between.strip()[:1]
    if left.endswith("的") and (marks or not after):
        before = before.removesuffix("的")
    if not before:
        return after.lstrip(_ENDS + _SOFT)
    if not after:
        return before
    if after[0] in _ENDS:
        return before + (after.lstrip(_ENDS) if before[-1] in _ENDS else after)
    if after[0] in ")）]】":
        return before + after
    if not marks:
        before = _fitting_article(before, after)
    return before + marks + " " * (" " in between or "\n" in between) + after


_ARTICLE = re.compile(r"(?<![^\W_])(an?)$", re.IGNORECASE)


def _fitting_article(before: str, after: str) -> str:
    """Shorten an article that no longer fits: "a 4K image" → "image", "an 8K dog" → "a dog"."""
    article = _ARTICLE.search(before, max(0, len(before) - 2))
    if article is None or not re.match("[a-z]", after, re.IGNORECASE):
        return before
    vowel = re.match(r"[aeiou](?!ni|ne|s[eu])", after, re.IGNORECASE) is not None
    if vowel == (len(article[1]) == 2):
        return before
    return before[: article.start()].rstrip() if vowel else before[:-1]
