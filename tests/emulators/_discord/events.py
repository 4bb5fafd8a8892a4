"""What happened, told to the gateway, each event checked against the schema it has."""

from typing import Any

from tests.emulators._discord import payloads
from tests.emulators._discord import sessions as gateway
from tests.emulators._discord.messages import Message
from tests.emulators._discord.world import THREADS, Channel, Guild


class Events:
    """Builds events and hands them to the hub."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def _check(self, name: str, schema: str, data: Any) -> None:
        if self._server.validating:
            for found in self._server.schema.part(schema, data):
                self._server.violation("event", name, found)

    def message(self, name: str, message: Message) -> None:
        """MESSAGE_CREATE or MESSAGE_UPDATE, to those who may see it; ephemerals to nobody."""
        server, world = self._server, self._server.world
        channel = world.channels[message.channel]
        if message.only is not None or not world.bot_sees(channel):
            return
        full = self._told(name, message, content=True)
        readable = server.messages.readable(message)
        blank = None if readable else self._told(name, message, content=False)
        private = channel.guild is None
        intent = gateway.DIRECT_MESSAGES if private else gateway.GUILD_MESSAGES
        server.hub.dispatch(name, full, channel.guild, intent, blank)

    def _told(self, name: str, message: Message, *, content: bool) -> dict[str, Any]:
        world = self._server.world
        data: dict[str, Any] = self._server.messages.payload(message, content=content)
        self._check(name, "MessageResponse", data)
        channel = world.channels[message.channel]
        data["channel_type"] = channel.type
        if channel.guild is None:
            return data
        guild = world.guilds[channel.guild]
        data["guild_id"] = str(guild.id)
        if message.author in guild.members and not message.webhook:
            data["member"] = payloads.member(world, guild, message.author, with_user=False)
        for one in data["mentions"]:
            if int(one["id"]) in guild.members:
                who = int(one["id"])
                one["member"] = payloads.member(world, guild, who, with_user=False)
        return data

    def message_deleted(self, message: Message) -> None:
        """MESSAGE_DELETE."""
        world = self._server.world
        channel = world.channels.get(message.channel)
        if channel is None or message.only is not None or not world.bot_sees(channel):
            return
        data = {"id": str(message.id), "channel_id": str(channel.id)}
        data |= {"guild_id": str(channel.guild)} if channel.guild else {}
        private = channel.guild is None
        intent = gateway.DIRECT_MESSAGES if private else gateway.GUILD_MESSAGES
        self._server.hub.dispatch("MESSAGE_DELETE", data, channel.guild, intent)

    def reaction(self, message: Message, who: int, emoji: str, *, added: bool) -> None:
        """MESSAGE_REACTION_ADD or …_REMOVE."""
        world = self._server.world
        channel = world.channels[message.channel]
        if message.only is not None or not world.bot_sees(channel):
            return
        data: dict[str, Any] = {
            "user_id": str(who),
            "channel_id": str(channel.id),
            "message_id": str(message.id),
            "message_author_id": str(message.author),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        intent = gateway.DIRECT_REACTIONS
        if channel.guild:
            guild = world.guilds[channel.guild]
            data["guild_id"] = str(guild.id)
            if added and who in guild.members:
                data["member"] = payloads.member(world, guild, who)
            intent = gateway.GUILD_REACTIONS
        name = "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE"
        self._server.hub.dispatch(name, data, channel.guild, intent)

    def channel(self, what: str, channel: Channel) -> None:
        """CHANNEL_ or THREAD_ CREATE, UPDATE or DELETE; a person's direct message has none."""
        world = self._server.world
        if channel.guild is None or not world.bot_in(world.guilds[channel.guild]):
            return
        data = payloads.channel(world, channel)
        thread = channel.type in THREADS
        self._check(what, "ThreadResponse" if thread else "GuildChannelResponse", data)
        if thread and not world.bot_sees(channel):
            return
        name = f"{'THREAD' if thread else 'CHANNEL'}_{what}"
        self._server.hub.dispatch(name, data, channel.guild, gateway.GUILDS)

    def guild(self, what: str, guild: Guild) -> None:
        """GUILD_CREATE, GUILD_UPDATE, or GUILD_DELETE when the bot is no longer in it."""
        world = self._server.world
        data = {"id": str(guild.id)}
        if what == "CREATE":
            data = payloads.guild_create(world, guild)
        elif what == "UPDATE":
            data = payloads.guild(world, guild)
        self._server.hub.dispatch(f"GUILD_{what}", data, guild.id, gateway.GUILDS)

    def role(self, what: str, guild: Guild, role: Any) -> None:
        """GUILD_ROLE_CREATE or …_UPDATE."""
        world = self._server.world
        if world.bot_in(guild):
            data = {"guild_id": str(guild.id), "role": payloads.role(role)}
            self._server.hub.dispatch(f"GUILD_ROLE_{what}", data, guild.id, gateway.GUILDS)

    def bot_member(self, guild: Guild) -> None:
        """GUILD_MEMBER_UPDATE of the bot, which comes without the members intent too."""
        world = self._server.world
        data = payloads.member(world, guild, world.bot.id) | {"guild_id": str(guild.id)}
        self._server.hub.dispatch("GUILD_MEMBER_UPDATE", data, guild.id, gateway.GUILDS)

    def interaction(self, data: dict[str, Any], guild: int | None) -> None:
        """INTERACTION_CREATE."""
        parts = [("UserResponse", data.get("user") or data["member"]["user"])]
        if "message" in data:
            parts.append(("MessageResponse", data["message"]))
        resolved = data.get("data", {}).get("resolved", {})
        parts += [("MessageResponse", m) for m in resolved.get("messages", {}).values()]
        files = resolved.get("attachments", {}).values()
        parts += [("MessageAttachmentResponse", one) for one in files]
        for schema, part in parts:
            self._check("INTERACTION_CREATE", schema, part)
        self._server.hub.dispatch("INTERACTION_CREATE", data, guild)
