"""Image models: what is offered, how it is found by a name, and what it makes of a size or a ratio.

What is known of each model is data, in :mod:`bot.domain.image_models`; a :class:`Model` here is one
that a provider offers, with the limits it has there. Functions take the models to look at, in the
order in which they are offered: the default one first.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from messages import Cost, Note

SIZES = ("512", "1K", "2K", "4K")

UNASKED = "1K"
"""What the models make where no size is asked for:
https://ai.google.dev/gemini-api/docs/image-generation."""

COMMON_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
LONG_RATIOS = ("1:4", "4:1", "1:8", "8:1")
RATIOS = COMMON_RATIOS + LONG_RATIOS

FAVOURITE_RATIOS = ("1:1", "3:4", "9:16", "16:9", "21:9")
"""Those that most people look for, and that have names."""

Role = Literal["", "default", "premium"]
State = Literal["current", "deprecated", "retired"]


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A model that is not offered, and by whose names another one is meant.

    ``ended`` tells one that has been withdrawn from one that is only not to be had here.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """One image model and what it can do.

    ``line`` is the family it is a generation of, ``role`` what the newest one offered of that
    family is for: ``default`` or ``premium``. ``ordinary`` are those of its aliases that are words
    of other meanings as well.
    """

    id: str
    name: str
    sizes: tuple[str, ...]  # a subset of SIZES in their order; () = the model takes no size
    aspect_ratios: tuple[str, ...]
    max_references: int
    seconds: tuple[int, int]  # how long one picture is expected to take
    progress_every: int  # seconds between two progress messages
    aliases: tuple[str, ...] = ()
    costs: tuple[tuple[str, Cost], ...] = ()  # of one picture, by size; "" is any size
    line: str = ""
    role: Role = ""
    state: State = "current"
    ordinary: tuple[str, ...] = ()
    predecessors: tuple[Predecessor, ...] = ()


REPLACEMENTS = frozenset({"model_replaced", "model_not_offered"})
"""Notes that say of a picture which model it was asked from, and which one made it."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a name means: ``replaced`` is the model it names, where that one is not offered."""

    model: Model
    replaced: Predecessor | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """What to tell a person who asked by that name."""
        if self.replaced is None:
            return ()
        key = "model_replaced" if self.replaced.ended else "model_not_offered"
        return (Note(key, {"asked": self.replaced.name, "model": self.model.name}),)


@lru_cache(4096)
def key(name: str) -> str:
    """Return the spelling under which two names of a model are the same name."""
    return re.sub(r"[\s_\-\u2010-\u2015]+", "", unicodedata.normalize("NFKC", name).casefold())


def resolve(name: str, models: Iterable[Model]) -> Match | None:
    """Return the model called `name`: by id, by display name, else by alias, else by succession.

    Case, spaces, dashes, full-width letters and a `vendor/` prefix make no difference.
    """
    wanted = key(name)
    wanted = wanted.rpartition("/")[2] or wanted
    aliased: Match | None = None
    inherited: Match | None = None
    for model in models:
        if wanted in (_own(model.id), key(model.name)):
            return Match(model)
        if aliased is None and any(wanted == _own(alias) for alias in model.aliases):
            aliased = Match(model)
        for old in model.predecessors:
            if inherited is None and wanted in map(_own, (old.id, old.name, *old.aliases)):
                inherited = Match(model, old)
    return aliased or inherited


def find(name: str, models: Iterable[Model]) -> Model | None:
    """Return the model called `name`, or the one that took its place; see :func:`resolve`."""
    match = resolve(name, models)
    return match.model if match else None


def _own(name: str) -> str:
    return key(name).rpartition("/")[2]


def standard(models: Iterable[Model]) -> Model | None:
    """Return the model for those who choose none, or the cheapest; None if its line is missing."""
    return next((model for model in models if model.role == "default"), None)


def premium(models: Iterable[Model]) -> Model | None:
    """Return the best model offered; None if its line is missing."""
    return next((model for model in models if model.role == "premium"), None)


def other(model: str, models: Sequence[Model]) -> Model | None:
    """Return another model than that one: the best, or where that was it the usual one."""
    used = find(model, models)
    others = [each for each in models if each is not used]
    return premium(others) or standard(others) or next(iter(others), None)


def is_ordinary(name: str, models: Iterable[Model]) -> bool:
    """Tell whether a model's name is a word of other meanings too: "flash", "banana"."""
    wanted = key(name)
    return any(wanted == key(word) for model in models for word in model.ordinary)


_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(k|px|pixels?|像素)?")
_SPELLINGS = {0.5: "512", 512: "512", 1: "1K", 1024: "1K", 2: "2K", 2048: "2K", 4: "4K", 4096: "4K"}


@lru_cache(1024)
def size_of(text: str) -> str | None:
    """Return the canonical spelling of a size ("512px", "0.5K", "２Ｋ"), or None."""
    match = _SIZE.fullmatch(unicodedata.normalize("NFKC", text).strip().casefold())
    if match is None:
        return None
    number = float(match[1])
    in_thousands = match[2] == "k"
    return _SPELLINGS.get(number) if in_thousands == (number < 512) else None


def fit_size(model: Model, size: str | None) -> str | None:
    """Return the size `model` makes when asked for `size`.

    A size it lacks becomes the next smaller one it has, else its smallest. None when nothing was
    asked, when the size is not one of `SIZES`, or when the model takes no size.
    """
    if size not in SIZES or not model.sizes:
        return None
    smaller = [s for s in model.sizes if SIZES.index(s) <= SIZES.index(size)]
    return smaller[-1] if smaller else model.sizes[0]


def next_size(model: Model, size: str | None, step: int) -> str | None:
    """Return the size of `model` next above (`step` 1) or below (-1) another; None past the end.

    Where none was asked for, it is the one next to `UNASKED`.
    """
    size = UNASKED if size is None else size
    if size not in SIZES:
        return None
    beyond = [s for s in model.sizes if (SIZES.index(s) - SIZES.index(size)) * step > 0]
    return (beyond[0] if step > 0 else beyond[-1]) if beyond else None


def fit_aspect_ratio(model: Model, aspect_ratio: str | None) -> str | None:
    """Return the aspect ratio of `model` closest to the one asked; None when there is none."""
    if aspect_ratio is None or not model.aspect_ratios:
        return None
    if aspect_ratio in model.aspect_ratios:
        return aspect_ratio
    wanted = _slope(aspect_ratio)
    if wanted is None:
        return None
    return min(model.aspect_ratios, key=lambda ratio: abs((_slope(ratio) or 0.0) - wanted))


def common_first(aspect_ratios: Sequence[str]) -> tuple[str, ...]:
    """The aspect ratios in the order in which they are offered: :data:`FAVOURITE_RATIOS` first."""
    favourites = [ratio for ratio in FAVOURITE_RATIOS if ratio in aspect_ratios]
    return (*favourites, *(ratio for ratio in aspect_ratios if ratio not in favourites))


def price(model: Model, size: str | None, count: int) -> Cost | None:
    """What so many pictures of a size cost with `model`; None where that is not known."""
    costs = dict(model.costs)
    one = costs.get(size or "1K") or costs.get("")
    return Cost(one.amount * count, one.unit) if one else None


def _slope(aspect_ratio: str) -> float | None:
    """Return the logarithm of width / height, so that 2:1 and 1:2 are equally far from 1:1."""
    match = re.fullmatch(r"([1-9]\d{0,3}):([1-9]\d{0,3})", aspect_ratio)
    return math.log(int(match[1]) / int(match[2])) if match else None
