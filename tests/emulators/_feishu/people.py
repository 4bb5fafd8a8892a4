"""What people do: they write, react, recall, come, go, and use cards."""

import base64
import io
import re
from typing import Any

from PIL import Image

from tests.emulators._feishu.callbacks import Callbacks
from tests.emulators._feishu.events import Events
from tests.emulators._feishu.messages import Messages, encoded
from tests.emulators._feishu.reactions import Reactions
from tests.emulators._feishu.state import (
    TENANT,
    App,
    Chat,
    Message,
    Person,
    Resource,
    World,
    hex_id,
)
from tests.emulators._feishu.using import use

LINK = re.compile(r"(?<!\()https?://[^\s<>()\[\]，。]+")
"""What a client makes a link of in a text; it arrives as ``[text](url)``."""

MARK = re.compile(r"<@([^<>]+)>")


class People:
    """Acts as the people of the tenant; every mistake of a test is a ``ValueError``."""

    def __init__(
        self,
        world: World,
        messages: Messages,
        reactions: Reactions,
        events: Events,
        callbacks: Callbacks,
    ) -> None:
        self.world = world
        self.messages = messages
        self.reactions = reactions
        self.events = events
        self.callbacks = callbacks

    # Who and where

    def person(self, given: str) -> Person:
        """By open_id or name."""
        for person in self.world.people.values():
            if given in (person.open_id, person.name):
                return person
        raise ValueError(f"nobody is {given}")

    def app(self, given: str | None) -> App:
        """By id or name; the first one when not said."""
        if not given:
            return next(iter(self.world.apps.values()))
        for app in self.world.apps.values():
            if given in (app.app_id, app.name, app.open_id):
                return app
        raise ValueError(f"no app is {given}")

    def chat(self, given: str) -> Chat:
        if given not in self.world.chats:
            raise ValueError(f"no chat is {given}")
        return self.world.chats[given]

    def message(self, given: str) -> Message:
        if given not in self.world.messages:
            raise ValueError(f"no message is {given}")
        return self.world.messages[given]

    # Writing

    def send(self, body: dict[str, Any]) -> dict[str, Any]:
        """A message of a person, or of another bot; see the list of control calls."""
        chat = self.chat(body["chat"])
        sender, kind = self._sender(body, chat)
        parent = self.message(body["reply_to"]) if body.get("reply_to") else None
        mentions: list[dict[str, Any]] = []
        msg_type, content = self._content(body, sender, mentions)
        threaded = bool(body.get("in_thread"))
        message = self.messages.post(chat, sender, kind, msg_type, content, parent, threaded)
        message.mentions = mentions
        if body.get("age"):
            message.created -= int(body["age"] * 1000)
            message.updated = message.created
        for each in body.get("record", ()):
            self._forwarded(message, each)
        told = {"message_id": message.message_id, "thread_id": message.thread_id}
        return told | {"event_id": self._tell(message, chat, body.get("deliver", True))}

    def _sender(self, body: dict[str, Any], chat: Chat) -> tuple[str, str]:
        if body.get("from_app"):
            return self.app(body["from_app"]).app_id, "app"
        if body.get("from_bot"):  # a bot of which nothing else is known
            return str(body["from_bot"]), "app"
        person = self.person(body["from"])
        if person.open_id not in chat.people:
            raise ValueError(f"{person.name} is not in the chat")
        return person.open_id, "user"

    def _content(
        self, body: dict[str, Any], sender: str, mentions: list[dict[str, Any]]
    ) -> tuple[str, Any]:
        if "text" in body:
            return "text", {
                "text": LINK.sub(r"[\g<0>](\g<0>)", self._marks(body["text"], mentions))
            }
        if "post" in body:
            return "post", self._post(body["post"], sender, mentions)
        if "image" in body:
            return "image", {"image_key": self.picture(body["image"], sender).key}
        if "file" in body:
            found = self.file(body["file"], sender)
            return "file", {"file_key": found.key, "file_name": found.name}
        if "record" in body:
            return "merge_forward", "Merged and Forwarded Message"
        if "raw" in body:
            return body["raw"]["msg_type"], body["raw"]["content"]
        raise ValueError("say text, post, image, file, record or raw")

    def _forwarded(self, record: Message, body: dict[str, Any]) -> None:
        """A message in a forwarded record: ``{"from", "text" | "image" | …}``."""
        sender = self.person(body["from"]).open_id
        mentions: list[dict[str, Any]] = []
        msg_type, content = self._content(body, sender, mentions)
        created = self.world.milliseconds
        inside = Message(record.chat_id, sender, "user", msg_type, content, created)
        inside.mentions, inside.upper, inside.updated = mentions, record.message_id, created
        self.world.messages[inside.message_id] = inside

    def _marks(self, text: str, mentions: list[dict[str, Any]]) -> str:
        """``<@bot>``, ``<@all>`` and ``<@name>`` become what Feishu makes of them."""
        return MARK.sub(lambda found: self._mention(found[1], mentions), text)

    def _mention(self, whom: str, mentions: list[dict[str, Any]]) -> str:
        if whom == "all":
            return "@_all"
        if whom == "bot" or any(whom in (a.name, a.app_id) for a in self.world.apps.values()):
            app = self.app(None if whom == "bot" else whom)
            ids = {"open_id": app.open_id, "union_id": app.union_id, "user_id": ""}
            name, kind = app.name, "bot"
        elif whom.startswith("bot:"):  # of another bot
            ids = {"open_id": hex_id("ou_"), "union_id": hex_id("on_"), "user_id": ""}
            name, kind = whom[4:], "bot"
        else:
            person = self.person(whom)
            ids, name, kind = person.ids(), person.name, "user"
        for known in mentions:
            if known["id"]["open_id"] == ids["open_id"]:
                return str(known["key"])
        key = f"@_user_{len(mentions) + 1}"
        about = {"key": key, "id": ids, "name": name, "mentioned_type": kind}
        mentions.append(about | {"tenant_key": TENANT})
        return key

    def _post(
        self, post: dict[str, Any], sender: str, mentions: list[dict[str, Any]]
    ) -> dict[str, Any]:
        lines = [
            [self._node(dict(node), sender, mentions) for node in line] for line in post["content"]
        ]
        return {"title": post.get("title", ""), "content": lines}

    def _node(
        self, node: dict[str, Any], sender: str, mentions: list[dict[str, Any]]
    ) -> dict[str, Any]:
        if node["tag"] == "at":
            key = self._mention(node["user"], mentions)
            name = next((m["name"] for m in mentions if m["key"] == key), "")
            return {"tag": "at", "user_id": key, "user_name": name, "style": []}
        if node["tag"] == "img":
            found = self.picture(node["image"], sender)
            size = {name: found.about.get(name, 0) for name in ("width", "height")}
            return {"tag": "img", "image_key": found.key, **size}
        return {"style": [], **node} if node["tag"] == "text" else node

    def picture(self, given: Any, sender: str) -> Resource:
        """A picture a person has: a key, ``{"base64"}``, or one that is drawn:
        ``{"width", "height", "format", "color"}``."""
        if isinstance(given, str):
            return self.world.images[given]
        if "base64" in given:
            data = base64.b64decode(given["base64"])
        else:
            size = (given.get("width", 64), given.get("height", 64))
            made = io.BytesIO()
            color = tuple(given.get("color", (200, 120, 40)))
            Image.new("RGB", size, color).save(made, given.get("format", "PNG"))
            data = made.getvalue()
        try:
            with Image.open(io.BytesIO(data)) as image:
                about = {"format": image.format, "width": image.width, "height": image.height}
        except OSError:
            about = {}  # a person's phone sends what it likes
        return self.world.picture(sender, data, about)

    def file(self, given: Any, sender: str) -> Resource:
        """A file a person has: a key, or ``{"name", "base64" | "size"}``."""
        if isinstance(given, str):
            return self.world.files[given]
        data = base64.b64decode(given["base64"]) if "base64" in given else bytes(given["size"])
        return self.world.file(sender, data, given.get("name", "file.bin"), "stream")

    def _tell(self, message: Message, chat: Chat, deliver: bool) -> str | None:
        """Tell the bots in the chat that may hear it; the id of the first app's event."""
        if not deliver or chat.dissolved:
            return None
        sent = None
        for app in [self.world.apps[each] for each in chat.bots if each in self.world.apps]:
            if message.sender != app.app_id and hears(app, chat, message):
                event = received_event(message, chat, self.world)
                sent = self.events.emit(app, "im.message.receive_v1", event) or sent
        return sent

    # Cards

    async def click(self, body: dict[str, Any]) -> dict[str, Any]:
        """Use a component of a card that is shown."""
        message = self.message(body["message"])
        person = self.person(body["by"])
        chat = self.chat(message.chat_id)
        if message.deleted or message.msg_type != "interactive":
            raise ValueError("there is no card to be seen")
        if person.open_id not in chat.people:
            raise ValueError(f"{person.name} is not in the chat")
        age = self.world.milliseconds - message.created
        if age > self.world.limits["edit_days"] * 86_400_000:
            raise ValueError("the card is too old to be used")
        used = use(self.world.card_of(message), body)
        if self.world.settings.get("forms_without_value") and "form_value" in used.action:
            used.action.pop("value", None)
        app = self.world.apps[message.sender]
        result = await self.callbacks.act(app, message, person, used)
        toast = result.get("toast") or {}
        words = (toast.get("i18n") or {}).get(person.locale) or toast.get("content")
        return result | {"seen": words}


def hears(app: App, chat: Chat, message: Message) -> bool:
    """Which messages an app is told of, by its scopes.

    https://open.feishu.cn/document/server-docs/im-v1/message/events/receive
    """
    scopes = app.scopes
    if chat.kind == "p2p":
        return bool(scopes & {"im:message.p2p_msg:readonly", "im:message.p2p_msg"})
    if "im:message.group_msg" in scopes:
        return True
    mentioned = any(each["id"]["open_id"] == app.open_id for each in message.mentions)
    wanted = {"im:message.group_at_msg:readonly", "im:message.group_at_msg"}
    return mentioned and message.sender_type == "user" and bool(scopes & wanted)


def received_event(message: Message, chat: Chat, world: World) -> dict[str, Any]:
    """The event of a message. Its mentions are there only when it mentions somebody."""
    person = world.people.get(message.sender)
    ids = person.ids() if person else {"open_id": message.sender, "union_id": "", "user_id": ""}
    about: dict[str, Any] = {
        "message_id": message.message_id,
        "create_time": str(message.created),
        "update_time": str(message.updated),
        "chat_id": message.chat_id,
        "chat_type": "p2p" if chat.kind == "p2p" else "group",
        "message_type": message.msg_type,
        "content": encoded(message.content),
        "user_agent": "Mozilla/5.0 Lark/7.50.0",
    }
    for name in ("root_id", "parent_id", "thread_id"):
        if value := getattr(message, name):
            about[name] = value
    if message.mentions:
        about["mentions"] = message.mentions
    sender = {"sender_id": ids, "sender_type": message.sender_type, "tenant_key": TENANT}
    return {"sender": sender, "message": about}
