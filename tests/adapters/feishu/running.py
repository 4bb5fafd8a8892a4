"""The bot in this process, connected to the emulated platform."""

import asyncio
from contextlib import suppress
from typing import Any

from bot.app import App
from bot.domain.image_models import NEWEST
from bot.language import wording
from bot.settings import Settings
from tests.adapters.feishu.configuration import configured, core
from tests.adapters.feishu.stage import Stage


class Bot:
    """The app with the Feishu adapter, listening."""

    def __init__(self, app: App, listening: "asyncio.Task[None]") -> None:
        self.app = app
        self.listening = listening

    async def close(self) -> None:
        self.listening.cancel()
        with suppress(asyncio.CancelledError):
            await self.listening
        await self.app.close()


async def prepare() -> None:
    """Load what is read with, as in a bot that has been asked before: it takes a busy machine
    longer than Feishu waits for the answer to a press."""
    for words in ("a cat", "一只猫", "猫の絵"):
        await asyncio.to_thread(wording.prepare, words, NEWEST)


async def listen(stage: Stage, settings: Settings, **changes: Any) -> Bot:
    """Start the bot with these settings; it is there when it hears."""
    from adapters.feishu import adapter as feishu

    keys = configured(stage.remote, **changes)
    app = App(core(settings, **changes), clock=stage.clock)
    adapter = feishu.create(app.bot, keys)
    app.adapters = [adapter]
    await app.start()
    app.engine.delivery.pause = 0.05
    bot = Bot(app, asyncio.create_task(adapter.listen(app.engine.receive)))
    if keys.feishu_mode == "websocket":
        await stage.sockets(1)
    return bot
