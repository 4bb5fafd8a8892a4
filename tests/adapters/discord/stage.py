"""The real bot on the emulated Discord, and people who use it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import aiohttp

from adapters.discord.adapter import Discord
from adapters.discord.settings import DiscordSettings
from bot.app import App
from bot.settings import Settings
from messages import Button
from tests.emulators.process import Remote
from tests.support.patience import on_discord

on_discord()

PATIENCE = 120.0
LONGEST_PAUSE = 0.2
T = TypeVar("T")

Shown = dict[str, Any]
"""A message, or an interaction, as the emulator's control door tells it."""


async def until(
    look: Callable[[], Awaitable[T]],
    what: str = "",
    *,
    patience: float = PATIENCE,
    pause: float = 0.02,
) -> T:
    """The first true value that ``look`` gives; what takes long is looked at more seldom."""
    try:
        async with asyncio.timeout(patience):
            while not (found := await look()):
                await asyncio.sleep(pause)
                pause = min(1.5 * pause, LONGEST_PAUSE)
            return found
    except TimeoutError:
        raise AssertionError(f"it never came: {what}") from None


def labels(message: Shown) -> list[str]:
    """What is written on the buttons of a message."""
    return [button.get("label") or "" for button in message["buttons"]]


def _custom_id(message: Shown, start: str) -> str | None:
    """The custom id of a message's button that begins so, be it in a panel."""
    ids = [each.get("custom_id") or "" for each in message["buttons"]]
    return next((each for each in ids if each.removeprefix("beside:").startswith(start)), None)


class Stage:
    """One emulator, a server with a channel, Alice who owns it, Bob in it, and the bot."""

    def __init__(self, discord: Remote, settings: Settings) -> None:
        self.discord = discord
        self.settings = settings
        self.app: App
        self.adapter: Discord
        self.guild = self.channel = self.alice = self.bob = ""
        self._listening: asyncio.Task[None] | None = None

    async def build(self) -> None:
        """An empty world with a server and two people."""
        await self.discord.forget()
        await self.discord.set(identify_interval=0, limits=False, ack_limit=PATIENCE)
        ask = self.discord.ask
        self.alice = (await ask("user", {"name": "alice", "locale": "en-US"}))["id"]
        self.bob = (await ask("user", {"name": "bob", "locale": "zh-CN"}))["id"]
        made = await ask("guild", {"owner": self.alice, "members": [self.bob]})
        self.guild, self.channel = made["id"], made["channel"]

    def configured(self, **changes: Any) -> DiscordSettings:
        """The adapter's settings, pointed at the emulator."""
        return DiscordSettings(
            **{
                "discord_token": "emulated.discord.token",
                "discord_api_base": f"{self.discord.url}/api/v10",
                "discord_gateway_url": self.discord.url.replace("http", "ws") + "/",
                **changes,
            }
        )

    async def start(self, *, connected: bool = True, **changes: Any) -> None:
        """Start the bot; again, it is a restart."""
        await self.stop()
        platform = {key: changes.pop(key) for key in [*changes] if key.startswith("discord_")}
        self.app = App(self.settings.model_copy(update=changes))
        adapter = self.adapter = Discord(self.app.bot, self.configured(**platform))
        self.app.adapters = [adapter]
        await self.app.start()
        self.app.engine.delivery.pause = 0.05
        self._listening = asyncio.create_task(adapter.listen(self.app.engine.receive))
        if connected:
            await until(self.is_connected, "the bot is connected")

    async def is_connected(self) -> bool:
        """Whether Discord has the bot and its commands; an adapter that gave up raises why."""
        if self._listening is not None and self._listening.done():
            self._listening.result()
        sessions = (await self.discord.ask("sessions"))["sessions"]
        commands = (await self.discord.ask("commands"))["scopes"]
        return any(each["connected"] for each in sessions) and bool(commands.get("global"))

    async def ended(self) -> BaseException | None:
        """Wait until the adapter gives up; why it did."""
        assert self._listening is not None
        await asyncio.wait({self._listening}, timeout=PATIENCE)
        assert self._listening.done()
        return self._listening.exception()

    async def stop(self) -> None:
        """Stop the bot."""
        if self._listening is None:
            return
        self._listening.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._listening
        self._listening = None
        await self.app.close()

    # What people do

    async def slash(self, name: str, who: str = "", **more: Any) -> Shown:
        """Use a slash command; ``options`` are its options."""
        where = {"as": who or self.alice, "channel": self.channel, "wait": PATIENCE}
        return await self._act("slash", {**where, "name": name, **more})

    async def click(self, message: Shown, label: str, who: str = "", **more: Any) -> Shown:
        """Press the button with that label."""
        pressed = {
            "as": who or self.alice,
            "message": message["id"],
            "label": label,
            "wait": PATIENCE,
        }
        return await self._act("click", {**pressed, **more})

    async def press(self, message: Shown, button: Button, who: str = "") -> Shown:
        """Press a button, whatever is written on it, be it behind "More"."""
        found = _custom_id(message, f"banana:{button}:")
        if found is None:
            message = await self.more(message, who)
            found = _custom_id(message, f"banana:{button}:")
        pressed = {"message": message["id"], "custom_id": found, "wait": PATIENCE}
        return await self._act("click", {"as": who or self.alice, **pressed})

    async def more(self, message: Shown, who: str = "") -> Shown:
        """The panel behind "More"."""
        behind = {"message": message["id"], "custom_id": _custom_id(message, "panel:more:")}
        opened = await self._act("click", {"as": who or self.alice, **behind, "wait": PATIENCE})
        return await self.answer(opened, lambda panel: panel["buttons"])

    async def select(self, message: Shown, custom_id: str, value: str, who: str = "") -> Shown:
        """Choose in a menu."""
        chosen = {"message": message["id"], "custom_id": custom_id, "values": [value]}
        return await self._act("select", {"as": who or self.alice, **chosen, "wait": PATIENCE})

    async def menu(self, message: str, name: str, who: str = "") -> Shown:
        """Use a command from the menu of a message."""
        asked = {"as": who or self.alice, "message": message, "name": name, "wait": PATIENCE}
        return await self._act("menu", asked)

    async def submit(self, form: Shown, **values: Any) -> Shown:
        """Send a form that an interaction opened."""
        sent = {"modal": form["id"], "values": values, "wait": PATIENCE}
        return await self._act("submit", sent)

    async def type(self, content: str = "", who: str = "", **more: Any) -> Shown:
        """Write a message; the emulator's answer has its id."""
        where = {"as": who or self.alice, "channel": self.channel}
        return await self._act("type", {**where, "content": content, **more})

    async def _act(self, name: str, body: dict[str, Any]) -> Shown:
        done: Shown = await self.discord.ask(name, body)
        return done

    # What people see

    async def interaction(self, asked: Shown) -> Shown:
        """An interaction as it is now."""
        found: Shown = await self.discord.ask(f"interaction?id={asked['id']}")
        return found

    async def message(self, id: str) -> Shown:
        """A message as it is now."""
        found: Shown = await self.discord.ask(f"message?id={id}")
        return found

    async def messages(self, who: str = "", channel: str = "") -> list[Shown]:
        """What a person sees in a channel, oldest first."""
        query = f"channel={channel or self.channel}&as={who or self.alice}"
        found: list[Shown] = await self.discord.ask(f"messages?{query}")
        return found

    async def answer(self, asked: Shown, check: Callable[[Shown], object] = bool) -> Shown:
        """The first answer to an interaction once it is there and ``check`` holds."""

        async def look() -> Shown | None:
            now = (await self.interaction(asked))["original"]
            return now if now and not now["loading"] and check(now) else None

        return await until(look, f"the answer to {asked['name']}")

    async def answer_of(self, message: Shown, check: Callable[[Shown], object]) -> Shown:
        """A message once ``check`` holds."""

        async def look() -> Shown | None:
            now = await self.message(message["id"])
            return now if check(now) else None

        return await until(look, "a message that changes")

    async def picture(self, asked: Shown) -> Shown:
        """The answer to an interaction once it has a picture."""
        return await self.answer(asked, lambda message: message["attachments"])

    async def aside(self, asked: Shown) -> Shown:
        """What was said to the person alone after an interaction was acknowledged."""

        async def look() -> Shown | None:
            followups = (await self.interaction(asked))["followups"]
            return await self.message(followups[0]) if followups else None

        said = await until(look, f"something said after {asked['name']}")
        assert said["ephemeral"]
        return said

    async def reply(
        self, to: str, who: str = "", channel: str = "", check: Callable[[Shown], object] = bool
    ) -> Shown:
        """The bot's reply to a message."""

        async def look() -> Shown | None:
            for message in await self.messages(who, channel):
                reference = message.get("message_reference") or {}
                if message["by_bot"] and reference.get("message_id") == to and check(message):
                    return message
            return None

        return await until(look, "a reply")

    async def drawn(self, to: str, who: str = "", channel: str = "") -> Shown:
        """The bot's reply to a message once it has a picture."""
        return await self.reply(to, who, channel, lambda message: message["attachments"])

    async def rest(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """What the API answers to the bot's token."""
        headers = {"Authorization": "Bot emulated.discord.token"}
        url = f"{self.discord.url}/api/v10{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, json=body, headers=headers) as response,
        ):
            assert response.status < 300, await response.text()
            return await response.json()

    async def violations(self) -> list[dict[str, Any]]:
        """What either side said that Discord's own description forbids."""
        found: list[dict[str, Any]] = (await self.discord.ask("violations"))["violations"]
        return found
