"""Sayings on the emulated Feishu: every second one to the bot alone, the others in a group."""

from typing import Any

from adapters.feishu import adapter as feishu
from bot.ports import Adapter, Bot
from tests.adapters.feishu.configuration import configured
from tests.adapters.feishu.conftest import FAST, UNLIMITED
from tests.manners.chats import Chats, Seen, Talk

LOCALES = {"en": "en_us", "zh": "zh_cn", "zh_Hant": "zh_tw", "ja": "ja_jp"}
PHOTO = {"width": 80, "height": 60, "color": [10, 200, 30]}


class FeishuChats(Chats):
    """See :class:`tests.manners.chats.Chats`."""

    platform = "feishu"
    bob = ""

    async def build(self) -> None:
        await self.remote.forget()
        await self.remote.set(limits=UNLIMITED, client_config=FAST, strict_uuid=True)
        self.bob = await self._person("Bob", "en_us")

    async def _person(self, name: str, locale: str) -> str:
        made = await self.remote.ask("people", {"name": name, "locale": locale})
        return str(made["open_id"])

    async def _chat(self, kind: str, *people: str) -> str:
        made = await self.remote.ask("chats", {"type": kind, "people": list(people)})
        return str(made["chat_id"])

    def made(self, bot: Bot) -> Adapter:
        return feishu.create(bot, configured(self.remote))

    async def is_connected(self) -> bool:
        return bool((await self.remote.ask("sockets"))["open"])

    async def furnish(self, talk: Talk) -> None:
        talk.person = await self._person(f"Person{talk.number}", LOCALES[talk.lang])
        others = () if talk.direct else (self.bob,)
        talk.chat = await self._chat("p2p" if talk.direct else "group", talk.person, *others)

    async def say(
        self, talk: Talk, text: str, *, reply_to: str | None = None, photo: bool = False
    ) -> str:
        said: dict[str, Any] = {"chat": talk.chat, "from": talk.person}
        said |= {"reply_to": reply_to} if reply_to else {}
        if photo:
            called = [] if talk.direct else [{"tag": "at", "user": "bot"}]
            words = [*called, {"tag": "text", "text": text}]
            said["post"] = {"content": [words, [{"tag": "img", "image": PHOTO}]]}
        else:
            said["text"] = text if talk.direct else f"<@bot> {text}"
        return str((await self.remote.ask("send", said))["message_id"])

    async def overhear(self, talk: Talk, text: str) -> str:
        said = {"chat": talk.chat, "from": self.bob, "text": text}
        message = str((await self.remote.ask("send", said))["message_id"])
        talk.before.append(message)
        return message

    async def messages(self, talk: Talk) -> list[Seen]:
        """Those in the chat, and those to the person alone: settings are not for a group."""
        chats = [talk.chat] if talk.direct else [talk.chat, await self._chat("p2p", talk.person)]
        return [
            Seen(each["message_id"], each["parent_id"] or None, len(each["images"]))
            for chat in chats
            for each in await self.remote.ask(f"messages?bot=1&chat={chat}")
            if not each["deleted"]
        ]

    async def reactions(self, talk: Talk, message: str) -> int:
        every = await self.remote.ask(f"messages?chat={talk.chat}")
        [found] = [each for each in every if each["message_id"] == message]
        made = [each["operator"]["operator_type"] for each in found["reactions"]]
        return made.count("app")

    async def violations(self) -> list[dict[str, object]]:
        return list((await self.remote.ask("violations"))["violations"])
