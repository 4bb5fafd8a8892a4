"""The app itself: its token, its bot, what it may do and is subscribed to.

https://open.feishu.cn/document/server-docs/authentication-management/access-token/tenant_access_token_internal
"""

import secrets
from typing import Any

from aiohttp import web

from tests.emulators._feishu.gateway import Call, Gateway
from tests.emulators._feishu.refusals import Refused, check, wrong
from tests.emulators._feishu.state import APP_PATTERN, App, World


class Accounts:
    """Routes of auth, bot, application and contact."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway

    def routes(self, router: web.UrlDispatcher) -> None:
        api, prefix = self.gateway.api, "/open-apis"
        router.add_post(
            f"{prefix}/auth/v3/tenant_access_token/internal", self.gateway.open(self.token)
        )
        router.add_get(f"{prefix}/bot/v3/info", api("bot.v3.info", self.bot))
        scopes = api("application.v6.scope.list", self.scopes)
        router.add_get(f"{prefix}/application/v6/scopes", scopes)
        about = f"{prefix}/application/v6/applications/{{app_id}}"
        router.add_get(about, api("application.v6.application.get", self.application))
        versions = api("application.v6.application.get", self.versions)
        router.add_get(f"{about}/app_versions", versions)
        version = api("application.v6.application.get", self.version)
        router.add_get(f"{about}/app_versions/{{version_id}}", version)
        user = api("contact.v3.user.get", self.user)
        router.add_get(f"{prefix}/contact/v3/users/{{user_id}}", user)

    async def token(self, request: web.Request, body: Any) -> dict[str, Any]:
        """A tenant token; the one there is while more than half an hour of it is left."""
        given = body or {}
        check(not request.query, 99992402, "query")
        texts = all(isinstance(given.get(name), str) for name in ("app_id", "app_secret"))
        check(texts and set(given) == {"app_id", "app_secret"}, 10003)
        check(APP_PATTERN.fullmatch(given["app_id"]), 10003)
        app = self.world.apps.get(given["app_id"])
        if app is None:
            raise Refused(10003)
        if given["app_secret"] != app.secret:
            raise Refused(10014)
        now = self.world.now()
        for token, known in self.world.tokens.items():
            lasts = known["expires"] - now
            if known["app"] == app.app_id and not known["revoked"] and lasts > 1800:
                return _token(token, lasts)
        token = f"t-{secrets.token_hex(20)}"
        lasts = self.world.limits["token_seconds"]
        self.world.tokens[token] = {"app": app.app_id, "expires": now + lasts, "revoked": False}
        return _token(token, lasts)

    async def bot(self, call: Call) -> dict[str, Any]:
        app = call.app
        about = {
            "activate_status": 2,
            "app_name": app.name,
            "avatar_url": "https://example.invalid/bot.png",
            "ip_white_list": [],
            "open_id": app.open_id,
        }
        return {"code": 0, "msg": "ok", "bot": about}

    async def scopes(self, call: Call) -> dict[str, Any]:
        """https://open.feishu.cn/document/server-docs/application-v6/scope/list"""
        granted = [{"scope_name": name, "grant_status": 1} for name in sorted(call.app.scopes)]
        asked = self.world.settings.get("scopes_pending", [])
        pending = [{"scope_name": name, "grant_status": 2} for name in asked]
        return {"scopes": granted + pending}

    async def application(self, call: Call) -> dict[str, Any]:
        app = self._own(call, {"lang", "user_id_type"})
        callbacks = ["card.action.trigger"] if app.callback else []
        mode = {"request_url": app.webhook["url"] if app.webhook else ""}
        kind = "webhook" if app.webhook else "websocket"
        called = mode | {"callback_type": kind, "subscribed_callbacks": callbacks}
        heard = mode | {"subscription_type": kind, "subscribed_events": sorted(app.events)}
        return {
            "app": {
                "app_id": app.app_id,
                "creator_id": "ou_creator",
                "status": 1,
                "scene_type": 0,
                "payment_type": 0,
                "redirect_urls": [],
                "online_version_id": "oav_online" if app.published else "",
                "app_name": app.name,
                "avatar_url": "https://example.invalid/app.png",
                "description": "",
                "scopes": [
                    {"scope": name, "description": name, "level": 1} for name in sorted(app.scopes)
                ],
                "primary_language": "zh_cn",
                "owner": {"type": 2, "owner_id": "ou_creator"},
                "event": heard,
                "callback": called,
                "callback_info": called,
            }
        }

    async def versions(self, call: Call) -> dict[str, Any]:
        allowed = {"lang", "page_size", "page_token", "order", "user_id_type"}
        app = self._own(call, allowed)
        return {"items": [_version(app)], "page_token": "", "has_more": False}

    async def version(self, call: Call) -> dict[str, Any]:
        app = self._own(call, {"lang", "user_id_type"})
        check(call.path["version_id"] == "oav_online", 99992402, "version_id")
        return {"app_version": _version(app)}

    def _own(self, call: Call, allowed: set[str]) -> App:
        check(set(call.query) <= allowed, 99992402, f"query {sorted(call.query)}")
        check(call.query.get("lang") in ("zh_cn", "en_us", "ja_jp"), 99992402, "lang is required")
        if call.path["app_id"] not in ("me", call.app.app_id):
            raise wrong(99992402, "app_id")
        return call.app

    async def user(self, call: Call) -> dict[str, Any]:
        """The name and no more: what the scope of base information shows."""
        check(set(call.query) <= {"user_id_type", "department_id_type"}, 99992402, "query")
        kind = call.query.get("user_id_type", "open_id")
        check(kind in ("open_id", "union_id", "user_id"), 99992402, "user_id_type")
        for person in self.world.people.values():
            if person.ids()[kind] == call.path["user_id"]:
                about = {"name": person.name, "en_name": person.name, **person.ids()}
                return {"user": about}
        raise Refused(41050)


def _token(token: str, lasts: float) -> dict[str, Any]:
    return {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": int(lasts)}


def _version(app: App) -> dict[str, Any]:
    """The version that is online; the events it is subscribed to are ``event_infos``."""
    return {
        "app_id": app.app_id,
        "version": "1.0.0",
        "version_id": "oav_online",
        "app_name": app.name,
        "status": 1 if app.published else 3,
        "scopes": [{"scope": name, "level": 1} for name in sorted(app.scopes)],
        "events": sorted(app.events),
        "event_infos": [{"event_type": name} for name in sorted(app.events)],
        "ability": {"bot": {"card_request_url": ""}},
    }
