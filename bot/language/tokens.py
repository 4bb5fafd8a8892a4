"""The words of a text: folded text is cut into tokens of named kinds (see `grammar/common.toml`).

The script of a character chooses how words are cut there: Latin ones end where letters do, those of
Chinese characters wherever a known one ends, katakana where it changes into another script. The
languages of the text choose the words, and the models that are offered their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.domain.catalog import RATIOS, Model, Predecessor, is_ordinary
from bot.language.grammar.languages import Grammar, Language, Words, grammar
from bot.language.grammar.templates import Templates
from bot.language.numbers import read_number, read_ratio, read_size
from bot.language.spelling import PROTECTED, fold

STRONG_RATIOS = ("16:9", "9:16", "21:9")
BEST, CHEAPEST = "best", "cheapest"
ANY_PICTURE = "any"  # "image", 图片: says nothing about what kind of picture


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the folded text, of a kind; a setting has a slot and a value, a mark itself."""

    kind: str
    start: int
    end: int
    slot: str = ""
    value: str = ""


_LETTER = r"[a-z0-9\u00df-\u024f]"
_KATAKANA = "[ァ-ヺー]"
_NOT_IN_KATAKANA = rf"(?:(?<!{_KATAKANA})|(?!{_KATAKANA}))"
_EDGE_BEFORE = rf"(?:(?<!{_LETTER})(?<!{_LETTER}-)|(?!{_LETTER})){_NOT_IN_KATAKANA}"
_EDGE_AFTER = rf"(?:(?<!{_LETTER})|(?!{_LETTER})(?![-']{_LETTER})){_NOT_IN_KATAKANA}"
_MARKS = (
    (Words("quoted"), rf"{PROTECTED}+"),
    (Words("mark"), r"\.{2,}|[,;:!?…。、()\[\]{}|【】〔〕~\n]|\.(?!\d)| [-/]+ |—+"),
    (Words("space"), " "),
)
_ANYTHING = (
    Words("word"),
    rf"{_LETTER}+(?:[.'’_-]+{_LETTER}+)*|{_KATAKANA}+|[\uac00-\ud7a3]+|.",
)
WIDE = r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff]"
"""Letters of scripts that are written without spaces."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of some languages and the names of some models, ready to match."""

    grammar: Grammar
    narrow: re.Pattern[str]  # where a Latin letter, a digit or a mark stands
    wide: re.Pattern[str]
    words: tuple[Words, ...]
    ratios: frozenset[str]


def _spellings(name: str) -> str:
    """Return a pattern of the ways to write a model's name: spaces and dashes come and go."""
    parts = re.findall(r"[a-z]+|\d+(?:\.\d+)*|[^\sa-z\d_-]+", fold(name).text)
    return r"[ _-]?".join(map(re.escape, parts))


def _names(models: Sequence[Model], known: Grammar) -> list[tuple[Words, str]]:
    """Return the words for every name of every model with their patterns, longest first."""
    nouns = known.source("models.noun")
    before = known.source("models.before_content")
    # After the name of a line, the number of a generation that nobody knows: no number of pictures.
    later = rf"(?: ?\d{{1,2}}(?:\.\d)?(?= ?(?:{before})))?"
    words: dict[tuple[Words, str], int] = {}
    for model in models:
        both: tuple[Model | Predecessor, ...] = (model, *model.predecessors)
        for each in both:
            for name in (each.id, each.name, *each.aliases):
                folded = fold(name).text
                kind = "short_model" if re.fullmatch(r"[a-z]+", folded) else "model"
                kind = "ordinary_model" if is_ordinary(name, (model,)) else kind
                vendor = r"(?:[a-z]{2,20}/)?" if name == each.id else ""
                noun = rf"(?: ?(?:{nouns}))?" if kind == "model" else ""
                pattern = vendor + _spellings(name) + noun
                is_line = kind != "short_model" and not re.search(r"\d|^[a-z]+$", folded)
                word = Words(kind, setting="model", value=each.id)
                words.setdefault((word, pattern + later * is_line), len(pattern))
    return sorted(words, key=lambda word: -words[word])


@lru_cache(maxsize=32)
def lexicon(languages: tuple[Language, ...], models: tuple[Model, ...]) -> Lexicon:
    """Compile the words of `languages` together with the names of `models`."""
    known = grammar(languages)
    words: list[Words] = []

    def group(some: Sequence[tuple[Words, str]], ends: str = "") -> str:
        patterns = []
        for word, pattern in some:
            patterns.append(f"(?P<w{len(words)}>{pattern}){ends}")
            words.append(word)
        return "|".join(patterns)

    def compiled(some: Sequence[tuple[Words, str]]) -> re.Pattern[str]:
        known_words = f"{_EDGE_BEFORE}(?:{group(some, _EDGE_AFTER)})"
        return re.compile(f"{group(_MARKS)}|{known_words}|{group([_ANYTHING])}", re.DOTALL)

    said: dict[bool, list[tuple[Words, str]]] = {False: [], True: []}
    for word, pattern in _names(models, known):
        said[not re.match(r"[\[(a-z0-9]", pattern)].append((word, pattern))
    for word in known.words:
        for is_wide, pattern in _by_beginning(word, known.templates):
            said[is_wide].append((word, pattern))
    ratios = {ratio for model in models for ratio in model.aspect_ratios} or RATIOS
    return Lexicon(
        known, compiled(said[False]), compiled(said[True]), tuple(words), frozenset(ratios)
    )


def _by_beginning(word: Words, templates: Templates) -> Iterator[tuple[bool, str]]:
    """Yield the patterns of a word that may begin with a narrow letter, and with a wide one."""
    pieces = [templates.piece([template]) for template in word.say]
    narrow = [piece.pattern for piece in pieces if piece.is_narrow]
    if narrow:
        yield False, "|".join(narrow)
    if word.is_wide:
        yield True, "|".join(piece.pattern for piece in pieces)


def tokenize(text: str, words: Lexicon) -> list[Token]:
    """Cut a folded, protected text; spaces beside wide letters become gaps, others vanish."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        pattern = words.narrow if text[position] < "\u2e80" else words.wide
        match = pattern.match(text, position)
        assert match is not None  # the last alternative is "."
        assert match.lastgroup is not None
        word = words.words[int(match.lastgroup[1:])]
        position = match.end()
        if word.kind != "space":
            tokens.append(_token(word, match, words))
        elif re.search(WIDE, text[max(0, match.start() - 1) : position + 1]):
            tokens.append(Token("gap", match.start(), position))
    return tokens


def _token(word: Words, match: re.Match[str], words: Lexicon) -> Token:
    said = match[0] if word.kind == "mark" else word.value or ""
    token = Token(word.kind, match.start(), match.end(), word.setting, said)
    if not word.setting or word.value is not None:
        return token
    value = read_value(word.setting, match[0], words.grammar)
    if word.setting == "nearest_ratio":
        return replace(token, slot="aspect_ratio", value=value)
    if word.setting == "aspect_ratio":
        if value not in words.ratios:
            return replace(token, kind="word", slot="")
        if word.kind == "screen_ratio" and value not in STRONG_RATIOS:
            return replace(token, kind="ratio", value=value)
    return replace(token, value=value)


def read_value(setting: str, text: str, known: Grammar) -> str:
    """Return the value that words say of a setting: "16:9", "4K", "3"."""
    if setting in ("aspect_ratio", "nearest_ratio"):
        return read_ratio(text)
    if setting == "size":
        return read_size(text)
    if setting == "count":
        return str(read_number(text, known.numbers))
    return text
