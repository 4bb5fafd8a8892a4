"""What every handler of the adapter works with."""

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import discord
from cachetools import FIFOCache

from adapters.discord.address import DiscordPlace
from adapters.discord.delivery.outbound import DiscordDelivery
from adapters.discord.settings import DiscordSettings
from bot.chat import PlatformInbox, Replies
from bot.domain import Accepted, Attachment, Failure, Incoming
from bot.ports import Bot, Receive
from messages import Notice

Interaction: TypeAlias = discord.Interaction[Any]
"""An interaction: https://discord.com/developers/docs/interactions/receiving-and-responding."""

REMEMBERED = 1_000
"""How many entries each short memory holds; the oldest is forgotten first."""

short_memory = partial(FIFOCache[Any, Any], REMEMBERED)

Acknowledgements: TypeAlias = "FIFOCache[str, asyncio.Task[str | None]]"
"""By job: the task that acknowledges its interaction, and gives the id of the message for it."""


@dataclass(frozen=True, slots=True)
class Context:
    """The bot, the settings, what delivers, what takes requests, the inbox, the replies, and some
    short memories.

    ``acknowledged`` are the interactions whose answer may be on its way already.
    ``pictures`` are those of a message whose form is open; ``panels`` are the places of the
    interactions that have opened panels about pictures or asked something, by the messages that
    were opened; ``told`` is when somebody was
    last told, in which channel, why they get no picture there (seconds since the epoch);
    ``identified`` is when a session was last begun (the event loop's time), by the key by which
    Discord limits that.
    """

    bot: Bot
    settings: DiscordSettings
    delivery: DiscordDelivery
    engine: Receive
    inbox: PlatformInbox
    replies: Replies
    acknowledged: Acknowledgements = field(default_factory=short_memory)
    pictures: FIFOCache[str, tuple[Attachment, ...]] = field(default_factory=short_memory)
    panels: FIFOCache[str, DiscordPlace] = field(default_factory=short_memory)
    told: FIFOCache[tuple[str, str], float] = field(default_factory=short_memory)
    identified: dict[int, float] = field(default_factory=dict)

    async def receive(self, incoming: Incoming) -> Accepted | Notice | Failure:
        """Hand a request to the engine, dated as it came.

        What an earlier program may have died of before it was said is said again.
        """
        entry = self.inbox.entry(incoming.event_id)
        answer = await self.engine(replace(incoming, at=entry.at) if entry else incoming)
        said = not (entry and entry.again)
        return answer if said or not isinstance(answer, Notice) else replace(answer, new=True)
