"""The Feishu emulator delivers events as Feishu does: long connection, webhook, and again."""

import asyncio
import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from Crypto.Cipher import AES

from tests.emulators._feishu.raw import Raw, until
from tests.emulators.process import ROOT, Remote, Shared


@pytest.fixture(scope="session")
def shared(emulator_of: Shared) -> Remote:
    return emulator_of("feishu")


@pytest.fixture
async def remote(shared: Remote) -> Remote:
    await shared.ask("sockets", {"do": "drop"})
    await shared.forget()
    await until(lambda: closed(shared))
    return shared


async def closed(remote: Remote) -> bool:
    return not (await remote.ask("sockets"))["open"]


@pytest.fixture
async def raw(remote: Remote) -> AsyncIterator[Raw]:
    async with Raw(remote) as raw:
        yield raw


async def people(remote: Remote, kind: str = "group") -> str:
    await remote.ask("people", {"name": "Alice", "locale": "en_us"})
    chat: str = (await remote.ask("chats", {"type": kind, "people": ["Alice"]}))["chat_id"]
    return chat


async def say(remote: Remote, chat: str, text: str = "<@bot> 画", **more: Any) -> str:
    given = {"chat": chat, "from": "Alice", "text": text, **more}
    event: str = (await remote.ask("send", given))["event_id"]
    return event


async def tries(remote: Remote, event: str, count: int) -> Any:
    """The event, once it was pushed so often and each push has an outcome."""

    async def pushed() -> Any:
        [found] = await remote.ask(f"events?event_id={event}")
        return found if len(found["tries"]) == count and not found["busy"] else None

    return await until(pushed)


# The long connection


async def test_an_event_is_pushed_once_when_acknowledged(raw: Raw) -> None:
    chat = await people(raw.remote)
    line = await raw.connect()
    event = await say(raw.remote, chat)
    frame, payload = await line.event()
    assert payload["header"]["event_id"] == event
    message = payload["event"]["message"]
    assert message["content"] == '{"text": "@_user_1 画"}'
    assert message["mentions"][0]["id"]["open_id"] == raw.app["open_id"]
    await line.ack(frame)
    assert (await tries(raw.remote, event, 1))["acked"]
    assert (await line.ping()).payload.startswith(b'{"ReconnectCount"')
    assert (await raw.remote.ask("violations"))["violations"] == []
    await line.close()


async def test_an_event_comes_again_over_six_hours(raw: Raw) -> None:
    chat = await people(raw.remote)
    line = await raw.connect()
    event = await say(raw.remote, chat)
    frame, _ = await line.event()
    await line.ack(frame, {"code": 500})
    ids = {frame.header("message_id")}
    offset = 0.0
    for number, wait in enumerate((15, 300, 3600, 21600)):
        await tries(raw.remote, event, number + 1)
        offset += wait
        await raw.remote.set(offset=offset - 5)
        with pytest.raises(TimeoutError):
            await line.event(0.2)
        await raw.remote.set(offset=offset)
        frame, payload = await line.event()
        assert payload["header"]["event_id"] == event
        ids.add(frame.header("message_id"))
        await line.ack(frame, {"code": 500})
    found = await tries(raw.remote, event, 5)
    assert found["given_up"]
    assert len(ids) == 5
    await line.close()


async def test_a_late_or_lost_acknowledgement_does_not_count(raw: Raw) -> None:
    await raw.remote.set(limits={"ack_seconds": 0.2}, lose_acks=1)
    chat = await people(raw.remote)
    line = await raw.connect()
    event = await say(raw.remote, chat)
    frame, _ = await line.event()
    await line.ack(frame)
    assert (await tries(raw.remote, event, 1))["tries"][0]["outcome"] == "acknowledgement lost"
    await raw.remote.set(offset=16)
    frame, _ = await line.event()
    assert (await tries(raw.remote, event, 2))["tries"][1]["outcome"] == "timeout"
    await line.ack(frame)
    assert not (await tries(raw.remote, event, 2))["acked"]
    assert (await raw.remote.ask("violations"))["violations"] == []
    await line.close()


async def test_large_events_come_in_parts(raw: Raw) -> None:
    await raw.remote.set(limits={"chunk_bytes": 100})
    chat = await people(raw.remote)
    line = await raw.connect()
    event = await say(raw.remote, chat, "<@bot> " + "长" * 500)
    frame, payload = await line.event()
    assert int(frame.header("sum") or 0) > 10
    assert "长" * 500 in payload["event"]["message"]["content"]
    await line.ack(frame)
    assert (await tries(raw.remote, event, 1))["acked"]
    await line.close()


async def test_each_event_takes_one_of_the_connections(raw: Raw) -> None:
    chat = await people(raw.remote)
    lines = [await raw.connect() for _ in range(3)]
    sent = [await say(raw.remote, chat) for _ in range(30)]
    used = [(await raw.remote.ask(f"events?event_id={each}"))[0]["tries"] for each in sent]
    assert all(len(each) == 1 for each in used)
    counts = [0] * len(lines)

    async def count(number: int) -> None:
        while True:
            await lines[number].event()
            counts[number] += 1

    counting = [asyncio.create_task(count(number)) for number in range(len(lines))]
    async with asyncio.timeout(60):
        while sum(counts) < 30:
            await asyncio.sleep(0.02)
    for task in counting:
        task.cancel()
    await asyncio.gather(*counting, return_exceptions=True)
    assert sum(counts) == 30
    assert all(counts)


async def test_sockets_are_dropped_and_half_open(raw: Raw) -> None:
    await raw.remote.set(limits={"ack_seconds": 0.2})
    chat = await people(raw.remote)
    line = await raw.connect()
    assert await raw.remote.ask("sockets", {"do": "freeze"}) == {"sockets": 1}
    event = await say(raw.remote, chat)
    assert (await tries(raw.remote, event, 1))["tries"][0]["outcome"] == "timeout"
    assert not line.ws.closed
    await raw.remote.ask("sockets", {"do": "drop"})
    with pytest.raises(ConnectionResetError):
        await line.frame()
    await until(lambda: closed(raw.remote))
    await raw.remote.set(offset=16)
    assert (await tries(raw.remote, event, 2))["tries"][1]["outcome"] == "no connection"


async def test_bootstrap_and_handshake_refuse(raw: Raw) -> None:
    assert (await raw.endpoint(AppSecret="wrong"))["code"] == 1000040345
    assert (await raw.endpoint(AppID="cli_0000000000000000"))["code"] == 1000040346
    assert (await raw.endpoint(AppID=""))["code"] == 1000040344
    await raw.remote.set(bootstrap=[{"code": 1}, {"code": 1000040343, "times": 2}])
    assert [(await raw.endpoint())["code"] for _ in range(4)] == [1, 1000040343, 1000040343, 0]
    await raw.remote.set(handshake=[{"handshake-status": 514, "handshake-msg": "no"}])
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await raw.connect()
    assert refused.value.headers is not None
    assert refused.value.headers["handshake-status"] == "514"
    await raw.remote.set(limits={"connections": 2})
    lines = [await raw.connect() for _ in range(2)]
    assert (await raw.endpoint())["code"] == 1000040350
    for line in lines:
        await line.close()


async def test_who_hears_what(raw: Raw) -> None:
    group, alone = await people(raw.remote), await people(raw.remote, "p2p")
    post = {"title": "", "content": [[{"tag": "at", "user": "bot"}]]}
    await raw.remote.ask("scopes", {"remove": ["im:message.group_msg"]})
    assert await say(raw.remote, group, "plain") is None
    assert await say(raw.remote, group, "<@all> 大家好") is None
    assert await say(raw.remote, group, "<@bot:other> 画") is None
    assert await say(raw.remote, group)
    assert await say(raw.remote, alone, "plain")
    given = {"chat": group, "from": "Alice", "post": post}
    assert (await raw.remote.ask("send", given))["event_id"]
    await raw.remote.ask("scopes", {"add": ["im:message.group_msg"]})
    event = await say(raw.remote, group, "<@all> 大家好")
    [found] = await raw.remote.ask(f"events?event_id={event}")
    message = found["payload"]["event"]["message"]
    assert "@_all" in message["content"]
    assert "mentions" not in message
    other = {"chat": group, "from_bot": "cli_ffffffffffffffff", "text": "hello"}
    event = (await raw.remote.ask("send", other))["event_id"]
    [found] = await raw.remote.ask(f"events?event_id={event}")
    assert found["payload"]["event"]["sender"]["sender_type"] == "app"
    await raw.remote.ask("events", {"remove": ["im.message.receive_v1"]})
    assert await say(raw.remote, group) is None


async def test_other_doings_have_events(raw: Raw) -> None:
    chat = await people(raw.remote)
    sent = await raw.remote.ask("send", {"chat": chat, "from": "Alice", "text": "x"})
    message = sent["message_id"]
    for doing in (
        {"do": "read", "messages": [message]},
        {"do": "react", "message": message, "emoji": "DONE"},
        {"do": "recall", "message": message},
        {"do": "enter"},
        {"do": "menu", "key": "help"},
        {"do": "remove_bot", "chat": chat},
        {"do": "add_bot", "chat": chat},
        {"do": "disband", "chat": chat},
    ):
        assert (await raw.remote.ask("act", {"by": "Alice", **doing}))["event_id"], doing
    kinds = [each["kind"] for each in await raw.remote.ask("events")]
    assert kinds[1:] == [
        "im.message.message_read_v1",
        "im.message.reaction.created_v1",
        "im.message.recalled_v1",
        "im.chat.access_event.bot_p2p_chat_entered_v1",
        "application.bot.menu_v6",
        "im.chat.member.bot.deleted_v1",
        "im.chat.member.bot.added_v1",
        "im.chat.disbanded_v1",
    ]


# The webhook


class Server:
    """A developer's server that keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.key = "encrypt-key"
        self.status = 200

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.got.append((dict(request.headers), body))
        payload = self.open(body)
        if payload.get("type") == "url_verification":
            return web.json_response({"challenge": payload["challenge"]})
        return web.json_response({}, status=self.status)

    def open(self, body: bytes) -> Any:
        data = base64.b64decode(json.loads(body)["encrypt"])
        key = hashlib.sha256(self.key.encode()).digest()
        plain = AES.new(key, AES.MODE_CBC, data[:16]).decrypt(data[16:])
        return json.loads(plain[: -plain[-1]])

    def signed(self, headers: dict[str, str], body: bytes) -> bool:
        given = {name.lower(): value for name, value in headers.items()}
        stamp = given["x-lark-request-timestamp"] + given["x-lark-request-nonce"]
        digest = hashlib.sha256((stamp + self.key).encode() + body).hexdigest()
        return digest == given["x-lark-signature"]


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    kept = Server()
    app = web.Application()
    app.router.add_post("/events", kept.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield kept, f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    await runner.cleanup()


async def test_a_webhook_is_challenged_signed_and_repeated(
    raw: Raw, server: tuple[Server, str]
) -> None:
    kept, url = server
    settings = {"url": url, "encrypt_key": kept.key, "token": "vtoken"}
    assert (await raw.remote.ask("webhook", settings))["ok"]
    chat = await people(raw.remote)
    kept.status = 500
    event = await say(raw.remote, chat)
    assert not (await tries(raw.remote, event, 1))["acked"]
    headers, body = kept.got[-1]
    assert kept.signed(headers, body)
    assert kept.open(body)["header"]["token"] == "vtoken"
    kept.status = 200
    await raw.remote.set(offset=16)
    assert (await tries(raw.remote, event, 2))["acked"]
    await raw.remote.ask("deliver_again", {"event_id": event, "verbatim": True})
    assert kept.got[-1][1] == kept.got[-2][1]
    await raw.remote.set(webhook_break="signature", webhook_headers="lower")
    await raw.remote.ask("deliver_again", {"event_id": event})
    assert not kept.signed(*kept.got[-1])
    assert "x-lark-signature" in kept.got[-1][0]
    about = await raw.call("GET", "/open-apis/application/v6/applications/me?lang=zh_cn")
    assert about["data"]["app"]["event"]["subscription_type"] == "webhook"


async def test_a_webhook_that_fails_the_challenge_is_not_used(raw: Raw) -> None:
    answer = await raw.remote.ask("webhook", {"url": f"{raw.remote.url}/nowhere"})
    assert not answer["ok"]
    assert (await raw.remote.ask("apps"))[0]["webhook"] is None


# The official SDK


@contextmanager
def running(base: str, app: dict[str, Any]) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.emulators._feishu.bot", base]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    bot = subprocess.Popen([*command, app["app_id"], app["secret"]], env=environment)
    try:
        yield
    finally:
        bot.kill()
        bot.communicate()


async def test_the_official_sdk_for_python_runs_a_bot_on_it(remote: Remote) -> None:
    app = (await remote.ask("apps"))[0]
    with running(remote.url, app):

        async def connected() -> Any:
            return (await remote.ask("sockets"))["open"]

        await until(connected, 60)
        chat = await people(remote, "topic")
        event = await say(remote, chat)

        async def finished() -> Any:
            shown = await remote.ask(f"messages?chat={chat}&bot=1")
            return shown if shown and shown[0]["edits"] else None

        [shown] = await until(finished, 60)
        assert shown["thread_id"]
        assert [each["format"] for each in shown["images"].values()] == ["PNG"]
        assert (await tries(remote, event, 1))["acked"]
        click = {"message": shown["message_id"], "by": "Alice", "text": "再来一张"}
        result = await remote.ask("click", click)
        assert (result["error"], result["seen"]) == (None, "ok")
        assert (await remote.ask("violations"))["violations"] == []
