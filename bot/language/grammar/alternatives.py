"""Alternatives: many patterns, of which a text is tried with those only that may match it.

A pattern is compiled when it is first tried, which most of them never are.
"""

from __future__ import annotations

import re
import sys
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from threading import RLock

from bot.language.grammar.templates import ANY, Piece, Unread, strings_in


class Alternatives:
    """Pieces one of which is to match, the first ones before others; `form` goes around each.

    The methods do what those of a compiled pattern do that has the pieces as its branches. Those
    that are not read yet are read for the first text that has one of their hints.
    """

    def __init__(self, pieces: Sequence[Piece | Unread], form: str = "{}", flags: int = 0) -> None:
        self._later: dict[int, Unread] = {}
        self._pieces: dict[int, Piece] = {}
        self._form = form
        self._flags = flags
        self._patterns: list[re.Pattern[str] | None] = [None] * len(pieces)
        self._needing: dict[str, list[int]] = {}
        self._needless: list[int] = []
        self._beginning: dict[str, list[int]] = {ANY: []}
        self._unread: dict[str, list[int]] = {}
        self._reading = RLock()  # who needs what another thread reads waits for it
        for number, piece in enumerate(pieces):
            if isinstance(piece, Unread):
                self._later[number] = piece
                for hint in piece.hints:
                    self._unread.setdefault(hint, []).append(number)
            else:
                self._enter(number, piece)

    def _enter(self, number: int, piece: Piece) -> None:
        """Note by what it is told whether a piece may match."""
        for need in piece.needs:
            self._needing.setdefault(need, []).append(number)
        if not piece.needs:
            self._needless.append(number)
        self._pieces[number] = piece
        for character in piece.first - self._beginning.keys():
            self._beginning[character] = self._beginning[ANY].copy()
        is_any = piece.is_empty or ANY in piece.first
        for character in self._beginning if is_any else piece.first:
            insort(self._beginning[character], number)

    def _piece(self, number: int) -> Piece:
        """Return a piece, read now if it was not."""
        with self._reading:
            if number in self._later:
                self._enter(number, self._later[number].read())
                del self._later[number]
            return self._pieces[number]

    def _read_those_with(self, hints: Iterable[str]) -> None:
        """Read the pieces that have one of these hints."""
        for hint in hints:
            for number in self._unread.get(hint, ()):
                self._piece(number)
            self._unread.pop(hint, None)

    def within(self, text: str) -> set[int]:
        """Return the numbers of the pieces that may match somewhere in a text."""
        strings = strings_in(text)
        if self._unread:
            self._read_those_with(self._unread.keys() & strings)
        found = set(self._needless)
        for need in self._needing.keys() & strings:
            found.update(self._needing[need])
        return found

    def beginning(self, character: str) -> Sequence[int]:
        """Return the numbers of the pieces that may match a text with that first character.

        Those that are not read yet are not among them; `within` reads those of a text.
        """
        return self._beginning.get(character, self._beginning[ANY])

    def compiled(self, number: int) -> re.Pattern[str]:
        """Return the pattern of a piece."""
        pattern = self._patterns[number]
        if pattern is None:
            source = self._form.format(f"(?:{self._piece(number).pattern})")
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
        if self._unread:
            self._read_those_with([hint for hint in tuple(self._unread) if hint in text])
        for number in tuple(self.beginning(text[:1])):
            needs = self._pieces[number].needs
            if self._patterns[number] or not needs or any(need in text for need in needs):
                yield number


@lru_cache(maxsize=4096)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    """Compile a pattern, which languages share that are read together."""
    return re.compile(pattern, flags)
