"""The two things of metadata that count: how a picture is turned, and its colour profile.

* https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf (Exif 2.32, 4.6.2, tag 0112)
* https://www.color.org/specification/ICC.1-2022-05.pdf (7.2, the profile header)
"""

import struct
import zlib

MAX_PROFILE = 1024 * 1024
"""Bytes of a colour profile. Those of screens and cameras have 0.5 to 60 kB."""

_ORIENTATION = 0x0112
_SHORT = 3
_ENTRIES = 512
_HEADER = 128


def orientation(exif: bytes) -> int:
    """How a picture is turned, 1 to 8; 1, upright, where EXIF does not say so understandably.

    Only the first directory is read, and of it at most 512 entries.
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for number in range(min(count, _ENTRIES)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def is_profile(profile: bytes, space: bytes) -> bool:
    """Whether bytes are a colour profile for pictures of that colour space, such as ``b"RGB "``."""
    return (
        _HEADER < len(profile) <= MAX_PROFILE
        and int.from_bytes(profile[:4], "big") == len(profile)
        and profile[36:40] == b"acsp"
        and profile[16:20] == space
    )


def inflated(data: bytes) -> bytes:
    """A compressed colour profile; empty if it is broken, or larger than any should be."""
    try:
        inflater = zlib.decompressobj()
        profile = inflater.decompress(data, MAX_PROFILE)
        return profile if inflater.eof and not inflater.unused_data else b""
    except zlib.error:
        return b""
