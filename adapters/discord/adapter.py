"""The Discord adapter: one part asks, the other delivers."""

from urllib.parse import quote

from adapters.discord.address import PLATFORM
from adapters.discord.context import Acknowledgements, Context, short_memory
from adapters.discord.delivery.outbound import DiscordDelivery
from adapters.discord.gateway import client
from adapters.discord.gateway.inbox import Inbox
from adapters.discord.gateway.supervisor import supervise
from adapters.discord.interactions.drawing import answerable
from bot.app import App
from bot.domain.failures import Failure
from bot.domain.requests import Address, Attachment
from bot.ports import Receive
from messages import Message


class Discord:
    """People ask with commands, buttons, mentions and direct messages, and are answered there."""

    platform = PLATFORM

    def __init__(self, app: App) -> None:
        self._app = app
        self.desk = DiscordDelivery(app)
        self._acknowledged: Acknowledgements = short_memory()
        settings = app.settings
        self._inbox = Inbox(settings.data_dir / "inbox" / quote(settings.executor_id, safe=""))

    async def listen(self, receive: Receive) -> None:
        """Stay connected to Discord until cancelled.

        Raises:
            Misconfigured: Discord will not have it; the message says what to change.
        """
        context = Context(self._app, self.desk, receive, self._inbox, self._acknowledged)
        token = self._app.settings.discord_token.get_secret_value()
        await self.desk.open()
        await supervise(lambda shards: client.create(context, shards), token)

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """Make the one message look as ``message`` says; see :meth:`bot.ports.Adapter.show`."""
        address = await answerable(self._acknowledged, message.job_id, address)
        return await self.desk.show(address, message, locale)

    async def remove(self, address: Address) -> None:
        """Take the message away, where that is possible."""
        await self.desk.remove(address)

    async def close(self) -> None:
        """Release the connections; the one that listens is closed when it stops listening."""
        await self.desk.close()

    async def read(self, attachment: Attachment) -> bytes | Failure:
        """The bytes of a picture that somebody attached."""
        return await self.desk.read(attachment)
