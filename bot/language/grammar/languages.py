"""The languages that are known: which ones a text is read with, and what their files say.

A file names its script in its first lines, so that only the languages of a text are loaded. Those
written in Latin letters belong to every text, as the names of models and settings do.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.language.grammar.alternatives import Alternatives
from bot.language.grammar.frames import Frame, Kinds
from bot.language.grammar.templates import Piece, Templates, words_in
from bot.language.spelling import compiled, fold, protect

FOLDER = Path(__file__).parent
_COMMON = "common.toml"
_HEAD_ENDS = re.compile(r"^\[", re.MULTILINE)
SCRIPTS = {
    "han": "[\u3400-\u9fff\uf900-\ufaff]",
    "kana": "[\u3041-\u30ff]",
    "hangul": "[\uac00-\ud7a3]",
}
"""How a script is seen in a text; Latin letters are not looked for."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its file, its script, and how it is told from others of that script.

    ``script`` is one of `SCRIPTS` or ``latin``; ``signs`` are letters and words that only this
    language writes, and ``replaces`` languages that are not meant where this one is seen, unless
    there are signs of them. ``example`` is a request that :func:`bot.language.wording.prepare`
    reads before the first words of a person.
    """

    name: str
    file: Path
    script: str
    signs: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    example: str = ""

    def is_seen(self, text: str) -> bool:
        """Tell whether a text is written in the script of this language, or with its signs."""
        if self.script == "latin":
            return True
        is_written = not text.isascii() and compiled(SCRIPTS[self.script]).search(text) is not None
        return is_written or any(sign in text for sign in self.signs)


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one kind; without a value they say it themselves ("16:9", "three").

    Settings are model, quality, size, aspect_ratio, count; `orientation` is an aspect ratio in
    words, which a spelled-out one beats (竖图 3:4), `pixels` is both a size and an aspect ratio.
    """

    kind: str
    say: tuple[str, ...] = ()
    setting: str = ""
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Common:
    """What every language shares."""

    kinds: Kinds
    frames: tuple[Frame, ...]
    content: tuple[re.Pattern[str], ...]
    flags: Mapping[str, str]
    foreign_flags: Mapping[str, Sequence[str]]
    contrasts: tuple[re.Pattern[str], ...]


class Grammar:
    """What the languages of a text say, joined; patterns are compiled when they are first used."""

    def __init__(self, of: Sequence[Language]) -> None:
        files = [_file(language.file) for language in of]
        phrases: dict[str, list[str]] = {}
        for file in files:
            for section, found in file.items():
                if isinstance(found, dict) and section != "numbers":
                    for name, templates in found.items():
                        phrases.setdefault(f"{section}.{name}", []).extend(templates)
        self.phrases: Mapping[str, Sequence[str]] = phrases
        self.templates = Templates(
            {name[6:]: said for name, said in phrases.items() if name.startswith("parts.")}
        )
        self.words = tuple(
            Words(
                words["kind"],
                tuple(words["say"]),
                words.get("setting", ""),
                words.get("value"),
            )
            for file in files
            for words in file.get("words", ())
        )
        self.numbers: Mapping[str, int] = {
            word: number for file in files for word, number in file.get("numbers", {}).items()
        }
        frames = sum(
            (_frames(common().kinds, file.get("frames", ())) for file in files), common().frames
        )
        self.fields = {
            key: name.removeprefix("fields.")
            for name, keys in phrases.items()
            if name.startswith("fields.")
            for key in keys
        }
        self._frames: dict[str, list[Frame]] = {}
        for frame in frames:
            self._frames.setdefault(frame.group, []).append(frame)
        self._patterns: dict[tuple[str, str], Alternatives] = {}
        self._pieces: dict[tuple[str, ...], Piece] = {}
        self._opens: dict[str, tuple[Sequence[str], Alternatives]] = {}
        self._closeds: dict[str, _Closed] = {}
        self._single: dict[str, re.Pattern[str]] = {}
        self._vocabularies: dict[str, frozenset[str]] = {}

    def piece(self, *names: str) -> Piece:
        """Return what matches phrases such as ``polite.before``, which is nothing for none."""
        if names not in self._pieces:
            said = [phrase for name in names for phrase in self.phrases.get(name, ())]
            self._pieces[names] = self.templates.piece(said) if said else Piece(_NOTHING)
        return self._pieces[names]

    def source(self, name: str) -> str:
        """Return the pattern of phrases, to be put into a larger one."""
        return self.piece(name).pattern

    def pattern(self, name: str, form: str = "{}") -> Alternatives:
        """Return what matches phrases, each put into a larger pattern."""
        if (name, form) not in self._patterns:
            pieces = [self.templates.later(phrase) for phrase in self.phrases.get(name, ())]
            self._patterns[name, form] = Alternatives(pieces, form)
        return self._patterns[name, form]

    def named(self, section: str, text: str) -> Iterator[tuple[str, re.Match[str]]]:
        """Yield what phrases of a section match a whole text, with the name they stand under.

        Those that take any word come first; of the others only those are read that name every word
        of the text.
        """
        names, phrases = self._open(section)
        for number, match in phrases.fullmatches(text):
            yield names[number], match
        if self.covers(section, text):
            for name, phrase in self._closed(section).naming(words_in(text)):
                if found := self._phrase(phrase).fullmatch(text):
                    yield name, found

    def _open(self, section: str) -> tuple[Sequence[str], Alternatives]:
        """Return the phrases of a section that take words which they do not name."""
        if section not in self._opens:
            said = [
                (name.removeprefix(section), self.templates.later(phrase))
                for name, phrase in self._said(section)
                if self.templates.is_open(phrase)
            ]
            pieces = [piece for _, piece in said]
            self._opens[section] = [name for name, _ in said], Alternatives(pieces)
        return self._opens[section]

    def _closed(self, section: str) -> _Closed:
        """Return the others."""
        if section not in self._closeds:
            self._closeds[section] = _Closed(
                [
                    (name.removeprefix(section), phrase, self.templates.words([phrase]))
                    for name, phrase in self._said(section)
                    if not self.templates.is_open(phrase)
                ]
            )
        return self._closeds[section]

    def _phrase(self, phrase: str) -> re.Pattern[str]:
        if phrase not in self._single:
            self._single[phrase] = re.compile(self.templates.pattern([phrase]))
        return self._single[phrase]

    def _said(self, section: str) -> Iterator[tuple[str, str]]:
        for name, phrases in self.phrases.items():
            if name.startswith(section):
                for phrase in phrases:
                    yield name, phrase

    def covers(self, section: str, text: str) -> bool:
        """Tell whether every word of a text begins as one of the section does."""
        if section not in self._vocabularies:
            said = [phrase for _, phrase in self._said(section)]
            self._vocabularies[section] = self.templates.words(said)
        return _names(self._vocabularies[section], words_in(text))

    def grouped(self, group: str) -> Sequence[Frame]:
        """Return the frames that are tried together; see `bot.language.directives`."""
        return self._frames.get(group, ())


_NOTHING = "(?!)"


class _Closed:
    """Phrases that name all their words: each with its name, and the beginnings of its words."""

    def __init__(self, phrases: Sequence[tuple[str, str, frozenset[str]]]) -> None:
        self._phrases = phrases
        self._with: dict[str, list[int]] = {}
        for number, (_, _, beginnings) in enumerate(phrases):
            for beginning in beginnings:
                self._with.setdefault(beginning, []).append(number)

    def naming(self, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the names and the phrases that may name all these words, in their order."""
        found = set(range(len(self._phrases)))
        for word in set(words):
            found &= {
                number
                for beginning in _beginnings(word)
                for number in self._with.get(beginning, ())
            }
        for number in sorted(found):
            name, phrase, _ = self._phrases[number]
            yield name, phrase


def _names(beginnings: frozenset[str], words: Iterable[str]) -> bool:
    """Tell whether every word begins as one of these do."""
    return all(not beginnings.isdisjoint(_beginnings(word)) for word in words)


@lru_cache(maxsize=4096)
def _beginnings(word: str) -> tuple[str, ...]:
    return tuple(word[:size] for size in range(1, len(word) + 1))


@lru_cache(maxsize=1)
def common() -> Common:
    """Load what every language shares."""
    data = tomllib.loads((FOLDER / _COMMON).read_text("utf-8"))
    kinds = Kinds(tuple(data["kinds"]), data["sets"])
    return Common(
        kinds,
        _frames(kinds, data["frames"]),
        tuple(map(kinds.pattern, data["content"]["patterns"])),
        {flag: setting for setting, flags in data["flags"].items() for flag in flags},
        data["foreign_flags"],
        tuple(map(kinds.pattern, data["contrasts"]["patterns"])),
    )


def _frames(kinds: Kinds, found: Iterable[Mapping[str, Any]]) -> tuple[Frame, ...]:
    return tuple(
        Frame(
            kinds.pattern(frame["pattern"]),
            kinds.pattern(frame["unless"]) if "unless" in frame else None,
            frame.get("group", ""),
        )
        for frame in found
    )


def languages() -> tuple[Language, ...]:
    """Return the languages there are: those that go before others first, Latin ones last."""
    return _languages_in(FOLDER)


@lru_cache(maxsize=4)
def _languages_in(folder: Path) -> tuple[Language, ...]:
    found = [_head(file) for file in sorted(folder.glob("*.toml")) if file.name != _COMMON]
    return tuple(sorted(found, key=lambda each: (each.script == "latin", not each.replaces)))


def _head(file: Path) -> Language:
    text = file.read_text("utf-8")
    end = _HEAD_ENDS.search(text)
    head = tomllib.loads(text[: end.start()] if end else text)
    signs = tuple(fold(sign).text for sign in head.get("signs", ()))
    replaces, example = tuple(head.get("replaces", ())), head.get("example", "")
    return Language(file.stem, file, head["script"], signs, replaces, example)


def languages_of(text: str) -> tuple[Language, ...]:
    """Return the languages that a folded text is read with; what it quotes may be in any."""
    return _languages_of(text, languages())


@lru_cache(maxsize=256)
def _languages_of(text: str, known: tuple[Language, ...]) -> tuple[Language, ...]:
    said = protect(text)
    seen = [each for each in known if each.is_seen(said)]
    replaced = {name for each in seen for name in each.replaces}
    return tuple(
        each
        for each in seen
        if each.name not in replaced or any(sign in said for sign in each.signs)
    )


@lru_cache(maxsize=16)
def _file(file: Path) -> Mapping[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


@lru_cache(maxsize=16)
def grammar(of: tuple[Language, ...]) -> Grammar:
    """Join what the files of some languages say, in their order."""
    return Grammar(of)
