"""JSON with pictures in it, read piece by piece.

A 4K picture arrives as a JSON string of 35 million base64 characters. Parsed at once it would hold
the interpreter's lock, and so the event loop, for a tenth of a second and be in memory three times.
Here every long base64 string is decoded as it arrives and replaced by a short token, so that what
is left to parse is small.
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

_DATA_URL = re.compile(rb"data:[\w.+-]+/[\w.+-]+(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]*={0,2}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")


class Spill:
    """Takes a JSON text in pieces; gives the value, and the bytes of its base64 strings."""

    def __init__(self) -> None:
        self._name = f"spilled-{secrets.token_hex(8)}-"
        self._text = bytearray()
        self._string: bytearray | None = None  # of the string being read, if one is
        self._picture: BytesIO | None = None  # what has been decoded of it, if it is long
        self._rest = b""  # base64 characters and escapes that are not whole yet
        self._escaped = False
        self._spilled: dict[str, bytes] = {}

    def feed(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            ValueError: if a string that began as base64 goes on as something else, or there is too
                much besides the pictures.
        """
        if len(self._text) > MOST_TEXT:
            raise ValueError("too much text in an answer")
        position = 0
        while position < len(piece):
            if self._string is None and self._picture is None:
                position = self._outside(piece, position)
            else:
                position = self._inside(piece, position)

    def close(self) -> Any:
        """The value, with tokens where the long base64 strings were.

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

    def adopt(self, other: "Spill") -> None:
        """Take over the pictures of another text."""
        self._spilled |= other._spilled

    def decode(self, text: str) -> bytes | None:
        """The bytes behind a string of the value: base64, or a data URL; ``None`` for others."""
        encoded = text.rpartition(",")[2] if text[:5].lower() == "data:" else text
        if encoded in self._spilled:
            return self._spilled[encoded]
        try:
            return base64.b64decode(encoded.translate({45: 43, 95: 47}), validate=True) or None
        except (binascii.Error, ValueError):
            return None

    def _outside(self, piece: bytes, start: int) -> int:
        end = piece.find(b'"', start)
        if end < 0:
            self._text += piece[start:]
            return len(piece)
        self._text += piece[start:end]
        self._string = bytearray()
        return end + 1

    def _inside(self, piece: bytes, start: int) -> int:
        end = self._end(piece, start)
        content = piece[start : len(piece) if end < 0 else end]
        if self._string is None:
            self._decode(content)
        else:
            self._string += content
            if len(self._string) > LONG:
                self._begin()
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

    def _begin(self) -> None:
        """Decode from here on, if the string looks like a picture."""
        assert self._string is not None
        prefix = _DATA_URL.match(self._string)
        body = bytes(self._string[prefix.end() :] if prefix else self._string)
        if not _BASE64.fullmatch(body.replace(b"\\", b"").rstrip(b"=")):
            return
        token = f"{self._name}{len(self._spilled)}"
        self._text += b'"' + (prefix[0] if prefix else b"") + token.encode()
        self._string, self._picture = None, BytesIO()
        self._decode(body)

    def _decode(self, content: bytes) -> None:
        assert self._picture is not None
        content = self._rest + content
        held = b""
        if b"\\" in content:
            if cut := _ESCAPE.search(content[-6:]):
                held = cut[0]
                content = content[: len(content) - len(held)]
            content = str(json.loads(b'"' + content + b'"')).encode()
        whole = len(content) // 4 * 4
        try:
            self._picture.write(
                base64.b64decode(content[:whole].translate(_URL_SAFE), validate=True)
            )
        except binascii.Error as error:
            raise ValueError("a picture in the answer is not base64") from error
        self._rest = content[whole:] + held

    def _finish(self) -> None:
        if self._string is not None:
            self._text += b'"' + self._string + b'"'
            self._string = None
            return
        assert self._picture is not None
        if self._rest:
            self._rest += b"=" * (-len(self._rest) % 4)
            self._decode(b"")
        token = f"{self._name}{len(self._spilled)}"
        self._spilled[token] = self._picture.getvalue()  # which, at its end, is not a copy
        self._text += b'"'
        self._picture, self._rest = None, b""


def _nothing(_: str) -> None:
    """Instead of NaN and Infinity, which JSON does not have and Python reads."""


def _fraction(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _integer(text: str) -> int | None:
    return int(text) if len(text) <= MOST_DIGITS else None
