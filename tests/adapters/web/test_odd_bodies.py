"""Bodies made to break a parser: each one is refused in words, and costs little."""

import gzip
import io
import json
import random
from collections import Counter

import pytest
from yarl import URL

from adapters.web import body, payload
from adapters.web.context import json_response
from adapters.web.payload import Payload
from tests.adapters.web.conftest import Client, Serve
from tests.support.scripted import png

KIND = "multipart/form-data; boundary=x"


def part(head: bytes, value: bytes = b"a") -> bytes:
    return b"--x\r\n" + head + b"\r\n\r\n" + value + b"\r\n"


def field(name: bytes, value: bytes = b"a", more: bytes = b"") -> bytes:
    return part(b'Content-Disposition: form-data; name="' + name + b'"' + more, value)


END = b"--x--\r\n"
TEXT = field(b"text", b"help")
FILE = b'; filename="a.png"'

ODD: dict[str, bytes] = {
    "many links": field(b"references") * 20_000 + END,
    "many files": field(b"references", more=FILE) * 20_000 + END,
    "many unknown fields": field(b"wish") * 20_000 + END,
    "many parts without a name": part(b"X: y") * 20_000 + END,
    "a long preamble": b"\n" * 300_000 + TEXT + END,
    "a preamble of one line": b"y" * 300_000 + b"\r\n" + TEXT + END,
    "a long header": part(b'Content-Disposition: form-data; name="text"; z="' + b"a" * 9000 + b'"'),
    "a header without end": b"--x\r\n" + b"a" * 300_000,
    "many headers": part(b'Content-Disposition: form-data; name="text"' + b"\r\nX: y" * 200) + END,
    "no colon": part(b"nonsense") + END,
    "a header of odd bytes": part(b"\xff\x00\xfe: \x00") + END,
    "a folded header": part(b'Content-Disposition: form-data;\r\n name="text"') + END,
    "a name of odd bytes": field(b"\xff\x00") + END,
    "a NUL in a name": field(b"text\0") + END,
    "a form in the form": part(b"Content-Type: multipart/mixed; boundary=y", b"--y--") + END,
    "a form in the form without boundary": part(b"Content-Type: multipart/mixed") + END,
    "a charset": field(b"_charset_", b"utf-7" * 50) + TEXT + END,
    "an unknown charset": field(b"_charset_", b"\xff") + TEXT + END,
    "a length that is none": part(
        b'Content-Disposition: form-data; name="text"\r\nContent-Length: x'
    ),
    "no end": TEXT[:-2],
    "only an end": END,
    "nothing": b"",
    "another boundary": TEXT.replace(b"--x", b"--z") + b"--z--\r\n",
    "a boundary inside": field(b"text", b"--x" * 1000) + b"--x",
    "deep options": field(b"text") + field(b"options", b'{"model":' * 30_000) + END,
    "deep lists": field(b"text") + field(b"options", b"[" * 100_000) + END,
    "half a character": field(b"text") + field(b"options", b'{"model": "\\ud800"}') + END,
    "an endless number": field(b"text")
    + field(b"options", b'{"count": ' + b"9" * 5000 + b"}")
    + END,
    "text that is no UTF-8": field(b"text", b"\xc3\x28") + END,
    "a link that is no UTF-8": field(b"text") + field(b"references", b"\xff") + END,
    "a long link": field(b"text") + field(b"references", b"h" * 5000) + END,
    "a NUL in an id": field(b"text") + field(b"event_id", b"a\0b") + END,
    "a NUL in a reply": field(b"text") + field(b"reply_to", b"job_\0") + END,
}


def fine(status: int, answer: object) -> bool:
    """A 4xx with words."""
    if not isinstance(answer, dict) or not 400 <= status < 500:
        return False
    return bool(answer["error"]["code"] and answer["error"]["message"])


@pytest.mark.parametrize("name", ODD)
async def test_a_form_that_is_none_is_refused_at_little_cost(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: Counter[str] = Counter()
    for method in ("read", "readline"):
        inner = getattr(Payload, method)

        async def counted(self: Payload, *args: int, inner=inner, method=method, **more: int):  # type: ignore[no-untyped-def]
            calls[method] += 1
            return await inner(self, *args, **more)

        monkeypatch.setattr(Payload, method, counted)
    status, answer = await client.call(
        "POST", "/api/requests", data=io.BytesIO(ODD[name]), headers={"Content-Type": KIND}
    )
    assert fine(status, answer), (status, answer)
    assert calls["readline"] <= payload.MOST_LINES + 1
    assert calls["read"] <= 4 * (body.MOST_REFERENCES + 4)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/json", b"[" * 500_000),
        ("application/json", b'{"a":' * 150_000),
        ("application/json", b'{"text": "a cat", "event_id": "\\u0000"}'),
        ("application/json", b'{"text": "a cat", "event_id": "a\\nb"}'),
        ("application/json", b'{"text": "a cat", "reply_to": "job_\\u0000"}'),
        ("application/json", b'{"text": "a cat", "reply_to": "\\ud83d"}'),
        ("application/json", b'{"text": "a cat", "references": ["\\u0000"]}'),
        ("application/json", b'{"text": "a cat", "references": ["https://\\u0000/"]}'),
        ("application/json", b'{"text": "a cat", "options": {"model": "\\u0000"}}'),
        ("application/json", b'{"text": "a cat", "options": {"count": 1e400}}'),
        ("application/json", b'{"text": "a cat", "text": "\xed\xa0\x80"}'),
        ("application/json; charset=utf-16", '{"text": "a cat"}'.encode("utf-16")),
        ("application/json; charset=nonsense", b"\xff"),
        ("multipart/form-data; boundary=" + "x" * 100, TEXT + END),
        ("multipart/form-data; boundary=é", TEXT + END),
        ('multipart/form-data; boundary="', TEXT + END),
        ("multipart/form-data; boundary=x; boundary=y", b"--z\r\n"),
        ("multipart/mixed; boundary=x", TEXT + END),
        ("", b"a"),
    ],
)
async def test_json_and_kinds_that_are_none(client: Client, kind: str, data: bytes) -> None:
    status, answer = await client.call(
        "POST", "/api/requests", data=data, headers={"Content-Type": kind}
    )
    assert fine(status, answer), (status, answer)


async def test_nothing_is_unpacked(client: Client) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    for path in ("/api/requests", "/login", "/webhooks/none", "/api/jobs/job_x/again"):
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        status, answer = await client.call("POST", path, data=bomb, headers=headers)
        assert fine(status, answer), path
    form = TEXT + END
    headers = {"Content-Type": KIND, "Content-Encoding": "deflate"}
    assert (await client.call("POST", "/api/requests", data=form, headers=headers))[0] == 415


async def test_any_damage_to_a_form_is_an_answer(client: Client) -> None:
    """Never a 500, whatever bytes are lost, doubled or changed."""
    await client.get("/")
    chance = random.Random(7)
    whole = field(b"text", b"help") + field(b"options", b'{"size": "2K"}')
    whole += field(b"references", png(), FILE) + field(b"event_id", b"one") + END
    found: Counter[int] = Counter()
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(data))
            some = data[start : start + chance.randint(1, 40)]
            match chance.randrange(4):
                case 0:
                    del data[start : start + len(some)]
                case 1:
                    data[start:start] = some * chance.randint(1, 5)
                case 2:
                    data[start : start + len(some)] = chance.randbytes(len(some))
                case 3:
                    data[start:start] = chance.choice([b"\r\n", b"--x", b"\0", b"--", b"\xff"])
        status, answer = await client.call(
            "POST", "/api/requests", data=bytes(data), headers={"Content-Type": KIND}
        )
        found[status] += 1
        assert status in (200, 202) or fine(status, answer), (status, answer, bytes(data))
    assert found[400] > 50
    assert found[200] + found[202] > 5


@pytest.fixture(params=["sqlite", "postgresql"])
async def stored(request: pytest.FixtureRequest, serve: Serve) -> Client:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return (await serve(database_url=url)).client()


async def test_no_text_breaks_a_database(stored: Client) -> None:
    await stored.get("/")
    odd = ["\0", "a\0b", "\ud83d", "\udcff", "\U0001f34c", "'; --", "%00", "\x1f"]
    for text in odd:
        quoted = json.dumps(text)
        for sent in (
            f'{{"text": {quoted}}}',
            f'{{"text": {json.dumps("help " + text)}}}',
            f'{{"text": "a fox", "event_id": {quoted}}}',
            f'{{"text": "a fox", "reply_to": {quoted}}}',
            f'{{"text": "a fox", "references": [{quoted}]}}',
            f'{{"text": "a fox", "options": {{"model": {quoted}}}}}',
        ):
            headers = {"Content-Type": "application/json"}
            status, answer = await stored.call(
                "POST", "/api/requests", data=sent.encode(), headers=headers
            )
            assert status in (200, 202) or fine(status, answer), (status, sent)
        for name in ("model", "size", "aspect_ratio", "language"):
            status, answer = await stored.call(
                "PUT",
                "/api/preferences",
                data=f'{{"{name}": {quoted}}}'.encode(),
                headers={"Content-Type": "application/json"},
            )
            assert fine(status, answer), (status, name, text)
    paths = [
        f"/api/jobs/{odd}{more}"
        for odd in ("%00", "job_%00", "%ED%A0%80", "%FF", "%F0%9F")
        for more in ("", "/events")
    ]
    paths += ["/media/%00", "/download/img_%00", "/api/history?before=%00", "/static/%00"]
    for path in paths:
        status, answer = await call(stored, path)
        assert fine(status, answer), (status, path)


async def call(client: Client, path: str) -> tuple[int, object]:
    url = URL(client.url + path, encoded=True)
    async with client.session.get(url) as response:
        return response.status, await response.json()


def test_half_a_character_in_an_answer_is_an_answer() -> None:
    """What a provider or a platform said may hold one; it must not break the page."""
    response = json_response({"text": "a \ud83d fox"})
    assert json.loads(response.body or b"") == {"text": "a ? fox"}  # type: ignore[arg-type]
