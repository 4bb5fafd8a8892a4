"""Feishu's HTTP API: lark-oapi's requests and answers over pooled connections, tried again.

The SDK makes no second attempt at anything, asks for its token while the event loop waits, and
keeps a token that was revoked until it would have expired. Here a call is repeated after whatever
may pass (a reset, a timeout, a 5xx, too many calls), where a repetition cannot do it twice, and
with a new token once the old one is refused:
https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code.
"""

import asyncio
import io
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any, TypeAlias

import aiohttp
import structlog

from adapters.feishu.api import sdk, transport
from adapters.feishu.api.codes import NO_ANSWER, PRESSED, TOKEN_REFUSED, TOO_FREQUENT
from adapters.feishu.api.rate_limits import RateLimits
from adapters.feishu.api.responses import ApiError, refusal
from adapters.feishu.settings import FeishuSettings
from bot.chat import ErrorKind, retries

log = structlog.get_logger(__name__)

DOMAINS = {"feishu": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}

SECONDS, UPLOAD_SECONDS = 15.0, 120.0
"""How long a call, and the sending or fetching of a picture, may take."""

FIRST_PAUSE = 0.5
"""Seconds after the first failure of a call before it is made again."""

LONGEST_WAIT = 30.0
"""Seconds that Feishu may ask us to wait; when it asks for more, the call fails."""

LARGEST_ANSWER = 4 * 2**20
"""Bytes of JSON that are read."""

CLOCK_SECONDS = 120.0
"""Seconds by which our clock may differ from the platform's before that is said."""

EARLY = 600
"""Seconds before its end that a token is replaced; Feishu gives a new one from 1,800 on."""

Turn: TypeAlias = Callable[[], Awaitable[None]]
"""Waits until one more call may be made."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to upload: the form's field, a name, and the bytes."""

    field: str
    name: str
    data: bytes
    mime: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    uri: str
    paths: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any] | None
    file: File | None = None
    most: int = LARGEST_ANSWER
    part: bool = False
    anonymous: bool = False
    patient: bool = True
    turn: Turn | None = None

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice is the same as once: https://www.rfc-editor.org/rfc/rfc9110
        for the methods; a POST has to carry a ``uuid``, or to leave only an upload behind."""
        return (
            self.method != "POST"
            or self.file is not None
            or self.anonymous
            or bool(self.body and self.body.get("uuid"))
        )


def domain_of(settings: FeishuSettings) -> str:
    """The origin of the API: Feishu's, Lark's, or that of a URL."""
    return DOMAINS.get(settings.feishu_domain, settings.feishu_domain).rstrip("/")


class Api:
    """Calls of one app. ``limits`` is shared with whoever sends into chats."""

    def __init__(
        self,
        settings: FeishuSettings,
        *,
        pause: float = FIRST_PAUSE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.limits = RateLimits()
        self.ahead = 0.0
        """By how many seconds the platform's clock is ahead of ours, where that is much."""
        self.calls = 0
        """Requests sent so far, attempts included, the token's too."""
        self._settings = settings
        self._pause = pause
        self._clock = clock
        self._warned = False
        self._pool = transport.Pool()
        self._token: tuple[str, float] = ("", 0.0)
        self._asking = asyncio.Lock()
        self._sdk: _Sdk | None = None

    @property
    def app_id(self) -> str:
        """Which app calls."""
        return self._settings.feishu_app_id

    async def open(self) -> None:
        """Load the SDK and fetch a token.

        Raises:
            ApiError: the credentials are refused, or there is no answer.
        """
        await self._fresh_token()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def call(
        self,
        method: str,
        uri: str,
        *,
        paths: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        file: File | None = None,
        patient: bool = True,
        turn: Turn | None = None,
    ) -> dict[str, Any]:
        """Call an API and give ``data`` of its answer, or all of it where there is no ``data``.

        ``uri`` is as in Feishu's documents, with ``:names`` that ``paths`` fill. With a ``file``
        the body's fields become those of a form. Without ``patient`` it is tried once.
        ``turn`` is awaited immediately before each attempt.

        Raises:
            ApiError: it was refused, or there was no answer after every attempt.
        """
        call = _Call(method, uri, paths or {}, query or {}, body, file, patient=patient, turn=turn)
        answer = _parsed(await self._insist(call))
        data = answer.get("data")
        return data if isinstance(data, dict) else answer

    async def download(
        self,
        uri: str,
        *,
        paths: Mapping[str, str],
        query: Mapping[str, str],
        most: int,
        first: int = 0,
    ) -> bytes:
        """The bytes behind a GET, at most ``most``; or only the ``first`` ones, however many there
        are.

        Raises:
            ApiError: it was refused, or there was no answer.
            transport.TooLarge: there are more.
        """
        call = _Call("GET", uri, paths, query, None, most=first or most, part=bool(first))
        raw = await self._insist(call)
        content: bytes = raw.content
        return content

    async def _insist(self, call: _Call) -> Any:
        """Make a call, and make it again while that is allowed and may help."""
        until = time.monotonic() + retries.FEISHU_CALL_SECONDS
        doubtful = False

        def again(error: Exception) -> bool | float:
            nonlocal doubtful
            if not isinstance(error, _RetryLater):
                return False
            doubtful |= error.error.doubtful
            if error.wait is None or not call.patient:
                return call.patient
            return time.monotonic() + error.wait <= until and error.wait

        try:
            return await retries.feishu_call(self._pause)(again, self._authorized, call)
        except ApiError as error:
            error.doubtful |= doubtful
            raise
        except _RetryLater as last:
            last.error.doubtful = doubtful
            raise last.error from last.__cause__

    async def _authorized(self, call: _Call) -> Any:
        """With a token that is known to be good, or else with another one."""
        token = "" if call.anonymous else await self._fresh_token()
        try:
            return await self._once(call, token)
        except ApiError as error:
            if call.anonymous or error.code not in TOKEN_REFUSED:
                raise
            log.info("token refused, fetching another", code=error.code)
        return await self._once(call, await self._fresh_token(instead_of=token))

    async def _once(self, call: _Call, token: str) -> Any:
        sdk = await self._loaded()
        if not call.anonymous:
            await self.limits.api(f"{call.method} {call.uri}")
        if call.turn:
            await call.turn()
        self.calls += 1
        try:
            raw = await sdk.send(self._pool, call, token)
        except aiohttp.ClientConnectorError as error:
            refused = ApiError(NO_ANSWER, type(error).__name__)
            refused.doubtful = False
            raise _RetryLater(refused) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            refused = ApiError(NO_ANSWER, type(error).__name__)
            raise (_RetryLater(refused) if call.repeatable else refused) from error
        accepted = _accepted(raw, call)
        self._compare_clocks(raw.headers.get("date", ""))
        return accepted

    def _compare_clocks(self, date: str) -> None:
        """Learn from the ``Date`` of an answer how wrong our own clock is; said once."""
        try:
            ahead = parsedate_to_datetime(date).timestamp() - self._clock()
        except (TypeError, ValueError):
            return
        self.ahead = ahead if abs(ahead) > CLOCK_SECONDS else 0.0
        if self.ahead and not self._warned:
            self._warned = True
            log.warning("the clock of this machine is wrong", seconds_ahead=round(-self.ahead))

    async def _fresh_token(self, instead_of: str | None = None) -> str:
        """The token, or a new one when it ends soon or is the refused ``instead_of``."""
        async with self._asking:
            token, until = self._token
            if token and token != instead_of and time.monotonic() < until:
                return token
            body = {
                "app_id": self._settings.feishu_app_id,
                "app_secret": self._settings.feishu_app_secret.get_secret_value(),
            }
            uri = "/open-apis/auth/v3/tenant_access_token/internal"
            answer = _parsed(await self._insist(_Call("POST", uri, {}, {}, body, anonymous=True)))
            token = str(answer["tenant_access_token"])
            self._token = (token, time.monotonic() + max(30, int(answer["expire"]) - EARLY))
            return token

    async def _loaded(self) -> "_Sdk":
        if self._sdk is None:
            self._sdk = await asyncio.to_thread(_Sdk, domain_of(self._settings))
        return self._sdk


class _Sdk:
    """The parts of lark-oapi that make a request; loaded when the first one is made."""

    def __init__(self, domain: str) -> None:
        sdk.load()
        self._stock = import_module("lark_oapi.core.http.transport")
        transport.install(self._stock)
        enum = import_module("lark_oapi.core.enum")
        model = import_module("lark_oapi.core.model")
        self._methods = enum.HttpMethod
        self._tenant = enum.AccessTokenType.TENANT
        self._request = model.BaseRequest
        self._option = model.RequestOption
        self._configs = {False: model.Config(), True: model.Config()}
        for slow, config in self._configs.items():
            config.domain = domain
            config.timeout = UPLOAD_SECONDS if slow else SECONDS

    async def send(self, pool: transport.Pool, call: _Call, token: str) -> Any:
        """Send it once; gives the SDK's RawResponse."""
        built = (
            self._request.builder()
            .http_method(self._methods[call.method])
            .uri(call.uri)
            .paths(dict(call.paths))
            .queries(list(call.query.items()))
            .token_types(set() if call.anonymous else {self._tenant})
            .headers({})
            .body(dict(call.body) if call.body is not None else None)
            .build()
        )
        if call.file is not None:
            file = call.file
            built.files = {file.field: (file.name, io.BytesIO(file.data), file.mime)}
        slow = call.file is not None or call.most > LARGEST_ANSWER
        most = transport.Most(call.most, part=call.part)
        option = self._option.builder().tenant_access_token(token).build()
        config = self._configs[slow]
        return await transport.execute(self._stock, pool, config, built, option, most)


class _RetryLater(Exception):
    """A failure after which the call may be made again; ``wait``: in so many seconds."""

    def __init__(self, error: ApiError, wait: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.wait = wait


def _accepted(raw: Any, call: _Call) -> Any:
    """The answer, unless it is a refusal.

    Raises:
        ApiError: it is one, for good.
        _RetryLater: it is one that may pass.
    """
    refused = refusal(raw)
    if refused is None:
        return raw
    if refused.code in TOO_FREQUENT or refused.status == 429:
        raise _RetryLater(refused, refused.wait) if (refused.wait or 0) <= LONGEST_WAIT else refused
    passing = refused.kind is ErrorKind.RETRY and refused.code not in TOKEN_REFUSED
    passing |= refused.code in PRESSED
    raise _RetryLater(refused) if passing and call.repeatable else refused


def _parsed(raw: Any) -> dict[str, Any]:
    """The JSON object of an answer that is no refusal."""
    answer: dict[str, Any] = json.loads(raw.content)
    return answer
