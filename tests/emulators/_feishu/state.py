"""What the emulator knows: apps, people, chats, messages, pictures, files and cards."""

import hashlib
import re
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators._feishu.limits import Limits

APP_ID = "cli_a1b2c3d4e5f60718"
APP_SECRET = "emulated-app-secret-0123456789ab"
TENANT = "2ed263bf32cf1651"
APP_PATTERN = re.compile(r"cli_[0-9a-f]{16}")
SCOPES = (
    *("im:message", "im:message:send_as_bot", "im:message.group_at_msg:readonly"),
    *("im:message.group_msg", "im:message.p2p_msg:readonly", "im:resource", "im:chat:readonly"),
    *("im:message.reactions:read", "contact:user.base:readonly", "cardkit:card:write"),
    *("contact:contact.base:readonly", "application:application:self_manage"),
)
EVENTS = (
    *("im.message.receive_v1", "im.message.message_read_v1", "im.message.recalled_v1"),
    *("im.message.reaction.created_v1", "im.message.reaction.deleted_v1"),
    *("im.chat.member.bot.added_v1", "im.chat.member.bot.deleted_v1", "im.chat.disbanded_v1"),
    *("im.chat.access_event.bot_p2p_chat_entered_v1", "application.bot.menu_v6"),
)


def hex_id(prefix: str, length: int = 32) -> str:
    """A new id."""
    return prefix + secrets.token_hex(length // 2)


@dataclass
class App:
    """A custom app with a bot."""

    app_id: str = APP_ID
    secret: str = APP_SECRET
    name: str = "banana"
    open_id: str = field(default_factory=lambda: hex_id("ou_"))
    union_id: str = field(default_factory=lambda: hex_id("on_"))
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    events: set[str] = field(default_factory=lambda: set(EVENTS))
    callback: bool = True  # card.action.trigger is subscribed
    menu: list[str] = field(default_factory=list)
    published: bool = True
    webhook: dict[str, Any] | None = None


@dataclass
class Person:
    """Somebody of the tenant; ``locale`` as ``zh_cn`` or ``en_us``."""

    name: str
    locale: str = "zh_cn"
    open_id: str = field(default_factory=lambda: hex_id("ou_"))
    union_id: str = field(default_factory=lambda: hex_id("on_"))
    user_id: str = field(default_factory=lambda: secrets.token_hex(4))

    def ids(self) -> dict[str, str]:
        return {"open_id": self.open_id, "union_id": self.union_id, "user_id": self.user_id}


@dataclass
class Chat:
    """A conversation: ``kind`` is ``p2p``, ``group`` or ``topic``."""

    kind: str
    name: str = ""
    chat_id: str = field(default_factory=lambda: hex_id("oc_"))
    people: set[str] = field(default_factory=set)
    bots: set[str] = field(default_factory=set)
    dissolved: bool = False


@dataclass
class Message:
    """A message as it is now; ``content`` is what people see of it, parsed."""

    chat_id: str
    sender: str  # an open_id, or the id of an app
    sender_type: str  # user or app
    msg_type: str
    content: Any
    created: int  # milliseconds
    message_id: str = field(default_factory=lambda: hex_id("om_"))
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    updated: int = 0
    edits: int = 0
    deleted: bool = False
    card_id: str = ""
    mentions: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    reactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    upper: str = ""  # the forwarded record that it is in
    pressed: float = 0.0  # until when a press of it is being answered, on the emulator's clock


@dataclass
class Resource:
    """A picture or file: ``owner`` is an app, or a person's open_id."""

    key: str
    owner: str
    data: bytes
    name: str = ""
    kind: str = ""  # of files: stream, pdf, …
    about: dict[str, Any] = field(default_factory=dict)


@dataclass
class Entity:
    """A card entity of CardKit."""

    app: str
    card: dict[str, Any]
    created: float
    card_id: str = field(default_factory=lambda: str(7 * 10**18 + secrets.randbelow(10**17)))
    sequence: int = 0
    message_id: str = ""
    streaming_since: float | None = None
    uuids: set[str] = field(default_factory=set)
    edits: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)


class World:
    """All of it, with the clock, the limits and what clients did wrong."""

    def __init__(self, settings: dict[str, Any], now: Callable[[], float]) -> None:
        self.settings = settings
        self.now = now
        self.epoch = time.time() - now()
        self.limits = Limits(settings, now)
        self.apps: dict[str, App] = {APP_ID: App()}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.forget()

    def forget(self) -> None:
        """Between tests: everything but apps, tokens and connections; apps are whole again."""
        self.people: dict[str, Person] = {}
        self.chats: dict[str, Chat] = {}
        self.messages: dict[str, Message] = {}
        self.images: dict[str, Resource] = {}
        self.files: dict[str, Resource] = {}
        self.entities: dict[str, Entity] = {}
        self.uuids: dict[tuple[str, str], tuple[float, str, str]] = {}
        self.update_tokens: dict[str, dict[str, Any]] = {}
        self.violations: list[dict[str, str]] = []
        self.limits.forget()
        for app in self.apps.values():
            app.scopes, app.events = set(SCOPES), set(EVENTS)
            app.callback, app.webhook, app.published = True, None, True

    @property
    def milliseconds(self) -> int:
        """The time on the emulator's clock since 1970."""
        return int((self.epoch + self.now()) * 1000)

    def violation(self, where: str, message: str) -> None:
        """A client did what Feishu's documents do not allow."""
        self.violations.append({"where": where, "message": message})

    def picture(self, owner: str, data: bytes, about: dict[str, Any]) -> Resource:
        """Keep a picture."""
        key = f"img_v3_{secrets.token_hex(2)}_{uuid.uuid4()}g"
        return self._keep(self.images, key, owner, data, about=about)

    def file(self, owner: str, data: bytes, name: str, kind: str) -> Resource:
        """Keep a file."""
        key = f"file_v3_{secrets.token_hex(2)}_{uuid.uuid4()}g"
        return self._keep(self.files, key, owner, data, name=name, kind=kind)

    def _keep(
        self, shelf: dict[str, Resource], key: str, owner: str, data: bytes, **more: Any
    ) -> Resource:
        made = Resource(key, owner, data, **more)
        made.about |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        shelf[key] = made
        return made

    def p2p(self, app: App, person: Person) -> Chat:
        """The conversation of a person with a bot; made when there is none."""
        for chat in self.chats.values():
            if chat.kind == "p2p" and chat.people == {person.open_id} and app.app_id in chat.bots:
                return chat
        chat = Chat("p2p", people={person.open_id}, bots={app.app_id})
        self.chats[chat.chat_id] = chat
        return chat

    def card_of(self, message: Message) -> Any:
        """The card that a message shows now."""
        return self.entities[message.card_id].card if message.card_id else message.content
