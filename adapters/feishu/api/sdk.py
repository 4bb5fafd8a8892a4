"""lark-oapi without its sixty services: only what is asked for is imported.

``import lark_oapi``, or any module in it, imports every service the platform has: 157 MB and more
than a second. Its packages are therefore put into ``sys.modules`` empty, so that nothing but the
module asked for, and what that one needs, is executed. Three more things are kept out:

* ``lark_oapi.event.dispatcher_handler`` imports all services again; we read events ourselves.
* ``lark_oapi.ws.pb.google`` imports ``pkg_resources`` (6 MB) to declare a namespace.
* ``requests`` (5 MB) is used by the long connection for one POST, without a time limit: it is
  handed a stand-in that has one.

Nothing is imported before :func:`module` is called.
"""

import asyncio
import importlib
import importlib.machinery
import importlib.util
import json
import logging
import ssl
import sys
import threading
import types
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.chat import proxy_for

BOOTSTRAP_SECONDS = 10.0
"""How long asking for the address of the long connection may take."""

LARGEST_ANSWER = 2**20

SOCKET = "lark_oapi.ws.client"
_NEEDED = (SOCKET, "lark_oapi.core.http", "lark_oapi.core.token")
_PACKAGES = (
    *("lark_oapi", "lark_oapi.api", "lark_oapi.event"),
    *("lark_oapi.ws", "lark_oapi.ws.pb", "lark_oapi.ws.pb.google"),
)
_DISPATCHER = "lark_oapi.event.dispatcher_handler"
_importing = threading.Lock()
_proxy: ContextVar[str | None] = ContextVar("proxy", default=None)


def load() -> None:
    """Import what is needed, once; it takes about 0.05 s, so call it in a thread.

    Afterwards an import of a module of ``lark_oapi.core`` or ``lark_oapi.ws`` is light.

    Raises:
        ImportError: lark-oapi is not installed.
    """
    with _importing:
        if SOCKET in sys.modules:
            return
        for package in _PACKAGES:
            _hollow(package)
        _stand_in(_DISPATCHER, EventDispatcherHandler=object)
        with _stand_ins():
            for name in _NEEDED:
                importlib.import_module(name)
        _silence()
        _let_through_proxies(sys.modules[SOCKET])
        _release_loop(sys.modules[SOCKET])


def socket() -> Any:
    """The module of the long connection, ``lark_oapi.ws.client``."""
    load()
    return sys.modules[SOCKET]


class SocketClient:
    """``lark_oapi.ws.client.Client``, most of which is private: nothing else uses those names.

    tests/adapters/feishu/test_sdk.py fails where a new version moves them. ``receive`` and
    ``handle_control_frame`` are the client's own, whatever replaces them. ``disconnect`` and
    ``abort`` end the connection, politely and at once.
    """

    def __init__(self, module: Any, app_id: str, secret: str, domain: str) -> None:
        client = module.Client(app_id, secret, domain=domain, auto_reconnect=False)
        self._client = client
        self._connection: Any = None
        self.receive: Callable[[], Awaitable[None]] = client._receive_message_loop
        self.handle_control_frame: Callable[[Any], Awaitable[None]] = client._handle_control_frame
        self.ping: Callable[[], Coroutine[Any, Any, None]] = client._ping_loop
        self.combine: Callable[[str, int, int, bytes], bytes | None] = client._combine
        self.send: Callable[[bytes], Awaitable[None]] = client._write_message

    def replace(
        self,
        receive: Callable[[], Awaitable[None]],
        handle_control_frame: Callable[[Any], Awaitable[None]],
        handle_data_frame: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Have the client call these instead of its own."""
        self._client._receive_message_loop = receive
        self._client._handle_control_frame = handle_control_frame
        self._client._handle_data_frame = handle_data_frame

    @property
    def reconnect_interval(self) -> float:
        """Seconds between two attempts, as the platform wishes."""
        return max(0.0, float(self._client._reconnect_interval or 0))

    @property
    def ping_interval(self) -> float:
        """Seconds between two pings, as the platform wishes."""
        return float(self._client._ping_interval or 0)

    def address(self) -> str:
        """Ask where to connect; it blocks.

        Raises:
            lark_oapi.ws.exception.ClientException: the platform refuses.
        """
        return str(self._client._get_conn_url())

    async def connect(self, url: str) -> None:
        """Connect to ``url``, and begin to receive. Raises as :meth:`address` does."""
        self._client._get_conn_url = lambda: url
        await self._client._connect()

    @property
    def connected(self) -> bool:
        """Whether there is a connection; :meth:`abort` ends the one of which this was last said."""
        self._connection = self._client._conn
        return self._connection is not None

    async def disconnect(self) -> None:
        await self._client._disconnect()

    def abort(self) -> None:
        self._connection.transport.abort()

    def stop_cleaning(self) -> None:
        """End the task that forgets incomplete events."""
        if self._client._cache._cron is not None:
            self._client._cache._cron.cancel()


def _hollow(name: str) -> None:
    """Make a package that leads to its modules and imports none of them."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"there is no package {name}", name=name)
    package = types.ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)


def _stand_in(name: str, **contents: Any) -> None:
    """Put a module in the place of one that is not wanted, unless that one is there already."""
    if name not in sys.modules:
        made = types.ModuleType(name)
        made.__dict__.update(contents)
        made.__spec__ = importlib.machinery.ModuleSpec(name, None)
        sys.modules[name] = made


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Give what is imported now our own HTTP, and nobody else."""
    names = ("requests", "httpx", "requests_toolbelt")
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    _stand_in("requests", post=post)
    _stand_in("httpx")
    _stand_in("requests_toolbelt", MultipartEncoder=object)
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules.update(before)


def _silence() -> None:
    """The SDK's log goes to standard output, and names the ticket of the connection; so does that
    of its web socket, at the level of debugging, and all that is said there."""
    logging.getLogger("Lark").disabled = True
    logging.getLogger("websockets").setLevel(logging.INFO)


@contextmanager
def way_to(url: str) -> Iterator[None]:
    """Connect the web socket to ``url`` meanwhile by the proxy that leads there, if one does."""
    token = _proxy.set(proxy_for(url))
    try:
        yield
    finally:
        _proxy.reset(token)


def _let_through_proxies(client: Any) -> None:
    """The SDK connects its web socket past every proxy."""
    stock = client._ws_connect_kwargs

    def arguments(headers: Any) -> dict[str, Any]:
        return {**stock(headers), "proxy": _proxy.get()}

    client._ws_connect_kwargs = arguments


def _release_loop(client: Any) -> None:
    """Take away the loop that the module keeps from the thread in which it is imported.

    It is a global that the connection's tasks run on: whoever connects sets it first.
    """
    if not client.loop.is_running():
        client.loop.close()
        asyncio.set_event_loop(None)
    client.loop = None


@dataclass(frozen=True, slots=True)
class Response:
    """What the long connection reads of an answer."""

    status_code: int
    content: bytes


def post(url: str, headers: Mapping[str, str], json: Mapping[str, object]) -> Response:
    """POST JSON within :data:`BOOTSTRAP_SECONDS`; all that the long connection asks over HTTP.

    Raises:
        OSError: the server cannot be reached, or does not answer in time.
    """
    request = urllib.request.Request(
        url,
        data=_dumps(json),
        headers={**headers, "Content-Type": "application/json"},
        method="POST",
    )
    context = ssl.create_default_context() if url.startswith("https:") else None
    proxy = proxy_for(url)
    proxies = urllib.request.ProxyHandler({urlsplit(url).scheme: proxy} if proxy else {})
    opener = urllib.request.build_opener(proxies, urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=BOOTSTRAP_SECONDS) as answer:
            return Response(answer.status, answer.read(LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, error.read(LARGEST_ANSWER))


def _dumps(value: Mapping[str, object]) -> bytes:
    return json.dumps(value).encode()
