"""Find the directives in a message: the words that are settings of the picture, not its content.

The text is folded, cut into tokens of one-letter kinds (see `vocabulary`), and every stretch
between two punctuation marks becomes a string of kinds, in which `frames` says where a setting is
a directive. Everywhere else the same words are content. A directive is cut out of the prompt with
the small words that tie it in and one of the marks around it; nothing else is touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import pairwise

from bot.domain.catalog import RATIOS, Model, Predecessor, find, is_ordinary
from bot.domain.image_models import NEWEST
from bot.language.frames import (
    ACROSS,
    ADJECTIVES,
    ALONE,
    ALONE_BY_SPACE,
    CONTENT,
    FRAMES,
    MATTER,
    Frame,
)
from bot.language.spelling import PROTECTED, Folded, fold, join, protect
from bot.language.vocabulary import (
    ANY_PICTURE,
    CJK,
    LATIN,
    READERS,
    STRONG_RATIOS,
    TAKEN_BACK,
    Word,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the folded text."""

    kind: str
    start: int
    end: int
    slot: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Directive:
    """A setting that was found; flags come before words, each in the order they were written."""

    slot: str
    value: str


@dataclass(frozen=True, slots=True)
class Found:
    """The directives of a text, what remains without them, and the text without settings only."""

    directives: tuple[Directive, ...]
    prompt: str
    bare: str


_LATIN_EDGES = (r"(?<![a-z0-9])(?<![a-z0-9]-)", r"(?:(?<![a-z0-9])|(?![a-z0-9])(?![-'][a-z0-9]))")
_MARKS = (
    Word("X", rf"{PROTECTED}+"),
    Word("B", r"\.{2,}|[,;:!?…。、()\[\]{}|【】〔〕~\n]|\.(?!\d)| [-/]+ |—+"),
    Word(" ", r" "),
)
_ANYTHING = Word("W", r"[a-z0-9]+(?:[.'’_-]+[a-z0-9]+)*|.")
_HAN = r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff]"
_FLAG = re.compile(
    r"(?<![^\s,;])(?:--|—|-(?=n|ar))(?P<name>ar|aspect[-_]?ratio|aspect|ratio|size|resolution|res"
    r"|model|n|count|num|images)(?:[ =:]| ?= ?)(?P<value>[^\s,;]{1,60})"
)
_FLAG_SLOTS = {"s": "size", "m": "model", "n": "count", "c": "count", "i": "count"}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one catalog, ready to match."""

    latin: re.Pattern[str]
    cjk: re.Pattern[str]
    words: tuple[Word, ...]
    ratios: frozenset[str]


def _spellings(name: str) -> str:
    """Return a pattern of the ways to write a model's name: spaces and dashes come and go."""
    parts = re.findall(r"[a-z]+|\d+(?:\.\d+)*|[^\sa-z\d_-]+", fold(name).text)
    return r"[ _-]?".join(map(re.escape, parts))


_LATER = r"(?: ?\d{1,2}(?:\.\d)?(?= ?(?:[:,.;!?]|$|[画绘做生制来])))?"
"""After the name of a line, the number of a generation that nobody knows: no number of pictures."""


def _names(models: Sequence[Model]) -> list[Word]:
    """Return a word for every name of every model, longest first."""
    words: dict[Word, int] = {}
    for model in models:
        both: tuple[Model | Predecessor, ...] = (model, *model.predecessors)
        for known in both:
            for name in (known.id, known.name, *known.aliases):
                folded = fold(name).text
                kind = "m" if re.fullmatch(r"[a-z]+", folded) else "M"
                kind = "f" if is_ordinary(name, (model,)) else kind
                vendor = r"(?:[a-z]{2,20}/)?" if name == known.id else ""
                noun = r"(?: ?(?:image|模型|版))?" if kind == "M" else ""
                pattern = vendor + _spellings(name) + noun
                is_line = kind != "m" and not re.search(r"\d|^[a-z]+$", folded)
                word = Word(kind, pattern + _LATER * is_line, "model", known.id)
                words.setdefault(word, len(pattern))
    return sorted(words, key=lambda word: -words[word])


@lru_cache(maxsize=32)
def lexicon(models: tuple[Model, ...]) -> Lexicon:
    """Compile the vocabulary together with the names of `models`."""
    words: list[Word] = []

    def compiled(group: Sequence[Word], edges: tuple[str, str]) -> re.Pattern[str]:
        edged = [Word(w.kind, f"{edges[0]}(?:{w.pattern}){edges[1]}", *w[2:]) for w in group]
        alternatives = []
        for word in (*_MARKS, *edged, _ANYTHING):
            alternatives.append(f"(?P<w{len(words)}>{word.pattern})")
            words.append(word)
        return re.compile("|".join(alternatives), re.DOTALL)

    names = _names(models)
    is_latin = [bool(re.match(r"[\[(a-z0-9]", word.pattern)) for word in names]
    latin = [word for word, yes in zip(names, is_latin, strict=True) if yes]
    cjk = [word for word, yes in zip(names, is_latin, strict=True) if not yes]
    ratios = {ratio for model in models for ratio in model.aspect_ratios} or RATIOS
    return Lexicon(
        compiled([*latin, *LATIN], _LATIN_EDGES),
        compiled([*cjk, *CJK], ("", "")),
        tuple(words),
        frozenset(ratios),
    )


def tokenize(text: str, words: Lexicon) -> list[Token]:
    """Cut a folded, protected text into tokens; spaces beside 汉字 become `b`, others vanish."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        pattern = words.latin if text[position] < "\u2e80" else words.cjk
        match = pattern.match(text, position)
        assert match is not None  # the last alternative is "."
        assert match.lastgroup is not None
        word = words.words[int(match.lastgroup[1:])]
        position = match.end()
        if word.kind != " ":
            tokens.append(_token(word, match, words.ratios))
        elif re.search(_HAN, text[max(0, match.start() - 1) : position + 1]):
            tokens.append(Token("b", match.start(), position))
    return tokens


def _token(word: Word, match: re.Match[str], ratios: frozenset[str]) -> Token:
    token = Token(word.kind, match.start(), match.end(), word.slot, word.value or "")
    if not word.slot or word.value is not None:
        return token
    value = READERS.get(word.slot, str)(match[0])
    if word.slot == "aspect_ratio":
        if value not in ratios:
            return replace(token, kind="W", slot="")
        if word.kind == "R" and value not in STRONG_RATIOS:
            return replace(token, kind="r", value=value)
    return replace(token, value=value)


def _flags(folded: str, models: Sequence[Model]) -> Iterator[tuple[int, int, Directive]]:
    """Yield every `--ar 16:9`, `--size 2K`, `--model pro`, `--n 3` with its place."""
    for match in _FLAG.finditer(folded):
        slot = _FLAG_SLOTS.get(match["name"][0], "aspect_ratio")
        slot = "size" if match["name"].startswith("res") else slot
        value, end = match["value"], match.end()
        if slot == "model":
            value = _longest_name(folded, match.start("value"), models) or value
            end = match.start("value") + len(value)
        else:
            value = READERS[slot](value)
        yield match.start(), end, Directive(slot, value)


def _longest_name(folded: str, start: int, models: Sequence[Model]) -> str | None:
    """Return the longest name of a model that begins there: "nano banana pro in snow"."""
    text = folded[start : start + 80]
    words = list(re.finditer(r"[^\s,;]+", text))[:5]
    starts = (text[: word.end()] for word in reversed(words))
    return next((start for start in starts if find(start, models)), None)


def _segments(tokens: list[Token], at: str) -> Iterator[list[Token]]:
    """Yield the stretches of tokens between the separators of kinds `at`."""
    segment: list[Token] = []
    for token in tokens:
        if token.kind in at:
            if segment:
                yield segment
            segment = []
        else:
            segment.append(token)
    if segment:
        yield segment


def _without_content(tokens: list[Token]) -> list[Token]:
    """Turn what stands under a "not" or after 把 or "remove" into content."""
    kinds = "".join(token.kind for token in tokens)
    for match in CONTENT.finditer(kinds):
        for index in range(match.start(), match.end()):
            tokens[index] = replace(tokens[index], kind="W")
    return tokens


_NEAR = 80  # how far apart a setting and its correction may stand
# What a slot is about: 16:9，不对，竖图 corrects the one by the other.
_ABOUT = {"orientation": "aspect_ratio", "pixels": "size"}
_TAKEN_BACK = re.compile(
    rf"(?:^|[,.;!?。、])[\s,.;!?。、]{{0,8}}(?:{TAKEN_BACK}[\s,.;!?。、]{{0,8}}){{1,3}}"
    r"(?:make (?:it|that)|in|use|to|用|要|是|成|画)? ?$"
)


@dataclass(slots=True)
class Search:
    """What has been taken and cut so far, in positions of the folded text."""

    taken: dict[int, Token]
    cuts: list[tuple[int, int]]

    def apply(self, segment: list[Token], frame: Frame) -> bool:
        """Take and cut what `frame` finds in the segment; tell whether it found something."""
        kinds = "".join(token.kind for token in segment)
        if frame.unless is not None and frame.unless.search(kinds):
            return False
        size = len(self.cuts)
        for match in frame.pattern.finditer(kinds):
            for token in segment[match.start("take") : match.end("take")]:
                if token.slot:
                    self.taken[token.start] = token
            cut = segment[match.start("cut") : match.end("cut")]
            self.cut(cut, keep_one=frame is not ALONE)
        return len(self.cuts) > size

    def cut(self, tokens: list[Token], *, keep_one: bool) -> None:
        """Cut the tokens, except the kind of picture ("posters of") and a 一张 that is no count."""
        start = tokens[0].start
        end = start
        kept = False
        for token in tokens:
            of_kept = kept and token.kind == "o"
            kept = of_kept or (token.kind in "NP" and token.value != ANY_PICTURE)
            kept = kept or (keep_one and token.kind == "c" and token.value == "1")
            if kept:
                self.cuts.append((start, end))
                start = token.end
            end = token.end
        self.cuts.append((start, end))

    def take_back(self, text: str) -> None:
        """Forget a setting that the next words correct: "2K, no wait, 4K" is 4K."""
        tokens = [token for _, token in sorted(self.taken.items())]
        for said, again in pairwise(tokens):
            between = text[said.end : again.start]
            match = _TAKEN_BACK.search(between) if len(between) <= _NEAR else None
            if _ABOUT.get(said.slot, said.slot) == _ABOUT.get(again.slot, again.slot) and match:
                del self.taken[said.start]
                self.cuts.append((said.end + match.start(), again.end))


def _read_words(tokens: list[Token], found: Search) -> None:
    """Try every frame on every stretch of the text."""
    for frame in ACROSS:
        found.apply([token for token in tokens if token.kind != "b"], frame)
    for sentence in _segments(tokens, "B"):
        if not any(token.kind in MATTER for token in sentence):
            continue
        parts = list(_segments(sentence, "b"))
        segment = [token for token in sentence if token.kind != "b"]
        if found.apply(segment, ALONE) and all(token.kind != "#" for token in segment):
            continue
        for part in parts:
            if len(parts) > 1:
                found.apply(part, ALONE if part is parts[-1] else ALONE_BY_SPACE)
                for frame in ADJECTIVES:
                    found.apply(part, frame)
        for frame in FRAMES:
            found.apply(segment, frame)


def search(text: str, models: Sequence[Model] = NEWEST) -> Found:
    """Find the directives of `text` and return them with what remains of it."""
    folded = fold(text)
    hidden = protect(folded.text)
    directives: list[Directive] = []
    found = Search({}, [])
    kept: list[str] = []
    read_to = 0
    for start, end, directive in _flags(hidden, models):
        directives.append(directive)
        found.cuts.append((start, end))
        kept += [hidden[read_to:start], "\n" * (end - start)]
        read_to = end
    hidden = "".join([*kept, hidden[read_to:]])
    tokens = _without_content(tokenize(hidden, lexicon(tuple(models))))
    _read_words(_without_names(tokens, text, folded), found)
    found.take_back(hidden)
    directives += [Directive(t.slot, t.value) for _, t in sorted(found.taken.items())]
    return Found(
        tuple(directives),
        _remainder(text, folded, tokens, found.cuts),
        _bare(folded.text, tokens, found),
    )


def _without_names(tokens: list[Token], text: str, folded: Folded) -> list[Token]:
    """Turn a capital "X4" after a word and an "x4" before one into content: a car, an engine."""
    kinds = "".join(token.kind for token in tokens)
    named = {
        match.start()
        for match in re.finditer(r"(?<=.)C|^C(?=[Wn])", kinds)
        if text[folded.origin[tokens[match.start()].start]] in ("xX" if not match.start() else "X")
    }
    return [
        replace(token, kind="W") if index in named else token for index, token in enumerate(tokens)
    ]


_SMALL = "gdpuwjnNPV"
_WISHED = "[ERrKkSsQqMmfC]"


def settings_of(text: str, *, casual: bool, models: Sequence[Model]) -> tuple[Directive, ...]:
    """Return the settings of a text that says nothing else; a casual one has to name a model."""
    tokens = tokenize(protect(fold(text).text), lexicon(tuple(models)))
    tokens = [token for token in tokens if token.kind not in "Bb"]
    kinds = "".join(token.kind for token in tokens)
    small = _SMALL if casual else _SMALL + "e"
    if not re.fullmatch(rf"[{small}]*(?:{_WISHED}[{small}]*)+", kinds):
        return ()
    if casual and not all(_is_name(token) for token in tokens if token.slot):
        return ()
    return tuple(Directive(t.slot, t.value) for t in tokens if t.slot)


def _is_name(token: Token) -> bool:
    return token.kind in "Mmf" or (token.kind == "Q" and token.slot == "quality")


def _bare(folded: str, tokens: list[Token], found: Search) -> str:
    """Return the words that are neither settings nor the small words that tie them in."""
    kept = (
        folded[token.start : token.end]
        for token in tokens
        if token.kind == "c" or (token.start not in found.taken and token.kind not in "ndpuwjBb")
    )
    return re.sub(rf"(?<={_HAN}) | (?={_HAN})", "", " ".join(kept))


_EMPTY = "gVedpujnwNPBbocC#"  # kinds that alone describe no picture


def _remainder(text: str, folded: Folded, tokens: list[Token], cuts: list[tuple[int, int]]) -> str:
    """Return `text` without the cuts and the punctuation left dangling; "" when nothing is left."""
    gone = {position for start, end in cuts for position in range(start, end)}
    if not any(t.kind not in _EMPTY and t.start not in gone for t in tokens):
        return ""
    pieces: list[str] = []
    kept_from: int | None = 0
    for position in range(len(folded.text) + 1):
        if position in gone and kept_from is not None:
            pieces.append(text[kept_from : folded.origin[position]])
            kept_from = None
        elif position not in gone and kept_from is None:
            kept_from = folded.origin[position]
    pieces.append(text[kept_from:])
    return reduce(join, pieces).strip(" \t\r\n")
