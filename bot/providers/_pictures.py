"""Pictures in a model's text: data URLs, bare or in markdown, and links to pictures.

Relays that answer in the form of a chat put a picture there, as a data URL or as a link in
``![image](…)``; some break the base64 into lines, some leave the markdown out.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

MOST = 16
"""Pictures that are looked for in one text."""

_DATA_URL = re.compile(
    r"data:image/[\w.+-]+(?:;[\w=.+-]+)*;base64,[\w+/-]+(?:\r?\n[\w+/-]+)*={0,2}",
    re.IGNORECASE | re.ASCII,
)
_IMAGE = re.compile(r"!\[[^\]]*\]\(\s*<?(https?://[^\s()<>]+)", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s()<>\[\]\"'`]+", re.IGNORECASE)
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def data_urls(text: str) -> list[str]:
    """The data URLs of pictures in a text, as they stand there."""
    return [found[0] for _, found in zip(range(MOST), _DATA_URL.finditer(text), strict=False)]


def links(text: str) -> list[str]:
    """The links of a text that lead to pictures: markdown's images, and what ends like a file."""
    return list(dict.fromkeys(_links(text)))[:MOST]


def _links(text: str) -> Iterator[str]:
    for found in _IMAGE.finditer(text):
        yield found[1]
    for found in _LINK.finditer(text):
        link = found[0].rstrip(".,;:!?*_")
        if _path(link).lower().endswith(_ENDINGS):
            yield link


def _path(link: str) -> str:
    try:
        return urlsplit(link).path
    except ValueError:
        return ""
