"""The chunks of a PNG: https://www.w3.org/TR/png-3/."""

import struct
import zlib

from bot.images.picture_structure.metadata import inflated, is_profile, orientation
from bot.images.picture_structure.parts import MAX_CHUNKS, Damaged, Parts, Piece, TooCostly

_END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))
_COLOURS = frozenset({b"gAMA", b"cHRM", b"sRGB", b"cICP"})
_SPACES = {0: b"GRAY", 4: b"GRAY", 2: b"RGB ", 3: b"RGB ", 6: b"RGB "}
_SAMPLES = {0: 2, 2: 4, 3: 1, 4: 4, 6: 4}
"""Bytes per pixel when decoded, by colour type."""


def read(data: bytes) -> Parts:
    """Read a PNG; of an animation, the picture that is shown where animations are not.

    Chunks that decoders can do without are left out when their checksum is wrong, as libpng does.

    Raises:
        Damaged: it ends before its last pixel, or contradicts itself.
        TooCostly: it has too many chunks.
    """
    walk = _PNGWalk(data)
    while walk.step():
        pass
    header = walk.header
    if not header or not walk.pixels:
        raise Damaged("no picture in it")
    width, height, _, colours = struct.unpack_from(">IIBB", header)
    if not width or not height or colours not in _SAMPLES:
        raise Damaged("header")
    rest = memoryview(data)[walk.position :]
    if not walk.ended:
        if bytes(rest[4:8]) == b"IDAT":
            raise Damaged("cut off")
        walk.clean.append(_END)
        rest = memoryview(_END)
    return Parts(
        "PNG",
        width,
        height,
        width * height * _SAMPLES[colours],
        0,
        walk.clean,
        mended=(*walk.mended, rest) if walk.faults or not walk.ended else None,
        orientation=orientation(walk.exif),
    )


class _PNGWalk:
    """Goes from chunk to chunk; mends checksums, and keeps what is no metadata."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._view = memoryview(data)
        self._count = 0
        self.position = 8
        self.clean: list[Piece] = [self._view[:8]]
        self.mended: list[Piece] = [self._view[:8]]
        self.header = b""
        self.exif = b""
        self.pixels = 0
        self.faults = 0
        self.ended = False

    def step(self) -> bool:
        """Take the next chunk; false after the last one that is there completely."""
        if self.ended or self.position + 8 > len(self._data):
            return False
        self._count += 1
        if self._count > MAX_CHUNKS:
            raise TooCostly("chunks")
        begin = self.position
        size, name = struct.unpack_from(">I4s", self._data, begin)
        end = begin + 12 + size
        body = self._view[begin + 8 : begin + 8 + size]
        if len(body) < size:
            return False
        self.position = min(end, len(self._data))
        checksum = struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
        if self._view[end - 4 : end] == checksum:
            self._keep(name, body, self._view[begin:end])
            return True
        self.faults += 1
        if name in (b"IDAT", b"IEND"):  # the pixels have a checksum of their own
            self._keep(name, body, b"".join((self._view[begin : begin + 8], body, checksum)))
        elif _is_critical(name):
            raise Damaged("checksum")
        return True

    def _keep(self, name: bytes, body: memoryview, chunk: Piece) -> None:
        if (name == b"IHDR") == bool(self.header) or (name == b"IHDR" and len(body) != 13):
            raise Damaged("header")
        if name == b"IHDR":
            self.header = bytes(body)
        elif name == b"eXIf" and not self.exif:
            self.exif = bytes(body[:65_536])
        self.pixels += name == b"IDAT"
        self.ended = name == b"IEND"
        self.mended.append(chunk)
        if _is_kept(name, body, self.header):
            self.clean.append(chunk)


def _is_critical(name: bytes) -> bool:
    return not name[0] & 0x20


def _is_kept(name: bytes, body: memoryview, header: bytes) -> bool:
    if name == b"iCCP":
        title, _, rest = bytes(body).partition(b"\0")
        space = _SPACES.get(header[9], b"")
        return len(title) < 80 and rest[:1] == b"\0" and is_profile(inflated(rest[1:]), space)
    return _is_critical(name) or name in _COLOURS or name == b"tRNS"
