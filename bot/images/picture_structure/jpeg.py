"""The segments of a JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf (ITU-T T.81, annex B)."""

import re
import struct
from dataclasses import dataclass, field

from bot.images.picture_structure.metadata import is_profile, orientation
from bot.images.picture_structure.parts import (
    MAX_SCANNED,
    MAX_SCANS,
    MAX_SEGMENTS,
    Damaged,
    Parts,
    Piece,
    TooCostly,
)

SOI = b"\xff\xd8"
EOI = b"\xff\xd9"

_TEM, _DHT, _JPG, _DAC, _SOS, _COM = 0x01, 0xC4, 0xC8, 0xCC, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, _JPG, _DAC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_ICC = b"ICC_PROFILE\0"
_SPACES = {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}

# What ends a scan's data: a marker other than a stuffed zero, a restart and a fill byte. It is
# searched for in windows, between which other threads may run.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_WINDOW = 256 * 1024


@dataclass(slots=True)
class _JPEGFrame:
    """The frame's header, and which of the coefficients have been sent completely."""

    marker: int
    width: int
    height: int
    components: dict[int, int]  # by id: horizontal times vertical sampling factor
    largest: int
    sent: dict[int, int] = field(default_factory=dict)
    scans: int = 0

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def progressive(self) -> bool:
        return self.marker in _PROGRESSIVE

    def begin(self, header: bytes) -> None:
        """Count a scan."""
        count = header[0] if header else 0
        if not 1 <= count <= 4 or len(header) != 4 + 2 * count:
            raise Damaged("scan header")
        self.scans += 1
        if self.scans > MAX_SCANS or self.scans * self.pixels > MAX_SCANNED:
            raise TooCostly(f"{self.scans} scans")
        first, last, bits = header[-3:]
        if bits & 15 == 0:  # down to the lowest bit
            span = (1 << min(last, 63) + 1) - (1 << min(first, 63))
            for number in header[1 : 1 + 2 * count : 2]:
                self.sent[number] = self.sent.get(number, 0) | span

    @property
    def all_begun(self) -> bool:
        """Whether every coefficient has been in a scan, of which the last may be cut short."""
        if not self.progressive:
            return self.sent.keys() >= self.components.keys()
        return all(self.sent.get(number) == (1 << 64) - 1 for number in self.components)

    @property
    def coefficients(self) -> int:
        """Bytes of the coefficients of all blocks, which are kept when there are several scans."""
        if not self.progressive and self.scans == 1:
            return 0
        return self.pixels * 2 * sum(self.components.values()) // self.largest


def read(data: bytes) -> Parts:
    """Read a JPEG.

    Raises:
        Damaged: it ends before its last scan, or contradicts itself.
        TooCostly: it has too many segments or scans.
    """
    walk = _JPEGWalk(data)
    while walk.step():
        pass
    frame = walk.frame
    if frame is None or frame.scans == 0 or not (walk.ended or frame.all_begun):
        raise Damaged("no picture in it")
    return Parts(
        "JPEG",
        frame.width,
        frame.height,
        frame.pixels * (1 if len(frame.components) == 1 else 4),
        frame.coefficients,
        walk.clean(),
        mended=None if walk.ended else (data[: walk.position], EOI),
        orientation=walk.turned or 1,
        incomplete=not walk.ended and not frame.progressive,
    )


class _JPEGWalk:
    """Goes from segment to segment, and keeps those that are no metadata."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._view = memoryview(data)
        self._pieces: list[Piece] = [SOI]
        self._profiles: dict[int, bytes] = {}
        self._places: list[int] = []
        self._segments = 0
        self.frame: _JPEGFrame | None = None
        self.turned: int | None = None
        self.position = 2
        self.ended = False

    def step(self) -> bool:
        """Take the next segment, with a scan the data after it; false after the last one."""
        data = self._data
        begin = _next_marker(data, self.position)
        if begin is None:
            return False
        self._segments += 1
        if self._segments > MAX_SEGMENTS:
            raise TooCostly("segments")
        marker = data[begin + 1]
        if marker == EOI[1]:
            self.ended = True
            return False
        if marker in (SOI[1], _TEM):
            raise Damaged("a marker out of place")
        end = begin + 2 + int.from_bytes(data[begin + 2 : begin + 4], "big")
        if end < begin + 4 or end > len(data):
            return False
        body = bytes(self._view[begin + 4 : end])
        self.position = end
        if marker == _SOS:
            if self.frame is None:
                raise Damaged("a scan without a frame")
            self.frame.begin(body)
            found = _next_marker(data, end)
            # The last byte may be the first half of the end marker.
            self.position = len(data.rstrip(b"\xff")) if found is None else found
            self._pieces.append(self._view[begin : self.position])
            return True
        if marker in _FRAMES:
            if self.frame:
                raise Damaged("two frames")
            self.frame = _frame(marker, body)
        elif marker == _APP1 and self.turned is None and body.startswith(b"Exif\0\0"):
            self.turned = orientation(body)
        elif marker == _APP2 and body.startswith(_ICC) and len(body) > 14:
            self._profiles[body[12]] = body[14:]
            self._places.append(len(self._pieces))
        kept = _kept(marker, self._view[begin:end])
        if kept is not None:
            self._pieces.append(kept)
        return True

    def clean(self) -> list[Piece]:
        """The pieces that are kept; those of the colour profile only if it is one."""
        assert self.frame is not None
        profile = b"".join(self._profiles[number] for number in sorted(self._profiles))
        sound = is_profile(profile, _SPACES.get(len(self.frame.components), b""))
        dropped = () if sound else self._places
        kept = [piece for number, piece in enumerate(self._pieces) if number not in dropped]
        return [*kept, EOI]


def _next_marker(data: bytes, start: int) -> int | None:
    while start < len(data):
        end = start + _WINDOW
        if found := _MARKER.search(data, start, end):
            return found.start()
        start = end - 1 if end < len(data) else end
    return None


def _frame(marker: int, body: bytes) -> _JPEGFrame:
    if len(body) < 6 or len(body) != 6 + 3 * body[5] or body[5] not in (1, 3, 4):
        raise Damaged("frame header")
    _, height, width = struct.unpack_from(">BHH", body)
    components = {}
    across, down = [], []
    for at in range(6, len(body), 3):
        factors = body[at + 1]
        across.append(factors >> 4)
        down.append(factors & 15)
        components[body[at]] = across[-1] * down[-1]
    if not width or not height or not all(components.values()) or len(components) != body[5]:
        raise Damaged("frame header")
    return _JPEGFrame(marker, width, height, components, max(across) * max(down))


def _kept(marker: int, segment: memoryview) -> Piece | None:
    """What of a segment is no metadata."""
    body = segment[4:]
    if marker == _APP0:
        if bytes(body[:5]) != b"JFIF\0" or len(body) < 14:
            return None
        # Without its thumbnail, which may show what the picture does not any more.
        plain = SOI[:1] + bytes([_APP0, 0, 16]) + bytes(body[:12]) + b"\0\0"
        return segment if bytes(segment) == plain else plain
    if marker == _APP2:
        return segment if bytes(body[:12]) == _ICC and len(body) > 14 else None
    if marker == _APP14:
        if bytes(body[:5]) != b"Adobe" or len(body) < 12:
            return None
        return segment if len(body) == 12 else b"\xff\xee\0\x0e" + bytes(body[:12])
    return None if marker == _COM or _APP0 <= marker <= _APP15 else segment
