"""Alternatives: many patterns, of which a text is tried with those only that may match it.

A pattern is compiled when it is first tried, which most of them never are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from bot.language.grammar.templates import ANY, Piece, strings_in


class Alternatives:
    """Pieces one of which is to match, the first ones before others; `form` goes around each.

    The methods do what those of a compiled pattern do that has the pieces as its branches.
    """

    def __init__(self, pieces: Sequence[Piece], form: str = "{}", flags: int = 0) -> None:
        self._pieces = pieces
        self._form = form
        self._flags = flags
        self._patterns: list[re.Pattern[str] | None] = [None] * len(pieces)
        self._needing: dict[str, list[int]] = {}
        self._needless: list[int] = []
        for number, piece in enumerate(pieces):
            for need in piece.needs:
                self._needing.setdefault(need, []).append(number)
            if not piece.needs:
                self._needless.append(number)
        self._beginning: dict[str, list[int]] = {ANY: []}
        for piece in pieces:
            self._beginning.update((character, []) for character in piece.first)
        for number, piece in enumerate(pieces):
            is_any = piece.is_empty or ANY in piece.first
            for character in self._beginning if is_any else piece.first:
                self._beginning[character].append(number)

    def within(self, text: str) -> set[int]:
        """Return the numbers of the pieces that may match somewhere in a text."""
        found = set(self._needless)
        for need in self._needing.keys() & strings_in(text):
            found.update(self._needing[need])
        return found

    def beginning(self, character: str) -> Sequence[int]:
        """Return the numbers of the pieces that may match a text with that first character."""
        return self._beginning.get(character, self._beginning[ANY])

    def compiled(self, number: int) -> re.Pattern[str]:
        """Return the pattern of a piece."""
        pattern = self._patterns[number]
        if pattern is None:
            source = self._form.format(f"(?:{self._pieces[number].pattern})")
            pattern = self._patterns[number] = _compiled(source, self._flags)
        return pattern

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """Return the first match in a text; of those at one place, that of the first piece."""
        found = None
        for number in sorted(self.within(text)):
            match = self.compiled(number).search(text, start, end)
            if match is not None and (found is None or match.start() < found.start()):
                found = match
        return found

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches in a text that do not overlap, from its beginning on."""
        numbers = sorted(self.within(text))
        nearest = [(number, self.compiled(number).search(text)) for number in numbers]
        start = 0
        while True:
            found = None
            for place, (number, match) in enumerate(nearest):
                if match is not None and match.start() < start:
                    match = self.compiled(number).search(text, start)
                    nearest[place] = number, match
                if match is not None and (found is None or match.start() < found.start()):
                    found = match
            if found is None:
                return
            yield found
            start = max(found.end(), found.start() + 1)

    def split(self, text: str) -> Iterator[str]:
        """Yield what stands before, between, and after the matches."""
        start = 0
        for match in self.finditer(text):
            yield text[start : match.start()]
            start = match.end()
        yield text[start:]

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of the first piece that matches at the beginning of a text."""
        found = (self.compiled(number).match(text) for number in self._possible(text))
        return next(filter(None, found), None)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Return the match of the first piece that matches a whole text."""
        return next((match for _, match in self.fullmatches(text)), None)

    def fullmatches(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Yield the number and the match of every piece that matches a whole text."""
        for number in self._possible(text):
            if match := self.compiled(number).fullmatch(text):
                yield number, match

    def _possible(self, text: str) -> Iterable[int]:
        """Yield the pieces that may match at the beginning; compiled ones are simply tried."""
        for number in self.beginning(text[:1]):
            needs = self._pieces[number].needs
            if self._patterns[number] or not needs or any(need in text for need in needs):
                yield number


@lru_cache(maxsize=4096)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    """Compile a pattern, which languages share that are read together."""
    return re.compile(pattern, flags)
