"""What IMA's answers mean: the envelope around all of them, its errors, and the state of a task.

Every answer is ``{"code", "message", "data"}``; 0 and 200 are success. An error comes with HTTP
status 200 and a code, or with an HTTP error status and mostly the same body.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.failures import Failure, Reason
from bot.providers._http.client import HTTPAnswer
from bot.providers._http.error_sentences import meaning
from bot.providers._http.explanations import redacted, sentence

_CODES = {
    401: Reason.UNAUTHORIZED,
    403: Reason.UNAUTHORIZED,
    402: Reason.OUT_OF_CREDIT,
    4008: Reason.OUT_OF_CREDIT,
    4014: Reason.SUBSCRIPTION_REQUIRED,
    6006: Reason.PRICE_MISMATCH,
    6009: Reason.BAD_PARAMETERS,
    6010: Reason.BAD_PARAMETERS,
    400: Reason.BAD_PARAMETERS,
    404: Reason.BAD_PARAMETERS,
    413: Reason.BAD_PARAMETERS,
    422: Reason.BAD_PARAMETERS,
    408: Reason.TIMEOUT,
    504: Reason.TIMEOUT,
    524: Reason.TIMEOUT,
    429: Reason.RATE_LIMITED,
}

# A message is more exact than its code; the first pattern that is found decides.
_MESSAGES = (
    (r"invalid product attribute", Reason.BAD_PARAMETERS),
    (r"pixels should be at least|at least \d+ pixels", Reason.BELOW_MINIMUM_PIXELS),
    (r"insufficient (points|credits?)|积分不足", Reason.OUT_OF_CREDIT),
    (r"requires a subscription", Reason.SUBSCRIPTION_REQUIRED),
    (
        r"safety|sensitive|moderat|content policy|prohibited|violat|nsfw|敏感|违规|审核",
        Reason.REFUSED,
    ),
)
"""IMA's own; what those behind it say is in :mod:`bot.providers._http.error_sentences`."""

_HOSTS = (".esxscloud.com", ".imastudio.com", ".liveme.com", ".aliyuncs.com")
"""Where IMA keeps pictures."""

_PAGES = {
    Reason.UNAUTHORIZED: "https://www.imaclaw.ai/imaclaw/apikey",
    Reason.OUT_OF_CREDIT: "https://www.imaclaw.ai/imaclaw/subscription",
}
"""Where the vendor says that the key is renewed, and credit bought."""


@dataclass(frozen=True, slots=True)
class TaskMedia:
    """One picture of a task: ``urls`` once it is there, ``failure`` if there will be none."""

    urls: tuple[str, ...] = field(default=(), repr=False)
    failure: Failure | None = None

    @property
    def final(self) -> bool:
        return bool(self.urls) or self.failure is not None


class AnswerReader:
    """Reads answers; ``secrets`` are cut out of everything that is quoted from them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]

    def data(self, answer: HTTPAnswer | Failure) -> Any:
        """The ``data`` of a successful answer, else a ``Failure``."""
        if isinstance(answer, Failure):
            return answer
        body = answer.body if isinstance(answer.body, dict) else {}
        code = _number(body.get("code"))
        if answer.ok and code in (0, 200):
            return body.get("data")
        if answer.ok and code is None:
            detail = f"no code in the answer: {self._hidden(answer.text[:200])}"
            return Failure(Reason.UNUSABLE_ANSWER, detail=detail)
        own = code if code not in (None, 0, 200) else None
        return self._failure(own or answer.status, body.get("message"), answer, own=own)

    def _failure(
        self, code: int, message: object, answer: HTTPAnswer, *, own: int | None
    ) -> Failure:
        """``own`` is IMA's code; without one the HTTP status is all there is, and it may be of a
        gateway that knows nothing of the order."""
        words = self.words(message)
        default = Reason.PROVIDER_DOWN if 500 <= code < 600 else Reason.UNKNOWN
        reason = _meaning(words, _CODES.get(code, default))
        said = " ".join(filter(None, (words, _PAGES.get(reason))))
        return Failure(
            reason,
            explanation=said or None,
            detail=f"HTTP {answer.status}, code {code}: {words or self._hidden(answer.text[:200])}",
            retry_after=answer.retry_after,
            provider_code=str(code) if own is not None else f"HTTP {code}",
        )

    def words(self, message: object) -> str:
        """The service's own words, made fit for a person."""
        return sentence(self._hidden(message)) or "" if isinstance(message, str) else ""

    def medias(self, data: Mapping[str, Any]) -> tuple[TaskMedia, ...]:
        """The pictures of a task, as ``tasks/detail`` tells them."""
        entries = data.get("medias")
        found = [m for m in entries if isinstance(m, dict)] if isinstance(entries, list) else []
        if not found and _said(data, "status").lower() == "failed":
            found = [dict(data)]
        return tuple(map(self._media, found))

    def _media(self, entry: Mapping[str, Any]) -> TaskMedia:
        """``resource_status`` is 1 for available, 2 failed, 3 deleted; all else is unfinished."""
        state = _number(entry.get("resource_status")) or 0
        if state == 3:
            return TaskMedia(failure=Failure(Reason.PROVIDER_DOWN, explanation="Task was deleted."))
        if state == 2 or _said(entry, "status").lower() == "failed":
            words = self.words(_said(entry, "error_msg") or _said(entry, "remark"))
            reason = _meaning(words, Reason.PROVIDER_DOWN)
            detail = f"resource_status {state}: {words or 'unknown'}"
            return TaskMedia(failure=Failure(reason, explanation=words or None, detail=detail))
        urls = (_said(entry, "url"), _said(entry, "watermark_url")) if state == 1 else ()
        return TaskMedia(tuple(secured(url) for url in urls if url))

    def _hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return redacted(text)


def secured(url: str) -> str:
    """A link of IMA's own hosts by https, which they all speak; some are told as http."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host = authority.removesuffix(":80").lower()
    own = scheme.lower() == "http" and host.endswith(_HOSTS)
    return f"https://{host}{slash}{path}" if own else url


def unbegun(failure: Failure) -> Failure:
    """A failure before anything was paid for: the service is as good as away."""
    if failure.reason in (Reason.NETWORK, Reason.TIMEOUT, Reason.UNUSABLE_ANSWER):
        return replace(failure, reason=Reason.PROVIDER_DOWN)
    return failure


def _meaning(words: str, otherwise: Reason) -> Reason:
    for pattern, reason in _MESSAGES:
        if re.search(pattern, words, re.IGNORECASE):
            return reason
    return meaning(words) or otherwise


def _number(value: object) -> int | None:
    """A code or a status, which some answers have as a string."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _said(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""
