"""Webhook mode: the same events over HTTP, deciphered and checked."""

import asyncio
import base64
import hashlib
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from adapters.feishu import configured
from adapters.feishu import create as create_from_environment
from adapters.feishu.adapter import create
from adapters.feishu.events import webhook
from adapters.feishu.events.dispatcher import NotAccepted
from adapters.feishu.events.webhook import REFUSED, Webhook, decrypted
from adapters.feishu.settings import FeishuSettings
from adapters.web.server import Web
from adapters.web.settings import WebSettings
from bot.app import App
from bot.ports import Misconfigured
from bot.settings import Settings
from tests.adapters.feishu.configuration import core
from tests.adapters.feishu.stage import APP_ID, APP_SECRET, Stage
from tests.emulators._feishu.webhook import encrypt
from tests.support.ports import free_port
from tests.support.scripted import Scripted

KEY, TOKEN = "an-encrypt-key-of-the-app", "a-verification-token"


class Served:
    """The bot with its web server, and the platform told where it is."""

    def __init__(self, stage: Stage, url: str) -> None:
        self.stage = stage
        self.url = url

    async def subscribe(self, key: str = KEY, token: str = TOKEN, **more: Any) -> dict[str, Any]:
        about = {"url": self.url, "encrypt_key": key, "token": token, **more}
        return dict(await self.stage.remote.ask("webhook", about))


@pytest.fixture(params=["key and token", "token only"])
async def served(
    request: pytest.FixtureRequest, settings: Settings, provider: Scripted, stage: Stage
) -> AsyncIterator[Served]:
    port = free_port()
    values = {
        "feishu_app_id": APP_ID,
        "feishu_app_secret": APP_SECRET,
        "feishu_domain": stage.remote.url,
        "feishu_mode": "webhook",
        "feishu_encrypt_key": KEY if request.param == "key and token" else "",
        "feishu_verification_token": TOKEN,
    }
    app = App(core(settings, web_port=port), clock=stage.clock)
    web = Web(app.bot, WebSettings(web_port=port))
    app.adapters = [create(app.bot, FeishuSettings(**values)), web]
    await app.start()
    listening = [
        asyncio.create_task(adapter.listen(app.engine.receive)) for adapter in app.adapters
    ]
    made = Served(stage, f"http://127.0.0.1:{port}/webhooks/feishu")

    async def subscribed() -> bool:
        key = values["feishu_encrypt_key"]
        return bool((await made.subscribe(key=str(key), challenge=True))["ok"])

    await stage.until(subscribed, "the challenge is answered")
    yield made
    await stage.remote.ask("webhook", {"url": None})
    for task in listening:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await app.close()


@pytest.fixture
async def chat(stage: Stage) -> str:
    await stage.person("Ann")
    return await stage.chat("p2p", "Ann")


@pytest.mark.parametrize("case", [None, "lower", "upper"])
async def test_messages_and_buttons(
    served: Served, stage: Stage, chat: str, provider: Scripted, case: str | None
) -> None:
    await stage.remote.set(webhook_headers=case)
    await stage.acked(await stage.say(chat, "Ann", "画一只猫"))
    card = await stage.done(chat)
    pressed = await stage.click(card["message_id"], "Ann", text="再来一张")
    assert pressed["error"] is None
    assert "收到" in pressed["seen"]
    await stage.done(chat, 2)
    await stage.do("read", by="Ann", messages=[card["message_id"]])
    assert len(provider.submitted) == 2


async def test_a_replay_within_minutes_changes_nothing(
    served: Served, stage: Stage, chat: str, provider: Scripted
) -> None:
    sent = await stage.say(chat, "Ann", "画一只猫")
    await stage.done(chat)
    body = {"event_id": sent["event_id"], "verbatim": True}
    assert (await stage.remote.ask("deliver_again", body))["status"] == 200
    assert len(provider.submitted) == 1


@pytest.mark.parametrize("served", ["key and token"], indirect=True)
async def test_a_late_replay_is_refused(served: Served, stage: Stage, chat: str) -> None:
    sent = await stage.say(chat, "Ann", "画一只猫")
    await stage.done(chat)
    [attempt] = (await stage.event(sent["event_id"]))["tries"]
    headers = {name.lower(): value for name, value in attempt["sent"]["headers"].items()}
    body = attempt["sent"]["body"].encode()
    taken = []

    async def take(payload: bytes) -> dict[str, Any]:
        taken.append(payload)
        return {}

    keyed = FeishuSettings(feishu_encrypt_key=KEY, feishu_verification_token=TOKEN)
    for late, status in ((290, 200), (310, 401), (86400, 401)):
        webhook = Webhook(keyed, take, lambda late=late: time.time() + late)  # type: ignore[misc]
        assert (await webhook(headers, body))[0] == status
    assert len(taken) == 1


@pytest.mark.parametrize("served", ["key and token"], indirect=True)
@pytest.mark.parametrize("broken", ["signature", "token", "cipher", "missing"])
async def test_what_is_not_genuine_is_refused(
    served: Served, stage: Stage, chat: str, provider: Scripted, broken: str
) -> None:
    await stage.remote.set(webhook_break=broken)
    sent = await stage.say(chat, "Ann", "画一只猫")

    async def answered() -> bool:
        tries = (await stage.event(sent["event_id"]))["tries"]
        return bool(tries and tries[0].get("status") == 401)

    await stage.until(answered, "it is refused")
    await stage.remote.set(webhook_break=None)
    await stage.advance(16)
    await stage.acked(sent)
    await stage.done(chat)
    assert len(provider.submitted) == 1


@pytest.mark.parametrize("served", ["key and token"], indirect=True)
@pytest.mark.parametrize("skew", [-400, 400])
async def test_a_wrong_time_is_refused(served: Served, stage: Stage, chat: str, skew: int) -> None:
    await stage.remote.set(webhook_skew=skew)
    sent = await stage.say(chat, "Ann", "画一只猫")

    async def refused() -> bool:
        tries = (await stage.event(sent["event_id"]))["tries"]
        return bool(tries and tries[0].get("status") == 401)

    await stage.until(refused, "it is refused")


@pytest.mark.parametrize("served", ["token only"], indirect=True)
async def test_without_a_key_the_token_is_checked(served: Served, stage: Stage, chat: str) -> None:
    await stage.remote.set(webhook_break="token")
    sent = await stage.say(chat, "Ann", "画一只猫")

    async def refused() -> bool:
        tries = (await stage.event(sent["event_id"]))["tries"]
        return bool(tries and tries[0].get("status") == 401)

    await stage.until(refused, "it is refused")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"encrypt": 5}', b'{"encrypt": "AAAA"}'])
async def test_nonsense_is_refused(served: Served, body: bytes) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.post(served.url, data=body) as answer:
        assert (answer.status, await answer.read()) == REFUSED


@pytest.fixture
def served_by_web(settings: Settings) -> App:
    """A bot with a web page beside Feishu."""
    return App(core(settings, bot_adapters=("feishu", "web")))


def test_a_webhook_that_checks_nothing_is_not_served(served_by_web: App) -> None:
    values = {"feishu_app_id": APP_ID, "feishu_app_secret": "x", "feishu_mode": "webhook"}
    with pytest.raises(Misconfigured, match="FEISHU_ENCRYPT_KEY"):
        create(served_by_web.bot, FeishuSettings(**values))


def test_a_webhook_needs_the_web_server(settings: Settings) -> None:
    values = {"feishu_app_id": APP_ID, "feishu_app_secret": "x", "feishu_mode": "webhook"}
    app = App(core(settings, bot_adapters=("feishu",)))
    with pytest.raises(Misconfigured, match="BOT_ADAPTERS"):
        create(app.bot, FeishuSettings(**values))


def test_credentials_are_needed(served_by_web: App) -> None:
    with pytest.raises(Misconfigured, match="FEISHU_APP_SECRET"):
        create(served_by_web.bot, FeishuSettings(feishu_app_id=APP_ID))


def test_the_keys_of_the_environment_are_those_of_the_adapter(
    served_by_web: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not configured()
    monkeypatch.setenv("FEISHU_APP_ID", APP_ID)
    assert configured()
    with pytest.raises(Misconfigured, match="FEISHU_APP_SECRET"):
        create_from_environment(served_by_web.bot)
    monkeypatch.setenv("FEISHU_APP_SECRET", "x")
    monkeypatch.setenv("FEISHU_MODE", "webhook")
    monkeypatch.setenv("FEISHU_VERIFICATION_TOKEN", TOKEN)
    assert create_from_environment(served_by_web.bot).platform in served_by_web.bot.webhooks


async def test_what_is_not_accepted_is_to_come_again() -> None:
    event = {"header": {"event_type": "x", "event_id": "1", "token": TOKEN}, "schema": "2.0"}

    async def refuse(payload: bytes) -> dict[str, Any]:
        raise NotAccepted("not now")

    webhook = Webhook(FeishuSettings(feishu_verification_token=TOKEN), refuse)
    assert (await webhook({}, json.dumps(event).encode()))[0] == 500
    event["header"] = {"token": "another"}
    assert (await webhook({}, json.dumps(event).encode()))[0] == 401
    assert await webhook({}, b'{"encrypt": "AAAA"}') == REFUSED


def _sealed(plain: bytes, key: str = KEY) -> bytes:
    """What Feishu sends of an event, enciphered."""
    return json.dumps({"encrypt": encrypt(key, plain)}).encode()


def _signature(body: bytes, at: float) -> dict[str, str]:
    signed = hashlib.sha256(f"{at}n{KEY}".encode() + body).hexdigest()
    names = ("x-lark-signature", "x-lark-request-timestamp", "x-lark-request-nonce")
    return dict(zip(names, (signed, str(at), "n"), strict=True))


@pytest.fixture
def alone() -> Webhook:
    """A webhook that says nothing of what it takes."""

    async def take(payload: bytes) -> dict[str, Any]:
        return {}

    keyed = FeishuSettings(feishu_encrypt_key=KEY, feishu_verification_token=TOKEN)
    return Webhook(keyed, take, lambda: 1000.0)


async def test_whatever_is_refused_is_answered_the_same(
    alone: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody who has an event as it was sent learns from the answers what is in it."""
    event = json.dumps({"header": {"token": TOKEN, "event_type": "x"}, "schema": "2.0"}).encode()
    sealed = _sealed(event)
    raw = base64.b64decode(json.loads(sealed)["encrypt"])
    drawn = random.Random(12)
    tried = [
        b"",
        b"{",
        b"[]",
        b'"\\ud800"',
        b"\xff",
        b"[" * 100_000,
        b'{"encrypt": 5}',
        event,
        sealed,
    ]
    for _ in range(600):  # whatever padding and JSON come out of it
        changed = bytearray(raw)
        for _ in range(drawn.randint(1, 3)):
            changed[drawn.randrange(len(changed))] ^= drawn.randint(1, 255)
        cut = len(changed) - 16 * drawn.randint(0, 2) - drawn.choice((0, 0, 0, 1))
        tried.append(json.dumps({"encrypt": base64.b64encode(changed[:cut]).decode()}).encode())
    for plain in (
        {"type": "url_verification", "token": "x"},
        {"token": TOKEN},
        {"token": "\ud800"},
    ):
        tried.append(_sealed(json.dumps(plain).encode()))
    challenge = {"type": "url_verification", "token": TOKEN, "challenge": "words of an event"}
    tried.append(_sealed(json.dumps(challenge).encode()))
    for body in tried:
        assert await alone({}, body) == REFUSED
        wrong = {**_signature(body, 1000.0), "x-lark-signature": "\udcff"}
        assert await alone(wrong, body) == REFUSED
    assert (await alone(_signature(sealed, 1000.0), sealed))[0] == 200


async def test_nothing_is_deciphered_before_its_signature_is_right(
    alone: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    deciphered = []

    def count(key: str, encrypted: str) -> bytes:
        deciphered.append(encrypted)
        return decrypted(key, encrypted)

    monkeypatch.setattr(webhook, "decrypted", count)
    body = _sealed(b"{}")
    for headers in (
        _signature(body + b" ", 1000.0),
        _signature(body, 10.0),
        {"x-lark-signature": ""},
        {"x-lark-request-nonce": "n"},
    ):
        assert await alone(headers, body) == REFUSED
    assert deciphered == []
    await alone(_signature(body, 1000.0), body)
    assert len(deciphered) == 1


async def test_the_challenge_is_answered_without_a_signature(alone: Webhook) -> None:
    challenge = {"type": "url_verification", "token": TOKEN, "challenge": "ajls384kdjx98XX"}
    status, answer = await alone({}, _sealed(json.dumps(challenge).encode()))
    assert (status, json.loads(answer)) == (200, {"challenge": "ajls384kdjx98XX"})
