"""OpenRouter's answers: the pictures in them, what they cost, and those that come in pieces.

Streamed, the Image API sends partial and completed pictures, a chat sends pieces of its message
(https://openrouter.ai/docs/api/reference/streaming); both are gathered into the answer that they
would have been in one piece.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.providers._http.client import HTTPAnswer
from bot.providers._http.json_stream import Spill
from bot.providers.openrouter.errors import choice_of


class Gathering:
    """Hears the events of a stream, and calls ``sign`` with every one."""

    def __init__(self, sign: Callable[[], None]) -> None:
        self._sign = sign
        self._spill = Spill()
        self._heard: dict[str, Any] = {}

    def hear(self, event: HTTPAnswer) -> None:
        """Take an event's share of the answer; a picture that is not finished has none."""
        self._sign()
        if not isinstance(event.body, dict):
            return
        kind = str(event.body.get("type") or "")
        if kind.startswith("image_generation.") and kind != "image_generation.completed":
            return
        self._spill.adopt(event.spill)
        if kind:
            self._heard.setdefault("data", []).append(event.body)
        for name in ("error", "usage"):
            if event.body.get(name):
                self._heard[name] = event.body[name]
        choices = event.body.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self._add(choices[0])

    def whole(self, answer: HTTPAnswer) -> HTTPAnswer:
        """The answer made of what was heard; ``answer`` as it is if it was no stream."""
        if not self._heard:
            return answer
        return replace(answer, body=self._heard, spill=self._spill)

    def _add(self, piece: dict[str, Any]) -> None:
        [choice] = self._heard.setdefault("choices", [{"message": {}}])
        for name in ("finish_reason", "native_finish_reason", "error"):
            if piece.get(name):
                choice[name] = piece[name]
        delta, message = piece.get("delta"), choice["message"]
        for name, kind in (("content", str), ("refusal", str), ("images", list)):
            more = delta.get(name) if isinstance(delta, dict) else None
            if isinstance(more, kind):
                message[name] = message.get(name, kind()) + more


def links_of(body: Mapping[str, Any]) -> list[str]:
    """Every picture in an answer of either kind: base64, a data URL or an https URL."""
    data = body.get("data")
    message = choice_of(body).get("message")
    found: list[Any] = list(data) if isinstance(data, list) else []
    if isinstance(message, dict):
        for name in ("images", "content"):
            parts = message.get(name)
            found += parts if isinstance(parts, list) else []
    return [link for link in map(_link, found) if link]


def _link(part: Any) -> str | None:
    """Only ``image_url.url`` is required of a picture in a chat; some are plain strings."""
    if isinstance(part, dict):
        inner = part.get("image_url") or part.get("imageUrl")
        part = part.get("b64_json") or (inner.get("url") if isinstance(inner, dict) else inner)
    return part if isinstance(part, str) and part else None


def cost_of(body: Mapping[str, Any]) -> float | None:
    """What a call cost in USD. With a key of one's own the rest is charged elsewhere."""
    usage = body.get("usage")
    cost = usage.get("cost") if isinstance(usage, dict) else None
    if not isinstance(usage, dict) or not _is_amount(cost):
        return None
    details = usage.get("cost_details")
    upstream = details.get("upstream_inference_cost") if isinstance(details, dict) else None
    own = upstream if usage.get("is_byok") and _is_amount(upstream) else 0.0
    return float(cost or 0.0) + float(own or 0.0)


def _is_amount(value: Any) -> bool:
    """Whether it can be an amount of money: "NaN" and less than nothing have been seen."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0
