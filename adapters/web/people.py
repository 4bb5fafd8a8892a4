"""A browser is a person, through a signed cookie; with ``WEB_PASSWORD`` one who has logged in.

The cookie is ``person.signature``, an HMAC-SHA256 as https://itsdangerous.palletsprojects.com
writes it; earlier versions wrote the same in hex, which is read as well. Of whoever has logged in,
its key depends on the password and on a secret of their session, which the server keeps: changing
the password logs everybody out, and logging out ends every cookie that was signed with the
session's secret, also a stolen one. A person who logs in again finds the same history.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from aiohttp import hdrs, web
from itsdangerous import Signer, base64_encode

from adapters.web.context import ADDRESS, KNOWN, PERSON, SETTINGS
from adapters.web.errors import Handler, RefusedRequest
from adapters.web.newcomers import Newcomers
from bot.ports import Bot

COOKIE = "banana_person"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""With this prefix a browser takes the cookie from this very host only, over TLS:
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes"""

YEAR = 365 * 24 * 3600
"""How long a browser is remembered after its last visit, in seconds."""

_OLD_SIGNATURE = re.compile("[0-9a-f]{64}")

OPEN = frozenset(
    {"/healthz", "/readyz", "/login", "/static/{name}", "/favicon.ico", "/webhooks/{name}"}
)
PICTURES = frozenset({"/media/{image_id}", "/download/{image_id}"})


@dataclass(frozen=True, slots=True)
class WebVisitor:
    """Whose cookie a request carries, and whether it is enough."""

    person: str | None
    signed_in: bool


VISITOR = web.RequestKey("visitor", WebVisitor)


class People:
    """Makes and reads the cookie."""

    def __init__(self, bot: Bot, secret: str, password: str, *, https: bool) -> None:
        self._bot = bot
        self._secret = secret
        self._password = password
        self._https = https
        self.cookie = SECURE_COOKIE if https else COOKIE

    async def visitor(self, request: web.Request) -> WebVisitor:
        person, _, signature = request.cookies.get(self.cookie, "").partition(".")
        if not _is_person(person):
            return WebVisitor(None, not self._password)
        given = _in_base64(signature)
        if hmac.compare_digest(given, self._signer("").get_signature(person)):
            return WebVisitor(person, not self._password)
        session = await self._bot.known_secret(_session(person)) if self._password else None
        if session and hmac.compare_digest(given, self._signer(session).get_signature(person)):
            return WebVisitor(person, True)
        return WebVisitor(None, not self._password)

    def is_password(self, text: str) -> bool:
        """Whether ``text`` is the password; takes the same time for every wrong one."""
        wanted, given = (
            hashlib.sha256(value.encode(errors="replace")).digest()
            for value in (self._password, text)
        )
        return bool(self._password) and hmac.compare_digest(wanted, given)

    async def log_in(self, response: web.StreamResponse, person: str) -> None:
        """Set the cookie of somebody who knows the password, or needs none."""
        session = ""
        if self._password:
            session = await self._bot.secret(_session(person))
        self._remember(response, person, session)

    async def log_out(self, response: web.StreamResponse, person: str) -> None:
        """End the session of a person, in every browser; this one stays the same person."""
        await self._bot.forget_secret(_session(person))
        self._remember(response, person, "")

    def _remember(self, response: web.StreamResponse, person: str, session: str) -> None:
        """Set the cookie.

        ``Lax``, so that links to the page work from elsewhere while forms and scripts of other
        sites do not send it: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie
        """
        parts = [
            f"{self.cookie}={self._signer(session).sign(person).decode()}",
            "HttpOnly",
            f"Max-Age={YEAR}",
            "Path=/",
            "SameSite=Lax",
        ]
        if self._https:
            parts.append("Secure")
        response.headers.add(hdrs.SET_COOKIE, "; ".join(parts))

    def _signer(self, session: str) -> Signer:
        """What signs; a signature that it reads may have other letters between those of its own."""
        password = self._password if session else ""
        key = f"{self._secret}\0{password}\0{session}"
        return Signer(key, key_derivation="none", digest_method=hashlib.sha256)


PEOPLE: web.AppKey[People] = web.AppKey("people", People)
NEWCOMERS: web.AppKey[Newcomers] = web.AppKey("newcomers", Newcomers)


def new_person() -> str:
    """An identity that nobody can guess: 128 random bits, in hex."""
    return secrets.token_hex(16)


def _session(person: str) -> str:
    return f"web-session:{person}"


def _in_base64(signature: str) -> bytes:
    """A signature of this version, or of one that wrote it in hex."""
    if _OLD_SIGNATURE.fullmatch(signature):
        return base64_encode(bytes.fromhex(signature))
    return signature.encode(errors="replace")


def _is_person(text: str) -> bool:
    return len(text) == 32 and all(character in "0123456789abcdef" for character in text)


@web.middleware
async def person(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, and make a new person of somebody who has no cookie yet."""
    visitor = request[VISITOR] = await request.app[PEOPLE].visitor(request)
    request[KNOWN] = visitor.person is not None
    if visitor.person:
        request[PERSON] = visitor.person
    route = getattr(request.match_info.route.resource, "canonical", "")
    if route in OPEN or (route in PICTURES and (visitor.signed_in or _public(request))):
        return await handler(request)
    if not visitor.signed_in:
        if route == "/":
            raise web.HTTPSeeOther("/login")
        raise RefusedRequest(401, "login_needed")
    if visitor.person is None:
        request.app[NEWCOMERS].admit(request[ADDRESS])
        request[PERSON] = new_person()
    return await handler(request)


async def introduce(request: web.Request, response: web.StreamResponse) -> None:
    """Give a new person the cookie, and an old one who opens the page another year."""
    name, visitor = request.get(PERSON), request.get(VISITOR)
    if name and visitor and visitor.signed_in and (name != visitor.person or request.path == "/"):
        await request.app[PEOPLE].log_in(response, name)


def _public(request: web.Request) -> bool:
    """Whether whoever knows a picture's unguessable id may see it.

    Links to the original are sent into chats where nobody has our cookie, once there is a public
    address to send.
    """
    return bool(request.app[SETTINGS].web_public_url)
