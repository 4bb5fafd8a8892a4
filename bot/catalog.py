"""The models that are known: names, sizes, aspect ratios, limits, durations.

A catalog is a sequence of `Model`. `KNOWN` is what we can say without asking anyone; a provider may
offer more models or correct these, so every function takes the models it should look at.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from messages import Cost

SIZES = ("512", "1K", "2K", "4K")

FLASH = "gemini-3.1-flash-image"
PRO = "gemini-3-pro-image"
DEFAULT_MODEL = FLASH

COMMON_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
LONG_RATIOS = ("1:4", "4:1", "1:8", "8:1")


@dataclass(frozen=True, slots=True)
class Model:
    """One image model and what it can do."""

    id: str
    name: str
    sizes: tuple[str, ...]  # a subset of SIZES in their order; () = the model takes no size
    aspect_ratios: tuple[str, ...]
    max_references: int
    seconds: tuple[int, int]  # how long one picture is expected to take
    progress_every: int  # seconds between two progress messages
    aliases: tuple[str, ...] = ()
    costs: tuple[tuple[str, Cost], ...] = ()  # of one picture, by size; "" is any size


KNOWN: tuple[Model, ...] = (
    Model(
        id=FLASH,
        name="Nano Banana 2",
        sizes=SIZES,
        aspect_ratios=COMMON_RATIOS + LONG_RATIOS,
        max_references=14,
        seconds=(20, 40),
        progress_every=15,
        aliases=(
            "gemini-3.1-flash-image-preview",
            "gemini 3.1 flash",
            "gemini flash",
            "nano banana flash",
            "nano banana",
            "nb 2",
            "banana 2",
            "banana",
            "flash",
            "纳米香蕉 2",
            "纳米香蕉",
            "香蕉 2",
            "小香蕉",
            "香蕉",
        ),
    ),
    Model(
        id=PRO,
        name="Nano Banana Pro",
        sizes=("1K", "2K", "4K"),
        aspect_ratios=COMMON_RATIOS,
        max_references=14,
        seconds=(60, 120),
        progress_every=30,
        aliases=(
            "gemini-3-pro-image-preview",
            "gemini 3 pro",
            "gemini pro",
            "nb pro",
            "banana pro",
            "pro",
            "纳米香蕉 Pro",
            "香蕉 Pro",
            "大香蕉",
        ),
    ),
)


@lru_cache(1024)
def key(name: str) -> str:
    """Return the spelling under which two names of a model are the same name."""
    return re.sub(r"[\s_\-\u2010-\u2015]+", "", unicodedata.normalize("NFKC", name).casefold())


def find(name: str, models: Iterable[Model] = KNOWN) -> Model | None:
    """Return the model called `name`: by id, by display name, else by alias.

    Case, spaces, dashes, full-width letters and a `vendor/` prefix make no difference.
    """
    wanted = key(name)
    wanted = wanted.rpartition("/")[2] or wanted
    aliased = None
    for model in models:
        if wanted in (key(model.id).rpartition("/")[2], key(model.name)):
            return model
        if aliased is None and wanted in map(key, model.aliases):
            aliased = model
    return aliased


_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(k|px|pixels?|像素)?")
_SPELLINGS = {0.5: "512", 512: "512", 1: "1K", 1024: "1K", 2: "2K", 2048: "2K", 4: "4K", 4096: "4K"}


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


def _slope(aspect_ratio: str) -> float | None:
    """Return the logarithm of width / height, so that 2:1 and 1:2 are equally far from 1:1."""
    match = re.fullmatch(r"([1-9]\d{0,3}):([1-9]\d{0,3})", aspect_ratio)
    return math.log(int(match[1]) / int(match[2])) if match else None
