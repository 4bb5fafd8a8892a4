"""Events by HTTP, for ``FEISHU_MODE=webhook``: deciphered, and checked to be genuine and fresh.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case

The web server hands over ``POST /webhooks/feishu`` with the names of headers in lower case.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from adapters.feishu.intake import ACCEPT_SECONDS, NotAccepted, Take, mapping, text
from bot.settings import Settings

log = structlog.get_logger(__name__)

FRESH_SECONDS = 300.0
"""How far the time in a request may be from ours. The platform signs anew when it pushes again."""

_BLOCK = 16


class Unusable(Exception):
    """The request is not from the platform, or cannot be read; the status to answer with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Webhook:
    """Called by the web server with each request: :data:`bot.app.Webhook`."""

    def __init__(
        self, settings: Settings, take: Take, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = settings.feishu_encrypt_key.get_secret_value()
        self._token = settings.feishu_verification_token.get_secret_value()
        self._take = take
        self._clock = clock

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Answer a challenge, or have the event accepted."""
        try:
            payload, event = self._opened(headers, body)
        except Unusable as error:
            log.warning("webhook refused", status=error.status, reason=str(error))
            return error.status, _json({"code": error.status, "msg": str(error)})
        if event.get("type") == "url_verification":
            return 200, _json({"challenge": text(event, "challenge")})
        try:
            async with asyncio.timeout(ACCEPT_SECONDS):
                return 200, _json(await asyncio.shield(self._accept(payload)))
        except (TimeoutError, NotAccepted):
            return 500, _json({"code": 500, "msg": "not accepted"})

    def _accept(self, payload: bytes) -> "asyncio.Task[Any]":
        task = asyncio.ensure_future(self._take(payload))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def _opened(self, headers: Mapping[str, str], body: bytes) -> tuple[bytes, Mapping[str, Any]]:
        """The event's bytes, and read.

        Raises:
            Unusable: it is not genuine, not fresh, or not readable.
        """
        outer = _object(body)
        payload = body
        if "encrypt" in outer:
            if not self._key:
                raise Unusable(400, "encrypted, and FEISHU_ENCRYPT_KEY is not set")
            payload = decrypted(self._key, text(outer, "encrypt"))
        elif self._key:
            raise Unusable(401, "not encrypted")
        event = _object(payload)
        token = text(mapping(event, "header"), "token") or text(event, "token")
        if self._token and not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Unusable(401, "wrong verification token")
        if event.get("type") != "url_verification" or "x-lark-signature" in headers:
            self._check(headers, body)
        return payload, event

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Compare signature and time; without a key requests have neither."""
        if not self._key:
            return
        at, nonce = headers.get("x-lark-request-timestamp", ""), headers.get("x-lark-request-nonce")
        signed = hashlib.sha256(f"{at}{nonce}{self._key}".encode() + body).hexdigest()
        given = headers.get("x-lark-signature", "")
        if not hmac.compare_digest(signed.encode(), given.encode()):
            raise Unusable(401, "wrong signature")
        try:
            age = abs(self._clock() - float(at))
        except ValueError:
            age = FRESH_SECONDS + 1
        if not age <= FRESH_SECONDS:
            raise Unusable(401, "too old or too new")


def decrypted(key: str, encrypted: str) -> bytes:
    """What is inside: AES-256-CBC under the hash of the key, the vector in front, in base64.

    Raises:
        Unusable: it was encrypted with another key, or is broken.
    """
    from Crypto.Cipher import AES

    try:
        data = base64.b64decode(encrypted, validate=True)
        cipher = AES.new(hashlib.sha256(key.encode()).digest(), AES.MODE_CBC, data[:_BLOCK])
        plain = cipher.decrypt(data[_BLOCK:])
        padding = plain[-1]
    except (ValueError, IndexError):
        raise Unusable(400, "cannot be deciphered") from None
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise Unusable(400, "cannot be deciphered: check FEISHU_ENCRYPT_KEY")
    return plain[:-padding]


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        raise Unusable(400, "not JSON") from None
    if not isinstance(found, dict):
        raise Unusable(400, "not an object")
    return found


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
