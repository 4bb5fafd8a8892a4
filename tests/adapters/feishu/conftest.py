"""The emulated platform, and the bot in this process connected to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from bot.app import App
from bot.settings import Settings
from tests.adapters.feishu.configuration import configured, core
from tests.adapters.feishu.stage import Clock, Stage
from tests.emulators.process import Remote, launch
from tests.support.scripted import Scripted

UNLIMITED = {
    "api_per_second": 10_000,
    "api_per_minute": 100_000,
    "chat_per_second": 10_000,
    "message_per_second": 10_000,
}
FAST = {"ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0, "PingInterval": 120}


@pytest.fixture(scope="session")
def platform() -> Iterator[Remote]:
    with launch("feishu") as remote:
        yield remote


@pytest.fixture(autouse=True)
def _past_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator is on this machine, whatever stands before the internet."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def stage(platform: Remote) -> AsyncIterator[Stage]:
    """A new tenant; at the end nothing may have been done that the platform does not allow."""
    await platform.forget()
    await platform.set(limits=UNLIMITED, client_config=FAST, strict_uuid=True)
    made = Stage(platform, Clock())
    yield made
    assert await made.violations() == []


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


Start = Callable[..., Awaitable[Bot]]


@pytest.fixture
async def bot(settings: Settings, provider: Scripted, stage: Stage) -> AsyncIterator[Start]:
    """Start the bot with these settings; called again it stops the running one first."""
    running: list[Bot] = []
    from adapters.feishu import adapter as feishu

    async def begin(**changes: Any) -> Bot:
        while running:
            await running.pop().close()
        keys = configured(stage.remote, **changes)
        app = App(core(settings, **changes), clock=stage.clock)
        adapter = feishu.create(app.bot, keys)
        app.adapters = [adapter]
        await app.start()
        app.engine.delivery.pause = 0.05
        running.append(Bot(app, asyncio.create_task(adapter.listen(app.engine.receive))))
        if keys.feishu_mode == "websocket":
            await stage.sockets(1)
        return running[-1]

    yield begin
    while running:
        await running.pop().close()


@pytest.fixture
async def group(stage: Stage) -> str:
    """A group of Ann, who is Chinese, and Bob, who is not."""
    await stage.person("Ann", "zh_cn")
    await stage.person("Bob", "en_us")
    return await stage.chat("group", "Ann", "Bob")


@pytest.fixture
async def alone(stage: Stage) -> str:
    """Ann's chat with the bot."""
    await stage.person("Ann", "zh_cn")
    return await stage.chat("p2p", "Ann")
