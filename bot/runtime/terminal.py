"""A terminal takes anything for orders, and not all of them can write every character.

What others wrote (providers, servers, files) passes :func:`clean` on its way to one, so that it
can neither colour it, move its cursor, nor turn its letters round.
"""

import codecs
import json
import os
import re
import sys
from io import TextIOWrapper
from typing import Any

_ORDERS = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline (ECMA-48)
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction (https://www.unicode.org/reports/tr9/)
    "\u2028\u2029"  # other newlines
    "\ufff9-\ufffb"  # annotations
    "\ud800-\udfff"  # halves of characters, which no encoding can write
    "\U000e0000-\U000e0fff"  # tags, which nobody sees
    "]"
)

_PLAIN = {
    "✓": "ok",
    "✗": "wrong",
    "→": "->",
    "•": "*",
    "·": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "×": "x",
}
"""How our own signs are written where there is only ASCII."""

_HANDLER = "banana-bot"


def clean(text: str) -> str:
    """The text with every character that a terminal would obey written as its number."""
    return _ORDERS.sub(lambda found: _number(found[0]), text)


def harmless(text: str) -> str:
    """The text without those characters."""
    return _ORDERS.sub("", text)


def _number(character: str) -> str:
    """As in a JSON string: ``\\u001b``, or two of them beyond U+FFFF."""
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def as_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that a terminal takes for nothing else, in ASCII where that is all it has."""
    return clean(json.dumps(value, ensure_ascii=not _takes_unicode(), indent=indent))


def _takes_unicode() -> bool:
    try:
        return codecs.lookup(sys.stdout.encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False


def argument(text: str) -> str:
    """A word of the command line. Where the system's encoding could not read it, it is UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text).decode(errors="replace")
    return text


def prepare() -> None:
    """Have the standard streams take every character; what is read from them is UTF-8."""
    codecs.register_error(_HANDLER, _write_plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")


def _write_plainly(error: UnicodeError) -> tuple[str, int]:
    """What to write instead of characters that the stream's encoding does not have."""
    assert isinstance(error, UnicodeEncodeError)
    unknown = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign) or _number(sign) for sign in unknown), error.end
