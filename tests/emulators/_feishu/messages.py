"""Messages as apps handle them: create, reply, patch, edit, recall, read.

https://open.feishu.cn/document/server-docs/im-v1/message/create and its neighbours.
"""

import copy
import json
from typing import Any

from aiohttp import web

from tests.emulators._feishu.contents import AT, Contents, received, seen_by_bots
from tests.emulators._feishu.gateway import Call, Gateway, missing
from tests.emulators._feishu.refusals import Refused, check, wrong
from tests.emulators._feishu.state import TENANT, App, Chat, Message, World, hex_id

TYPES = ("text", "post", "image", "file", "interactive")
OTHERS = ("audio", "media", "sticker", "share_chat", "share_user", "system")


class Messages:
    """Routes of im/v1/messages."""

    def __init__(self, world: World, gateway: Gateway, contents: Contents) -> None:
        self.world = world
        self.gateway = gateway
        self.contents = contents

    def routes(self, router: web.UrlDispatcher) -> None:
        api, base = self.gateway.api, "/open-apis/im/v1/messages"
        one = f"{base}/{{message_id}}"
        router.add_post(base, api("im.v1.message.create", self.create))
        router.add_get(base, api("im.v1.message.list", self.list))
        router.add_post(f"{one}/reply", api("im.v1.message.reply", self.reply))
        router.add_patch(one, api("im.v1.message.patch", self.patch))
        router.add_put(one, api("im.v1.message.update", self.update))
        router.add_delete(one, api("im.v1.message.delete", self.delete))
        router.add_get(one, api("im.v1.message.get", self.get))

    # Sending

    async def create(self, call: Call) -> dict[str, Any]:
        body = self._body(call, {"receive_id", "msg_type", "content"}, {"uuid"})
        check(set(call.query) == {"receive_id_type"}, 99992402, "receive_id_type is required")
        if first := self._repeated(call.app, body):
            return first
        chat = self._receiver(call.app, call.query["receive_id_type"], body["receive_id"])
        return self._send(call.app, chat, body)

    async def reply(self, call: Call) -> dict[str, Any]:
        body = self._body(call, {"msg_type", "content"}, {"uuid", "reply_in_thread"})
        if first := self._repeated(call.app, body):
            return first
        parent = self._message(call)
        chat = self._open(call.app, self.world.chats[parent.chat_id])
        if parent.deleted:
            raise Refused(230011)
        return self._send(call.app, chat, body, parent)

    def _body(self, call: Call, required: set[str], optional: set[str]) -> dict[str, Any]:
        body: dict[str, Any] = call.body or {}
        check(required <= set(body) <= required | optional, 99992402, f"{sorted(body)}")
        for name in set(body) - {"reply_in_thread"}:
            check(isinstance(body[name], str), 99992402, f"{name} is not a string")
        check(isinstance(body.get("reply_in_thread", False), bool), 99992402, "reply_in_thread")
        check(len(body.get("uuid", "")) <= 50, 99992402, "uuid is longer than 50")
        if "msg_type" in body:
            known = body["msg_type"] in TYPES
            words = "not emulated" if body["msg_type"] in OTHERS else "invalid msg_type"
            check(known, 230001, words)
        return body

    def _repeated(self, app: App, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the first request of that ``uuid`` within the hour was answered."""
        found = self.world.uuids.get((app.app_id, body.get("uuid", "")))
        if not body.get("uuid") or found is None:
            return None
        at, message_id, content = found
        if self.world.now() - at > self.world.limits["uuid_seconds"]:
            return None
        if self.world.settings.get("repeated_uuid") == "refused":
            raise Refused(230199)
        if content != body["content"] and self.world.settings.get("strict_uuid"):
            self.world.violation("uuid", f"another content under the uuid of {message_id}")
        return self._shown(self.world.messages[message_id])

    def _receiver(self, app: App, kind: str, receiver: str) -> Chat:
        if kind == "chat_id":
            chat = self.world.chats.get(receiver)
            if chat is None:
                raise wrong(230001, "invalid receive_id.")
            return self._open(app, chat)
        check(kind in ("open_id", "union_id", "user_id"), 99992402, "receive_id_type")
        for person in self.world.people.values():
            if person.ids()[kind] == receiver:
                chat = self.world.p2p(app, person)
                unavailable = self.world.settings.get("unavailable", [])
                if person.open_id in unavailable:
                    raise Refused(230013)
                return chat
        raise wrong(230034, f"{kind} {receiver}")

    def _open(self, app: App, chat: Chat) -> Chat:
        if chat.dissolved:
            raise Refused(232009)
        if app.app_id not in chat.bots:
            raise Refused(230002)
        return chat

    def _send(
        self, app: App, chat: Chat, body: dict[str, Any], parent: Message | None = None
    ) -> dict[str, Any]:
        content, card_id = self.contents.sent(app, body["msg_type"], body["content"])
        self.world.limits.hit("chat_per_second", chat.chat_id)
        message = self.post(
            chat,
            app.app_id,
            "app",
            body["msg_type"],
            received(content, body["msg_type"]),
            parent,
            threaded=body.get("reply_in_thread", False),
        )
        if card_id:
            message.card_id, message.content = card_id, None
            self.world.entities[card_id].message_id = message.message_id
        message.mentions = self._mentioned(message)
        if body.get("uuid"):
            kept = (self.world.now(), message.message_id, body["content"])
            self.world.uuids[app.app_id, body["uuid"]] = kept
        return self._shown(message)

    def post(
        self,
        chat: Chat,
        sender: str,
        sender_type: str,
        msg_type: str,
        content: Any,
        parent: Message | None = None,
        threaded: bool = False,
    ) -> Message:
        """Put a message into a chat, whoever sends it; threads are kept and made."""
        message = Message(
            chat.chat_id, sender, sender_type, msg_type, content, self.world.milliseconds
        )
        message.updated = message.created
        if parent is not None:
            message.parent_id = parent.message_id
            message.root_id = parent.root_id or parent.message_id
            if threaded and not parent.thread_id:
                parent.thread_id = hex_id("omt_", 16)
            message.thread_id = parent.thread_id
        elif chat.kind == "topic":
            message.thread_id = hex_id("omt_", 16)
        self.world.messages[message.message_id] = message
        return message

    def _mentioned(self, message: Message) -> list[dict[str, Any]]:
        if message.msg_type != "text":
            return []
        users = [user for user in AT.findall(message.content["text"]) if user != "all"]
        return [
            {
                "key": f"@_user_{number + 1}",
                "id": user,
                "id_type": "open_id",
                "name": self.world.people[user].name if user in self.world.people else "",
                "tenant_key": TENANT,
            }
            for number, user in enumerate(users)
        ]

    # Changing

    async def patch(self, call: Call) -> dict[str, Any]:
        body = self._body(call, {"content"}, set())
        message = self._own(call, 230027)
        check(message.msg_type == "interactive", 230001, "This message is NOT a card.")
        self._recent(message, "edit_days", 230031)
        reverted = self._guarded(message)
        self._shared(self.world.card_of(message), "before")
        self.world.limits.hit("message_per_second", message.message_id)
        content, card_id = self.contents.sent(call.app, "interactive", body["content"])
        check(not card_id, 230001, "a card entity is sent once and updated through cardkit")
        self._shared(content, "after")
        if not reverted:
            self.show(message, content, "patch")
        return {}

    def _guarded(self, message: Message) -> bool:
        """Whether a change is taken back because a press of the card is being answered: by the
        setting ``pressed`` such a change is refused, or reverted, or (without it) made."""
        belief = self.world.settings.get("pressed")
        if not belief or message.pressed <= self.world.now():
            return False
        if belief == "refused":
            raise wrong(300000, "")
        self.world.violation("patch", "a change while the press of the card is being answered")
        return True

    def _shared(self, card: dict[str, Any], when: str) -> None:
        declared = card.get("config", {}).get("update_multi") is True
        check(declared, 230001, f"update_multi is not true {when} the update")

    def show(self, message: Message, card: dict[str, Any], via: str) -> None:
        """Let a message show another card."""
        self.remember(message, via)
        if message.card_id:
            self.world.entities[message.card_id].card = card
        else:
            message.content = card
        message.updated = self.world.milliseconds

    def remember(self, message: Message, via: str) -> None:
        """Keep what a message showed before it changes."""
        before = copy.deepcopy(self.world.card_of(message))
        message.history.append({"at": self.world.milliseconds, "via": via, "content": before})
        message.edits += 1

    async def update(self, call: Call) -> dict[str, Any]:
        body = self._body(call, {"msg_type", "content"}, set())
        message = self._own(call, 230071)
        fits = body["msg_type"] in ("text", "post") and message.msg_type in ("text", "post")
        check(fits, 230054, f"{message.msg_type} to {body['msg_type']}")
        if message.edits >= self.world.limits["edits"]:
            raise Refused(230072)
        self._recent(message, "edit_days", 230075)
        self.world.limits.hit("message_per_second", message.message_id)
        content, _ = self.contents.sent(call.app, body["msg_type"], body["content"])
        self.remember(message, "update")
        message.msg_type = body["msg_type"]
        message.content = received(content, body["msg_type"])
        message.updated = self.world.milliseconds
        message.mentions = self._mentioned(message)
        return self._shown(message)

    async def delete(self, call: Call) -> dict[str, Any]:
        message = self._own(call, 230026)
        self._recent(message, "recall_days", 230009)
        message.deleted = not self._guarded(message)
        message.updated = self.world.milliseconds
        return {}

    def _own(self, call: Call, code: int) -> Message:
        message = self._message(call)
        self._open(call.app, self.world.chats[message.chat_id])
        if message.deleted:
            raise Refused(230011)
        check(message.sender == call.app.app_id, code)
        return message

    def _recent(self, message: Message, limit: str, code: int) -> None:
        age = self.world.milliseconds - message.created
        if age > self.world.limits[limit] * 86_400_000:
            raise Refused(code)

    # Reading

    async def get(self, call: Call) -> dict[str, Any]:
        message = self._message(call)
        self._open(call.app, self.world.chats[message.chat_id])
        inside = [one for one in self.world.messages.values() if one.upper == message.message_id]
        return {"items": [self._shown(one) for one in (message, *inside)]}

    async def list(self, call: Call) -> dict[str, Any]:
        query = call.query
        check(query.get("container_id_type") in ("chat", "thread"), 230001, "container_id_type")
        inside = [
            message
            for message in self.world.messages.values()
            if query["container_id"] in (message.chat_id, message.thread_id)
        ]
        chat = self.world.chats.get(query["container_id"])
        if chat is None and inside:
            chat = self.world.chats[inside[0].chat_id]
        if chat is None:
            raise wrong(230001, "container_id is invalid")
        self._open(call.app, chat)
        if chat.kind != "p2p" and "im:message.group_msg" not in call.app.scopes:
            raise missing(call.app, ("im:message.group_msg",))
        for name in ("start_time", "end_time", "page_token"):
            check(query.get(name, "").isdecimal() or not query.get(name), 230001, name)
        size = query.get("page_size", "20")
        check(size.isdecimal() and 1 <= int(size) <= 50, 230001, "page_size")
        start, end = (int(query.get(name, "0") or 0) * 1000 for name in ("start_time", "end_time"))
        found = [m for m in inside if start <= m.created and (not end or m.created <= end)]
        found.sort(key=lambda each: each.created)
        if query.get("sort_type") == "ByCreateTimeDesc":
            found.reverse()
        first = int(query.get("page_token") or 0)
        page = found[first : first + int(size)]
        more = first + len(page) < len(found)
        token = str(first + len(page)) if more else ""
        items = [self._shown(message) for message in page]
        return {"has_more": more, "page_token": token, "items": items}

    def _message(self, call: Call) -> Message:
        message = self.world.messages.get(call.path["message_id"])
        if message is None:
            raise wrong(99992354, call.path["message_id"])
        return message

    def _shown(self, message: Message) -> dict[str, Any]:
        content = message.content
        if message.msg_type == "interactive":
            content = seen_by_bots(self.world.card_of(message))
        text = encoded(content)
        kind = "app_id" if message.sender_type == "app" else "open_id"
        sender = {"id": message.sender, "id_type": kind, "sender_type": message.sender_type}
        shown: dict[str, Any] = {
            "message_id": message.message_id,
            "msg_type": message.msg_type,
            "create_time": str(message.created),
            "update_time": str(message.updated),
            "deleted": message.deleted,
            "updated": message.edits > 0,
            "chat_id": message.chat_id,
            "sender": sender | {"tenant_key": TENANT},
            "body": {"content": "This message was recalled" if message.deleted else text},
        }
        for name in ("root_id", "parent_id", "thread_id"):
            if value := getattr(message, name):
                shown[name] = value
        if message.upper:
            shown["upper_message_id"] = message.upper
        if message.mentions:
            shown["mentions"] = [_flat(mention) for mention in message.mentions]
        return shown


def encoded(content: Any) -> str:
    """A content as events and reading carry it; that of a forwarded record is no JSON."""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _flat(mention: dict[str, Any]) -> dict[str, Any]:
    """A mention as reading gives it: with one id, not three."""
    known = mention["id"]
    one = known if isinstance(known, str) else known["open_id"]
    flat = {"key": mention["key"], "id": one, "id_type": "open_id"}
    return flat | {"name": mention["name"], "tenant_key": mention["tenant_key"]}
