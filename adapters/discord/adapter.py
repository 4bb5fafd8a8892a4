"""The Discord adapter: one part asks, the other delivers."""

import asyncio
from functools import partial

import structlog

from adapters.discord.address import PLATFORM
from adapters.discord.context import Acknowledgements, Context, short_memory
from adapters.discord.delivery.outbound import DiscordDelivery
from adapters.discord.gateway import client, replies
from adapters.discord.gateway.supervisor import supervise
from adapters.discord.interactions.drawing import answerable
from adapters.discord.settings import DiscordSettings
from bot.chat import PlatformInbox, Replies
from bot.domain import Address, Attachment, Failure
from bot.ports import Bot, Receive
from messages import Message

log = structlog.get_logger(__name__)

TAKE_UP_SECONDS = 10.0
"""How often events are looked for that another program has left, if none is found to be gone."""

FREE_SECONDS = 3.0
"""How often a process that has no shard looks for a free one."""

REPLY_SECONDS = 900.0
"""So long a reply is of use to somebody who talks."""


class Discord:
    """People ask with commands, buttons, mentions and direct messages, and are answered there."""

    platform = PLATFORM

    def __init__(self, bot: Bot, settings: DiscordSettings) -> None:
        self._bot = bot
        self._settings = settings
        self.delivery = DiscordDelivery(bot, settings)
        self._client: client.Gateway | None = None
        self._stands_by = False
        self._acknowledged: Acknowledgements = short_memory()
        self._inbox = PlatformInbox(bot.inbox, PLATFORM, bot.clock)
        self._replies = Replies(
            bot.outbox,
            PLATFORM,
            lambda key, said: replies.send(self.delivery, key, said),
            seconds=REPLY_SECONDS,
            clock=bot.clock,
        )

    async def listen(self, receive: Receive) -> None:
        """Stay connected to Discord until cancelled.

        Raises:
            Misconfigured: Discord will not have it; the message says what to change.
        """
        context = Context(
            self._bot,
            self._settings,
            self.delivery,
            receive,
            self._inbox,
            self._replies,
            self._acknowledged,
        )
        token = self._settings.discord_token.get_secret_value()
        await self.delivery.open()
        beside = [asyncio.create_task(one) for one in (self._take_up(), self._replies.resume())]
        try:
            self._bot.connections[PLATFORM] = self._connected
            await supervise(partial(self._client_for, context), token)
        finally:
            self._bot.connections.pop(PLATFORM, None)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def _connected(self) -> bool:
        """Whether it listens, or need not: others have all shards, and it is ready for one."""
        return self._stands_by or (self._client is not None and self._client.connected)

    async def _client_for(self, context: Context, shards: int) -> client.Gateway:
        """A client for this process's share of so many shards, once there is one."""
        count = self._settings.discord_shard_count or shards or 1
        while not (ids := await client.shards_of(context, count)):
            if not self._stands_by:
                log.info("other processes have all shards", shards=count)
                await self._inbox.release()  # one that has just lost its shards may have left some
            self._stands_by = True
            await asyncio.sleep(FREE_SECONDS)
        self._stands_by = False
        self._client = client.create(context, count, ids)
        return self._client

    async def _take_up(self) -> None:
        """Deal with the events of programs that die, until cancelled."""
        while True:
            await self._inbox.until_left(TAKE_UP_SECONDS)
            if self._client is not None:
                await self._client.take_up()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """Make the one message look as ``message`` says; see :meth:`bot.ports.Adapter.show`."""
        address = await answerable(self._acknowledged, message.job_id, address)
        return await self.delivery.show(address, message, locale)

    async def remove(self, address: Address) -> None:
        """Take the message away, where that is possible."""
        await self.delivery.remove(address)

    async def close(self) -> None:
        """Release the connections; the one that listens is closed when it stops listening."""
        await self._replies.close()
        await self.delivery.close()

    async def read(self, attachment: Attachment) -> bytes | Failure:
        """The bytes of a picture that somebody attached."""
        return await self.delivery.read(attachment)
