"""What every provider over HTTP needs: one pooled session, limits, retries, pictures in JSON.

A provider's file translates; this one carries. It never raises for what a service does wrong: an
answer of any status comes back as :class:`HTTPAnswer`, and what has no answer as a ``Failure``.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

from bot.domain.failures import Failure, Reason
from bot.images.downloads import AT_ONCE, Downloader, is_public
from bot.images.validation import MAX_GENERATED_BYTES
from bot.providers._http.body import Body
from bot.providers._http.calls import UNCONNECTED, ProviderCall, Sending, broken, said, seconds_of
from bot.providers._http.event_stream import Events
from bot.providers._http.json_stream import Spill
from bot.runtime import retries
from bot.runtime.proxies import BadProxy, proxy_for, way_to
from bot.runtime.transfers import arrived, dropped

PIECE = 64 * 1024
MOST = 256 * 1024 * 1024
"""Bytes of one answer: eight 4K pictures in base64 fit."""

REDIRECTS = 3

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses after which the same call may succeed."""

REJECTED = frozenset({429, 503})
"""Those of them that say that nothing was begun, so that even a paid call may be repeated."""

RESULT_SECONDS, RESULT_SILENCE = 120.0, 30.0
"""For the download of a picture that is made and paid for: altogether, and without a byte."""

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
class ResponseLimits:
    """Seconds: to connect, without a byte (``paying`` of a call that costs money: the service may
    be at work all the time, and what it makes is paid for), and altogether; and how calls are
    repeated."""

    connect: float = 10.0
    silence: float = 180.0
    paying: float = 600.0
    total: float = 600.0
    attempts: int = 4
    first_pause: float = 0.5


@dataclass(frozen=True, slots=True)
class HTTPAnswer:
    """An answer of any status. ``body`` is ``None`` where it was not JSON; then ``text`` has the
    first characters of what it was instead. ``doubtful``: it does not say whether the call has
    been paid for."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    text: str = field(repr=False)
    spill: Spill = field(repr=False)
    doubtful: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def picture(self, value: str) -> bytes | None:
        """The bytes of a base64 string or data URL of ``body``; ``None`` if it is neither."""
        return self.spill.decode(value)

    @property
    def retry_after(self) -> float | None:
        """``Retry-After`` in seconds (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after)."""
        return seconds_of(self.headers.get("Retry-After", ""))


Hear = Callable[[HTTPAnswer], None]


class Client:
    """Calls one service.

    ``headers`` go with each call and hold the key; they never follow a redirect to another host.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        limits: ResponseLimits = ResponseLimits(),
        *,
        asked_wait: Callable[[HTTPAnswer], float | None] = lambda answer: answer.retry_after,
        final: Callable[[HTTPAnswer], bool] = lambda answer: False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """``asked_wait`` finds the seconds a service asks us to wait, if its header is not it.

        ``final`` says of an answer whose status may pass that asking again cannot help: a refusal
        that a gateway wrapped, a quota that is used up. ``environment`` names the proxies.
        """
        self._base = base_url.rstrip("/")
        self._headers = dict(headers)
        self._limits = limits
        self._asked_wait = asked_wait
        self._final = final
        self._environment = environment
        self._session: aiohttp.ClientSession | None = None
        loopback = is_loopback(self._base)
        downloader = partial(
            Downloader,
            allow=(lambda address: address.is_loopback) if loopback else is_public,
            schemes=("http", "https") if loopback else ("https",),
            ports=None if loopback else (443,),
            max_bytes=MAX_GENERATED_BYTES,
            seconds=RESULT_SECONDS,
            silence=RESULT_SILENCE,
            per_owner=AT_ONCE,  # they are everybody's
        )
        self.downloader = downloader(proxy=lambda url: proxy_for(url, environment))
        """For the links that the service itself answers with."""
        self.text_downloader = downloader()
        """For links in what a model wrote, which a person may have put there."""

    @property
    def way(self) -> str:
        """By which proxy the service is reached, in words for whoever runs the bot; "" without.

        Raises:
            BadProxy: the environment names one that cannot be used.
        """
        return way_to(self._base, self._environment)

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
        pays: bool = False,
        uncharged: frozenset[int] = REJECTED,
        hear: Hear | None = None,
    ) -> HTTPAnswer | Failure:
        """Call ``path`` below the base URL and read the whole answer.

        ``body`` is sent as JSON; its pictures are :class:`bot.providers._http.body.Inline`.
        ``hear`` is told of each server-sent event as it arrives, if they are what is answered; the
        last one is then returned.

        With ``repeatable`` true it is tried again after whatever may pass; otherwise only when it
        is certain that nothing is paid twice: no connection, or a status of ``uncharged``.

        ``pays`` is for a call that costs money once it was begun: it is waited for longer, and
        where nobody can know what became of it the failure says ``maybe_paid``, or the answer
        (another 5xx, or a success that cannot be read) is ``doubtful``.
        """
        sent = Body(body) if body is not None else None
        request = ProviderCall(
            method, path, query, sent, form, headers, repeatable, pays, uncharged
        )
        limits = self._limits
        policy = retries.provider_call(limits.attempts, limits.first_pause, limits.total)
        try:
            return await policy(_TryAgain.pause, self._once, request, hear)
        except _TryAgain as again:
            return again.outcome

    async def _once(self, request: ProviderCall, hear: Hear | None) -> HTTPAnswer | Failure:
        sending = Sending()
        try:
            async with self._open(request, sending) as response:
                sending.answered = True
                streamed = response.content_type == "text/event-stream"
                answer = await (_hear(response, hear) if streamed and hear else _read(response))
        except BadProxy as error:
            return Failure(Reason.PROVIDER_DOWN, explanation=str(error), detail="no usable proxy")
        except UNCONNECTED as error:
            # Nobody there: nothing was begun, so another provider may be asked instead.
            raise _TryAgain(Failure(Reason.PROVIDER_DOWN, detail=said(error))) from error
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            failure = broken(error, request, sending)
            if request.repeatable:
                raise _TryAgain(failure) from error
            return failure
        except ValueError as error:
            paid = request.pays and sending.answered
            return Failure(Reason.UNUSABLE_ANSWER, detail=said(error), maybe_paid=paid)
        return self._judged(answer, request)

    def _judged(self, answer: HTTPAnswer, request: ProviderCall) -> HTTPAnswer:
        """The answer, unless the call is to be tried again."""
        if answer.status in (PASSING if request.repeatable else request.uncharged):
            wait = self._asked_wait(answer)
            short = wait is None or wait <= LONGEST_WAIT
            if short and not self._final(answer):
                raise _TryAgain(answer, wait)
        lost = answer.ok and not isinstance(answer.body, dict)  # it was made, and is not to be had
        failed = answer.status >= 500 and answer.status not in request.uncharged
        doubtful = request.pays and (lost or failed)
        return replace(answer, doubtful=True) if doubtful else answer

    @asynccontextmanager
    async def _open(
        self, request: ProviderCall, sending: Sending
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response, after redirects within the host.

        Raises:
            BadProxy: the environment names a proxy that cannot be used.
            ValueError: if it is redirected elsewhere: the key and the pictures stay here.
        """
        base = URL(self._base)
        url = URL(self._base + request.path)
        for _ in range(REDIRECTS + 1):
            async with self._pool().request(
                request.method,
                url,
                allow_redirects=False,
                proxy=proxy_for(str(url), self._environment),
                timeout=self._timeout(request),
                **request.arguments(sending),
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

    def _timeout(self, request: ProviderCall) -> aiohttp.ClientTimeout:
        limits = self._limits
        silence = max(limits.silence, limits.paying) if request.pays else limits.silence
        return aiohttp.ClientTimeout(
            total=max(limits.total, silence + limits.connect),
            sock_connect=limits.connect,
            sock_read=silence,
        )

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                connector=aiohttp.TCPConnector(limit=0),  # as many as there are jobs
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
        await self.downloader.close()
        await self.text_downloader.close()


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def failure_of(answer: HTTPAnswer, explanation: str | None = None) -> Failure:
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


DOUBTFUL = frozenset(
    {Reason.PROVIDER_DOWN, Reason.TIMEOUT, Reason.NETWORK, Reason.UNUSABLE_ANSWER, Reason.UNKNOWN}
)
"""What a doubtful answer may mean without saying whether it was paid for; a refusal is one."""


def in_doubt(failure: Failure, answer: HTTPAnswer) -> Failure:
    """What the failure of a paid call means for the money, by the answer that it is from."""
    doubtful = answer.doubtful and failure.reason in DOUBTFUL
    return replace(failure, maybe_paid=True) if doubtful else failure


class _TryAgain(Exception):
    """An outcome after which the call may be tried again; ``wait`` is how long the service asks."""

    def __init__(self, outcome: HTTPAnswer | Failure, wait: float | None = None) -> None:
        self.outcome = outcome
        self.wait = wait

    @staticmethod
    def pause(error: Exception) -> bool | float:
        """The hook of stamina: whether to try again, or after how many seconds."""
        if not isinstance(error, _TryAgain):
            return False
        return True if error.wait is None else error.wait


async def _read(response: aiohttp.ClientResponse) -> HTTPAnswer:
    """Read an answer piece by piece.

    Raises:
        ValueError: if it is larger than :data:`MOST`, or its pictures are not base64.
    """
    spill, beginning, size = Spill(), b"", 0
    async for piece in _pieces(response):
        size += len(piece)
        if len(beginning) < 500:
            beginning += piece[:500]
        spill.feed(piece)
    if not spill.pictures:
        dropped(size)
    try:
        body = spill.close()
    except ValueError:
        body = None
    text = "" if body is not None else beginning[:500].decode("utf-8", "replace")
    return HTTPAnswer(response.status, response.headers, body, text, spill)


async def _hear(response: aiohttp.ClientResponse, hear: Hear) -> HTTPAnswer:
    """Read server-sent events; gives the last one. Raises as :func:`_read` does."""
    events = Events()
    answer = HTTPAnswer(response.status, response.headers, None, "", Spill())
    async for piece in _pieces(response):
        for body, spill in events.feed(piece):
            answer = HTTPAnswer(response.status, response.headers, body, "", spill)
            hear(answer)
    return answer


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    size = 0
    async for piece in response.content.iter_chunked(PIECE):
        size += len(piece)
        if size > MOST:
            raise ValueError(f"an answer of more than {MOST} bytes")
        await arrived(len(piece))
        yield piece
        await asyncio.sleep(0)  # a fast answer must not keep the loop from everybody else
