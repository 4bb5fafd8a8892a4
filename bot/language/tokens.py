"""The words of a text: folded text is cut into tokens of named kinds (see `grammar/common.toml`).

The script of a character chooses how words are cut there: Latin ones end where letters do, those of
Chinese characters wherever a known one ends, katakana where it changes into another script. The
languages of the text choose the words, and the models that are offered their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.domain.catalog import RATIOS, Model, Predecessor, is_ordinary
from bot.language.grammar.alternatives import Alternatives
from bot.language.grammar.languages import Grammar, Language, Words, grammar
from bot.language.grammar.templates import ANY, LONGEST_NEED, Piece
from bot.language.numbers import read_number, read_ratio, read_size
from bot.language.spelling import PROTECTED, compiled, fold

STRONG_RATIOS = ("16:9", "9:16", "21:9")
BEST, CHEAPEST = "best", "cheapest"
ANY_PICTURE = "any"  # "image", 图片: says nothing about what kind of picture


class Token(NamedTuple):
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
    rf"(?P<quoted>{PROTECTED}+)"
    r"|(?P<mark>\.{2,}|[,;:!?…。、()\[\]{}|【】〔〕~\n]|\.(?!\d)| [-/]+ |—+)|(?P<space> )"
)
_ANYTHING = rf"(?P<word>{_LETTER}+(?:[.'’_-]+{_LETTER}+)*|{_KATAKANA}+|[\uac00-\ud7a3]+|.)"
_MAY_BEGIN = re.compile(f"{_EDGE_BEFORE}(?!{_MARKS})")
_MARK_OR_ANYTHING = re.compile(f"{_MARKS}|{_ANYTHING}", re.DOTALL)
_UNNAMED = {kind: Words(kind) for kind in ("quoted", "mark", "space", "word")}
WIDE = r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff]"
"""Letters of scripts that are written without spaces."""


def close_up(text: str) -> str:
    """Return a text without the spaces beside letters of such scripts."""
    return text if text.isascii() else compiled(rf"(?<={WIDE}) | (?={WIDE})").sub("", text)


class Lexicon:
    """The words of some languages and the names of some models, ready to match."""

    def __init__(self, known: Grammar, models: Sequence[Model]) -> None:
        self.grammar = known
        self.ratios = frozenset(
            {ratio for model in models for ratio in model.aspect_ratios} or RATIOS
        )
        words = [
            *_names(models, known),
            *(
                (word, known.templates.later(template))
                for word in known.words
                for template in word.say
            ),
        ]
        self._words = [word for word, _ in words]
        pieces = [piece for _, piece in words]
        self._alternatives = Alternatives(pieces, f"{{}}{_EDGE_AFTER}", re.DOTALL)

    def words_of(self, text: str) -> Iterator[tuple[Words, re.Match[str]]]:
        """Yield the words of a text, and what of the text each is."""
        within = self._alternatives.within(text)
        beginning: dict[str, list[int]] = {}
        position = 0
        while position < len(text):
            character = text[position]
            if character not in beginning:
                possible = self._alternatives.beginning(character)
                beginning[character] = [number for number in possible if number in within]
            word, match = self._word(text, position, beginning[character])
            yield word, match
            position = match.end()

    def _word(
        self, text: str, position: int, possible: Sequence[int]
    ) -> tuple[Words, re.Match[str]]:
        """Return the word at a position: a mark, one of those that are possible, or any other."""
        if possible and _MAY_BEGIN.match(text, position):
            for number in possible:
                if match := self._alternatives.compiled(number).match(text, position):
                    return self._words[number], match
        match = _MARK_OR_ANYTHING.match(text, position)
        assert match is not None  # the last alternative is "."
        assert match.lastgroup is not None
        return _UNNAMED[match.lastgroup], match


def _parts(name: str) -> list[str]:
    """Return the words and numbers of a model's name, between which spaces and dashes may stand."""
    return re.findall(r"[a-z]+|\d+(?:\.\d+)*|[^\sa-z\d_-]+", fold(name).text)


def _names(models: Sequence[Model], known: Grammar) -> list[tuple[Words, Piece]]:
    """Return the words for every name of every model with their patterns, longest first."""
    nouns = known.source("models.noun")
    before = known.source("models.before_content")
    # After the name of a line, the number of a generation that nobody knows: no number of pictures.
    later = rf"(?: ?\d{{1,2}}(?:\.\d)?(?= ?(?:{before})))?"
    words: dict[tuple[Words, Piece], int] = {}
    for model in models:
        both: tuple[Model | Predecessor, ...] = (model, *model.predecessors)
        for each in both:
            for name in (each.id, each.name, *each.aliases):
                folded, parts = fold(name).text, _parts(name)
                if not parts:
                    continue
                kind = "short_model" if re.fullmatch(r"[a-z]+", folded) else "model"
                kind = "ordinary_model" if is_ordinary(name, (model,)) else kind
                vendor = r"(?:[a-z]{2,20}/)?" if name == each.id else ""
                noun = rf"(?: ?(?:{nouns}))?" if kind == "model" else ""
                pattern = vendor + r"[ _-]?".join(map(re.escape, parts)) + noun
                is_line = kind != "short_model" and not re.search(r"\d|^[a-z]+$", folded)
                word = Words(kind, setting="model", value=each.id)
                piece = Piece(
                    pattern + later * is_line,
                    first=frozenset({ANY} if vendor else folded[:1]),
                    needs=frozenset({max(parts, key=len)[:LONGEST_NEED]}),
                )
                words.setdefault((word, piece), len(pattern))
    return sorted(words, key=lambda word: -words[word])


@lru_cache(maxsize=32)
def lexicon(languages: tuple[Language, ...], models: tuple[Model, ...]) -> Lexicon:
    """Return the words of `languages` together with the names of `models`."""
    return Lexicon(grammar(languages), models)


def tokenize(text: str, words: Lexicon) -> list[Token]:
    """Cut a folded, protected text; spaces beside wide letters become gaps, others vanish."""
    tokens: list[Token] = []
    values: dict[tuple[str, str], str] = {}  # what is written more than once is read once
    has_wide = not text.isascii()
    for word, match in words.words_of(text):
        start, end = match.span()
        if word.kind != "space":
            tokens.append(_token(word, match, words, values))
        elif has_wide and compiled(WIDE).search(text, max(0, start - 1), end + 1):
            tokens.append(Token("gap", start, end))
    return tokens


def _token(
    word: Words, match: re.Match[str], words: Lexicon, values: dict[tuple[str, str], str]
) -> Token:
    start, end = match.span()
    if not word.setting or word.value is not None:
        said = match[0] if word.kind == "mark" else word.value or ""
        return Token(word.kind, start, end, word.setting, said)
    if (word.setting, match[0]) not in values:
        values[word.setting, match[0]] = read_value(word.setting, match[0], words.grammar)
    value = values[word.setting, match[0]]
    if word.setting == "nearest_ratio":
        return Token(word.kind, start, end, "aspect_ratio", value)
    if word.setting == "aspect_ratio":
        if value not in words.ratios:
            return Token("word", start, end)
        if word.kind == "screen_ratio" and value not in STRONG_RATIOS:
            return Token("ratio", start, end, word.setting, value)
    return Token(word.kind, start, end, word.setting, value)


def read_value(setting: str, text: str, known: Grammar) -> str:
    """Return the value that words say of a setting: "16:9", "4K", "3"."""
    if setting in ("aspect_ratio", "nearest_ratio"):
        return read_ratio(text)
    if setting == "size":
        return read_size(text)
    if setting == "count":
        return str(read_number(text, known.numbers))
    return text


def segments(tokens: list[Token], at: str) -> Iterator[list[Token]]:
    """Yield the stretches of tokens between the separators of kind `at`."""
    segment: list[Token] = []
    for token in tokens:
        if token.kind == at:
            if segment:
                yield segment
            segment = []
        else:
            segment.append(token)
    if segment:
        yield segment
