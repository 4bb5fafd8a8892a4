"""Changes pictures as an instruction says, in English or Chinese.

Several changes in one instruction are made in the order in which they are named. What is not
understood gives a tint and the instruction in writing, so that the person sees something happen.
"""

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image, ImageFilter, ImageOps

from bot.images.validation import decode
from bot.providers.demo.drawing import dimensions

Picture: TypeAlias = Image.Image

LARGEST = 4200**2
"""Pixels. A larger picture is made smaller first, which bounds time and memory."""

USUAL = 2100**2
"""The same, when no picture as large as 4K is asked for."""

_PART = 1600
"""Pixels on the longer side of one picture of a collage."""

_Turn = Image.Transpose


@dataclass(frozen=True, slots=True)
class Change:
    """One change; ``apply`` takes the picture and how strongly (1 is plainly)."""

    at: int
    apply: Callable[[Picture, float], Picture]


def open_picture(data: bytes, largest: int = LARGEST) -> Picture:
    """A decoded picture, upright, opaque, and of at most ``largest`` pixels.

    Raises:
        OSError: it cannot be decoded.
    """
    return _opaque(decode(data, largest))


def _opaque(image: Picture) -> Picture:
    if image.mode.startswith("I"):
        # 16 bits a pixel: converted as they are, nearly all would become white.
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return _with_orientation(ground, image)
    return image if image.mode == "RGB" else _with_orientation(image.convert("RGB"), image)


def _with_orientation(made: Picture, source: Picture) -> Picture:
    made.info.update(source.info)
    return made


def edit(
    pictures: Sequence[bytes],
    instruction: str,
    *,
    size: str | None = None,
    aspect_ratio: str | None = None,
    number: int = 0,
) -> tuple[Picture, bool]:
    """The changed picture, and whether the instruction was understood.

    Several pictures become one collage. With ``size`` the result has that size's area, with
    ``aspect_ratio`` it is cropped around its middle. ``number`` tells apart the pictures of one
    request: each is changed a little more strongly.

    Raises:
        OSError: a picture cannot be decoded.
    """
    largest = LARGEST if size == "4K" else USUAL
    image = _collage(pictures) if len(pictures) > 1 else open_picture(pictures[0], largest)
    changes = understand(instruction)
    for change in changes:
        image = change.apply(image, 1 + 0.3 * number)
    ratio = aspect_ratio or _ratio_in(instruction)
    framed = bool(ratio or size) and _FRAMING.search(instruction) is not None
    understood = bool(changes) or framed
    if not understood:
        image = _tint(image, f"{instruction}\0{number}")
    return _frame(image, size, ratio), understood


def understand(instruction: str) -> list[Change]:
    """The changes that an instruction names, in its order."""
    found = []
    for pattern, change in _CHANGES:
        if match := pattern.search(instruction):
            found.append(Change(match.start(), change))
    if match := _ROTATE.search(instruction):
        found.append(Change(match.start(), _rotation(instruction)))
    if match := _MIRROR.search(instruction):
        upright = _VERTICAL.search(instruction)
        turn = _Turn.FLIP_TOP_BOTTOM if upright else _Turn.FLIP_LEFT_RIGHT
        found.append(Change(match.start(), lambda image, _: image.transpose(turn)))
    return sorted(found, key=lambda change: change.at)


# Colours


def _channels(image: Picture, *curves: Callable[[int], float]) -> Picture:
    """Give red, green and blue new values through one curve each, 0 to 255."""
    table = [max(0, min(255, round(curve(v)))) for curve in curves for v in range(256)]
    return image.point(table)


def _warmer(image: Picture, strength: float) -> Picture:
    def red(value: int) -> float:
        return value * (1 + 0.1 * strength) + 12 * strength

    return _channels(image, red, float, lambda value: value * (1 - 0.18 * strength))


def _cooler(image: Picture, strength: float) -> Picture:
    def blue(value: int) -> float:
        return value * (1 + 0.1 * strength) + 12 * strength

    return _channels(image, lambda value: value * (1 - 0.18 * strength), float, blue)


def _brighter(image: Picture, strength: float) -> Picture:
    def curve(value: int) -> float:
        return 255 * math.pow(value / 255, 1 / (1 + 0.4 * strength)) + 8 * strength

    return _channels(image, curve, curve, curve)


def _darker(image: Picture, strength: float) -> Picture:
    def curve(value: int) -> float:
        return value / (1 + 0.45 * strength)

    return _channels(image, curve, curve, curve)


def _grey(image: Picture, _: float) -> Picture:
    return image.convert("L").convert("RGB")


def _blurred(image: Picture, strength: float) -> Picture:
    return image.filter(ImageFilter.GaussianBlur(max(image.size) / 120 * strength))


def _tint(image: Picture, seed: str) -> Picture:
    digest = hashlib.sha256(seed.encode("utf-8", "replace")).digest()
    hue = Image.new("HSV", (1, 1), (digest[0], 170, 230)).convert("RGB")
    return Image.blend(image, hue.resize(image.size), 0.3)


# Shapes


def _rotation(instruction: str) -> Callable[[Picture, float], Picture]:
    degrees = _DEGREES.search(instruction)
    angle = int(degrees[1]) if degrees else 180 if _OVER.search(instruction) else 90
    if not _LEFT.search(instruction):
        angle = -angle
    square = {90: _Turn.ROTATE_90, 180: _Turn.ROTATE_180, 270: _Turn.ROTATE_270}.get(angle % 360)
    if square is not None:
        return lambda image, _: image.transpose(square)

    def rotate(image: Picture, _: float) -> Picture:
        return image.rotate(angle, Image.Resampling.BILINEAR, expand=True, fillcolor="white")

    return rotate


def _collage(pictures: Sequence[bytes]) -> Picture:
    """All pictures in equal cells of a grid, nearly square, in their order."""
    parts = [open_picture(data, _PART**2) for data in pictures]
    columns = math.ceil(math.sqrt(len(parts)))
    rows = math.ceil(len(parts) / columns)
    side = min(_PART, int(math.sqrt(LARGEST / (columns * rows))), max(parts[0].size))
    cell = (side, max(1, round(side * parts[0].height / parts[0].width)))
    gap = max(2, side // 60)
    width, height = columns * (cell[0] + gap) - gap, rows * (cell[1] + gap) - gap
    sheet = Image.new("RGB", (width, height), "white")
    for number, part in enumerate(parts):
        row, column = divmod(number, columns)
        place = (column * (cell[0] + gap), row * (cell[1] + gap))
        sheet.paste(ImageOps.fit(part, cell, Image.Resampling.BICUBIC), place)
    return sheet


def _ratio_in(instruction: str) -> str | None:
    match = _RATIO.search(instruction)
    if match is None:
        return None
    across, down = int(match[1]), int(match[2])
    return f"{across}:{down}" if 0 < across <= 10 * down <= 100 * across else None


def _frame(image: Picture, size: str | None, ratio: str | None) -> Picture:
    """Crop to the ratio around the middle, and bring to the size."""
    if size is None and ratio is None:
        return image
    across, down = map(int, ratio.split(":")) if ratio else image.size
    if size is None:
        share = min(image.width / across, image.height / down)
        wanted = max(1, round(across * share)), max(1, round(down * share))
    else:
        wanted = dimensions(size, f"{across}:{down}")
    return ImageOps.fit(image, wanted, Image.Resampling.BICUBIC)


# Words. English ones must stand alone: a lighthouse is not lighter.


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_CHANGES: tuple[tuple[re.Pattern[str], Callable[[Picture, float], Picture]], ...] = (
    (_words(r"\bwarm(?:er|th|ly)?\b|暖"), _warmer),
    (_words(r"\b(?:cool|cold)(?:er)?\b|冷"), _cooler),
    (_words(r"\b(?:bright(?:er|en)?|light(?:er|en))\b|亮"), _brighter),
    (_words(r"\bdark(?:er|en)?\b|暗|调黑|深一[点些]"), _darker),
    (_words(r"\bblack\s*(?:and|&|n)\s*white\b|\bb\s*[&/]\s*w\b|\bgr[ae]y\s*-?scale\b"), _grey),
    (_words(r"\bmonochrome\b|黑白|灰度|灰阶|去色"), _grey),
    (_words(r"\bblur\w*|\bsoft(?:er|en)\b|模糊|虚化|柔化"), _blurred),
)
_ROTATE = _words(
    r"\brotat\w*|\bturn(?:ed)?\s+(?:it\s+|the\s+\w+\s+)?(?:left|right|upside|around|\d)"
    r"|旋转|[左右]转|(?<!翻)转\s*\d|[顺逆]时针|倒过来|颠倒"
)
_DEGREES = _words(r"(?<![\d:：])(\d{1,3})(?!\s*[\d:：kK])")
_LEFT = _words(r"\b(?:left|counter|anti)|逆时针|[向往]左|左转|左旋")
_OVER = _words(r"\bupside|\baround\b|倒过来|颠倒")
_MIRROR = _words(r"\bmirror\w*|\bflip\w*|镜像|翻转|镜面")
_VERTICAL = _words(r"\bvertical|\bupside|\btop\b|上下|垂直")
_RATIO = _words(r"(?<!\d)(\d{1,2})\s*[:：比]\s*(\d{1,2})(?!\d)")
_FRAMING = _words(
    r"\d\s*[:：比x×]\s*\d|\b(?:crop\w*|ratio|resize|larger|smaller|bigger|[124]k|512|wide\w*"
    r"|portrait|landscape|square|vertical|horizontal)\b|裁|比例|尺寸|横|竖|方|大一|小一"
)
