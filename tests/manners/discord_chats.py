"""Sayings on the emulated Discord: every second one in direct messages, the others in a channel."""

from typing import Any

from adapters.discord.adapter import Discord
from adapters.discord.settings import DiscordSettings
from bot.domain.jobs import job_id
from bot.domain.requests import Accepted
from bot.ports import Adapter, Bot
from tests.manners.chats import Chats, Seen, Talk

TOKEN = "emulated.discord.token"
LOCALES = {"en": "en-US", "zh": "zh-CN", "zh_Hant": "zh-TW", "ja": "ja"}
PHOTO = {"filename": "photo.png", "picture": [80, 60], "color": [10, 200, 30]}


class DiscordChats(Chats):
    """See :class:`tests.manners.chats.Chats`."""

    platform = "discord"
    guild = bob = ""

    async def build(self) -> None:
        await self.remote.forget()
        await self.remote.set(identify_interval=0, limits=False)
        self.bob = (await self.remote.ask("user", {"name": "bob", "locale": "en-US"}))["id"]
        made = await self.remote.ask("guild", {"owner": self.bob, "members": [self.bob]})
        self.guild = made["id"]

    def made(self, bot: Bot) -> Adapter:
        url = self.remote.url
        keys: dict[str, Any] = {
            "discord_token": TOKEN,
            "discord_api_base": f"{url}/api/v10",
            "discord_gateway_url": url.replace("http", "ws") + "/",
        }
        return Discord(bot, DiscordSettings(**keys))

    async def is_connected(self) -> bool:
        sessions = (await self.remote.ask("sessions"))["sessions"]
        return any(each["connected"] for each in sessions)

    async def furnish(self, talk: Talk) -> None:
        person = {"name": f"person{talk.number}", "locale": LOCALES[talk.lang]}
        talk.person = (await self.remote.ask("user", person))["id"]
        await self.remote.ask("member", {"guild": self.guild, "user": talk.person})
        channel = {"guild": self.guild, "name": f"channel{talk.number}"}
        talk.chat = "dm" if talk.direct else (await self.remote.ask("channel", channel))["id"]

    async def say(
        self, talk: Talk, text: str, *, reply_to: str | None = None, photo: bool = False
    ) -> str:
        said: dict[str, Any] = {"as": talk.person, "channel": talk.chat, "content": text}
        said |= {"mention": not talk.direct}
        said |= {"reply_to": reply_to} if reply_to else {}
        said |= {"attachments": [PHOTO]} if photo else {}
        return str((await self.remote.ask("type", said))["message"])

    async def overhear(self, talk: Talk, text: str) -> str:
        """Discord shows a bot only what mentions it, so that Bob's words may be drawn for Bob."""
        said = {"as": self.bob, "channel": talk.chat, "content": text, "mention": True}
        message = str((await self.remote.ask("type", said))["message"])
        talk.before.append(message)
        if isinstance(await self.adapter.answers.get(message), Accepted):
            talk.beside.append(job_id(self.platform, message))
            await self.drawn(message, 1)
        return message

    async def messages(self, talk: Talk) -> list[Seen]:
        shown = await self.remote.ask(f"messages?channel={talk.chat}&as={talk.person}")
        return [
            Seen(
                each["id"],
                (each.get("message_reference") or {}).get("message_id"),
                len(each["attachments"]),
            )
            for each in shown
            if each["by_bot"]
        ]

    async def reactions(self, talk: Talk, message: str) -> int:
        found = await self.remote.ask(f"message?id={message}")
        return sum(each["me"] for each in found.get("reactions") or ())

    async def violations(self) -> list[dict[str, object]]:
        return list((await self.remote.ask("violations"))["violations"])
