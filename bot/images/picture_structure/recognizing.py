"""Which format a file has, by its first bytes; a file's name and a server's word do not count.

Of the formats that are not read, those are named that people send: telephones' photographs (HEIF,
ISO/IEC 23008-12, and AVIF, https://aomediacodec.github.io/av1-avif/, by the brands of their first
box), drawings, documents, and what cameras and browsers write.
"""

from bot.images.picture_structure.parts import Kind

_READ: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
_OTHERS = (
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\1\0", "ICO"),
    (b"%PDF-", "PDF"),
    (b"8BPS", "PSD"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x1aE\xdf\xa3", "WebM"),
)
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")

HEIC = "HEIC"


def kind(data: bytes) -> Kind | None:
    """The format, if it is one that is read."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for start, name in _READ if data.startswith(start)), None)


def other(data: bytes) -> str | None:
    """What people call the format, if it is known and not read."""
    if data[4:8] == b"ftyp":
        size = min(int.from_bytes(data[:4], "big"), 256)
        brands = [data[8:12], *(data[at : at + 4] for at in range(16, size, 4))]
        if any(brand in _AVIF for brand in brands):
            return "AVIF"
        return HEIC if any(brand in _HEIF for brand in brands) else "MP4"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start):
        return "SVG"
    return next((name for begin, name in _OTHERS if data.startswith(begin)), None)
