"""What AIHubMix's errors mean: ``{"error": {"message", "type", "param", "code"}}``.

The envelope is OpenAI's (https://platform.openai.com/docs/guides/error-codes); behind the
Gemini-compatible endpoint Google's own errors come through as well.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Request
from bot.providers._google import errors as google
from bot.providers._http.client import HTTPAnswer, failure_of
from bot.providers._http.error_sentences import meaning
from bot.providers._http.explanations import redacted, sentence

_CODES = {
    "invalid_api_key": Reason.UNAUTHORIZED,
    "insufficient_user_quota": Reason.OUT_OF_CREDIT,
    "insufficient_quota": Reason.OUT_OF_CREDIT,
    "billing_hard_limit_reached": Reason.OUT_OF_CREDIT,
    "model_not_found": Reason.UNKNOWN_MODEL,
    "rate_limit_exceeded": Reason.RATE_LIMITED,
    "string_above_max_length": Reason.PROMPT_TOO_LONG,
    "invalid_image_file": Reason.REFERENCE_UNUSABLE,
    "unsupported_file_mimetype": Reason.REFERENCE_UNUSABLE,
    "image_too_large": Reason.REFERENCE_TOO_LARGE,
}


def aihubmix_failure(
    answer: HTTPAnswer, request: Request, models: Sequence[str], secret: str
) -> Failure:
    """What the error of an answer means; ``models`` are the names to choose from instead."""
    error = _error(answer)
    if error is None or "status" in error:
        return google.google_failure(answer, request, models, secret)
    message = error.get("message")
    text = message if isinstance(message, str) else ""
    plain = failure_of(answer)
    reason = _reason(error, text, Reason.UNUSABLE_ANSWER if answer.ok else plain.reason)
    return replace(
        plain,
        reason=reason,
        facts=_facts(reason, text, request, models),
        explanation=sentence(text, secret),
        detail=f"HTTP {answer.status} {redacted(text, secret)[:200]}",
        provider_code=str(error.get("code") or error.get("type") or answer.status),
    )


def asked_wait(answer: HTTPAnswer) -> float | None:
    """Seconds to wait, by the header or by what Google said."""
    return google.asked_wait(answer)


def is_final(answer: HTTPAnswer) -> bool:
    """Whether asking again cannot help, although the status is one of those that may pass."""
    return not aihubmix_failure(answer, Request(key="", prompt="", model=""), (), "").retryable


def _error(answer: HTTPAnswer) -> dict[str, Any] | None:
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else None


def _reason(error: dict[str, Any], text: str, otherwise: Reason) -> Reason:
    """Many of its errors have no code, only a sentence; some have a code that says nothing."""
    known = _CODES.get(str(error.get("code")))
    return known or meaning(text, error.get("code"), error.get("type")) or otherwise


def _facts(reason: Reason, text: str, request: Request, models: Sequence[str]) -> dict[str, object]:
    if reason is Reason.UNKNOWN_MODEL:
        return {"model": request.model, "models": list(models)}
    if reason is Reason.PROMPT_TOO_LONG:
        allowed, counted = ([int(n) for n in re.findall(r"\d{3,}", text)] + [0, 0])[:2]
        return google.too_long(request.prompt, counted, allowed)
    return google.too_large() if reason is Reason.REFERENCE_TOO_LARGE else {}
