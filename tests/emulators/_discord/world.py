"""What exists: people, guilds with roles and members, channels, and the application."""

from dataclasses import dataclass, field
from typing import Any

from tests.emulators._discord.clock import Clock
from tests.emulators._discord.errors import Refused
from tests.emulators._discord.permissions import ALL, BITS, EVERYONE, PRIVATE, overwritten

MEBI = 2**20
TIERS = {0: 10 * MEBI, 1: 10 * MEBI, 2: 50 * MEBI, 3: 100 * MEBI}
"""Upload limit by boost tier, in bytes."""

TEXT, DM, VOICE, GROUP, NEWS = 0, 1, 2, 3, 5
PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 11, 12, 15
THREADS = (10, PUBLIC_THREAD, PRIVATE_THREAD)
KINDS = {"text": TEXT, "voice": VOICE, "news": NEWS, "forum": FORUM, "dm": DM, "group": GROUP}


@dataclass
class User:
    """A person or a bot; ``installed``: has added the app to their account."""

    id: int
    name: str
    global_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    installed: bool = False
    dms: bool = True


@dataclass
class Role:
    """A role; the one with the guild's id is everyone's."""

    id: int
    name: str
    permissions: int
    managed: bool = False
    position: int = 0
    bot: int | None = None


@dataclass
class Guild:
    """A server. ``app``: the app is installed with its commands; ``bot``: and its bot user is
    a member. ``upload_limit`` overrules the tier."""

    id: int
    name: str
    owner: int
    locale: str = "en-US"
    tier: int = 0
    upload_limit: int | None = None
    system_channel: int | None = None
    app: bool = True
    joined: float = 0.0
    features: list[str] = field(default_factory=list)
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    nicks: dict[int, str] = field(default_factory=dict)

    @property
    def limit(self) -> int:
        """Bytes per uploaded file."""
        return self.upload_limit if self.upload_limit is not None else TIERS[self.tier]


@dataclass
class Channel:
    """A channel, thread, direct message or group; ``people`` are the members of the latter two."""

    id: int
    type: int
    name: str | None = None
    guild: int | None = None
    parent: int | None = None
    nsfw: bool = False
    position: int = 0
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)
    people: list[int] = field(default_factory=list)
    owner: int | None = None
    archived: bool = False
    locked: bool = False
    last_message: int | None = None
    messages: int = 0


class World:
    """Everything that exists, and look-ups that refuse as Discord does."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.app: dict[str, Any] = {}
        self._own = clock.snowflake()
        self.reset()

    def reset(self) -> None:
        """Only the application, its owner and its bot are left; the bot keeps its id."""
        self.users.clear()
        self.guilds.clear()
        self.channels.clear()
        owner = self.user("owner")
        bot = User(self._own, "banana", bot=True)
        self.users[bot.id] = bot
        self.app = {
            "id": bot.id,
            "name": "banana",
            "owner": owner.id,
            "token": "emulated.discord.token",
            "message_content": False,
            "members": False,
            "presences": False,
            "integration_types": [0, 1],
            "public": True,
            "custom_install_url": None,
            "install_params": {
                "0": {"scopes": ["bot", "applications.commands"], "permissions": "274878024704"},
                "1": {"scopes": ["applications.commands"], "permissions": "0"},
            },
            "interactions_endpoint_url": None,
        }

    @property
    def bot(self) -> User:
        """The app's bot user; its id is the app's."""
        return self.users[self.app["id"]]

    def user(self, name: str, **facts: Any) -> User:
        """Add a person."""
        made = User(self.clock.snowflake(), name, **facts)
        self.users[made.id] = made
        return made

    def guild(self, name: str, owner: int, **facts: Any) -> Guild:
        """Add a guild with its everyone role."""
        made = Guild(self.clock.snowflake(), name, owner, joined=self.clock.now, **facts)
        made.roles[made.id] = Role(made.id, "@everyone", EVERYONE)
        made.members[owner] = []
        self.guilds[made.id] = made
        return made

    def role(self, guild: Guild, name: str, permissions: int, managed: bool = False) -> Role:
        """Add a role to a guild."""
        position = len(guild.roles)
        bot = self.bot.id if managed else None
        made = Role(self.clock.snowflake(), name, permissions, managed, position, bot)
        guild.roles[made.id] = made
        return made

    def channel(self, type: int, **facts: Any) -> Channel:
        """Add a channel."""
        position = len(self.channels)
        made = Channel(self.clock.snowflake(), type, position=position, **facts)
        self.channels[made.id] = made
        return made

    def direct(self, first: int, second: int) -> Channel:
        """The direct messages of two people, opened when there are none yet."""
        for channel in self.channels.values():
            if channel.type == DM and set(channel.people) == {first, second}:
                return channel
        return self.channel(DM, people=[first, second])

    def bot_in(self, guild: Guild) -> bool:
        """Whether the bot user is a member."""
        return self.bot.id in guild.members

    def bot_sees(self, channel: Channel) -> bool:
        """Whether the bot gets the events of a channel and may read it."""
        if channel.guild is None:
            return self.bot.id in channel.people
        if not self.bot_in(self.guilds[channel.guild]):
            return False
        return bool(self.permissions(channel, self.bot.id) & BITS["VIEW_CHANNEL"])

    def permissions(self, channel: Channel, who: int) -> int:
        """What somebody may do in a channel; a thread has those of its parent."""
        if channel.guild is None:
            return PRIVATE if who in channel.people else 0
        guild = self.guilds[channel.guild]
        if who == guild.owner:
            return ALL
        if who not in guild.members:
            return 0
        roles = guild.members[who]
        base = guild.roles[guild.id].permissions
        for role in roles:
            base |= guild.roles[role].permissions
        place = self.channels.get(channel.parent or 0) if channel.type in THREADS else channel
        overwrites = place.overwrites if place else {}
        return overwritten(base, guild.id, roles, who, overwrites)

    def found(self, id: int) -> Channel:
        """A channel the bot has access to.

        Raises:
            Refused: 10003 when there is none, 50001 when the bot may not see it.
        """
        channel = self.channels.get(id)
        if channel is None:
            raise Refused(10003)
        if not self.bot_sees(channel):
            raise Refused(50001)
        return channel

    def need(self, channel: Channel, *names: str) -> None:
        """Check that the bot has permissions in a channel.

        Raises:
            Refused: 50013.
        """
        held = self.permissions(channel, self.bot.id)
        if any(not held & BITS[name] for name in names):
            raise Refused(50013)

    def mutual(self, user: User) -> bool:
        """Whether the bot may begin a conversation: a common guild, or the app is installed."""
        common = any(user.id in g.members and self.bot_in(g) for g in self.guilds.values())
        return user.installed or common
