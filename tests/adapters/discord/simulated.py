"""The real bot on simcord, a Discord in memory that others wrote (https://pypi.org/project/simcord).

What runs is ours, unchanged: the adapter with its gateway client, router, commands, forms, panels
and the desk that delivers; the engine, its database and its durable workflows. simcord stands in
for what discord.py sends requests to, twice: for the gateway client by its own means, for the
desk's client by putting the same HTTP client of simcord's there. It also is the bot's clock, so
that tokens die when a test says so. What simcord does not have is added here, and no more:

- ``GET /gateway/bot``, which it has not;
- the language of a person, which it says is always ``en-US``;
- downloads from the CDN: its files are in memory, and the desk reads them through an object that
  looks like a session of aiohttp;
- an interaction that the gateway delivers late;
- a follow-up after the bot has deleted its deferred answer, which Discord allows.

What it cannot show, and the emulator beside it does: sockets, so no reconnecting, supervisor, rate
limits or broken connections; nonces, which it ignores; signed links; upload limits, which it names
(25 MiB) and does not enforce; of a channel's permissions more than to see, to send, and to read
the history; who is notified, for it lists everybody who is mentioned; installations by a person,
group messages, age-restricted commands; how often an old message may be edited.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeVar

import discord
import pytest
import simcord
from pydantic import SecretStr
from simcord.http.client import FakeHTTPClient
from simcord.http.router import RequestContext, route
from simcord.http.routes.interactions import delete_original_response, edit_original_response
from structlog.testing import capture_logs

from adapters.discord import adapter
from adapters.discord.adapter import Discord
from adapters.discord.gateway.client import Gateway
from adapters.discord.settings import DiscordSettings
from bot.app import App
from bot.domain.failures import Failure
from bot.domain.requests import Accepted, Address, Attachment, Incoming
from bot.ports import Receive
from bot.settings import Settings
from messages import Button, Message, Notice

PATIENCE = 120.0
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When time begins on simcord."""
CDN = "https://cdn.simcord.invalid"
T = TypeVar("T")

Said = simcord.ResponseMessage | discord.Message


@route("GET", "/gateway/bot")
def _gateway(_request: RequestContext) -> dict[str, Any]:
    """https://discord.com/developers/docs/events/gateway#get-gateway-bot."""
    limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
    return {"url": "wss://gateway.discord.gg", "shards": 1, "session_start_limit": limit}


# A path is quoted by discord.py and made plain again by aiohttp, which has no part in this.
_ORIGINAL = "/webhooks/{webhook_id}/{token}/messages/%40original"
route("PATCH", _ORIGINAL)(edit_original_response)
route("DELETE", _ORIGINAL)(delete_original_response)


class _Downloads:
    """Where a session of aiohttp would be: GET of what simcord keeps."""

    def __init__(self, find: Callable[[str], bytes | None]) -> None:
        self._find = find

    @asynccontextmanager
    async def get(self, url: object, **_: Any) -> AsyncIterator[SimpleNamespace]:
        data = self._find(str(url))

        async def pieces(size: int) -> AsyncIterator[bytes]:
            for start in range(0, len(data or b""), size):
                yield (data or b"")[start : start + size]

        content = SimpleNamespace(iter_chunked=pieces)
        yield SimpleNamespace(status=404 if data is None else 200, content=content)

    async def close(self) -> None:
        return


class Simulated:
    """A server with a channel, Alice who owns it, Bob who reads Chinese, and the bot.

    It is an adapter around ours, which tells discord.py by simcord's own means where webhooks lead.
    """

    env: simcord.Env

    def __init__(self, settings: Settings) -> None:
        platform = DiscordSettings(
            discord_token=SecretStr("simulated"), discord_api_base=f"{CDN}/api/v10"
        )
        self.app = App(settings, clock=self.now)
        self.adapter = Discord(self.app.bot, platform)
        self.platform = self.adapter.platform
        self.app.adapters = [self]
        self.locales: dict[int, str] = {}
        self.late = 0.0
        self.resent = False
        self.accepted: list[str] = []
        self._clients: asyncio.Future[Callable[[int], Awaitable[Gateway]]] = asyncio.Future()

    def now(self) -> float:
        """simcord's time, which stands still until a test moves it."""
        return (self.env.now() if hasattr(self, "env") else BEGINNING).timestamp()

    async def supervise(self, make: Callable[[int], Awaitable[Gateway]], _token: str) -> None:
        """In the supervisor's place: simcord connects the clients."""
        self._clients.set_result(make)
        await asyncio.Event().wait()

    async def start(self) -> None:
        """Start the bot, and have people join."""
        await self.app.start()
        self.app.engine.delivery.pause = 0.01
        self._listening = asyncio.create_task(self.adapter.listen(self._receive))
        self._client = await self._clients
        self.env = simcord.Env(await self._client(0), settle_timeout=PATIENCE)
        self.env.backend.subscribers.append(self._on_the_way)
        await self._log_in()
        await self.env.start()
        alice, bob = self.env.create_user("alice"), self.env.create_user("bob")
        self.locales[bob.id] = "zh-CN"
        self.guild = self.env.create_guild(owner=alice)
        self.channel = self.guild.create_text_channel("pictures")
        self.alice, self.bob = self.guild.add_member(alice), self.guild.add_member(bob)
        await self.env.settle()

    async def _log_in(self) -> None:
        """The desk's client: logged in, never connected, and without a network below it."""
        own = discord.Client(intents=discord.Intents(guilds=True))
        own.http = FakeHTTPClient(self.env.backend, asyncio.get_running_loop())
        own._connection.http = own.http
        await own.login("simulated")
        downloads: Any = _Downloads(self.env.backend.cdn.get)
        self.adapter.delivery.rest.client, self.adapter.delivery.rest.session = own, downloads

    async def restart(self) -> None:
        """A new client; Discord and the database are as they were."""
        old = self.env.bot
        await self.env.restart_bot(await self._client(0))
        await old.close()

    async def stop(self) -> None:
        """Stop the bot."""
        await self.env.shutdown()
        await self.env.bot.close()
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await self.app.close()

    def _on_the_way(self, event: str, payload: Any) -> None:
        """An event on its way to the bot: who asks reads which language, and how late it is.

        When the bot has deleted the answer that says it is thinking, what follows is a message of
        its own (https://github.com/discord/discord-api-docs/issues/2739); simcord refuses that.
        """
        if event == "INTERACTION_CREATE":
            person = (payload.get("member") or payload)["user"]["id"]
            payload["locale"] = self.locales.get(int(person), "en-US")
            self.env.backend.advance_clock(self.late)
        if event == "MESSAGE_DELETE":
            for one in self.env.backend.interactions.values():
                by_the_bot = one.token in self.env.http_requests[-1].path
                if by_the_bot and one.message_id == int(payload["id"]) and one.loading:
                    one.complete_deferred()

    # What the engine is given

    async def _receive(self, incoming: Incoming) -> Accepted | Notice | Failure:
        answer = await self.app.engine.receive(incoming)
        if isinstance(answer, Accepted):
            self.accepted.append(answer.job_id)
        return answer

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        with self.env.time_context():
            return await self.adapter.show(address, message, locale)

    async def remove(self, address: Address) -> None:
        with self.env.time_context():
            await self.adapter.remove(address)

    async def read(self, attachment: Attachment) -> bytes | Failure:
        with self.env.time_context():
            return await self.adapter.read(attachment)

    async def listen(self, receive: Receive) -> None:
        """simcord connects the client."""

    async def close(self) -> None:
        await self.adapter.close()

    # What people see and do

    async def until(self, look: Callable[[], T | None], what: str) -> T:
        """The first true value of ``look``; what the bot does beside the gateway takes a while."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := look()):
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"it never came: {what}\n{self.env.transcript()}") from None
        await self.env.settle()
        return found

    async def step(self, asked: simcord.InteractionResult) -> simcord.ResponseMessage:
        """The answer to an interaction once it says how far the work is."""

        def look() -> simcord.ResponseMessage | None:
            answer = asked.response
            return answer if answer and answer.components else None

        return await self.until(look, "a step")

    async def picture(self, asked: simcord.InteractionResult) -> simcord.ResponseMessage:
        """The answer to an interaction once it has a picture."""

        def look() -> simcord.ResponseMessage | None:
            answer = asked.response
            return answer if answer and answer.attachments else None

        return await self.until(look, "a picture")

    async def imagine(self, prompt: str = "a lighthouse", **more: Any) -> simcord.ResponseMessage:
        """What Alice gets for a command."""
        asked = await self.alice.slash(self.channel, "imagine", prompt=prompt, **more)
        return await self.picture(asked)

    async def press(
        self, who: simcord.MemberActor, message: Said, button: Button
    ) -> simcord.InteractionResult:
        """Press a button, whatever is written on it, be it behind "More"."""
        found = self._custom_id(message, f"banana:{button}:")
        if found is None:
            more = await who.click(message, custom_id=self._custom_id(message, "panel:more:"))
            panel = await self.until(lambda: more.response, "what stands behind More")
            message = panel
            found = self._custom_id(message, f"banana:{button}:")
        return await who.click(message, custom_id=found)

    def _custom_id(self, message: Said, start: str) -> str | None:
        ids = (str(part.get("custom_id") or "") for part in self.components(message))
        return next((each for each in ids if each.removeprefix("beside:").startswith(start)), None)

    async def drawn(
        self, by: simcord.MemberActor | simcord.UserHandle, to: discord.Message
    ) -> discord.Message:
        """The bot's reply to a message once it has a picture."""

        def look() -> discord.Message | None:
            channel = self.env.backend.get_channel(to.channel.id)
            guild = self.guild if channel.guild_id else None
            seen = simcord.ChannelHandle(self.env, guild, channel).history(viewer=by)
            found = (m for m in seen if m.reference and m.reference.message_id == to.id)
            return next((m for m in found if m.attachments), None)

        return await self.until(look, "a reply with a picture")

    def components(self, message: Said) -> Sequence[dict[str, Any]]:
        """The buttons and menus under a message, as Discord has them."""
        stored = self.env.backend.get_message(
            message.channel.id if isinstance(message, discord.Message) else message.channel_id,
            message.id,
        )
        return [part for row in stored.components for part in row["components"]]

    def labels(self, message: Said) -> list[str]:
        """What is written on the buttons under a message."""
        return [part["label"] for part in self.components(message) if part["type"] == 2]

    def acknowledged(self) -> dict[str, int]:
        """How often each interaction was answered first."""
        counts: dict[str, int] = {}
        for request in self.env.http_requests:
            if request.path.endswith("/callback"):
                counts[request.path] = counts.get(request.path, 0) + 1
        return counts

    def sent(self) -> list[dict[str, Any]]:
        """What was sent for people to see, oldest first."""
        bodies = [each.json for each in self.env.http_requests]
        return [each for each in bodies if isinstance(each, dict) and "content" in each]

    def pictures(self, place: simcord.ChannelHandle) -> list[discord.Message]:
        """The bot's messages in a channel that have pictures."""
        return [each for each in place.history() if each.author.bot and each.attachments]


@asynccontextmanager
async def simulated(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Simulated]:
    """A Discord with the bot on it; at the end nothing broke and nothing was answered twice."""
    with capture_logs() as logged:
        made = Simulated(settings)
        monkeypatch.setattr(adapter, "supervise", made.supervise)
        await made.start()
        yield made
        await made.stop()
    assert not made.env.errors
    assert made.resent or {*made.acknowledged().values()} <= {1}
    assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")]
