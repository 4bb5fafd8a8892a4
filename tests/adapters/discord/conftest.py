"""One emulated Discord per module, and the real bot on it."""

import threading
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from bot.settings import Settings
from tests.adapters.discord.stage import Stage
from tests.emulators.process import Remote, Shared
from tests.support.scripted import Scripted


@pytest.fixture(scope="session")
def discord_server(emulator_of: Shared) -> Remote:
    """An emulator in a process of its own."""
    return emulator_of("discord")


@pytest.fixture(autouse=True)
def _no_heartbeat_is_left() -> Iterator[None]:
    """A thread that keeps a connection alive calls into the loop of its test, which is closed."""
    yield
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("keep-alive-handler")]


@pytest.fixture
async def stage(
    discord_server: Remote, settings: Settings, provider: Scripted
) -> AsyncIterator[Stage]:
    """A world with two people; at the end nothing may have been said that Discord forbids."""
    async with aiohttp.ClientSession() as session:
        made = Stage(discord_server.over(session), settings)
        await made.build()
        yield made
        await made.stop()
        violations = await made.violations()
        assert not violations, violations
