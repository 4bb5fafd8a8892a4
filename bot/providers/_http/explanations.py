"""A service's own words, made fit to be shown to a person."""

import html
import json
import re

LONGEST = 300
"""Characters."""

MOST = 20_000
"""Characters that are looked at."""

_TRACES = re.compile(r"\s*\((?:tid|request id|trace ?id)\b[^)]*\)", re.IGNORECASE)
_QUERY = re.compile(r"(https?://[^\s?#]+)[?#]\S*", re.IGNORECASE)
_KEYS = re.compile(r"\b(?:sk|ima)[-_][\w*.-]{6,}|\bAIza[\w-]{6,}")
_TAG = re.compile(r"</?[a-z!][^>]{0,500}>", re.IGNORECASE)
_DATA_URL = re.compile(
    r"!?(?:\[[^\]\n]{0,200}\]\(\s{0,9}<?)?data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*,"
    r"[\w+/=%-]*(?:[\r\n]+[\w+/=%-]{20,})*>?\s*\)?",
    re.IGNORECASE,
)
"""A data URL, with the markdown around it, also when it is broken into lines."""

_SPILLED = re.compile(r"\bspilled-[0-9a-f]{16}-\d+")
"""What stands for base64 that was taken out (:mod:`bot.providers._http.json_stream`)."""

_ENCODED = re.compile(r"(?<![\w+/=-])[\w+/=-]{120,}", re.ASCII)
"""What no word of a language is as long as: base64 without a data URL around it."""


def sentence(text: object, secret: str = "") -> str | None:
    """``text`` in one line of at most :data:`LONGEST` characters; ``None`` if nothing is left.

    Without ``secret`` and whatever looks like a key, without what follows the path of a link,
    request numbers, HTML, data URLs and other base64. Of an error in JSON it is the message.
    """
    if not isinstance(text, str):
        return None
    text = _ENCODED.sub(_hidden, _SPILLED.sub(" ", _DATA_URL.sub(" ", unwrapped(text)[:MOST])))
    text = redacted(html.unescape(_TAG.sub(" ", text)), secret)
    text = " ".join(_TRACES.sub("", text).split())
    if len(text) > LONGEST:
        text = text[: LONGEST - 1].rstrip() + "…"
    return text if text.strip("… ") else None


def _hidden(found: re.Match[str]) -> str:
    """Base64 has letters of both cases and digits; what has not may be somebody's "aaaah"."""
    run = found[0]
    mixed = run != run.lower() and run != run.upper() and re.search(r"\d", run)
    return "…" if mixed else run


def unwrapped(text: str) -> str:
    """The message inside an error that was passed on as JSON; ``text`` itself if it is none."""
    found = text
    for _ in range(3):
        start = found.find("{")
        if start < 0 or len(found) > MOST:
            break
        try:
            inner = json.loads(found[start : found.rindex("}") + 1])
        except (ValueError, RecursionError):
            break
        error = inner.get("error", inner) if isinstance(inner, dict) else None
        message = error.get("message") if isinstance(error, dict) else error
        if not isinstance(message, str) or not message:
            break
        found = message
    return found


def redacted(text: str, secret: str = "") -> str:
    """``text`` without ``secret``, keys, and the queries of links; for the log."""
    if secret:
        text = text.replace(secret, "***")
    return _KEYS.sub("***", _QUERY.sub(r"\1", text))
