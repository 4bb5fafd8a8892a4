"""The Discord adapter: one part asks, the other delivers."""

import asyncio
from functools import partial

from adapters.discord.address import PLATFORM
from adapters.discord.context import Acknowledgements, Context, short_memory
from adapters.discord.delivery.outbound import DiscordDelivery
from adapters.discord.gateway import client, replies
from adapters.discord.gateway.supervisor import supervise
from adapters.discord.interactions.drawing import answerable
from adapters.discord.settings import DiscordSettings
from bot.chat.inbox import PlatformInbox
from bot.chat.replies import Replies
from bot.domain.failures import Failure
from bot.domain.requests import Address, Attachment
from bot.ports import Bot, Receive
from messages import Message

TAKE_UP_SECONDS = 30.0
"""How often events are looked for that another program has left."""

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
        self._acknowledged: Acknowledgements = short_memory()
        self._inbox = PlatformInbox(bot.inbox, PLATFORM, bot.clock)
        self._replies = Replies(
            bot.outbox,
            PLATFORM,
            lambda key, said: replies.send(self.delivery.rest, key, said),
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
            await supervise(partial(self._client_for, context), token)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def _client_for(self, context: Context, shards: int) -> client.Gateway:
        self._client = client.create(context, shards)
        return self._client

    async def _take_up(self) -> None:
        """Deal with the events of programs that die, until cancelled."""
        while True:
            await asyncio.sleep(TAKE_UP_SECONDS)
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
