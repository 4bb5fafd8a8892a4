"""The server itself: where it listens, and what it tells of itself."""

import asyncio
import socket

import pytest

from tests.adapters.web.conftest import Client, Serve

MALFORMED = (
    b"NONSENSE\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nBad Header\x00: x\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
)


async def _head(client: Client, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(client.url.rpartition(":")[2]))
    writer.write(request)
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return head


async def test_no_answer_tells_the_versions_of_what_runs_here(client: Client) -> None:
    for path in ("/", "/static/app.js", "/api/history", "/nothing"):
        async with client.session.get(client.url + path) as response:
            assert response.headers["Server"] == "banana-bot"
    for request in MALFORMED:
        answer = await _head(client, request)
        assert answer.startswith(b"HTTP/1."), request
        for word in (b"Python", b"aiohttp"):
            assert word not in answer


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_every_address_is_one_of_ipv4_too(serve: Serve) -> None:
    site = await serve(web_host="::", web_password="hunter2")  # and that it answers at 127.0.0.1
    for host in ("127.0.0.1", "[::1]"):
        async with site.client().session.get(
            f"http://{host}:{site.app.settings.web_port}/healthz"
        ) as response:
            assert response.status == 200


async def test_it_is_ready_while_the_database_and_every_connection_are_there(serve: Serve) -> None:
    site = await serve(web_host="127.0.0.1", web_password="hunter2")  # probes have none
    client = site.client()
    assert await client.get("/readyz") == (200, {"status": "ok", "database": True})
    site.app.bot.connections["elsewhere"] = lambda: there
    for there, status, word in ((True, 200, "ok"), (False, 503, "not ready")):
        said = {"status": word, "database": True, "elsewhere": there}
        assert await client.get("/readyz") == (status, said)
    assert await client.get("/healthz") == (200, {"status": "ok"})
