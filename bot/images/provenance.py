"""The mark in a picture's file that says that it was made by AI.

It is the property ``DigitalSourceType`` of the IPTC in an XMP packet, which search engines, photo
libraries and the platforms of social networks read
(https://iptc.org/standards/photo-metadata/iptc-standard/,
https://cv.iptc.org/newscodes/digitalsourcetype/). What says so already is left as it is, as is what
is signed or has a packet of its own: a change would break it.
"""

import struct
import zlib

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"""

_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    f' Iptc4xmpExt:DigitalSourceType="{SOURCE}"/>'
    "</rdf:RDF></x:xmpmeta>"
    '<?xpacket end="w"?>'
).encode()

MARK_BYTES = len(_PACKET) + 128
"""By how many bytes a file grows at most."""

_SIGNS = (b"trainedAlgorithmicMedia", b"ns.adobe.com/xap/1.0/", b"XML:com.adobe.xmp", b"c2pa")
"""What a file has in it that is marked, has a packet of its own, or is signed."""

_PNG = b"\x89PNG\r\n\x1a\n"
_XMP, _ALPHA = 0x04, 0x10
"""Flags of a WebP's extended header."""


def marked(data: bytes) -> bytes:
    """The file with the mark, its pixels untouched; a GIF, and what is no picture, as it is."""
    if any(sign in data for sign in _SIGNS):
        return data
    if data.startswith(_PNG):
        return _in_png(data)
    if data.startswith(b"\xff\xd8"):
        return _in_jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _in_webp(data)
    return data


def _in_png(data: bytes) -> bytes:
    """A text chunk behind the header: https://www.w3.org/TR/png-3/#11iTXt."""
    behind = 8 + 12 + 13
    if data[12:16] != b"IHDR" or len(data) < behind:
        return data
    body = b"XML:com.adobe.xmp\0\0\0\0\0" + _PACKET
    checked = zlib.crc32(b"iTXt" + body)
    chunk = struct.pack(">I4s", len(body), b"iTXt") + body + struct.pack(">I", checked)
    return data[:behind] + chunk + data[behind:]


def _in_jpeg(data: bytes) -> bytes:
    """A segment APP1, behind APP0 and the EXIF if there are any, which have to be the first:
    https://developer.adobe.com/xmp/docs/xmp-specifications/ (part 3)."""
    position = 2
    while data[position : position + 2] in (b"\xff\xe0", b"\xff\xe1"):
        if position + 4 > len(data):
            return data
        position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])
    body = b"http://ns.adobe.com/xap/1.0/\0" + _PACKET
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    return data[:position] + segment + data[position:]


def _in_webp(data: bytes) -> bytes:
    """A chunk at the end, and the flag for it in the header of the extended format:
    https://developers.google.com/speed/webp/docs/riff_container."""
    packet = b"XMP " + struct.pack("<I", len(_PACKET)) + _PACKET + b"\0" * (len(_PACKET) % 2)
    body = data[12:]
    if body[:4] == b"VP8X" and len(body) >= 18:
        extended = body[:8] + bytes([body[8] | _XMP]) + body[9:]
    else:
        found = _webp_header(body)
        if found is None:
            return data
        width, height, alpha = found
        flags = struct.pack("<I", _XMP | (_ALPHA if alpha else 0))
        size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        extended = b"VP8X" + struct.pack("<I", 10) + flags + size + body
    whole = b"WEBP" + extended + packet
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _webp_header(body: bytes) -> tuple[int, int, bool] | None:
    """Width, height, and whether something shows through, of the simple format."""
    if body[:4] == b"VP8 " and body[11:14] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 14)
        return width & 0x3FFF, height & 0x3FFF, False
    if body[:4] == b"VP8L" and len(body) >= 13 and body[8] == 0x2F:
        bits = struct.unpack_from("<I", body, 9)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    return None
