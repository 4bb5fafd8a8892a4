"""The Discord adapter: one part asks, the other delivers."""

from adapters.discord.address import PLATFORM
from adapters.discord.context import Acknowledgements, Context, short_memory
from adapters.discord.delivery.outbound import DiscordDelivery
from adapters.discord.gateway import client
from adapters.discord.gateway.inbox import Inbox
from adapters.discord.gateway.supervisor import supervise
from adapters.discord.interactions.drawing import answerable
from adapters.discord.settings import DiscordSettings
from bot.domain.failures import Failure
from bot.domain.requests import Address, Attachment
from bot.ports import Bot, Receive
from messages import Message


class Discord:
    """People ask with commands, buttons, mentions and direct messages, and are answered there."""

    platform = PLATFORM

    def __init__(self, bot: Bot, settings: DiscordSettings) -> None:
        self._bot = bot
        self._settings = settings
        self.delivery = DiscordDelivery(bot, settings)
        self._acknowledged: Acknowledgements = short_memory()
        self._inbox = Inbox(bot.inbox_folder)

    async def listen(self, receive: Receive) -> None:
        """Stay connected to Discord until cancelled.

        Raises:
            Misconfigured: Discord will not have it; the message says what to change.
        """
        context = Context(
            self._bot, self._settings, self.delivery, receive, self._inbox, self._acknowledged
        )
        token = self._settings.discord_token.get_secret_value()
        await self.delivery.open()
        await supervise(lambda shards: client.create(context, shards), token)

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """Make the one message look as ``message`` says; see :meth:`bot.ports.Adapter.show`."""
        address = await answerable(self._acknowledged, message.job_id, address)
        return await self.delivery.show(address, message, locale)

    async def remove(self, address: Address) -> None:
        """Take the message away, where that is possible."""
        await self.delivery.remove(address)

    async def close(self) -> None:
        """Release the connections; the one that listens is closed when it stops listening."""
        await self.delivery.close()

    async def read(self, attachment: Attachment) -> bytes | Failure:
        """The bytes of a picture that somebody attached."""
        return await self.delivery.read(attachment)
