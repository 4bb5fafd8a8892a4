"""A service's own words, made fit to be shown to a person."""

import html
import re

LONGEST = 300
"""Characters."""

_TRACES = re.compile(r"\s*\((?:tid|request id|trace ?id)\b[^)]*\)", re.IGNORECASE)
_QUERY = re.compile(r"(https?://[^\s?#]+)[?#]\S*", re.IGNORECASE)
_KEYS = re.compile(r"\b(?:sk|ima)[-_][\w*.-]{6,}|\bAIza[\w-]{6,}")
_TAG = re.compile(r"</?[a-z!][^>]*>", re.IGNORECASE)


def sentence(text: object, secret: str = "") -> str | None:
    """``text`` in one line of at most :data:`LONGEST` characters; ``None`` if nothing is left.

    Without ``secret`` and whatever looks like a key, without what follows the path of a link,
    request numbers, and HTML.
    """
    if not isinstance(text, str):
        return None
    text = redacted(html.unescape(_TAG.sub(" ", text)), secret)
    text = " ".join(_TRACES.sub("", text).split())
    if len(text) > LONGEST:
        text = text[: LONGEST - 1].rstrip() + "…"
    return text or None


def redacted(text: str, secret: str = "") -> str:
    """``text`` without ``secret``, keys, and the queries of links; for the log."""
    if secret:
        text = text.replace(secret, "***")
    return _KEYS.sub("***", _QUERY.sub(r"\1", text))
