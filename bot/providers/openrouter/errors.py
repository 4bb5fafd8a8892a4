"""Where OpenRouter's errors hide, and what they mean.

An error comes with its HTTP status, or in an answer of status 200: at the top, or in the choice
(https://openrouter.ai/docs/api/reference/errors-and-debugging). A chat can also end without one and
without a picture.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Request
from bot.images.validation import dimensions
from bot.providers._google.errors import too_large
from bot.providers._http.client import HTTPAnswer, failure_of
from bot.providers._http.error_sentences import meaning
from bot.providers._http.explanations import redacted, sentence

WRONG_ENDPOINT = "wrong_endpoint"

_KINDS = {
    # error.metadata.error_type
    "authentication": Reason.UNAUTHORIZED,
    "permission_denied": Reason.UNAUTHORIZED,
    "payment_required": Reason.OUT_OF_CREDIT,
    "rate_limit_exceeded": Reason.RATE_LIMITED,
    "provider_overloaded": Reason.PROVIDER_DOWN,
    "provider_unavailable": Reason.PROVIDER_DOWN,
    "server": Reason.PROVIDER_DOWN,
    "unmapped": Reason.PROVIDER_DOWN,
    "timeout": Reason.TIMEOUT,
    "content_policy_violation": Reason.REFUSED,
    "refusal": Reason.REFUSED,
    "moderation_blocked": Reason.REFUSED,
    "context_length_exceeded": Reason.PROMPT_TOO_LONG,
    "token_limit_exceeded": Reason.PROMPT_TOO_LONG,
    "string_too_long": Reason.PROMPT_TOO_LONG,
    "max_tokens_exceeded": Reason.BAD_PARAMETERS,
    "invalid_request": Reason.BAD_PARAMETERS,
    "invalid_prompt": Reason.BAD_PARAMETERS,
    "precondition_failed": Reason.BAD_PARAMETERS,
    "unprocessable": Reason.BAD_PARAMETERS,
    "not_found": Reason.UNKNOWN_MODEL,
    "payload_too_large": Reason.REFERENCE_TOO_LARGE,
    "image_too_large": Reason.REFERENCE_TOO_LARGE,
    "image_too_small": Reason.REFERENCE_TOO_SMALL,
    "invalid_image": Reason.REFERENCE_UNUSABLE,
    "unsupported_image_format": Reason.REFERENCE_UNUSABLE,
    "image_not_found": Reason.REFERENCE_UNUSABLE,
    "image_download_failed": Reason.REFERENCE_UNUSABLE,
    # error.availability.code
    "model_not_found": Reason.UNKNOWN_MODEL,
    "model_deprecated": Reason.UNKNOWN_MODEL,
    "free_variant_ended": Reason.UNKNOWN_MODEL,
    WRONG_ENDPOINT: Reason.BAD_PARAMETERS,
    "constraint_filtered": Reason.BAD_PARAMETERS,
    "no_endpoints": Reason.UNKNOWN_MODEL,
    "model_unavailable_upstream": Reason.UNKNOWN_MODEL,
    "temporarily_unavailable": Reason.PROVIDER_DOWN,
    "capacity_exhausted": Reason.RATE_LIMITED,
    "privacy_restricted": Reason.ACCOUNT_SETTINGS,
    "region_restricted": Reason.REGION_UNSUPPORTED,
}

_REFUSALS = frozenset(
    {
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "SAFETY",
        "PROHIBITED_CONTENT",
        "RECITATION",
        "BLOCKLIST",
        "SPII",
    }
)
"""``native_finish_reason`` of a model that would not
(https://ai.google.dev/api/generate-content#FinishReason)."""

_SAYS_NOTHING = re.compile(
    r"provider returned error|internal server error|bad gateway|(?:an )?unknown error(?: occurred)?"
    r"|error",
    re.IGNORECASE,
)
_TOKENS = re.compile(r"(\d+) tokens.*?(\d+) tokens")
_MEGABYTES = re.compile(r"(\d+) ?Mi?B", re.IGNORECASE)
_PIXELS = re.compile(r"(\d+) ?(?:px|pixels?)", re.IGNORECASE)
_GENERAL = frozenset(
    {
        Reason.BAD_PARAMETERS,
        Reason.NETWORK,
        Reason.OUT_OF_CREDIT,
        Reason.PROVIDER_DOWN,
        Reason.RATE_LIMITED,
        Reason.TIMEOUT,
        Reason.UNAUTHORIZED,
        Reason.UNKNOWN_MODEL,
    }
)
"""Reasons of a status or a kind that a sentence tells apart further."""


def failure_in(answer: HTTPAnswer, secret: str) -> Failure | None:
    """The error in an answer, wherever it is; ``None`` if it has none."""
    body = answer.body if isinstance(answer.body, dict) else {}
    if error := body.get("error") or choice_of(body).get("error"):
        return _translated(error if isinstance(error, dict) else {"message": error}, answer, secret)
    if not answer.ok:
        failure = failure_of(answer)
        return replace(
            failure, detail=f"HTTP {answer.status} {redacted(answer.text, secret)[:200]}"
        )
    if not body:
        detail = f"no JSON object: {redacted(answer.text, secret)[:200]}"
        return Failure(Reason.UNUSABLE_ANSWER, detail=detail)
    return None


def failure_without_picture(body: Mapping[str, Any], secret: str) -> Failure:
    """Why a chat that ended without an error has no picture, with what the model said instead."""
    choice = choice_of(body)
    message = _object(choice.get("message"))
    finish, native = choice.get("finish_reason"), choice.get("native_finish_reason")
    code = str(native or finish or "")
    refusal, text = message.get("refusal"), spoken(message)
    explanation = explained(str(refusal) if refusal else text, secret)
    if native in _REFUSALS or finish == "content_filter" or refusal:
        reason = Reason.REFUSED
    elif finish == "error":
        reason = Reason.PROVIDER_DOWN
    else:
        reason = Reason.TEXT_INSTEAD if explanation else Reason.UNUSABLE_ANSWER
    detail = f"no picture: finish {finish}, native {native}"
    return Failure(reason, explanation=explanation, detail=detail, provider_code=code)


def informed(failure: Failure, request: Request, asked: Model, offered: Iterable[Model]) -> Failure:
    """A failure with what its text needs to know; ``asked`` is the model of the request."""
    said = failure.explanation or ""
    reason, facts = failure.reason, dict(failure.facts)
    if reason is Reason.REFERENCE_TOO_LARGE and not request.references:
        reason = Reason.PROMPT_TOO_LONG
    if reason is Reason.PROMPT_TOO_LONG:
        facts["length"] = length = len(request.prompt)
        if counted := _TOKENS.search(said):  # they count tokens, people count characters
            facts["limit"] = length * int(counted[1]) // max(1, int(counted[2]))
    elif reason is Reason.REFERENCE_TOO_LARGE:
        megabytes = _MEGABYTES.search(said)
        facts |= too_large(int(megabytes[1]) * 2**20) if megabytes else too_large()
    elif reason is Reason.REFERENCE_TOO_SMALL and request.references:
        sizes = [dimensions(reference.data) for reference in request.references]
        facts["width"], facts["height"] = min(filter(None, sizes), key=min, default=(0, 0))
        if limit := _PIXELS.search(said):
            facts["limit"] = limit[1]
    elif reason is Reason.UNKNOWN_MODEL:
        names = [model.name for model in offered if model.id != asked.id]
        facts = {"model": asked.name, "models": names}
    return replace(failure, reason=reason, facts=facts)


def choice_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first choice of a chat; empty if there is none."""
    choices = body.get("choices")
    return _object(choices[0]) if isinstance(choices, list) and choices else {}


def spoken(message: Mapping[str, Any]) -> str:
    """The text of a message: ``content`` is a string, ``null``, or parts."""
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(_object(part).get("text") or "") for part in content).strip()
    return content.strip() if isinstance(content, str) else ""


def written(body: Mapping[str, Any]) -> str:
    """The text of a chat's first choice."""
    return spoken(_object(choice_of(body).get("message")))


def explained(text: str, secret: str) -> str | None:
    """A text of the service for a person; ``None`` where it says nothing."""
    found = sentence(text, secret)
    return None if found and _SAYS_NOTHING.fullmatch(found.rstrip(".!")) else found


def asked_wait(answer: HTTPAnswer) -> float | None:
    """Seconds after which to come again: a header, or in an error of any of its shapes."""
    error = _object(_object(answer.body).get("error"))
    metadata = _object(error.get("metadata"))
    found = (
        answer.retry_after,
        _number(_object(error.get("availability")).get("retry_after")),
        _number(metadata.get("retry_after_seconds")),
    )
    return next((seconds for seconds in found if seconds is not None), None)


def is_final(answer: HTTPAnswer) -> bool:
    """Whether asking again cannot help, although the status is one of those that may pass."""
    failure = failure_in(answer, "")
    return failure is not None and not failure.retryable


def _translated(error: Mapping[str, Any], answer: HTTPAnswer, secret: str) -> Failure:
    metadata = _object(error.get("metadata"))
    availability = _object(error.get("availability"))
    kinds = [
        availability.get("code"),
        error.get("error_type") or metadata.get("error_type"),
        metadata.get("provider_code"),
        error.get("code"),
    ]
    kind = next((kind for kind in kinds if isinstance(kind, str) and kind in _KINDS), None)
    status = _number(error.get("code")) or _number(error.get("http_status"))
    status = int(status or (answer.status if not answer.ok else 502))
    message = str(error.get("message") or "")
    failure = failure_of(replace(answer, status=status))
    return replace(
        failure,
        reason=_reason(kind, message, metadata, failure.reason),
        explanation=explained(_words(message, metadata), secret),
        detail=redacted(f"HTTP {answer.status}, error {kind or status}: {message}", secret)[:300],
        retry_after=asked_wait(answer),
        provider_code=kind or str(status),
    )


def _reason(
    kind: str | None, message: str, metadata: Mapping[str, Any], otherwise: Reason
) -> Reason:
    if metadata.get("reasons") or metadata.get("patterns"):  # moderation, or a guardrail
        return Reason.REFUSED
    if metadata.get("limit_source") == "openrouter_in_flight_budget":
        return Reason.RATE_LIMITED
    known = _KINDS[kind] if kind else otherwise
    if known not in _GENERAL:
        return known
    told = meaning(message, metadata.get("raw"), metadata.get("provider_code"))
    return told or known


def _words(message: str, metadata: Mapping[str, Any]) -> str:
    """What the service says; where that is nothing, what the service behind it said."""
    if not message or _SAYS_NOTHING.fullmatch(message.strip().rstrip(".!")):
        message = _inner(metadata.get("raw"))
    if message.startswith(("[", "{")):  # the list of a validator, for programmers
        return ""
    reasons = metadata.get("reasons")
    named = ", ".join(map(str, reasons)) if isinstance(reasons, list) else ""
    return f"{message} ({named})" if named else message


def _inner(raw: Any) -> str:
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError:
            return str(raw)
    inner = _object(raw)
    found = _object(inner.get("error")).get("message") or inner.get("message")
    return str(found or "")


def _number(value: Any) -> float | None:
    """A finite number, also one that is written as a string."""
    try:
        number = math.nan if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
