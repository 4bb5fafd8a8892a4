"""Everything that should not be sent gets a clear answer, and the server keeps answering."""

import ast
import asyncio
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web import body, gallery
from tests.adapters.web.conftest import Client, Site
from tests.support.scripted import png


def huge_png(width: int, height: int) -> bytes:
    """A few hundred bytes that say they are a picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


BAD_JSON: list[tuple[Any, int, str]] = [
    ({}, 400, "empty_prompt"),
    ({"text": ""}, 400, "empty_prompt"),
    ({"text": " \n\t "}, 400, "empty_prompt"),
    ({"text": "\x00\x01\x1b"}, 400, "empty_prompt"),
    ({"text": "x" * 100_000}, 400, "prompt_too_long"),
    ({"text": None}, 400, "invalid"),
    ({"text": 5}, 400, "invalid"),
    ({"text": ["a"]}, 400, "invalid"),
    ({"text": "a cat", "wish": 1}, 400, "invalid"),
    ({"text": "a cat", "options": []}, 400, "invalid"),
    ({"text": "a cat", "options": {"colour": "red"}}, 400, "invalid"),
    ({"text": "a cat", "options": {"model": 7}}, 400, "invalid"),
    ({"text": "a cat", "options": {"model": "m" * 500}}, 400, "invalid"),
    ({"text": "a cat", "options": {"model": "dall-e"}}, 422, "unknown_model"),
    ({"text": "a cat", "options": {"size": "8K"}}, 422, "unsupported_size"),
    ({"text": "a cat", "options": {"model": "pro", "size": "512"}}, 422, "unsupported_size"),
    ({"text": "a cat", "options": {"aspect_ratio": "7:13"}}, 422, "unsupported_ratio"),
    ({"text": "a cat", "options": {"count": 0}}, 400, "bad_count"),
    ({"text": "a cat", "options": {"count": -1}}, 400, "bad_count"),
    ({"text": "a cat", "options": {"count": 999}}, 400, "bad_count"),
    ({"text": "a cat", "options": {"count": 10**30}}, 400, "bad_count"),
    ({"text": "a cat", "options": {"count": "2"}}, 400, "invalid"),
    ({"text": "a cat", "options": {"count": 1.5}}, 400, "invalid"),
    ({"text": "a cat", "options": {"count": True}}, 400, "invalid"),
    ({"text": "a cat", "references": "https://example.com/a.png"}, 400, "invalid"),
    ({"text": "a cat", "references": [1]}, 400, "invalid"),
    ({"text": "a cat", "references": ["https://example.com/" + "a" * 5000]}, 400, "invalid"),
    ({"text": "a cat", "references": ["x"] * 100}, 400, "invalid"),
    ({"text": "a cat", "references": ["../../etc/passwd"]}, 422, "reference_missing"),
    ({"text": "a cat", "references": ["img_000000000000"]}, 422, "reference_missing"),
    ({"text": "a cat", "references": ["http://127.0.0.1/"]}, 422, "reference_not_https"),
    ({"text": "a cat", "references": ["http://169.254.169.254/"]}, 422, "reference_not_https"),
    ({"text": "a cat", "references": ["file:///etc/passwd"]}, 422, "reference_not_https"),
    ({"text": "a cat", "references": ["https://127.0.0.1/a.png"]}, 422, "reference_private"),
    ({"text": "a cat", "references": ["https://169.254.169.254/latest"]}, 422, "reference_private"),
    ({"text": "a cat", "references": ["https://[::ffff:10.0.0.1]/"]}, 422, "reference_private"),
    ({"text": "a cat", "references": ["https://0x7f000001/"]}, 422, "reference_private"),
    ({"text": "a cat", "references": ["https://localhost/a.png"]}, 422, "reference_private"),
    (
        {"text": "a cat", "references": ["https://user:pw@example.com/"]},
        422,
        "reference_unreachable",
    ),
    ({"text": "a cat", "reply_to": "job_nobody"}, 404, "not_found"),
    ({"text": "a cat", "reply_to": ""}, 400, "invalid"),
    ({"text": "a cat", "event_id": ""}, 400, "invalid"),
    ({"text": "a cat", "event_id": "e" * 129}, 400, "invalid"),
    ([], 400, "invalid"),
    ("text", 400, "invalid"),
    (None, 400, "invalid"),
]


NOT_UTF8 = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\r\n--x--\r\n'


async def test_json_that_is_not_a_request(client: Client) -> None:
    for sent, status, code in BAD_JSON:
        async with client.session.post(f"{client.url}/api/requests", json=sent) as response:
            if sent is None:  # aiohttp sends no body for None
                continue
            answer = await response.json()
            told = json.dumps(sent)[:100]
            assert (response.status, answer["error"]["code"]) == (status, code), told
            assert answer["error"]["message"], told
    assert await client.get("/healthz") == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"text": "\\ud800"}', "application/json", 400),
        (b'{"text": NaN}', "application/json", 400),
        (b'{"options":' * 20_000, "application/json", 400),
        (b'{"text": "' + b"x" * 2_000_000 + b'"}', "application/json", 413),
        (b"text=a", "application/x-www-form-urlencoded", 415),
        (b"a lighthouse", "text/plain", 415),
        (b'{"text": "a"}', "image/png", 415),
        (b"not a form", "multipart/form-data", 400),
        (b"not a form", "multipart/form-data; boundary=", 400),
        (b"not a form", "multipart/form-data; boundary=x", 400),
        (NOT_UTF8, "multipart/form-data; boundary=x", 400),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x", 400),
        (
            b"--x\r\nContent-Disposition: form-data; name=text",
            "multipart/form-data; boundary=x",
            400,
        ),
    ],
)
async def test_bodies_that_cannot_be_read(
    client: Client, data: bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind}
    found, answer = await client.call(
        "POST", "/api/requests", data=io.BytesIO(data), headers=headers
    )
    assert found == status, answer
    assert answer["error"].keys() >= {"code", "message"}
    assert await client.get("/healthz") == (200, {"status": "ok"})


async def send_file(client: Client, data: bytes, name: str = "a.png") -> tuple[int, str]:
    form = aiohttp.FormData()
    form.add_field("text", "make it warmer")
    form.add_field("references", io.BytesIO(data), filename=name, content_type="image/png")
    status, answer = await client.call("POST", "/api/requests", data=form)
    return status, answer.get("error", {}).get("code", "")


async def test_files_that_are_no_usable_picture(client: Client) -> None:
    assert await send_file(client, b"just some text") == (422, "reference_unusable")
    assert await send_file(client, b"") == (422, "reference_unusable")
    assert await send_file(client, png()[:100]) == (422, "reference_damaged")
    assert await send_file(client, b"<svg xmlns='http://www.w3.org/2000/svg'/>") == (
        422,
        "reference_format",
    )
    assert await send_file(client, png(size=(1, 1))) == (422, "reference_too_small")
    assert await send_file(client, huge_png(40_000, 40_000)) == (413, "reference_too_large")
    assert await send_file(client, png(), "../../etc/passwd") == (202, "")


async def test_too_large_files_and_too_many(client: Client) -> None:
    large = bytes(body.LARGEST_PICTURE + 1)
    assert await send_file(client, large) == (413, "too_large")
    assert (await send_file(client, bytes(50 * 1024 * 1024)))[0] == 413
    form = aiohttp.FormData()
    form.add_field("text", "make it warmer")
    for _ in range(body.MOST_FILES + 1):
        form.add_field("references", png(), filename="a.png")
    status, answer = await client.call("POST", "/api/requests", data=form)
    assert (status, answer["error"]["code"]) == (413, "too_large")
    form = aiohttp.FormData()
    form.add_field("text", "make it warmer")
    for _ in range(15):
        form.add_field("references", png(), filename="a.png")
    status, answer = await client.call("POST", "/api/requests", data=form)
    assert (status, answer["error"]["code"]) == (422, "too_many_references")


async def test_what_a_person_can_meet_is_said_in_their_language(client: Client) -> None:
    many = aiohttp.FormData()
    many.add_field("text", "make it warmer")
    for _ in range(body.MOST_FILES + 1):
        many.add_field("references", png(), filename="a.png")
    large = aiohttp.FormData()
    large.add_field("text", "make it warmer")
    data = io.BytesIO(bytes(body.LARGEST_PICTURE + 1))
    large.add_field("references", data, filename="a.png")
    chinese = {"Accept-Language": "zh-CN"}
    for form, said in ((many, "一次最多发 16 张图片。"), (large, "内容太大，最多 20 MB。")):
        _, answer = await client.call("POST", "/api/requests", data=form, headers=chinese)
        assert answer["error"]["message"] == said
    ids = "&".join(f"id={number}" for number in range(gallery.MOST_SAVED + 1))
    _, answer = await client.call("GET", f"/download?{ids}", headers=chinese)
    assert answer["error"]["message"] == "一个 ZIP 文件最多放 200 张图片。"
    await client.call("PUT", "/api/preferences", json={"language": "ja"})
    _, answer = await client.call("GET", f"/download?{ids}", headers=chinese)
    chosen = answer["error"]["message"]
    assert chosen == (await client.call("GET", f"/download?{ids}"))[1]["error"]["message"]
    assert "ZIP" in chosen
    assert "图片" not in chosen


FOR_PROGRAMS = {"invalid", "unsupported_media_type", "unknown_language", "not_found"}
"""Codes that say in English what only the author of a program does wrong."""


def test_only_programs_are_answered_in_words_of_the_code() -> None:
    """Whatever a person can meet has its words in the catalogs."""
    written = set()
    for file in Path(body.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "RefusedRequest":
                if len(node.args) > 2 and isinstance(node.args[2], ast.Constant | ast.JoinedStr):
                    written.add(ast.literal_eval(node.args[1]))
    assert written == FOR_PROGRAMS


async def test_a_body_that_says_it_is_too_large_is_refused_unread(client: Client) -> None:
    answer = await raw(
        client,
        b"POST /api/requests HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999999\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "too_large"' in answer


async def test_forms_with_wrong_fields(client: Client) -> None:
    for fields in (
        [("text", "a"), ("text", "b")],
        [("text", "a"), ("wish", "b")],
        [("text", "a"), ("options", "{")],
        [("text", "a"), ("options", '{"count": "2"}')],
    ):
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields:
            form.add_field(name, value)
        status, answer = await client.call("POST", "/api/requests", data=form)
        assert (status, answer["error"]["code"]) == (400, "invalid"), fields


@pytest.mark.parametrize(
    "path",
    [
        "/media/../../etc/passwd",
        "/media/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/media/img_000000000000",
        "/media/img_00000000000g",
        "/media/img_000000000000.png",
        "/media/IMG_000000000000",
        "/media/img_000000000000%00",
        "/download/..%2fbanana-bot.sqlite3",
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/index.html",
        "/api/jobs/..%2f..%2f",
        "/api/jobs/job_nobody",
        "/api/jobs/job_nobody/events",
        "/api/nothing",
        "/nothing",
    ],
)
async def test_paths_that_lead_nowhere(client: Client, path: str) -> None:
    answer = await raw(client, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 "), answer[:200]
    assert b'{"error": {"code": "not_found"' in answer


async def test_methods_that_are_not_there(client: Client) -> None:
    async with client.session.delete(f"{client.url}/api/history") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET,HEAD"
        assert (await response.json())["error"]["code"] == "method_not_allowed"


async def test_numbers_that_are_none(client: Client) -> None:
    for query in ("limit=x", "before=x", "before=nan", "limit=nan"):
        status, answer = await client.get(f"/api/history?{query}")
        assert (status, answer["error"]["code"]) == (400, "invalid"), query
    for query in ("limit=0", "limit=-5", "limit=1e30", "before=inf", "before=-1e300", "limit=inf"):
        assert (await client.get(f"/api/history?{query}"))[0] == 200, query


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /api/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
async def test_what_is_not_http(client: Client, request_bytes: bytes) -> None:
    answer = await raw(client, request_bytes)
    assert answer == b"" or answer.split(b" ")[1].startswith(b"4"), answer[:200]
    assert await client.get("/healthz") == (200, {"status": "ok"})


async def test_a_client_that_goes_away_in_the_middle(client: Client) -> None:
    port = int(client.url.rpartition(":")[2])
    await client.get("/api/history")
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /api/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
            b'Content-Type: application/json\r\n\r\n{"text": "a'
        )
        await writer.drain()
        writer.transport.abort()
    assert await client.get("/healthz") == (200, {"status": "ok"})
    assert (await client.draw())["status"] == "succeeded"


async def test_an_error_of_ours_is_an_answer_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(site.app.history, "jobs_of", broken)
    status, answer = await site.client().get("/api/history")
    assert status == 500
    assert answer["error"]["code"] == "internal"
    assert "secret" not in json.dumps(answer)


async def raw(client: Client, request: bytes) -> bytes:
    """Send bytes and read the answer until the server closes or has said all."""
    port = int(client.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        async with asyncio.timeout(60):
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.read(65536)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    finally:
        writer.close()
