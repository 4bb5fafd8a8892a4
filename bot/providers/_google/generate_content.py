"""Gemini's ``generateContent``, as Google and those who imitate it serve it.

One turn, no history: pictures to work from come as parts before the text, so that no thought
signature is ever needed.

* https://ai.google.dev/api/generate-content
* https://ai.google.dev/gemini-api/docs/image-generation
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures, Reference, Request
from bot.domain.image_models import TokenPrice
from bot.providers._http.body import Inline
from bot.providers._http.client import REJECTED, Client, HTTPAnswer, in_doubt
from bot.providers._http.explanations import redacted, sentence
from bot.providers._http.pictures import embedded, is_picture, linked
from bot.providers._http.references import GATEWAY, made_smaller, readable
from messages import Cost, Note

UNCHARGED = REJECTED | {500}
"""https://ai.google.dev/gemini-api/docs/billing: requests that fail with 400 or 500 are free.

That is Google's rule, and nobody else's: at a copy of its API only :data:`REJECTED` is repeated.
"""

TRIES = 2
"""How often a picture is asked for where the model gives none without refusing."""

ACCEPTED = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
"""https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats"""

# https://ai.google.dev/api/generate-content#FinishReason and #BlockReason, in plain words, for
# when the answer brings none of its own.
_REFUSALS = {
    "SAFETY": "Flagged by a safety filter.",
    "IMAGE_SAFETY": "The picture was flagged by a safety filter.",
    "PROHIBITED_CONTENT": "It may contain prohibited content.",
    "IMAGE_PROHIBITED_CONTENT": "The picture may contain prohibited content.",
    "RECITATION": "The answer came too close to existing material.",
    "IMAGE_RECITATION": "The picture came too close to existing material.",
    "BLOCKLIST": "It contains words from a blocklist.",
    "SPII": "It may contain sensitive personal information.",
    "MODEL_ARMOR": "Flagged by the filter of the project.",
}
_INCOMPLETE = {
    "MAX_TOKENS": "The answer reached its largest length before there was a picture.",
    "LANGUAGE": "The language is not supported.",
    "OTHER": "The model stopped for a reason it does not give.",
    "IMAGE_OTHER": "The model could not make the picture.",
    "NO_IMAGE": "The model was expected to make a picture, and made none.",
}
_WORTH_ANOTHER_TRY = frozenset({"STOP", "NO_IMAGE", "IMAGE_OTHER", "OTHER", ""})


@dataclass(slots=True)
class _Drawn:
    """What one call, or its second try, brought; ``usages`` are of both, ``linking`` is a text
    that may link to pictures."""

    items: list[bytes] = field(default_factory=list)
    failure: Failure | None = None
    again: bool = False
    usages: list[Any] = field(default_factory=list)
    linking: str = ""


class GenerateContent:
    """Asks for pictures below ``prefix``, one a call.

    ``explain`` says what an answer that is no success means. ``headers`` hold the key, ``secret``,
    which is removed from whatever the service says. ``uncharged`` are statuses that cost nothing,
    ``most`` the bytes of all pictures to work from.
    """

    def __init__(
        self,
        client: Client,
        *,
        headers: Mapping[str, str],
        extra_body: Mapping[str, Any],
        secret: str,
        explain: Callable[[HTTPAnswer, Request], Failure],
        prefix: str = "",
        uncharged: frozenset[int] = REJECTED,
        most: int = GATEWAY,
    ) -> None:
        self._client = client
        self._headers = headers
        self._extra_body = extra_body
        self._secret = secret
        self._explain = explain
        self._prefix = prefix
        self._uncharged = uncharged
        self._most = most

    async def make(
        self, request: Request, model: str, price: TokenPrice | None = None
    ) -> Pictures | Failure:
        """As many pictures as asked, made at the same time; those that succeed are delivered."""
        return await made_smaller(
            lambda most: self._make(request, model, price, most), request, self._most
        )

    async def _make(
        self, request: Request, model: str, price: TokenPrice | None, most: int
    ) -> Pictures | Failure:
        references = await readable(request.references, ACCEPTED, most)
        if isinstance(references, Failure):
            return references
        asked = body(request, references)
        asked = merged(asked, self._extra_body, request.extra)
        path = f"{self._prefix}/models/{quote(model, safe='')}:generateContent"
        drawn = await asyncio.gather(
            *(self._draw(path, asked, request) for _ in range(request.count))
        )
        usages = [usage for one in drawn for usage in one.usages]
        return together([one.failure or one.items for one in drawn], _cost(usages, price))

    async def _draw(self, path: str, asked: Mapping[str, Any], request: Request) -> _Drawn:
        usages: list[Any] = []
        for _ in range(TRIES):
            answer = await self._client.call(
                "POST",
                path,
                body=asked,
                headers=self._headers,
                pays=True,
                uncharged=self._uncharged,
            )
            if isinstance(answer, Failure):
                return _Drawn(failure=answer, usages=usages)
            if not answer.ok or not isinstance(answer.body, dict) or "error" in answer.body:
                failure = in_doubt(self._explain(answer, request), answer)
                return _Drawn(failure=failure, usages=usages)
            drawn = await self._linked(read(answer, self._secret))
            usages.append(answer.body.get("usageMetadata"))
            if not drawn.again:
                break
        drawn.usages = usages
        return drawn

    async def _linked(self, drawn: _Drawn) -> _Drawn:
        """With the pictures behind links, where the answer has no others."""
        if drawn.items or not drawn.linking:
            return drawn
        found = await linked(drawn.linking, self._client.text_downloader)
        if isinstance(found, Failure):
            return _Drawn(failure=found)
        return _Drawn(found) if found else drawn


def body(request: Request, references: Iterable[Reference]) -> dict[str, Any]:
    """The request; size and ratio are left out where the model may choose."""
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": reference.mime, "data": Inline(reference.data)}}
        for reference in references
    ]
    parts.append({"text": request.prompt})
    image = {"aspectRatio": request.aspect_ratio, "imageSize": request.size}
    config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
    if chosen := {name: value for name, value in image.items() if value is not None}:
        config["imageConfig"] = chosen
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}


def merged(first: Mapping[str, Any], *others: Mapping[str, Any]) -> dict[str, Any]:
    """All objects in one; where several have an object it is merged too, else the last counts."""
    result = dict(first)
    for other in others:
        for key, value in other.items():
            old = result.get(key)
            both = isinstance(old, Mapping) and isinstance(value, Mapping)
            result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def together(made: list[list[bytes] | Failure], cost: Cost | None) -> Pictures | Failure:
    """The outcome of several calls: whatever succeeded, with a note if some did not."""
    done = [items for items in made if not isinstance(items, Failure)]
    if not done:
        return next(failure for failure in made if isinstance(failure, Failure))
    notes: tuple[Note, ...] = ()
    if len(done) < len(made):
        notes = (Note("partly_done", {"done": len(done), "count": len(made)}),)
    return Pictures(tuple(item for items in done for item in items), cost, notes)


def read(answer: HTTPAnswer, secret: str = "") -> _Drawn:
    """The pictures of an answer, without those the model only thought with, or why it has none."""
    feedback = _object(answer.body.get("promptFeedback"))
    if block := feedback.get("blockReason"):
        said = sentence(feedback.get("blockReasonMessage"), secret)
        return _Drawn(failure=_refused(str(block), said, feedback))
    candidates = answer.body.get("candidates")
    candidate = _object(candidates[0]) if isinstance(candidates, list) and candidates else {}
    parts = _object(candidate.get("content")).get("parts")
    shown = [
        part
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, dict) and not part.get("thought")
    ]
    texts = [part["text"] for part in shown if isinstance(part.get("text"), str)]
    found = [answer.picture(data) for part in shown if (data := _inline(part)) is not None]
    found += [item for text in texts for item in embedded(text, answer)]
    items: list[bytes] = []
    for item in found:
        if is_picture(item) and item not in items:  # compared, not hashed: they may be large
            items.append(item)
    if items:
        return _Drawn(items)
    if found:
        failure = _unusable("what should be a picture is none")
        return _Drawn(failure=replace(failure, maybe_paid=True))
    if not candidate:
        return _Drawn(failure=_unusable(f"no candidate: {_shape(answer.body, secret)}"))
    text = "\n".join(texts)
    drawn = _without(candidate, sentence(text, secret), secret)
    drawn.linking = "\n".join([text, *(f"![]({link})" for part in shown if (link := _file(part)))])
    return drawn


def _without(candidate: dict[str, Any], text: str | None, secret: str) -> _Drawn:
    """What a candidate without a picture means; ``text`` is what the model said instead."""
    reason = str(candidate.get("finishReason") or "")
    message = sentence(candidate.get("finishMessage"), secret)
    if reason in _REFUSALS:
        return _Drawn(failure=_refused(reason, message or text, candidate))
    again = reason in _WORTH_ANOTHER_TRY
    instead = again and (message or text) is not None
    failure = Failure(
        Reason.TEXT_INSTEAD if instead or reason == "NO_IMAGE" else Reason.UNUSABLE_ANSWER,
        explanation=message or (text if again else None) or _INCOMPLETE.get(reason),
        detail=f"no picture, finishReason {reason or 'missing'}",
        provider_code=reason or None,
    )
    return _Drawn(failure=failure, again=again)


def _refused(reason: str, said: str | None, rated: Mapping[str, Any]) -> Failure:
    ratings = rated.get("safetyRatings")
    blocking = [
        str(rating.get("category", "")).removeprefix("HARM_CATEGORY_").replace("_", " ").lower()
        for rating in (ratings if isinstance(ratings, list) else [])
        if isinstance(rating, dict) and rating.get("blocked")
    ]
    said = said or _REFUSALS.get(reason, "The request was blocked.")
    if blocking:
        said = f"{said} ({', '.join(blocking)})"
    return Failure(
        Reason.REFUSED, explanation=said, detail=f"blocked: {reason}", provider_code=reason
    )


def _unusable(detail: str) -> Failure:
    return Failure(Reason.UNUSABLE_ANSWER, detail=detail)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _shape(value: Any, secret: str) -> str:
    """What an answer looks like, for the log; long strings are tokens by now."""
    return redacted(json.dumps(value, ensure_ascii=False), secret)[:200]


def _inline(part: dict[str, Any]) -> str | None:
    """The base64 text of a part with a picture; proto JSON knows both spellings of the name."""
    blob = _object(part.get("inlineData") or part.get("inline_data"))
    data = blob.get("data")
    return data if isinstance(data, str) else None


def _file(part: dict[str, Any]) -> str | None:
    """The link of a part that is kept elsewhere (https://ai.google.dev/api/caching#FileData)."""
    file = _object(part.get("fileData") or part.get("file_data"))
    link = file.get("fileUri") or file.get("file_uri")
    return link if isinstance(link, str) and link else None


def _cost(usages: list[Any], price: TokenPrice | None) -> Cost | None:
    """What the tokens cost that were used; ``None`` if an answer does not say."""
    if price is None or not usages:
        return None
    dollars = 0.0
    for usage in map(_object, usages):
        details = usage.get("candidatesTokensDetails")
        written = _tokens(usage, "candidatesTokenCount")
        if written and not isinstance(details, list):
            return None
        image = sum(
            _tokens(entry, "tokenCount")
            for entry in map(_object, details or [])
            if entry.get("modality") == "IMAGE"
        )
        text = max(0, written - image) + _tokens(usage, "thoughtsTokenCount")
        given = _tokens(usage, "promptTokenCount")
        dollars += (given * price.read + text * price.text + image * price.image) / 1e6
    return Cost(round(dollars, 4), "USD") if dollars else None


def _tokens(usage: dict[str, Any], name: str) -> int:
    count = usage.get(name)
    return count if isinstance(count, int) else 0
