"""Text that a person or a provider wrote, made harmless to quote in a message.

A backslash before punctuation makes Discord show it as it is
(https://discord.com/developers/docs/reference#message-formatting). What could ping, hide where a
link leads, show a stranger's emoji, unfold an invitation or turn the page around is taken care of
here; ``AllowedMentions.none()`` on every message is the second lock on the same door.
"""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Zero-width characters that scripts and emoji need."""

_UNSEEN = ("Cc", "Cf", "Cs", "Co")
"""Control and format characters (also those that reverse the line), halves, and private ones."""

_MARKS = 4
"""So many combining marks in a row may be writing; more of them only cover the lines around."""

_ACTIVE = re.compile(r"([\\*_~`|<>\[\]])")
_AT_START = re.compile(r"^(?:(\d+)(?=[.)])|(?=[-+#]))")
_SCHEME = re.compile(r":(?=//)")
_SPACES = re.compile(" +")
_SLASH = re.compile(r"(?<=\w)/(?=\w)")


def clean(text: str) -> str:
    """One line without control characters, invisible ones, and heaps of combining marks."""
    if text.isascii() and text.isprintable():  # most lines are
        return _SPACES.sub(" ", text).strip(" ")
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in ("Zs", "Zl", "Zp") or character in "\t\n\v\f\r\x85":
            kept.append(" ")
        elif character in _JOINERS or (category not in _UNSEEN and marks <= _MARKS):
            kept.append(character)
    return _SPACES.sub(" ", "".join(kept)).strip(" ")


def escape(text: str) -> str:
    """:func:`clean` text that Discord shows as it was typed, and does nothing else with."""
    line = _ACTIVE.sub(r"\\\1", clean(text))
    line = _AT_START.sub(lambda found: f"{found[1] or ''}\\", line)
    line = _SLASH.sub(r"\\/", _SCHEME.sub(r"\\:", line))
    # Clients and the server read mentions on their own; a joiner after the sign stops both.
    return line.replace("@", "@\u200b")


def shorten(text: str, most: int) -> str:
    """:func:`clean` text of at most so many :func:`units`; an ellipsis tells that there is more."""
    return cut(clean(text), most)


def cut(text: str, most: int) -> str:
    """The lines of a text as they are, of at most so many :func:`units`; an ellipsis tells that
    there is more, and no backslash is left that would escape it."""
    if units(text) <= most:
        return text
    while units(text) > most - 1:
        text = text[: -max(1, (units(text) - most) // 2)]
    return text.rstrip(_JOINERS + "\\ \n") + "…"


def units(text: str) -> int:
    """The length in UTF-16 code units, which is never less than Discord counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
