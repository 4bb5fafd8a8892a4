"""What the installed discord.py must have, although its documentation does not promise it."""

import inspect
import threading
from pathlib import Path

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import HTTPClient, Route

import adapters.discord
from adapters.discord import private_api
from adapters.discord.gateway.client import UNREAD
from tests.support.private_names import private_names


def _parameters(function: object) -> list[str]:
    assert callable(function)
    return [*inspect.signature(function).parameters]


@pytest.fixture
def client() -> discord.Client:
    return discord.Client(intents=discord.Intents.none())


def test_addresses_stand_where_they_are_changed() -> None:
    assert Route.BASE.startswith("http")
    assert isinstance(DiscordWebSocket.DEFAULT_GATEWAY, yarl.URL)
    assert Route("GET", "/users/@me").url == f"{Route.BASE}/users/@me"


def test_events_that_are_not_read_have_a_name_of_their_own(client: discord.Client) -> None:
    assert {*UNREAD, "MESSAGE_CREATE", "INTERACTION_CREATE"} <= private_api.parsers(client).keys()


def test_voice_warns_by_itself_unless_it_is_told() -> None:
    assert isinstance(discord.VoiceClient.warn_nacl, bool)
    assert isinstance(discord.VoiceClient.warn_dave, bool)


async def test_the_gateway_connects_by_a_method_that_knows_the_proxy(
    client: discord.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "gateway.example")
    used: list[tuple[str | None, str]] = []

    async def ws_connect(self: HTTPClient, url: str, **more: object) -> None:
        used.append((self.proxy, url))

    assert _parameters(HTTPClient.ws_connect) == ["self", "url", "compress"]
    assert "self.proxy" in inspect.getsource(HTTPClient.ws_connect)
    assert "http.ws_connect(" in inspect.getsource(DiscordWebSocket.from_client)
    monkeypatch.setattr(HTTPClient, "ws_connect", ws_connect)
    private_api.guide(client, "https://discord.example/api/v10")
    assert client.http.proxy == "http://proxy.example:3128"
    for url in ("wss://gateway.example", "wss://other.example"):
        await client.http.ws_connect(url)
    assert used == [
        (None, "wss://gateway.example"),
        ("http://proxy.example:3128", "wss://other.example"),
    ]


@pytest.mark.parametrize("kind", [discord.Client, discord.AutoShardedClient])
def test_events_are_read_by_functions_that_can_be_replaced(kind: type[discord.Client]) -> None:
    client = kind(intents=discord.Intents.none())
    parsers = private_api.parsers(client)
    assert {"READY", "RESUMED", "INTERACTION_CREATE", "MESSAGE_CREATE"} <= parsers.keys()
    assert parsers is private_api.parsers(client)
    assert "_discord_parsers" in inspect.getsource(DiscordWebSocket)


def test_a_connection_is_kept_alive_by_a_thread_that_can_be_told_to_end() -> None:
    assert issubclass(KeepAliveHandler, threading.Thread)
    assert _parameters(KeepAliveHandler.stop) == ["self"]
    assert "self.ws" in inspect.getsource(KeepAliveHandler.__init__)
    connecting = inspect.getsource(DiscordWebSocket.from_client)
    assert connecting.index("ws._connection = ") < connecting.index("ws.poll_event()")


def test_a_member_keeps_the_ids_of_its_roles() -> None:
    assert "_roles" in discord.Member.__slots__
    assert "_roles" in inspect.getsource(discord.Member.__init__)


def test_calls_of_the_api_take_what_they_are_given(client: discord.Client) -> None:
    assert isinstance(client.http, HTTPClient)
    assert _parameters(HTTPClient.get_bot_gateway) == ["self"]
    assert _parameters(HTTPClient.bulk_upsert_global_commands) == [
        "self",
        "application_id",
        "payload",
    ]
    assert _parameters(HTTPClient.request)[:2] == ["self", "route"]


def test_nothing_else_uses_private_names() -> None:
    folder = Path(adapters.discord.__path__[0])
    assert private_names(folder, other_than={"private_api.py"}) == []
