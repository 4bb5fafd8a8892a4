"""A browser is a person, through a signed cookie; with ``WEB_PASSWORD`` one who has logged in.

The cookie is ``person.signature``, an HMAC-SHA256 whose key depends on the password: changing it
logs everybody out, and a person who logs in again finds the same history.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from aiohttp import hdrs, web

from adapters.web.context import BOT, PERSON
from adapters.web.errors import Handler, Refused

COOKIE = "banana_person"
YEAR = 365 * 24 * 3600
"""How long a browser is remembered after its last visit, in seconds."""

OPEN = frozenset({"/healthz", "/login", "/static/{name}", "/favicon.ico", "/webhooks/{name}"})
PICTURES = frozenset({"/media/{image_id}", "/download/{image_id}"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose cookie a request carries, and whether it is enough."""

    person: str | None
    signed_in: bool


class People:
    """Makes and reads the cookie."""

    def __init__(self, secret: str, password: str, *, https: bool) -> None:
        self._secret = secret
        self._password = password
        self._https = https

    def visitor(self, request: web.Request) -> Visitor:
        person, _, signature = request.cookies.get(COOKIE, "").partition(".")
        if not _is_person(person):
            return Visitor(None, not self._password)
        given = signature.encode(errors="replace")
        if hmac.compare_digest(given, self._sign(person, self._password)):
            return Visitor(person, True)
        if hmac.compare_digest(given, self._sign(person, "")):
            return Visitor(person, False)
        return Visitor(None, not self._password)

    def is_password(self, text: str) -> bool:
        """Whether ``text`` is the password; takes the same time for every wrong one."""
        wanted, given = (
            hashlib.sha256(value.encode()).digest() for value in (self._password, text)
        )
        return bool(self._password) and hmac.compare_digest(wanted, given)

    def remember(self, response: web.StreamResponse, person: str, *, signed_in: bool) -> None:
        """Set the cookie.

        ``Lax``, so that links to the page work from elsewhere while forms and scripts of other
        sites do not send it: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie
        """
        signature = self._sign(person, self._password if signed_in else "")
        parts = [
            f"{COOKIE}={person}.{signature.decode()}",
            "HttpOnly",
            f"Max-Age={YEAR}",
            "Path=/",
            "SameSite=Lax",
        ]
        if self._https:
            parts.append("Secure")
        response.headers.add(hdrs.SET_COOKIE, "; ".join(parts))

    def _sign(self, person: str, password: str) -> bytes:
        key = f"{self._secret}\0{password}".encode()
        return hmac.new(key, person.encode(), hashlib.sha256).hexdigest().encode()


PEOPLE: web.AppKey[People] = web.AppKey("people", People)


def new_person() -> str:
    """An identity that nobody can guess: 128 random bits, in hex."""
    return secrets.token_hex(16)


def _is_person(text: str) -> bool:
    return len(text) == 32 and all(character in "0123456789abcdef" for character in text)


@web.middleware
async def person(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, and make a new person of somebody who has no cookie yet."""
    visitor = request.app[PEOPLE].visitor(request)
    if visitor.person:
        request[PERSON] = visitor.person
    route = getattr(request.match_info.route.resource, "canonical", "")
    if route in OPEN or (route in PICTURES and (visitor.signed_in or _public(request))):
        return await handler(request)
    if not visitor.signed_in:
        if route == "/":
            raise web.HTTPSeeOther("/login")
        raise Refused(401, "login_needed", "Log in first: this page has a password.")
    if visitor.person is None:
        request[PERSON] = new_person()
    return await handler(request)


async def introduce(request: web.Request, response: web.StreamResponse) -> None:
    """Give a new person the cookie, and an old one who opens the page another year."""
    name = request.get(PERSON)
    people = request.app[PEOPLE]
    visitor = people.visitor(request)
    if name and visitor.signed_in and (name != visitor.person or request.path == "/"):
        people.remember(response, name, signed_in=True)


def _public(request: web.Request) -> bool:
    """Whether whoever knows a picture's unguessable id may see it.

    Links to the original are sent into chats where nobody has our cookie, once there is a public
    address to send.
    """
    return bool(request.app[BOT].settings.web_public_url)
