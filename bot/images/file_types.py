"""What a file is, by its first bytes: what it is called, or said to be, is not believed.

The signatures are those of the formats' own documents, as
https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern collects them.
"""

from enum import StrEnum

HEAD = 512
"""So many bytes from the beginning are enough."""


class FileKind(StrEnum):
    """The sorts of files that are told apart."""

    PICTURE = "picture"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    OTHER = "file"


_STARTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"\x89PNG\r\n\x1a\n", FileKind.PICTURE),
    (b"\xff\xd8\xff", FileKind.PICTURE),
    (b"GIF87a", FileKind.PICTURE),
    (b"GIF89a", FileKind.PICTURE),
    (b"BM", FileKind.PICTURE),
    (b"II*\0", FileKind.PICTURE),
    (b"MM\0*", FileKind.PICTURE),
    (b"\xff\x0a", FileKind.PICTURE),  # JPEG XL
    (b"\0\0\0\x0cJXL ", FileKind.PICTURE),
    (b"\x1a\x45\xdf\xa3", FileKind.VIDEO),  # Matroska, WebM
    (b"FLV\x01", FileKind.VIDEO),
    (b"\0\0\x01\xba", FileKind.VIDEO),
    (b"\0\0\x01\xb3", FileKind.VIDEO),
    (b"ID3", FileKind.AUDIO),
    (b"\xff\xfb", FileKind.AUDIO),
    (b"\xff\xf3", FileKind.AUDIO),
    (b"\xff\xf2", FileKind.AUDIO),
    (b"\xff\xf1", FileKind.AUDIO),
    (b"OggS", FileKind.AUDIO),
    (b"fLaC", FileKind.AUDIO),
    (b"#!AMR", FileKind.AUDIO),
    (b"%PDF-", FileKind.OTHER),
)

_RIFF = {b"WEBP": FileKind.PICTURE, b"AVI ": FileKind.VIDEO, b"WAVE": FileKind.AUDIO}

# https://mp4ra.org/registered-types/brands: of the many brands only these are no videos.
_PICTURE_BRANDS = (b"hei", b"hev", b"mif", b"msf", b"avi")
_AUDIO_BRANDS = (b"M4A", b"M4B")

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))


def kind_of(head: bytes) -> FileKind:
    """What the file is whose first bytes these are; :data:`HEAD` of them, or all there are."""
    for start, kind in _STARTS:
        if head.startswith(start):
            # Two letters may also begin a text.
            if start != b"BM" or not _is_text(head):
                return kind
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], FileKind.OTHER)
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:11])
    return FileKind.TEXT if _is_text(head) else FileKind.OTHER


def _of_brand(brand: bytes) -> FileKind:
    if brand in _PICTURE_BRANDS:
        return FileKind.PICTURE
    return FileKind.AUDIO if brand in _AUDIO_BRANDS else FileKind.VIDEO


def _is_text(head: bytes) -> bool:
    """Whether it is UTF-8; a character that the end cuts off does not count."""
    if not head or head.translate(None, _CONTROLS) != head:
        return False
    for cut in range(4):
        try:
            head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False
