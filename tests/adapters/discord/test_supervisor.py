"""Staying connected: whatever the gateway does, the bot comes back, or says why it cannot."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from discord.gateway import DiscordWebSocket
from stamina import AsyncRetryingCaller

from adapters.discord import private_api
from adapters.discord.gateway import client, supervisor
from adapters.discord.gateway.supervisor import FATAL
from bot.ports import Misconfigured
from bot.runtime import retries
from tests.adapters.discord.stage import Stage, until


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(client, "IDENTIFY_SECONDS", 0.0)


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[client.Gateway]:
    """The clients that the supervisor makes."""
    made: list[client.Gateway] = []
    create = client.create

    def remember(*args: Any) -> client.Gateway:
        made.append(create(*args))
        return made[-1]

    monkeypatch.setattr(client, "create", remember)
    return made


async def _works(stage: Stage) -> None:
    asked = await stage.slash("help", wait=20)
    assert "I make pictures" in (await stage.answer(asked))["content"]


async def _again(stage: Stage, what: str, at_least: int) -> None:
    async def look() -> bool:
        return bool((await stage.discord.ask("sessions"))[what] >= at_least)

    await until(look, f"{what} {at_least}")


async def test_whether_it_is_connected_is_told(stage: Stage) -> None:
    await stage.start()

    async def there() -> bool:
        return await stage.app.bot.readiness() == {"database": True, "discord": True}

    async def gone() -> bool:
        return await stage.app.bot.readiness() == {"database": True, "discord": False}

    await until(there, "that it is")
    await stage.discord.ask("gateway", {"action": "refuse", "times": 2})
    await stage.discord.ask("gateway", {"action": "drop"})
    await until(gone, "that it is not")


async def test_a_first_connection_that_is_refused_is_tried_again(
    stage: Stage, clients: list[client.Gateway]
) -> None:
    await stage.discord.ask("gateway", {"action": "refuse", "times": 2})
    await stage.start()
    await _works(stage)
    assert len(clients) >= 2


async def test_a_rest_api_that_is_away_at_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.discord.fault(
        {"path": "/users/@me$", "reset": True, "times": 2},
        {"path": "/gateway/bot", "status": 503, "body": {}},
        {"path": "/commands", "status": 403, "body": {}},
    )
    quick = AsyncRetryingCaller(attempts=None, timeout=None, wait_initial=0.05, wait_max=0.05)
    monkeypatch.setattr(retries, "DISCORD_COMMANDS", quick)
    await stage.start()
    await _works(stage)


@pytest.mark.parametrize("action", ["drop", "reconnect", "resumable"])
async def test_a_lost_connection_is_resumed_and_nothing_is_missed(
    stage: Stage, action: str, clients: list[client.Gateway]
) -> None:
    await stage.start()
    await stage.discord.ask("gateway", {"action": action})
    await _works(stage)
    await _again(stage, "resumed", 1)
    assert len(clients) == 1
    (session,) = (await stage.discord.ask("sessions"))["sessions"]
    assert session["intents"] == 4609


async def test_a_lost_session_is_begun_anew(stage: Stage) -> None:
    await stage.start()
    await stage.discord.ask("gateway", {"action": "invalid"})
    await _again(stage, "identifies", 2)
    await _works(stage)


async def test_a_session_is_begun_at_once_but_not_twice_in_five_seconds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "IDENTIFY_SECONDS", 1.0)
    await stage.discord.set(identify_interval=0.9, limits=False)
    await stage.start()
    await stage.discord.ask("gateway", {"action": "invalid"})
    await _again(stage, "identifies", 2)
    await _works(stage)
    assert (await stage.discord.ask("sessions"))["identifies"] == 2


async def test_a_connection_that_hangs_for_too_long_is_given_up(
    stage: Stage, clients: list[client.Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOST_SECONDS", 0.1)
    monkeypatch.setattr(supervisor, "WATCH_SECONDS", 0.05)
    await stage.start()
    await stage.discord.ask("gateway", {"action": "refuse", "times": 2})
    await stage.discord.ask("gateway", {"action": "drop"})
    await _again(stage, "identifies", 2)
    await _works(stage)
    assert len(clients) >= 2


async def test_an_event_that_cannot_be_read_is_skipped(
    stage: Stage, clients: list[client.Gateway]
) -> None:
    await stage.start()
    for name in ("INTERACTION_CREATE", "MESSAGE_CREATE", "GUILD_CREATE"):
        clients[0]._connection.parsers[name]({"nonsense": True})
    await _works(stage)
    assert len(clients) == 1


async def test_a_client_that_breaks_is_replaced(
    stage: Stage, clients: list[client.Gateway]
) -> None:
    await stage.start()

    def broken(_data: object) -> None:
        raise TypeError("nobody expected that")

    clients[0]._connection.parsers["INTERACTION_CREATE"] = broken
    await stage.slash("help", wait=0.1)
    await until(lambda: _has(clients, 2), "a new client")
    await _again(stage, "identifies", 2)
    await _works(stage)


async def _has(clients: list[client.Gateway], count: int) -> bool:
    return len(clients) >= count


@pytest.mark.parametrize("code", sorted(FATAL))
async def test_what_cannot_be_mended_is_explained(stage: Stage, code: int) -> None:
    await stage.discord.ask("gateway", {"action": "refuse_identify", "code": code})
    await stage.start(connected=False)
    error = await stage.ended()
    assert isinstance(error, Misconfigured)
    assert str(code) in str(error)


async def test_a_token_that_is_wrong_is_explained(stage: Stage) -> None:
    token = "nothing.of.the.kind"
    await stage.start(connected=False, discord_token=token)
    error = await stage.ended()
    assert isinstance(error, Misconfigured)
    assert "DISCORD_TOKEN" in str(error)
    assert "nothing.of.the.kind" not in str(error)


async def test_as_many_shards_as_discord_wants(stage: Stage, clients: list[client.Gateway]) -> None:
    await stage.discord.set(identify_interval=0, limits=False, shards=2)
    await stage.start()
    await _again(stage, "identifies", 2)
    await _works(stage)
    sessions = (await stage.discord.ask("sessions"))["sessions"]
    assert sorted(tuple(each["shard"]) for each in sessions) == [(0, 2), (1, 2)]
    assert isinstance(clients[-1], client.Sharded)


async def test_only_the_shards_that_are_this_processs(stage: Stage) -> None:
    await stage.start(discord_shard_count=3, discord_shard_ids=("1",), connected=False)
    await _again(stage, "identifies", 1)
    sessions = (await stage.discord.ask("sessions"))["sessions"]
    assert [tuple(each["shard"]) for each in sessions] == [(1, 3)]


async def test_no_session_is_begun_when_none_is_left(
    stage: Stage, clients: list[client.Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)
        await stage.discord.set(identify_limit=1000)

    monkeypatch.setattr(supervisor, "pause_for", note)
    await stage.discord.set(identify_limit=0)
    await stage.start()
    assert waited[0] > 60
    assert len(clients) == 2


class Moment:
    """Stops the bot while it connects: when it begins to, when Discord has said hello, or when all
    is done, but discord.py has not gone on yet. The first ``passing`` times are let pass."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.passing = 0
        self.come = asyncio.Event()
        self._stage = stage
        connect = DiscordWebSocket.from_client

        async def from_client(*args: Any, **more: Any) -> DiscordWebSocket:
            await self._stop(name == "begun")
            socket = await connect(*args, **more)
            await self._stop(name == "done")
            return socket

        def after_hello(then: Callable[..., Any]) -> Callable[..., Any]:
            async def greet(socket: DiscordWebSocket) -> None:
                await self._stop(name == "hello")
                await then(socket)

            return greet

        monkeypatch.setattr(DiscordWebSocket, "from_client", from_client)
        for method in ("identify", "resume"):
            then = getattr(DiscordWebSocket, method)
            monkeypatch.setattr(DiscordWebSocket, method, after_hello(then))

    async def _stop(self, now: bool) -> None:
        if not now or self.come.is_set():
            return
        if self.passing:
            self.passing -= 1
            return
        self.come.set()
        [running] = [one for one in asyncio.all_tasks() if "Client.start" in repr(one.get_coro())]
        assert self._stage._listening is not None
        self._stage._listening.cancel()
        while not running.cancelling():
            await asyncio.sleep(0)


@pytest.mark.parametrize("name", ["begun", "hello", "done"])
@pytest.mark.parametrize("again", [False, True], ids=["at first", "again"])
@pytest.mark.parametrize("shards", [1, 2])
async def test_it_can_be_stopped_at_any_moment_of_connecting(
    stage: Stage,
    clients: list[client.Gateway],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    again: bool,
    shards: int,
) -> None:
    moment = Moment(stage, monkeypatch, name)
    moment.passing = shards if again else 0
    await stage.start(connected=again, discord_shard_count=shards)
    if again:
        await _again(stage, "identifies", shards)
        await stage.discord.ask("gateway", {"action": "drop"})
    async with asyncio.timeout(60):
        await moment.come.wait()
        await stage.stop()
    assert clients[0].is_closed()
    assert private_api.heartbeats(clients[0]) == []
    await until(lambda: _gone(stage), "no connection is left")


async def _gone(stage: Stage) -> bool:
    sessions = (await stage.discord.ask("sessions"))["sessions"]
    return not any(each["connected"] for each in sessions)


async def test_a_client_that_is_given_up_is_closed_also_where_the_bot_is_stopped_meanwhile(
    stage: Stage, clients: list[client.Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    closing, released = asyncio.Event(), asyncio.Event()
    close = client.Gateway.close

    async def slowly(self: client.Gateway) -> None:
        closing.set()
        await released.wait()
        await close(self)

    async def reassigned(self: client.Gateway) -> bool:
        return True

    monkeypatch.setattr(supervisor, "WATCH_SECONDS", 0.05)
    await stage.start()
    monkeypatch.setattr(client.Gateway, "close", slowly)
    monkeypatch.setattr(client.Gateway, "is_reassigned", reassigned)
    await closing.wait()
    stopping = asyncio.create_task(stage.stop())
    for _ in range(3):
        await asyncio.sleep(0)  # now it has been told to stop
    released.set()
    await stopping
    assert clients[0].is_closed()
    assert private_api.heartbeats(clients[0]) == []
