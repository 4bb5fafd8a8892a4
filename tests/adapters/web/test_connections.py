"""Connections that say nothing, or take nothing, cost others nothing."""

import asyncio
import io
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from PIL import Image
from structlog.testing import capture_logs

from adapters.web import connections, payload, server
from adapters.web.connections import Connections, most_connections
from tests.adapters.web.conftest import Client, Serve, Site
from tests.support.scripted import png

MOST = 24
HEAD = b"POST /api/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HALF_HEAD = HEAD[:60]
HALF_BODY = HEAD + b"Content-Length: 500\r\n\r\n{"
NOTHING = b""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Connections]:
    """The connections of each server that is started, of which there are few."""
    made: list[Connections] = []

    class Noted(Connections):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(server, "Connections", Noted)
    monkeypatch.setattr(server, "most_connections", lambda _: MOST)
    return made


@asynccontextmanager
async def opened(
    site: Site, number: int, sent: bytes, address: str = "127.0.0.2"
) -> AsyncIterator[list[Stream]]:
    streams: list[Stream] = []
    for _ in range(number):
        port = site.app.settings.web_port
        stream = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        stream[1].write(sent)
        streams.append(stream)
    try:
        yield streams
    finally:
        for _, writer in streams:
            writer.close()


async def ended(stream: Stream) -> bytes:
    """All that comes until the server closes."""
    async with asyncio.timeout(60):
        try:
            return await stream[0].read()
        except ConnectionError:
            return b""


async def answers(site: Site) -> None:
    """Somebody else is answered over a new connection, time and again."""
    for _ in range(5):
        async with opened(
            site,
            1,
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "127.0.0.3",
        ) as [stream]:
            assert (await ended(stream)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [NOTHING, HALF_HEAD, HALF_BODY])
async def test_a_flood_displaces_itself(serve: Serve, made: list[Connections], sent: bytes) -> None:
    site = await serve()
    with capture_logs() as lines:
        async with opened(site, 2, HALF_HEAD, "127.0.0.4") as early:
            for _ in range(4):
                async with opened(site, 3 * MOST, sent) as flood:
                    await answers(site)
                    assert len(made[0]) <= MOST
                    await ended(flood[0])
            assert not any(reader.at_eof() for reader, _ in early)  # a few of one's own stay
    assert len([line for line in lines if line["log_level"] == "warning"]) <= 1


@pytest.mark.parametrize("sent", [NOTHING, HALF_HEAD])
async def test_headers_have_a_deadline(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.05)
    site = await serve()
    async with opened(site, 3, sent) as streams:
        for stream in streams:
            assert await ended(stream) == b""


async def test_the_next_request_of_a_connection_has_the_same_deadline(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.2)
    site = await serve()
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with opened(site, 1, whole) as [(reader, writer)]:
        for _ in range(2):  # between two requests it may take its time
            assert b"200 OK" in await reader.readuntil(b"}")
            await asyncio.sleep(0.3)
            writer.write(whole)
        assert b"200 OK" in await reader.readuntil(b"}")
        writer.write(HALF_HEAD)
        assert await ended((reader, writer)) == b""


async def test_a_body_has_to_come_at_a_least_rate(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payload, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(payload, "LEAST_RATE", 1000)
    site = await serve(web_password="open sesame")
    client = site.client()
    await client.call("POST", "/login", data={"password": "open sesame"})
    [cookie] = client.session.cookie_jar
    sent = f"Cookie: {cookie.key}={cookie.value}\r\n".encode()
    form = b"POST /api/requests HTTP/1.1\r\nHost: localhost\r\n" + sent
    form += b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 500\r\n\r\n--x\r\n"
    login = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n"
    login += b"Content-Type: application/x-www-form-urlencoded\r\n\r\npass"
    half = HALF_BODY.replace(b"Host", sent + b"Host")
    for request in (half, form, login):
        async with opened(site, 1, request) as [(reader, _)]:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 408 "), request
    quick = half.replace(b"Length: 500", b"Length: 200000") + b" " * 100_000
    async with opened(site, 1, quick) as [(reader, _)]:  # which buys no time
        async with asyncio.timeout(60):  # not a hundred seconds
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
    monkeypatch.setattr(payload, "LEAST_RATE", 1)
    monkeypatch.setattr(payload, "GRACE_SECONDS", 1.5)
    async with opened(site, 1, half) as [(reader, writer)]:
        for _ in range(20):  # at the rate it may take as long as it takes
            writer.write(b" ")
            await asyncio.sleep(0.1)
        assert not reader.at_eof()


async def test_who_takes_nothing_is_let_go(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, made: list[Connections]
) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.1)
    site = await serve()
    noise = Image.frombytes("RGB", (1500, 1500), random.Random(1).randbytes(1500 * 1500 * 3))
    file = io.BytesIO()
    noise.save(file, "PNG", compress_level=0)
    kept = await site.app.engine.keep_upload("web", "ada", file.getvalue())
    request = f"GET /media/{kept.image_id} HTTP/1.1\r\nHost: localhost\r\n\r\n"  # type: ignore[union-attr]
    async with opened(site, 4, request.encode() * 4):  # 27 MB each, and nobody reads
        while len(made[0]) < 4:
            await asyncio.sleep(0.01)
        for _ in range(1200):
            if not len(made[0]):
                return
            await asyncio.sleep(0.05)
    pytest.fail("they are still there")


async def test_what_is_no_http_is_answered_and_logged_seldom(site: Site) -> None:
    with capture_logs() as lines:
        for sent in (b"GET\xff / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nA\r\n\r\n") * 20:
            async with opened(site, 1, sent) as [stream]:
                answer = await ended(stream)
                assert b" 400 Bad Request" in answer.partition(b"\r\n")[0]
                assert b'{"error": {"code": "invalid"' in answer
                assert b"aiohttp" not in answer
                assert b"Python" not in answer
    assert len(lines) <= 1


async def test_no_answer_tells_versions(client: Client) -> None:
    picture = (await client.draw())["pictures"][0]["image_url"]
    for path in ("/", "/healthz", "/nothing", "/static/style.css", "/api/history", picture):
        async with client.session.get(client.url + path) as response:
            told = str(response.headers)
            assert response.headers["Server"] == "banana-bot"
            assert "aiohttp" not in told
            assert "Python" not in told


@pytest.mark.parametrize("limit", [64, 256, 512, 768, 769, 1024, 4096, 65536, 1 << 20])
def test_connections_leave_descriptors_for_the_rest(limit: int) -> None:
    most = most_connections(limit)
    assert 16 <= most <= connections.MOST
    assert limit - most >= min(connections.RESERVED, limit // 2)


async def test_a_large_answer_to_a_slow_reader_arrives(site: Site) -> None:
    kept = await site.app.engine.keep_upload("web", "ada", png(size=(1500, 1500)))
    request = f"GET /media/{kept.image_id} HTTP/1.1\r\nHost: localhost\r\n"  # type: ignore[union-attr]
    async with opened(site, 1, f"{request}Connection: close\r\n\r\n".encode()) as [(reader, _)]:
        await asyncio.sleep(0.1)
        assert (await reader.read()).endswith(b"IEND\xaeB`\x82")
