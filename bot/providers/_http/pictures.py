"""Pictures in a model's text: data URLs, bare or in markdown, and links to pictures.

Relays that answer in the form of a chat put a picture there, as a data URL or as a link in
``![image](…)``; some break the base64 into lines, some leave the markdown out.
"""

import re
from collections.abc import Iterator
from typing import TypeGuard
from urllib.parse import urlsplit

from bot.domain.failures import Failure, Reason
from bot.images.downloads import Downloader
from bot.providers._http.client import HTTPAnswer

MOST = 16
"""Pictures that are looked for in one text."""

_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF8")
_DATA_URL = re.compile(
    r"data:image/[\w.+-]+(?:;[\w=.+-]+)*;base64,[\w+/-]+(?:\r?\n[\w+/-]+)*={0,2}",
    re.IGNORECASE | re.ASCII,
)
_IMAGE = re.compile(r"!\[[^\]]{0,300}\]\(\s{0,9}<?(https?://[^\s()<>]+)", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s()<>\[\]\"'`]+", re.IGNORECASE)
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def is_picture(data: bytes | None) -> TypeGuard[bytes]:
    """Whether bytes begin as a PNG, JPEG, WebP or GIF does; they are decoded later."""
    return data is not None and data.startswith(_SIGNATURES)


def embedded(text: str, answer: HTTPAnswer) -> list[bytes | None]:
    """The pictures that stand in a text: each data URL, or the whole text as base64.

    ``None`` for a data URL that is no picture.
    """
    if urls := data_urls(text):
        pictures = map(answer.picture, urls)
        return [data if is_picture(data) else None for data in pictures]
    whole = answer.picture(text) if text and " " not in text.strip() else None
    return [whole] if is_picture(whole) else []


async def linked(text: str, downloader: Downloader) -> list[bytes] | Failure:
    """The pictures that a text links to; none where its links lead to something else.

    A :class:`Failure` where an image of markdown's, which is what was made, cannot be had.
    """
    found: list[bytes] = []
    failure: Failure | None = None
    made = _images(text)
    for link in links(text):
        fetched = await downloader.fetch(link)
        if isinstance(fetched, bytes) and is_picture(fetched):
            found.append(fetched)
        elif link in made:
            failure = failure or unfetched(fetched)
    return found or failure or []


def unfetched(fetched: bytes | Failure) -> Failure:
    """A picture behind a link that could not be had: it is made, and paid for."""
    if not isinstance(fetched, Failure):
        return Failure(Reason.UNUSABLE_ANSWER, detail="not a picture", maybe_paid=True)
    gone = fetched.reason is Reason.REFERENCE_UNREACHABLE
    reason = Reason.NETWORK if gone else Reason.UNUSABLE_ANSWER
    detail = f"picture: {fetched.reason} {fetched.detail}"
    return Failure(reason, detail=detail, maybe_paid=True)


def data_urls(text: str) -> list[str]:
    """The data URLs of pictures in a text, as they stand there."""
    return [found[0] for _, found in zip(range(MOST), _DATA_URL.finditer(text), strict=False)]


def links(text: str) -> list[str]:
    """The links of a text that lead to pictures: markdown's images, and what ends like a file."""
    return list(dict.fromkeys(_links(text)))[:MOST]


def _images(text: str) -> list[str]:
    return [found[1] for found in _IMAGE.finditer(text)]


def _links(text: str) -> Iterator[str]:
    yield from _images(text)
    for found in _LINK.finditer(text):
        link = found[0].rstrip(".,;:!?*_")
        if _path(link).lower().endswith(_ENDINGS):
            yield link


def _path(link: str) -> str:
    try:
        return urlsplit(link).path
    except ValueError:
        return ""
