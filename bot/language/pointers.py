"""Which of the pictures that are there a text means: "the second one, brighter", 第二张调亮.

A pointer counts only where the words around it ask for something that is done to a picture: "two
cats, the second one is black" is a new picture.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import islice

from bot.domain.actions import Action
from bot.language import changes, phrases, talk, wanting
from bot.language.directives import search
from bot.language.grammar.alternatives import Alternatives
from bot.language.grammar.languages import Grammar, Language, grammar, languages_of
from bot.language.spelling import compiled, fold, protect

LONGEST = 200
"""Characters of the longest text that is looked at; a longer one describes."""

MOST = 4
"""Pointers of one text that are looked at."""

_CIRCLED = str.maketrans({chr(0x2460 + number): f"#{number + 1} " for number in range(8)})
_STOPS = ",.;:!?、。，；：！？"
_MARKS = f" \t\n-–—{_STOPS}"
_STOP = "[,.;!?。、]+"
_REMARK = rf"{_STOP}|(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])"
"""What stands before a remark; a `_STOP` does in ASCII."""
_NUMBERS = "12345678"
_NUMBERED = frozenset(f"at_{number}" for number in _NUMBERS)
_LONGEST_SUBJECT, _MOST_SPACES = 24, 2
"""Of words that name a picture and stand alone: "can the bicycle have a basket"."""


class Which(StrEnum):
    """What a pointer says of the picture, if not its number. The values are the grammar's names."""

    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"
    LEFT = "left"
    RIGHT = "right"
    LAST = "last"
    """The newest there is."""
    BEFORE = "before"
    """The one before it."""
    OPEN = "open"
    """One of them, and not which."""


_ABOUT_ONE = (Action.AGAIN, Action.PRO, Action.DETAILS, Action.DELETE, Action.RESEND)
"""What is done to a whole request, and so to its picture."""

_VAGUE = (Which.OPEN, Which.LEFT, Which.RIGHT)
"""What may as well be said of something else."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A picture that is pointed at: one of several by its number, from 1, or otherwise.

    ``person`` is the name of whose picture it is, ``""`` for "their". ``words`` are those that are
    left: what is to be done to it, nothing where it is only chosen; ``action`` is the command that
    they are, if they are one. ``sure`` says that they could not be about anything else. ``about``
    are words that name it by what it shows.
    """

    number: int | None = None
    which: Which | None = None
    person: str | None = None
    words: str = ""
    action: Action | None = None
    sure: bool = True
    about: str = ""


def shown(text: str) -> Pointer | None:
    """Find the picture that ``text`` names by what it shows: "the bicycle, but with a basket".

    Whether there is one that shows it is for whoever knows what was asked for: :func:`names`.
    """
    folded = fold(text)
    if not text or len(folded.text) > LONGEST:
        return None
    of = languages_of(folded.text)
    known, hidden = grammar(of), protect(folded.text)
    phrases = known.pattern("pointers.shown")
    for number in sorted(phrases.within(hidden)):
        match = phrases.compiled(number).search(hidden)
        if match is None:
            continue
        if _points_otherwise(match[0], of):
            continue  # "the sky red in the first one", "the last one"
        left, right = text[: folded.origin[match.start()]], text[folded.origin[match.end()] :]
        found = _read(left, right, known, stops=right.lstrip()[:1] in _STOPS)
        if found is not None and found.words:
            return replace(found, about=match["what"], sure=False)
    return None


def subject(text: str) -> Pointer | None:
    """Find the picture that ``text`` may name by a thing in it: "can the bicycle have a basket".

    It is another than the one at hand only where that does not show such a thing.
    """
    folded = fold(text)
    if not text or len(folded.text) > LONGEST:
        return None
    known, hidden = grammar(languages_of(folded.text)), protect(folded.text)
    phrases = known.pattern("pointers.subject")
    for number in sorted(phrases.within(hidden)):
        match = phrases.compiled(number).search(hidden)
        if match is None or len(what := match["what"].strip()) > _LONGEST_SUBJECT:
            continue
        if not what or any(mark in what for mark in _STOPS) or what.count(" ") > _MOST_SPACES:
            continue
        thing = _thing(what)
        if known.pattern("pointers.common").fullmatch(what) or not _is_name(thing, known):
            continue  # "the sky" is in many pictures
        start, end = folded.origin[match.start("what")], folded.origin[match.end("what")]
        left, right = text[:start], text[end:]
        if folded.text.isascii():
            left = _ARTICLE.sub("", left)
        found = _read(left, right, known, stops=False)
        action = found.action if found is not None else None
        if found is not None and action is not None and action.spec.repeats:
            return replace(found, about=thing, sure=False)  # "the light, delete it" does not
        if _is_change(text):
            return Pointer(words=text, about=thing, sure=False)
    return None


def _thing(what: str) -> str:
    """What words are about, without what they say of it: "bicycle" of "rusty old bicycle one"."""
    if what.isascii():
        return _ONE.sub("", what).rpartition(" ")[2]
    runs = compiled(_RUN).findall(what)
    return runs[-1][-_WIDE_THING:] if runs else ""


def _is_name(thing: str, known: Grammar) -> bool:
    """Tell whether a word can name a picture: one wide letter is a part of many words."""
    return len(thing) > 1 or any(fold(thing).text in things for things in _same_things(known))


_ONE = re.compile(" (?:one|picture|image|pic|photo)s?$")
_WIDE_THING = 3


_ARTICLE = re.compile(r"(?:^|(?<= ))(?:the|The) $")


def _points_otherwise(words: str, of: tuple[Language, ...]) -> bool:
    """Tell whether words that seem to name what a picture shows have its number in them, or are
    nothing but its place."""
    return any(
        each.lastgroup in _NUMBERED or (each[0] == words and each.lastgroup != "at_open")
        for each in _pattern(of, ()).finditer(words)
    )


def names(about: str, text: str) -> bool:
    """Tell whether words name something that a request for a picture has in it, too."""
    said, asked = fold(about).text, fold(text).text
    known = grammar(languages_of(said))
    words = _words(said) - talk.small_words(known)
    parts = {
        run[at : at + 2]
        for run in compiled(_RUN).findall(said)
        for at in range(max(1, len(run) - 1))
    }
    if not words.isdisjoint(_words(asked)) or any(part in asked for part in parts):
        return True
    return any(
        _names_one(things, said, words) and _names_one(things, asked, _words(asked))
        for things in _same_things(known)
    )


@lru_cache(maxsize=32)
def _same_things(known: Grammar) -> tuple[frozenset[str], ...]:
    """The names of each thing that has several, in folded letters."""
    return tuple(
        frozenset(fold(thing).text for thing in things)
        for name, things in known.phrases.items()
        if name.startswith("same_things.")
    )


def _names_one(things: Iterable[str], text: str, words: Container[str]) -> bool:
    """Tell whether a text has one of several names of a thing, among its Latin ``words`` or not."""
    return any(thing in words if thing.isascii() else thing in text for thing in things)


def _words(folded: str) -> set[str]:
    """The words in Latin letters of a folded text, without the sign of several."""
    found = (word for word in _LATIN.findall(folded) if len(word) >= _LEAST_LETTERS)
    return {_SEVERAL.sub("", word) if len(word) > _LEAST_LETTERS else word for word in found}


_SEVERAL = re.compile("(?<=[sxz])es$|(?<=ch)es$|(?<=sh)es$|(?<=[^su])s$")
_LEAST_LETTERS = 3
_LATIN = re.compile("[a-z]+")
_RUN = "[\u30a1-\u30fa\u30fc\u3400-\u9fff]+"


def pointer(text: str, people: Sequence[str] = ()) -> Pointer | None:
    """Find the picture that ``text`` points at; ``people`` are the names of those it mentions."""
    text = text.translate(_CIRCLED).strip()
    folded = fold(text)
    if not text or len(folded.text) > LONGEST:
        return None
    known = grammar(languages_of(folded.text))
    hidden = protect(folded.text)
    names = tuple(fold(name).text for name in people)
    found_at = _pattern(languages_of(folded.text), names).finditer(hidden)
    for match in islice(found_at, MOST):
        denied = known.pattern("pointers.denied", "{}$").search(hidden[: match.end()])
        if denied is not None and denied.end() == match.end():
            continue
        left, right = text[: folded.origin[match.start()]], text[folded.origin[match.end()] :]
        if fold(left).text.strip("@ ,:") in {name.removeprefix("@") for name in names}:
            left = ""  # whose it is was said before: "@Bob their last one"
        stops = right.lstrip()[:1] in _STOPS
        found = _read(left, right, known, stops=stops)
        if found is not None:
            pointing = _pointing(match, found, people)
            if pointing.sure or stops or pointing.which not in _VAGUE:
                return pointing
    return None


def mentioned(text: str, people: Sequence[str] = ()) -> tuple[Pointer, ...]:
    """The pictures that a command names by their number, place or owner, or by what they show,
    whatever else it says of them: "the second is great, a bigger one please"."""
    text = text.translate(_CIRCLED).strip()
    folded = fold(text)
    if len(folded.text) > LONGEST:
        return ()
    of, hidden = languages_of(folded.text), protect(folded.text)
    known, names = grammar(of), tuple(fold(name).text for name in people)
    found: dict[Pointer, None] = {}
    for match in islice(_pattern(of, names).finditer(hidden), MOST):
        denied = known.pattern("pointers.denied", "{}$").search(hidden[: match.end()])
        one = _pointing(match, Pointer(), people)
        if one.which not in _VAGUE and (denied is None or denied.end() != match.end()):
            found[one] = None
    for section in ("pointers.shown", "pointers.subject"):
        patterns = known.pattern(section)
        for number in sorted(patterns.within(hidden)):
            by_name = patterns.compiled(number).search(hidden)
            if by_name is None:
                continue
            about = _thing(by_name["what"].strip())
            otherwise = any(_points_otherwise(said, of) for said in (about, by_name[0]))
            if about and _is_name(about, known) and not otherwise:
                found[Pointer(about=about)] = None
    return tuple(found)


def is_only(text: str) -> Pointer | None:
    """The picture that a whole message names, be it by nothing but its number: "2", 第二张."""
    folded = phrases.trim(fold(text.translate(_CIRCLED)).text)
    if len(folded) == 1 and folded in _NUMBERS:
        return Pointer(number=int(folded))
    found = pointer(text)
    return found if found is not None and not found.words else None


def _pointing(match: re.Match[str], found: Pointer, people: Sequence[str]) -> Pointer:
    name = str(match.lastgroup)
    if name.startswith("who"):
        index = int(name[3:])
        person = people[index] if index < len(people) else ""
        return Pointer(person=person, words=found.words, action=found.action, sure=found.sure)
    name = name.removeprefix("at_")
    number = int(name) if name in _NUMBERS else None
    which = None if number else Which(name)
    return Pointer(number, which, None, found.words, found.action, found.sure)


@lru_cache(maxsize=32)
def _pattern(of: tuple[Language, ...], names: tuple[str, ...]) -> Alternatives:
    """Match any pointer; the group that matched says which one it is."""
    known = grammar(of)
    owned = known.piece("pointers.owned_last", *["pointers.owned"] * bool(names))
    people = [f"@?{re.escape(name.removeprefix('@'))}" for name in names]
    groups = [
        (f"who{index}", owned._replace(pattern=f"(?:{whose}) ?(?:{owned.pattern})"))
        for index, whose in enumerate([*people, known.piece("pointers.whose").pattern])
    ]
    groups += [(f"at_{name}", known.piece(f"pointers.{name}")) for name in (*_NUMBERS, *Which)]
    pieces = [piece._replace(pattern=f"(?P<{name}>{piece.pattern})") for name, piece in groups]
    return Alternatives(pieces, "(?<![a-z0-9]){}(?![a-z0-9])")


def _read(left: str, right: str, known: Grammar, *, stops: bool) -> Pointer | None:
    """What the words around a pointer ask for, if it is something that is done to a picture.

    ``stops`` says that a mark stands behind it.
    """
    before = phrases.trim(fold(left).text)
    leads = not before or known.pattern("pointers.lead").fullmatch(before) is not None
    leads = leads or known.pattern("pointers.denied").fullmatch(before) is not None
    praise = known.pattern("pointers.praised").match(fold(right).text) if leads else None
    if praise is not None:  # "1 is my girl!! but give her an eyepatch"
        right = right[fold(right).origin[praise.end()] :]
    rest = _after(right, known)
    it = known.phrases["pointers.it"][0]
    words = f"{left.rstrip()}{_space(left)}{it}{_space(right)}{right.lstrip()}".strip()
    if before and leads and (action := _command(words)) is not None:  # "show me it again"
        return Pointer(words=words, action=action)
    if leads:
        if not rest:
            return Pointer()
        if (action := _command(rest)) is not None:
            return Pointer(words=rest, action=action)
        if _is_change(rest):
            return Pointer(words=rest)
        if (whole := right.strip(_MARKS)) != rest and _is_change(whole):
            return Pointer(words=whole)  # "but at night"
        if stops or known.pattern("pointers.joined").match(fold(rest).text):
            return Pointer(words=rest, sure=False)
    for named in (words, f"{left} {right}"):
        if (action := _command(named)) is not None:
            return Pointer(words=named, action=action)
    return Pointer(words=words) if _is_change(words) and not leads else None


def _after(right: str, known: Grammar) -> str:
    """The words behind a pointer, without what ties them to it."""
    rest = right.strip(_MARKS) if right.strip(_MARKS) else ""
    folded = fold(rest)
    if (tie := known.pattern("pointers.tail").match(folded.text)) is not None and tie.end():
        return rest[folded.origin[tie.end()] :].strip(_MARKS)
    return rest


def _space(text: str) -> str:
    return " " if any(character.isspace() for character in (text[:1], text[-1:])) else ""


def _command(words: str) -> Action | None:
    """The command that words are, if it is about one picture; a remark may follow it."""
    folded, remark = fold(words).text, ""
    name = talk.control(folded) or phrases.command(folded)
    stop = compiled(_STOP if folded.isascii() else _REMARK)
    if name is None and (end := stop.search(folded)) is not None:
        said, remark = folded[: end.start()], folded[end.end() :]
        name = talk.control(said) or phrases.command(said)
    if remark and not talk.is_remark(remark, any_words=False):
        return None
    name = "again" if name == "again_otherwise" else name
    action = next((each for each in Action if each == name), None)
    is_about_one = action is not None and (action.spec.one_picture or action in _ABOUT_ONE)
    return action if is_about_one else None


def _is_change(words: str) -> bool:
    found = search(words)
    if found.directives and not found.prompt:
        return True
    if changes.is_change(fold(found.prompt or words).text):
        return True
    seen = wanting.evidence(words)
    return seen.alters or (seen.asks and any(said.slot != "count" for said in found.directives))
