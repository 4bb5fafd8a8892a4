"""``WEB_PASSWORD``: a form, and patience with whoever guesses."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

import structlog
from aiohttp import web

from adapters.web.context import PERSON
from adapters.web.errors import Refused
from adapters.web.pages import PAGES
from adapters.web.people import PEOPLE, new_person

log = structlog.get_logger(__name__)

GUESSES = 8
"""Wrong passwords from one address within :data:`WINDOW`, before it has to wait."""

WINDOW = 60.0
ADDRESSES = 1024
"""Addresses that are remembered; behind a proxy all people have one."""

LARGEST_FORM = 4096


class Throttle:
    """Counts the wrong guesses of each address. Times are monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guesses: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until this address may guess again; 0 is now."""
        guesses = self._guesses.get(address)
        if guesses is None or len(guesses) < GUESSES:
            return 0.0
        return max(0.0, guesses[0] + WINDOW - self._clock())

    def wrong(self, address: str) -> None:
        guesses = self._guesses.pop(address, None) or deque(maxlen=GUESSES)
        guesses.append(self._clock())
        self._guesses[address] = guesses
        if len(self._guesses) > ADDRESSES:
            self._guesses.popitem(last=False)

    def right(self, address: str) -> None:
        self._guesses.pop(address, None)


THROTTLE: web.AppKey[Throttle] = web.AppKey("throttle", Throttle)


async def show(request: web.Request) -> web.StreamResponse:
    """``GET /login``."""
    if request.app[PEOPLE].visitor(request).signed_in:
        raise web.HTTPSeeOther("/")
    return await request.app[PAGES].html(request, "login")


async def enter(request: web.Request) -> web.StreamResponse:
    """``POST /login``: a form field ``password``; back to the form if it is wrong."""
    throttle, people = request.app[THROTTLE], request.app[PEOPLE]
    address = request.remote or ""
    if wait := throttle.wait(address):
        message = "Too many wrong passwords; wait a minute."
        raise Refused(429, "too_many_guesses", message, retry_after=wait)
    if not people.is_password(await _password(request)):
        throttle.wrong(address)
        log.warning("wrong password for the web page", address=address)
        return _see("/login?wrong")
    throttle.right(address)
    response = _see("/")
    people.remember(response, request.get(PERSON) or new_person(), signed_in=True)
    return response


async def leave(request: web.Request) -> web.StreamResponse:
    """``POST /logout``: the browser stays the same person, and has to log in again."""
    response = _see("/login")
    request.app[PEOPLE].remember(response, request[PERSON], signed_in=False)
    return response


async def _password(request: web.Request) -> str:
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refused(415, "unsupported_media_type", "Send the password as a form.")
    if (request.content_length or 0) > LARGEST_FORM:
        raise Refused(413, "too_large", "That is too long for a password.")
    field = (await request.post()).get("password", "")
    return field if isinstance(field, str) else ""


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})
