"""The outbound half of the adapter beside the real bot: a real desk, and the emulator as Discord.

Interactions are deferred here by hand, so that these tests need neither gateway nor commands of
the bot's own; everything after that is the adapter's work.
"""

import asyncio
import hashlib
import io
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from PIL import Image
from pydantic import SecretStr

from adapters.discord.address import DiscordPlace, expires_at
from adapters.discord.delivery.outbound import DiscordDelivery
from adapters.discord.settings import DiscordSettings
from bot.app import App
from bot.domain.actions import Action
from bot.domain.failures import Failure
from bot.domain.generation import Pictures
from bot.domain.jobs import Job
from bot.domain.requests import Accepted, Address, Attachment, Incoming
from bot.ports import Receive
from bot.settings import Settings
from messages import Cost, Message
from tests.emulators.process import Remote, Shared
from tests.support.scripted import Scripted, png

TOKEN = "emulated.discord.token"
PATIENCE = 120.0
COMMAND = {
    "name": "draw",
    "description": "Draw",
    "type": 1,
    "integration_types": [0, 1],
    "contexts": [0, 1, 2],
}


def noise(side: int, seed: int = 1) -> bytes:
    """A picture that no encoder makes small: about 3 bytes per pixel."""
    raw = random.Random(seed).randbytes(side * side * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), raw).save(file, "PNG", compress_level=1)
    return file.getvalue()


class Outbound:
    """An adapter whose outbound half is the desk under test."""

    platform = "discord"

    def __init__(self, app: App, settings: DiscordSettings) -> None:
        self.delivery = DiscordDelivery(app.bot, settings)
        self.shown: list[Message] = []

    async def listen(self, receive: Receive) -> None:
        await asyncio.Event().wait()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        self.shown.append(message)
        return await self.delivery.show(address, message, locale)

    async def remove(self, address: Address) -> None:
        await self.delivery.remove(address)

    async def read(self, attachment: Attachment) -> bytes | Failure:
        return await self.delivery.read(attachment)

    async def close(self) -> None:
        await self.delivery.close()


@dataclass
class Stage:
    """A server with a channel, a person in it, and the bot; ``ahead`` moves every clock."""

    discord: Remote
    settings: Settings
    platform: DiscordSettings
    provider: Scripted
    app: App = field(init=False)
    adapter: Outbound = field(init=False)
    application: str = ""
    guild: str = ""
    channel: str = ""
    person: str = ""
    ahead: float = 0.0
    events: Iterator[int] = field(default_factory=itertools.count)
    originals: dict[str | None, str] = field(default_factory=dict)

    @property
    def delivery(self) -> DiscordDelivery:
        return self.adapter.delivery

    async def begin(self) -> None:
        """Build the world, register a command, and start the bot."""
        await self.discord.forget()
        await self.discord.set(limits=False)
        self.person = (await self.discord.ask("user", {"name": "ann", "installed": True}))["id"]
        await self.furnish()
        self.application = (await self.discord.ask("world"))["app"]["id"]
        path = f"/applications/{self.application}/commands"
        await self.rest("PUT", path, [COMMAND], token=True)
        await self.start()

    async def furnish(self, **facts: Any) -> None:
        """Another server, which becomes the one that things happen in."""
        made = await self.discord.ask("guild", {"members": [self.person], **facts})
        self.guild, self.channel = made["id"], made["channel"]

    async def start(self) -> None:
        self.app = App(self.settings, clock=lambda: time.time() + self.ahead)
        self.adapter = Outbound(self.app, self.platform)
        self.app.adapters = [self.adapter]
        await self.app.start()
        self.app.engine.delivery.pause = 0.01

    async def stop(self) -> None:
        await self.app.close()

    async def move(self, seconds: float) -> None:
        """Put Discord's clock and the bot's ahead."""
        self.ahead += seconds
        await self.discord.set(offset=self.ahead)

    async def rest(self, method: str, path: str, body: Any, *, token: bool = False) -> None:
        headers = {"Authorization": f"Bot {TOKEN}"} if token else {}
        url = f"{self.discord.url}/api/v10{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, json=body, headers=headers) as response,
        ):
            assert response.status < 300, await response.text()

    async def interaction(self, *, private: bool = False, **where: Any) -> DiscordPlace:
        """A slash command, deferred; with ``channel="dm"`` in the direct messages."""
        asked = {"as": self.person, "channel": self.channel, "name": "draw"} | where
        one = await self.discord.ask("slash", asked)
        answer: dict[str, Any] = {"type": 5}
        if private:
            answer["data"] = {"flags": 64}
        await self.rest("POST", f"/interactions/{one['id']}/{one['token']}/callback", answer)
        known = await self.discord.ask(f"interaction?id={one['id']}")
        self.originals[one["token"]] = known["original_id"]
        return DiscordPlace(
            channel=one["channel"],
            user=self.person,
            guild=self.guild if where.get("channel") != "dm" else None,
            application=self.application,
            token=one["token"],
            expires=expires_at(one["id"]),
            private=private,
        )

    async def mention(self, channel: str | None = None, **more: Any) -> DiscordPlace:
        """A message to the bot."""
        where = channel or self.channel
        said = {"as": self.person, "channel": where, "mention": where != "dm", "content": "a cat"}
        made = await self.discord.ask("type", said | more)
        guild = None if where == "dm" else self.guild
        return DiscordPlace(made["channel"], self.person, guild, asked=made["message"])

    async def ask(
        self,
        place: DiscordPlace,
        text: str = "a cat",
        locale: str = "en-US",
        *,
        known: bool = False,
    ) -> str:
        """Have a picture made; the job's id. ``known``: which message is the answer's."""
        incoming = Incoming(
            platform="discord",
            event_id=f"event-{next(self.events)}-{place.channel}",
            requester=self.person,
            conversation=place.channel,
            address=place.address(self.originals.get(place.token) if known else None),
            text=text,
            action=Action.DRAW,
            locale=locale,
        )
        accepted = await self.app.engine.receive(incoming)
        assert isinstance(accepted, Accepted), accepted
        return accepted.job_id

    async def job(self, job_id: str) -> Job:
        job = await self.app.history.job(job_id)
        assert job is not None
        return job

    async def draw(
        self, place: DiscordPlace, *pictures: bytes, text: str = "a cat", locale: str = "en-US"
    ) -> tuple[Job, Message]:
        """Have pictures made and shown; the job and its last message."""
        if pictures:
            self.provider.outcomes.append(Pictures(pictures, Cost(5, "points")))
        job_id = await self.ask(place, text, locale)
        return await self.shown(job_id)

    async def shown(self, job_id: str) -> tuple[Job, Message]:
        """The job once its last message has been shown."""

        def last() -> Message | None:
            found = [m for m in self.adapter.shown if m.job_id == job_id and m.status.final]
            return found[-1] if found else None

        async with asyncio.timeout(PATIENCE):
            while True:
                job = await self.job(job_id)
                message = last()
                if message and job.shown and job.status.final and await self.settled(job):
                    return job, message
                await asyncio.sleep(0.02)

    async def settled(self, job: Job) -> bool:
        """Whether what was shown last is how the job ended."""
        message = await self.app.engine.message(job)
        return hashlib.sha256(repr(message).encode()).hexdigest()[:32] == job.shown

    async def again(self, job: Job, message: Message, **place: Any) -> Address:
        """Show a message as if it had not been shown, from a place with changes."""
        address = replace(DiscordPlace.of(job.address), **place).address(job.address.message)
        return await self.delivery.show(address, message, job.locale)

    async def message(self, message: str | None) -> dict[str, Any]:
        assert message is not None
        found: dict[str, Any] = await self.discord.ask(f"message?id={message}")
        return found

    async def messages(self, channel: str | None = None, **more: Any) -> list[dict[str, Any]]:
        """What the bot has written in a place, as the person sees it."""
        asked = {"channel": channel or self.channel, "as": self.person} | more
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        found = await self.discord.ask(f"messages?{query}")
        return [message for message in found if message["by_bot"]]

    async def direct(self) -> list[dict[str, Any]]:
        return await self.messages("dm")

    async def file(self, attachment: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self.discord.ask(f"file?id={attachment['id']}")
        return found

    async def violations(self) -> list[dict[str, Any]]:
        """What was against the rules, but for refusals that a test provokes (400 as well)."""
        found: dict[str, Any] = await self.discord.ask("violations")
        assert found["schema"] or not os.environ.get("DISCORD_OPENAPI")
        provoked = [f'"code": {code}' for code in (50083, 160002)]
        return [one for one in found["violations"] if not any(c in str(one) for c in provoked)]


def pointed_at(emulator: Remote) -> DiscordSettings:
    return DiscordSettings(
        discord_token=SecretStr(TOKEN), discord_api_base=f"{emulator.url}/api/v10"
    )


@pytest.fixture(scope="session")
def emulator(emulator_of: Shared) -> Remote:
    return emulator_of("discord")


@pytest.fixture
async def stage(emulator: Remote, settings: Settings, provider: Scripted) -> AsyncIterator[Stage]:
    made = Stage(emulator, settings, pointed_at(emulator), provider)
    await made.begin()
    yield made
    await made.stop()
    assert await made.violations() == []


__all__ = ["PATIENCE", "TOKEN", "Outbound", "Stage", "emulator", "noise", "png", "stage"]
