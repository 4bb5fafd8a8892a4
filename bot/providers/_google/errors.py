"""What Google's errors mean: ``{"error": {"code", "message", "status", "details"}}``.

* https://ai.google.dev/gemini-api/docs/troubleshooting
* https://google.aip.dev/193 and https://cloud.google.com/apis/design/errors (the details)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Request
from bot.images.validation import MAX_BYTES, MAX_PIXELS
from bot.providers._http.client import HTTPAnswer, failure_of
from bot.providers._http.error_sentences import meaning
from bot.providers._http.explanations import redacted, sentence, unwrapped

_STATUSES = {
    "INVALID_ARGUMENT": Reason.BAD_PARAMETERS,
    "OUT_OF_RANGE": Reason.BAD_PARAMETERS,
    "FAILED_PRECONDITION": Reason.BAD_PARAMETERS,
    "UNAUTHENTICATED": Reason.UNAUTHORIZED,
    "PERMISSION_DENIED": Reason.UNAUTHORIZED,
    "NOT_FOUND": Reason.UNKNOWN_MODEL,
    "RESOURCE_EXHAUSTED": Reason.RATE_LIMITED,
    "INTERNAL": Reason.PROVIDER_DOWN,
    "UNKNOWN": Reason.PROVIDER_DOWN,
    "UNAVAILABLE": Reason.PROVIDER_DOWN,
    "DEADLINE_EXCEEDED": Reason.TIMEOUT,
}

# Where one status stands for several reasons, its sentence tells them apart.
_SENTENCES = (
    (re.compile(r"api key|credential", re.I), Reason.UNAUTHORIZED),
    (re.compile(r"token count .*exceeds", re.I), Reason.PROMPT_TOO_LONG),
    (re.compile(r"payload size exceeds|too large", re.I), Reason.REFERENCE_TOO_LARGE),
    (
        re.compile(r"process input image|mime ?type|image is not valid", re.I),
        Reason.REFERENCE_UNUSABLE,
    ),
)
_FURTHER = re.compile(r"\s*(?:For more information on|To monitor)\b[^:]*:\s*\S+", re.I)
"""Where to read on, which is for whoever runs the bot; as are the lines after the first."""

_APPLY_TO = {
    Reason.BAD_PARAMETERS: frozenset(
        {
            Reason.UNAUTHORIZED,
            Reason.PROMPT_TOO_LONG,
            Reason.REFERENCE_TOO_LARGE,
            Reason.REFERENCE_UNUSABLE,
        }
    ),
}


def google_failure(
    answer: HTTPAnswer, request: Request, models: Sequence[str], secret: str
) -> Failure:
    """What the error of an answer means; ``models`` are the names to choose from instead."""
    error = _error(answer)
    message = error.get("message")
    text = message if isinstance(message, str) else ""
    plain = failure_of(answer)
    if not error:
        reason = Reason.UNUSABLE_ANSWER if answer.ok else plain.reason
        facts = _facts(reason, "", request, models)
        return replace(plain, reason=reason, facts=facts, detail=redacted(plain.detail, secret))
    reason = _reason(error, text, plain.reason)
    return Failure(
        reason,
        _facts(reason, text, request, models),
        explanation=sentence(_FURTHER.sub("", _first_line(text)), secret),
        detail=f"HTTP {answer.status} {redacted(text, secret)[:200]}",
        retry_after=asked_wait(answer),
        provider_code=str(error.get("status") or error.get("code") or answer.status),
    )


def asked_wait(answer: HTTPAnswer) -> float | None:
    """Seconds to wait: Google says them in ``RetryInfo``, not in a header."""
    for detail in _details(_error(answer)):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", "")))
        if found:
            return float(found[1])
    return answer.retry_after


def is_final(answer: HTTPAnswer) -> bool:
    """Whether asking again cannot help, although the status is one of those that may pass."""
    return not google_failure(answer, Request(key="", prompt="", model=""), (), "").retryable


def _first_line(text: str) -> str:
    """The first line of a message, also of one that was passed on inside another."""
    return unwrapped(text.strip()).strip().partition("\n")[0]


def _error(answer: HTTPAnswer) -> dict[str, Any]:
    """The error of an answer; gateways have it as a string, or only a message."""
    body = answer.body if isinstance(answer.body, dict) else {}
    error = body.get("error")
    if isinstance(error, str):
        return {"message": error}
    if error is None and not answer.ok and isinstance(body.get("message"), str):
        return {"message": body["message"]}
    return error if isinstance(error, dict) else {}


def _details(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [d for d in details if isinstance(d, dict)] if isinstance(details, list) else []


def _reason(error: dict[str, Any], text: str, otherwise: Reason) -> Reason:
    reason = _STATUSES.get(str(error.get("status")), otherwise)
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in _details(error)):
        return Reason.UNAUTHORIZED
    if told := meaning(text, error.get("code"), error.get("type"), *_told(error)):
        return told
    for pattern, exact in _SENTENCES:
        if exact in _APPLY_TO.get(reason, ()) and pattern.search(text):
            return exact
    return reason


def _told(error: dict[str, Any]) -> Iterator[str]:
    """What the details say besides: a reason, and which quota is used up.

    A quota of the day has ``PerDay`` in its id; one of 0 is of a tier that has none
    (https://ai.google.dev/gemini-api/docs/rate-limits).
    """
    for detail in _details(error):
        yield str(detail.get("reason") or "")
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else []:
            if isinstance(violation, dict):
                yield str(violation.get("quotaId") or "")
                yield "limit: 0" if str(violation.get("quotaValue")) == "0" else ""


def _facts(reason: Reason, text: str, request: Request, models: Sequence[str]) -> dict[str, object]:
    if reason is Reason.UNKNOWN_MODEL:
        return {"model": request.model, "models": list(models)}
    numbers = [int(number) for number in re.findall(r"\d{3,}", text)]
    if reason is Reason.PROMPT_TOO_LONG:
        return too_long(request.prompt, *numbers[:2])
    if reason is Reason.REFERENCE_TOO_LARGE:
        return too_large(numbers[0] if numbers else MAX_BYTES)
    return {}


def too_long(prompt: str, counted: int = 0, allowed: int = 0) -> dict[str, object]:
    """The facts of ``PROMPT_TOO_LONG``, in characters, where a service counts something else."""
    limit = len(prompt) * allowed // counted if counted else len(prompt)
    return {"length": len(prompt), "limit": limit}


def too_large(limit: int = MAX_BYTES) -> dict[str, object]:
    """The facts of ``REFERENCE_TOO_LARGE`` for a limit in bytes."""
    return {"limit_mb": limit // 2**20, "limit_megapixels": MAX_PIXELS // 10**6}
