"""How likely it is that somebody who says something wants a picture. Pure.

A linear classifier: the logarithm of the odds is the sum of the weights of what is found in a text,
which are words, sequences of words, and sequences of letters in scripts that write no spaces. The
weights stand in ``weights.tsv`` and are learned from labelled sayings by
``python -m tests.manners.learning``, with logistic regression.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import repeat
from pathlib import Path

from bot.domain.situation import Situation
from bot.language.spelling import compiled, fold
from bot.language.wanting import LONGEST

PRECISION = 10
"""Weights are whole numbers of so many parts of one."""

LIKELY, SURE = 0.0, 2.0
"""Log odds from which a text may be drawn: where the grammar finds that it wants a picture, and
where it finds that it does not. What is drawn unasked is paid; a question costs nothing."""

EVERYWHERE = "everywhere"
"""Has the weights that count in every situation; each situation adds its own."""

MOST_WORDS = 3
MOST_LETTERS = 4
LONGEST_WORD = 14
"""Longer words are names and addresses, of which nothing can be learned."""

LEARNED = "# learned from "
"""Begins the first line of the weights, which says from which sayings they come."""

FILE = Path(__file__).with_name("weights.tsv")
_DENSE = "\u3041-\u30ff\u3400-\u9fff"  # kana and Chinese characters: no spaces between words
_TOKEN = rf"[a-z']+|\d+|[{_DENSE}]+|[^\sa-z'\d{_DENSE}]"
_IS_DENSE = f"[{_DENSE}]"


def log_odds(text: str, situation: Situation) -> float | None:
    """Return the logarithm of the odds that a text wants a picture in a situation.

    ``None`` stands for a text that is too long, or most of whose words have never been seen.
    """
    if len(text) > LONGEST:
        return None
    tokens = _tokens(text)
    weights = _weights_for(tokens)
    everywhere, here = weights[EVERYWHERE], weights[situation.value]
    units = list(_units(tokens))
    if 2 * sum(unit in everywhere for unit in units) <= len(units):
        return None
    found = set(_features(tokens))
    total = sum(everywhere.get(name, 0) + here.get(name, 0) for name in found)
    return total / PRECISION


def prepare(text: str) -> None:
    """Load the weights that count in a text, which takes some milliseconds."""
    _weights_for(_tokens(text[:LONGEST]))


def features(text: str) -> frozenset[str]:
    """Return what is found in a text."""
    return frozenset(_features(_tokens(text)))


def _features(tokens: list[str]) -> Iterator[str]:
    yield f"length {sum(map(len, tokens)).bit_length()}"
    is_dense = compiled(_IS_DENSE)
    for token in filter(is_dense.match, tokens):
        for size in range(1, MOST_LETTERS + 1):
            yield from (token[at : at + size] for at in range(len(token) - size + 1))
        for size in range(1, MOST_LETTERS):
            yield f"<{token[:size]}"
            yield f"{token[-size:]}>"
    words = ["^", *tokens, "$"]
    for size in range(1, MOST_WORDS + 1):
        for at in range(len(words) - size + 1):
            together = words[at : at + size]
            if all(len(word) <= LONGEST_WORD for word in together):
                yield " ".join(together)


def _tokens(text: str) -> list[str]:
    """Return the words of a text; a number stands for all that have as many digits."""
    found = compiled(_TOKEN).findall(fold(text).text)
    return ["0" * len(token) if token.isdigit() else token for token in found]


def is_unit(name: str) -> bool:
    """Tell whether a feature is a word, or a letter of those that are written without spaces."""
    return len(name) == 1 or not (" " in name or compiled(_IS_DENSE).search(name))


def _units(tokens: list[str]) -> Iterator[str]:
    """Yield words, and the letters of those that are written without spaces."""
    is_dense = compiled(_IS_DENSE)
    for token in tokens:
        yield from token if is_dense.match(token) else (token,)


def _weights_for(tokens: list[str]) -> Mapping[str, Mapping[str, int]]:
    return _weights(is_ascii=all(map(str.isascii, tokens)))


@lru_cache(maxsize=2)
def _weights(*, is_ascii: bool) -> Mapping[str, Mapping[str, int]]:
    """Return the weights, by the situation in which they count; for a text in ASCII, no others.

    A line has one weight, and what has it: all of it in ASCII, or none. One without a weight names
    the situation of those below, and the first line what the weights were learned from.
    """
    weights: dict[str, dict[str, int]] = {}
    here: dict[str, int] = {}
    for line in FILE.read_text("utf-8").split("\n")[1:-1]:
        if is_ascii and not line.isascii():
            continue
        weight, *names = line.split("\t")
        if names:
            here.update(zip(names, repeat(int(weight)), strict=False))
        else:
            here = weights.setdefault(weight, {})
    return weights
