"""JSON with pictures in it, read piece by piece.

A 4K picture arrives as a JSON string of 35 million base64 characters. Parsed at once it would hold
the interpreter's lock, and so the event loop, for a tenth of a second and be in memory three times.
Here every long base64 string is decoded as it arrives and replaced by a short token, so that what
is left to parse is small. So is the base64 of a data URL that stands inside a longer text, and one
that is broken into lines (https://www.rfc-editor.org/rfc/rfc2045#section-6.8: of 76 characters).
"""

import base64
import binascii
import json
import math
import re
import secrets
from io import BytesIO
from typing import Any

LONG = 4096
"""Characters of a string from which on it is decoded on the way."""

MOST_TEXT = 4 * 1024 * 1024
"""Bytes of an answer without its pictures: the largest list of models has a third of it."""

MOST_DIGITS = 18

_DATA_URL = re.compile(rb"data:[\w.+-]+\\?/[\w.+-]+(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_LONGEST_PREFIX = 200
_RUN = re.compile(
    rb"(?>[A-Za-z0-9+/_-]+|\\/|\\u00(?>2[bBfFdD]|5[fF])"
    rb"|(?:\\r)?\\n(?=[A-Za-z0-9+/_-]|\\/|\\u00))*(?:=|\\u003[dD])*"
)
_UNFINISHED = re.compile(rb"(?:\\r)?(?:\\n)?(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")
"""What may go on in the next piece: a line, or an escape."""

_SHORT = re.compile(rb'(?:[^"]*+"[^"\\]{0,%d}+")++' % LONG)
"""Strings one after the other that are short, and hold no escape, with what is between them."""

_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class Spill:
    """Takes a JSON text in pieces; gives the value, and the bytes of its base64 strings."""

    def __init__(self) -> None:
        self._name = f"spilled-{secrets.token_hex(8)}-"
        self._text = bytearray()
        self._string: bytearray | None = None  # what of a string is not in the text yet
        self._searched = 0  # how much of it has been looked through
        self._picture: _Picture | None = None  # what has been decoded of it, if it is long
        self._rest = b""  # base64 characters and escapes that are not whole yet
        self._escaped = False
        self._spilled: dict[str, bytes] = {}

    def feed(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            ValueError: there is too much besides the pictures.
        """
        if len(self._text) > MOST_TEXT:
            raise ValueError("too much text in an answer")
        position = 0
        while position < len(piece):
            if self._string is None:
                position = self._outside(piece, position)
            else:
                position = self._inside(piece, position)

    def close(self) -> Any:
        """The value, with tokens where the long base64 was; a number that is none is ``None``.

        A number that is none, or beyond all measure, is ``None``: nothing can be done with it, and
        neither JSON nor a database takes it. What was paid for is not thrown away for it.

        Raises:
            ValueError: if it is not JSON, or deeper than anybody needs.
        """
        try:
            return json.loads(
                self._text, parse_constant=_nothing, parse_float=_fraction, parse_int=_integer
            )
        except RecursionError:
            raise ValueError("deeper than can be read") from None

    @property
    def pictures(self) -> int:
        """How many pictures have been found."""
        return len(self._spilled)

    def adopt(self, other: "Spill") -> None:
        """Take over the pictures of another text."""
        self._spilled |= other._spilled

    def decode(self, text: str) -> bytes | None:
        """The bytes behind a string of the value: base64, or a data URL; ``None`` for others."""
        encoded = text.rpartition(",")[2] if text.lstrip()[:5].lower() == "data:" else text
        lines = encoded.translate({45: 43, 95: 47}).encode("ascii", "replace").split()
        if (token := "".join(encoded.split()[:1])) in self._spilled:
            return self._spilled[token] or None
        whole = _decoded(b"".join(lines))
        # In a text the last line may be words that belong to it no more.
        return whole or (_decoded(b"".join(lines[:-1])) if len(lines) > 1 else None)

    def _outside(self, piece: bytes, start: int) -> int:
        if short := _SHORT.match(piece, start):  # nearly all of most answers
            self._text += short[0]
            return short.end()
        end = piece.find(b'"', start)
        if end < 0:
            self._text += piece[start:]
            return len(piece)
        self._text += piece[start : end + 1]
        self._string, self._searched = bytearray(), 0
        return end + 1

    def _inside(self, piece: bytes, start: int) -> int:
        end = self._end(piece, start)
        content = piece[start : len(piece) if end < 0 else end]
        while content:
            content = self._decode(content) if self._picture is not None else self._keep(content)
        if end < 0:
            return len(piece)
        self._finish()
        return end + 1

    def _end(self, piece: bytes, start: int) -> int:
        """Where the string's closing quote is, or -1."""
        position = start
        while position < len(piece):
            if self._escaped:
                self._escaped = False
                position += 1
                continue
            quote, backslash = piece.find(b'"', position), piece.find(b"\\", position)
            if quote >= 0 and not 0 <= backslash < quote:
                return quote
            if backslash < 0:
                return -1
            self._escaped = True
            position = backslash + 1
        return -1

    def _keep(self, content: bytes) -> bytes:
        """Take a part of a string; gives what of it is base64 to be decoded."""
        assert self._string is not None
        self._string += content
        if len(self._string) <= LONG:
            return b""
        first = self._searched == 0
        found = _DATA_URL.search(self._string, max(0, self._searched - _LONGEST_PREFIX))
        self._searched = len(self._string)
        if found:
            return self._begin(found.end())
        if first and (run := _RUN.match(self._string)):
            if _UNFINISHED.match(self._string, run.end()):
                return self._begin(0)
        return b""

    def _begin(self, position: int) -> bytes:
        """Decode what comes from a position of the string on; gives what is there already."""
        assert self._string is not None
        encoded = bytes(self._string[position:])
        self._text += self._string[:position] + self._token()
        self._string, self._picture = bytearray(), _Picture(inside=position > 0)
        return encoded

    def _token(self) -> bytes:
        return f"{self._name}{len(self._spilled)}".encode()

    def _decode(self, content: bytes) -> bytes:
        """Decode base64; gives what comes after it."""
        assert self._picture is not None
        content, self._rest = self._rest + content, b""
        run = _RUN.match(content) if content and not self._picture.padded else None
        end = run.end() if run else 0
        held, after = b"", content[end:]
        if _UNFINISHED.match(after):
            held, after = after, b""
        encoded = content[:end]
        if b"\\" in encoded:
            encoded = _plain(encoded)
        whole = len(encoded) // 4 * 4
        self._picture.add(encoded[:whole])
        self._rest = encoded[whole:] + held
        if after:
            self._spill()
        return after

    def _spill(self) -> None:
        """The end of the base64, and of what was decoded."""
        assert self._picture is not None
        rest = self._rest.partition(b"\\")[0]
        self._picture.add(rest + b"=" * (-len(rest) % 4), last=True)
        self._spilled[self._token().decode()] = self._picture.all()
        self._picture, self._rest, self._searched = None, b"", 0

    def _finish(self) -> None:
        assert self._string is not None
        if self._picture is not None:
            self._spill()
        self._text += self._string + b'"'
        self._string = None


class _Picture:
    """What has been decoded of a picture; nothing once it turns out not to be base64.

    ``inside`` a text the last letters may be the first ones of the next line, and are let go.
    """

    def __init__(self, *, inside: bool) -> None:
        self._inside = inside
        self._file: BytesIO | None = BytesIO()
        self.padded = False

    def add(self, encoded: bytes, *, last: bool = False) -> None:
        if not encoded or self._file is None:
            return
        self.padded = encoded.endswith(b"=")
        if data := _decoded(encoded.translate(_URL_SAFE)):
            self._file.write(data)
        elif not (last and self._inside):
            self._file = None

    def all(self) -> bytes:
        return self._file.getvalue() if self._file else b""  # at its end, which is not a copy


def _plain(encoded: bytes) -> bytes:
    """Base64 without line breaks and escapes."""
    for escape, meant in ((rb"\r", b""), (rb"\n", b""), (rb"\/", b"/")):
        encoded = encoded.replace(escape, meant)
    return str(json.loads(b'"' + encoded + b'"')).encode() if b"\\" in encoded else encoded


def _decoded(encoded: bytes) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _nothing(_: str) -> None:
    """Instead of NaN and Infinity, which JSON does not have and Python reads."""


def _fraction(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _integer(text: str) -> int | None:
    return int(text) if len(text.lstrip("-")) <= MOST_DIGITS else None
