"""AIHubMix: predictions, the two lists of models, and the Gemini-compatible endpoint.

* https://docs.aihubmix.com/en/api/Image-Gen and https://docs.aihubmix.com/en/api/Models-API
* https://docs.aihubmix.com/en/api/Gemini-Guides

``/_ctl/set``: ``style`` is the shape of a prediction's output (``object``, ``list``, ``links``,
``urls``, ``data``, ``strings``), ``fewer`` how many pictures it lacks, ``broken`` serves no picture
behind links, ``answer`` is a body to answer with, ``catalogue`` replaces the public list,
``remain`` is what is left of the key's credit. What
concerns Gemini is in :mod:`.generate_content` and :mod:`.offered`. ``no_model`` is how a model
that is not served is refused on Gemini's path: ``incorrect`` (its own sentence, the default),
``channel`` (503, as a gateway says it whose channels for a model are gone), or ``google`` (404).
"""

import base64
import binascii
import json
from typing import Any

from aiohttp import web

from tests.emulators.emulator import serve
from tests.emulators.generate_content import GenerateContent
from tests.emulators.offered import FLASH, LITE, NEW, PRO
from tests.emulators.pictures import base64_of, is_picture, picture

KEY = "sk-emulator-0123456789abcdefghijklmnop"
GPT = ("gpt-image-2", "gpt-image-2-free", "gpt-image-1.5")
SIZES = ("auto", "1024x1024", "1536x1024", "1024x1536")
LONGEST = 32000

INPUT: dict[str, Any] = {
    "prompt": str,
    "n": int,
    "size": SIZES,
    "quality": ("auto", "low", "medium", "high"),
    "moderation": ("auto", "low"),
    "background": ("auto", "opaque", "transparent"),
    "output_format": ("png", "jpeg", "webp"),
    "output_compression": int,
    "image": (str, list),
}


def failure(
    message: str, status: int, code: str = "", kind: str = "Aihubmix_api_error"
) -> web.Response:
    """The envelope of its errors; the message ends in a number to quote to support."""
    tid = "2026112108590012345678901234567"
    inner = {"message": f"{message} (tid: {tid})", "type": kind, "param": "", "code": code}
    return web.json_response({"error": inner}, status=status)


class Wrong(Exception):
    """A request that is not as documented."""

    def __init__(self, message: str, param: str, code: str = "invalid_value") -> None:
        super().__init__(message)
        inner = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        self.body = {"error": inner}


def entry(name: str, kinds: str) -> dict[str, Any]:
    """A model of the public list."""
    return {
        "model_id": name,
        "desc": f"{name}.",
        "types": kinds,
        "features": "",
        "input_modalities": "text,image",
        "max_output": 0,
        "context_length": 0,
        "pricing": {"input": 0.005, "output": 0.03},
        "retire_stage": "",
    }


CATALOGUE = [
    entry("gpt-5.6", "llm"),
    *(entry(name, "image_generation") for name in GPT),
    entry("gpt-image-1", "image_generation") | {"retire_stage": "retired"},
    entry("doubao-seedream-4-5", "image_generation"),
]

INCORRECT = (
    "Incorrect model ID. Please request to view the model page or you do not have permission to "
    "use this model "
)


class AIHubMix(GenerateContent):
    """Takes its key as a bearer, and behind the compatible endpoint in Google's header."""

    largest = 20 * 2**20  # as is usual for gateways
    today = (f"{FLASH}-preview", NEW, PRO, FLASH, LITE)

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/dressed/{number}.png", self.dressed_picture)
        router.add_get("/v1/models", self.models)
        router.add_get("/api/v1/models", self.catalogue)
        router.add_get("/dashboard/billing/remain", self.remain)
        router.add_post("/v1/models/{vendor}/{model}/predictions", self.predict)
        router.add_post(
            "/gemini/v1beta/models/{model:[^:/]+}:generateContent", self.generate_with_key
        )
        router.add_get("/files/{width}x{height}.png", self.file)

    async def generate_with_key(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("x-goog-api-key") != self.settings.get("key", KEY):
            return self._unauthorized(request.headers.get("x-goog-api-key", ""))
        model = request.match_info["model"]
        how = self.settings.get("no_model", "incorrect")
        if how != "google" and (self.gone(model) or not self._served(model)):
            if how == "incorrect":
                return failure(INCORRECT, 400)
            message = f"No available channel for model {model} under group default (distributor)"
            return failure(message, 503, "model_not_found", "new_api_error")
        return await self.generate(request)

    async def models(self, request: web.Request) -> web.StreamResponse:
        """In OpenAI's form; it needs no key, and answers a wrong one too."""
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in GPT]
        return web.json_response({"object": "list", "data": data})

    async def remain(self, request: web.Request) -> web.StreamResponse:
        """What is left of a key's credit in US dollars (``remain``), -1 without a limit."""
        if (refused := self._refused(request)) is not None:
            return refused
        left = self.settings.get("remain", 12.5)
        return web.json_response({"object": "list", "total_usage": left})

    async def catalogue(self, request: web.Request) -> web.StreamResponse:
        """The public list; it takes filters and needs no key."""
        known = {"type", "modalities", "model", "features", "sort_by", "sort_order"}
        if set(request.query) - known:
            return failure("unknown parameter", 400)
        wanted = request.query.get("type")
        images = [entry(model, "image_generation") for model in self.offered]
        data = self.settings.get("catalogue", [*CATALOGUE, *images])
        data = [model for model in data if wanted in (None, *model["types"].split(","))]
        return web.json_response({"data": data, "message": "", "success": True})

    async def predict(self, request: web.Request) -> web.StreamResponse:
        if (refused := self._refused(request)) is not None:
            return refused
        vendor, model = request.match_info["vendor"], request.match_info["model"]
        if vendor != "openai" or model not in GPT:
            return failure(INCORRECT, 400)
        try:
            asked = checked(json.loads(await request.read()))
        except Wrong as wrong:
            return web.json_response(wrong.body, status=400)
        size, count = asked.get("size"), asked.get("n", 1) - self.settings.get("fewer", 0)
        self.bill(request, model, size, count)
        if "answer" in self.settings:
            return web.json_response(self.settings["answer"])
        return web.json_response(self._output(asked))

    async def file(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers or self.settings.get("broken"):
            return web.Response(status=403 if "Authorization" in request.headers else 404)
        size = int(request.match_info["width"]), int(request.match_info["height"])
        return web.Response(body=picture(*size), content_type="image/png")

    def _refused(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "")
        if given == f"Bearer {self.settings.get('key', KEY)}":
            return None
        return self._unauthorized(given.removeprefix("Bearer "))

    def _unauthorized(self, given: str) -> web.Response:
        shown = f": {given}" if self.settings.get("echo_key") else ""
        return failure(f"Incorrect API key provided{shown}", 401, "invalid_api_key")

    def _output(self, asked: dict[str, Any]) -> dict[str, Any]:
        size = asked.get("size", "auto")
        width, height = (1024, 1024) if size == "auto" else map(int, size.split("x"))
        number = asked.get("n", 1) - self.settings.get("fewer", 0)
        encoded = [base64_of(picture(width, height)) for _ in range(number)]
        links = [f"{self.base}/files/{width}x{height}.png" for _ in range(number)]
        match self.settings.get("style", "object"):
            case "list":
                return {"output": [{"b64_json": data} for data in encoded]}
            case "links":
                return {"output": [{"url": link} for link in links]}
            case "urls":
                return {"output": {"b64_json": [], "urls": links}}
            case "strings":
                return {"output": links}
            case "data":
                return {"created": 1, "data": [{"b64_json": data} for data in encoded]}
        pictures = [{"bytesBase64": data, "mimeType": "png"} for data in encoded]
        tokens = {"input_tokens": 37, "output_tokens": 272, "total_tokens": 309}
        return {"output": {"b64_json": pictures, "urls": []}, "usage": tokens}


def checked(body: Any) -> dict[str, Any]:
    """The ``input``, if every field of it is as documented."""
    if not isinstance(body, dict) or set(body) != {"input"} or not isinstance(body["input"], dict):
        raise Wrong('The body must be {"input": {…}}.', "input")
    asked: dict[str, Any] = body["input"]
    for name, value in asked.items():
        if name not in INPUT:
            raise Wrong(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
        known = INPUT[name]
        if isinstance(known, tuple) and isinstance(known[0], str):
            if value not in known:
                raise Wrong(f"Invalid value: '{value}'. Supported values are: {known}.", name)
        elif not isinstance(value, known) or isinstance(value, bool):
            raise Wrong(f"Invalid type for '{name}'.", name, "invalid_type")
    if not asked.get("prompt"):
        raise Wrong("Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter")
    if len(asked["prompt"]) > LONGEST:
        raise Wrong(
            "Invalid 'prompt': string too long. Expected a string with maximum length "
            f"{LONGEST}, but got a string with length {len(asked['prompt'])} instead.",
            "prompt",
            "string_above_max_length",
        )
    if not 1 <= asked.get("n", 1) <= 4:
        raise Wrong("Number of images must be between 1 and 4", "n", "integer_above_max_value")
    images = asked.get("image", [])
    for image in [images] if isinstance(images, str) else images:
        check_image(image)
    if isinstance(images, list) and len(images) > 16:
        raise Wrong("Too many images.", "image", "array_above_max_length")
    return asked


def check_image(image: Any) -> None:
    if not isinstance(image, str):
        raise Wrong("Invalid type for 'image'.", "image", "invalid_type")
    if image.startswith("https://"):
        return
    kind, marker, data = image.partition(";base64,")
    if kind not in ("data:image/png", "data:image/jpeg", "data:image/webp") or not marker:
        message = "Invalid file 'image': unsupported mimetype."
        raise Wrong(message, "image", "unsupported_file_mimetype")
    try:
        readable = is_picture(base64.b64decode(data, validate=True))
    except binascii.Error:
        readable = False
    if not readable:
        raise Wrong("Invalid image file or mode for image 1.", "image", "invalid_image_file")


if __name__ == "__main__":
    serve(AIHubMix())
