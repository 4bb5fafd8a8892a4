"""What the readers of all formats have in common: their result, their errors, their limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["PNG", "JPEG", "WEBP", "GIF"]
"""The formats that are read, by Pillow's names; a JPEG with more behind it (MPO) is a JPEG."""

MAX_SEGMENTS = 4096
"""Segments of a JPEG: 20 MB of the largest ones are 320, and a real one has fewer than 400."""

MAX_CHUNKS = 65_536
"""Chunks of a PNG or WebP, sub-blocks of a GIF in thousands: a PNG may have one per row."""

MAX_SUB_BLOCKS = 262_144
"""Sub-blocks of a GIF up to the end of its first picture; 20 MB of full ones are 82,000."""

MAX_SCANS = 100
"""Scans of a JPEG; encoders write 10 to 20. Each one visits every block of the picture."""

MAX_SCANNED = 1_000_000_000
"""Pixels times scans of a JPEG: a nanosecond each, even where a scan holds nothing."""

Piece = bytes | memoryview


class Damaged(ValueError):
    """The file ends too early, or contradicts itself."""


class TooCostly(ValueError):
    """Decoding the file would take more work than any real picture does."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a file is made of.

    ``clean`` are the pieces of the same picture without metadata: its first frame, with the
    colour profile if that is a sound one, and with the ends and checksums that were missing.
    ``mended`` are those of the file with all its metadata where an end or a checksum was missing,
    ``None`` where nothing was. ``orientation`` is that of EXIF, 1 to 8, 1 meaning upright.

    ``pixels`` are the bytes of the decoded picture, ``scratch`` those that its decoder takes
    besides. ``incomplete`` says that the end of a
    JPEG is missing, so that the last of its pixels may be too. ``redraw`` says that the first frame
    covers only a part of the picture, and has to be drawn. ``lossless`` is about WebP only.
    """

    kind: Kind
    width: int
    height: int
    pixels: int
    scratch: int
    clean: Sequence[Piece] = field(repr=False)
    mended: Sequence[Piece] | None = field(default=None, repr=False)
    orientation: int = 1
    incomplete: bool = False
    redraw: bool = False
    lossless: bool = False

    @property
    def reading(self) -> int:
        """Bytes of memory to read every byte of it once; a JPEG is read coarsely."""
        return self.scratch if self.kind == "JPEG" else self.pixels + self.scratch

    @property
    def turning(self) -> int:
        """Bytes of memory to decode it and then turn it upright."""
        return self.pixels + max(self.pixels, self.scratch)
