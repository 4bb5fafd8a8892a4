"""Find the directives in a message: the words that are settings of the picture, not its content.

The text is folded, cut into tokens of named kinds (see `tokens`), and every stretch between two
punctuation marks becomes a string of kinds, in which frames say where a setting is a directive.
Everywhere else the same words are content. A directive is cut out of the prompt with the small
words that tie it in and one of the marks around it; nothing else is touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise

from bot.domain.catalog import Model
from bot.domain.image_models import NEWEST
from bot.language.flags import flags
from bot.language.grammar.frames import Frame
from bot.language.grammar.languages import (
    Grammar,
    Language,
    common,
    grammar,
    languages,
    languages_of,
)
from bot.language.pasted import pairs, settings_in
from bot.language.spelling import Folded, fold, join, protect
from bot.language.tags import tags_of
from bot.language.tokens import (
    ANY_PICTURE,
    Token,
    close_up,
    lexicon,
    segments,
    tokenize,
)


@dataclass(frozen=True, slots=True)
class Directive:
    """A setting that was found; flags come before words, each in the order they were written."""

    slot: str
    value: str


@dataclass(frozen=True, slots=True)
class Found:
    """The directives of a text and what remains without them.

    ``bare`` are readings of the words that are no settings, each with less of what asks for them;
    there are none of a long text, which is no command.
    """

    directives: tuple[Directive, ...]
    prompt: str
    bare: tuple[str, ...]


@lru_cache(maxsize=16)
def hide(folded: str) -> str:
    """Hide what is quoted, with the words of the text's languages."""
    known = grammar(languages_of(folded))
    return protect(folded, known.source("quoted.phrases"))


def _kinds(tokens: Sequence[Token]) -> str:
    """Return the letters of the tokens' kinds, on which frames are matched."""
    letters = common().kinds.letters
    return "".join([letters[token.kind] for token in tokens])


_LONGEST_BARE = 400
"""Characters of the longest text that may be a command with settings around it."""

_NEAR = 80  # how far apart a setting and its correction may stand
# What a slot is about: 16:9，不对，竖图 corrects the one by the other.
_ABOUT = {"orientation": "aspect_ratio", "pixels": "size"}


def _without_contrasts(tokens: list[Token]) -> list[Token]:
    """Make one token, of the value that is meant, of "3:2 not 4:3" or 不要横版要竖版."""
    kinds = _kinds(tokens)
    for pattern in common().contrasts:
        for match in pattern.finditer(kinds):
            meant = tokens[match.start("take")]
            said = [token for token in tokens[match.start() : match.end()] if token.slot]
            if len({_ABOUT.get(token.slot, token.slot) for token in said}) == 1:
                start, end = tokens[match.start()].start, tokens[match.end() - 1].end
                whole = meant._replace(start=start, end=end)
                return [*tokens[: match.start()], whole, *tokens[match.end() :]]
    return tokens


def _without_content(tokens: list[Token]) -> list[Token]:
    """Turn what stands under a "not" or after 把 or "remove" into content."""
    kinds = _kinds(tokens)
    for pattern in common().content:
        for match in pattern.finditer(kinds):
            for index in range(match.start(), match.end()):
                tokens[index] = tokens[index]._replace(kind="word")
    return tokens


@lru_cache(maxsize=16)
def _taken_back(known: Grammar) -> re.Pattern[str]:
    """Return the pattern of what stands between a setting and the one that corrects it."""
    words, fillers, last = (
        known.source(f"corrections.{name}") for name in ("words", "fillers", "last")
    )
    once = rf"(?:(?:{fillers})[\s,.;!?…。、]{{0,3}}){{0,5}}(?:{words})(?![a-z])"
    marks = r"[\s,.;!?。、]{0,8}"
    return re.compile(rf"(?:^|[,.;!?。、]){marks}(?:{once}{marks}){{1,3}}(?:(?:{last}) ?)?$")


@dataclass(slots=True)
class Search:
    """What has been taken and cut so far, in positions of the folded text."""

    taken: dict[int, Token]
    cuts: list[tuple[int, int]]

    def apply(self, segment: list[Token], frame: Frame, kinds: str) -> bool:
        """Take and cut what `frame` finds in the segment; tell whether it found something."""
        if frame.unless is not None and frame.unless.search(kinds):
            return False
        size = len(self.cuts)
        for match in frame.pattern.finditer(kinds):
            for token in segment[match.start("take") : match.end("take")]:
                if token.slot:
                    self.taken[token.start] = token
            cut = segment[match.start("cut") : match.end("cut")]
            self.cut(cut, keep_one=frame.group != "alone")
        return len(self.cuts) > size

    def cut(self, tokens: list[Token], *, keep_one: bool) -> None:
        """Cut the tokens, except the kind of picture ("posters of") and a 一张 that is no count."""
        start = tokens[0].start
        end = start
        kept = False
        for token in tokens:
            of_kept = kept and token.kind == "of"
            is_picture = token.kind in ("picture", "pictures") and token.value != ANY_PICTURE
            kept = of_kept or is_picture
            kept = kept or (keep_one and token.kind == "sheets" and token.value == "1")
            if kept:
                self.cuts.append((start, end))
                start = token.end
            end = token.end
        self.cuts.append((start, end))

    def take_back(self, text: str, between_them: re.Pattern[str]) -> None:
        """Forget a setting that the next words correct: "2K, no wait, 4K" is 4K."""
        tokens = [token for _, token in sorted(self.taken.items())]
        for said, again in pairwise(tokens):
            between = text[said.end : again.start]
            match = between_them.search(between) if len(between) <= _NEAR else None
            if _ABOUT.get(said.slot, said.slot) == _ABOUT.get(again.slot, again.slot) and match:
                del self.taken[said.start]
                self.cuts.append((said.end + match.start(), again.end))


def _read_words(tokens: list[Token], text: str, found: Search, known: Grammar) -> None:
    """Try every frame on every stretch of the text."""
    matter = common().kinds.set("matter")
    tags = tags_of(tokens, text, known)
    joined = [token for token in tokens if token.kind != "gap"]
    for frame in known.grouped("across"):
        found.apply(joined, frame, _kinds(joined))
    for number, sentence in enumerate(tags.stretches):
        if not any(token.kind in matter for token in sentence) or tags.is_tag(number):
            continue
        segment = [token for token in sentence if token.kind != "gap"]
        kinds = _kinds(segment)
        alone = [found.apply(segment, frame, kinds) for frame in known.grouped("alone")]
        if any(alone) and all(token.kind != "number" for token in segment):
            continue
        parts = list(segments(sentence, "gap"))
        for part in parts if len(parts) > 1 else ():
            kinds_of_part = _kinds(part)
            group = "alone" if part is parts[-1] else "alone_by_space"
            for frame in (*known.grouped(group), *known.grouped("adjective")):
                found.apply(part, frame, kinds_of_part)
        for frame in (*known.grouped("adjective"), *known.grouped("")):
            found.apply(segment, frame, kinds)


def search(text: str, models: Sequence[Model] = NEWEST) -> Found:
    """Find the directives of `text` and return them with what remains of it."""
    folded = fold(text)
    words = lexicon(languages_of(folded.text), tuple(models))
    hidden = hide(folded.text)
    pasted = pairs(folded.text)
    if pasted is not None:
        settings = settings_in(pasted, grammar(languages()).fields)
        return Found(tuple(Directive(*each) for each in settings), text.strip(), ())
    directives: list[Directive] = []
    found = Search({}, [])
    kept: list[str] = []
    read_to = 0
    for start, end, slot, value in sorted(flags(hidden, models, words.grammar)):
        if slot:
            directives.append(Directive(slot, value))
        found.cuts.append((start, end))
        kept += [hidden[read_to:start], "\n" * (end - start)]
        read_to = end
    hidden = "".join([*kept, hidden[read_to:]])
    tokens = _without_content(_without_contrasts(tokenize(hidden, words)))
    _read_words(_without_names(tokens, text, folded), hidden, found, words.grammar)
    found.take_back(hidden, _taken_back(words.grammar))
    directives += [Directive(t.slot, t.value) for _, t in sorted(found.taken.items())]
    return Found(
        tuple(directives),
        _remainder(text, folded, tokens, found.cuts),
        tuple(_bare(folded.text, tokens, found)) if len(text) <= _LONGEST_BARE else (),
    )


def _without_names(tokens: list[Token], text: str, folded: Folded) -> list[Token]:
    """Turn a capital "X4" after a word and an "x4" before one into content: a car, an engine."""
    named = set()
    for index, token in enumerate(tokens):
        if token.kind != "count" or text[folded.origin[token.start]] not in "xX":
            continue
        following = tokens[index + 1].kind if index + 1 < len(tokens) else ""
        is_first = index == 0 and following in ("word", "noun")
        if is_first or (index > 0 and text[folded.origin[token.start]] == "X"):
            named.add(index)
    return [
        token._replace(kind="word") if index in named else token
        for index, token in enumerate(tokens)
    ]


def halves(folded: str, models: Sequence[Model]) -> Iterator[tuple[str, tuple[Directive, ...]]]:
    """Yield the beginnings of a short text after which it says settings only, with those."""
    of = languages_of(folded)
    tokens = tokenize(folded, lexicon(of, tuple(models)))
    if not any(token.kind in common().kinds.set("wished") for token in tokens):
        return
    places = {token.start for token in tokens} | {each.end() for each in re.finditer(" ", folded)}
    for place in sorted(places - {0}):
        if settings := settings_of(folded[place:], of, casual=False, models=models):
            yield folded[:place], settings


def names_settings(folded: str, models: Sequence[Model]) -> bool:
    """Tell whether any word of a folded text could be a setting."""
    settings = common().kinds.set("setting")
    words = lexicon(languages_of(folded), tuple(models))
    return any(token.kind in settings for token in tokenize(folded, words))


def settings_of(
    text: str, of: tuple[Language, ...], *, casual: bool, models: Sequence[Model]
) -> tuple[Directive, ...]:
    """Return the settings of a text that says nothing else; a casual one has to name a model.

    The text is read in the languages of the message that it is a part of.
    """
    words = lexicon(of, tuple(models))
    hidden = protect(fold(text).text, words.grammar.source("quoted.phrases"))
    tokens = [each for each in tokenize(hidden, words) if each.kind not in ("mark", "gap")]
    kinds = common().kinds
    around = kinds.set("around_a_wish") | (set() if casual else {"change"})
    wished = [token for token in tokens if token.kind in kinds.set("wished")]
    if not wished or any(t.kind not in around for t in tokens if t not in wished):
        return ()
    if casual and not all(_is_name(token) for token in tokens if token.slot):
        return ()
    return tuple(Directive(t.slot, t.value) for t in tokens if t.slot)


def _is_name(token: Token) -> bool:
    return token.slot == "model" or (token.kind == "quality" and token.slot == "quality")


def _bare(folded: str, tokens: list[Token], found: Search) -> Iterator[str]:
    """Yield the words that are no settings: without what ties them in, then what asks for them.

    Of the last reading, stretches are left out that ask for settings and nothing else.
    """
    kinds = common().kinds
    rest = [each for each in tokens if each.kind == "sheets" or each.start not in found.taken]
    asking = [stretch for stretch in segments(tokens, "mark") if _asks(stretch, found)]
    wished = {token.start for stretch in asking for token in stretch}
    turned = {
        one.start
        for one, other in pairwise(tokens)
        if other.start in found.taken and other.kind != "sheets"
    }
    yield _joined(folded, [t for t in rest if t.kind not in kinds.set("ties")])
    yield _joined(folded, [t for t in rest if t.kind not in kinds.set("asking")])
    yield _joined(
        folded,
        [
            token
            for token in rest
            if token.start not in wished
            and token.kind not in kinds.set("ties")
            and not (token.kind in ("change", "draw") and token.start in turned)
        ],
    )


def _asks(stretch: list[Token], found: Search) -> bool:
    asking = common().kinds.set("asking")
    taken = [token for token in stretch if token.start in found.taken and token.value != "1"]
    return bool(taken) and all(t.kind in asking or t.start in found.taken for t in stretch)


def _joined(folded: str, tokens: list[Token]) -> str:
    text = " ".join(folded[token.start : token.end] for token in tokens)
    return close_up(text)


def _remainder(text: str, folded: Folded, tokens: list[Token], cuts: list[tuple[int, int]]) -> str:
    """Return `text` without the cuts and the punctuation left dangling; "" when nothing is left."""
    empty = common().kinds.set("empty")
    gone = {position for start, end in cuts for position in range(start, end)}
    if not any(t.kind not in empty and t.start not in gone for t in tokens):
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
