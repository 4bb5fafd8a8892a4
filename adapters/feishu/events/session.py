"""One long connection, from the bootstrap to its end, with lark-oapi's client.

The client dispatches events one after another, and drops cards without a word. So four of its
methods are replaced on the instance: what a data frame is answered, that a control frame was seen,
how the end of receiving is told, and where the address comes from. Its connecting, its frames, its
pings and its putting together of chunks stay as they are. It does not reconnect: whoever runs a
session makes a new one, because a client that has been refused once never connects again.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/request-url-configuration-case
"""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import structlog

from adapters.feishu.api import sdk
from adapters.feishu.events.connection_errors import ConnectionRefused
from adapters.feishu.events.dispatcher import Answer, NotAccepted

log = structlog.get_logger(__name__)

OPEN_SECONDS = 10.0
"""How long the handshake may take."""

CLOSE_SECONDS = 1.0
"""How long saying goodbye may take; afterwards the line is cut."""

SILENT_PINGS = 2.5
"""A connection on which nothing came for so many of its ping intervals is dead."""

_PUSHED = frozenset({"event", "card"})
"""Types of frames that carry an event; in some tenants that of a card is said to be its own."""

Take: TypeAlias = Callable[[bytes], Awaitable[Answer]]


class Lost(Exception):
    """The connection has ended, or is dead; a new one helps."""


class Session:
    """Used once, on the loop that :data:`module.loop` is.

    ``take`` accepts an event and gives the answer; it raises :class:`NotAccepted` when the
    platform is to push it again.
    """

    def __init__(self, module: Any, app_id: str, secret: str, domain: str, take: Take) -> None:
        self._module = module
        self._client = sdk.SocketClient(module, app_id, secret, domain)
        self._take = take
        self._heard = time.monotonic()
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._client.replace(self._receive_until_lost, self._note_control, self._answer)

    @property
    def interval(self) -> float:
        """Seconds between two attempts, as the platform wishes; it says so in the bootstrap."""
        return self._client.reconnect_interval

    async def run(self, connected: Callable[[], None]) -> None:
        """Connect, call ``connected``, and take events until the connection is gone.

        Raises:
            ConnectionRefused: the platform refused to connect, and says why.
            Lost: there is no connection (any more).
        """
        pings = None
        try:
            await self._connect()
            connected()
            pings = asyncio.create_task(self._client.ping())
            await self._until_lost()
        finally:
            if pings is not None:
                pings.cancel()
            self._client.stop_cleaning()
            await self._close()

    async def _connect(self) -> None:
        refusal = self._module.ClientException
        try:
            url = await _aside(self._client.address)
        except refusal as error:
            raise ConnectionRefused(error.code, str(error), bootstrap=True) from None
        except Exception as error:
            raise Lost(f"no address: {_words(error)}") from None
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                with sdk.way_to(url):
                    await self._client.connect(url)
        except refusal as error:
            raise ConnectionRefused(error.code, str(error), bootstrap=False) from None
        except Exception as error:
            raise Lost(f"no connection: {_words(error)}") from None

    async def _until_lost(self) -> None:
        """Wait for the end; it is declared where the platform has gone silent."""
        while not self._ended.done():
            allowed = SILENT_PINGS * max(1.0, self._client.ping_interval)
            left = self._heard + allowed - time.monotonic()
            if left <= 0:
                raise Lost("the platform has gone silent")
            await asyncio.wait((self._ended,), timeout=left)
        raise Lost(self._ended.result())

    async def _close(self) -> None:
        if not self._client.connected:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._client.disconnect()
        except (TimeoutError, RuntimeError, OSError):
            self._client.abort()

    # What replaces the client's methods

    async def _receive_until_lost(self) -> None:
        try:
            await self._client.receive()
        except Exception as error:
            if not self._ended.done():
                self._ended.set_result(_words(error))

    async def _note_control(self, frame: Any) -> None:
        self._heard = time.monotonic()
        await self._client.handle_control_frame(frame)

    async def _answer(self, frame: Any) -> None:
        """Take what a data frame carries, and send the frame back with the answer in it.

        Every frame has a task of its own, so that one event does not wait for another.
        """
        self._heard = began = time.monotonic()
        headers = {header.key: header.value for header in frame.headers}
        payload = frame.payload
        if int(headers.get("sum", 1)) > 1:
            chunk = (headers["message_id"], int(headers["sum"]), int(headers["seq"]), payload)
            payload = self._client.combine(*chunk)
            if payload is None:
                return
        answer = {"code": 200}
        if headers.get("type") in _PUSHED:
            answer = await self._taken(payload)
        header = frame.headers.add()
        header.key, header.value = "biz_rt", str(int((time.monotonic() - began) * 1000))
        frame.payload = json.dumps(answer).encode()
        try:
            await self._client.send(frame.SerializeToString())
        except Exception as error:  # it is pushed again
            log.debug("acknowledgement not sent", error=_words(error))

    async def _taken(self, payload: bytes) -> dict[str, Any]:
        try:
            answer = await self._take(payload)
        except NotAccepted:
            return {"code": 500}
        except Exception:
            log.exception("event not accepted")
            return {"code": 500}
        if not answer:
            return {"code": 200}
        data = json.dumps(answer, ensure_ascii=False).encode()
        return {"code": 200, "data": base64.b64encode(data).decode()}


async def _aside(function: Callable[[], Any]) -> Any:
    """Run what blocks in a thread of its own; being cancelled leaves it behind."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def tell(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)

    def work() -> None:
        result, failed = None, None
        try:
            result = function()
        except BaseException as error:
            failed = error
        try:
            loop.call_soon_threadsafe(tell, result, failed)
        except RuntimeError:  # nobody is there any more
            return

    threading.Thread(target=work, name="feishu-bootstrap", daemon=True).start()
    return await done


def _words(error: BaseException) -> str:
    """An error without addresses: that of the connection has a ticket in it."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text and "://" not in text else type(error).__name__
