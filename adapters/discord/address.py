"""Where to answer on Discord: what is stored about a request's place, as plain data.

A token of an interaction lives for 15 minutes
(https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages);
a channel message is edited for ever, where the bot itself may write.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain import JSON, Address, Job, Viewer

PLATFORM = "discord"

TOKEN_SECONDS = 15 * 60.0
"""How long the token of an interaction lives, counted from the interaction's id."""

TOKEN_MARGIN = 30.0
"""So many seconds before its end a token is no longer relied on: an upload takes time as well."""

BEGINNING_SECONDS = 4.0
"""So long after its interaction an acknowledgement may arrive: Discord takes it for three seconds,
by its own clock."""

DEFAULT_LIMIT = 10 * 1024 * 1024
"""The upload limit in bytes where Discord names no other."""

_EPOCH_MS = 1_420_070_400_000
_TIME_SHIFT = 22


@dataclass(frozen=True, slots=True)
class DiscordPlace:
    """Where to answer; ``Address.data`` is its JSON.

    ``channel`` is a channel, a thread or a direct message; ``asked`` the message that is replied
    to. ``application`` and ``token`` are the interaction's webhook, which ends at ``expires``
    (seconds since the epoch), and begins with the acknowledgement; ``confirmed`` says that Discord
    has that. ``private`` answers are seen by the requester only, and
    ``reachable`` places are those where the bot itself may write. ``limit`` is the upload limit in
    bytes. ``late`` says that the person was told that the answer comes too late for this place,
    ``called`` is the message that called the person, and ``dm`` the direct message channel to
    which the answer moved, ``Address.message`` being a message there; ``lacks`` is the permission
    whose absence is the reason, as the API names it. ``author`` is who asked for a picture that
    somebody else has shown. ``aside`` says that it is private although what was asked for is not:
    a refusal, which is nobody else's business.
    """

    channel: str
    user: str
    guild: str | None = None
    asked: str | None = None
    application: str | None = None
    token: str | None = field(default=None, repr=False)
    expires: float = 0.0
    confirmed: bool = False
    private: bool = False
    reachable: bool = True
    limit: int = DEFAULT_LIMIT
    spoiler: bool = False
    late: bool = False
    called: str | None = None
    dm: str | None = None
    lacks: str | None = None
    author: str | None = None
    aside: bool = False

    @classmethod
    def of(cls, address: Address) -> "DiscordPlace":
        """The place of an address; keys that another version wrote are left out.

        Raises:
            TypeError: it is not an address of this platform.
        """
        known = {each.name for each in dataclasses.fields(cls)}
        data: Mapping[str, Any] = address.data
        return cls(**{key: value for key, value in data.items() if key in known})

    def address(self, message: str | None = None) -> Address:
        """This place as an address; values that are the default are not written."""
        data: dict[str, JSON] = {
            each.name: value
            for each in dataclasses.fields(self)
            if (value := getattr(self, each.name)) != each.default
        }
        return Address(PLATFORM, data, message)

    @property
    def viewer(self) -> Viewer:
        """Who reads what is shown there."""
        return Viewer(PLATFORM, self.user, self.channel, self.private)

    @property
    def by_wish(self) -> bool:
        """Whether it was asked by a message among others whose author wants to be answered alone:
        that is possible in direct messages only."""
        return self.private and self.asked is not None

    @property
    def ends(self) -> bool:
        """Whether nothing there can be edited any more once the token is dead."""
        return bool(self.token) and (self.private or not self.reachable)

    def webhook_begins(self, now: float) -> bool:
        """Whether the acknowledgement may still be on its way from another process, so that a
        webhook that Discord does not know is one that it does not know yet."""
        began = self.expires - TOKEN_SECONDS
        return bool(self.token) and not self.confirmed and now < began + BEGINNING_SECONDS

    def webhook_lives(self, now: float) -> bool:
        """Whether the interaction's webhook can be relied on; ``now`` in seconds since epoch."""
        return bool(self.application and self.token) and now < self.expires - TOKEN_MARGIN


def created_at(snowflake: str | int) -> float:
    """When the thing with this id came to be, in seconds since the epoch."""
    return ((int(snowflake) >> _TIME_SHIFT) + _EPOCH_MS) / 1000


def expires_at(interaction_id: str | int, arrived: float | None = None) -> float:
    """When the token of an interaction dies, in seconds since the epoch.

    ``arrived`` is when it came, by our own clock: where that cannot be right beside Discord's, the
    15 minutes are counted from there, as everything else goes by our clock.
    """
    made = created_at(interaction_id)
    if arrived is not None and not made <= arrived + 1.0 <= made + TOKEN_SECONDS:
        made = arrived
    return made + TOKEN_SECONDS


def message_link(job: Job) -> str:
    """The link to the message of a job; nothing where it is private, and so cannot be led to."""
    place, message = DiscordPlace.of(job.address), job.address.message
    if message is None or place.private:
        return ""
    return jump_url(place.dm or place.channel, message, None if place.dm else place.guild)


def jump_url(channel: str, message: str, guild: str | None = None) -> str:
    """The link that leads a person to a message."""
    return f"https://discord.com/channels/{guild or '@me'}/{channel}/{message}"
