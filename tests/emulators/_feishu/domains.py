"""Value domains of card attributes: each says what is wrong with a value, or nothing.

https://open.feishu.cn/document/feishu-cards/enumerations-for-fields-related-to-color and the
tables of each component below https://open.feishu.cn/document/feishu-cards/card-json-v2-structure.
"""

import re
from collections.abc import Callable
from typing import Any

Domain = Callable[[Any], str | None]

LOCALES = (
    *("zh_cn", "en_us", "ja_jp", "zh_hk", "zh_tw", "id_id", "vi_vn", "th_th", "pt_br"),
    *("es_es", "ko_kr", "de_de", "fr_fr", "it_it", "ru_ru", "ms_my"),
)
COLORS = (
    *("blue", "wathet", "turquoise", "green", "lime", "yellow", "orange", "red", "carmine"),
    *("violet", "purple", "indigo", "grey"),
)
TEXT_SIZES = (
    *("heading-0", "heading-1", "heading-2", "heading-3", "heading-4", "heading", "normal"),
    *("notation", "xxxx-large", "xxx-large", "xx-large", "x-large", "large", "medium", "small"),
    *("x-small",),
)
_SHADES = re.compile(rf"({'|'.join(COLORS)})-(50|100|200|300|350|400|500|600|700|800|900)")
_RGBA = re.compile(r"rgba\( *\d{1,3} *, *\d{1,3} *, *\d{1,3} *, *(0|1|0?\.\d+|1\.0+|\d{1,3}%) *\)")
_PIXELS = re.compile(r"(-?\d+)px|0")
TOKEN = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*_(outlined|filled|colorful)")


def one_of(*values: Any) -> Domain:
    """One of these values, of the same type."""

    def check(value: Any) -> str | None:
        fits = any(value == other and type(value) is type(other) for other in values)
        return None if fits else f"not one of {', '.join(map(str, values))}"

    return check


def boolean(value: Any) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else "not a boolean"


def text(longest: int | None = None, shortest: int = 0) -> Domain:
    """A string of so many characters."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "not a string"
        if len(value) < shortest:
            return "empty"
        return f"longer than {longest}" if longest and len(value) > longest else None

    return check


def integer(least: int, most: int) -> Domain:
    """A whole number within these bounds."""

    def check(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if fits else f"not an integer from {least} to {most}"

    return check


def pixels(least: int, most: int, *others: str) -> Domain:
    """A length such as ``8px`` within these bounds, or one of the words."""

    def check(value: Any) -> str | None:
        if value in others:
            return None
        found = _PIXELS.fullmatch(value) if isinstance(value, str) else None
        fits = found is not None and least <= int(found[1] or 0) <= most
        return None if fits else f"not {', '.join((*others, f'[{least},{most}]px'))}"

    return check


def edges(least: int, most: int, *counts: int) -> Domain:
    """Lengths for all sides, for pairs of sides, or for each of the four."""

    def check(value: Any) -> str | None:
        parts = value.split(" ") if isinstance(value, str) else []
        each = pixels(least, most)
        if len(parts) not in (counts or (1, 2, 4)) or any(each(part) for part in parts):
            return f"not one, two or four lengths within [{least},{most}]px"
        return None

    return check


def color(custom: frozenset[str]) -> Domain:
    """A colour by name, as RGBA, or one that the card's config defines."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "not a string"
        known = (*COLORS, "default", "white", "bg-white", "neutral", "transparent", "laser")
        if value in known or value in custom:
            return None
        fits = _SHADES.fullmatch(value) or _RGBA.fullmatch(value)
        return None if fits else f"invalid color: {value}"

    return check


def text_size(custom: frozenset[str]) -> Domain:
    """A size by name, or one that the card's config defines."""
    return one_of(*TEXT_SIZES, *sorted(custom))


def radius(value: Any) -> str | None:
    """The radius of a corner, in pixels or percent."""
    fits = isinstance(value, str) and re.fullmatch(r"\d+px|\d{1,2}%|100%", value)
    return None if fits else "not [0,∞]px or [0,100]%"


def link(value: Any) -> str | None:
    """A link with a scheme, or none."""
    fits = isinstance(value, str) and (value == "" or re.match(r"[a-z][a-z0-9+.-]*://", value))
    return None if fits else "not a link with a scheme"


def image_size(value: Any) -> str | None:
    """The size of a picture: a word, or width and height in pixels."""
    if value in ("stretch", "large", "medium", "small", "tiny"):
        return None
    fits = isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,2}px [1-9]\d{0,2}px", value)
    return None if fits else "not a size of a picture"


def element_id(value: Any) -> str | None:
    """The id of a component."""
    fits = isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,19}", value)
    return None if fits else "element_id must start with a letter, have letters, digits and _, ≤ 20"


def icon_token(value: Any) -> str | None:
    """The name of an icon of the library."""
    fits = isinstance(value, str) and TOKEN.fullmatch(value)
    return None if fits else "not a token of the icon library"


direction = one_of("vertical", "horizontal")
spacing = pixels(0, 99, "small", "medium", "large", "extra_large")
across = one_of("left", "center", "right")
down = one_of("top", "center", "bottom")
margin = edges(-99, 99)
padding = edges(0, 99)
