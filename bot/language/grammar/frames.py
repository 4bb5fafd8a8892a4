"""Frames: where a setting is a directive, as patterns over the kinds of words of a stretch.

The notation, with names of kinds and sets of `common.toml`, which spaces separate:

============================  ===============================================================
``a | b``                     one or the other, in parentheses inside a longer frame
``a?``  ``a*``  ``a+``        may be left out; up to eight of them, or sixteen after ``start``
``a**``  ``a{0,3}``           any number of them; so many
``any``  ``not(a | b)``       a word of any kind; of any other kind
``start``  ``end``            of the stretch
``before(a)``  ``after(a)``   only where that follows, or precedes; ``not_before`` …
``take( a )``                 the settings that are meant
``cut( a )``                  the words that leave the prompt
============================  ===============================================================

Each kind becomes one letter, so that a stretch of words becomes a short string.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_letters

_TOKEN = re.compile(r"\s*([a-z_]+\(|[a-z_]+|\(|\)|\||\*\*|[?*+]|\{\d+,\d+\})")
_CALLS = {
    "(": "(?:",
    "take(": "(?P<take>",
    "cut(": "(?P<cut>",
    "before(": "(?=",
    "not_before(": "(?!",
    "after(": "(?<=",
    "not_after(": "(?<!",
    "whole(": "(?>",
}
_WORDS = {"any": ".", "start": "^", "end": "$"}
_FROM_START, _ANYWHERE = 16, 8


class BadFrame(ValueError):
    """A frame cannot be read; the message says which, and where."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a setting is a directive; ``group`` says when the frame is tried."""

    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    group: str = ""


class Kinds:
    """The kinds of words, each with its letter, and the sets of them."""

    def __init__(self, kinds: Sequence[str], sets: Mapping[str, Sequence[str]]) -> None:
        self.letters = dict(zip(kinds, ascii_letters, strict=False))
        self._names = {letter: kind for kind, letter in self.letters.items()}
        self._sets: dict[str, str] = {}
        for name, of in sets.items():
            self._sets[name] = "".join(map(self.some, of))
        self._members = {
            name: frozenset(self._names[letter] for letter in found)
            for name, found in self._sets.items()
        }

    def some(self, name: str) -> str:
        """Return the letters of a kind or a set.

        :raises BadFrame: if nothing has that name
        """
        if name in self.letters:
            return self.letters[name]
        if name not in self._sets:
            raise BadFrame(f"{name!r} is no kind and no set of kinds")
        return self._sets[name]

    def set(self, name: str) -> frozenset[str]:
        """Return the names of the kinds of a set."""
        return self._members[name]

    def pattern(self, text: str) -> re.Pattern[str]:
        """Compile a frame or a part of one.

        :raises BadFrame: if it cannot be read
        """
        most = _FROM_START if text.split()[:1] == ["start"] else _ANYWHERE
        pieces: list[str] = []
        is_open = False  # the last piece stands for anything, and may be repeated for ever
        excluded: list[str] | None = None
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise BadFrame(f"{text[position:]!r} is no part of a frame")
            position = match.end()
            token = match[1]
            if excluded is not None:
                if token == ")":
                    pieces.append(f"[^{''.join(excluded)}]")
                    excluded = None
                elif token != "|":
                    excluded.append(self.some(token))
                continue
            if token == "not(":
                excluded = []
                is_open = True
            elif token in ("*", "+", "**"):
                least = 1 if token == "+" else 0
                endless = token == "**" or (is_open and most == _FROM_START)
                pieces.append(f"{{{least},{'' if endless else most}}}")
            elif token in ("?", "|", ")") or token[0] == "{":
                pieces.append(token)
            elif token in _CALLS:
                pieces.append(_CALLS[token])
            elif token in _WORDS:
                pieces.append(_WORDS[token])
            else:
                pieces.append(f"[{self.some(token)}]")
            if token != "not(":
                is_open = token == "any"
        return re.compile("".join(pieces))
