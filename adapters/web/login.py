"""``WEB_PASSWORD``: a form, and patience with whoever guesses."""

import time
from collections import deque
from collections.abc import Callable
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from cachetools import FIFOCache

from adapters.web.context import ADDRESS, PERSON
from adapters.web.errors import RefusedRequest
from adapters.web.pages import PAGES
from adapters.web.payload import read_small
from adapters.web.people import PEOPLE, VISITOR, new_person
from adapters.web.seldom import Seldom

log = structlog.get_logger(__name__)
wrong = Seldom(log, "warning")

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
        self._guesses: FIFOCache[str, deque[float]] = FIFOCache(ADDRESSES)

    def wait(self, address: str) -> float:
        """Seconds until this address may guess again; 0 is now."""
        guesses = self._guesses.get(address)
        if guesses is None or len(guesses) < GUESSES:
            return 0.0
        return max(0.0, guesses[0] + WINDOW - self._clock())

    def guess(self, address: str, is_right: Callable[[], bool]) -> bool:
        """Whether a guess is right, counted if it is not: in one go, so that none is uncounted.

        Raises:
            RefusedRequest: 429, without a look at the guess, when this address has to wait.
        """
        self.check(address)
        if is_right():
            self._guesses.pop(address, None)
            return True
        guesses = self._guesses.get(address) or deque(maxlen=GUESSES)
        guesses.append(self._clock())
        self._guesses[address] = guesses
        return False

    def check(self, address: str) -> None:
        """Refuse an address that has to wait."""
        if wait := self.wait(address):
            raise RefusedRequest(429, "too_many_guesses", retry_after=wait)


THROTTLE: web.AppKey[Throttle] = web.AppKey("throttle", Throttle)


async def show(request: web.Request) -> web.StreamResponse:
    """``GET /login``."""
    if request[VISITOR].signed_in:
        raise web.HTTPSeeOther("/")
    return await request.app[PAGES].html(request, "login")


async def enter(request: web.Request) -> web.StreamResponse:
    """``POST /login``: a form field ``password``; back to the form if it is wrong."""
    throttle, people = request.app[THROTTLE], request.app[PEOPLE]
    address = request[ADDRESS]
    throttle.check(address)
    # While the form is read, others guess: only what is asked now counts.
    password = await _password(request)
    if not throttle.guess(address, lambda: people.is_password(password)):
        wrong("wrong password for the web page", address=address)
        return _see("/login?wrong")
    response = _see("/")
    await people.log_in(response, request.get(PERSON) or new_person())
    return response


async def leave(request: web.Request) -> web.StreamResponse:
    """``POST /logout``: every browser of this person has to log in again."""
    response = _see("/login")
    await request.app[PEOPLE].log_out(response, request[PERSON])
    return response


async def _password(request: web.Request) -> str:
    if request.content_type != "application/x-www-form-urlencoded":
        raise RefusedRequest(415, "unsupported_media_type", "Send the password as a form.")
    body = await read_small(request, LARGEST_FORM)
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=8)
    except ValueError as error:
        raise RefusedRequest(400, "invalid", "The form could not be read.") from error
    return fields.get("password", [""])[0]


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})
