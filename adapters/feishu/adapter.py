"""The Feishu adapter: events in, cards out."""

import asyncio
from collections.abc import Sequence

import structlog

from adapters.feishu.address import PLATFORM
from adapters.feishu.api.client import domain_of
from adapters.feishu.delivery.outbound import FeishuDelivery
from adapters.feishu.events.connection import LongConnection
from adapters.feishu.events.dispatcher import EventDispatcher, NotAccepted
from adapters.feishu.events.webhook import Webhook
from adapters.feishu.handlers.callbacks import CallbackHandlers
from adapters.feishu.handlers.context import HandlerContext
from adapters.feishu.handlers.menu import MenuHandlers
from adapters.feishu.handlers.messages import MessageHandlers
from adapters.feishu.handlers.replies import CardReplies
from adapters.feishu.settings import FeishuSettings
from bot.chat import BadProxy, proxy_for, retries
from bot.domain import Address, Attachment, Failure
from bot.ports import Bot, Misconfigured, Receive
from messages import Message

log = structlog.get_logger(__name__)

CALLBACKS = (
    "for the buttons under pictures to work, subscribe to the callback card.action.trigger in the "
    "developer console under Events and callbacks (people see 200340 without it, 200341 when this "
    "bot cannot be reached); every button can be said in words, too"
)


class Feishu:
    """People ask in chats of Feishu or Lark, and each request is answered by one card."""

    platform = PLATFORM

    def __init__(self, bot: Bot, settings: FeishuSettings) -> None:
        self._bot = bot
        self._settings = settings
        self.delivery = FeishuDelivery(bot, settings)
        self._context = HandlerContext(bot, settings, self.delivery)
        self._replies = CardReplies(self._context)
        messages = MessageHandlers(self._context, self._replies)
        menu = MenuHandlers(self._context, self._replies)
        callbacks = CallbackHandlers(self._context, self._replies)
        self.dispatcher = EventDispatcher(
            {
                "im.message.receive_v1": messages.handle,
                "card.action.trigger": callbacks.handle,
                "application.bot.menu_v6": menu.chosen,
                "im.chat.member.bot.added_v1": menu.added,
                "im.chat.access_event.bot_p2p_chat_entered_v1": menu.entered,
                "im.message.recalled_v1": menu.recalled,
            }
        )

    async def listen(self, receive: Receive) -> None:
        """Take events until cancelled.

        Raises:
            Misconfigured: the credentials are refused.
        """
        self._context.receive = receive
        beside = [asyncio.create_task(one) for one in (self._introduce(), self._replies.resume())]
        try:
            log.info("card callbacks", hint=CALLBACKS)
            if self._settings.feishu_mode == "webhook":
                log.info("webhook", url=f"{self._bot.public_url}/webhooks/{PLATFORM}")
                await asyncio.Event().wait()
            else:
                connected = connection(self._settings, self.dispatcher)
                self._bot.connections[PLATFORM] = lambda: connected.connected
                await connected.run()
        finally:
            self._bot.connections.pop(PLATFORM, None)
            self._context.receive = None
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def close(self) -> None:
        """Stop, and close the connections to the API."""
        await self._replies.close()
        await self._context.close()
        await self.delivery.close()

    async def _introduce(self) -> None:
        """Learn the bot's own id before the first mention needs it."""
        await retries.FEISHU_IDENTITY(NotAccepted, self._context.me)

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """Make the card look as ``message`` says; see :class:`bot.ports.Adapter`."""
        return await self.delivery.show(address, message, locale)

    async def remove(self, address: Address) -> None:
        """Take the card away, and the files that followed it."""
        await self.delivery.remove(address)

    async def read(self, attachment: Attachment) -> bytes | Failure | None:
        """Take the bytes of a picture in a message."""
        return await self.delivery.read(attachment)


def create(bot: Bot, settings: FeishuSettings) -> Feishu:
    """The adapter, and what the web page serves for it.

    Raises:
        Misconfigured: it cannot work with these settings; the message says which key is missing.
    """
    made = Feishu(bot, checked(settings, bot.platforms))
    if settings.feishu_mode == "webhook":
        bot.webhooks[made.platform] = Webhook(settings, made.dispatcher.take)
    return made


def connection(settings: FeishuSettings, dispatcher: EventDispatcher) -> LongConnection:
    """The long connection of the configured app."""
    secret = settings.feishu_app_secret.get_secret_value()
    return LongConnection(settings.feishu_app_id, secret, domain_of(settings), dispatcher.take)


def checked(settings: FeishuSettings, platforms: Sequence[str]) -> FeishuSettings:
    """The settings, if the adapter can work with them beside the other ``platforms``.

    Raises:
        Misconfigured: it cannot; the message says which key is missing.
    """
    if not (settings.feishu_app_id and settings.feishu_app_secret.get_secret_value()):
        raise Misconfigured("feishu: set FEISHU_APP_ID and FEISHU_APP_SECRET")
    try:
        proxy_for(domain_of(settings))
    except BadProxy as error:
        raise Misconfigured(f"feishu: {error}") from error
    if settings.feishu_mode == "websocket":
        return settings
    if "web" not in platforms:
        raise Misconfigured(
            "feishu: the webhook is served by the web page: add web to BOT_ADAPTERS"
        )
    keys = (settings.feishu_encrypt_key, settings.feishu_verification_token)
    if not any(key.get_secret_value() for key in keys):
        raise Misconfigured(
            "feishu: the webhook needs FEISHU_ENCRYPT_KEY or FEISHU_VERIFICATION_TOKEN, "
            "or anybody could send events"
        )
    return settings
