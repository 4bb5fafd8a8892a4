"""OpenRouter: the Image API, chat completions with pictures, its catalogue, and its errors.

Sources: https://openrouter.ai/docs/guides/overview/multimodal/image-generation,
https://openrouter.ai/docs/api/reference/errors-and-debugging, and the OpenAPI document
(https://openrouter.ai/openapi.json). A request with a field that is not documented, or a value that
the model does not take, is refused, also where the documents let providers ignore it.

Settings (``POST /_ctl/set``):

* ``key``: the key that is accepted (:data:`KEY`).
* ``answers``: what the next generations answer, in order; each an object with one of ``error`` (a
  name of :data:`ERRORS`), ``in_body`` (the same, but HTTP 200 with the error on top), ``in_choice``
  (the same, inside ``choices[0]``), ``nothing`` (a ``native_finish_reason``, with ``finish`` and
  ``text`` and ``refusal``), ``body`` (exactly this, HTTP 200), or ``null`` (a picture).
* ``form``: how a picture stands in a chat: ``object``, ``untyped``, ``string``, ``parts``, ``url``,
  or one of :data:`.pictures.CLOTHES`: in its text.
* ``picture``: ``png``, ``jpeg``, ``webp``, ``mislabelled`` (a JPEG that says PNG), ``broken`` (not
  base64), ``html`` (base64 of something else), ``noise`` (a PNG that does not compress).
* ``media_type``: false leaves it out of the Image API's answers.
* ``byok``: the account uses a key of its own at the provider. ``usage``: false leaves usage out.
* ``no_model``: a name of :data:`ERRORS`, how a retired model is refused (``invalid_model``).
* ``limit_remaining``: of ``GET /key``.
* ``lists``: ``down``, ``absent`` (a gateway without the Image API) or ``malformed``.

Which of Google's models there are, and how they are retired, is in :mod:`.offered`; those of others
always are. A picture that was made is in ``/_ctl/paid``, but for one of the Image API whose answer
was cut off: "if the generation does not complete, it is not charged".
"""

import asyncio
import base64
import io
import json
import os
import re
from typing import Any

from aiohttp import web
from PIL import Image

from tests.emulators import offered
from tests.emulators.emulator import serve
from tests.emulators.offered import DOLLARS, FLASH, LITE, NEW, OLD, PRO, TOKENS, Offering, released
from tests.emulators.pictures import CLOTHES, dressed

LARGEST = 20 * 2**20
"""Bytes of a request, as is usual for gateways; the documents say that there is a limit (413)."""

KEY = "sk-or-v1-emulator"

TEN = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
FOURTEEN = (*TEN, "1:4", "4:1", "1:8", "8:1")

RATIOS = frozenset(
    (*FOURTEEN, "1:2", "2:1", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "auto"),
)

PIXELS_1K = {
    "1:1": (1024, 1024),
    "2:3": (832, 1248),
    "3:2": (1248, 832),
    "3:4": (864, 1184),
    "4:3": (1184, 864),
    "4:5": (896, 1152),
    "5:4": (1152, 896),
    "9:16": (768, 1344),
    "16:9": (1344, 768),
    "21:9": (1536, 672),
    # Not documented: the same area.
    "1:4": (512, 2048),
    "4:1": (2048, 512),
    "1:8": (384, 3072),
    "8:1": (3072, 384),
}
SCALES = {"512": 0.5, "0.5K": 0.5, "1K": 1, "2K": 2, "4K": 4}


def _model(
    name: str,
    *,
    sizes: tuple[str, ...] = (),
    ratios: tuple[str, ...] = (),
    references: int = 0,
    n: int = 1,
    output: tuple[str, ...] = ("image", "text"),
    endpoints: tuple[str, ...] = ("images", "chat"),
    price: dict[str, Any] | None = None,
    streams: bool = False,
) -> dict[str, Any]:
    return {
        "name": name,
        "sizes": sizes,
        "ratios": ratios,
        "references": references,
        "n": n,
        "output": output,
        "endpoints": endpoints,
        "pricing": price or {"unit": "image", "cost_usd": 0.04},
        "streams": streams,
    }


def _google(id: str, name: str) -> dict[str, Any]:
    """One of Google's, by what is known of it; 2.5 Flash is priced by the picture."""
    known = offered.MODELS[id]
    token = {"unit": "token", "cost_usd": round(DOLLARS[id] / 1e6, 8)}
    return _model(
        f"Google: {name}",
        sizes=known["sizes"],
        ratios=known["ratios"],
        references=known["references"],
        price={"unit": "image", "cost_usd": 0.0387} if id == OLD else token,
    )


GOOGLE = {
    NEW: "Nano Banana 2.1 (Gemini Nano Banana 2.1)",
    FLASH: "Nano Banana 2 (Gemini 3.1 Flash Image)",
    PRO: "Nano Banana Pro (Gemini 3 Pro Image)",
    LITE: "Nano Banana 2 Lite (Gemini 3.1 Flash Lite Image)",
    OLD: "Nano Banana (Gemini 2.5 Flash Image)",
    offered.NEXT: "Nano Banana 3",
}

OTHERS: dict[str, dict[str, Any]] = {
    "openai/gpt-image-2": _model(
        "OpenAI: GPT Image 2",
        ratios=("1:1", "2:3", "3:2"),
        references=16,
        n=10,
        output=("image",),
        endpoints=("images",),
        price={"unit": "token", "cost_usd": 0.00003},
        streams=True,
    ),
    "bytedance-seed/seedream-4.5": _model(
        "ByteDance Seed: Seedream 4.5",
        sizes=("1K", "2K"),
        ratios=("1:1", "16:9", "9:16"),
        references=10,
        n=4,
        output=("image",),
        endpoints=("images",),
        price={"unit": "image", "cost_usd": 0.05, "variant": "2k"},
    ),
    "google/gemini-chat-image": _model(
        "Google: Gemini Chat Image", ratios=TEN, references=3, endpoints=("chat",)
    ),
}

CHAT_FIELDS = frozenset(
    "model models messages modalities image_config stream stream_options provider plugins seed stop"
    " temperature top_p top_k max_tokens max_completion_tokens user session_id metadata reasoning"
    " response_format route transforms usage".split()
)
IMAGE_FIELDS = frozenset(
    "model prompt n resolution aspect_ratio size quality output_format background"
    " output_compression seed stream input_references provider".split()
)
PROVIDER_FIELDS = {
    "/images": frozenset("only order ignore sort allow_fallbacks options".split()),
    "/chat": frozenset(
        "only order ignore sort allow_fallbacks options data_collection zdr quantizations max_price"
        " require_parameters enforce_distillable_text preferred_min_throughput"
        " preferred_max_latency".split()
    ),
}
ENUMS = {
    "resolution": frozenset(("512", "1K", "2K", "4K")),
    "aspect_ratio": RATIOS,
    "quality": frozenset(("auto", "low", "medium", "high")),
    "output_format": frozenset(("png", "jpeg", "webp", "svg")),
    "background": frozenset(("auto", "transparent", "opaque")),
}

_DATA_URL = re.compile(r"data:image/(png|jpeg|webp|gif);base64,([A-Za-z0-9+/]+={0,2})")


def _error(
    status: int,
    message: str,
    kind: str | None = None,
    headers: dict[str, str] | None = None,
    **metadata: Any,
) -> tuple[int, dict[str, Any], dict[str, str]]:
    error: dict[str, Any] = {"code": status, "message": message}
    if kind:
        metadata["error_type"] = kind
    if metadata:
        error["metadata"] = metadata
    return status, {"error": error, "user_id": "user_emulator"}, headers or {}


def _availability(
    status: int, code: str, message: str, *, retryable: bool = False, **more: Any
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """An error of a model's availability; it has no ``code``."""
    availability = {
        "code": code,
        "retryable": retryable,
        "requested_models": ["google/gemini-3.1-flash-image"],
        "docs_url": "https://openrouter.ai/docs/api/reference/errors-and-debugging",
        **more,
    }
    kind = {400: "invalid_request", 403: "permission_denied", 404: "not_found"}.get(status)
    kind = kind or {429: "rate_limit_exceeded", 503: "provider_overloaded"}[status]
    error = {"message": message, "error_type": kind, "http_status": status}
    return status, {"error": error | {"availability": availability}}, {}


_LIMITED = {
    "X-RateLimit-Limit": "20",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": "1741305600000",
    "Retry-After": "30",
}

ERRORS = {
    "bad_request": _error(400, "Invalid value for temperature.", "invalid_request"),
    "no_key": _error(401, "Missing Authentication header", "authentication"),
    "bad_key": _error(401, "User not found.", "authentication"),
    "credits": _error(
        402,
        "Insufficient credits. Add more using https://openrouter.ai/credits",
        "payment_required",
    ),
    "in_flight": _error(
        402,
        "In-flight spending budget exhausted",
        "payment_required",
        {"Retry-After": "25"},
        limit_source="openrouter_in_flight_budget",
    ),
    "moderation": _error(
        403,
        "google/gemini-3.1-flash-image requires moderation on Google. Your input was flagged",
        reasons=["violence", "sexual/minors"],
        flagged_input="a lighthouse … at dusk",
        provider_name="Google",
        model_slug="google/gemini-3.1-flash-image",
    ),
    "guardrail": _error(403, "Request blocked by a guardrail", patterns=["credit card"]),
    "permission": _error(403, "This key may not use this model", "permission_denied"),
    "not_found": _error(404, "No such model", "not_found"),
    "data_policy": _error(404, "No endpoints found matching your data policy"),
    "request_timeout": _error(408, "Request timed out", "timeout"),
    "precondition": _error(412, "Precondition failed", "precondition_failed"),
    "payload": _error(413, "Payload too large", "payload_too_large"),
    "unprocessable": _error(422, "Unprocessable aspect ratio", "unprocessable"),
    "rate": _error(
        429, "Rate limit exceeded: free-models-per-min", "rate_limit_exceeded", _LIMITED
    ),
    "rate_upstream": _error(
        429,
        "Provider returned error",
        raw="google/gemini-3.1-flash-image is temporarily rate-limited upstream.",
        provider_name="Google",
        retry_after_seconds=40,
        headers={"Retry-After": "40"},
    ),
    "server": _error(500, "Internal Server Error", "server"),
    "unmapped": _error(500, "Internal Server Error", "unmapped"),
    "provider_down": _error(
        502,
        "Provider returned error",
        "provider_unavailable",
        provider_name="Google",
        raw=json.dumps({"error": {"code": 500, "message": "The model is overheated."}}),
    ),
    "empty": _error(502, "The provider returned no image", "provider_unavailable"),
    "overloaded": _error(503, "Provider overloaded", "provider_overloaded", {"Retry-After": "45"}),
    "no_provider": _error(503, "No provider meets your routing requirements"),
    "timeout": _error(504, "The provider timed out", "timeout"),
    "edge_timeout": _error(524, "Edge network timeout"),
    "overloaded_529": _error(529, "Provider is temporarily overloaded"),
    "context": _error(
        400,
        "This endpoint's maximum context length is 131072 tokens. However, you requested about"
        " 262144 tokens (262144 of text input).",
        "context_length_exceeded",
    ),
    "tokens": _error(400, "Too many tokens", "token_limit_exceeded"),
    "max_tokens": _error(400, "max_tokens is too large", "max_tokens_exceeded"),
    "too_long": _error(400, "String too long", "string_too_long"),
    "prompt": _error(400, "Invalid prompt", "invalid_prompt"),
    "policy": _error(
        400,
        "The request was rejected by the safety system.",
        "content_policy_violation",
        provider_code="moderation_blocked",
    ),
    "refusal": _error(400, "I will not draw this person.", "refusal"),
    "image_invalid": _error(400, "Image 1 could not be decoded", "invalid_image"),
    "image_large": _error(400, "Image 1 exceeds 20 MB", "image_too_large"),
    "image_small": _error(400, "Image 1 is under 8 pixels", "image_too_small"),
    "image_format": _error(400, "Unsupported image format", "unsupported_image_format"),
    "image_lost": _error(404, "Image not found", "image_not_found"),
    "image_unloaded": _error(400, "Image could not be downloaded", "image_download_failed"),
    "invalid_model": _error(400, "google/x is not a valid model ID"),
    "no_endpoints_found": _error(404, "No endpoints found for google/x."),
    "zod": (
        400,
        {"success": False, "error": {"name": "ZodError", "message": '[{"path":["prompt"]}]'}},
        {},
    ),
    "model_not_found": _availability(400, "model_not_found", "Model not found"),
    "wrong_endpoint": _availability(
        400, "wrong_endpoint", "This model is not served at this endpoint"
    ),
    "no_endpoints": _availability(404, "no_endpoints", "No endpoints for this model"),
    "deprecated": _availability(404, "model_deprecated", "This model was retired"),
    "unavailable": _availability(
        404, "model_unavailable_upstream", "The model is gone at its provider"
    ),
    "privacy": _availability(404, "privacy_restricted", "Your privacy settings exclude it"),
    "constraint": _availability(404, "constraint_filtered", "No provider takes this size"),
    "free_ended": _availability(404, "free_variant_ended", "The free variant has ended"),
    "capacity": _availability(
        429, "capacity_exhausted", "All capacity is taken", retryable=True, retry_after=50
    ),
    "temporarily": _availability(
        503, "temporarily_unavailable", "Temporarily unavailable", retryable=True, retry_after=35
    ),
    "region": _availability(403, "region_restricted", "Not available in your region"),
    "echo": _error(400, "Incorrect API key provided: {key}", "invalid_request"),
}


class Refused(Exception):
    """The request is not as documented."""

    def __init__(self, why: str | tuple[int, dict[str, Any], dict[str, str]]) -> None:
        known = why if isinstance(why, tuple) else ERRORS.get(why)
        self.answer = known or _error(400, str(why), "invalid_request")


def require(condition: object, message: str) -> None:
    if not condition:
        raise Refused(message)


class OpenRouter(Offering):
    """Serves the documented part of ``/api/v1`` that makes pictures."""

    today = (NEW, PRO, FLASH, LITE)

    @property
    def models_now(self) -> dict[str, dict[str, Any]]:
        """What is listed and served, by its slug."""
        google = {
            f"google/{model}": _google(released(model), GOOGLE[released(model)])
            for model in sorted(self.offered, key=lambda id: [*GOOGLE].index(released(id)))
        }
        return {**OTHERS, **google}

    def lost(self, request: web.Request, status: int | None) -> None:
        if request.path.endswith("/images"):
            self.unbill(request)

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/api/v1/images", self.images)
        router.add_post("/api/v1/chat/completions", self.chat)
        router.add_get("/api/v1/images/models", self.image_models)
        router.add_get("/api/v1/images/models/{author}/{slug}/endpoints", self.endpoints)
        router.add_get("/api/v1/models", self.models)
        router.add_get("/api/v1/key", self.key)
        router.add_get("/api/v1/generation", self.generation)
        router.add_get("/pictures/{name}", self.picture_file)

    # Catalogue

    async def image_models(self, _: web.Request) -> web.Response:
        found = [
            {
                "id": slug,
                "name": model["name"],
                "description": "",
                "created": 1766628634,
                "architecture": self._architecture(model),
                "supported_parameters": self._parameters(model),
                "supports_streaming": model["streams"],
                "endpoints": f"/api/v1/images/models/{slug}/endpoints",
            }
            for slug, model in self.models_now.items()
            if "images" in model["endpoints"]
        ]
        return self._listed(found, image_api=True)

    async def models(self, request: web.Request) -> web.Response:
        wanted = request.query.get("output_modalities", "text")
        found = [
            {
                "id": slug,
                "name": model["name"],
                "created": 1766628634,
                "context_length": 131072,
                "architecture": self._architecture(model),
                "pricing": {"prompt": "0.0000005", "completion": "0.000003"},
                "supported_parameters": ["max_tokens", "seed"],
            }
            for slug, model in self.models_now.items()
            if wanted in model["output"]
        ]
        return self._listed(found, image_api=False)

    async def endpoints(self, request: web.Request) -> web.Response:
        slug = f"{request.match_info['author']}/{request.match_info['slug']}"
        model = self.models_now.get(slug)
        if model is None or "images" not in model["endpoints"]:
            return _response(ERRORS["not_found"])
        endpoint = {
            "provider_name": "Google AI Studio",
            "provider_slug": "google-ai-studio",
            "provider_tag": None,
            "supported_parameters": self._parameters(model),
            "allowed_passthrough_parameters": [],
            "supports_streaming": model["streams"],
            "pricing": [
                {"billable": "input_text", "unit": "token", "cost_usd": 0.0000005},
                {"billable": "output_image", **model["pricing"]},
            ],
        }
        return web.json_response({"id": slug, "endpoints": [endpoint]})

    def _listed(self, found: list[dict[str, Any]], *, image_api: bool) -> web.Response:
        match self.settings.get("lists"):
            case "down":
                return _response(ERRORS["server"])
            case "absent" if image_api:
                return _response(_error(404, "Not Found"))
            case "malformed":
                return web.json_response({"data": {"models": 3}})
        return web.json_response({"data": found})

    @staticmethod
    def _architecture(model: dict[str, Any]) -> dict[str, Any]:
        given = ["text", "image"] if model["references"] else ["text"]
        return {"input_modalities": given, "output_modalities": list(model["output"])}

    @staticmethod
    def _parameters(model: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"n": {"type": "range", "min": 1, "max": model["n"]}}
        if model["sizes"]:
            found["resolution"] = {"type": "enum", "values": list(model["sizes"])}
        if model["ratios"]:
            found["aspect_ratio"] = {"type": "enum", "values": [*model["ratios"], "auto"]}
        if model["references"]:
            found["input_references"] = {"type": "range", "min": 0, "max": model["references"]}
        return found

    # Account

    async def key(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request):
            return refused
        left = self.settings.get("limit_remaining")
        data = {"label": "sk-or-v1-emu…tor", "limit": None, "limit_remaining": left, "usage": 1.5}
        return web.json_response({"data": data | {"is_free_tier": False}})

    async def generation(self, request: web.Request) -> web.Response:
        if refused := self._unauthorized(request):
            return refused
        identity = request.query.get("id", "")
        if not identity.startswith("gen-"):
            return _response(_error(404, "Generation not found"))
        return web.json_response(
            {
                "data": {
                    "id": identity,
                    "native_finish_reason": "STOP",
                    "num_media_completion": 1,
                    "native_tokens_completion_images": 1120,
                    "total_cost": 0.0672,
                    "upstream_id": None,
                }
            }
        )

    def _unauthorized(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization")
        if given is None:
            return _response(ERRORS["no_key"])
        good = given == f"Bearer {self.settings.get('key', KEY)}"
        return None if good else _response(ERRORS["bad_key"])

    # Pictures

    async def images(self, request: web.Request) -> web.StreamResponse:
        return await self._generate(request, "/images")

    async def chat(self, request: web.Request) -> web.StreamResponse:
        return await self._generate(request, "/chat")

    async def _generate(self, request: web.Request, path: str) -> web.StreamResponse:
        if request.transport is None or request.transport.is_closing():
            # Nobody waits any more: what is planned is for someone else, and only a chat is made,
            # and paid for, all the same.
            if path == "/images" or "answers" in self.settings:
                return web.Response()
        if refused := self._unauthorized(request):
            return refused
        try:
            require(request.content_type == "application/json", "Content-Type is not JSON")
            require(int(request.headers.get("Content-Length", 0)) <= LARGEST, "payload")
            try:
                body = await request.json()
            except ValueError:
                raise Refused("Input must have at least 1 token.") from None
            require(isinstance(body, dict), "The body is not an object")
            wish = self._images_wish(body) if path == "/images" else self._chat_wish(body)
        except Refused as refused_:
            return _response(refused_.answer)
        answers = self.settings.get("answers") or []
        planned = answers.pop(0) if answers else None
        if planned and "error" in planned:
            return _response(self._planned_error(planned["error"]))
        answer = await self._answer(planned or {}, path, wish)
        if "usage" in answer or planned is None or "nothing" in planned:
            size = {"0.5K": "512"}.get(wish["size"], wish["size"])
            self.bill(request, wish["model"].removeprefix("google/"), size, _made(answer))
        if body.get("stream") and (path == "/chat" or self.models_now[wish["model"]]["streams"]):
            return await self._stream(request, path, answer)
        return web.json_response(answer)

    def _planned_error(self, name: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        status, body, headers = ERRORS[name]
        key = self.settings.get("key", KEY)
        return status, json.loads(json.dumps(body).replace("{key}", key)), headers

    async def _answer(
        self, planned: dict[str, Any], path: str, wish: dict[str, Any]
    ) -> dict[str, Any]:
        if "body" in planned:
            return dict(planned["body"])
        if "in_body" in planned:
            return self._planned_error(planned["in_body"])[1]
        if path == "/images":
            return await self._image_answer(wish)
        if "in_choice" in planned:
            error = self._planned_error(planned["in_choice"])[1]["error"]
            return self._completion(wish, None, "error", None, error=error)
        if "nothing" in planned:
            return self._completion(
                wish,
                planned.get("text"),
                planned.get("finish", "stop"),
                planned["nothing"],
                refusal=planned.get("refusal"),
                images=planned.get("images"),
            )
        return await self._chat_answer(wish)

    async def _image_answer(self, wish: dict[str, Any]) -> dict[str, Any]:
        data = []
        for _ in range(wish["n"]):
            mime, text = await self._picture(wish)
            item = {"b64_json": text}
            if self.settings.get("media_type", True):
                item["media_type"] = mime
            data.append(item)
        return {"created": 1766628634, "data": data} | self._usage(wish)

    async def _chat_answer(self, wish: dict[str, Any]) -> dict[str, Any]:
        if "image" not in wish["modalities"]:
            return self._completion(wish, "A lighthouse, in words.", "stop", "STOP")
        mime, text = await self._picture(wish)
        url = f"data:{mime};base64,{text}"
        form = self.settings.get("form", "object")
        if form == "url":
            url = f"{self.base}/pictures/1.png"
        picture: Any = {"type": "image_url", "image_url": {"url": url}, "index": 0}
        if form in CLOTHES:
            data = base64.b64decode(text)
            content = dressed(form, mime, data, f"{self.base}/pictures/1.png")
            return self._completion(wish, content, "stop", "STOP")
        if form == "untyped":
            picture = {"image_url": {"url": url}}
        if form == "string":
            picture = url
        if form == "parts":
            content = [{"type": "text", "text": "Here it is."}, picture]
            return self._completion(wish, content, "stop", "STOP")
        return self._completion(wish, "Here it is.", "stop", "STOP", images=[picture])

    def _completion(
        self,
        wish: dict[str, Any],
        content: Any,
        finish: str,
        native: str | None,
        *,
        images: list[Any] | None = None,
        refusal: str | None = None,
        error: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        message = {"role": "assistant", "content": content, "refusal": refusal, "reasoning": None}
        if images is not None:
            message["images"] = images
        choice = {"index": 0, "logprobs": None, "finish_reason": finish, "message": message}
        choice["native_finish_reason"] = native
        if error is not None:
            choice["error"] = error
        return {
            "id": "gen-1766628634-emulator",
            "provider": "Google AI Studio",
            "model": wish["model"],
            "object": "chat.completion",
            "created": 1766628634,
            "system_fingerprint": None,
            "choices": [choice],
        } | self._usage(wish)

    def _usage(self, wish: dict[str, Any]) -> dict[str, Any]:
        if not self.settings.get("usage", True):
            return {}
        count, own = wish.get("n", 1), bool(self.settings.get("byok"))
        google = released(wish["model"].removeprefix("google/"))
        size = {"0.5K": "512"}.get(wish["size"], wish["size"])
        tokens = TOKENS.get(google, {}).get(size, 1120)
        cost = round(tokens * DOLLARS.get(google, 60) / 1e6 * count, 6)
        usage = {
            "prompt_tokens": 12,
            "completion_tokens": (tokens + 170) * count,
            "total_tokens": 12 + (tokens + 170) * count,
            "cost": 0 if own else cost,
            "is_byok": own,
            "completion_tokens_details": {"image_tokens": tokens * count},
            "cost_details": {"upstream_inference_cost": cost if own else None},
        }
        return {"usage": usage}

    async def _stream(
        self, request: web.Request, path: str, answer: dict[str, Any]
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": OPENROUTER PROCESSING\n\n")
        events = _image_events(answer) if path == "/images" else _chat_events(answer)
        for event in events:
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
            await response.write(b": OPENROUTER PROCESSING\n\n")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def picture_file(self, _: web.Request) -> web.Response:
        return web.Response(body=_encoded((64, 48), "PNG"), content_type="image/png")

    async def _picture(self, wish: dict[str, Any]) -> tuple[str, str]:
        """The media type and the base64 of a picture as large as was asked."""
        width, height = PIXELS_1K[wish["ratio"] if wish["ratio"] != "auto" else "1:1"]
        scale = SCALES[wish["size"]]
        pixels = (int(width * scale), int(height * scale))
        kind = self.settings.get("picture", "jpeg" if "lite" in wish["model"] else "png")
        if kind == "broken":
            return "image/png", "iVBORw0KGgo!!!!" * 20
        if kind == "html":
            return "image/png", base64.b64encode(b"<html>not a picture</html>").decode()
        name = {"mislabelled": "JPEG", "noise": "NOISE"}.get(kind, kind.upper())
        data = await asyncio.to_thread(_encoded, pixels, name)
        mime = "image/png" if kind in ("mislabelled", "noise") else f"image/{kind}"
        return mime, base64.b64encode(data).decode()

    # Requests

    def _images_wish(self, body: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(body) - IMAGE_FIELDS)
        require(not unknown, f"Unrecognized key(s) in object: {', '.join(unknown)}")
        require(isinstance(body.get("prompt"), str) and body["prompt"], "prompt: Required")
        model = self._model(body.get("model"), "images")
        for name, values in ENUMS.items():
            require(name not in body or body[name] in values, f"{name}: Invalid enum value")
        for name in ("resolution", "aspect_ratio"):
            allowed = model["sizes"] if name == "resolution" else (*model["ratios"], "auto")
            require(name not in body or body[name] in allowed, f"{name}: not for this model")
        for name, least, most in (("n", 1, 10), ("output_compression", 0, 100), ("seed", 0, 2**53)):
            value = body.get(name, least)
            require(type(value) is int and least <= value <= most, f"{name}: Invalid number")
        require(body.get("n", 1) <= model["n"], "n: this model makes one picture per request")
        for name in ("quality", "output_format", "background", "output_compression", "seed"):
            require(name not in body or "google/" not in body["model"], f"{name}: Not supported")
        self._check_common(body, "/images")
        references = body.get("input_references", [])
        require(isinstance(references, list) and len(references) <= 16, "input_references: max 16")
        require(len(references) <= model["references"], "input_references: too many")
        for part in references:
            self._check_image(part)
        return {
            "model": body["model"],
            "size": body.get("resolution", "1K"),
            "ratio": body.get("aspect_ratio", "1:1"),
            "n": body.get("n", 1),
        }

    def _chat_wish(self, body: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(body) - CHAT_FIELDS)
        require(not unknown, f"Unrecognized key(s) in object: {', '.join(unknown)}")
        model = self._model(body.get("model"), "chat")
        messages = body.get("messages")
        require(
            isinstance(messages, list) and messages,
            'Input required: specify "prompt" or "messages"',
        )
        pictures = sum(self._check_message(message) for message in messages)
        require(pictures <= model["references"], "Too many images")
        modalities = body.get("modalities", ["text"])
        known = isinstance(modalities, list) and set(modalities) <= {"text", "image", "audio"}
        require(known and modalities, "modalities: Invalid enum value")
        if not set(modalities) <= set(model["output"]):
            raise Refused("no_endpoints")
        config = body.get("image_config", {})
        require(isinstance(config, dict), "image_config: Expected object")
        unknown = sorted(set(config) - {"aspect_ratio", "image_size"})
        require(not unknown, f"image_config: {', '.join(unknown)}")
        ratio, size = config.get("aspect_ratio", "1:1"), config.get("image_size", "1K")
        sizes = ["0.5K" if tier == "512" else tier for tier in model["sizes"] or ("1K",)]
        require(ratio in (model["ratios"] or TEN), "image_config.aspect_ratio: Invalid value")
        require(size in sizes, "image_config.image_size: Invalid value")
        self._check_common(body, "/chat")
        return {"model": body["model"], "size": size, "ratio": ratio, "modalities": modalities}

    def _model(self, slug: Any, endpoint: str) -> dict[str, Any]:
        require(isinstance(slug, str) and slug, "model: Required")
        if self.gone(slug.removeprefix("google/")):
            status, body, headers = ERRORS[self.settings.get("no_model", "invalid_model")]
            raise Refused((status, json.loads(json.dumps(body).replace("google/x", slug)), headers))
        require(slug in self.models_now, "model_not_found")
        model = self.models_now[slug]
        own = slug.removeprefix("google/")
        if released(own) in offered.MODELS:
            model = model | {"sizes": self.sizes(own)}
        require(endpoint in model["endpoints"], "wrong_endpoint")
        return model

    @staticmethod
    def _check_common(body: dict[str, Any], path: str) -> None:
        require(type(body.get("stream", False)) is bool, "stream: Expected boolean")
        provider = body.get("provider", {})
        require(isinstance(provider, dict), "provider: Expected object")
        unknown = sorted(set(provider) - PROVIDER_FIELDS[path])
        require(not unknown, f"provider: Unrecognized key(s): {', '.join(unknown)}")

    def _check_message(self, message: Any) -> int:
        """Check one message of a chat; says how many pictures it has."""
        require(isinstance(message, dict), "messages: Expected object")
        require(message.get("role") in ("user", "system", "assistant"), "role: Invalid")
        require(set(message) <= {"role", "content", "name"}, "messages: Unrecognized key(s)")
        content = message.get("content")
        if isinstance(content, str):
            require(content, "Input must have at least 1 token.")
            return 0
        require(isinstance(content, list) and content, "content: Expected string or array")
        pictures = 0
        for part in content:
            require(isinstance(part, dict), "content: Expected object")
            if part.get("type") == "text":
                require(set(part) == {"type", "text"}, "content: Invalid text part")
                require(isinstance(part["text"], str), "content: Expected string")
            else:
                self._check_image(part)
                pictures += 1
        return pictures

    @staticmethod
    def _check_image(part: Any) -> None:
        require(isinstance(part, dict) and part.get("type") == "image_url", "Invalid image part")
        require(set(part) == {"type", "image_url"}, "Unrecognized key(s) in image part")
        inner = part["image_url"]
        require(isinstance(inner, dict) and set(inner) <= {"url", "detail"}, "Invalid image_url")
        url = inner.get("url")
        require(isinstance(url, str), "image_url.url: Required")
        if url.startswith("https://"):
            return
        match = _DATA_URL.fullmatch(url)
        require(match, "image_unloaded")
        assert match is not None
        try:
            image = Image.open(io.BytesIO(base64.b64decode(match[2], validate=True)))
            image.verify()
        except (ValueError, OSError, SyntaxError):
            raise Refused("image_invalid") from None
        require((image.format or "").lower() == match[1], "image_invalid")


def _made(answer: Any) -> int:
    """How many pictures are in an answer of either way; planned ones may be of any form."""
    if isinstance(answer, str):
        return answer.startswith("data:image/") or "/pictures/" in answer
    if isinstance(answer, list):
        return sum(map(_made, answer))
    if not isinstance(answer, dict):
        return 0
    return ("b64_json" in answer) + sum(map(_made, answer.values()))


def _image_events(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """https://openrouter.ai/docs/guides/overview/multimodal/image-generation (streaming)"""
    if error := answer.get("error"):
        return [{"type": "error", "error": {"message": error["message"], "code": "server_error"}}]
    events: list[dict[str, Any]] = []
    for item in answer["data"]:
        events += [
            {"type": "image_generation.partial_image", "partial_image_index": index, **part}
            for index, part in enumerate([{"b64_json": item["b64_json"]}] * 2)
        ]
        completed = {"type": "image_generation.completed", "created": answer["created"], **item}
        events.append(completed | ({"usage": answer["usage"]} if "usage" in answer else {}))
    return events


def _chat_events(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Chunks, then one with ``usage`` and no choice; an error ends them."""
    if "choices" not in answer:
        return [{**answer, "choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}]
    [choice] = answer["choices"]
    common = {name: answer[name] for name in ("id", "provider", "model", "created")}
    common["object"] = "chat.completion.chunk"
    if error := choice.get("error"):
        ended = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        return [{**common, "error": error, "choices": [ended]}]
    message = choice["message"]
    delta = {"role": "assistant", "content": message["content"] or ""}
    ended = {name: choice[name] for name in ("finish_reason", "native_finish_reason")}
    chunks = [{**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}]
    if images := message.get("images"):
        pictured = {"index": 0, "delta": {"images": images}, "finish_reason": None}
        chunks.append({**common, "choices": [pictured]})
    chunks.append({**common, "choices": [{"index": 0, "delta": {}, **ended}]})
    chunks.append({**common, "choices": [], "usage": answer.get("usage")})
    return chunks


def _response(answer: tuple[int, dict[str, Any], dict[str, str]]) -> web.Response:
    status, body, headers = answer
    return web.json_response(body, status=status, headers=headers)


def _encoded(pixels: tuple[int, int], kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "NOISE":
        image = Image.frombytes("RGB", pixels, os.urandom(pixels[0] * pixels[1] * 3))
        image.save(file, "PNG", compress_level=0)
    else:
        mode = "RGB" if kind == "WEBP" else "L"
        Image.new(mode, pixels, 127 if mode == "L" else "orange").save(file, kind)
    return file.getvalue()


if __name__ == "__main__":
    serve(OpenRouter())
