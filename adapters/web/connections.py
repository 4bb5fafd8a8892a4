"""Connections: how many there may be, and how long one may take to say what it wants.

A connection that waits for its client costs a file descriptor, and there are few of those: without
any left no database, no picture and no other person is served. So there is a limit below that of
the process, and at it the one that has waited longest makes room for the next, as in nginx
(https://nginx.org/en/docs/ngx_core_module.html#worker_connections).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from aiohttp import hdrs, web

from adapters.web.errors import SERVER, Handler, RefusedRequest
from adapters.web.seldom import Seldom

log = structlog.get_logger(__name__)

HEADER_SECONDS = 10.0
"""From the first byte of a request, or from the connection, until its headers are complete."""

IDLE_SECONDS = 75.0
"""Between two requests; longer than proxies keep a connection they do not use (nginx: 60)."""

STALLED_SECONDS = 60.0
"""How long a client may take none of what it is sent."""

MOST = 4096
RESERVED = 384
"""Descriptors left for the rest: database, pictures, downloads, platforms, and what was accepted
but not counted yet (a :data:`BACKLOG` in each turn of the loop)."""

BACKLOG = 64

malformed = Seldom(log, "info")
full = Seldom(log, "warning")
broken = Seldom(log, "error")


def most_connections(descriptors: int) -> int:
    """How many connections there may be when the process may have so many descriptors."""
    if descriptors <= 2 * RESERVED:
        return max(16, descriptors // 4)
    return min(MOST, descriptors - RESERVED)


class Connections:
    """All connections of a server. Called, it makes the protocol of the next one."""

    def __init__(self, server: web.Server, most: int, **options: Any) -> None:
        self._server = server
        self._options = options
        self._all: set[ClientConnection] = set()
        self._waiting: dict[
            str, dict[ClientConnection, None]
        ] = {}  # of each address, the longest first
        self.most = most

    def __call__(self) -> "ClientConnection":
        return ClientConnection(self, self._server, **self._options)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: "ClientConnection") -> None:
        """Count a new one, and end another if there is no room.

        It is one of the address that has most of them waiting: a flood displaces itself.
        """
        if len(self._all) >= self.most:
            full("as many connections to the web page as there may be", most=self.most)
            crowd = max(self._waiting.values(), key=len, default={})
            displaced = next(iter(crowd), connection)
            self.remove(displaced)
            displaced.force_close()
            if displaced is connection:
                return
        self._all.add(connection)
        self.wait(connection)

    def remove(self, connection: "ClientConnection") -> None:
        self._all.discard(connection)
        self.busy(connection)

    def wait(self, connection: "ClientConnection") -> None:
        """It waits for its client from now on."""
        self.busy(connection)
        if connection not in self._all:
            return
        self._waiting.setdefault(connection.address, {})[connection] = None

    def busy(self, connection: "ClientConnection") -> None:
        """It does not wait any more."""
        if waiting := self._waiting.get(connection.address):
            waiting.pop(connection, None)
            if not waiting:
                del self._waiting[connection.address]


class ClientConnection(web.RequestHandler):
    """One connection, with deadlines for what aiohttp waits for without any."""

    __slots__ = ("_begun", "_connections", "_deadline", "_stalled", "address")

    def __init__(self, connections: Connections, server: web.Server, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._connections = connections
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._begun = False
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self._connections.add(self)
        self._within(HEADER_SECONDS)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.remove(self)
        self._at_leisure()
        if self._stalled:
            self._stalled.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if data and self._deadline is None and not self._begun:
            self._within(HEADER_SECONDS)
        super().data_received(data)

    def pause_writing(self) -> None:
        """The client takes less than it is sent (asyncio calls this)."""
        super().pause_writing()
        loop = asyncio.get_running_loop()
        self._stalled = loop.call_later(STALLED_SECONDS, self._abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or what broke outside of our handlers, and log it seldom."""
        refused = RefusedRequest(500, "internal")
        if status < 500:
            malformed("malformed request to the web page", error=type(exc).__name__)
            refused = RefusedRequest(status, "invalid", "That is not a request that can be read.")
        elif not isinstance(exc, ConnectionError):  # otherwise the client went away
            broken("web response failed", about=type(exc).__name__, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer was begun")
        response = refused.response()
        response.headers[hdrs.SERVER] = SERVER
        response.force_close()
        return response

    def begin(self) -> None:
        """A request is complete but for its body, and is being worked on."""
        self._begun = True
        self._at_leisure()
        self._connections.busy(self)

    def end(self) -> None:
        """It is answered: the next one may come."""
        self._begun = False
        self._connections.wait(self)

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """It waits for its client, who is to send the body."""
        self._connections.wait(self)
        try:
            yield
        finally:
            self._connections.busy(self)

    def _within(self, seconds: float) -> None:
        self._deadline = asyncio.get_running_loop().call_later(seconds, self.force_close)

    def _at_leisure(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


@web.middleware
async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection when it is worked for and when it waits. The outermost middleware."""
    connection = request.protocol
    if not isinstance(connection, ClientConnection):
        return await handler(request)
    connection.begin()
    try:
        return await handler(request)
    finally:
        connection.end()
