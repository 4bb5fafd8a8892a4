"""Controls that make and unmake people, guilds, channels, threads and roles."""

from typing import Any

from tests.emulators._discord import payloads
from tests.emulators._discord.permissions import bits
from tests.emulators._discord.refusing import demand
from tests.emulators._discord.world import (
    DM,
    FORUM,
    GROUP,
    KINDS,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    Channel,
    Guild,
    World,
)

USER_FACTS = ("global_name", "locale", "installed", "dms", "bot")
GUILD_FACTS = ("locale", "tier", "upload_limit", "features", "app")


class Building:
    """Actions; each takes the JSON of its control and returns what to answer."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def world(self) -> World:
        """What exists."""
        world: World = self._server.world
        return world

    async def app(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change the application: ``token``, ``message_content``, ``members``, ``presences``,
        ``integration_types``, ``name``, ``public``, ``custom_install_url``,
        ``install_params`` (by way of installation), ``interactions_endpoint_url``."""
        demand(set(body) <= set(self.world.app) - {"id", "owner"}, "unknown facts")
        self.world.app |= body
        return {"id": str(self.world.app["id"]), "token": self.world.app["token"]}

    async def user(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add a person, or with ``id`` change one: ``name``, ``global_name``, ``locale``,
        ``installed``, ``dms``."""
        facts = {key: body[key] for key in USER_FACTS if key in body}
        if "id" in body:
            user = self.world.users[int(body["id"])]
            for key, value in facts.items():
                setattr(user, key, value)
        else:
            user = self.world.user(body.get("name", "alice"), **facts)
        return payloads.user(user)

    def _guild(self, body: dict[str, Any]) -> Guild:
        return self.world.guilds[int(body["guild"])]

    async def guild(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add a guild with a text channel, or with ``id`` change one: ``name``, ``owner``,
        ``members``, ``bot``, ``app``, ``tier``, ``upload_limit``, ``locale``, ``permissions``
        (of the bot's role), ``everyone`` (of everybody), ``system_channel`` (that the channel is
        it)."""
        facts = {key: body[key] for key in GUILD_FACTS if key in body}
        if "id" in body:
            guild = self.world.guilds[int(body["id"])]
            for key, value in facts.items():
                setattr(guild, key, value)
            self._server.events.guild("UPDATE", guild)
            return {"id": str(guild.id)}
        bot = body.get("bot", True)
        owner = int(body["owner"]) if "owner" in body else self.world.app["owner"]
        guild = self.world.guild(body.get("name", "guild"), owner, **{"app": bot, **facts})
        if "everyone" in body:
            guild.roles[guild.id].permissions = bits(body["everyone"])
        for member in body.get("members", []):
            guild.members[int(member)] = []
        role = self.world.role(guild, "banana", bits(body.get("permissions", 0)), managed=True)
        channel = self.world.channel(0, guild=guild.id, name=body.get("channel", "general"))
        if body.get("system_channel"):
            guild.system_channel = channel.id
        if bot:
            guild.members[self.world.bot.id] = [role.id]
            self._server.events.guild("CREATE", guild)
        made = {"id": guild.id, "channel": channel.id, "role": role.id, "everyone": guild.id}
        return {key: str(value) for key, value in made.items()}

    async def join(self, body: dict[str, Any]) -> dict[str, Any]:
        """The bot is added to ``guild``."""
        guild = self._guild(body)
        role = next(one for one in guild.roles.values() if one.managed)
        guild.app = True
        guild.members[self.world.bot.id] = [role.id]
        self._server.events.guild("CREATE", guild)
        return {}

    async def leave(self, body: dict[str, Any]) -> dict[str, Any]:
        """The bot is removed from ``guild``."""
        self._server.leave(self._guild(body))
        return {}

    async def channel(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add a channel: ``guild`` and ``type`` (text, voice, news, forum), ``name``, ``nsfw``,
        ``parent``, ``deny`` and ``allow`` (of everybody); or ``type`` dm or group with
        ``people``. With ``id``: change ``name`` or ``nsfw``."""
        if "id" in body:
            channel = self.world.channels[int(body["id"])]
            channel.name = body.get("name", channel.name)
            channel.nsfw = body.get("nsfw", channel.nsfw)
            self._server.events.channel("UPDATE", channel)
            return payloads.channel(self.world, channel)
        kind = KINDS[body.get("type", "text")]
        if kind in (DM, GROUP):
            people = [int(id) for id in body["people"]]
            if kind == DM:
                channel = self.world.direct(people[0], people[1])
            else:
                channel = self.world.channel(GROUP, people=people, name=body.get("name"))
            return payloads.channel(self.world, channel)
        guild = self._guild(body)
        parent = int(body["parent"]) if "parent" in body else None
        facts = {"name": body.get("name", "channel"), "nsfw": body.get("nsfw", False)}
        channel = self.world.channel(kind, guild=guild.id, parent=parent, **facts)
        if "deny" in body or "allow" in body:
            channel.overwrites[guild.id] = (bits(body.get("allow", 0)), bits(body.get("deny", 0)))
        self._server.events.channel("CREATE", channel)
        return payloads.channel(self.world, channel)

    async def thread(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add a thread to ``parent``: ``name``, ``as`` (who starts it), ``private``, ``archived``,
        ``locked``. In a forum it is a post, with ``content`` and ``attachments``. With ``id``:
        change ``archived`` or ``locked``."""
        if "id" in body:
            thread = self.world.channels[int(body["id"])]
            thread.archived = body.get("archived", thread.archived)
            thread.locked = body.get("locked", thread.locked)
            self._server.events.channel("UPDATE", thread)
            return payloads.channel(self.world, thread)
        parent = self.world.channels[int(body["parent"])]
        demand(parent.guild, "threads are in guilds")
        owner = int(body.get("as", self.world.app["owner"]))
        thread = self.world.channel(
            PRIVATE_THREAD if body.get("private") else PUBLIC_THREAD,
            guild=parent.guild,
            parent=parent.id,
            owner=owner,
            name=body.get("name", "thread"),
            archived=body.get("archived", False),
            locked=body.get("locked", False),
        )
        self._server.events.channel("CREATE", thread)
        if parent.type == FORUM:
            self._first_post(thread, owner, body)
        return payloads.channel(self.world, thread)

    def _first_post(self, thread: Channel, owner: int, body: dict[str, Any]) -> None:
        """The message that begins a post has the post's id."""
        people, messages = self._server.people, self._server.messages
        files = people.files(body.get("attachments", []), thread.id, ephemeral=False)
        message = messages.add(thread.id, owner, id=thread.id, attachments=files)
        messages.fill(message, {"content": body.get("content", "first post")}, {})
        messages.note(message)
        self._server.events.message("MESSAGE_CREATE", message)

    async def role(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add a role to ``guild``, or with ``role`` change its ``permissions`` (the id of the
        guild is everybody's role): ``name``, ``permissions``."""
        guild = self._guild(body)
        if "role" in body:
            role = guild.roles[int(body["role"])]
            role.permissions = bits(body.get("permissions", 0))
            self._server.events.role("UPDATE", guild, role)
        else:
            role = self.world.role(guild, body.get("name", "role"), bits(body.get("permissions")))
            self._server.events.role("CREATE", guild, role)
        return payloads.role(role)

    async def member(self, body: dict[str, Any]) -> dict[str, Any]:
        """``user`` joins ``guild`` or is changed: ``roles``, ``nick``, ``permissions`` (through a
        role of their own); ``remove`` takes them out."""
        guild, who = self._guild(body), int(body["user"])
        if body.get("remove"):
            guild.members.pop(who, None)
            return {}
        roles = [int(id) for id in body.get("roles", guild.members.get(who, []))]
        if "permissions" in body:
            roles.append(self.world.role(guild, "own", bits(body["permissions"])).id)
        guild.members[who] = roles
        if "nick" in body:
            guild.nicks[who] = body["nick"]
        if who == self.world.bot.id:
            self._server.events.bot_member(guild)
        return payloads.member(self.world, guild, who)

    async def permissions(self, body: dict[str, Any]) -> dict[str, Any]:
        """Set the overwrite of ``target`` (a role, a person, ``"bot"``, ``"everyone"``) in
        ``channel``: ``allow``, ``deny``."""
        channel = self.world.channels[int(body["channel"])]
        demand(channel.guild, "direct messages have no permissions")
        named = {"bot": self.world.bot.id, "everyone": channel.guild or 0}
        asked = body.get("target", "everyone")
        target = named[asked] if asked in named else int(asked)
        channel.overwrites[target] = (bits(body.get("allow", 0)), bits(body.get("deny", 0)))
        self._server.events.channel("UPDATE", channel)
        held = self.world.permissions(channel, self.world.bot.id)
        return {"bot": str(held)}

    async def delete_channel(self, body: dict[str, Any]) -> dict[str, Any]:
        """``channel`` is deleted with its messages and threads."""
        channel = self.world.channels[int(body["channel"])]
        inside = [one for one in self.world.channels.values() if one.parent == channel.id]
        for one in [*inside, channel]:
            self._server.events.channel("DELETE", one)
            self.world.channels.pop(one.id)
            for message in self._server.messages.by_channel.pop(one.id, []):
                message.deleted = message.deleted or self._server.clock.now
        return {}

    async def delete_message(self, body: dict[str, Any]) -> dict[str, Any]:
        """``message`` is deleted; an ephemeral one is dismissed."""
        message = self._server.messages.all[int(body["message"])]
        self._server.remove(message)
        return {}
