"""What platforms deliver through the web server."""

import io
from collections.abc import Mapping

import pytest

from adapters.feishu.events.webhook import Webhook
from adapters.feishu.settings import FeishuSettings
from tests.adapters.web.conftest import Serve


async def test_a_delivery_reaches_its_adapter_without_a_login(serve: Serve) -> None:
    site = await serve(web_password="hunter2")
    seen: list[tuple[Mapping[str, str], bytes]] = []

    async def receive(headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        seen.append((headers, body))
        return 202, b'{"taken": true}'

    site.app.bot.webhooks["there"] = receive
    client = site.client()
    headers = {"X-Lark-Signature": "abc", "Content-Type": "application/json"}
    status, answer = await client.post("/webhooks/there", {"a": 1}, headers=headers)
    assert (status, answer) == (202, {"taken": True})
    assert seen[0][0]["x-lark-signature"] == "abc"
    assert seen[0][1] == b'{"a": 1}'
    assert not client.session.cookie_jar.filter_cookies(site.url)  # type: ignore[arg-type]


async def test_nothing_else_is_delivered(serve: Serve) -> None:
    site = await serve()
    client = site.client()
    assert (await client.post("/webhooks/nobody", {}))[0] == 404
    assert (await client.get("/webhooks/nobody"))[0] == 405
    site.app.bot.webhooks["there"] = lambda _headers, _body: None  # type: ignore[assignment, return-value]
    large = io.BytesIO(b"x" * 1_100_000)
    assert (await client.call("POST", "/webhooks/there", data=large))[0] == 413
    other = {"Origin": "https://evil.example"}
    assert (await client.post("/webhooks/there", {}, headers=other))[0] == 403


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 300_000,
        b'{"header":' * 90_000,
        b'{"header": {"token": "\\ud800"}}',
        b'{"token": "\\ud800", "type": "url_verification", "challenge": "\\ud800"}',
        b'{"token": "\\u0000"}',
        b"\xff\xfe",
        b"",
    ],
)
async def test_a_body_made_to_break_a_parser_is_refused(serve: Serve, body: bytes) -> None:
    """With Feishu's own adapter, whoever sends it: it is read before it is known to be genuine."""

    async def take(_payload: bytes) -> dict[str, str]:
        pytest.fail("it was taken")

    site = await serve()
    secret = FeishuSettings(feishu_verification_token="secret")  # type: ignore[arg-type]
    site.app.bot.webhooks["feishu"] = Webhook(secret, take)  # type: ignore[arg-type]
    client = site.client()
    status, answer = await client.call("POST", "/webhooks/feishu", data=io.BytesIO(body))
    assert 400 <= status < 500, answer
    headers = {"X-Lark-Signature": "\udcff", "X-Lark-Request-Nonce": "\udcff"}
    status, answer = await client.call("POST", "/webhooks/feishu", data=b"{}", headers=headers)
    assert 400 <= status < 500, answer
