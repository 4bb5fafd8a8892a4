"""Pictures that are unusual, damaged, or made to cost, as bytes."""

import random
import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

BASE = (640, 400)
PLACE = b"48 deg 12' 30.5\" N"
"""What no picture may tell: it stands in every kind of metadata here."""


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture in a format of Pillow's."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def scene(mode: str = "RGB", size: tuple[int, int] = BASE) -> Image.Image:
    """Left red, right blue, a white square at the top left: it is seen whether it was turned."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    image.paste("white", (0, 0, size[0] // 8, size[1] // 5))
    return image.convert(mode)


def frames(kind: str, size: tuple[int, int] = BASE) -> bytes:
    """An animation, of which the first frame is the scene."""
    further = [Image.new("RGB", size, colour) for colour in ("green", "yellow")]
    return encoded(scene(size=size), kind, save_all=True, append_images=further)


def exif(orientation: int = 1) -> Image.Exif:
    """Metadata that say how the picture is turned, and where it was taken."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = PLACE.decode()
    found.get_ifd(0x8825)[1] = "N"
    return found


@cache
def profile() -> bytes:
    """A colour profile for RGB, which says when it was made."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# JPEG


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG with more segments at its beginning."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def repeated_scans(count: int, size: tuple[int, int] = (64, 64), times: int = 1) -> bytes:
    """A progressive JPEG that has its last scan ``count`` times more."""
    jpeg = _progressive(size)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * count + b"\xff\xd9"


@cache
def _progressive(size: tuple[int, int]) -> bytes:
    return encoded(Image.new("L", size, 128), "JPEG", progressive=True)


def exif_bomb(size: int) -> bytes:
    """EXIF of one directory with as many entries as fit, each as long as all of it."""
    count = 5000
    tiff = b"II*\0" + struct.pack("<IH", 8, count)
    tiff += b"".join(struct.pack("<HHII", tag, 7, 60_000, 0) for tag in range(count))
    segments = segment(0xE1, b"Exif\0\0" + tiff.ljust(65_000, b"\0"))
    return with_segments(encoded(scene(), "JPEG"), *[segments] * (size // len(segments)))


# PNG


def chunk(name: bytes, body: bytes, fault: int = 0) -> bytes:
    """A chunk of a PNG, with a wrong checksum if asked for."""
    checksum = zlib.crc32(name + body) ^ fault
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """A PNG with more chunks behind its header."""
    return png[:33] + b"".join(chunks) + png[33:]


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has nothing to show for it."""
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", body) + chunk(b"IDAT", b"")


# WebP


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of chunks."""
    parts = [
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in chunks
    ]
    inside = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def webp_canvas(width: int, height: int, flags: int) -> tuple[bytes, bytes]:
    """The chunk that says how large a WebP is."""
    sides = (side.to_bytes(3, "little") for side in (width - 1, height - 1))
    return b"VP8X", struct.pack("<I", flags) + b"".join(sides)


# GIF


def with_extensions(gif: bytes, *extensions: bytes) -> bytes:
    """A GIF with more extensions before its first picture."""
    at = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    return gif[:at] + b"".join(extensions) + gif[at:]


# All of them


@cache
def sound() -> dict[str, bytes]:
    """Pictures of every format and kind of pixel, without metadata."""
    ramp = Image.linear_gradient("L").resize(BASE)
    layered = scene("RGBA")
    layered.putalpha(ramp)
    deep = ramp.convert("I").point(lambda value: value * 256).convert("I;16")
    return {
        "png": encoded(scene(), "PNG"),
        "png grey": encoded(scene("L"), "PNG"),
        "png grey and alpha": encoded(scene("LA"), "PNG"),
        "png palette": encoded(scene("P"), "PNG"),
        "png see-through palette": encoded(scene("P"), "PNG", transparency=0),
        "png alpha": encoded(layered, "PNG"),
        "png black and white": encoded(scene("1"), "PNG"),
        "png 16 bits": encoded(deep, "PNG"),
        "jpeg": encoded(scene(), "JPEG"),
        "jpeg progressive": encoded(scene(), "JPEG", progressive=True),
        "jpeg grey": encoded(scene("L"), "JPEG"),
        "jpeg cmyk": encoded(scene("CMYK"), "JPEG"),
        "jpeg 4:4:4": encoded(scene(), "JPEG", subsampling=0),
        "jpeg 4:2:2": encoded(scene(), "JPEG", subsampling=1),
        "jpeg restarts": encoded(scene(), "JPEG", restart_marker_rows=1),
        "webp": encoded(scene(), "WEBP"),
        "webp alpha": encoded(layered, "WEBP"),
        "webp lossless": encoded(scene(), "WEBP", lossless=True),
        "webp lossless alpha": encoded(layered, "WEBP", lossless=True),
        "gif": encoded(scene("P"), "GIF"),
        "gif see-through": encoded(scene("P"), "GIF", transparency=0),
    }


def telling(kind: str, orientation: int = 1, **options: Any) -> bytes:
    """A picture with every kind of metadata that its format knows."""
    place = PLACE
    image = scene()
    if kind == "JPEG":
        jpeg = encoded(image, kind, exif=exif(orientation), xmp=place, comment=place, **options)
        other = [segment(marker, place) for marker in (0xE3, 0xEC, 0xED)]
        thumbnail = segment(0xE0, b"JFXX\0\x10" + place)
        trailing = segment(0xE2, b"FPXR\0" + place)
        return with_segments(jpeg, *other, thumbnail, trailing) + b"ftypmp42" + place
    if kind == "PNG":
        png = encoded(image, kind, exif=exif(orientation), **options)
        texts = [chunk(b"tEXt", b"Place\0" + place), chunk(b"iTXt", b"XML\0\0\0\0\0" + place)]
        texts += [chunk(b"zTXt", b"Place\0\0" + zlib.compress(place)), chunk(b"caBX", place)]
        texts += [chunk(b"tIME", bytes(7)), chunk(b"prVt", place)]
        return with_chunks(png, *texts) + place
    if kind == "WEBP":
        return encoded(image, kind, exif=exif(orientation), xmp=place, **options) + place
    gif = encoded(image.convert("P"), kind, comment=place, **options)
    xmp = b"\x21\xff\x0bXMP DataXMP" + bytes([len(place)]) + place + b"\0"
    return with_extensions(gif, xmp) + place


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A file of which bytes were changed, removed, repeated or cut off."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        length = chance.randint(0, 40)
        match chance.randrange(5):
            case 0:
                changed[at : at + length] = chance.randbytes(length)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case 3:
                changed[at : at + 1] = bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF))])
            case _:
                del changed[max(1, len(changed) - length) :]
    return bytes(changed)
