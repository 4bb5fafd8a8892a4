"""``generateContent`` as it is documented, for the emulators of those who serve it.

* https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching#Part
* https://ai.google.dev/gemini-api/docs/image-generation
* https://ai.google.dev/gemini-api/docs/thought-signatures

Steered through ``/_ctl/set``: ``script`` is a list of bodies to answer the next requests with
(``null``: as usual), ``jpeg`` answers with JPEG, ``snake`` with ``inline_data``, ``file`` is the
path of a picture to answer with whatever was asked, ``echo_key`` puts the key into errors,
``largest`` is how many bytes a request may have, ``clothes`` puts the picture into the text (see
:func:`.pictures.dressed`; ``file`` of the part's ``fileData``), ``terse`` refuses sizes and ratios
in Google's shortest words. Which models there are, and how they are retired, is in
:mod:`.offered`. Every answer with a picture, and every other one but a blocked prompt, is in
``/_ctl/paid``.
"""

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.emulators.offered import FLASH, MODELS, TOKENS, Offering, released
from tests.emulators.pictures import base64_of, dressed, is_picture, picture

KEY = "AIzaSyEMULATOR-0123456789-abcdefghijklm"
LARGEST = 100 * 2**20
MOST_TOKENS = 131_072

# https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios_and_image_size: the row of
# 1K; 512 is half of it and 2K and 4K are two and four times it (but 21:9 at 512, see there).
DIMENSIONS = {
    "1:1": (1024, 1024),
    "1:4": (512, 2048),
    "1:8": (384, 3072),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:1": (2048, 512),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "8:1": (3072, 384),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}
FACTORS = {"512": 0.5, "1K": 1.0, "2K": 2.0, "4K": 4.0}
MIMES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")

# Fields of the messages; each may also be spelled in snake case, as proto JSON has it.
REQUEST = {
    "model": str,
    "contents": list,
    "tools": list,
    "toolConfig": dict,
    "safetySettings": list,
    "systemInstruction": dict,
    "generationConfig": dict,
    "cachedContent": str,
}
CONTENT = {"role": str, "parts": list}
PART = {
    "text": str,
    "inlineData": dict,
    "fileData": dict,
    "functionCall": dict,
    "functionResponse": dict,
    "thought": bool,
    "thoughtSignature": str,
}
BLOB = {"mimeType": str, "data": str}
CONFIG = {
    "responseModalities": list,
    "imageConfig": dict,
    "candidateCount": int,
    "maxOutputTokens": int,
    "temperature": (int, float),
    "topP": (int, float),
    "topK": int,
    "seed": int,
    "stopSequences": list,
    "thinkingConfig": dict,
}
IMAGE_CONFIG = {"aspectRatio": str, "imageSize": str}

MISSING_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API."
)
NOT_VALID = "API key not valid. Please pass a valid API key."
UNREADABLE = (
    "Unable to process input image. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)


class Rejected(Exception):
    """A request that is not as documented."""

    def __init__(
        self, message: str, status: str = "INVALID_ARGUMENT", details: list[Any] | None = None
    ) -> None:
        super().__init__(message)
        self.body = error(message, status, details)

    @property
    def response(self) -> web.Response:
        return web.json_response(self.body, status=self.body["error"]["code"])


CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


def error(message: str, status: str, details: list[Any] | None = None) -> dict[str, Any]:
    """Google's error envelope (https://google.aip.dev/193)."""
    inner: dict[str, Any] = {"code": CODES[status], "message": message, "status": status}
    if details:
        inner["details"] = details
    return {"error": inner}


def error_info(reason: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }


def retry_info(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def candidate(finish: str | None, message: str | None = None, **more: Any) -> dict[str, Any]:
    """An answer with one candidate that has no content, as one that was blocked has."""
    inner: dict[str, Any] = {"content": {}, "index": 0, **more}
    if finish is not None:
        inner["finishReason"] = finish
    if message is not None:
        inner["finishMessage"] = message
    return {"candidates": [inner], "usageMetadata": usage(0), "modelVersion": FLASH}


def said(text: str, finish: str = "STOP") -> dict[str, Any]:
    """An answer that is a text."""
    return candidate(finish, content={"parts": [{"text": text}], "role": "model"})


def blocked(reason: str, **more: Any) -> dict[str, Any]:
    """The answer to a prompt that was blocked: there is no candidate."""
    return {
        "promptFeedback": {"blockReason": reason, **more},
        "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8},
        "modelVersion": FLASH,
    }


def usage(image: int, text: int = 20, thoughts: int = 100) -> dict[str, Any]:
    """https://ai.google.dev/api/generate-content#UsageMetadata"""
    details = [{"modality": "IMAGE", "tokenCount": image}] if image else []
    return {
        "promptTokenCount": 10,
        "candidatesTokenCount": image + text,
        "totalTokenCount": 10 + image + text + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}],
        "candidatesTokensDetails": details,
        "thoughtsTokenCount": thoughts,
    }


NO_MODEL = (
    "models/{} is not found for API version v1beta, or is not supported for generateContent. Call "
    "ListModels to see the list of available models and their supported methods."
)
TERSE = "Request contains an invalid argument."


class GenerateContent(Offering):
    """The method, its checks and its answers; a subclass says where it is and who may call."""

    largest = LARGEST

    def __init__(self) -> None:
        super().__init__()
        self._whole: dict[str, bytes] = {}
        self._dressed_pictures: list[bytes] = []

    async def generate(self, request: web.Request) -> web.StreamResponse:
        """``POST models/{model}:generateContent``"""
        model = request.match_info["model"]
        try:
            asked = await self._asked(request, model)
        except Rejected as rejected:
            return rejected.response
        if path := self.settings.get("file"):
            return self._file(str(path))
        script = self.settings.get("script") or [None]
        scripted = script.pop(0) if "script" in self.settings and script else None
        size = asked.get("generationConfig", {}).get("imageConfig", {}).get("imageSize")
        if isinstance(scripted, str):
            self.bill_made(request, model, size, 1)
            return web.Response(text=scripted, content_type="application/json")
        answer = scripted if scripted is not None else self._drawn(model, asked)
        if not (isinstance(answer, dict) and "promptFeedback" in answer):
            self.bill_made(request, model, size, made(answer))
        return web.json_response(answer)

    async def _asked(self, request: web.Request, model: str) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise Rejected("Request content type must be application/json.")
        limit = self.settings.get("largest", self.largest)
        if int(request.headers.get("Content-Length", 0)) > limit:
            raise Rejected(f"Request payload size exceeds the limit: {limit} bytes.")
        if self.gone(model) or not self._served(model):
            raise Rejected(NO_MODEL.format(model), "NOT_FOUND")
        try:
            asked = json.loads(await request.read())
        except ValueError:
            raise Rejected("Invalid JSON payload received. Unexpected end of string.") from None
        body = fields(asked, REQUEST, "")
        known = MODELS[released(model)]
        check_contents(body, known)
        try:
            check_config(body.get("generationConfig"), known | {"sizes": self.sizes(model)})
        except Rejected:
            if self.settings.get("terse"):
                raise Rejected(TERSE) from None
            raise
        return body

    def _served(self, model: str) -> bool:
        """Whether pictures are made with a model that is called so."""
        return model in self.offered and released(model) in MODELS

    def _drawn(self, model: str, asked: dict[str, Any]) -> dict[str, Any]:
        config = asked.get("generationConfig", {})
        if "IMAGE" not in config.get("responseModalities", ["TEXT", "IMAGE"]):
            return said("You asked for no picture.")
        image = config.get("imageConfig", {})
        size = image.get("imageSize", "1K")
        data = picture(
            *dimensions(size, image.get("aspectRatio", "1:1")),
            kind="JPEG" if self.settings.get("jpeg") else "PNG",
        )
        mime = "image/jpeg" if self.settings.get("jpeg") else "image/png"
        name = (
            ("inline_data", "mime_type")
            if self.settings.get("snake")
            else (
                "inlineData",
                "mimeType",
            )
        )
        if clothes := self.settings.get("clothes"):
            return self._dressed(clothes, mime, data, model)
        thought = {"mimeType": "image/png", "data": base64_of(picture(64, 64, color="blue"))}
        return {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {"text": "**Thinking about the composition**", "thought": True},
                            {"inlineData": thought, "thought": True},
                            {"text": "Here it is."},
                            {
                                name[0]: {name[1]: mime, "data": base64_of(data)},
                                "thoughtSignature": base64_of(bytes(range(256)) * 64),
                            },
                        ],
                        "role": "model",
                    },
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
            "usageMetadata": usage(TOKENS[released(model)].get(size, 1120)),
            "modelVersion": model,
            "responseId": "emulated",
        }

    def _dressed(self, clothes: str, mime: str, data: bytes, model: str) -> dict[str, Any]:
        """An answer whose picture is no ``inlineData``."""
        link = f"{self.base}/dressed/{self._dress(data)}.png"
        file = {"fileData": {"mimeType": mime, "fileUri": link}}
        part = file if clothes == "file" else {"text": dressed(clothes, mime, data, link)}
        answer = candidate("STOP", content={"parts": [part], "role": "model"})
        return answer | {"usageMetadata": usage(1120), "modelVersion": model}

    def _dress(self, data: bytes) -> int:
        self._dressed_pictures.append(data)
        return len(self._dressed_pictures) - 1

    async def dressed_picture(self, request: web.Request) -> web.Response:
        data = self._dressed_pictures[int(request.match_info["number"])]
        return web.Response(body=data, content_type="image/png")

    def _file(self, path: str) -> web.Response:
        if path not in self._whole:
            blob = {"mimeType": "image/png", "data": base64_of(Path(path).read_bytes())}
            inner = {"parts": [{"inlineData": blob}], "role": "model"}
            whole = {"candidates": [{"content": inner, "finishReason": "STOP", "index": 0}]}
            self._whole[path] = json.dumps(whole | {"usageMetadata": usage(2000)}).encode()
        return web.Response(body=self._whole[path], content_type="application/json")


def made(answer: Any) -> int:
    """How many pictures are in an answer, without those of its thoughts; scripted ones may be of
    any form."""
    if isinstance(answer, list):
        return sum(map(made, answer))
    if not isinstance(answer, dict) or answer.get("thought"):
        return 0
    here = "inlineData" in answer or "inline_data" in answer
    return here + sum(made(inner) for inner in answer.values())


def dimensions(size: str, ratio: str) -> tuple[int, int]:
    """Pixels of an answer, as the table has them."""
    if (size, ratio) == ("512", "21:9"):
        return 792, 168
    width, height = DIMENSIONS[ratio]
    return int(width * FACTORS[size]), int(height * FACTORS[size])


def snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def fields(value: Any, known: dict[str, Any], where: str) -> dict[str, Any]:
    """``value`` with its fields in camel case; unknown ones and wrong types are rejected."""
    if not isinstance(value, dict):
        raise Rejected(f"Invalid value at '{where}' (type.googleapis.com/google.protobuf.Struct)")
    spelled = {snake(name): name for name in known} | {name: name for name in known}
    result = {}
    for name, inner in value.items():
        if name not in spelled:
            place = f" at '{where}'" if where else ""
            raise Rejected(
                f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
            )
        kind = known[spelled[name]]
        wrong = not isinstance(inner, kind) or (isinstance(inner, bool) and kind is not bool)
        if wrong:
            raise Rejected(f"Invalid value at '{where}.{snake(spelled[name])}'")
        result[spelled[name]] = inner
    return result


def check_contents(body: dict[str, Any], model: dict[str, Any]) -> None:
    if not body.get("contents"):
        raise Rejected("* GenerateContentRequest.contents: contents is not specified\n")
    pictures, text = 0, ""
    for number, content in enumerate(body["contents"]):
        where = f"contents[{number}]"
        turn = fields(content, CONTENT, where)
        if turn.get("role", "user") not in ("user", "model"):
            raise Rejected("Please use a valid role: user, model.")
        if not turn.get("parts"):
            raise Rejected(
                f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.\n"
            )
        for index, part in enumerate(turn["parts"]):
            found = fields(part, PART, f"{where}.parts[{index}]")
            if turn.get("role") == "model" and "thoughtSignature" not in found:
                raise Rejected(
                    "Image part is missing a thought_signature in content position "
                    f"{number + 1}, part position {index + 1}."
                )
            if len({"text", "inlineData", "fileData"} & set(found)) != 1:
                raise Rejected(
                    f"{where}.parts[{index}].data: required oneof field 'data' must "
                    "have one initialized field"
                )
            text += found.get("text", "")
            if "inlineData" in found:
                pictures += 1
                check_blob(found["inlineData"], f"{where}.parts[{index}].inline_data")
    if pictures > model["references"]:
        raise Rejected(f"Too many images: {pictures}, at most {model['references']}.")
    if not text.strip():
        raise Rejected("* GenerateContentRequest.contents: text is not specified\n")
    if len(text) // 4 > MOST_TOKENS:
        raise Rejected(
            f"The input token count ({len(text) // 4}) exceeds the maximum number of tokens "
            f"allowed ({MOST_TOKENS})."
        )


def check_blob(value: Any, where: str) -> None:
    blob = fields(value, BLOB, where)
    if set(blob) != set(BLOB):
        raise Rejected(f"{where}: mime_type and data are required")
    if blob["mimeType"] not in MIMES:
        raise Rejected(f"Unsupported MIME type: {blob['mimeType']}")
    try:
        data = base64.b64decode(blob["data"], validate=True)
    except binascii.Error:
        raise Rejected(
            f"Invalid value at '{where}.data' (TYPE_BYTES), Base64 decoding failed"
        ) from None
    if not is_picture(data):
        raise Rejected(UNREADABLE)


def check_config(value: Any, model: dict[str, Any]) -> None:
    if value is None:
        return
    config = fields(value, CONFIG, "generation_config")
    for modality in config.get("responseModalities", []):
        if modality not in ("TEXT", "IMAGE"):
            raise Rejected(f"Invalid value at 'generation_config.response_modalities' {modality!r}")
    if config.get("candidateCount", 1) != 1:
        raise Rejected("Multiple candidates is not enabled for this model")
    image = fields(config.get("imageConfig", {}), IMAGE_CONFIG, "generation_config.image_config")
    where = "* GenerateContentRequest.generation_config.image_config"
    if image.get("aspectRatio", "1:1") not in model["ratios"]:
        raise Rejected(
            f"{where}.aspect_ratio: aspect_ratio must be one of {', '.join(model['ratios'])}.\n"
        )
    if "imageSize" in image and image["imageSize"] not in model["sizes"]:
        raise Rejected(
            f"{where}.image_size: image_size must be one of {', '.join(model['sizes'])}.\n"
        )
