"""The chunks of a WebP: https://developers.google.com/speed/webp/docs/riff_container (RFC 9649)."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.images.picture_structure.metadata import is_profile, orientation
from bot.images.picture_structure.parts import MAX_CHUNKS, Damaged, Parts, Piece, TooCostly

_ANIMATION, _ALPHA, _ICC = 0x02, 0x10, 0x20
_SCRATCH = 12
"""Bytes per pixel beside the picture: two canvases of libwebp's animation decoder, and a copy."""

_FILLED = 16
"""Bytes that may be missing at the end; they are taken as zeros, which at worst are pixels."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    body: bytes | memoryview

    @property
    def pieces(self) -> tuple[Piece, ...]:
        padding = b"\0" * (len(self.body) % 2)
        return self.name + struct.pack("<I", len(self.body)), self.body, padding


@dataclass(frozen=True, slots=True)
class _WebPFrame:
    """The picture that is shown first; ``chunks`` are what it is drawn from.

    ``part`` says that it is one of an animation and covers only a part of it.
    """

    width: int
    height: int
    chunks: tuple[_Chunk, ...]
    lossless: bool
    alpha: bool
    part: bool = False


def read(data: bytes) -> Parts:
    """Read a WebP; of an animation, its first frame.

    Raises:
        Damaged: it ends too early, or contradicts itself.
        TooCostly: it has too many chunks.
    """
    given = struct.unpack_from("<I", data, 4)[0] + 8
    missing = given + given % 2 - len(data)
    if missing > _FILLED:
        raise Damaged("cut off")
    mended: tuple[Piece, ...] | None = None
    if missing > 0:
        data += bytes(missing)
        mended = (data,)
    found = {chunk.name: chunk for chunk in reversed(list(_chunks(memoryview(data)[12:given])))}
    frame = _first(found) if b"ANMF" in found else _still(found)
    exif = found.get(b"EXIF")
    return Parts(
        "WEBP",
        frame.width,
        frame.height,
        frame.width * frame.height * 4,
        frame.width * frame.height * _SCRATCH,
        _clean(frame, found.get(b"ICCP")),
        mended=mended,
        orientation=orientation(bytes(exif.body[:65_536])) if exif else 1,
        redraw=frame.part,
        lossless=frame.lossless,
    )


def _still(found: Mapping[bytes, _Chunk]) -> _WebPFrame:
    """The picture among chunks; its size must be that of the canvas, if there is one."""
    image = found.get(b"VP8L") or found.get(b"VP8 ")
    if image is None:
        raise Damaged("no picture in it")
    (width, height), alpha = _dimensions(image)
    canvas = _canvas(found)
    if canvas and canvas != (width, height):
        raise Damaged("two sizes")
    lossless = image.name == b"VP8L"
    if not lossless and b"ALPH" in found:
        return _WebPFrame(width, height, (found[b"ALPH"], image), False, True)
    return _WebPFrame(width, height, (image,), lossless, alpha)


def _first(found: Mapping[bytes, _Chunk]) -> _WebPFrame:
    """The first frame of an animation; on its own where it covers the whole canvas."""
    canvas = _canvas(found)
    if canvas is None:
        raise Damaged("a frame without a canvas")
    body = memoryview(found[b"ANMF"].body)
    x, y, width, height = (_three(body, at) for at in (0, 3, 6, 9))
    frame = _still({chunk.name: chunk for chunk in _chunks(body[16:])})
    if (frame.width, frame.height) != (width + 1, height + 1):
        raise Damaged("two sizes")
    if 2 * x + frame.width > canvas[0] or 2 * y + frame.height > canvas[1]:
        raise Damaged("a frame outside of its canvas")
    if (frame.width, frame.height) == canvas:
        return frame
    chunks = (found.get(b"ANIM") or _Chunk(b"ANIM", bytes(6)), found[b"ANMF"])
    return _WebPFrame(*canvas, chunks, frame.lossless, alpha=True, part=True)


def _clean(frame: _WebPFrame, profile: _Chunk | None) -> list[Piece]:
    if profile and not is_profile(bytes(profile.body), b"RGB "):
        profile = None
    chunks = list(frame.chunks)
    if profile or frame.part or len(chunks) > 1:
        flags = _ALPHA * frame.alpha | _ICC * (profile is not None) | _ANIMATION * frame.part
        size = (side.to_bytes(3, "little") for side in (frame.width - 1, frame.height - 1))
        canvas = _Chunk(b"VP8X", struct.pack("<I", flags) + b"".join(size))
        chunks = [canvas, *([profile] if profile else []), *chunks]
    pieces = [piece for chunk in chunks for piece in chunk.pieces]
    return [b"RIFF" + struct.pack("<I", 4 + sum(map(len, pieces))) + b"WEBP", *pieces]


def _chunks(view: memoryview) -> Iterator[_Chunk]:
    position = count = 0
    while position + 8 <= len(view):
        count += 1
        if count > MAX_CHUNKS:
            raise TooCostly("chunks")
        name, size = struct.unpack_from("<4sI", view, position)
        body = view[position + 8 : position + 8 + size]
        if len(body) < size:
            raise Damaged("cut off")
        yield _Chunk(name, body)
        position += 8 + size + size % 2


def _canvas(found: Mapping[bytes, _Chunk]) -> tuple[int, int] | None:
    if b"VP8X" not in found:
        return None
    body = found[b"VP8X"].body
    return _three(body, 4) + 1, _three(body, 7) + 1


def _dimensions(image: _Chunk) -> tuple[tuple[int, int], bool]:
    """Width and height of a picture, and whether something may show through."""
    start = bytes(image.body[:10])
    if image.name == b"VP8L":
        if len(start) < 5 or start[0] != 0x2F:
            raise Damaged("header")
        (bits,) = struct.unpack_from("<I", start, 1)
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), bool(bits >> 28 & 1)
    if len(start) < 10 or start[3:6] != b"\x9d\x01\x2a":
        raise Damaged("header")
    width, height = struct.unpack_from("<HH", start, 6)
    if not width & 0x3FFF or not height & 0x3FFF:
        raise Damaged("header")
    return (width & 0x3FFF, height & 0x3FFF), False


def _three(body: bytes | memoryview, at: int) -> int:
    if len(body) < at + 3:
        raise Damaged("header")
    return int.from_bytes(body[at : at + 3], "little")
