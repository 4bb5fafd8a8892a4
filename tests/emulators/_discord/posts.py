"""REST about messages and reactions, with the bot's token.

https://discord.com/developers/docs/resources/message.
"""

from typing import Any

from tests.emulators._discord import bodies, rules
from tests.emulators._discord.api import Call, Routes
from tests.emulators._discord.errors import Form, Refused
from tests.emulators._discord.interactions import DEFAULT_LIMIT
from tests.emulators._discord.messages import REPLY, Message, sendable
from tests.emulators._discord.permissions import BITS
from tests.emulators._discord.world import DM, FORUM, THREADS, VOICE, Channel, World

ALL = "/channels/{channel_id}/messages"
ONE = ALL + "/{message_id}"
OWN = ONE + "/reactions/{emoji_name}/@me"
NEW = rules.SUPPRESS_EMBEDS | rules.SILENT | rules.V2
EDIT = rules.SUPPRESS_EMBEDS | rules.V2
NONCE_LIFE = 300.0


class Posts:
    """Endpoints below ``/channels/{id}/messages``."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def world(self) -> World:
        """What exists."""
        world: World = self._server.world
        return world

    def routes(self, routes: Routes) -> None:
        """Add the endpoints."""
        routes.add("GET", ALL, self.several)
        routes.add("POST", ALL, self.create)
        routes.add("GET", ONE, self.get)
        routes.add("PATCH", ONE, self.edit)
        routes.add("DELETE", ONE, self.delete)
        routes.add("PUT", OWN, self.react)
        routes.add("DELETE", OWN, self.unreact)

    def _found(self, call: Call) -> tuple[Channel, Message]:
        """A message of a channel; ephemeral ones do not exist for the bot's token."""
        channel = self.world.found(call.id("channel_id"))
        message = self._server.messages.found(call.id("message_id"), channel.id)
        if message.only is not None:
            raise Refused(10008)
        return channel, message

    async def several(self, call: Call) -> Any:
        channel = self.world.found(call.id("channel_id"))
        most = int(call.query.get("limit", 50))
        if not 1 <= most <= 100:
            form = Form()
            form.add(("limit",), "NUMBER_TYPE_MAX", "int value should be 1 to 100.")
            form.settle()
        after, before = int(call.query.get("after", 0)), int(call.query.get("before", 1 << 63))
        if not self.world.permissions(channel, self.world.bot.id) & BITS["READ_MESSAGE_HISTORY"]:
            return []
        inside = self._server.messages.by_channel.get(channel.id, [])
        found = [m for m in inside if not m.deleted and m.only is None and after < m.id < before]
        found = found[:most] if "after" in call.query else found[-most:]
        return [self._server.messages.seen(one) for one in reversed(found)]

    async def get(self, call: Call) -> Any:
        channel, message = self._found(call)
        self.world.need(channel, "READ_MESSAGE_HISTORY")
        return self._server.messages.seen(message)

    async def create(self, call: Call) -> Any:
        channel = self.world.found(call.id("channel_id"))
        body = call.body or {}
        self._may_send(channel, body, call)
        if (old := self._same(channel, body)) is not None:
            return self._server.messages.payload(old)
        rules.check(body, call.files, allowed_flags=NEW)
        bodies.limit(call.files, self._limit(channel), self._server.settings.get("refuse_files"))
        reply = self._reply(channel, body.get("message_reference"))
        channel.archived = False
        messages = self._server.messages
        message: Message = messages.add(
            channel.id,
            self.world.bot.id,
            type=REPLY if reply else 0,
            flags=(body.get("flags") or 0) & (rules.V2 | rules.SILENT),
            reply_to=reply,
            nonce=body.get("nonce"),
        )
        messages.fill(message, body, call.files)
        messages.note(message)
        self._server.events.message("MESSAGE_CREATE", message)
        return messages.payload(message)

    def _may_send(self, channel: Channel, body: dict[str, Any], call: Call) -> None:
        if channel.type in (FORUM, 4, 14):
            raise Refused(50008)
        if channel.type in THREADS and channel.locked:
            raise Refused(50083)
        if channel.type == VOICE or channel.guild is not None:
            self.world.need(channel, *sendable(self.world, channel))
            if call.files:
                self.world.need(channel, "ATTACH_FILES")
            if body.get("embeds"):
                self.world.need(channel, "EMBED_LINKS")
        if channel.type == DM:
            other = next(id for id in channel.people if id != self.world.bot.id)
            person = self.world.users[other]
            if not person.dms or not self.world.mutual(person):
                raise Refused(50007)

    def _limit(self, channel: Channel) -> int:
        return self.world.guilds[channel.guild].limit if channel.guild else DEFAULT_LIMIT

    def _same(self, channel: Channel, body: dict[str, Any]) -> Message | None:
        """The message sent before with the same nonce, if it is to be enforced."""
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        since = self._server.clock.now - NONCE_LIFE
        inside: list[Message] = self._server.messages.by_channel.get(channel.id, [])
        for message in reversed(inside):
            if message.made < since:
                return None
            own = message.author == self.world.bot.id
            if own and message.nonce == body["nonce"] and not message.deleted:
                return message
        return None

    def _reply(self, channel: Channel, reference: dict[str, Any] | None) -> int | None:
        if not reference:
            return None
        if not self.world.permissions(channel, self.world.bot.id) & BITS["READ_MESSAGE_HISTORY"]:
            raise Refused(160002)
        target = self._server.messages.all.get(int(reference["message_id"]))
        gone = target is None or target.deleted or target.only is not None
        form = Form()
        if gone or target.channel != channel.id:
            if reference.get("fail_if_not_exists") is False:
                return None
            code = "MESSAGE_REFERENCE_UNKNOWN_MESSAGE"
            form.add(("message_reference",), code, "Unknown message")
        elsewhere = int(reference.get("channel_id") or channel.id) != channel.id
        guild = reference.get("guild_id")
        if elsewhere or (guild and int(guild) != channel.guild):
            code = "MESSAGE_REFERENCE_GUILD_ID_MISMATCH" if guild else "MESSAGE_REFERENCE_CHANNEL"
            form.add(("message_reference",), code, "The reference is to another place")
        form.settle()
        return int(reference["message_id"])

    async def edit(self, call: Call) -> Any:
        channel, message = self._found(call)
        if message.author != self.world.bot.id:
            raise Refused(50005)
        if channel.type in THREADS and channel.archived:
            raise Refused(50083)
        messages, body = self._server.messages, call.body or {}
        if call.files and channel.guild:
            self.world.need(channel, "ATTACH_FILES")
        rules.check(body, call.files, allowed_flags=EDIT, held=messages.held(message))
        bodies.limit(call.files, self._limit(channel), self._server.settings.get("refuse_files"))
        self._server.count_edit(message)
        message.edited = self._server.clock.now
        message.flags &= ~rules.LOADING
        messages.fill(message, body, call.files)
        messages.note(message)
        self._server.events.message("MESSAGE_UPDATE", message)
        return messages.payload(message)

    async def delete(self, call: Call) -> None:
        channel, message = self._found(call)
        if message.author != self.world.bot.id:
            if channel.guild is None:
                raise Refused(50003)
            self.world.need(channel, "MANAGE_MESSAGES")
        self._server.remove(message)

    async def react(self, call: Call) -> None:
        channel, message = self._found(call)
        self.world.need(channel, "READ_MESSAGE_HISTORY")
        emoji = self._emoji(call)
        if emoji not in message.reactions:
            self.world.need(channel, "ADD_REACTIONS")
            if len(message.reactions) >= 20:
                raise Refused(30010)
        who = message.reactions.setdefault(emoji, [])
        if self.world.bot.id not in who:
            who.append(self.world.bot.id)
            self._server.events.reaction(message, self.world.bot.id, emoji, added=True)

    async def unreact(self, call: Call) -> None:
        _, message = self._found(call)
        emoji = self._emoji(call)
        who = message.reactions.get(emoji, [])
        if self.world.bot.id in who:
            who.remove(self.world.bot.id)
            self._server.events.reaction(message, self.world.bot.id, emoji, added=False)
        if not who:
            message.reactions.pop(emoji, None)

    def _emoji(self, call: Call) -> str:
        """Only Unicode emojis exist here.

        Raises:
            Refused: 10014.
        """
        emoji = call.path["emoji_name"]
        if not emoji or any(ord(sign) < 0x80 and sign not in "#*0123456789" for sign in emoji):
            raise Refused(10014)
        return emoji
