"""Chats as apps see them. https://open.feishu.cn/document/server-docs/group/chat/get-2"""

from typing import Any

from aiohttp import web

from tests.emulators._feishu.gateway import Call, Gateway
from tests.emulators._feishu.refusals import Refused, wrong
from tests.emulators._feishu.state import TENANT, Chat, World


class Chats:
    """Routes of im/v1/chats."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway

    def routes(self, router: web.UrlDispatcher) -> None:
        api, one = self.gateway.api, "/open-apis/im/v1/chats/{chat_id}"
        router.add_get(one, api("im.v1.chat.get", self.get))
        inside = api("im.v1.chatMembers.isInChat", self.is_in_chat)
        router.add_get(f"{one}/members/is_in_chat", inside)

    async def get(self, call: Call) -> dict[str, Any]:
        chat = self._chat(call)
        if call.app.app_id not in chat.bots:
            raise Refused(232011)
        return {
            "avatar": "https://example.invalid/chat.png",
            "name": chat.name,
            "description": "",
            "owner_id": next(iter(chat.people), ""),
            "owner_id_type": "open_id",
            "chat_mode": chat.kind,
            "chat_type": "private",
            "group_message_type": "thread" if chat.kind == "topic" else "chat",
            "chat_tag": "inner",
            "external": False,
            "tenant_key": TENANT,
            "user_count": str(len(chat.people)),
            "bot_count": str(len(chat.bots)),
            "chat_status": "dissolved" if chat.dissolved else "normal",
        }

    async def is_in_chat(self, call: Call) -> dict[str, Any]:
        return {"is_in_chat": call.app.app_id in self._chat(call).bots}

    def _chat(self, call: Call) -> Chat:
        chat = self.world.chats.get(call.path["chat_id"])
        if chat is None:
            raise wrong(232006, call.path["chat_id"])
        if chat.dissolved:
            raise Refused(232009)
        return chat
