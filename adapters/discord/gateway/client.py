"""The gateway client: what it listens to, how little it keeps, and what it does with events.

Intents 4609: servers, and messages in servers and in direct messages, without their content
(https://discord.com/developers/docs/events/gateway#gateway-intents).
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import discord
import structlog

from adapters.discord import private_api
from adapters.discord.commands import sync
from adapters.discord.context import Context, Interaction
from adapters.discord.gateway import joining, messages
from adapters.discord.interactions import router
from adapters.discord.rest import point
from adapters.discord.settings import GATEWAY_URL, DiscordSettings
from bot.chat import BadProxy
from bot.ports import Misconfigured

log = structlog.get_logger(__name__)

CLOSING_SECONDS = 5.0
"""How long answers that are under way may take when the client is closed."""

IDENTIFY_SECONDS = 5.1
"""Between two sessions that are begun under one key."""

GUILD_SECONDS = 0.5
"""How long discord.py waits for another server before it calls itself ready; nothing waits."""

_KEPT = {"INTERACTION_CREATE": "interaction", "MESSAGE_CREATE": "message"}
"""What must be answered, also after a crash, and how discord.py calls it."""

_UNKEPT = (discord.InteractionType.ping.value, discord.InteractionType.autocomplete.value)

UNREAD = ("MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK")
"""What Discord sends with these intents, and nobody needs: discord.py makes objects of it."""

_INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class NeedsShards(Exception):
    """Discord wants this bot to hold more than one connection."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} shards")
        self.count = count


class IdentifiesUsedUp(Exception):
    """No session may be begun for a while; going on would have the token reset.

    https://discord.com/developers/docs/events/gateway#session-start-limit-object
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no session may be begun for {seconds:.0f} s")
        self.seconds = seconds


class Gateway(discord.Client):
    """A client with one connection. It is used once: the supervisor makes another.

    ``ids`` are the shards that were this process's when it was made.
    ``disconnected_at`` is the event loop's time at which the connection was lost, if it is, and
    ``ready_at`` the one at which it was there for the first time.
    """

    def __init__(self, context: Context, ids: frozenset[int], **options: Any) -> None:
        self.context = context
        self.ids = ids
        self.disconnected_at: float | None = None
        self.ready_at: float | None = None
        self._busy: set[asyncio.Task[Any]] = set()
        self._syncing: asyncio.Task[None] | None = None
        self._at_once = 1
        super().__init__(
            intents=_INTENTS,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=GUILD_SECONDS,
            allowed_mentions=discord.AllowedMentions.none(),
            connector=context.delivery.connector() if context.delivery.connector else None,
            **options,
        )
        private_api.guide(self, context.settings.discord_api_base)
        self._survive_odd_events()

    async def setup_hook(self) -> None:
        """Logged in: see how many connections Discord wants, and have the commands registered.

        Raises:
            NeedsShards: more than this client holds.
            IdentifiesUsedUp: none may be opened now.
        """
        settings = self.context.settings
        wanted, starts = await private_api.gateway_limits(self)
        self._at_once = max(1, starts.get("max_concurrency", 1))
        if not starts.get("remaining", 1):
            raise IdentifiesUsedUp(starts.get("reset_after", 0) / 1000)
        if not settings.discord_shard_count and wanted > (self.shard_count or 1):
            raise NeedsShards(wanted)
        self._syncing = asyncio.create_task(
            sync.keep_trying(self, settings, self.context.bot.max_images)
        )

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Have an event handled, unless the client is closed: discord.py would break over it."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)
        elif event in _KEPT.values():
            self.context.inbox.leave(args[0].id)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until another session may be begun; discord.py would always wait, and be deaf.

        https://discord.com/developers/docs/events/gateway#rate-limiting
        """
        key, loop = (shard_id or 0) % self._at_once, asyncio.get_running_loop()
        identified = self.context.identified
        while True:
            left = identified.get(key, float("-inf")) + IDENTIFY_SECONDS - loop.time()
            if left <= 0:
                break
            await asyncio.sleep(left)
        identified[key] = loop.time()  # not before: a connection lost meanwhile has begun nothing

    @property
    def connected(self) -> bool:
        """Whether events come in now."""
        ready = self.ready_at is not None and self.disconnected_at is None
        return ready and not self.is_closed()

    async def on_ready(self) -> None:
        """Connected with a new session."""
        self._connected()
        log.info("connected to Discord", servers=len(self.guilds), user=str(self.user))
        await self.take_up()

    async def take_up(self) -> None:
        """Deal with what an earlier program, or one that has died, has left, while connected."""
        if not self.connected:
            return
        try:
            events = await self.context.inbox.left()
        except Exception as error:
            log.warning("events not looked for", error=repr(error))
            return
        for event in events:
            log.info("taken up again", event_name=event.name, id=event.id)
            private_api.parsers(self)[event.name](json.loads(event.data))

    async def is_reassigned(self) -> bool:
        """Whether other shards are this process's by now."""
        try:
            return await shards_of(self.context, self.shard_count or 1) != self.ids
        except Exception as error:
            log.warning("shards not looked for", error=repr(error))
            return False

    async def on_resumed(self) -> None:
        """Connected again; what happened meanwhile is delivered now."""
        self._connected()
        log.info("connected to Discord again")

    async def on_disconnect(self) -> None:
        """The connection is lost; discord.py opens another."""
        if self.disconnected_at is None:
            self.disconnected_at = asyncio.get_running_loop().time()
            log.info("connection to Discord lost")

    async def on_interaction(self, interaction: Interaction) -> None:
        """A command, a button, a menu, a form, or something typed."""
        self._keep(asyncio.current_task())
        async with self.context.inbox.handling(interaction.id):
            await router.route(self.context, interaction)

    async def on_message(self, message: discord.Message) -> None:
        """A message, perhaps to us."""
        self._keep(asyncio.current_task())
        if self.user is not None:
            async with self.context.inbox.handling(message.id):
                await messages.receive(self.context, message, self.user)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added to a server."""
        self._keep(asyncio.current_task())
        await joining.greet(self.context, guild)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is there: after an outage, in a new session, or as the bot was added to it.

        Whether what is new says ``unavailable``, by which discord.py tells them apart, is optional:
        https://discord.com/developers/docs/events/gateway-events#guild-create.
        """
        await self.on_guild_join(guild)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """An event handler broke."""
        log.exception("event broke", event_name=event_method)

    async def close(self) -> None:
        """Let answers under way be finished, for a while, then disconnect."""
        if self._syncing is not None:
            self._syncing.cancel()
        busy = {task for task in self._busy if task is not asyncio.current_task()}
        if busy and not self.is_closed():
            _done, pending = await asyncio.wait(busy, timeout=CLOSING_SECONDS)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        await super().close()

    def _connected(self) -> None:
        self.disconnected_at = None
        if self.ready_at is None:
            self.ready_at = asyncio.get_running_loop().time()

    def _keep(self, task: asyncio.Task[Any] | None) -> None:
        if task is not None:
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

    def _survive_odd_events(self) -> None:
        """Have an event that discord.py cannot read skipped: it would end the client."""
        parsers = private_api.parsers(self)
        for name in UNREAD:
            parsers.pop(name, None)
        for name in parsers.keys() - {"READY", "RESUMED"}:
            parsers[name] = self._guarded(name, parsers[name])

    def _guarded(self, name: str, parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def guarded(data: Any) -> Any:
            try:
                if name in _KEPT and self._is_to_us(data):
                    self.context.inbox.put(data["id"], name, _requester(data), data)
                elif name == "MESSAGE_CREATE":
                    return None  # most of what people write, and what the bot does
                return parse(data)
            except Exception:
                log.exception("event could not be read", event_name=name)
                if name in _KEPT and isinstance(data, dict):
                    self.context.inbox.leave(data.get("id"))
                return None

        return guarded

    def _is_to_us(self, data: Mapping[str, Any]) -> bool:
        """Whether an interaction, or a message, is one that will be answered."""
        if "author" not in data:
            return data["type"] not in _UNKEPT
        if data["author"].get("bot") or data.get("webhook_id"):
            return False
        if "guild_id" not in data:
            return True
        mentioned = {int(one["id"]) for one in data.get("mentions", ())}
        if self.user is not None and self.user.id in mentioned:
            return True
        guild = self.get_guild(int(data["guild_id"]))
        role = guild.self_role if guild else None
        return role is not None and str(role.id) in data.get("mention_roles", ())


def _requester(data: Mapping[str, Any]) -> str:
    """Who wrote a message, or used an interaction: in a server as a member of it."""
    user = data.get("author") or data.get("user") or data["member"]["user"]
    return str(user["id"])


class Sharded(Gateway, discord.AutoShardedClient):
    """A client with several connections."""


async def shards_of(context: Context, count: int) -> frozenset[int]:
    """Which of so many shards are this process's: those of ``DISCORD_SHARD_IDS``, or its share."""
    if named := context.settings.discord_shard_ids:
        return frozenset(map(int, named))
    return await context.bot.partitions.assigned("discord-shards", count)


def create(context: Context, count: int, ids: frozenset[int]) -> Gateway:
    """A new client for those of ``count`` shards.

    One connection is a plain client: it is lighter, and comes back with a pause that grows.

    Raises:
        Misconfigured: the proxy of the environment cannot be used.
    """
    settings = context.settings
    _point(settings)
    try:
        if count <= 1:
            return Gateway(context, ids)
        return Sharded(context, ids, shard_count=count, shard_ids=sorted(ids))
    except BadProxy as error:
        raise Misconfigured(f"Discord: {error}") from None


def _point(settings: DiscordSettings) -> None:
    point(settings)
    if settings.discord_gateway_url != GATEWAY_URL:
        private_api.use_gateway(settings.discord_gateway_url)
    # Its debug lines have tokens of interactions in them.
    logging.getLogger("discord").setLevel(logging.WARNING)
    private_api.silence_voice()
