"""A picture comes in: it is judged, decoded once to know that it is one, and made ready to keep.

What a person sends is kept upright and without metadata: no place, no date, no name of a camera
is stored or sent on. What a provider made was paid for: it is kept as it came, with the marks that
say who made it, and mended where its end or a checksum is missing.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.failures import Failure, Reason
from bot.images import imaging
from bot.images.decoding import MADE, PEOPLE, DecodingTooCostly, Undecodable
from bot.images.picture_structure.judging import ANY, Allowed, judge
from bot.images.picture_structure.parts import Parts
from bot.images.provenance import marked

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 20 * 1024 * 1024
"""The largest picture to work from."""

MAX_GENERATED_BYTES = 64 * 1024 * 1024
"""The largest picture that a provider may answer with: a noisy 4K PNG comes close to it."""

MAX_PIXELS = 50_000_000
"""Of a picture to work from: three times a 4K one, and what telephones take at most."""

MIN_SIDE = 16
"""Models refuse pictures smaller than this, or see nothing in them; a 1x1 one is a tracker's."""

MAX_RATIO = 32
"""Longest by shortest side; long screenshots of telephones come to 20."""

MEMORY = 192 * 1024 * 1024
"""Bytes that decoding a picture to work from may take: 50 megapixels of any PNG and nearly any
JPEG, 12 of a WebP, whose decoder takes 16 bytes for each."""

MADE_MEMORY = 2048 * 1024 * 1024
"""The same of a picture that a provider made."""

FROM_PEOPLE = Allowed(MAX_BYTES, MAX_PIXELS, MIN_SIDE, MAX_RATIO, MEMORY)
FROM_PROVIDERS = Allowed(MAX_GENERATED_BYTES, 2 * MAX_PIXELS, MIN_SIDE, 2**31, MADE_MEMORY)

LIGHT = 48 * 1024 * 1024
"""Bytes that decoding may take when it is not to wait for other heavy pictures."""

# Decoding holds the interpreter's lock while it takes memory for a large picture, the longer the
# more threads do (40 ms for 4K, measured), and all the time for WebP (10 ms per megapixel). The
# event loop would wait for it, so a large picture of a provider is decoded elsewhere too.
_LARGE = 4_000_000

_TYPES = {
    "PNG": ("image/png", "png"),
    "JPEG": ("image/jpeg", "jpg"),
    "WEBP": ("image/webp", "webp"),
    "GIF": ("image/gif", "gif"),
}

EXTENSIONS = tuple(sorted({extension for _, extension in _TYPES.values()}))
"""The endings of the names of pictures that are kept."""


@dataclass(frozen=True, slots=True)
class ValidImage:
    """A picture as it is to be kept; ``extension`` is without the dot."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    extension: str


async def from_person(data: bytes, owner: str) -> ValidImage | Failure:
    """Take a picture that a person sent: upright, without metadata, an animation's first frame.

    Where there is nothing to do its bytes stay as they are. One ``owner``'s pictures are decoded
    one after the other. The reasons of a refusal are those of :func:`judge`.
    """
    found = await asyncio.to_thread(_judged, data)
    if isinstance(found, Failure):
        return found
    parts, clean = found
    try:
        if parts.orientation != 1 or parts.redraw:
            return await _upright(parts, clean, owner)
        heavy = parts.reading > LIGHT
        await PEOPLE.run("check", [clean], owner=owner, heavy=heavy, incomplete=parts.incomplete)
        return _accepted(clean, parts.kind, parts.width, parts.height)
    except DecodingTooCostly as error:
        return Failure(Reason.REFERENCE_TOO_COSTLY, detail=str(error))
    except Undecodable as error:
        return Failure(Reason.REFERENCE_DAMAGED, detail=str(error))


async def from_provider(data: bytes, *, mark: bool = False) -> ValidImage | Failure:
    """Take a picture that a provider made: as it came, or with the end and checksums it lacks, and
    with the :mod:`mark <bot.images.provenance>` if that is wanted."""
    found = await asyncio.to_thread(_judged_made, data, mark)
    if isinstance(found, Failure):
        return found
    parts, data = found
    try:
        if parts.width * parts.height > _LARGE:
            await MADE.run("check", parts.clean, incomplete=parts.incomplete)
        else:
            await MADE.run_here(_check, parts)
    except DecodingTooCostly:
        pass  # this machine is too slow or too small for it today, which is not its fault
    except Undecodable as error:
        return Failure(Reason.REFERENCE_DAMAGED, detail=str(error))
    if parts.mended is not None:
        data = b"".join(parts.mended)
    return _accepted(data, parts.kind, parts.width, parts.height)


def _judged(data: bytes) -> tuple[Parts, bytes] | Failure:
    parts = judge(data, FROM_PEOPLE)
    if isinstance(parts, Failure):
        return parts
    clean = b"".join(parts.clean)
    return parts, data if clean == data else clean


def _judged_made(data: bytes, mark: bool) -> tuple[Parts, bytes] | Failure:
    data = marked(data) if mark else data
    parts = judge(data, FROM_PROVIDERS)
    return parts if isinstance(parts, Failure) else (parts, data)


def _check(parts: Parts) -> None:
    try:
        imaging.check(b"".join(parts.clean), parts.incomplete)
    except Exception as error:
        raise Undecodable(type(error).__name__) from None


async def _upright(parts: Parts, clean: bytes, owner: str) -> ValidImage:
    answer, data = await PEOPLE.run(
        "upright",
        [clean],
        owner=owner,
        heavy=parts.turning > LIGHT,
        orientation=parts.orientation,
        incomplete=parts.incomplete,
        halved=parts.turning > MEMORY,
        lossless=parts.lossless,
        redraw=parts.redraw,
    )
    return _accepted(data, answer["kind"], *answer["size"])


def _accepted(data: bytes, kind: str, width: int, height: int) -> ValidImage:
    mime, extension = _TYPES[kind]
    return ValidImage(data, mime, width, height, extension)


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height of a kept picture in pixels, by its structure."""
    parts = judge(data, ANY)
    return None if isinstance(parts, Failure) else (parts.width, parts.height)


async def converted(data: bytes, kind: str, owner: str) -> bytes:
    """A kept picture as ``PNG`` or ``JPEG``, for a service that takes no other type.

    Raises:
        OSError: it cannot be decoded.
    """
    parts = await asyncio.to_thread(judge, data, FROM_PROVIDERS)
    if isinstance(parts, Failure):
        raise Undecodable(parts.reason.value)
    _, made = await PEOPLE.run(
        "convert",
        parts.clean,
        owner=owner,
        heavy=parts.turning > LIGHT,
        kind=kind,
        orientation=parts.orientation,
        incomplete=parts.incomplete,
    )
    return made


def decode(data: bytes, largest: int = 2 * MAX_PIXELS) -> "Image.Image":
    """A kept picture, decoded and upright, of at most about ``largest`` pixels.

    To be called in a thread. A picture that is made smaller comes in plain colours, on white.

    Raises:
        OSError: it cannot be decoded.
    """
    parts = judge(data, FROM_PROVIDERS)
    if isinstance(parts, Failure):
        raise Undecodable(parts.reason.value)
    pixels = parts.width * parts.height
    if (parts.kind == "WEBP" and pixels > _LARGE) or pixels > largest:
        answer, body = MADE.run_now(
            "pixels", parts.clean, incomplete=parts.incomplete, largest=largest
        )
        image = imaging.raw(answer["mode"], answer["size"], body)
        return imaging.turned(image, parts.orientation)
    try:
        return imaging.opened(b"".join(parts.clean), parts.orientation, parts.incomplete)
    except Exception as error:
        raise Undecodable(type(error).__name__) from None
