"""Whole messages that are not a picture to draw: cancel, again, settings, preferences, …

A message is folded, relieved of polite words and final marks, and compared as a whole: "cancel
culture poster" is a picture, "cancel please" is not.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.language.grammar.languages import Language, grammar, languages, languages_of
from bot.language.spelling import compiled

_BEFORE = r"{}(?:[ ,.!;:、。…]+|(?<=[\u3040-\u30ff\u4e00-\u9fff])|$)"
_AFTER = "{}$"  # looked for in the last characters; what stands before it is stripped
_MOST_POLITE = 12  # politer than that is no command
_BREAKS = re.compile(r"[,.!;。、…]+|(?<=[了吧啦])(?=[^\W了吧啦啊呢呀])")
_LONGEST_TAIL = 16
_BEFORE_TAIL = " ,.!;:、。…~"
LONGEST_COMMAND = 80

_SLASH = r"[/!]([a-z_-]{1,20}|[\u3040-\u30ff\u4e00-\u9fff]{1,8})(?:@\S{1,40})?(?=\s|$|[:,])[\s:,]*"


@lru_cache(maxsize=4)
def _slashes(of: tuple[Language, ...]) -> dict[str, str]:
    """Return what each word behind a slash asks for, in any language."""
    known = grammar(of)
    return {
        word: name.removeprefix("slash.")
        for name, words in known.phrases.items()
        if name.startswith("slash.")
        for word in words
    }


def slash(folded: str) -> tuple[str | None, int]:
    """Return what a slash command at the beginning asks for, and where it ends."""
    match = compiled(_SLASH).match(folded) if folded.startswith(("/", "!")) else None
    return (_slashes(languages()).get(match[1]), match.end()) if match else (None, 0)


def trim(folded: str) -> str:
    """Return the text without marks and emoji at its ends."""
    start, end = 0, len(folded)
    while start < end and not folded[start].isalnum():
        start += 1
    while end > start and not folded[end - 1].isalnum():
        end -= 1
    return folded[start:end]


def peeled(folded: str) -> tuple[str, ...]:
    """Return the text and its shorter readings, each with one more polite word taken off."""
    return _peeled(folded, languages_of(folded))


@lru_cache(maxsize=64)
def _peeled(folded: str, of: tuple[Language, ...]) -> tuple[str, ...]:
    known = grammar(of)
    before = known.pattern("polite.before", _BEFORE)
    after = known.pattern("polite.after", _AFTER)
    text = trim(folded)
    readings = [text]
    while len(readings) < _MOST_POLITE:
        tail = after.search(text, max(0, len(text) - _LONGEST_TAIL))
        shorter = trim(text[: tail.start()].rstrip(_BEFORE_TAIL)) if tail else text
        if shorter in ("", text):
            lead = before.match(text)
            shorter = trim(text[lead.end() :]) if lead else ""
        if shorter in ("", text):
            break
        text = shorter
        readings.append(text)
    return tuple(readings)


def command(folded: str) -> str | None:
    """Return the action a whole message names, or None when it describes a picture."""
    if folded.strip() in ("?", "??"):
        return "help"
    if len(folded) > LONGEST_COMMAND:
        return None
    return _one_command(folded, languages_of(folded)) or _repeated_command(folded)


@lru_cache(maxsize=64)
def _one_command(folded: str, of: tuple[Language, ...]) -> str | None:
    known = grammar(of)
    for text in peeled(folded):
        for name, _ in known.named("commands.", text):
            return name
    return None


def _repeated_command(folded: str) -> str | None:
    """Return the action that every part of the message names: "stop, never mind", 算了不要了."""
    parts = [part for part in _BREAKS.split(folded) if trim(part)]
    if len(words := trim(folded).split()) > 1 and len(set(words)) == 1:  # "stop stop stop"
        parts = words
    names = {_one_command(part, languages_of(part)) for part in parts}
    return names.pop() if len(parts) > 1 and len(names) == 1 else None


def wishes(text: str, of: tuple[Language, ...]) -> list[tuple[str, bool]]:
    """Return what the wishes in a folded text would be about, and whether each is a firm one.

    A firm one takes any setting: "always use 2K"; a casual one ("use pro", 换成Pro) is a lasting
    wish only when all it names is a model.
    """
    return [(match["what"], kind == "firm") for kind, match in grammar(of).named("wishes.", text)]
