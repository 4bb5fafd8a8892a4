"""The API, the gateway and the files of Discord through the proxy that the environment names."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest

from adapters.discord.doctor import check
from adapters.discord.settings import DiscordSettings
from bot.ports import Finding, Misconfigured
from tests.adapters.discord.stage import Stage
from tests.support.scripted import Scripted

API, GATEWAY = "http://api.discord.test/api/v10", "ws://gateway.discord.test/"
SECRET = "pass:word"


class Proxy:
    """A proxy for plain HTTP, also when it is upgraded; every host is the server at ``port``."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.hosts: list[str] = []
        self.authorized = True

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            yield f"http://me:{SECRET.replace(':', '%3A')}@127.0.0.1:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            host = urlsplit(head.split(b" ")[1].decode()).hostname
            assert host, head
            self.hosts.append(host)
            wanted = base64.b64encode(f"me:{SECRET}".encode())
            self.authorized = self.authorized and b"Basic " + wanted in head
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
            back.write(head)
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
    sink.close()


@pytest.fixture
async def proxy(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """The environment names a proxy in front of the emulator."""
    made = Proxy(int(stage.discord.url.rpartition(":")[2]))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    async with made.serving() as url:
        monkeypatch.setenv("HTTP_PROXY", url)
        await stage.discord.set(cdn="http://api.discord.test")
        yield made
        await stage.stop()


async def findings(settings: DiscordSettings) -> list[Finding]:
    return [finding async for finding in check(settings, 4)]


async def test_everything_of_discord_goes_through_the_proxy(
    stage: Stage, proxy: Proxy, provider: Scripted
) -> None:
    await stage.start(discord_api_base=API, discord_gateway_url=GATEWAY)
    picture = {"filename": "cat.png", "picture": [80, 60]}
    said = await stage.type("make it blue", mention=True, attachments=[picture])
    await stage.drawn(said["message"])
    await stage.picture(await stage.slash("imagine", options={"prompt": "a dog"}))
    assert len(provider.submitted[0].references) == 1
    assert {*proxy.hosts} == {"api.discord.test", "gateway.discord.test"}
    assert proxy.hosts.count("gateway.discord.test") == 1
    assert proxy.authorized


async def test_what_is_excepted_is_reached_directly(
    stage: Stage, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start(discord_api_base=API)  # this machine is always excepted
    await stage.drawn((await stage.type("a cat", mention=True))["message"])
    assert {*proxy.hosts} == {"api.discord.test"}


async def test_doctor_says_which_way_it_goes(
    stage: Stage, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = stage.configured(discord_api_base=API, discord_gateway_url=GATEWAY)
    first, second, *_ = await findings(settings)
    assert first.text.startswith("reached by the proxy http://127.0.0.1:")
    assert second.text.startswith("logged in as banana")
    monkeypatch.setenv("NO_PROXY", "gateway.discord.test")
    first, *_ = await findings(settings)
    assert first.text.startswith("the API is reached by the proxy")
    assert first.text.endswith("the gateway directly")
    assert "NO_PROXY" in first.hint
    assert "word" not in repr(await findings(settings))


async def test_a_proxy_of_another_kind_is_explained(
    stage: Stage, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"socks5://me:{SECRET}@127.0.0.1:1080")
    [finding] = await findings(stage.configured(discord_api_base=API))
    assert not finding.good
    assert "HTTP_PROXY" in finding.text
    await stage.start(connected=False, discord_api_base=API)
    error = await stage.ended()
    assert isinstance(error, Misconfigured)
    assert "HTTP_PROXY" in str(error)
    assert "word" not in str(error)
