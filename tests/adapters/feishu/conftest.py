"""The emulated platform, and the bot in this process connected to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.settings import Settings
from tests.adapters.feishu.running import Bot, listen
from tests.adapters.feishu.stage import Clock, Stage
from tests.emulators.process import Remote, Shared
from tests.support import patience
from tests.support.scripted import Scripted

patience.on_feishu()

UNLIMITED = {
    "api_per_second": 10_000,
    "api_per_minute": 100_000,
    "chat_per_second": 10_000,
    "message_per_second": 10_000,
    "ack_seconds": patience.SECONDS,
    "callback_seconds": patience.SECONDS,
}
"""The platform is patient, also on a busy machine."""

FAST = {"ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0, "PingInterval": 120}


@pytest.fixture(scope="session")
def platform(emulator_of: Shared) -> Remote:
    return emulator_of("feishu")


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
    async with aiohttp.ClientSession() as session:
        made = Stage(platform.over(session), Clock())
        yield made
        assert await made.violations() == []


Start = Callable[..., Awaitable[Bot]]


@pytest.fixture
async def bot(
    settings: Settings, provider: Scripted, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Start]:
    """Start the bot with these settings; called again it stops the running one first."""
    for name in ("PER_CHAT", "PER_MESSAGE"):  # the platform has no limits here
        monkeypatch.setattr(f"adapters.feishu.api.rate_limits.{name}", (100, 0.1))
    running: list[Bot] = []

    async def begin(**changes: Any) -> Bot:
        while running:
            await running.pop().close()
        running.append(await listen(stage, settings, **changes))
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
