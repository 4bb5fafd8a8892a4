"""Several real processes on one PostgreSQL, with pages or on Discord."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from bot.settings import Settings
from tests.adapters.discord.conftest import discord_server
from tests.adapters.discord.stage import Stage
from tests.chaos.discord_world import World
from tests.chaos.machines import Machines
from tests.emulators.process import Remote

__all__ = ["discord_server"]

Make = Callable[..., Awaitable[Machines]]


@pytest.fixture
async def make(tmp_path: Path, postgres_url: str) -> AsyncIterator[Make]:
    made: list[Machines] = []
    jar = aiohttp.CookieJar(unsafe=True)

    async with aiohttp.ClientSession(cookie_jar=jar) as session:

        async def make(**configuration: str) -> Machines:
            machines = Machines(tmp_path, postgres_url, **configuration)
            machines.session = session
            made.append(machines)
            return machines

        yield make
    for machines in made:
        machines.stop()


@pytest.fixture
async def world(make: Make, discord_server: Remote) -> AsyncIterator[World]:
    stage = Stage(discord_server, Settings())
    await stage.build()
    machines = await make(
        BOT_ADAPTERS="discord",
        DISCORD_TOKEN="emulated.discord.token",
        DISCORD_API_BASE=f"{stage.discord.url}/api/v10",
        DISCORD_GATEWAY_URL=f"{stage.discord.url.replace('http', 'ws')}/",
    )
    yield World(stage, machines)
    assert await stage.violations() == []
