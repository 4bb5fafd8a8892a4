"""Tags: words of quality, size and orientation that only describe, among others that do."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.grammar.languages import Grammar, common
from bot.language.tokens import BEST, Token, segments

_SEVERAL = 3
_TAG = "tag"  # the value of a word that only tags use: "1girl", "absurdres"
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


def tags_of(tokens: list[Token], text: str, known: Grammar) -> Tags:
    """Return the stretches of a text between marks, to be told from tags among them."""
    empty = common().kinds.set("empty") | common().kinds.set("setting")
    taken_back = known.pattern("corrections.words")
    stretches = list(segments(tokens, "mark"))
    described = 0
    for stretch in stretches:
        is_empty = all(token.kind in empty and token.kind != "praise" for token in stretch)
        if not is_empty and not taken_back.search(text, stretch[0].start, stretch[-1].end):
            described += 1
        described += any(token.value == _TAG for token in stretch)
    return Tags(stretches, described)
