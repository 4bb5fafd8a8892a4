"""The best encoding of a picture that fits: fewer bytes, shorter sides, another media type.

First the quality is lowered, and only when that does not help, the size.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from bot.images import imaging

if TYPE_CHECKING:
    from PIL import Image

ATTEMPTS = 6
"""How often one picture is encoded, at most."""

BEST = 95
"""The highest quality: above it a JPEG grows by half, and nobody sees why."""

WORST = 70
"""The lowest quality. Below it, fewer and better pixels look better."""

MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}

_SLOPE = 0.1
"""How often a step of the search halves the bytes, about; below ``WORST``, the pixels."""

_AIM, _ENOUGH = math.log2(0.96), math.log2(0.9)
"""The share of the limit that is aimed at, and that with which the search is content."""

_LANCZOS = 1  # Pillow's Image.Resampling.LANCZOS
_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
_COLOURS = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB "}
"""The colour space that an ICC profile names, by the mode of the picture it is for."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture made to fit: encoded bytes, media type, pixels.

    ``changed`` is false when it did fit: then ``data`` is what was given.
    """

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    changed: bool


def encode(
    data: bytes,
    most: int,
    side: int | None,
    mimes: Iterable[str],
    orientation: int = 1,
    incomplete: bool = False,
) -> Fitted:
    """Decode a picture, turn it upright, and find the best encoding of at most ``most`` bytes.

    ``side`` are the most pixels of a side; the rest is as for :func:`imaging.opened`.

    Raises:
        ValueError: there is none; nothing else is raised.
    """
    try:
        image = imaging.opened(data, orientation, incomplete)
        profile = bytes(image.info.get("icc_profile") or b"")
        image = imaging.plain(image)
    except Exception as error:
        raise ValueError(f"The picture is broken: {type(error).__name__}") from None
    kind = _kind(image, frozenset(mimes))
    if kind == "JPEG":
        image = imaging.on_white(image)
    if profile[16:20] != _COLOURS[image.mode]:
        profile = b""
    draft = _Draft(image, kind, profile, min(side or math.inf, _LONGEST_SIDE[kind]))
    try:
        return _search(draft.encode, most)
    except (OSError, MemoryError, RuntimeError) as error:
        raise ValueError(f"The picture cannot be encoded: {type(error).__name__}") from None


def _kind(image: "Image.Image", mimes: frozenset[str]) -> str:
    kinds = ("WEBP", "JPEG") if image.mode == "RGBA" else ("JPEG", "WEBP")
    for kind in kinds:
        if MIMES[kind] in mimes:
            return kind
    raise ValueError("The chat takes neither JPEG nor WebP")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A decoded picture and how it is to be encoded; ``side`` is in pixels, or infinite."""

    image: "Image.Image"
    kind: str
    profile: bytes
    side: float

    def encode(self, step: int) -> Fitted | None:
        """The picture at a step of the search, or ``None`` if it is too large for its type.

        A step is a quality. Below the lowest one, every tenth step halves the pixels.
        """
        image = self.image
        scale = min(1.0, self.side / max(image.size))
        if step < WORST:
            scale *= 2 ** ((step - WORST) * _SLOPE / 2)
        if scale < 1:
            width, height = (max(1, round(side * scale)) for side in image.size)
            image = image.resize((width, height), _LANCZOS, reducing_gap=3)
        buffer = BytesIO()
        quality = max(step, WORST)
        if self.kind == "JPEG":
            # Not "optimize": Pillow then needs room for all at once, and noise does not fit in it.
            sampling = 0 if quality >= 85 else 1 if quality >= 78 else 2
            image.save(
                buffer, "JPEG", quality=quality, subsampling=sampling, icc_profile=self.profile
            )
        else:
            try:
                image.save(buffer, "WEBP", quality=quality, method=2, icc_profile=self.profile)
            except ValueError:
                # One part of a WebP must stay below 512 KiB; large noisy pictures exceed it.
                return None
        mime = MIMES[self.kind]
        return Fitted(buffer.getvalue(), mime, image.width, image.height, changed=True)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A step and by how much it missed the limit: how often its bytes had to be halved."""

    step: int
    excess: float

    def slope(self, lower: "_Tried") -> float:
        """The excess per step, within what is believable."""
        slope = (self.excess - lower.excess) / (self.step - lower.step)
        return min(max(slope, _SLOPE / 3), _SLOPE * 3)


def _search(encode: Callable[[int], Fitted | None], limit: int) -> Fitted:
    """The picture at about the highest step that fits, in at most ``ATTEMPTS``.

    The logarithm of the bytes is nearly a straight line over the steps, so the next one to try
    lies where the line through the last two meets the limit.

    Raises:
        ValueError: none did fit.
    """
    best: Fitted | None = None
    low: _Tried | None = None  # the highest step that fits
    high: _Tried | None = None  # the lowest that does not
    step = BEST
    for attempt in range(ATTEMPTS):
        made = encode(step)
        # A picture that is too large for its type is taken as four times too large.
        tried = _Tried(step, math.log2(len(made.data) / max(limit, 1)) if made else 2.0)
        if made and tried.excess <= 0:
            best, low = made, tried
            if high is None or tried.excess >= _ENOUGH:
                break
        else:
            slope = high.slope(tried) if high else _SLOPE
            high = tried
        step = _between(low, high) if low else _below(high, slope, attempt)
        if low and step == low.step:
            break
    if best is None:
        raise ValueError(f"The picture does not fit into {limit} bytes")
    return best


def _between(low: _Tried, high: _Tried) -> int:
    """The step to try next, or that of ``low`` when there is none left."""
    share = (_AIM - low.excess) / (high.excess - low.excess)
    step = low.step + math.floor(share * (high.step - low.step))
    return min(max(step, low.step + 1), high.step - 1)


def _below(high: _Tried, slope: float, attempt: int) -> int:
    """The step to try next while nothing fits; bolder with every attempt."""
    step = high.step - math.ceil((high.excess - _AIM) / slope) - attempt**2
    # A smaller picture is tried only when the lowest quality has been.
    return WORST if step < WORST < high.step else step
