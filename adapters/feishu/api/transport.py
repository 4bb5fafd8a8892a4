"""The connections under lark-oapi's transport: one pool, instead of a new client for each call.

``lark_oapi.core.http.transport.Transport.aexecute`` builds the URL, the headers and the form of a
request and hands them to ``httpx.AsyncClient()``, which it makes anew, certificates and all, for
each call. :func:`install` puts :class:`_Client` in its place: the same calls on a pool of aiohttp,
which is in memory anyway.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self

import aiohttp
from aiohttp import hdrs

from bot.chat import proxy_for

CONNECTIONS = 32
CHUNK = 64 * 1024
LARGEST_REFUSAL = 2**20
"""Bytes that are read of an answer which is not what was asked for."""


class TooLarge(Exception):
    """The answer has more bytes than the caller wants."""


@dataclass(frozen=True, slots=True)
class PooledResponse:
    """What the SDK reads of an answer; the names of ``headers`` are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Most:
    """How many bytes of an answer are wanted; with ``part``, of one that may have more."""

    bytes: int
    part: bool = False


class Pool:
    """Connections, by a proxy where the environment says so."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def request(
        self, method: str, url: str, *, most: Most, seconds: float, **arguments: Any
    ) -> PooledResponse:
        """Send a request and read the answer, of at most ``most.bytes``, or so many of it.

        Raises:
            TooLarge: it has more.
            aiohttp.ClientError, OSError, TimeoutError: there is no answer.
        """
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, 10))
        async with self._open().request(
            method,
            url,
            timeout=limits,
            allow_redirects=False,
            proxy=proxy_for(url),
            **arguments,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            good = response.status == 200
            whole = await _read(response, most if good else Most(LARGEST_REFUSAL))
            return PooledResponse(response.status, headers, whole)

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ConnectionError("the bot is stopping")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close every connection, for good."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(response: aiohttp.ClientResponse, most: Most) -> bytes:
    if not most.part and (response.content_length or 0) > most.bytes:
        raise TooLarge
    read = bytearray()
    async for piece in response.content.iter_chunked(CHUNK):
        read += piece
        if len(read) > most.bytes:
            if most.part:
                break
            raise TooLarge
    return bytes(read[: most.bytes])


_used: ContextVar[tuple[Pool, Most]] = ContextVar("pool")


class _Client:
    """As much of ``httpx.AsyncClient`` as the SDK's transport uses."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Sequence[tuple[str, str]],
        timeout: float,  # noqa: ASYNC109  (the name is the SDK's)
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, Any, str]] | None = None,
    ) -> PooledResponse:
        pool, most = _used.get()
        sent: dict[str, Any] = {"headers": dict(headers), "params": list(params)}
        if files is not None:
            sent["data"] = _form(data or {}, files)
        elif json is not None:
            sent["headers"][hdrs.CONTENT_TYPE] = "application/json; charset=utf-8"
            sent["data"] = _encoded(json)
        return await pool.request(method, url, most=most, seconds=timeout, **sent)


def _encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _form(fields: Mapping[str, Any], files: Mapping[str, tuple[str, Any, str]]) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    for name, text in fields.items():
        form.add_field(name, str(text))
    for name, (filename, data, mime) in files.items():
        form.add_field(name, data, filename=filename, content_type=mime)
    return form


def install(transport: Any) -> None:
    """Let the SDK's module ``lark_oapi.core.http.transport`` use the pools."""
    if not isinstance(getattr(transport, "httpx", None), SimpleNamespace):
        transport.httpx = SimpleNamespace(AsyncClient=_Client)


async def execute(
    transport: Any, pool: Pool, config: Any, request: Any, option: Any, most: Most
) -> Any:
    """``Transport.aexecute`` on a pool, reading at most so many bytes; gives a RawResponse."""
    token = _used.set((pool, most))
    try:
        async with asyncio.timeout(config.timeout + 5):
            return await transport.Transport.aexecute(config, request, option)
    finally:
        _used.reset(token)
