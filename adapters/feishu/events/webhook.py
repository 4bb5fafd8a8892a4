"""Events by HTTP, for ``FEISHU_MODE=webhook``: deciphered, and checked to be genuine and fresh.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case

The web server hands over ``POST /webhooks/feishu`` with the names of headers in lower case.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from adapters.feishu.events.dispatcher import ACCEPT_SECONDS, NotAccepted, Take, mapping, text
from adapters.feishu.settings import FeishuSettings

log = structlog.get_logger(__name__)

FRESH_SECONDS = 300.0
"""How far the time in a request may be from ours. The platform signs anew when it pushes again."""

_BLOCK = 16


_CHALLENGE = re.compile(r"[\w.-]{1,128}", re.ASCII)
"""A challenge is sent back as it came. Words of an event that somebody has put into one are not."""

_SIGNED = ("x-lark-signature", "x-lark-request-timestamp", "x-lark-request-nonce")

REFUSED = (401, b'{"code": 401, "msg": "refused"}')
"""The one answer to whatever is refused: what was wrong with it is the log's to know."""


class Unusable(Exception):
    """The request is not from the platform, or cannot be read; the message is for the log."""


class Webhook:
    """Called by the web server with each request: :data:`bot.ports.Webhook`."""

    def __init__(
        self, settings: FeishuSettings, take: Take, clock: Callable[[], float] = time.time
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
            log.warning("webhook refused", reason=str(error))
            return REFUSED
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

        The signature comes first: what carries one is deciphered only when it is right. Without
        one there is only the challenge, which the platform does not sign.

        Raises:
            Unusable: it is not genuine, not fresh, or not readable.
        """
        signed = any(name in headers for name in _SIGNED)
        if signed:
            self._check(headers, body)
        outer = _object(body)
        payload = body
        if "encrypt" in outer:
            if not self._key:
                raise Unusable("encrypted, and FEISHU_ENCRYPT_KEY is not set")
            payload = decrypted(self._key, text(outer, "encrypt"))
        elif self._key:
            raise Unusable("not encrypted")
        event = _object(payload)
        token = text(mapping(event, "header"), "token") or text(event, "token")
        if self._token and not _same(token, self._token):
            raise Unusable("wrong verification token")
        if event.get("type") == "url_verification":
            if not _CHALLENGE.fullmatch(text(event, "challenge")):
                raise Unusable("no challenge of the platform's")
        elif self._key and not signed:
            raise Unusable("not signed")
        return payload, event

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Compare signature and time; without a key requests have neither."""
        if not self._key:
            return
        given, at, nonce = (headers.get(name, "") for name in _SIGNED)
        signed = hashlib.sha256(_bytes(f"{at}{nonce}{self._key}") + body).hexdigest()
        if not _same(given, signed):
            raise Unusable("wrong signature")
        try:
            age = abs(self._clock() - float(at))
        except ValueError:
            age = FRESH_SECONDS + 1
        if not age <= FRESH_SECONDS:
            raise Unusable("too old or too new")


def decrypted(key: str, encrypted: str) -> bytes:
    """What is inside: AES-256-CBC under the hash of the key, the vector in front, in base64.

    Padding that is wrong stays where it is, and makes the JSON around it unreadable: whether it
    was right must not be told, not even by how long the answer takes.

    Raises:
        Unusable: it is not so much as encrypted.
    """
    from Crypto.Cipher import AES

    try:
        data = base64.b64decode(encrypted, validate=True)
        cipher = AES.new(hashlib.sha256(key.encode()).digest(), AES.MODE_CBC, data[:_BLOCK])
        plain = cipher.decrypt(data[_BLOCK:])
    except ValueError:
        raise Unusable("cannot be deciphered") from None
    padding = plain[-1] if plain else 0
    right = 1 <= padding <= _BLOCK and plain[-padding:] == bytes([padding]) * padding
    return plain[:-padding] if right else plain


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Unusable("not JSON, or encrypted with another FEISHU_ENCRYPT_KEY") from None
    if not isinstance(found, dict):
        raise Unusable("not an object")
    return found


def _same(given: str, wanted: str) -> bool:
    """Compared in a time that does not tell how much of it is right."""
    return hmac.compare_digest(_bytes(given), _bytes(wanted))


def _bytes(given: str) -> bytes:
    """Of a header or a JSON text, which may hold halves of characters."""
    return given.encode(errors="surrogatepass")


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
