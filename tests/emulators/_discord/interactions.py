"""Interactions: what the gateway tells of them, and how far each has come.

https://discord.com/developers/docs/interactions/receiving-and-responding.
"""

import asyncio
import base64
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from tests.emulators._discord import payloads
from tests.emulators._discord.messages import Message
from tests.emulators._discord.permissions import BITS, PRIVATE
from tests.emulators._discord.world import MEBI, THREADS, Channel, User, World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
LONGEST_SILENCE = 3.0
LIFE = 15 * 60.0
DEFAULT_LIMIT = 10 * MEBI
MOST = 20_000


@dataclass
class Interaction:
    """One interaction. ``owners``: who installed the app, by installation type. ``original``: the
    message that ``@original`` means. ``loading``: it still says that the app is thinking."""

    id: int
    token: str
    type: int
    user: int
    channel: int
    guild: int | None
    owners: dict[str, str]
    limit: int
    permissions: int
    made: float
    label: str
    context: int
    source: int | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    deprecated: dict[str, Any] | None = None
    menu: bool = False
    expired: bool = False
    acked: float | None = None
    response: int | None = None
    original: int | None = None
    loading: bool = False
    followups: list[int] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    refusals: list[dict[str, Any]] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def user_only(self) -> bool:
        """Whether the app is here only because the person has installed it."""
        return set(self.owners) == {"1"}


class Interactions:
    """All interactions by id and by token."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.all: OrderedDict[int, Interaction] = OrderedDict()
        self.by_token: dict[str, Interaction] = {}

    @property
    def world(self) -> World:
        """What exists."""
        world: World = self._server.world
        return world

    def clear(self) -> None:
        """Forget all."""
        self.all.clear()
        self.by_token.clear()

    def expired(self, one: Interaction) -> bool:
        """Whether its token no longer works."""
        life = self._server.settings.get("token_life", LIFE)
        return one.expired or bool(self._server.clock.now - one.made > life)

    @property
    def longest(self) -> float:
        """Seconds within which one has to be answered for the first time."""
        return float(self._server.settings.get("ack_limit", LONGEST_SILENCE))

    def late(self, one: Interaction) -> bool:
        """Whether it can no longer be answered for the first time."""
        return one.acked is None and bool(self._server.clock.now - one.made > self.longest)

    def begin(
        self,
        type: int,
        user: User,
        channel: Channel,
        owners: dict[str, str],
        label: str,
        *,
        source: Message | None = None,
    ) -> Interaction:
        """A new interaction, not yet announced."""
        world = self.world
        id = self._server.clock.snowflake()
        secret = f"interaction:{id}:{secrets.token_urlsafe(48)}"
        token = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
        guild = world.guilds[channel.guild] if channel.guild else None
        here = guild is not None and world.bot_in(guild)
        made = Interaction(
            id,
            token,
            type,
            user.id,
            channel.id,
            channel.guild,
            owners,
            self._server.settings.get("interaction_limit")
            or (guild.limit if guild else DEFAULT_LIMIT),
            world.permissions(channel, world.bot.id) if here else PRIVATE,
            self._server.clock.now,
            label,
            payloads.place(world, channel),
            source.id if source else None,
        )
        self.all[id] = made
        self.by_token[token] = made
        if len(self.all) > MOST:
            _, oldest = self.all.popitem(last=False)
            self.by_token.pop(oldest.token, None)
        made.metadata = {
            "id": str(id),
            "type": type,
            "user": payloads.user(user),
            "authorizing_integration_owners": owners,
        }
        if type == COMPONENT and source:
            made.metadata["interacted_message_id"] = str(source.id)
        return made

    def payload(self, one: Interaction, data: dict[str, Any], locale: str) -> dict[str, Any]:
        """INTERACTION_CREATE as the gateway sends it."""
        world = self.world
        channel = world.channels[one.channel]
        user = world.users[one.user]
        made: dict[str, Any] = {
            "id": str(one.id),
            "application_id": str(world.bot.id),
            "type": one.type,
            "token": one.token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": self._channel(channel, one),
            "locale": locale,
            "entitlements": [],
            "app_permissions": str(one.permissions),
            "authorizing_integration_owners": one.owners,
            "context": one.context,
            "attachment_size_limit": one.limit,
        }
        if one.source is not None:
            source = self._server.messages.all[one.source]
            made["message"] = self._server.messages.payload(source)
        if channel.guild is None:
            return made | {"user": payloads.user(user)}
        guild = world.guilds[channel.guild]
        member = payloads.member(world, guild, user.id)
        member["permissions"] = str(world.permissions(channel, user.id))
        partial = {"id": str(guild.id), "features": guild.features, "locale": guild.locale}
        made |= {"guild_id": str(guild.id), "guild": partial, "guild_locale": guild.locale}
        return made | {"member": member}

    def _channel(self, channel: Channel, one: Interaction) -> dict[str, Any]:
        made = payloads.channel(self.world, channel)
        if channel.guild is None:
            made["application_id"] = None  # it may be null: …/docs/resources/channel
            if self.world.bot.id not in channel.people:
                others = [id for id in channel.people if id != one.user]
                made["recipients"] = [payloads.user(self.world.users[id]) for id in others]
            return made
        made["permissions"] = str(self.world.permissions(channel, one.user))
        made.pop("permission_overwrites", None)
        if channel.type in THREADS and channel.parent:
            parent = self.world.channels.get(channel.parent)
            made["nsfw"] = bool(parent and parent.nsfw)
        return made

    def hidden(self, one: Interaction) -> bool:
        """Whether answers are forced to be ephemeral: somebody who brought the app along may not
        use external apps here."""
        if not one.user_only or one.guild is None:
            return False
        held = self.world.permissions(self.world.channels[one.channel], one.user)
        return not held & BITS["USE_EXTERNAL_APPS"]

    def told(self, one: Interaction) -> dict[str, Any]:
        """How far an interaction has come, for tests."""
        messages = self._server.messages
        original = messages.all.get(one.original) if one.original else None
        return {
            "id": str(one.id),
            "token": one.token,
            "type": one.type,
            "name": one.label,
            "user": str(one.user),
            "channel": str(one.channel),
            "made": one.made,
            "ack": None if one.acked is None else one.acked - one.made,
            "response": one.response,
            "failed": self.late(one),
            "expired": self.expired(one),
            "loading": one.loading,
            "original": self._server.control.view(original) if original else None,
            "original_id": str(one.original) if one.original else None,
            "followups": [str(id) for id in one.followups],
            "modal": one.modal,
            "choices": one.choices,
            "refusals": one.refusals,
        }
