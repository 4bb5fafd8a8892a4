"""What people do beside writing: the bot's menu, taking it into a chat, withdrawing a message."""

import structlog

from adapters.feishu.access import allowed
from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards import panels
from adapters.feishu.events.dispatcher import FeishuEvent, mapping, text
from adapters.feishu.handlers.context import HandlerContext
from adapters.feishu.handlers.replies import CardReplies
from bot.domain.actions import Action, named
from bot.domain.jobs import job_id
from bot.domain.requests import Accepted, Incoming
from messages import Notice, negotiate

log = structlog.get_logger(__name__)


class MenuHandlers:
    """Handles the bot's menu, and what happens to its chats and their messages."""

    def __init__(self, asking: HandlerContext, replies: CardReplies) -> None:
        self._asking = asking
        self._app = asking.app
        self._replies = replies

    async def chosen(self, event: FeishuEvent) -> None:
        """``application.bot.menu_v6``: an entry of the menu, whose key names an action.

        https://open.feishu.cn/document/client-docs/bot-v3/events/menu
        """
        user = text(mapping(event.body, "operator", "operator_id"), "open_id")
        if not user or self._asking.too_old(event.created):
            return
        spot = await self._asking.alone_with(user)
        if not allowed(self._app.settings, spot.chat, user, p2p=True):
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
        incoming = await self._asking.in_their_language(incoming)
        result = await self._asking.accept(incoming)
        if not isinstance(result, Accepted):
            await self._replies.answer(incoming, result)

    async def added(self, event: FeishuEvent) -> None:
        """``im.chat.member.bot.added_v1``: say once what the bot does.

        https://open.feishu.cn/document/server-docs/group/chat-member/event/added-2
        """
        user = text(mapping(event.body, "operator_id"), "open_id")
        chat = text(event.body, "chat_id")
        if not chat or self._asking.too_old(event.created):
            return
        if not allowed(self._app.settings, chat, user, p2p=False):
            return
        liked = await self._app.preferences.of(PLATFORM, user)
        locale = negotiate(liked.language or self._asking.usual)
        card = panels.notice_card(Notice("help"), locale)
        await self._replies.once(FeishuPlace(chat, user), f"added:{event.id}", card)

    async def recalled(self, event: FeishuEvent) -> None:
        """``im.message.recalled_v1``: what was asked in it is not wanted any more.

        The card remains, and like every one of what was cancelled it does not quote the words.

        https://open.feishu.cn/document/server-docs/im-v1/message/events/recalled
        """
        message = text(event.body, "message_id")
        asked = await self._app.history.job(job_id(PLATFORM, message)) if message else None
        if asked is not None and not asked.status.final:
            log.info("request withdrawn", job_id=asked.id)
            await self._app.engine.cancel(asked.id)


def action_of(key: str) -> Action:
    """The action that the key of an entry names; any other key asks for help."""
    return named(key) or Action.HELP
