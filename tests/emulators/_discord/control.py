"""The control door: acting as a person, and looking at what people see."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.emulators._discord import components
from tests.emulators._discord.gateway import Connection, cut
from tests.emulators._discord.messages import Message
from tests.emulators._discord.refusing import Impossible, demand
from tests.emulators._discord.rules import EPHEMERAL, LOADING

Action = Callable[[dict[str, Any]], Awaitable[Any]]

BUILDING = (
    *("app", "user", "guild", "channel", "thread", "member", "role", "permissions"),
    *("join", "leave", "delete_channel", "delete_message"),
)
ACTING = ("type", "edit", "react", "slash", "autocomplete", "menu", "click", "select", "submit")
LOOKING = (
    *("messages", "message", "violations", "interactions", "interaction", "commands"),
    *("sessions", "stats", "world", "file"),
)


class Control:
    """Endpoints below ``/_ctl``; bodies and answers are JSON, 400 says what is impossible."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the endpoints."""
        for owner, names in (
            (self._server.building, BUILDING),
            (self._server.people, ACTING),
            (self, ("expire", "deliver_again", "gateway")),
        ):
            for name in names:
                router.add_post(f"/_ctl/{name}", self._wrapped(getattr(owner, name)))
        for name in LOOKING:
            router.add_get(f"/_ctl/{name}", self._shown(getattr(self, name)))

    def _wrapped(self, action: Action) -> Any:
        async def handle(request: web.Request) -> web.Response:
            text = await request.text()
            body = json.loads(text) if text else {}
            try:
                return web.json_response(await action(body))
            except Impossible as impossible:
                return web.json_response({"error": str(impossible)}, status=400)
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                words = f"{type(error).__name__}: {error}"
                return web.json_response({"error": words}, status=400)

        return handle

    def _shown(self, view: Callable[[dict[str, str]], Any]) -> Any:
        async def handle(request: web.Request) -> web.Response:
            try:
                return web.json_response(view(dict(request.query)))
            except (Impossible, KeyError, ValueError) as error:
                return web.json_response({"error": str(error)}, status=404)

        return handle

    # What people see

    def view(self, message: Message) -> dict[str, Any]:
        """A message with what tests want to know besides."""
        made: dict[str, Any] = self._server.messages.payload(message)
        world = self._server.world
        named = {
            (one.get(key) or {}).get("attachment_id")
            for _, one in components.walk(message.components)
            for key in ("media", "file")
        }
        for _, one in components.walk(message.components):
            named |= {item["media"].get("attachment_id") for item in one.get("items", [])}
        v2 = message.flags & (1 << 15)
        visible = [one["filename"] for one in made["attachments"] if not v2 or one["id"] in named]
        found = [one for _, one in components.walk(message.components)]
        return made | {
            "as": world.users[message.author].name,
            "by_bot": message.author == world.bot.id,
            "ephemeral": bool(message.flags & EPHEMERAL),
            "only": None if message.only is None else str(message.only),
            "loading": bool(message.flags & LOADING),
            "deleted": message.deleted is not None,
            "history": message.history,
            "edits": max(0, len(message.history) - 1),
            "visible_attachments": visible,
            "texts": [one["content"] for one in found if one["type"] == components.TEXT],
            "buttons": [one for one in found if one["type"] == components.BUTTON],
            "selects": [one for one in found if one["type"] in components.SELECTS],
            "pings": [str(id) for id in message.mentions]
            + (["everyone"] if message.everyone else [])
            + [str(id) for id in message.mention_roles],
            "interaction_id": None if message.interaction is None else str(message.interaction),
        }

    def messages(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """``?channel=&as=&deleted=1&after=``: oldest first; without ``channel`` of all."""
        store = self._server.messages
        person = int(query["as"]) if "as" in query else None
        if query.get("channel") == "dm" and person is not None:
            query["channel"] = str(self._server.world.direct(self._server.world.bot.id, person).id)
        found = store.all.values()
        if "channel" in query:
            found = store.by_channel.get(int(query["channel"]), [])
        after = int(query.get("after", 0))
        world = self._server.world
        return [
            self.view(one)
            for one in found
            if one.id > after
            and (query.get("deleted") or not one.deleted)
            and (query.get("deleted") or one.channel in world.channels)
            and (one.channel not in world.channels or store.visible_to(one, person))
        ]

    def message(self, query: dict[str, str]) -> dict[str, Any]:
        """``?id=``: also when it has been deleted."""
        message = self._server.messages.all.get(int(query["id"]))
        demand(message, "no such message")
        return self.view(message)

    def violations(self, query: dict[str, str]) -> dict[str, Any]:
        """All violations so far."""
        found = self._server.violations
        return {"schema": not self._server.schema.missing, "violations": found}

    def interactions(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """All interactions; ``?brief=1`` without their messages."""
        server = self._server.interactions
        told = [server.told(one) for one in server.all.values()]
        if query.get("brief"):
            for one in told:
                one.pop("original")
        return told

    def interaction(self, query: dict[str, str]) -> dict[str, Any]:
        """``?id=``."""
        one = self._server.interactions.all.get(int(query["id"]))
        demand(one, "no such interaction")
        told: dict[str, Any] = self._server.interactions.told(one)
        return told

    def commands(self, query: dict[str, str]) -> dict[str, Any]:
        """Registered commands by scope, and how often the registry was written."""
        registry = self._server.commands
        scopes = {str(key or "global"): value for key, value in registry.scopes.items()}
        return {"scopes": scopes, "writes": registry.writes}

    def sessions(self, query: dict[str, str]) -> dict[str, Any]:
        """Gateway sessions, and how many were begun and resumed."""
        hub = self._server.hub
        told = [
            {
                "id": one.id,
                "shard": list(one.shard),
                "intents": one.intents,
                "seq": one.seq,
                "connected": one.connection is not None,
                "beats": one.connection.beats if one.connection else 0,
                "resumes": one.resumes,
            }
            for one in hub.sessions.values()
        ]
        counts = {"identifies": hub.identifies, "resumed": hub.resumed}
        return counts | {"sessions": told, "connections": len(hub.connections)}

    def stats(self, query: dict[str, str]) -> dict[str, Any]:
        """Answers by route and status, and how many were rate limited or invalid."""
        server = self._server
        invalid = sum(
            number
            for statuses in server.counts.values()
            for status, number in statuses.items()
            if status in (401, 403, 429)
        )
        made = {"routes": server.counts, "invalid": invalid, "limited": server.limits.refused}
        return made | {"now": server.clock.now, "typed": list(server.typed)}

    def world(self, query: dict[str, str]) -> dict[str, Any]:
        """The application, and the ids of everything."""
        world = self._server.world
        app = {
            key: str(value) if key in ("id", "owner") else value for key, value in world.app.items()
        }
        return {
            "app": app,
            "users": {str(one.id): one.name for one in world.users.values()},
            "guilds": {str(one.id): one.name for one in world.guilds.values()},
            "channels": {str(one.id): one.name for one in world.channels.values()},
        }

    def file(self, query: dict[str, str]) -> dict[str, Any]:
        """``?id=``: the bytes of an attachment as ``base64``, whatever its address says."""
        file = self._server.cdn.known.get(int(query["id"]))
        demand(file and file.id in self._server.cdn.files, "no such file")
        content = base64.b64encode(self._server.cdn.files[file.id]).decode()
        return {"filename": file.filename, "content_type": file.content_type, "base64": content}

    # Trouble

    async def expire(self, body: dict[str, Any]) -> dict[str, Any]:
        """End the token of ``interaction``, or of all."""
        wanted = body.get("interaction")
        for one in self._server.interactions.all.values():
            if wanted is None or one.id == int(wanted):
                one.expired = True
        return {}

    async def deliver_again(self, body: dict[str, Any]) -> dict[str, Any]:
        """Deliver the latest ``event`` (INTERACTION_CREATE), or the one with ``id``, again."""
        id = str(body["id"]) if "id" in body else None
        found = self._server.hub.again(body.get("event", "INTERACTION_CREATE"), id)
        demand(found, "no such event so far")
        return {"delivered": found}

    async def gateway(self, body: dict[str, Any]) -> dict[str, Any]:
        """``action``: drop, reconnect, invalid, resumable, close (``code``), heartbeat, refuse
        (``times``), refuse_identify (``code``), invalid_next (``times``), delay (``seconds``),
        silent (``on``), forget_sessions; ``shard`` limits the first group to one shard."""
        hub, action = self._server.hub, body["action"]
        scripted = {"refuse", "refuse_identify", "invalid_next", "delay", "silent"}
        if action == "refuse":
            hub.refusing = body.get("times", 1)
        elif action == "refuse_identify":
            hub.close_next = body["code"]
        elif action == "invalid_next":
            hub.invalid_next = body.get("times", 1)
        elif action == "delay":
            hub.delay = float(body["seconds"])
        elif action == "silent":
            hub.silent = body.get("on", True)
        elif action == "forget_sessions":
            hub.sessions = {k: v for k, v in hub.sessions.items() if v.connection}
        if action in scripted or action == "forget_sessions":
            return {}
        chosen = [
            one
            for one in list(hub.connections)
            if "shard" not in body or (one.session and one.session.shard[0] == body["shard"])
        ]
        for connection in chosen:
            self._trouble(connection, action, body)
        return {"connections": len(chosen)}

    def _trouble(self, connection: Connection, action: str, body: dict[str, Any]) -> None:
        if action == "drop":
            cut(connection)
        elif action == "reconnect":
            connection.send({"op": 7, "d": None})
        elif action in ("invalid", "resumable"):
            if action == "invalid" and connection.session:
                self._server.hub.sessions.pop(connection.session.id, None)
            connection.send({"op": 9, "d": action == "resumable"})
        elif action == "heartbeat":
            connection.send({"op": 1, "d": None})
        elif action == "close":
            connection.end(int(body["code"]))
        else:
            raise Impossible(f"{action}: no such action")
