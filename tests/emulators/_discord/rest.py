"""REST about the account, people, guilds, channels and the gateway.

https://discord.com/developers/docs/resources/user, …/guild, …/channel, …/application.
"""

from typing import Any

from tests.emulators._discord import payloads
from tests.emulators._discord.api import Call, Routes
from tests.emulators._discord.errors import Refused
from tests.emulators._discord.permissions import BITS
from tests.emulators._discord.world import THREADS, Guild, World


class Rest:
    """Endpoints for the bot's token."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def world(self) -> World:
        """What exists."""
        world: World = self._server.world
        return world

    def routes(self, routes: Routes) -> None:
        """Add the endpoints."""
        routes.add("GET", "/users/@me", self.me)
        routes.add("GET", "/users/@me/guilds", self.guilds)
        routes.add("DELETE", "/users/@me/guilds/{guild_id}", self.leave)
        routes.add("POST", "/users/@me/channels", self.direct)
        routes.add("GET", "/users/{user_id}", self.user)
        routes.add("GET", "/applications/@me", self.application)
        routes.add("GET", "/oauth2/applications/@me", self.application)
        routes.add("GET", "/gateway", self.gateway, auth=False)
        routes.add("GET", "/gateway/bot", self.gateway_bot)
        routes.add("GET", "/guilds/{guild_id}", self.guild)
        routes.add("GET", "/guilds/{guild_id}/channels", self.channels)
        routes.add("GET", "/guilds/{guild_id}/roles", self.roles)
        routes.add("GET", "/guilds/{guild_id}/threads/active", self.threads)
        routes.add("GET", "/guilds/{guild_id}/members/{user_id}", self.member)
        routes.add("GET", "/channels/{channel_id}", self.channel)
        routes.add("POST", "/channels/{channel_id}/typing", self.typing)

    async def me(self, call: Call) -> Any:
        return payloads.me(self.world)

    async def user(self, call: Call) -> Any:
        user = self.world.users.get(call.id("user_id"))
        if user is None:
            raise Refused(10013)
        return payloads.user(user)

    async def application(self, call: Call) -> Any:
        return payloads.application(self.world)

    async def gateway(self, call: Call) -> Any:
        return {"url": self._server.hub.url}

    async def gateway_bot(self, call: Call) -> Any:
        settings, hub = self._server.settings, self._server.hub
        total = settings.get("identify_limit", 1000)
        start = {
            "total": total,
            "remaining": max(0, total - hub.identifies),
            "reset_after": 86_400_000,
            "max_concurrency": settings.get("max_concurrency", 1),
        }
        shards = settings.get("shards", settings.get("shards_required", 1))
        return {"url": hub.url, "shards": shards, "session_start_limit": start}

    def _mine(self) -> list[Guild]:
        return [guild for guild in self.world.guilds.values() if self.world.bot_in(guild)]

    def _guild(self, call: Call) -> Guild:
        guild = self.world.guilds.get(call.id("guild_id"))
        if guild is None:
            raise Refused(10004)
        if not self.world.bot_in(guild):
            raise Refused(50001)
        return guild

    async def guilds(self, call: Call) -> Any:
        after, before = int(call.query.get("after", 0)), int(call.query.get("before", 1 << 63))
        most = int(call.query.get("limit", 200))
        found = [one for one in self._mine() if after < one.id < before][:most]
        return [
            {
                "id": str(guild.id),
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": guild.owner == self.world.bot.id,
                "permissions": str(self._base(guild)),
                "features": guild.features,
            }
            for guild in found
        ]

    def _base(self, guild: Guild) -> int:
        held = guild.roles[guild.id].permissions
        for role in guild.members[self.world.bot.id]:
            held |= guild.roles[role].permissions
        return held

    async def leave(self, call: Call) -> None:
        self._server.leave(self._guild(call))

    async def guild(self, call: Call) -> Any:
        guild = self._guild(call)
        made = payloads.guild(self.world, guild)
        if call.query.get("with_counts", "").lower() in ("1", "true"):
            made |= {"approximate_member_count": len(guild.members)}
            made |= {"approximate_presence_count": 0}
        return made

    async def channels(self, call: Call) -> Any:
        guild = self._guild(call)
        inside = [one for one in self.world.channels.values() if one.guild == guild.id]
        return [payloads.channel(self.world, one) for one in inside if one.type not in THREADS]

    async def threads(self, call: Call) -> Any:
        guild = self._guild(call)
        inside = [one for one in self.world.channels.values() if one.guild == guild.id]
        found = [one for one in inside if one.type in THREADS and self.world.bot_sees(one)]
        shown = [payloads.channel(self.world, one) for one in found if not one.archived]
        return {"threads": shown, "members": [], "has_more": False}

    async def roles(self, call: Call) -> Any:
        return [payloads.role(one) for one in self._guild(call).roles.values()]

    async def member(self, call: Call) -> Any:
        guild, who = self._guild(call), call.id("user_id")
        if who not in self.world.users:
            raise Refused(10013)
        if who not in guild.members:
            raise Refused(10007)
        return payloads.member(self.world, guild, who)

    async def channel(self, call: Call) -> Any:
        return payloads.channel(self.world, self.world.found(call.id("channel_id")))

    async def typing(self, call: Call) -> None:
        channel = self.world.found(call.id("channel_id"))
        if not self.world.permissions(channel, self.world.bot.id) & BITS["VIEW_CHANNEL"]:
            raise Refused(50001)
        self._server.typed.append([str(channel.id), self._server.clock.now])

    async def direct(self, call: Call) -> Any:
        """A direct message is opened with anybody; only sending may be refused."""
        asked = (call.body or {}).get("recipient_id")
        user = self.world.users.get(int(asked or 0))
        if user is None:
            raise Refused(10013)
        if user.bot:
            raise Refused(50007)
        return payloads.channel(self.world, self.world.direct(self.world.bot.id, user.id))
