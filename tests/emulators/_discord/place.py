"""A guild with a member, and a bare bot with commands, for the tests of the emulator."""

import os
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.emulators._discord.bare import Bare
from tests.emulators.process import Remote, Shared

EPHEMERAL = 64
FILE = {"filename": "in.png", "picture": [8, 6]}
COMMANDS: list[dict[str, Any]] = [
    {
        "name": "imagine",
        "description": "d",
        "contexts": [0, 1, 2],
        "integration_types": [0, 1],
        "options": [
            {"type": 3, "name": "prompt", "description": "d", "required": True, "max_length": 20},
            {"type": 11, "name": "image", "description": "d"},
            {"type": 4, "name": "count", "description": "d", "min_value": 1, "max_value": 4},
            {"type": 3, "name": "model", "description": "d", "autocomplete": True},
            {
                "type": 3,
                "name": "size",
                "description": "d",
                "choices": [{"name": "1K", "value": "1k"}],
            },
        ],
    },
    {"name": "spicy", "description": "d", "nsfw": True},
    {"name": "staff", "description": "d", "default_member_permissions": str(1 << 13)},
    {"name": "Edit picture", "type": 3},
]


@pytest.fixture(scope="session")
def process(emulator_of: Shared) -> Remote:
    """The emulator, shared by the tests of a module."""
    return emulator_of("discord")


@pytest.fixture
async def bot(process: Remote) -> AsyncIterator[Bare]:
    """A bot with :data:`COMMANDS`; afterwards nothing but what was refused is a violation."""
    await process.forget()
    await process.set(limits=False)
    app = (await process.ask("world"))["app"]
    async with aiohttp.ClientSession() as session:
        made = Bare(process, session, app["id"], app["token"])
        await made.call("PUT", f"/applications/{made.app}/commands", COMMANDS)
        yield made
    if "DISCORD_OPENAPI" in os.environ:
        found = (await process.ask("violations"))["violations"]
        assert [one for one in found if not one["refused"]] == []


class Place:
    """A guild with a member, Alice."""

    def __init__(self, bot: Bare, guild: dict[str, str], alice: str) -> None:
        self.bot = bot
        self.guild = guild["id"]
        self.channel = guild["channel"]
        self.alice = alice
        self.messages = f"/channels/{self.channel}/messages"

    async def slash(self, **more: Any) -> dict[str, Any]:
        run = {"as": self.alice, "channel": self.channel, "name": "imagine"}
        made: dict[str, Any] = await self.bot.remote.ask(
            "slash", run | {"options": {"prompt": "a cat"}} | more
        )
        return made

    async def deny(self, *names: str) -> None:
        body = {"channel": self.channel, "target": "bot", "deny": list(names)}
        await self.bot.remote.ask("permissions", body)

    async def seen(self, by: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.bot.remote.ask(
            f"messages?channel={self.channel}&as={by}"
        )
        return found


@pytest.fixture
async def place(bot: Bare) -> Place:
    """A guild that the bot and Alice are in."""
    alice = (await bot.remote.ask("user", {"locale": "zh-CN"}))["id"]
    return Place(bot, await bot.remote.ask("guild", {"members": [alice]}), alice)
