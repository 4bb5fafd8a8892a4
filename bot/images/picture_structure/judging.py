"""Whether a file may be decoded, judged by its structure: what it is, how large, what it costs.

It takes a few milliseconds per megabyte, whatever is in the file, and no decoder sees it before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.domain.failures import Failure, Reason
from bot.images.picture_structure import gif, jpeg, png, recognizing, webp
from bot.images.picture_structure.parts import Damaged, Kind, Parts, TooCostly

_READERS: Mapping[Kind, Callable[[bytes], Parts]] = {
    "PNG": png.read,
    "JPEG": jpeg.read,
    "WEBP": webp.read,
    "GIF": gif.read,
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a picture may be: bytes, pixels, pixels of a side at least, longest by shortest side,
    and bytes of memory that reading it takes at its peak."""

    bytes: int
    pixels: int
    side: int
    ratio: float
    memory: int


ANY = Allowed(bytes=2**40, pixels=2**64, side=1, ratio=2**32, memory=2**64)
"""Whatever can be read at all."""


def judge(data: bytes, allowed: Allowed) -> Parts | Failure:
    """What a picture is made of, or why it is not taken.

    The reasons are ``REFERENCE_TOO_LARGE`` (``limit_mb``, ``limit_megapixels``),
    ``REFERENCE_TOO_SMALL`` (``width``, ``height``, ``limit``), ``REFERENCE_TOO_NARROW``
    (``width``, ``height``, ``limit``), ``REFERENCE_HEIC``, ``REFERENCE_FORMAT`` (``format``),
    ``REFERENCE_DAMAGED``, ``REFERENCE_TOO_COSTLY``, and ``REFERENCE_UNUSABLE`` for what is no
    picture at all.
    """
    if len(data) > allowed.bytes:
        return _too_large(allowed, allowed.pixels, f"{len(data)} bytes")
    kind = recognizing.kind(data)
    if kind is None:
        return _other(data)
    try:
        parts = _READERS[kind](data)
    except Damaged as error:
        return Failure(Reason.REFERENCE_DAMAGED, detail=f"{kind}: {error}")
    except TooCostly as error:
        return Failure(Reason.REFERENCE_TOO_COSTLY, detail=f"{kind}: {error}")
    return _refusal(parts, allowed) or parts


def _other(data: bytes) -> Failure:
    name = recognizing.other(data)
    if name is None:
        return Failure(Reason.REFERENCE_UNUSABLE, detail="no picture")
    if name == recognizing.HEIC:
        return Failure(Reason.REFERENCE_HEIC)
    return Failure(Reason.REFERENCE_FORMAT, {"format": name})


def _refusal(parts: Parts, allowed: Allowed) -> Failure | None:
    width, height = parts.width, parts.height
    size = f"{width}x{height} pixels"
    pixels = width * height
    if pixels > allowed.pixels:
        return _too_large(allowed, allowed.pixels, size)
    if parts.reading > allowed.memory:
        fewer = pixels * allowed.memory // parts.reading
        return _too_large(allowed, fewer, f"{parts.kind}, {size}")
    facts = {"width": width, "height": height}
    if min(width, height) < allowed.side:
        return Failure(Reason.REFERENCE_TOO_SMALL, {**facts, "limit": allowed.side})
    if max(width, height) > allowed.ratio * min(width, height):
        return Failure(Reason.REFERENCE_TOO_NARROW, {**facts, "limit": int(allowed.ratio)})
    return None


def _too_large(allowed: Allowed, pixels: int, detail: str) -> Failure:
    facts = {"limit_mb": allowed.bytes // 2**20, "limit_megapixels": max(1, pixels // 10**6)}
    return Failure(Reason.REFERENCE_TOO_LARGE, facts, detail=detail)
