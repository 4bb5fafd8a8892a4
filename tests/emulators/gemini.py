"""The Gemini API (https://ai.google.dev/api): ``models.list`` and ``generateContent``.

``/_ctl/set {"models": [...]}`` replaces the list and nothing else; which models are listed and
served is in :mod:`.offered`, the rest in :mod:`.generate_content`. A call that fails with 500 is
not paid for (https://ai.google.dev/gemini-api/docs/billing); ``foreign`` makes it one of those who
copy the API, where that does not hold.
"""

from typing import Any

from aiohttp import web

from tests.emulators.emulator import serve
from tests.emulators.generate_content import (
    KEY,
    MISSING_KEY,
    NOT_VALID,
    GenerateContent,
    Rejected,
    error_info,
)
from tests.emulators.offered import NAMES, released


def listed(name: str, display: str, *methods: str) -> dict[str, Any]:
    """https://ai.google.dev/api/models#Model"""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": display,
        "description": f"{display}.",
        "inputTokenLimit": 131072,
        "outputTokenLimit": 32768,
        "supportedGenerationMethods": [*methods],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 1,
    }


TALKS = ("generateContent", "countTokens", "batchGenerateContent")
OTHERS = [
    listed("gemini-2.5-flash", "Gemini 2.5 Flash", *TALKS, "createCachedContent"),
    listed("imagen-4.0-generate-001", "Imagen 4", "predict"),
    listed("gemini-embedding-001", "Gemini Embedding 001", "embedContent"),
]


class Gemini(GenerateContent):
    """Takes the key in the header, or as ``?key=``."""

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/dressed/{number}.png", self.dressed_picture)
        router.add_get("/v1beta/models", self.models)
        router.add_post("/v1beta/models/{model:[^:/]+}:generateContent", self.authorized)

    def lost(self, request: web.Request, status: int | None) -> None:
        if status == 500 and not self.settings.get("foreign"):
            self.unbill(request)

    async def authorized(self, request: web.Request) -> web.StreamResponse:
        try:
            self._authorize(request)
        except Rejected as rejected:
            return rejected.response
        return await self.generate(request)

    async def models(self, request: web.Request) -> web.StreamResponse:
        """https://ai.google.dev/api/models#method:-models.list"""
        try:
            self._authorize(request)
            size = request.query.get("pageSize", "50")
            if set(request.query) - {"pageSize", "pageToken", "key"} or not size.isdigit():
                raise Rejected("Invalid JSON payload received. Unknown name: Cannot find field.")
        except Rejected as rejected:
            return rejected.response
        images = [listed(model, NAMES[released(model)], *TALKS) for model in self.offered]
        models = self.settings.get("models", [OTHERS[0], *images, *OTHERS[1:]])
        number = min(int(size) or 50, 1000)
        more = {"nextPageToken": "more"} if len(models) > number else {}
        return web.json_response({"models": models[:number], **more})

    def _authorize(self, request: web.Request) -> None:
        key = request.headers.get("x-goog-api-key") or request.query.get("key")
        if not key:
            raise Rejected(MISSING_KEY, "PERMISSION_DENIED")
        if key != self.settings.get("key", KEY):
            shown = f" ({key})" if self.settings.get("echo_key") else ""
            raise Rejected(NOT_VALID + shown, details=[error_info("API_KEY_INVALID")])


if __name__ == "__main__":
    serve(Gemini())
