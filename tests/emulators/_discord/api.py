"""REST: authorization, rate limits, bodies and schemas around each endpoint.

https://discord.com/developers/docs/reference.
"""

import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.emulators._discord import bodies
from tests.emulators._discord.bodies import Upload
from tests.emulators._discord.errors import Refused, status_only
from tests.emulators._discord.limits import refusal

PREFIX = "/api/v10"
TOLERATED = frozenset(("tts", "nonce", "enforce_nonce", "nsfw"))
"""Documented fields that the OpenAPI document lacks at places where libraries send them."""

BROKEN = (50006, 50035, 50109)
"""Refusals that tell of a malformed request, and are recorded as violations."""


@dataclass
class Call:
    """A request to an endpoint, already authorized and checked against the schema."""

    path: dict[str, str]
    query: Mapping[str, str]
    body: Any
    files: dict[int, Upload]

    def id(self, name: str) -> int:
        """A snowflake of the path.

        Raises:
            Refused: 50035 when it is none.
        """
        value = self.path[name]
        if not value.isdigit():
            words = f'Value "{value[:40]}" is not snowflake.'
            wrong = {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": words}]}
            raise Refused(50035, errors={name: wrong})
        return int(value)


Endpoint = Callable[[Call], Awaitable[Any]]


class Routes:
    """Adds endpoints, named as in the OpenAPI document.

    An endpoint returns JSON, ``(status, JSON)``, or nothing for 204.
    """

    def __init__(self, server: Any, router: web.UrlDispatcher) -> None:
        self._server = server
        self._router = router
        self._known: set[tuple[str, str]] = set()

    def add(self, method: str, path: str, endpoint: Endpoint, *, auth: bool = True) -> None:
        """Serve ``method path``; with ``auth`` only for the bot's token."""
        self._known.add((method, path))

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, method, path, endpoint, auth)

        self._router.add_route(method, PREFIX + path, handle)

    def finish(self) -> None:
        """Add the endpoints that Discord has and the emulator has not, and what is nowhere."""
        for path, operations in self._server.schema.paths.items():
            for method in ("get", "put", "post", "patch", "delete"):
                if method in operations and (method.upper(), path) not in self._known:
                    self._router.add_route(method, PREFIX + path, self._absent)
        self._router.add_route("*", "/api/{rest:.*}", self._nowhere)

    async def _absent(self, request: web.Request) -> web.Response:
        where = f"{request.method} {request.path}"
        self._server.violation("request", where, "the emulator does not have this endpoint")
        return respond(501, {"message": "501: Not Implemented", "code": 0})

    async def _nowhere(self, request: web.Request) -> web.Response:
        if not request.path.startswith(PREFIX + "/"):
            return respond(400, Refused(50041).body)
        self._server.violation("request", f"{request.method} {request.path}", "no such endpoint")
        return respond(404, {"message": "404: Not Found", "code": 0})

    async def _handle(
        self, request: web.Request, method: str, path: str, endpoint: Endpoint, auth: bool
    ) -> web.StreamResponse:
        values = dict(request.match_info)
        where = f"{method} {path}"
        headers: dict[str, str] = {}
        try:
            self._authorize(request, auth)
            headers, limited = self._server.limits.take(method, path, values, auth)
            if limited is not None:
                self._check_answer(method, path, 429, limited)
                return self._done(where, respond(429, limited, headers))
            call = await self._call(request, method, path, values)
            answer = await self._answered(endpoint, call, where)
        except Refused as refused:
            if refused.code in BROKEN:
                self._server.violation("request", where, json.dumps(refused.body)[:500], True)
            plain = {key: value for key, value in refused.body.items() if key != "errors"}
            self._check_answer(method, path, refused.status, plain)
            extra = {"X-RateLimit-Scope": "user"} if refused.status == 429 else {}
            return self._done(where, respond(refused.status, refused.body, headers | extra))
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        if body is None:
            return self._done(where, respond(204, None, headers))
        self._check_answer(method, path, status, body)
        return self._done(where, respond(status, body, headers))

    async def _answered(self, endpoint: Endpoint, call: Call, where: str) -> Any:
        """What the endpoint answers; a failure of the emulator is a violation of its own."""
        try:
            return await endpoint(call)
        except Refused:
            raise
        except Exception as error:
            traceback.print_exc()
            self._server.violation("emulator", where, f"{type(error).__name__}: {error}")
            raise status_only(500, "Internal Server Error") from error

    def _done(self, where: str, response: web.Response) -> web.Response:
        self._server.count(where, response.status)
        return response

    def _authorize(self, request: web.Request, auth: bool) -> None:
        given = request.headers.get("Authorization")
        right = f"Bot {self._server.world.app['token']}"
        if (auth or given is not None) and given != right:
            raise status_only(401, "Unauthorized")

    async def _call(
        self, request: web.Request, method: str, path: str, values: dict[str, str]
    ) -> Call:
        data = await request.read()
        body, files = bodies.read(request.headers.get("Content-Type", ""), data)
        record = request.get("record")
        if record is not None and files:
            names = {str(n): [file.filename, len(file.data)] for n, file in files.items()}
            record["body"] = {"payload_json": body, "files": names}
        known = self._server.schema.queries(method, path)
        if known is not None and (strange := set(request.query) - known):
            self._server.violation("request", f"{method} {path}", f"unknown query: {strange}")
        if method in ("POST", "PUT", "PATCH") and self._server.validating and body is not None:
            self._server.schema.request(method, path, body).settle()
            for found in self._server.schema.unknown(method, path, _stripped(body)):
                self._server.violation("request", f"{method} {path}", f"unknown: {found}")
        return Call(values, request.query, body, files)

    def _check_answer(self, method: str, path: str, status: int, body: Any) -> None:
        """Nested errors are left out by callers: the document has numbers for their codes, the
        platform's own examples words."""
        if not self._server.validating:
            return
        for found in self._server.schema.answer(method, path, status, body):
            self._server.violation("answer", f"{method} {path}", found)


def _stripped(body: Any) -> Any:
    """A body without the tolerated fields: of a message, a response's data, or commands."""
    if isinstance(body, list):
        return [_stripped(one) for one in body]
    if not isinstance(body, dict):
        return body
    kept = {key: value for key, value in body.items() if key not in TOLERATED}
    if isinstance(kept.get("data"), dict):
        kept["data"] = _stripped(kept["data"])
    return kept


def respond(status: int, body: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer as Discord's edge sends it: the type is exactly ``application/json``."""
    sent = {"Via": "1.1 google", **(headers or {})}
    if body is None:
        return web.Response(status=status, headers=sent)
    sent["Content-Type"] = "application/json"
    return web.Response(status=status, body=json.dumps(body).encode(), headers=sent)


def scripted(fault: dict[str, Any]) -> web.Response | None:
    """Answers for faults that name one of Discord's: ``error`` (a JSON code, known or not, with
    ``status`` if it is not the usual one), ``limited`` (``{"retry_after", "scope"}``), or
    ``cloudflare`` (a 429 from the edge: HTML, no ``Via``)."""
    if "error" in fault:
        facts = {key: fault[key] for key in ("status", "retry_after") if key in fault}
        refused = Refused(fault["error"], **facts)
        return respond(refused.status, refused.body)
    if "limited" in fault:
        asked = fault["limited"]
        scope = asked.get("scope", "user")
        empty = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0"}
        wait = asked.get("retry_after", 0.2)
        empty |= {"X-RateLimit-Reset-After": f"{wait:.3f}", "X-RateLimit-Bucket": "scripted"}
        headers, body = refusal(wait, scope, {} if scope == "global" else empty)
        return respond(429, body, headers)
    if fault.get("cloudflare"):
        page = "<html><title>Access denied | discord.com used Cloudflare</title>1015</html>"
        return web.Response(
            status=429, text=page, content_type="text/html", headers={"Retry-After": "60"}
        )
    return None
