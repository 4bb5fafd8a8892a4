"""The control door of the Feishu emulator, beside what all emulators have; see ``feishu.py``."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.emulators._feishu.doings import Doings
from tests.emulators._feishu.events import Events
from tests.emulators._feishu.people import People
from tests.emulators._feishu.resources import IMAGE_KEY, keys
from tests.emulators._feishu.schemas import Schemas
from tests.emulators._feishu.sockets import Sockets
from tests.emulators._feishu.state import (
    APP_PATTERN,
    EVENTS,
    SCOPES,
    App,
    Chat,
    Message,
    Person,
    World,
)
from tests.emulators._feishu.webhook import Webhook

KINDS = ("p2p", "group", "topic")


class Control:
    """Routes below ``/_ctl``."""

    def __init__(
        self,
        world: World,
        schemas: Schemas,
        sockets: Sockets,
        events: Events,
        webhook: Webhook,
        people: People,
    ) -> None:
        self.world = world
        self.schemas = schemas
        self.sockets = sockets
        self.events = events
        self.webhook = webhook
        self.people = people
        self.doings = Doings(people)

    def routes(self, router: web.UrlDispatcher) -> None:
        gets = ("violations", "events", "sockets", "messages", "cards", "tokens", "apps")
        for name in gets:
            router.add_get(f"/_ctl/{name}", _shielded(getattr(self, f"get_{name}")))
        posts = ("apps", "people", "chats", "images", "files", "send", "act", "click", "tokens")
        more = ("scopes", "events", "sockets", "deliver_again", "webhook", "violations")
        for name in (*posts, *more):
            router.add_post(f"/_ctl/{name}", _shielded(getattr(self, f"post_{name}")))
        router.add_get("/_ctl/images/{key}", self.image)
        router.add_get("/_ctl/files/{key}", self.file)

    # Looking

    async def get_violations(self, _: web.Request) -> Any:
        return {"schema": self.schemas.present, "violations": self.world.violations}

    async def post_violations(self, _: web.Request) -> Any:
        """Forget them."""
        self.world.violations.clear()
        return {}

    async def get_events(self, request: web.Request) -> Any:
        kind = request.query.get("kind")
        one = request.query.get("event_id")
        pending = self.events.pending if request.query.get("pending") else None
        found = [each for each in self.events.about(pending) if kind in (None, each["kind"])]
        if request.query.get("brief"):
            for each in found:
                del each["payload"]
        return [each for each in found if one in (None, each["event_id"])]

    async def get_sockets(self, _: web.Request) -> Any:
        return {"open": self.sockets.about(), "served": self.sockets.served}

    async def get_tokens(self, _: web.Request) -> Any:
        return self.world.tokens

    async def get_apps(self, _: web.Request) -> Any:
        return [_app(app) for app in self.world.apps.values()]

    async def get_cards(self, _: web.Request) -> Any:
        return [
            {
                "card_id": each.card_id,
                "app": each.app,
                "message_id": each.message_id,
                "sequence": each.sequence,
                "card": each.card,
                "edits": each.edits,
                "history": each.history,
            }
            for each in self.world.entities.values()
        ]

    async def get_messages(self, request: web.Request) -> Any:
        chat = request.query.get("chat")
        of_bot = request.query.get("bot")
        return [
            self._message(each)
            for each in self.world.messages.values()
            if chat in (None, each.chat_id) and (not of_bot or each.sender_type == "app")
        ]

    def _message(self, message: Message) -> dict[str, Any]:
        entity = self.world.entities.get(message.card_id)
        person = self.world.people.get(message.sender)
        app = self.world.apps.get(message.sender)
        name = person.name if person else app.name if app else message.sender
        sender = {"id": message.sender, "type": message.sender_type, "name": name}
        content = self.world.card_of(message)
        return {
            **{key: getattr(message, key) for key in ("message_id", "chat_id", "msg_type")},
            **{key: getattr(message, key) for key in ("root_id", "parent_id", "thread_id")},
            "sender": sender,
            "content": content,
            "edits": entity.edits if entity else message.edits,
            "history": entity.history if entity else message.history,
            "create_time": message.created,
            "update_time": message.updated,
            "deleted": message.deleted,
            "mentions": message.mentions,
            "reactions": list(message.reactions.values()),
            "card_id": message.card_id,
            "images": {key: self._about(key) for key in self._pictures(message, content)},
            "files": {
                key: self.world.files[key].about | {"name": self.world.files[key].name}
                for key in keys(message, "file")
            },
        }

    def _pictures(self, message: Message, content: Any) -> list[str]:
        if message.msg_type != "interactive":
            return keys(message, "image")
        shown = dict.fromkeys(IMAGE_KEY.findall(json.dumps(content)))
        return [key for key in shown if key in self.world.images]

    def _about(self, key: str) -> dict[str, Any]:
        return self.world.images[key].about if key in self.world.images else {}

    async def image(self, request: web.Request) -> web.Response:
        found = self.world.images.get(request.match_info["key"])
        return web.Response(body=found.data) if found else web.Response(status=404)

    async def file(self, request: web.Request) -> web.Response:
        found = self.world.files.get(request.match_info["key"])
        return web.Response(body=found.data) if found else web.Response(status=404)

    # Making

    async def post_apps(self, request: web.Request) -> Any:
        body = await request.json()
        number = body.get("app_id") or next(iter(self.world.apps))
        if not APP_PATTERN.fullmatch(number):
            raise ValueError("app_id must match ^cli_[0-9a-f]{16}$")
        app = self.world.apps.setdefault(number, App(app_id=number))
        for name in ("secret", "name", "callback", "published", "open_id"):
            if name in body:
                setattr(app, name, body[name])
        for name, whole in (("scopes", SCOPES), ("events", EVENTS)):
            if name in body:
                setattr(app, name, set(whole if body[name] is None else body[name]))
        return _app(app)

    async def post_people(self, request: web.Request) -> Any:
        body = await request.json()
        person = Person(body["name"], body.get("locale", "zh_cn"))
        person.open_id = body.get("open_id", person.open_id)
        self.world.people[person.open_id] = person
        return {"name": person.name, "locale": person.locale, **person.ids()}

    async def post_chats(self, request: web.Request) -> Any:
        body = await request.json()
        people = [self.people.person(each) for each in body.get("people", [])]
        kind = body.get("type", "group")
        if kind not in KINDS:
            raise ValueError(f"type is one of {KINDS}")
        bots = [self.people.app(each) for each in body.get("bots", [""])]
        if kind == "p2p":
            [person] = people
            return {"chat_id": self.world.p2p(bots[0], person).chat_id}
        chat = Chat(kind, body.get("name", "group"))
        chat.people = {each.open_id for each in people}
        chat.bots = {each.app_id for each in bots}
        self.world.chats[chat.chat_id] = chat
        return {"chat_id": chat.chat_id}

    async def post_images(self, request: web.Request) -> Any:
        given = await _bytes(request)
        found = self.people.picture(given, request.query.get("by", "somebody"))
        return {"image_key": found.key, **found.about}

    async def post_files(self, request: web.Request) -> Any:
        given = {"name": request.query.get("name", "file.bin")} | await _bytes(request)
        found = self.people.file(given, request.query.get("by", "somebody"))
        return {"file_key": found.key, **found.about}

    async def post_tokens(self, request: web.Request) -> Any:
        """Revoke all of them, now."""
        for known in self.world.tokens.values():
            known["revoked"] = True
        return {"revoked": len(self.world.tokens)}

    async def post_scopes(self, request: web.Request) -> Any:
        body = await request.json()
        app = self.people.app(body.get("app"))
        app.scopes = app.scopes - set(body.get("remove", [])) | set(body.get("add", []))
        return sorted(app.scopes)

    async def post_events(self, request: web.Request) -> Any:
        """What the app is subscribed to; ``callback`` is for cards."""
        body = await request.json()
        app = self.people.app(body.get("app"))
        app.events = app.events - set(body.get("remove", [])) | set(body.get("add", []))
        app.callback = body.get("callback", app.callback)
        return {"events": sorted(app.events), "callback": app.callback}

    async def post_webhook(self, request: web.Request) -> Any:
        """Deliver to a server from now on, once it passed the challenge; or, without a URL, over
        the long connection again."""
        body = await request.json()
        app = self.people.app(body.pop("app", None))
        challenge = body.pop("challenge", True)
        app.webhook = body if body.get("url") else None
        if app.webhook is None or not challenge:
            return {"ok": True}
        result = await self.webhook.challenge(app)
        if not result["ok"]:
            app.webhook = None
        return result

    async def post_sockets(self, request: web.Request) -> Any:
        body = await request.json()
        if body.get("do") not in ("drop", "close", "freeze", "thaw", "deafen"):
            raise ValueError("do is drop, close, freeze, thaw or deafen")
        which, code = body.get("which", "all"), body.get("code", 1000)
        return {"sockets": await self.sockets.act(body["do"], which, code)}

    # Acting

    async def post_send(self, request: web.Request) -> Any:
        return self.people.send(await request.json())

    async def post_act(self, request: web.Request) -> Any:
        return self.doings.act(await request.json())

    async def post_click(self, request: web.Request) -> Any:
        return await self.people.click(await request.json())

    async def post_deliver_again(self, request: web.Request) -> Any:
        body = await request.json()
        if body["event_id"] not in (*self.events.all, *self.events.callbacks):
            raise ValueError("no such event")
        return await self.events.again(body["event_id"], body.get("verbatim", False))


def _app(app: App) -> dict[str, Any]:
    names = ("app_id", "secret", "name", "open_id", "union_id", "callback", "published", "webhook")
    about = {name: getattr(app, name) for name in names}
    return about | {"scopes": sorted(app.scopes), "events": sorted(app.events)}


async def _bytes(request: web.Request) -> dict[str, Any]:
    """The body as what describes a picture or file: JSON that does, or the bytes themselves."""
    if request.content_type == "application/json":
        described: dict[str, Any] = await request.json()
        return described
    return {"base64": base64.b64encode(await request.read()).decode()}


def _shielded(
    handler: Callable[[web.Request], Awaitable[Any]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """What a test did wrong is answered with 400 and words."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(request))
        except (ValueError, KeyError, IndexError) as error:
            words = f"{type(error).__name__}: {error}"
            return web.json_response({"error": words}, status=400)

    return answer
