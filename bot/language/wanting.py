"""Whether words want a picture at all: what is not seen to want one is asked about, not paid.

A message is read clause by clause. A clause may ask for a picture, or for a change of one; it may
talk — about oneself, to other people, with a judgement or a question — or describe something that
can be seen. Which words do what is the grammar's, in its section ``wanting``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.domain.situation import Situation
from bot.language import changes, phrases
from bot.language.grammar.languages import Grammar, grammar, languages_of
from bot.language.spelling import compiled, fold, protect

LONGEST = 300
"""Characters of the longest text that is looked at; a longer one describes."""

_LATIN = re.compile(r"^(?:\W*[A-Za-z'-]+\b){5}")
"""So many words in Latin letters, in several clauses that do nothing else, are a description."""

_EDGE = "(?:(?<![a-z0-9])|(?![a-z0-9]))"  # not between two Latin letters
_WORD = f"{_EDGE}(?:{{}}){_EDGE}"
_APOSTROPHE = re.compile("(?<=[a-z])'(?=[a-z])")
_MARKS = r"[,;!。、\n…~]+|\?+|(?<!\d):|:(?!\d)|\.+(?=\s|$)| - | — "
_CLAUSES = (
    rf"{_MARKS}|(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff@])|[\U0001f600-\U0001f64f"
    r"\U0001f910-\U0001f92f\U0001f970-\U0001f97a\U0001f480\U0001fae0-\U0001faef]+"
)
"""Marks between clauses; `_MARKS` are those of a text in ASCII."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What clauses of a text do: ``asks`` for a picture, ``alters`` one, ``describes`` what can be
    seen beyond doubt, ``shows`` it, ``talks``, ``narrates`` what happened or is planned, ``tells``
    of something, or is ``chatty``.

    ``formed`` says of the text as a whole that it has the form of a change, ``settings`` that it
    names some and asks nothing, ``ends`` that its last clause does nothing but show, ``styled``
    that it names a style, ``visible`` that what asks or alters names something visible, and
    ``withdrawn`` that what is asked for is put off or taken back.
    """

    asks: bool = False
    alters: bool = False
    describes: bool = False
    shows: bool = False
    talks: bool = False
    narrates: bool = False
    tells: bool = False
    chatty: bool = False
    formed: bool = False
    settings: bool = False
    ends: bool = False
    styled: bool = False
    visible: bool = False
    withdrawn: bool = False

    @property
    def changes(self) -> bool:
        """Whether a change is all that is asked for, and no other picture is shown."""
        return self.alters and not (self.describes or self.shows)

    def wants(self, situation: Situation) -> bool:
        """Tell whether words in which this was found want a picture, as far as the grammar says."""
        is_alone, is_about = situation is Situation.NOTHING, situation is Situation.ABOUT
        if self.asks or (self.alters and not is_alone):
            return True
        if self.describes and not (is_about and (self.talks or self.tells)):
            return True
        if self.talks and not self.settings:
            return self.ends and is_alone and (self.styled or not self.narrates)
        if self.formed or self.settings:
            return True
        if self.tells:
            return (self.ends or self.styled) and is_alone
        if self.shows or self.alters:
            return True
        return not self.chatty and (is_about or is_alone)


def evidence(text: str, prompt: str = "", *, settings: bool = False) -> Evidence:
    """Gather what the clauses of a text do.

    ``prompt`` is the text without the ``settings`` that it names, if it names some.
    """
    folded = fold(text).text
    known = grammar(languages_of(folded))
    if combines(folded):
        return Evidence(describes=True, shows=True, ends=True)
    said = _said(text, known)
    if not said and any(_clauses(text, known)):
        return Evidence(chatty=True)
    if any(_has("defers", clause, known) for clause in said) or _is_withdrawn(said, known):
        return Evidence(talks=True, withdrawn=True)
    content = _said(prompt, known) if prompt else said
    if _invites(said, known):
        return Evidence(asks=True, shows=True, ends=True)
    is_seen = any(_has("shows", clause, known) for clause in content)
    for name, where in (("asks", said), ("alters", content if is_seen else said)):
        if any(_wants(name, clause, known) for clause in where):
            return _wanting(name, where, known)
    done: set[str] = set()
    doing: set[str] = set()
    for clause in content:
        doing = set(_does(clause, known))
        done |= doing
    formed = changes.is_change(fold(prompt or text).text)
    settings = settings and "?" not in text and "？" not in text
    ends = "shows" in doing and "tells" not in doing
    styled = any(_has("styled", clause, known) for clause in said)
    if len(said) > 1 and done <= {"shows", "describes"} and _LATIN.search(text):
        done.add("shows")  # "cosy reading nook, autumn leaves outside"
    return Evidence(
        **dict.fromkeys(done, True), formed=formed, settings=settings, ends=ends, styled=styled
    )


def hints_at_something(text: str) -> bool:
    """Tell whether words point at something that came with them: "draw what the video shows"."""
    folded = fold(text).text
    return grammar(languages_of(folded)).pattern("attached.hints", _WORD).search(folded) is not None


def denies(text: str) -> bool:
    """Tell whether a clause of a text says that something is not wanted, or wanted of others."""
    known = grammar(languages_of(fold(text).text))
    return any(_has("denies", clause, known) for clause in _said(text, known))


def combines(folded: str) -> bool:
    """Tell whether a folded text puts emoji of things together, as what a picture is to show."""
    return grammar(languages_of(folded)).pattern("wanting.combines").search(folded) is not None


def _invites(clauses: Sequence[str], known: Grammar) -> bool:
    """Tell whether a clause leaves it to the bot to draw what another one shows: "you know what to
    do"."""
    others = [clause for clause in clauses if not _has("invites", clause, known)]
    names = ("narrates", "denies", "alters")
    is_told = any(_has(name, clause, known) for clause in others for name in names)
    is_shown = any(_has("shows", clause, known) for clause in others)
    return len(others) < len(clauses) and is_shown and not is_told


def _is_withdrawn(clauses: Sequence[str], known: Grammar) -> bool:
    """Tell whether what clauses ask for is taken back at their end: "a fox. no, forget it"."""
    for clause in reversed(clauses[1:]):
        if _has("withdraws", clause, known):
            return True
        if not set(_does(clause, known)) & {"talks", "chatty"}:
            return False
    return False


def _wanting(name: str, clauses: Sequence[str], known: Grammar) -> Evidence:
    """What clauses do of which some want a picture, or a change of one, as ``name`` says."""
    others = [clause for clause in clauses if not _wants(name, clause, known)]
    wanted = [clause for clause in clauses if clause not in others]
    is_told = any(_has("narrates", clause, known) for clause in clauses)
    return Evidence(
        **{name: True},
        talks=is_told,
        narrates=is_told,
        visible=any(_has("shows", clause, known) for clause in wanted),
        describes=any("describes" in _does(clause, known) for clause in clauses),
        shows=any("shows" in _does(clause, known) for clause in others),
        ends=clauses[-1] in others and _has("shows", clauses[-1], known),
    )


def _said(text: str, known: Grammar) -> list[str]:
    """Return the clauses of a text that do more than greet."""
    greeting = known.pattern("wanting.greets")
    return [clause for clause in _clauses(text, known) if not greeting.fullmatch(clause)]


def _clauses(text: str, known: Grammar) -> Iterator[str]:
    folded = _APOSTROPHE.sub("", protect(fold(text).text))
    breaks = known.pattern("wanting.breaks", _WORD)
    marks = compiled(_MARKS if folded.isascii() else _CLAUSES)
    parts = (part for clause in marks.split(folded) for part in breaks.split(clause))
    for clause in parts:
        stripped = clause.strip()
        said = stripped if stripped.startswith("@") else phrases.trim(stripped)
        if said:
            yield said


def _does(clause: str, known: Grammar) -> Iterator[str]:
    """Yield what one clause does."""
    if _has("narrates", clause, known):
        yield from ("talks", "narrates")
        return
    if _wants("describes", clause, known):
        yield from ("describes", "shows")
        return
    if _has("talks", clause, known):
        yield "talks"
        return
    is_shown, is_told = _has("shows", clause, known), _has("tells", clause, known)
    if is_told:
        yield "tells"
    if is_shown:
        yield "shows"
    elif not is_told and _has("chats", clause, known):
        yield "chatty"


def _wants(name: str, clause: str, known: Grammar) -> bool:
    denied = ("denies", "narrates")
    return _has(name, clause, known) and not any(_has(each, clause, known) for each in denied)


@lru_cache(maxsize=256)
def _has(name: str, clause: str, known: Grammar) -> bool:
    return known.pattern(f"wanting.{name}", _WORD).search(clause) is not None


def only_talks(text: str) -> bool:
    """Tell whether a text talks or tells, and neither asks for anything nor shows it."""
    found = evidence(text)
    wants = found.asks or found.alters or found.shows
    talks = found.narrates or ((found.talks or found.tells) and not found.formed)
    return talks and not wants
