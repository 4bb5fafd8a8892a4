"""What every provider over HTTP needs: one pooled session, limits, retries, pictures in JSON.

A provider's file translates; this one carries. It never raises for what a service does wrong: an
answer of any status comes back as :class:`Answer`, and what has no answer as a ``Failure``.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import stamina
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

from bot.accepting import MAX_GENERATED_BYTES
from bot.failures import Failure, Reason
from bot.fetching import Fetcher, is_public
from bot.providers._body import Body
from bot.providers._events import Events
from bot.providers._spill import Spill

PIECE = 64 * 1024
MOST = 256 * 1024 * 1024
"""Bytes of one answer: eight 4K pictures in base64 fit."""

REDIRECTS = 3

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses after which the same call may succeed."""

REJECTED = frozenset({429, 503})
"""Those of them that say that nothing was begun, so that even a paid call may be repeated."""

LONGEST_WAIT = 20.0
"""Seconds of ``Retry-After`` that are waited for; with a longer one the person is told."""


class ProviderSettings(BaseSettings):
    """The keys that every provider has, each with the provider's own prefix.

    ``extra_headers`` and ``extra_body`` are JSON objects that are merged into each request last.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    api_key: SecretStr = SecretStr("")
    base_url: str
    extra_headers: dict[str, str] = {}
    extra_body: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: to connect, without a byte, and altogether; and how calls are repeated."""

    connect: float = 10.0
    silence: float = 180.0
    total: float = 600.0
    attempts: int = 4
    first_pause: float = 0.5


@dataclass(frozen=True, slots=True)
class _Request:
    """A call that may be made several times."""

    method: str
    path: str
    query: Mapping[str, str] | None
    body: Body | None
    form: Mapping[str, str] | None
    headers: Mapping[str, str] | None

    @property
    def arguments(self) -> dict[str, Any]:
        """What aiohttp is given; a body of known length is not sent in chunks."""
        headers = dict(self.headers or {})
        if self.body is None:
            return {"params": self.query, "data": self.form, "headers": headers}
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        return {"params": self.query, "data": self.body.pieces(), "headers": headers}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of any status. ``body`` is ``None`` where it was not JSON; then ``text`` has the
    first characters of what it was instead."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    text: str = field(repr=False)
    spill: Spill = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def picture(self, value: str) -> bytes | None:
        """The bytes of a base64 string or data URL of ``body``; ``None`` if it is neither."""
        return self.spill.decode(value)

    @property
    def retry_after(self) -> float | None:
        """``Retry-After`` in seconds (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after)."""
        return _seconds(self.headers.get("Retry-After", ""))


Hear = Callable[[Answer], None]


class Client:
    """Calls one service.

    ``headers`` go with each call and hold the key; they never follow a redirect to another host.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        limits: Limits = Limits(),
        *,
        asked_wait: Callable[[Answer], float | None] = lambda answer: answer.retry_after,
    ) -> None:
        """``asked_wait`` finds the seconds a service asks us to wait, if its header is not it."""
        self._base = base_url.rstrip("/")
        self._headers = dict(headers)
        self._limits = limits
        self._asked_wait = asked_wait
        self._session: aiohttp.ClientSession | None = None
        loopback = is_loopback(self._base)
        self.fetcher = Fetcher(
            allow=(lambda address: address.is_loopback) if loopback else is_public,
            schemes=("http", "https") if loopback else ("https",),
            ports=None if loopback else (443,),
            max_bytes=MAX_GENERATED_BYTES,
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        uncharged: frozenset[int] = REJECTED,
        hear: Hear | None = None,
    ) -> Answer | Failure:
        """Call ``path`` below the base URL and read the whole answer.

        ``body`` is sent as JSON; its pictures are :class:`bot.providers._body.Inline`. ``hear`` is
        told of each server-sent event as it arrives, if they are what is answered; the last one is
        then returned.

        With ``repeatable`` true it is tried again after whatever may pass; otherwise only when it
        is certain that nothing is paid twice: no connection, or a status of ``uncharged``.
        """
        sent = Body(body) if body is not None else None
        request = _Request(method, path, query, sent, form, headers)
        retry = stamina.retry_context(
            on=_Again.pause,
            attempts=self._limits.attempts,
            timeout=self._limits.total,
            wait_initial=self._limits.first_pause,
            wait_jitter=self._limits.first_pause,
        )
        try:
            async for attempt in retry:
                with attempt:
                    return await self._once(request, repeatable, uncharged, hear)
        except _Again as again:
            return again.outcome
        raise AssertionError("unreachable")

    async def _once(
        self,
        request: _Request,
        repeatable: bool,
        uncharged: frozenset[int],
        hear: Hear | None,
    ) -> Answer | Failure:
        begun = False
        try:
            async with self._open(request) as response:
                begun = True
                streamed = response.content_type == "text/event-stream"
                answer = await (_hear(response, hear) if streamed and hear else _read(response))
        except aiohttp.ClientConnectorError as error:
            # Nobody there: nothing was begun, so another provider may be asked instead.
            raise _Again(Failure(Reason.PROVIDER_DOWN, detail=_said(error))) from error
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            late = isinstance(error, TimeoutError)
            reason = Reason.TIMEOUT if late else Reason.NETWORK
            failure = Failure(reason, detail=f"{'answer' if begun else 'call'}: {_said(error)}")
            if repeatable:
                raise _Again(failure) from error
            return failure
        except ValueError as error:
            return Failure(Reason.UNUSABLE_ANSWER, detail=_said(error))
        if answer.status in (PASSING if repeatable else uncharged):
            wait = self._asked_wait(answer)
            if wait is None or wait <= LONGEST_WAIT:
                raise _Again(answer, wait)
        return answer

    @asynccontextmanager
    async def _open(self, request: _Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response, after redirects within the host.

        Raises:
            ValueError: if it is redirected elsewhere: the key and the pictures stay here.
        """
        base = URL(self._base)
        url = URL(self._base + request.path)
        for _ in range(REDIRECTS + 1):
            async with self._pool().request(
                request.method, url, allow_redirects=False, **request.arguments
            ) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    yield response
                    return
                url = url.join(URL(response.headers.get("Location", "")))
            if (url.scheme, url.authority) != (base.scheme, base.authority):
                raise ValueError("redirect to another host refused")
            if response.status not in (307, 308):
                request = replace(request, method="GET", body=None, form=None)
        raise ValueError("too many redirects")

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(
                    total=self._limits.total,
                    sock_connect=self._limits.connect,
                    sock_read=self._limits.silence,
                ),
                connector=aiohttp.TCPConnector(limit=64),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
        await self.fetcher.close()


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def failure_of(answer: Answer, explanation: str | None = None) -> Failure:
    """What a status means where the provider says nothing more exact."""
    reasons = {
        401: Reason.UNAUTHORIZED,
        402: Reason.OUT_OF_CREDIT,
        403: Reason.UNAUTHORIZED,
        404: Reason.BAD_PARAMETERS,
        408: Reason.TIMEOUT,
        413: Reason.REFERENCE_TOO_LARGE,
        429: Reason.RATE_LIMITED,
        504: Reason.TIMEOUT,
        524: Reason.TIMEOUT,
    }
    other = Reason.PROVIDER_DOWN if answer.status >= 500 else Reason.BAD_PARAMETERS
    return Failure(
        reasons.get(answer.status, other),
        explanation=explanation,
        detail=f"HTTP {answer.status} {answer.text[:200]}",
        retry_after=answer.retry_after,
        provider_code=str(answer.status),
    )


class _Again(Exception):
    """An outcome after which the call may be tried again; ``wait`` is how long the service asks."""

    def __init__(self, outcome: Answer | Failure, wait: float | None = None) -> None:
        self.outcome = outcome
        self.wait = wait

    @staticmethod
    def pause(error: Exception) -> bool | float:
        """The hook of stamina: whether to try again, or after how many seconds."""
        if not isinstance(error, _Again):
            return False
        return True if error.wait is None else error.wait


async def _read(response: aiohttp.ClientResponse) -> Answer:
    """Read an answer piece by piece.

    Raises:
        ValueError: if it is larger than :data:`MOST`, or its pictures are not base64.
    """
    spill, beginning = Spill(), b""
    async for piece in _pieces(response):
        if len(beginning) < 500:
            beginning += piece[:500]
        spill.feed(piece)
    try:
        body = spill.close()
    except ValueError:
        body = None
    text = "" if body is not None else beginning[:500].decode("utf-8", "replace")
    return Answer(response.status, response.headers, body, text, spill)


async def _hear(response: aiohttp.ClientResponse, hear: Hear) -> Answer:
    """Read server-sent events; gives the last one. Raises as :func:`_read` does."""
    events = Events()
    answer = Answer(response.status, response.headers, None, "", Spill())
    async for piece in _pieces(response):
        for body, spill in events.feed(piece):
            answer = Answer(response.status, response.headers, body, "", spill)
            hear(answer)
    return answer


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    size = 0
    async for piece in response.content.iter_chunked(PIECE):
        size += len(piece)
        if size > MOST:
            raise ValueError(f"an answer of more than {MOST} bytes")
        yield piece
        await asyncio.sleep(0)  # a fast answer must not keep the loop from everybody else


def _seconds(text: str) -> float | None:
    """``Retry-After``: seconds, or a date, which is in UTC (one of ``-0000`` has no zone)."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text).replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _said(error: BaseException) -> str:
    """An error for the log. aiohttp's never hold headers; some hold a URL, which has no key."""
    return f"{type(error).__name__}: {error}"[:300]
