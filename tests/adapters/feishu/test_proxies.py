"""Which way requests go: through the proxy that the environment names, or past it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from adapters.feishu.adapter import checked
from adapters.feishu.doctor import check
from adapters.feishu.settings import FeishuSettings
from bot.ports import Misconfigured
from tests.adapters.feishu.configuration import configured
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import APP_ID, APP_SECRET, Stage

REQUEST = re.compile(rb"^([A-Z]+) (\S+) HTTP/1\.1\r$", re.MULTILINE)


class Proxy:
    """A proxy that writes down what it is asked for: whole addresses, and tunnels."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.url = ""
        self._server: asyncio.Server

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self._note(head)
            host = target if method == "CONNECT" else target.split("/")[2]
            name, _, port = host.partition(":")
            there, out = await asyncio.open_connection(name, int(port))
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = target.split("/", 3)[3]
                out.write(head.replace(target.encode(), f"/{path}".encode(), 1))
            upwards = _pour(reader, out, self._note)
            await asyncio.gather(upwards, _pour(there, writer, lambda _: None))

    def _note(self, data: bytes) -> None:
        self.seen += [f"{m.decode()} {t.decode()}" for m, t in REQUEST.findall(data)]


async def _pour(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, note: Callable[[bytes], None]
) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            note(data)
            sink.write(data)
            await sink.drain()
    with suppress(ConnectionError, RuntimeError):
        sink.close()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """Here even this machine is reached by the proxy: the platform is on it."""
    monkeypatch.setattr("bot.runtime.proxies._is_here", lambda _: False)
    made = Proxy()
    await made.open()
    yield made
    made.close()


async def test_every_call_goes_through_the_proxy(
    bot: Start, stage: Stage, alone: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "localhost")
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    seen = {one.replace(stage.remote.url, "").partition("?")[0] for one in proxy.seen}
    host = stage.remote.url.removeprefix("http://")
    for part in (
        "POST /open-apis/auth/v3/tenant_access_token/internal",
        "POST /callback/ws/endpoint",
        f"CONNECT {host}",
        "POST /open-apis/im/v1/images",
    ):
        assert part in seen
    assert any(one.endswith("/reply") for one in seen)
    findings = [each async for each in check(configured(stage.remote))]
    assert any(f"by the proxy {proxy.url}" in each.text for each in findings)


async def test_no_proxy_is_honoured(
    bot: Start, stage: Stage, alone: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    await bot()
    await stage.say(alone, "Ann", "画一只猫")
    await stage.done(alone)
    assert proxy.seen == []


async def test_a_proxy_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:secret@proxy.example")
    given = FeishuSettings(feishu_app_id=APP_ID, feishu_app_secret=APP_SECRET)  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match="HTTPS_PROXY"):
        checked(given, ("feishu", "web"))
    findings = [each async for each in check(given)]
    assert [each.good for each in findings] == [False]
    assert "HTTPS_PROXY" in findings[0].text
    assert "secret" not in findings[0].text
