"""A tenant on the emulated platform, seen from its people: they write, press, and look."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.emulators.process import Remote

APP_ID = "cli_a1b2c3d4e5f60718"
APP_SECRET = "emulated-app-secret-0123456789ab"

PATIENCE = 120.0
"""Seconds until a condition has to be true."""

LONGEST_PAUSE = 0.2
"""Seconds between two looks."""

Message = dict[str, Any]


class Clock:
    """The bot's clock; :meth:`Stage.advance` moves it together with the platform's."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Stage:
    """Acts through the emulator's control door; nothing here knows the bot."""

    def __init__(self, remote: Remote, clock: Clock) -> None:
        self.remote = remote
        self.clock = clock

    # Making

    async def person(self, name: str, locale: str = "zh_cn") -> str:
        """A new person; gives the open_id."""
        made = await self.remote.ask("people", {"name": name, "locale": locale})
        return str(made["open_id"])

    async def chat(self, kind: str, *people: str, **more: Any) -> str:
        """A new chat with the bot: ``p2p``, ``group`` or ``topic``; gives its id."""
        made = await self.remote.ask("chats", {"type": kind, "people": list(people), **more})
        return str(made["chat_id"])

    # Acting

    async def say(self, chat: str, by: str, text: str = "", **more: Any) -> Message:
        """Send a message; see ``POST /_ctl/send``."""
        what = {"text": text} if text else {}
        return dict(await self.remote.ask("send", {"chat": chat, "from": by, **what, **more}))

    async def click(self, card: str, by: str, **how: Any) -> Message:
        """Use a component of a card; see ``POST /_ctl/click``."""
        return dict(await self.remote.ask("click", {"message": card, "by": by, **how}))

    async def do(self, what: str, **more: Any) -> Message:
        """See ``POST /_ctl/act``."""
        return dict(await self.remote.ask("act", {"do": what, **more}))

    async def advance(self, seconds: float) -> None:
        """Move every clock."""
        self.clock.ahead += seconds
        await self.remote.set(offset=self.clock.ahead)

    # Looking

    async def messages(self, chat: str = "") -> list[Message]:
        """What the bot has written that is still there, oldest first."""
        where = f"messages?bot=1&chat={chat}" if chat else "messages?bot=1"
        return [each for each in await self.remote.ask(where) if not each["deleted"]]

    async def event(self, event_id: str) -> Message:
        """What became of an event."""
        [found] = await self.remote.ask(f"events?event_id={event_id}")
        return dict(found)

    async def acked(self, sent: Message) -> Message:
        """Wait until the event of a message is acknowledged."""

        async def look() -> Message | None:
            found = await self.event(sent["event_id"])
            return found if found["acked"] else None

        return await self.until(look, "the event is acknowledged")

    async def sockets(self, count: int = 1, beside: str = "") -> list[Message]:
        """Wait until there are so many connections, none of which is ``beside``."""

        async def look() -> tuple[list[Message]] | None:
            found = (await self.remote.ask("sockets"))["open"]
            ready = len(found) == count and beside not in [each["id"] for each in found]
            return (found,) if ready else None

        [found] = await self.until(look, f"{count} connections")
        return list(found)

    async def shown(self, chat: str, *words: str, count: int = 1) -> Message:
        """Wait for the newest message of the bot there, with these words, as number ``count``."""

        async def look() -> Message | None:
            fitting = [
                each
                for each in await self.messages(chat)
                if all(word in str(each["content"]) for word in words)
            ]
            return fitting[-1] if len(fitting) == count else None

        return await self.until(look, f"{count} messages with {words}")

    async def done(self, chat: str, count: int = 1) -> Message:
        """Wait for so many cards with a picture; gives the newest."""

        async def look() -> Message | None:
            fitting = [each for each in await self.messages(chat) if each["images"]]
            return fitting[-1] if len(fitting) == count else None

        return await self.until(look, f"{count} pictures")

    async def violations(self) -> list[Message]:
        """What the bot did that the platform does not allow."""
        return list((await self.remote.ask("violations"))["violations"])

    async def until(self, look: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Wait until ``look`` finds something, and give it; what takes long is looked at more
        seldom."""
        deadline, pause = time.monotonic() + PATIENCE, 0.03
        while time.monotonic() < deadline:
            if found := await look():
                return found
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE)
        shown = [(m["msg_type"], m["content"]) for m in await self.messages()]
        raise AssertionError(f"never: {what}; there is {str(shown)[:3000]}")
