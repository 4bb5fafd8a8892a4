"""Conversation: whole messages that steer, greet, ask or chat, and so are no picture to draw.

A message is compared without marks and emoji, and with letters and words that are repeated written
twice, so that "Soooo cool!!! 😍" is "soo cool". Small talk is a message of nothing but its phrases,
in any order: "haha ok, thanks mate".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from bot.domain.preferences import AUTOMATIC, SWITCHES, Switch
from bot.language import wanting
from bot.language.changes import is_change
from bot.language.directives import search
from bot.language.grammar.languages import Grammar, grammar, languages_of
from bot.language.phrases import LONGEST_COMMAND, peeled
from bot.language.spelling import PROTECTED, compiled, fold, protect
from bot.language.tokens import WIDE, close_up

_LONGEST_CHAT = 120
"""Characters of the longest message that may be small talk; a longer one says something."""

_LONGEST_QUESTION = 200

_LONGEST_PHRASE = 40
_APOSTROPHE = re.compile("(?<=[a-z])'(?=[a-z])")
_MARKS = re.compile(r"[^\w]+|_+")
_REPEATED = re.compile(r"([^\d\s]{1,3}?)\1{2,}")
_DRAWN_OUT = re.compile(r"([a-z])\1\b")
_AGAIN = re.compile(r"\b(\w{1,12})(?: \1\b){2,}")
_STICKER = re.compile(r"(?:\[[^\[\]\n]{1,12}\]\s*){1,8}")  # how Feishu writes its own emoji
_CLAUSES = re.compile("[,;:!?。、]+")
_DIGIT = re.compile(r"\d")
_RATIO = re.compile(r"\d ?[:x×/] ?\d")
_MOST_EMOJI = 3


@lru_cache(maxsize=64)
def plain(folded: str) -> str:
    """Return a folded text without marks; a question keeps its sign at the end."""
    words = _MARKS.sub(" ", _APOSTROPHE.sub("", folded.replace("@我", "艾特我"))).strip()
    words = _AGAIN.sub(r"\1 \1", _REPEATED.sub(r"\1\1", close_up(words)))
    return f"{words}?" if folded.rstrip(" \n.!。…~").endswith("?") else words


def _readings(folded: str) -> tuple[tuple[str, str], ...]:
    """Return the shorter readings of a text as pairs: as it is, and without a question's sign."""
    return _pairs(folded, peeled(folded))


@lru_cache(maxsize=64)
def _pairs(folded: str, shorter: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    sign = "?" if plain(folded).endswith("?") else ""
    words = [plain(folded).rstrip("?"), *map(plain, shorter)]
    words += [_DRAWN_OUT.sub(r"\1", text) for text in words]
    return tuple((f"{text.rstrip('?')}{sign}", text.rstrip("?")) for text in dict.fromkeys(words))


def _named(section: str, folded: str) -> str | None:
    if len(folded) > LONGEST_COMMAND:
        return None
    known = grammar(languages_of(folded))
    for pair in _readings(folded):
        for text in dict.fromkeys(pair):
            for name, _ in known.named(section, text):
                return name
    return None


def control(folded: str) -> str | None:
    """Return what a whole message wants done or told, as the name of an action."""
    return _named("controls.", folded)


def spoken_to(folded: str) -> str | None:
    """Return the language in which a whole message wants to be answered."""
    return _named("speak.", folded)


_HOW: Mapping[str, Switch] = {"always": True, "never": False, "auto": AUTOMATIC}


def switched(folded: str) -> tuple[str, Switch] | None:
    """Return which of the settings that are switched a whole message is about, and how."""
    for name in SWITCHES:
        how = _named(f"{name}.", folded)
        if how is not None:
            return name, _HOW[how]
    return None


def turned(folded: str) -> int:
    """Return how many pages of the history a whole message wants to go on, or back; 0 for none."""
    return _TURNS.get(_named("pages.", folded) or "", 0)


_TURNS = {"older": 1, "newer": -1}


def is_greeting(folded: str) -> bool:
    """Tell whether a whole message only says hello."""
    if len(folded) > LONGEST_COMMAND:
        return False
    known = grammar(languages_of(folded))
    return any(
        name == "greeting"
        for _, text in _readings(folded)
        for name, _ in known.named("talk.", text)
    )


def is_small_talk(folded: str) -> bool:
    """Tell whether a message says nothing but politeness, praise, laughter or goodbye."""
    if len(folded) > 2 * _LONGEST_CHAT or "\n" in folded.strip():
        return False
    text = plain(folded).rstrip("?")
    if not text:
        return _is_sign(folded.strip())
    if len(text) > _LONGEST_CHAT:
        return False
    if _STICKER.fullmatch(folded.strip()) or (text.isdecimal() and len(text) < 3):
        return True
    known = grammar(languages_of(folded))
    return known.covers("small_talk.", text) and _is_made_of_phrases(text, known)


def shows_nothing(folded: str) -> bool:
    """Tell whether a message has no word for anything that can be seen: "this made me laugh"."""
    if len(folded) > _LONGEST_CHAT or "\n" in folded.strip() or _RATIO.search(folded):
        return False
    if PROTECTED in protect(folded) or wanting.combines(folded):
        return False
    known, text = grammar(languages_of(folded)), plain(folded).rstrip("?")
    is_made = known.covers("small_", text) and _is_made_of_phrases(text, known, small_words(known))
    return bool(text) and is_made and not known.pattern("shown.words").search(text)


def is_remark(folded: str, *, any_words: bool) -> bool:
    """Tell whether a clause beside a command only says something about it; with ``any_words`` it
    may say anything but what asks for a picture."""
    if is_small_talk(folded) or shows_nothing(folded) or tells(folded) is not None:
        return True
    if any(name == "reason" for name in _told(folded)):
        return True
    if wanting.only_talks(folded) and not search(folded).directives:
        return True
    known = grammar(languages_of(folded))
    asks = known.pattern("asking.words").search(plain(folded))
    return any_words and not asks and not is_change(folded)


def only_asks(folded: str, *, talks: bool = True) -> bool:
    """Tell whether words ask for a picture, and for nothing in it: "could you make me a new"; with
    ``talks`` they may be polite besides."""
    known, text = grammar(languages_of(folded)), plain(folded).rstrip("?")
    words = small_words(known) | _words(known, "asking_words.")
    return not _DIGIT.search(text) and _is_made_of_phrases(text, known, words, talks=talks)


def wants_otherwise(folded: str) -> bool:
    """Tell whether such a message may be about how a picture is to be: "more like that"."""
    return grammar(languages_of(folded)).pattern("shown.others").search(folded) is not None


def small_words(known: Grammar) -> frozenset[str]:
    """Return the single words that show nothing, in folded letters."""
    return _words(known, "small_words.")


@lru_cache(maxsize=32)
def _words(known: Grammar, section: str) -> frozenset[str]:
    """Return the words of a section, in folded letters."""
    named = (words for name, words in known.phrases.items() if name.startswith(section))
    return frozenset(fold(word).text for words in named for word in words)


def agrees(folded: str) -> bool:
    """Tell whether small talk could be a yes to a question: "ok", 好的."""
    return any(
        grammar(languages_of(folded)).pattern("small_talk.yes").fullmatch(text)
        for _, text in _readings(folded)
    )


def _is_sign(text: str) -> bool:
    """Tell whether a text without words is a reaction: a few emoji, or marks such as "!!!"."""
    signs = [each for each in text if not each.isspace() and ord(each) > 127]
    return bool(text) and len(dict.fromkeys(signs)) <= _MOST_EMOJI


def _is_made_of_phrases(
    text: str, known: Grammar, words: frozenset[str] = frozenset(), *, talks: bool = True
) -> bool:
    """Tell whether a text is made of these words, and with ``talks`` of phrases of small talk, in
    any order."""
    edges = " " if text.isascii() else rf" |(?<={WIDE})|(?={WIDE})"
    ends = [each.start() for each in compiled(edges).finditer(text)]
    ends = sorted({*ends, len(text)} - {0})
    reached = {0}
    for start in (0, *ends):
        if start not in reached:
            continue
        begin = start + (text[start : start + 1] == " ")
        for end in ends:
            is_open = begin < end <= begin + _LONGEST_PHRASE and end not in reached
            if not is_open:
                continue
            said = text[begin:end]
            is_word = said in words or (bool(words) and said.isdecimal())
            if is_word or (talks and any(known.named("small_talk.", said))):
                reached.add(end)
    return len(text) in reached


def is_question(folded: str) -> bool:
    """Tell whether a text asks something that names nothing to draw: "how old are you?"."""
    if len(folded) > _LONGEST_QUESTION or "\n" in folded.strip():
        return False
    known = grammar(languages_of(folded))
    text = plain(folded)
    if known.pattern("pictured.words").search(text) or not _asks(text, known):
        return False
    last = _last_clause(folded)
    is_said = any(name == "said" for name, _ in known.named("talk.", last))
    return is_said or last == text.rstrip("?") or _asks(last, known) or is_small_talk(last)


def _last_clause(folded: str) -> str:
    *_, last = filter(None, map(plain, _CLAUSES.split(folded)))
    return last


def is_errand(folded: str) -> bool:
    """Tell whether a text wants something that is no picture: "tell me a joke"."""
    if len(folded) > _LONGEST_QUESTION or "\n" in folded.strip():
        return False
    known, text = grammar(languages_of(folded)), plain(folded).rstrip("?")
    is_one = any(name == "errand" for name, _ in known.named("talk.", text))
    return is_one and not known.pattern("pictured.words").search(text)


def tells(folded: str) -> str | None:
    """Return what a message does that tells something and asks for no picture: ``hello`` greets,
    ``declined`` says that nothing is wanted, and ``remark`` is any other."""
    if len(folded) > _LONGEST_CHAT or "\n" in folded.strip():
        return None
    asks = grammar(languages_of(folded)).pattern("asking.words").search(plain(folded))
    for name in _told(folded):
        if name != "reason" and (name == "declined" or not asks):
            return name
    return None


def _told(folded: str) -> Iterator[str]:
    """Yield what a whole message tells, by the names of the grammar."""
    known = grammar(languages_of(folded))
    return (name for name, _ in known.named("told.", plain(folded).rstrip("?")))


def asks_what_was_done(folded: str) -> bool:
    """Tell whether a text asks about what was done: "why did you make him green?"."""
    if len(folded) > _LONGEST_QUESTION or "\n" in folded.strip():
        return False
    known = grammar(languages_of(folded))
    if not (text := plain(folded)):
        return False
    last = _last_clause(folded)
    is_asked, sign = _asks(text, known, "asked"), text.endswith("?")
    return (is_asked and sign) or (_asks(last, known, "asked") and (is_asked or sign))


def _asks(text: str, known: Grammar, of: str = "question") -> bool:
    readings = dict.fromkeys((text, text.rstrip("?")))
    return any(name == of for each in readings for name, _ in known.named("talk.", each))
