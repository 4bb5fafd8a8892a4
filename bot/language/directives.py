"""Find the directives in a message: the words that are settings of the picture, not its content.

The text is folded, cut into tokens of named kinds (see `tokens`), and every stretch between two
punctuation marks becomes a string of kinds, in which frames say where a setting is a directive.
Everywhere else the same words are content. A directive is cut out of the prompt with the small
words that tie it in and one of the marks around it; nothing else is touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import pairwise

from bot.domain.catalog import Model, find
from bot.domain.image_models import NEWEST
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
from bot.language.spelling import PROTECTED, Folded, fold, join, protect
from bot.language.tokens import (
    ANY_PICTURE,
    BEST,
    WIDE,
    Token,
    lexicon,
    read_value,
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

    ``bare`` are readings of the words that are no settings, each with less of what asks for them.
    """

    directives: tuple[Directive, ...]
    prompt: str
    bare: tuple[str, ...]


@lru_cache(maxsize=16)
def hide(folded: str) -> str:
    """Hide what is quoted, with the words of the text's languages."""
    known = grammar(languages_of(folded))
    return protect(folded, known.source("quoted.phrases"))


@lru_cache(maxsize=1)
def _flag_pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, common().flags), key=len, reverse=True))
    return re.compile(
        rf"(?<![^\s,;])(?:--|—|-(?=n|ar))(?P<name>{names})(?:(?: ?[=:])? ?(?=\d)|[ =:]| ?= ?)"
        r"(?P<value>[\d.]{1,6} ?[:x/×] ?[\d.]{1,6}(?!\S)|[^\s,;]{1,60})"
    )


@lru_cache(maxsize=1)
def _foreign_flag_pattern() -> re.Pattern[str]:
    """Return the pattern of flags that only other tools know; `negative` ones keep their words."""
    kinds = {
        kind: "|".join(map(re.escape, flags)) for kind, flags in common().foreign_flags.items()
    }
    return re.compile(
        r"(?<![^\s,;])(?:--|—)(?:"
        rf"(?P<negative>{kinds['negative']})(?=[ =:])|"
        rf"(?:{kinds['number']})(?:[ =:]? ?\d[\d.:]*)?(?![^\s,;])|"
        rf"(?:{kinds['word']})(?: (?!--|—)[^\s,;]+(?: {PROTECTED}+|::\d+)*)?(?![^\s,;])|"
        rf"(?:{kinds['alone']})(?![^\s,;]))"
    )


_MOST_NAMES = 8
"""Flags that name a model, of those that are looked at: one of them is used."""


def _flags(
    folded: str, models: Sequence[Model], known: Grammar
) -> Iterator[tuple[int, int, Directive | None]]:
    """Yield every `--ar 16:9`, `--size 2K`, `--model pro`, `--n 3` with its place.

    Those of other tools, such as `--v 7`, have no directive; of `--no text` only the dashes go.
    """
    if "-" not in folded and "—" not in folded:
        return
    named = 0
    for match in _flag_pattern().finditer(folded):
        slot = common().flags[match["name"]]
        value, end = match["value"], match.end()
        named += slot == "model"
        if slot == "model" and named <= _MOST_NAMES:
            value = _longest_name(folded, match.start("value"), models) or value
            end = match.start("value") + len(value)
        elif slot != "model":
            value = read_value(slot, value, known)
        yield match.start(), end, Directive(slot, value)
    for match in _foreign_flag_pattern().finditer(folded):
        negative = match["negative"]
        yield match.start(), match.end() if negative is None else match.start("negative"), None


def _longest_name(folded: str, start: int, models: Sequence[Model]) -> str | None:
    """Return the longest name of a model that begins there: "nano banana pro in snow"."""
    text = folded[start : start + 80]
    words = list(re.finditer(r"[^\s,;]+", text))[:5]
    starts = (text[: word.end()] for word in reversed(words))
    return next((start for start in starts if find(start, models)), None)


def _kinds(tokens: Sequence[Token]) -> str:
    """Return the letters of the tokens' kinds, on which frames are matched."""
    letters = common().kinds.letters
    return "".join([letters[token.kind] for token in tokens])


def _segments(tokens: list[Token], at: str) -> Iterator[list[Token]]:
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
                whole = replace(meant, start=start, end=end)
                return [*tokens[: match.start()], whole, *tokens[match.end() :]]
    return tokens


def _without_content(tokens: list[Token]) -> list[Token]:
    """Turn what stands under a "not" or after 把 or "remove" into content."""
    kinds = _kinds(tokens)
    for pattern in common().content:
        for match in pattern.finditer(kinds):
            for index in range(match.start(), match.end()):
                tokens[index] = replace(tokens[index], kind="word")
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


_SEVERAL = 3
_TAGGED = ("4K", "8K", "16K", "32K")  # sizes that are put among tags for their looks


@dataclass(slots=True)
class Tags:
    """The stretches of a text, and which of them are tags: "portrait", "high quality", "8k".

    A setting is one when it says nothing else, asks for nothing, and stands beside what describes
    the picture: any description for a noun such as "portrait", several for what may be a wish.
    """

    stretches: list[list[Token]]
    described: int

    def is_tag(self, number: int) -> bool:
        """Tell whether a stretch is a tag among others."""
        stretch = [token for token in self.stretches[number] if token.kind != "gap"]
        said = [token for token in stretch if token.kind != "article"]
        if not self.described or not said or not all(token.slot for token in said):
            return False
        if all(token.kind == "shape_noun" for token in said):
            return True
        if len(said) < len(stretch) and all(token.kind == "praise" for token in said):
            return True  # "a premium, elegant bottle"
        if self.described < _SEVERAL or not all(map(_may_be_tag, said)):
            return False
        beside = self.stretches[max(0, number - 1) : number] + self.stretches[number + 1 :][:1]
        return not any(_is_plain(stretch) for stretch in beside)


def _may_be_tag(token: Token) -> bool:
    return (
        token.kind in ("praise", "shape_word", "shape_noun")
        or (token.slot == "quality" and token.value == BEST)
        or (token.slot == "size" and token.value in _TAGGED)
    )


def _is_plain(stretch: list[Token]) -> bool:
    """Tell whether a stretch is nothing but settings, one of which is never a tag."""
    empty = common().kinds.set("small") | {"gap"}
    settings = [token for token in stretch if token.slot]
    is_all = all(token.slot or token.kind in empty for token in stretch)
    return is_all and any(not _may_be_tag(token) for token in settings)


def _tags(tokens: list[Token], text: str, known: Grammar) -> Tags:
    empty = common().kinds.set("empty") | common().kinds.set("setting")
    taken_back = known.pattern("corrections.words")
    stretches = list(_segments(tokens, "mark"))
    described = 0
    for stretch in stretches:
        is_empty = all(token.kind in empty and token.kind != "praise" for token in stretch)
        if not is_empty and not taken_back.search(text, stretch[0].start, stretch[-1].end):
            described += 1
    return Tags(stretches, described)


def _read_words(tokens: list[Token], text: str, found: Search, known: Grammar) -> None:
    """Try every frame on every stretch of the text."""
    matter = common().kinds.set("matter")
    tags = _tags(tokens, text, known)
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
        parts = list(_segments(sentence, "gap"))
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
    flags = sorted(_flags(hidden, models, words.grammar), key=lambda flag: flag[:2])
    for start, end, directive in flags:
        if directive is not None:
            directives.append(directive)
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
        tuple(_bare(folded.text, tokens, found)),
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
        replace(token, kind="word") if index in named else token
        for index, token in enumerate(tokens)
    ]


def halves(folded: str, models: Sequence[Model]) -> Iterator[tuple[str, tuple[Directive, ...]]]:
    """Yield the beginnings of a short text after which it says settings only, with those."""
    of = languages_of(folded)
    tokens = tokenize(folded, lexicon(of, tuple(models)))
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
    asking = [stretch for stretch in _segments(tokens, "mark") if _asks(stretch, found)]
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
    return re.sub(rf"(?<={WIDE}) | (?={WIDE})", "", text)


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
