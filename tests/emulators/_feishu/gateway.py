"""What stands before every call: token, frequency, scope, form; and the envelope of its answer."""

import json
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web

from tests.emulators._feishu.refusals import Refused, body, log_id, wrong
from tests.emulators._feishu.schemas import Schemas
from tests.emulators._feishu.state import App, World

MESSAGE = ("im:message", "im:message:send_as_bot")
SCOPES: dict[str, tuple[str, ...]] = {
    "im.v1.message.create": (*MESSAGE, "im:message:send"),
    "im.v1.message.reply": (*MESSAGE, "im:message:send"),
    "im.v1.message.patch": (*MESSAGE, "im:message:update"),
    "im.v1.message.update": (*MESSAGE, "im:message:update"),
    "im.v1.message.delete": (*MESSAGE, "im:message:recall"),
    "im.v1.message.get": ("im:message", "im:message:readonly", "im:message.history:readonly"),
    "im.v1.message.list": ("im:message", "im:message:readonly", "im:message.history:readonly"),
    "im.v1.messageResource.get": (
        *("im:message", "im:message:readonly", "im:message.history:readonly"),
    ),
    "im.v1.image.create": ("im:resource", "im:resource:upload"),
    "im.v1.image.get": ("im:resource",),
    "im.v1.file.create": ("im:resource", "im:resource:upload"),
    "im.v1.file.get": ("im:resource",),
    "im.v1.messageReaction.create": ("im:message", "im:message.reactions:write_only"),
    "im.v1.messageReaction.delete": ("im:message", "im:message.reactions:write_only"),
    "im.v1.messageReaction.list": (
        *("im:message", "im:message:readonly", "im:message.reactions:read"),
    ),
    "im.v1.chat.get": ("im:chat", "im:chat:readonly", "im:chat:read"),
    "im.v1.chatMembers.isInChat": ("im:chat", "im:chat:readonly", "im:chat.members:read"),
    "contact.v3.user.get": ("contact:contact.base:readonly", "contact:contact:readonly_as_app"),
    "application.v6.application.get": (
        *("application:application:self_manage", "admin:app.info:readonly"),
    ),
}
CARDKIT = ("cardkit:card:write",)


@dataclass(slots=True)
class Call:
    """A request that got through: ``body`` is the parsed JSON, or the bytes of a form."""

    app: App
    request: web.Request
    path: dict[str, str]
    query: dict[str, str]
    body: Any


Handler = Callable[[Call], Awaitable[dict[str, Any] | web.StreamResponse]]


class Gateway:
    """Wraps the calls."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.schemas = Schemas()

    def open(self, handler: Callable[[web.Request, Any], Awaitable[dict[str, Any]]]) -> Any:
        """A call without a token; what its handler returns is the whole answer."""

        async def answer(request: web.Request) -> web.Response:
            log = log_id()
            try:
                return reply(await handler(request, await self._json(request)), log)
            except Refused as refused:
                return self._refuse(refused, request, log)
            except Exception as error:
                return self._broken(error, request, log)

        return answer

    def api(self, name: str, handler: Handler, form: bool = False) -> Any:
        """The call ``name`` of the open platform; ``form`` when its body is multipart."""

        async def answer(request: web.Request) -> web.StreamResponse:
            log = log_id()
            try:
                app = self._authorized(request)
                self.world.limits.api(app.app_id, name)
                self._permitted(app, name)
                call = await self._call(app, name, request, form)
                made = await handler(call)
            except Refused as refused:
                return self._refuse(refused, request, log)
            except Exception as error:
                return self._broken(error, request, log)
            if isinstance(made, web.StreamResponse):
                made.headers["X-Tt-Logid"] = log
                return made
            whole = made if "code" in made else {"code": 0, "msg": "success", "data": made}
            answer = reply(whole, log)
            answer.headers["Date"] = formatdate(self.world.milliseconds / 1000, usegmt=True)
            return answer

        return answer

    async def unknown(self, request: web.Request) -> web.Response:
        """No such call."""
        if not request.path.startswith("/_ctl/"):
            self.world.violation(f"{request.method} {request.path}", "there is no such call")
        return web.Response(status=404, text="404 page not found", headers={"X-Tt-Logid": log_id()})

    def _broken(self, error: Exception, request: web.Request, log: str) -> web.Response:
        """A mistake in the emulator must not look like one of Feishu's bad moments."""
        where = "".join(traceback.format_exception(error)[-2:])
        words = f"the emulator itself failed: {where}"
        self.world.violation(f"{request.method} {request.path}", words)
        return reply({"code": 2200, "msg": "internal error"}, log, 500)

    def _refuse(self, refused: Refused, request: web.Request, log: str) -> web.Response:
        if refused.fault:
            where = f"{request.method} {request.path}"
            self.world.violation(where, f"{refused.code} {refused.message}")
        answer = reply(body(refused, log), log, refused.status)
        answer.headers.update(refused.headers)
        return answer

    def _authorized(self, request: web.Request) -> App:
        given = request.headers.get("Authorization", "")
        if not given:
            raise wrong(99991661, "")
        kind, _, token = given.partition(" ")
        if kind != "Bearer" or not token.startswith(("t-", "u-")):
            raise wrong(99991671, "")
        if token.startswith("u-"):
            raise wrong(99991668, "")
        known = self.world.tokens.get(token)
        if known is None or known["revoked"] or known["expires"] <= self.world.now():
            raise Refused(99991663)
        return self.world.apps[known["app"]]

    def _permitted(self, app: App, name: str) -> None:
        wanted = CARDKIT if name.startswith("cardkit.") else SCOPES.get(name, ())
        if wanted and not app.scopes & set(wanted):
            raise missing(app, wanted)

    async def _call(self, app: App, name: str, request: web.Request, form: bool) -> Call:
        path, query = dict(request.match_info), dict(request.query)
        if len(query) != len(request.query):
            raise wrong(99992402, "a query parameter is given twice")
        data = await request.read() if form else await self._json(request)
        if not form and self.world.settings.get("validate", True):
            errors = self.schemas.errors(name, path, query, data)
            if errors:
                fields = [{"field": field, "description": words} for field, words in errors]
                detail = "; ".join(f"{field}: {words}" for field, words in errors)
                error = {"field_violations": fields}
                raise Refused(99992402, detail, fault=True, error=error)
        return Call(app, request, path, query, data)

    async def _json(self, request: web.Request) -> Any:
        data = await request.read()
        if not data:
            return None
        if request.method == "GET":
            if data.strip() in (b"{}", b"null"):
                return None
            raise wrong(9499, "a GET has no body")
        kind = request.headers.get("Content-Type")
        if kind is None and request.path.endswith("tenant_access_token/internal"):
            pass  # the official SDK for Python asks for tokens without it
        elif request.content_type != "application/json":
            raise wrong(9499, f"Content-Type is {kind}")
        try:
            parsed = json.loads(data)
        except ValueError:
            raise wrong(9499, "the body is not JSON") from None
        if not isinstance(parsed, dict):
            raise wrong(9499, "the body is not an object")
        return parsed


def missing(app: App, wanted: tuple[str, ...]) -> Refused:
    """The refusal of an app that lacks every one of ``wanted``."""
    names = ", ".join(wanted)
    link = (
        f"https://open.feishu.cn/app/{app.app_id}/auth?q={','.join(wanted)}"
        "&op_from=openapi&token_type=tenant"
    )
    words = (
        f"One of the following scopes is required: [{names}]."
        f"应用尚未开通所需的应用身份权限：[{names}]，点击链接申请并开通任一权限即可：{link}"
    )
    violations = [{"type": "action_scope_required", "subject": scope} for scope in wanted]
    helps = [{"url": link, "description": "点击链接申请并开通任一权限即可"}]
    error = {"permission_violations": violations, "helps": helps}
    return Refused(99991672, words, error=error)


def reply(whole: dict[str, Any], log: str, status: int = 200) -> web.Response:
    """An answer as Feishu sends it."""
    return web.Response(
        status=status,
        body=json.dumps(whole, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "X-Tt-Logid": log},
    )
