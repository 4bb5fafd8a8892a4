"""What people do beside writing: the bot's menu, taking it into a chat, withdrawing a message."""

import structlog

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards import panels
from adapters.feishu.cards.texts import for_readers
from adapters.feishu.events.dispatcher import FeishuEvent, mapping, text
from adapters.feishu.handlers.context import HandlerContext, Spot
from adapters.feishu.handlers.replies import CardReplies
from bot.domain import Accepted, Action, Incoming, named
from messages import negotiate

log = structlog.get_logger(__name__)


class MenuHandlers:
    """Handles the bot's menu, and what happens to its chats and their messages."""

    def __init__(self, context: HandlerContext, replies: CardReplies) -> None:
        self._context = context
        self._bot = context.bot
        self._replies = replies

    async def chosen(self, event: FeishuEvent) -> None:
        """``application.bot.menu_v6``: an entry of the menu, whose key names an action.

        https://open.feishu.cn/document/client-docs/bot-v3/events/menu
        """
        user = text(mapping(event.body, "operator", "operator_id"), "open_id")
        if not user or self._context.too_old(event.created):
            return
        spot = await self._context.alone_with(user)
        if not self._context.allowed(spot):
            return
        incoming = Incoming(
            platform=PLATFORM,
            event_id=event.id,
            requester=user,
            conversation=spot.conversation,
            address=spot.place(None).address(),
            private=True,
            action=action_of(text(event.body, "event_key")),
        )
        incoming = await self._context.with_locale(incoming)
        result = await self._context.accept(incoming)
        if not isinstance(result, Accepted):
            await self._replies.answer(incoming, result)

    async def added(self, event: FeishuEvent) -> None:
        """``im.chat.member.bot.added_v1``: say once what the bot does.

        https://open.feishu.cn/document/server-docs/group/chat-member/event/added-2
        """
        user = text(mapping(event.body, "operator_id"), "open_id")
        chat = text(event.body, "chat_id")
        if not chat or self._context.too_old(event.created):
            return
        if not self._context.allowed(Spot(user, chat, chat)):
            return
        place = FeishuPlace(chat, user)
        liked = await self._bot.language(place.viewer)
        locale = negotiate(liked or self._context.settings.usual_locale)
        card = for_readers(panels.greeting_card, locale, alone=False)
        await self._replies.once(place, f"added:{event.id}", card)

    async def entered(self, event: FeishuEvent) -> None:
        """``im.chat.access_event.bot_p2p_chat_entered_v1``: greet who opens the chat for the first
        time, and each only once.

        https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/chat-access_event/
        events/bot_p2p_chat_entered
        """
        user = text(mapping(event.body, "operator_id"), "open_id")
        chat = text(event.body, "chat_id")
        spot = Spot(user, chat, chat, p2p=True)
        if not (user and chat) or self._context.too_old(event.created):
            return
        if not self._context.allowed(spot):
            return
        self._context.meet(spot)
        place = spot.place(None)
        if not await self._bot.meet(place.viewer):
            return
        liked = await self._bot.language(place.viewer)
        locale = negotiate(liked or self._context.settings.usual_locale)
        readers = panels.Readers(place.viewer, locale, known=liked is not None)
        await self._replies.once(place, f"entered:{event.id}", panels.greeting_of(readers))

    async def recalled(self, event: FeishuEvent) -> None:
        """``im.message.recalled_v1``: what was asked in it is not wanted any more.

        The card remains, and like every one of what was cancelled it does not quote the words.

        https://open.feishu.cn/document/server-docs/im-v1/message/events/recalled
        """
        message = text(event.body, "message_id")
        if message and await self._bot.withdraw(message, PLATFORM):
            log.info("request withdrawn", message=message)


def action_of(key: str) -> Action:
    """The action that the key of an entry names; any other key asks for help."""
    return named(key) or Action.HELP
