"""Delivery to the developer's server: challenge, encryption and signature.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case
"""

import asyncio
import base64
import hashlib
import json
import os
import secrets
import time
from typing import Any

import aiohttp
from Crypto.Cipher import AES

from tests.emulators._feishu.state import App, World


class Webhook:
    """Posts events and callbacks.

    An app's ``webhook`` is ``{"url", "encrypt_key", "token", "card_url"}``. Settings:
    ``webhook_skew`` (seconds added to the timestamp, which is of the real clock, however far the
    emulator's is ahead), ``webhook_break`` (``signature``, ``token``, ``cipher`` or ``missing``:
    what is wrong with the next requests), ``webhook_headers`` (``lower`` or ``upper``: how the
    names of the headers are written).
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.session: aiohttp.ClientSession | None = None

    async def challenge(self, app: App) -> dict[str, Any]:
        """What the developer console does when the URL is saved; it must answer within 1 s."""
        assert app.webhook is not None
        challenge = secrets.token_hex(16)
        payload = {"challenge": challenge, "token": app.webhook.get("token", "")}
        result = await self.post(app, payload | {"type": "url_verification"}, 1.0)
        result["ok"] = result.get("answer") == {"challenge": challenge}
        return result

    async def push(self, app: App, payload: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Deliver; the same shape as from a long connection, with ``status``."""
        return await self.post(app, payload, seconds)

    async def post(self, app: App, payload: dict[str, Any], seconds: float) -> dict[str, Any]:
        body, headers = self._signed(app, payload)
        url = self._url(app, payload)
        return await self.send(url, body, headers, seconds)

    def _url(self, app: App, payload: dict[str, Any]) -> str:
        assert app.webhook is not None
        kind = payload.get("header", {}).get("event_type")
        card = app.webhook.get("card_url") if kind == "card.action.trigger" else None
        return str(card or app.webhook["url"])

    async def send(
        self, url: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> dict[str, Any]:
        """Post these bytes; what was sent is kept for a replay."""
        if self.session is None:
            self.session = aiohttp.ClientSession()
        loop = asyncio.get_running_loop()
        started = loop.time()
        sent = {"url": url, "body": body.decode(), "headers": headers}
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self.session.post(
                url, data=body, headers=headers, timeout=timeout
            ) as response:
                text = (await response.read()).decode("utf-8", "replace")
                took = loop.time() - started
        except TimeoutError:
            return {"outcome": "timeout", "took": seconds, "sent": sent}
        except aiohttp.ClientError as error:
            return {"outcome": "dropped", "took": loop.time() - started, "words": str(error)[:200]}
        try:
            answer = json.loads(text) if text else None
        except ValueError:
            answer = text
        result = {"outcome": "answered", "status": response.status, "took": took, "answer": answer}
        return result | {"sent": sent}

    def _signed(self, app: App, payload: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        assert app.webhook is not None
        broken = self.world.settings.get("webhook_break")
        if broken == "token":
            payload = json.loads(json.dumps(payload))
            payload.get("header", payload)["token"] = "wrong"
        plain = json.dumps(payload, ensure_ascii=False).encode()
        key = app.webhook.get("encrypt_key", "")
        body = plain
        if key:
            used = key + "x" if broken == "cipher" else key
            body = json.dumps({"encrypt": encrypt(used, plain)}).encode()
        at = int(time.time() + self.world.settings.get("webhook_skew", 0))
        nonce = secrets.token_hex(8)
        signed = hashlib.sha256(f"{at}{nonce}{key}".encode() + body).hexdigest()
        if broken == "signature":
            signed = signed[:-1] + ("0" if signed[-1] != "0" else "1")
        headers = {"X-Lark-Request-Timestamp": str(at), "X-Lark-Request-Nonce": nonce}
        if key and broken != "missing":
            headers["X-Lark-Signature"] = signed
        headers["Content-Type"] = "application/json; charset=utf-8"
        case = self.world.settings.get("webhook_headers")
        if case in ("lower", "upper"):
            headers = {getattr(name, case)(): value for name, value in headers.items()}
        return body, headers


def encrypt(key: str, plain: bytes) -> str:
    """AES-256-CBC under the hash of the key, the vector in front, in base64."""
    pad = 16 - len(plain) % 16
    vector = os.urandom(16)
    cipher = AES.new(hashlib.sha256(key.encode()).digest(), AES.MODE_CBC, vector)
    return base64.b64encode(vector + cipher.encrypt(plain + bytes([pad]) * pad)).decode()
