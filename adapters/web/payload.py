"""The bytes that a client sends with a request, while they come: how many, how fast, how long.

What comes has to come at :data:`LEAST_RATE`, and counts among the bytes in flight
(:mod:`bot.runtime.transfers`), but for the first :data:`UNCOUNTED` of each request: words are let
in however many pictures are on their way.
"""

import asyncio
import warnings
from contextlib import AsyncExitStack
from types import TracebackType

from aiohttp import BadContentDispositionHeader, BadContentDispositionParam, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from adapters.web.connections import ClientConnection
from adapters.web.context import ADDRESS, BOT, PLATFORM
from adapters.web.errors import RefusedRequest
from bot.ports import Transfer

LARGEST_TEXT = 256_000
"""Bytes of JSON: four times the longest prompt and all links there may be."""

LARGEST_DELIVERY = 1_000_000
"""Bytes of what a platform delivers: a message of 150 kB, escaped, enciphered and in base64."""

LARGEST_BODY = 64 * 1024 * 1024
"""All of a form, and all pictures that a request has fetched."""

LEAST_RATE = 16 * 1024
"""Bytes per second: a slow telephone has as much."""

GRACE_SECONDS = 15.0
"""How far a client may stay behind that, so that a short request can be late as well. It is never
more, however fast everything before has come: nobody buys an hour of silence with 60 MB."""

BUSY_SECONDS = 20.0
"""How long a request waits until there is room for its bytes."""

LONGEST_LINE = 4096
MOST_LINES = 500
"""Lines of a form outside of what its parts hold: boundaries and headers."""

CHUNK = 64 * 1024

UNCOUNTED = CHUNK
"""Bytes of a request that need no room in the budget: the number of connections bounds them. The
longest prompt is not more, however it is written in JSON."""

_BAD_NAMES = (BadContentDispositionHeader, BadContentDispositionParam)
for _warning in _BAD_NAMES:  # it would be printed, with all that a stranger wrote into the header
    warnings.filterwarnings("error", category=_warning)

MALFORMED = (
    *(ValueError, AssertionError, LookupError, RuntimeError),
    *(HttpProcessingError, web.RequestPayloadError),
    *_BAD_NAMES,
)
"""What aiohttp raises for a malformed body: it has no exception of its own for it."""


class Payload:
    """What a client sends with a request, while it is read; ``limit`` is in bytes.

    It has the methods that aiohttp's reader of forms uses of a stream. Reading raises
    :class:`RefusedRequest`: 408 below the least rate, 413 above the limit, 503 when there is no
    room.
    """

    def __init__(self, request: web.Request, limit: int, transfer: Transfer) -> None:
        self._request = request
        self._content = request.content
        self._limit = limit
        self._transfer = transfer
        self._received = 0
        self._lines = 0
        self._open = AsyncExitStack()
        self._deadline: asyncio.Timeout
        self._due = 0.0

    async def __aenter__(self) -> "Payload":
        if hdrs.CONTENT_ENCODING in self._request.headers:
            raise RefusedRequest(415, "unsupported_media_type", "Send the request uncompressed.")
        check_length(self._request, self._limit)
        connection = self._request.protocol
        if isinstance(connection, ClientConnection):
            self._open.enter_context(connection.receiving())
        self._due = asyncio.get_running_loop().time() + GRACE_SECONDS
        self._deadline = asyncio.timeout_at(self._due)
        await self._open.enter_async_context(self._deadline)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._open.__aexit__(kind, error, trace)
        except TimeoutError:
            raise RefusedRequest(408, "too_slow") from None

    async def all(self) -> bytes:
        """The whole body."""
        body = bytearray()
        while piece := await self.read(CHUNK):
            body += piece
        return bytes(body)

    async def read(self, count: int) -> bytes:
        piece = await self._content.read(count)
        await self._count(len(piece))
        return piece

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise RefusedRequest(
                400, "invalid", "The form has too many parts, or none that can be read."
            )
        line = await self._content.readline(max_line_length=max_line_length or LONGEST_LINE)
        await self._count(len(line))
        return line

    def unread_data(self, data: bytes) -> None:
        self._content.unread_data(data)
        self._received -= len(data)

    def at_eof(self) -> bool:
        return self._content.at_eof()

    async def _count(self, count: int) -> None:
        self._received += count
        if self._received > self._limit:
            raise too_large(self._limit)
        more = self._received - UNCOUNTED - self._transfer.size
        if more > 0:
            await self._take(more)
        if count > 0 and not self._deadline.expired():
            latest = asyncio.get_running_loop().time() + GRACE_SECONDS
            self._due = min(self._due + count / LEAST_RATE, latest)
            self._deadline.reschedule(self._due)

    async def _take(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time()
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._transfer.take(count, self._deadline)
        except TimeoutError:
            raise RefusedRequest(503, "busy", retry_after=10) from None
        self._due += loop.time() - before


async def read_small(request: web.Request, limit: int = LARGEST_TEXT) -> bytes:
    """The whole body of a request that carries no pictures.

    Raises:
        RefusedRequest: 400, 408, 413, 415 or 503.
    """
    try:
        with request.app[BOT].transfer(sender(request)) as transfer:
            async with Payload(request, limit, transfer) as body:
                return await body.all()
    except MALFORMED as error:
        raise RefusedRequest(400, "invalid", "The body could not be read.") from error


def sender(request: web.Request) -> str:
    """By whom the bytes in flight count: cookies are as many as anybody likes, addresses not."""
    return f"{PLATFORM} {request[ADDRESS]}"


def check_length(request: web.Request, limit: int) -> None:
    """Refuse a body that says it is too large, before it is sent."""
    if request.content_length is not None and request.content_length > limit:
        raise too_large(limit)


def too_large(limit: int) -> RefusedRequest:
    """The refusal of a body, or a part of one, above ``limit`` bytes."""
    size = f"{limit // 1024 // 1024} MB" if limit >= 1024 * 1024 else f"{limit // 1000} kB"
    return RefusedRequest(413, "too_large", facts={"size": size})
