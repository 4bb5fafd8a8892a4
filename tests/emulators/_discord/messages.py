"""Messages: made from bodies, edited, deleted, and shown to those who may see them.

https://discord.com/developers/docs/resources/message.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from tests.emulators._discord import components, payloads, rules
from tests.emulators._discord.bodies import Upload, safe
from tests.emulators._discord.cdn import Attachment
from tests.emulators._discord.clock import iso
from tests.emulators._discord.errors import Refused
from tests.emulators._discord.permissions import BITS
from tests.emulators._discord.world import THREADS, Channel, World

MOST = 50_000
PLAIN, REPLY, SLASH, MENU = 0, 19, 20, 23


@dataclass
class Message:
    """A message; ``only`` is the one person who sees an ephemeral one."""

    id: int
    channel: int
    author: int
    type: int = PLAIN
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    only: int | None = None
    made: float = 0.0
    edited: float | None = None
    mentions: list[int] = field(default_factory=list)
    everyone: bool = False
    mention_roles: list[int] = field(default_factory=list)
    reply_to: int | None = None
    reply_ping: bool = True
    nonce: Any = None
    webhook: bool = False
    metadata: dict[str, Any] | None = None
    deprecated: dict[str, Any] | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    deleted: float | None = None
    edits: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    interaction: int | None = None
    stickers: list[dict[str, Any]] = field(default_factory=list)
    poll: dict[str, Any] | None = None
    snapshot: dict[str, Any] | None = None
    source: tuple[int, int] | None = None
    """The channel and the id of what is forwarded."""


class Messages:
    """All messages, the oldest of many forgotten."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.all: OrderedDict[int, Message] = OrderedDict()
        self.by_channel: dict[int, list[Message]] = {}

    @property
    def world(self) -> World:
        """What exists."""
        world: World = self._server.world
        return world

    def clear(self) -> None:
        """Forget all."""
        self.all.clear()
        self.by_channel.clear()

    def add(self, channel: int, author: int, **facts: Any) -> Message:
        """A new message, not yet announced; ``id`` when it is not to be a new one."""
        clock = self._server.clock
        id = facts.pop("id", None) or clock.snowflake()
        made = Message(id, channel, author, made=clock.now, **facts)
        self.all[made.id] = made
        self.by_channel.setdefault(channel, []).append(made)
        if len(self.all) > MOST:
            _, oldest = self.all.popitem(last=False)
            self.by_channel[oldest.channel].remove(oldest)
            for file in oldest.attachments:
                self._server.cdn.drop(file.id)
        place = self.world.channels[channel]
        if made.only is None:
            place.last_message = made.id
            place.messages += 1
        return made

    def found(self, id: int, channel: int | None = None) -> Message:
        """A message that still exists.

        Raises:
            Refused: 10008.
        """
        message = self.all.get(id)
        if message is None or message.deleted or channel not in (None, message.channel):
            raise Refused(10008)
        return message

    # Writing

    def fill(self, message: Message, body: dict[str, Any], files: dict[int, Upload]) -> None:
        """Give a message what a checked body says; ``attachments`` lists all it keeps."""
        if body.get("flags") and body["flags"] & rules.V2:
            message.flags |= rules.V2
        if body.get("flags") is not None:
            togglable = rules.SUPPRESS_EMBEDS | rules.SILENT
            message.flags = message.flags & ~togglable | body["flags"] & togglable
        if "content" in body:
            message.content = (body["content"] or "").strip()
        if "attachments" in body or files:
            message.attachments = self._attached(message, body.get("attachments"), files)
        if "embeds" in body:
            message.embeds = [self._embed(one, message) for one in body["embeds"] or []]
        if "components" in body:
            given = body["components"] or []
            message.components = components.shaped(given, lambda url: self._media(url, message))
        if "content" in body or "components" in body or not message.history:
            self._mention(message, body.get("allowed_mentions"))

    def _attached(
        self, message: Message, listed: list[dict[str, Any]] | None, files: dict[int, Upload]
    ) -> list[Attachment]:
        held = {str(one.id): one for one in message.attachments}
        if listed is None:
            listed = [{"id": id} for id in held] + [{"id": str(index)} for index in files]
        made = []
        for one in listed:
            if one["id"] in held:
                kept = held.pop(one["id"])
                kept.description = one.get("description", kept.description)
                made.append(kept)
                continue
            upload = files[int(one["id"])]
            name, title = safe(one.get("filename") or upload.filename)
            if one.get("is_spoiler") and not name.startswith("SPOILER_"):
                name = f"SPOILER_{name}"
            only = message.only is not None
            file = self._server.cdn.keep(message.channel, name, upload.data, ephemeral=only)
            file.description, file.title = one.get("description"), title
            made.append(file)
        for dropped in held.values():
            self._server.cdn.drop(dropped.id)
        return made

    def _named(self, url: str, message: Message) -> Attachment | None:
        name = url.removeprefix("attachment://")
        fitting = [file for file in message.attachments if file.filename == name]
        return fitting[0] if fitting and name != url else None

    def _media(self, url: str, message: Message) -> dict[str, Any]:
        """An unfurled media object; its addresses are signed again whenever it is shown."""
        file = self._named(url, message)
        id = str(self._server.clock.snowflake())
        if file is None:
            return {"id": id, "url": url, "proxy_url": url}
        made: dict[str, Any] = {"id": id, "attachment_id": str(file.id), "name": file.filename}
        made |= {"size": file.size, "width": file.width, "height": file.height}
        return made | {"content_type": file.content_type} | self._addresses(file)

    def _addresses(self, file: Attachment) -> dict[str, str]:
        cdn = self._server.cdn
        return {"url": cdn.url(file), "proxy_url": cdn.url(file, proxy=True)}

    def _embed(self, given: dict[str, Any], message: Message) -> dict[str, Any]:
        made = {key: value for key, value in given.items() if value is not None}
        made["type"] = "rich"
        for key in ("image", "thumbnail"):
            if url := (made.get(key) or {}).get("url"):
                file = self._named(url, message)
                size = {"width": file.width or 0, "height": file.height or 0} if file else {}
                made[key] = (self._addresses(file) if file else {"url": url}) | size
                if file:
                    made[key]["attachment"] = str(file.id)
        for one in made.get("fields") or []:
            one["inline"] = bool(one.get("inline"))
        return made

    def _mention(self, message: Message, allowed: dict[str, Any] | None) -> None:
        """Who is mentioned: …/docs/resources/message#allowed-mentions-object. An edit of the
        content reads it anew, and without ``allowed_mentions`` as if everybody may be."""
        texts = [message.content]
        texts += [one.get("content", "") for _, one in components.walk(message.components)]
        text = "\n".join(texts)
        users = [int(id) for id in re.findall(r"<@!?(\d+)>", text)]
        roles = [int(id) for id in re.findall(r"<@&(\d+)>", text)]
        everyone = bool(re.search(r"@(everyone|here)\b", text))
        if allowed is not None:
            parse = allowed.get("parse") or []
            listed = {int(id) for id in allowed.get("users") or []}
            users = [id for id in users if "users" in parse or id in listed]
            listed = {int(id) for id in allowed.get("roles") or []}
            roles = [id for id in roles if "roles" in parse or id in listed]
            everyone = everyone and "everyone" in parse
            message.reply_ping = bool(allowed.get("replied_user"))
        channel = self.world.channels[message.channel]
        may = self.world.permissions(channel, message.author) & BITS["MENTION_EVERYONE"]
        message.everyone = everyone and bool(may or message.interaction)
        webhook = message.interaction is not None
        if message.reply_to and message.reply_ping and not webhook and message.reply_to in self.all:
            users.append(self.all[message.reply_to].author)
        message.mentions = [id for id in dict.fromkeys(users) if id in self.world.users]
        message.mention_roles = list(dict.fromkeys(roles))

    def held(self, message: Message) -> dict[str, Any]:
        """What a message has now, for :func:`tests.emulators._discord.rules.check`."""
        return {
            "flags": message.flags,
            "content": message.content,
            "embeds": message.embeds,
            "components": message.components,
            "attachments": {str(one.id): one.filename for one in message.attachments},
        }

    def note(self, message: Message) -> None:
        """Keep what a message looks like now among its history."""
        flat = [one for _, one in components.walk(message.components)]
        message.history.append(
            {
                "at": self._server.clock.now,
                "content": message.content,
                "texts": [one["content"] for one in flat if one["type"] == components.TEXT],
                "buttons": [one.get("label") for one in flat if one["type"] == components.BUTTON],
                "attachments": [file.filename for file in message.attachments],
                "embeds": len(message.embeds),
                "loading": bool(message.flags & rules.LOADING),
            }
        )

    def snapshot(self, message: Message) -> dict[str, Any]:
        """What a message looks like where it is forwarded: …/resources/message#message-snapshot."""
        full = self.payload(message, reply=False)
        kept = (
            *("type", "content", "mentions", "mention_roles", "attachments", "embeds", "timestamp"),
            *("edited_timestamp", "flags", "components", "sticker_items"),
        )
        return {key: full[key] for key in kept if key in full}

    # Reading

    def readable(self, message: Message, intent: bool = False) -> bool:
        """Whether the bot gets the content: its own, mentioned, in its direct messages, or with
        the privileged intent."""
        channel = self.world.channels[message.channel]
        bot = self.world.bot.id
        private = channel.guild is None and bot in channel.people
        if self._server.settings.get("role_mention_content") and channel.guild:
            roles = self.world.guilds[channel.guild].roles
            if any(roles[id].bot == bot for id in message.mention_roles if id in roles):
                return True
        return intent or private or message.author == bot or bot in message.mentions

    def payload(
        self, message: Message, *, content: bool = True, reply: bool = True
    ) -> dict[str, Any]:
        """The message object; without ``content`` as apps without the intent get it."""
        world = self.world
        cdn = self._server.cdn
        made: dict[str, Any] = {
            "id": str(message.id),
            "type": message.type,
            "channel_id": str(message.channel),
            "author": payloads.user(world.users[message.author]),
            "content": message.content if content else "",
            "embeds": self._embeds(message) if content else [],
            "components": self._components(message) if content else [],
            "attachments": self._files(message, cdn) if content else [],
            "mentions": [payloads.user(world.users[id]) for id in message.mentions],
            "mention_roles": [str(id) for id in message.mention_roles],
            "mention_everyone": message.everyone,
            "timestamp": iso(message.made),
            "edited_timestamp": iso(message.edited) if message.edited else None,
            "flags": message.flags,
            "pinned": False,
            "tts": False,
        }
        if message.webhook:
            made |= {"webhook_id": str(world.bot.id), "application_id": str(world.bot.id)}
        if message.metadata:
            made |= {"interaction_metadata": message.metadata}
        if message.deprecated:
            made |= {"interaction": message.deprecated}
        if message.nonce is not None:
            made["nonce"] = message.nonce
        if content and message.stickers:
            made["sticker_items"] = message.stickers
        if content and message.poll:
            made["poll"] = message.poll
        if message.snapshot and message.source:
            channel, id = map(str, message.source)
            made["message_reference"] = {"type": 1, "channel_id": channel, "message_id": id}
            made["message_snapshots"] = [{"message": message.snapshot}] if content else []
        if message.reactions:
            made["reactions"] = [self._reaction(*one) for one in message.reactions.items()]
        return made | (self._reference(message, reply) if message.reply_to else {})

    def _reference(self, message: Message, reply: bool) -> dict[str, Any]:
        channel = self.world.channels[message.channel]
        reference = {"type": 0, "channel_id": str(channel.id), "message_id": str(message.reply_to)}
        if channel.guild:
            reference["guild_id"] = str(channel.guild)
        made: dict[str, Any] = {"message_reference": reference}
        target = self.all.get(message.reply_to or 0)
        if reply:
            gone = target is None or target.deleted
            made["referenced_message"] = None if gone or target is None else self.seen(target)
        return made

    def seen(self, message: Message) -> dict[str, Any]:
        """A message as REST gives it to the bot."""
        intent = self.world.app["message_content"]
        shown = self.readable(message, intent)
        return self.payload(message, content=shown, reply=False)

    def _files(self, message: Message, cdn: Any) -> list[dict[str, Any]]:
        inside = {
            (one.get(key) or {}).get("attachment")
            for one in message.embeds
            for key in ("image", "thumbnail")
        }
        return [cdn.payload(file) for file in message.attachments if str(file.id) not in inside]

    def _embeds(self, message: Message) -> list[dict[str, Any]]:
        by_id = {str(file.id): file for file in message.attachments}
        made = []
        for embed in message.embeds:
            copy = dict(embed)
            for key in ("image", "thumbnail"):
                file = by_id.get((copy.get(key) or {}).get("attachment", ""))
                if key in copy:
                    kept = {k: v for k, v in copy[key].items() if k != "attachment"}
                    copy[key] = kept | (self._addresses(file) if file else {})
            made.append(copy)
        return made

    def _components(self, message: Message) -> list[dict[str, Any]]:
        """Components with their addresses signed anew."""
        by_id = {str(file.id): file for file in message.attachments}

        def renewed(node: Any) -> Any:
            if isinstance(node, list):
                return [renewed(one) for one in node]
            if not isinstance(node, dict):
                return node
            file = by_id.get(node.get("attachment_id", ""))
            made = {key: renewed(value) for key, value in node.items()}
            return made | (self._addresses(file) if file else {})

        shown: list[dict[str, Any]] = renewed(message.components)
        return shown

    def _reaction(self, emoji: str, who: list[int]) -> dict[str, Any]:
        return {
            "emoji": {"id": None, "name": emoji},
            "count": len(who),
            "count_details": {"burst": 0, "normal": len(who)},
            "burst_colors": [],
            "me_burst": False,
            "me": self.world.bot.id in who,
        }

    def visible_to(self, message: Message, person: int | None) -> bool:
        """Whether a person sees a message; ``None`` is who sees everything."""
        if person is None:
            return True
        if message.only is not None:
            return message.only == person
        channel: Channel = self.world.channels[message.channel]
        if channel.guild is None:
            return person in channel.people
        return bool(self.world.permissions(channel, person) & BITS["VIEW_CHANNEL"])


def sendable(world: World, channel: Channel) -> tuple[str, ...]:
    """The permission that sending to a channel needs."""
    return ("SEND_MESSAGES_IN_THREADS",) if channel.type in THREADS else ("SEND_MESSAGES",)
