"""Templates: how a phrase may be written, in a notation that is read without knowing patterns.

====================  ==================================================================
``a|b``               one or the other; ``(a|b)c`` inside a phrase
``[a|b]``             may be left out
``<part>``            a part of that name, of all languages that are read together
``{2-5: a|b}``        so many times; without a last number, any number of times
``{before a|b}``      only where that follows; ``{not before a|b}`` only where it does not
``{after a|b}``       only where that precedes; ``{not after a|b}`` only where it does not
``{one of a-f,;}``    one character of these; ``{none of ,;}`` one of all others
``{what}``            whatever the phrase is about
``{digit}`` …         a character: see `CHARACTERS`
====================  ==================================================================

A backslash takes a character for itself. Everything else stands for itself, in any case, width and
script that `bot.language.spelling` folds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase, digits
from threading import RLock
from typing import NamedTuple

from bot.language.spelling import compiled, fold_character

CHARACTERS = {
    "any": ".",
    "digit": r"\d",
    "end": "$",
    "han": r"[\u4e00-\u9fff]",
    "letter": "[a-z]",
    "letter or digit": "[a-z0-9]",
    "newline": r"\n",
    "no mark": r"[^,.;!?。\n]",
    "no space": r"\S",
    "start": "^",
    "what": r"(?P<what>.+?)",
    "word letter": r"\w",
}
ANY = ""
_ANYTHING = frozenset({ANY})
_FIRST = {
    "digit": frozenset(digits),
    "end": frozenset[str](),
    "letter": frozenset(ascii_lowercase),
    "letter or digit": frozenset(ascii_lowercase + digits),
    "newline": frozenset("\n"),
    "start": frozenset[str](),
}
_LOOKS = {
    "before ": ("(?={})", False),
    "not before ": ("(?!{})", False),
    "after ": ("(?<={})", True),
    "not after ": ("(?<!{})", True),
}
_PART = re.compile("<([^<>]+)>")
_TAKES_ANY = re.compile(r"\{(?:any|none of|letter|word letter|han|no |what|one of)")
_NOT_SAID = re.compile(r"<[^<>]*>|\{(?:not )?(?:before|after) |\{end\}|\{start\}|\{digit\}|\\.")
_LATIN = "[a-z]+"
_WORD = rf"{_LATIN}|[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff]"
_TIMES = re.compile(r"(\d+)-(\d*): ")

LONGEST_NEED = 4
"""Characters of the strings by which it is told which patterns may match a text."""


@lru_cache(maxsize=32)
def strings_in(text: str) -> frozenset[str]:
    """Return every string of at most `LONGEST_NEED` characters that is in a text."""
    return frozenset(
        text[start : start + size]
        for size in range(1, LONGEST_NEED + 1)
        for start in range(len(text) - size + 1)
    )


@lru_cache(maxsize=64)
def words_in(text: str) -> tuple[str, ...]:
    """Return the words in Latin letters, and the characters of wide scripts, of a folded text."""
    return tuple(compiled(_LATIN if text.isascii() else _WORD).findall(text))


class BadTemplate(ValueError):
    """A template cannot be read; the message says which, and where."""


class Piece(NamedTuple):
    """A part of a pattern: the characters it may begin with, and whether it may be nothing.

    One of `needs`, strings of at most `LONGEST_NEED` characters, is in every text that it matches;
    where there are none, nothing is known of the text.
    """

    pattern: str
    first: frozenset[str] = frozenset()  # ANY stands for every character
    is_empty: bool = False
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unread:
    """A template that is not read yet, one of whose `hints` is in every text that it matches.

    They are like the `needs` of its piece, only seen at a glance, and never wrong.
    """

    template: str
    hints: frozenset[str]
    templates: Templates

    def read(self) -> Piece:
        """Return its pattern.

        :raises BadTemplate: if it cannot be read
        """
        return self.templates.piece([self.template])


class Templates:
    """Makes regular expressions of templates that use the same parts, for one thread at a time."""

    def __init__(self, parts: Mapping[str, Sequence[str]]) -> None:
        self._parts = parts
        self._made: dict[str, Piece | None] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._making = RLock()  # what is half made is no answer for another thread

    def pattern(self, templates: Sequence[str]) -> str:
        """Return a pattern that matches what one of the templates does, in their order."""
        return self.piece(templates).pattern

    def piece(self, templates: Sequence[str]) -> Piece:
        """Return that pattern, and how it may begin.

        :raises BadTemplate: if a template cannot be read
        """
        return _either([_Reader(template, self).read() for template in templates])

    def later(self, template: str) -> Piece | Unread:
        """Return a template to be read when a text has what it hints at; if nothing, its piece."""
        found = hints(template)
        return Unread(template, found, self) if found else self.piece([template])

    def is_open(self, template: str) -> bool:
        """Tell whether a template takes words that it does not name."""
        if _TAKES_ANY.search(template):
            return True
        return any(
            self.is_open(each) for name in _PART.findall(template) for each in self._parts[name]
        )

    def words(self, templates: Iterable[str]) -> frozenset[str]:
        """Return the beginnings of the words that templates and their parts name.

        Of a wide script that is every character.
        """
        found: set[str] = set()
        with self._making:
            for template in templates:
                if template not in self._words:
                    self._words[template] = frozenset()
                    inside = (
                        each for part in _PART.findall(template) for each in self._parts[part]
                    )
                    said = _NOT_SAID.sub(" ", template)
                    named = words_in(said if said.isascii() else "".join(map(fold_character, said)))
                    self._words[template] = frozenset(named) | self.words(inside)
                found |= self._words[template]
        return frozenset(found)

    def part(self, name: str) -> Piece:
        """Return the pattern of a part, as a group.

        :raises BadTemplate: if there is no such part, or it needs itself
        """
        with self._making:
            if name not in self._made:
                if name not in self._parts:
                    raise BadTemplate(f"no part is called {name!r}")
                self._made[name] = None
                found = self.piece(self._parts[name])
                self._made[name] = found._replace(pattern=f"(?:{found.pattern})")
            piece = self._made[name]
        if piece is None:
            raise BadTemplate(f"the part {name!r} needs itself")
        return piece


def _either(pieces: Sequence[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    needs = [piece.needs for piece in pieces]
    return Piece(
        "|".join([piece.pattern for piece in pieces]),
        frozenset().union(*[piece.first for piece in pieces]),
        any(piece.is_empty for piece in pieces),
        frozenset().union(*needs) if all(needs) else frozenset(),
    )


def _both(one: Piece, other: Piece) -> Piece:
    if not one.pattern:
        return other
    return Piece(
        one.pattern + other.pattern,
        one.first | other.first if one.is_empty else one.first,
        one.is_empty and other.is_empty,
        _rarest(one.needs, other.needs),
    )


def _rarest(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return those strings of which fewer texts have one: few long ones."""
    if not (one and other):
        return one or other
    return max(one, other, key=_rarity)


def _rarity(needs: frozenset[str]) -> tuple[int, int]:
    return min(map(len, needs)), -len(needs)


_GROUP = re.compile(r"\(([^()\[\]{}<>]*)\)")
_OTHER = re.compile(r"\[[^()\[\]{}<>]*\]|\{[^()\[\]{}<>]*\}|<[^()\[\]{}<>]*>")
_BRACKET = re.compile(r"[()\[\]{}<>]")
_ELSE = "\0"  # what stands in its place may be anything
_OPENED, _OR, _CLOSED = "\1", "\2", "\3"  # of a group in parentheses
_MARKED = re.compile(f"{_OPENED}[^{_CLOSED}]*{_CLOSED}")


@lru_cache(maxsize=8192)
def hints(template: str) -> frozenset[str]:
    """Return strings one of which is in every text that a template matches; none if unknown.

    Only what stands outside all brackets is looked at, and the words of groups that have nothing
    but words.
    """
    if "\\" in template:
        return frozenset()
    text = template
    while _BRACKET.search(text):
        before = text
        text = _GROUP.sub(_marked, _OTHER.sub(_ELSE, text))
        if text == before:
            return frozenset()
    found = [_hints_of_one(each) for each in text.split("|")]
    return frozenset().union(*found) if all(found) else frozenset()


def _marked(group: re.Match[str]) -> str:
    """Mark where a group is that has no groups in it; what those say is not looked at."""
    inside = _MARKED.sub(_ELSE, group[1]) if _OPENED in group[1] else group[1]
    return f"{_OPENED}{inside.replace('|', _OR)}{_CLOSED}"


def _hints_of_one(text: str) -> frozenset[str]:
    """Return the hints of one alternative: of its groups and what is outside, the rarest ones."""
    parts = text.replace(_ELSE, " ").replace(_CLOSED, _OPENED).split(_OPENED)
    best = _longest_words([" ".join(parts[::2])])
    if LONGEST_NEED in map(len, best):
        return best
    for group in parts[1::2]:
        best = _rarest(best, _longest_words(group.split(_OR)))
    return best


def _longest_words(texts: Sequence[str]) -> frozenset[str]:
    """Return the beginning of the longest word of each text, folded; nothing if one has none."""
    words = [max(text.split(" "), key=len) if " " in text else text for text in texts]
    if not _FOLDED.fullmatch("".join(words)):
        words = ["".join(map(fold_character, word)) for word in words]
    return frozenset([word[:LONGEST_NEED] for word in words]) if all(words) else frozenset()


_PLAIN = re.compile(r"[^()\[\]{}<>\\]+")
_FOLDED = re.compile("[a-z0-9 ']*")


def _literals(texts: Sequence[str]) -> Piece:
    """Return what matches one of some texts, character by character."""
    if _FOLDED.fullmatch("".join(texts)):
        folded = sources = texts
    else:
        folded = ["".join(map(fold_character, text)) for text in texts]
        sources = [re.escape(text).replace("\\ ", " ") for text in folded]
    needs = {
        (max(text.split(), key=len, default="") if " " in text else text)[:LONGEST_NEED]
        for text in folded
    }
    return Piece(
        "|".join(sources),
        frozenset([text[:1] for text in folded if text]),
        not all(folded),
        frozenset(needs) if all(needs) else frozenset(),
    )


class _Reader:
    """Reads one template from its beginning to its end."""

    def __init__(self, text: str, templates: Templates) -> None:
        self._text = text
        self._templates = templates
        self._position = 0

    def read(self) -> Piece:
        found = self._alternatives()
        if self._position < len(self._text):
            raise self._bad("nothing is open here")
        return _either(found)

    def _bad(self, what: str) -> BadTemplate:
        return BadTemplate(f"{what}: {self._text[: self._position]!r} …")

    def _alternatives(self, *, apart: bool = False) -> list[Piece]:
        """Read what ends where a bracket closes; only ``apart`` is each alternative a piece."""
        found = []
        begun = Piece("", is_empty=True)
        while self._position < len(self._text) and self._text[self._position] not in ")]}>":
            plain = _PLAIN.match(self._text, self._position)
            if plain is None:
                self._position += 1
                begun = _both(begun, self._item(self._text[self._position - 1]))
                continue
            self._position = plain.end()
            first, *others = plain[0].split("|")
            begun = _both(begun, _literals([first]))
            if others:
                *whole, last = others
                found.append(begun)
                if apart:
                    found += [_literals([each]) for each in whole]
                elif whole:
                    found.append(_literals(whole))
                begun = _literals([last])
        return [*found, begun]

    def _item(self, character: str) -> Piece:
        if character in "([":
            inside = _either(self._until(")" if character == "(" else "]"))
            if character == "(":
                return inside._replace(pattern=f"(?:{inside.pattern})")
            return Piece(f"(?:{inside.pattern})?", inside.first, is_empty=True)
        if character == "<":
            return self._templates.part(self._raw(">"))
        if character == "{":
            return self._special()
        self._position += 1  # a backslash
        return _literals([self._text[self._position - 1 : self._position]])

    def _until(self, closing: str, *, apart: bool = False) -> list[Piece]:
        found = self._alternatives(apart=apart)
        if self._text[self._position : self._position + 1] != closing:
            raise self._bad(f"{closing} is missing")
        self._position += 1
        return found

    def _raw(self, closing: str) -> str:
        end = self._text.find(closing, self._position)
        if end < 0:
            raise self._bad(f"{closing} is missing")
        raw = self._text[self._position : end]
        self._position = end + 1
        return raw

    def _special(self) -> Piece:
        if times := _TIMES.match(self._text, self._position):
            self._position = times.end()
            inside = _either(self._until("}"))
            return Piece(
                f"(?:{inside.pattern}){{{times[1]},{times[2]}}}",
                inside.first,
                inside.is_empty or times[1] == "0",
                frozenset() if times[1] == "0" else inside.needs,
            )
        for name, (look, is_apart) in _LOOKS.items():
            if self._text.startswith(name, self._position):
                self._position += len(name)
                found = self._until("}", apart=is_apart)
                pieces = found if is_apart else [_either(found)]
                looks = [look.format(piece.pattern) for piece in pieces]
                is_negative = name.startswith("not")
                pattern = "".join(looks) if is_negative else f"(?:{'|'.join(looks)})"
                return Piece(pattern, is_empty=True)
        name = self._raw("}")
        for prefix, opening in (("one of ", "["), ("none of ", "[^")):
            if name.startswith(prefix):
                return Piece(f"{opening}{name.removeprefix(prefix)}]", _ANYTHING)
        if name not in CHARACTERS:
            raise self._bad(f"{name!r} is no kind of character")
        return Piece(CHARACTERS[name], _FIRST.get(name, _ANYTHING), name in ("start", "end"))
