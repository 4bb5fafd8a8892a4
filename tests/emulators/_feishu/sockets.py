"""The long connection: its bootstrap, its sockets, and pushing through one of them.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/request-url-configuration-case
"""

import asyncio
import json
import random
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators._feishu.frames import CONTROL, DATA, Frame, decode, encode
from tests.emulators._feishu.state import APP_PATTERN, World

CLIENT_CONFIG = {
    "ReconnectCount": -1,
    "ReconnectInterval": 120,
    "ReconnectNonce": 30,
    "PingInterval": 120,
}
WORDS = {
    1: "system busy",
    403: "forbidden",
    514: "auth failed",
    1000040343: "internal error",
    1000040344: "app_id or app_secret is empty",
    1000040345: "app_secret is invalid",
    1000040346: "app_id is invalid",
    1000040350: "the number of connections exceeded the limit",
}


@dataclass(eq=False)
class Socket:
    """One connection of an app; ``frozen`` ones neither read nor answer, but stay open; ``deaf``
    ones answer pings, but no event is sent there."""

    app: str
    device: str
    service: int
    ws: web.WebSocketResponse
    request: web.Request
    opened: float
    frozen: bool = False
    deaf: bool = False
    pings: int = 0
    acked: int = 0
    waiting: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)


class Sockets:
    """Bootstrap and connections.

    Settings: ``client_config`` changes what clients are told; ``bootstrap`` and ``handshake`` are
    lists of scripted answers, used up ``times`` (1) each: ``{"delay", "code", "msg", "status",
    "body"}`` and ``{"delay", "status", "handshake-status", "handshake-msg",
    "handshake-autherrcode"}``.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: list[Socket] = []
        self.tickets: dict[str, str] = {}
        self.served = 0

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/callback/ws/endpoint", self.bootstrap)
        router.add_get("/ws/v2", self.connect)

    # Bootstrap and handshake

    async def bootstrap(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        shape = isinstance(body, dict) and set(body) == {"AppID", "AppSecret"}
        if not shape or not all(isinstance(value, str) for value in body.values()):
            self.world.violation("bootstrap", "the body has AppID and AppSecret, two strings")
            return _answer(1000040344)
        scripted = self._scripted("bootstrap")
        await asyncio.sleep(scripted.get("delay", 0))
        if "status" in scripted:
            return web.Response(status=scripted["status"], text=scripted.get("body", ""))
        code = scripted.get("code") or self._refusal(body)
        if code:
            return _answer(code, scripted.get("msg"))
        device, ticket = str(secrets.randbelow(10**19)), secrets.token_hex(16)
        self.tickets[ticket] = body["AppID"]
        query = f"device_id={device}&access_key={secrets.token_hex(16)}&service_id=33554678"
        url = f"ws://{request.host}/ws/v2?{query}&ticket={ticket}"
        data = {"URL": url, "ClientConfig": self.config}
        return web.json_response({"code": 0, "msg": "", "data": data})

    @property
    def config(self) -> dict[str, Any]:
        changed: dict[str, Any] = self.world.settings.get("client_config", {})
        return CLIENT_CONFIG | changed

    def _scripted(self, name: str) -> dict[str, Any]:
        script: list[dict[str, Any]] = self.world.settings.get(name, [])
        if not script:
            return {}
        script[0]["times"] = script[0].get("times", 1) - 1
        return script[0] if script[0]["times"] else script.pop(0)

    def _refusal(self, body: dict[str, Any]) -> int:
        if not (body["AppID"] and body["AppSecret"]):
            return 1000040344
        app = self.world.apps.get(body["AppID"])
        if app is None or not APP_PATTERN.fullmatch(body["AppID"]):
            return 1000040346
        if app.secret != body["AppSecret"]:
            return 1000040345
        return 1000040350 if self._full(app.app_id) else 0

    def _full(self, app: str) -> bool:
        return len(self.of(app)) >= self.world.limits["connections"]

    def of(self, app: str) -> list[Socket]:
        """The connections of an app."""
        return [socket for socket in self.open if socket.app == app]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        scripted = self._scripted("handshake")
        await asyncio.sleep(scripted.get("delay", 0))
        if "handshake-status" in scripted or "status" in scripted:
            return _unwelcome(scripted)
        app = self.tickets.get(request.query.get("ticket", ""))
        if app is None:
            self.world.violation("handshake", "the ticket is not known")
            return _unwelcome({"handshake-status": 403, "handshake-msg": "forbidden"})
        if self._full(app):
            words = {"handshake-status": 514, "handshake-msg": WORDS[1000040350]}
            return _unwelcome(words | {"handshake-autherrcode": 1000040350})
        ws = web.WebSocketResponse(autoping=False, max_msg_size=2**20, timeout=0.1)
        await ws.prepare(request)
        service = int(request.query["service_id"])
        now = self.world.now()
        socket = Socket(app, request.query["device_id"], service, ws, request, now)
        self.open.append(socket)
        self.served += 1
        try:
            with suppress(ConnectionError):
                await self._listen(socket)
        finally:
            self.open.remove(socket)
            for waiter in socket.waiting.values():
                if not waiter.done():
                    waiter.set_exception(ConnectionResetError("the connection is gone"))
                    waiter.exception()  # nobody may be waiting any more
        return ws

    # Frames

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            while socket.frozen:
                await asyncio.sleep(0.05)
            if message.type is WSMsgType.PING:
                await socket.ws.pong(message.data)
            elif message.type is WSMsgType.BINARY:
                try:
                    await self._frame(socket, decode(message.data))
                except ValueError as error:
                    self.world.violation("frame", str(error))
            elif message.type is WSMsgType.TEXT:
                self.world.violation("frame", "text on the long connection")

    async def _frame(self, socket: Socket, frame: Frame) -> None:
        kind = frame.header("type")
        if frame.method == CONTROL and kind == "ping":
            if frame.service != socket.service:
                self.world.violation("ping", f"service {frame.service}")
            socket.pings += 1
            pong = Frame(service=frame.service, headers=[("type", "pong")])
            pong.payload = json.dumps(self.config).encode()
            await socket.ws.send_bytes(encode(pong))
        elif frame.method == DATA and kind in ("event", "card"):
            self._acknowledged(socket, frame)
        else:
            self.world.violation("frame", f"method {frame.method}, type {kind}")

    def _acknowledged(self, socket: Socket, frame: Frame) -> None:
        waiter = socket.waiting.get(frame.header("message_id") or "")
        try:
            answer = json.loads(frame.payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("code"), int):
            self.world.violation("acknowledgement", "no JSON with a code")
        elif waiter is None:
            self.world.violation("acknowledgement", "of nothing that was pushed here")
        elif not waiter.done():
            socket.acked += 1
            waiter.set_result(answer)

    async def push(
        self, app: str, payload: bytes, seconds: float, kind: str = "event"
    ) -> dict[str, Any]:
        """Push to one of the connections: ``{"outcome", "socket", "took", "answer"}``.

        ``outcome`` is ``answered``, ``timeout``, ``no connection`` or ``dropped``.
        """
        open_ = self.of(app)
        if not open_:
            return {"outcome": "no connection"}
        socket = random.choice(open_)
        delivery = secrets.token_hex(16)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[dict[str, Any]] = loop.create_future()
        socket.waiting[delivery] = waiter
        about = {"socket": socket.device, "delivery": delivery}
        started = loop.time()
        try:
            async with asyncio.timeout(seconds):
                if not (socket.frozen or socket.deaf):
                    await self._send(socket, payload, delivery, kind)
                answer = await waiter
        except TimeoutError:
            loop.call_later(60, socket.waiting.pop, delivery, None)
            return about | {"outcome": "timeout", "took": seconds}
        except ConnectionError:
            return about | {"outcome": "dropped", "took": loop.time() - started}
        del socket.waiting[delivery]
        took = loop.time() - started
        return about | {"outcome": "answered", "took": took, "answer": answer}

    async def _send(self, socket: Socket, payload: bytes, delivery: str, kind: str) -> None:
        size = int(self.world.limits["chunk_bytes"])
        chunks = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
        for number, chunk in enumerate(chunks):
            headers = {
                "type": kind,
                "message_id": delivery,
                "sum": str(len(chunks)),
                "seq": str(number),
                "trace_id": secrets.token_hex(16),
            }
            frame = Frame(
                secrets.randbelow(2**40),
                secrets.randbelow(2**40),
                socket.service,
                DATA,
                list(headers.items()),
                payload=chunk,
            )
            await socket.ws.send_bytes(encode(frame))

    # Control

    def about(self) -> list[dict[str, Any]]:
        """What ``GET /_ctl/sockets`` tells."""
        return [
            {
                "id": socket.device,
                "app": socket.app,
                "opened": socket.opened,
                "frozen": socket.frozen,
                "pings": socket.pings,
                "acked": socket.acked,
            }
            for socket in self.open
        ]

    async def act(self, do: str, which: str = "all", code: int = 1000) -> int:
        """``drop`` cuts, ``close`` closes, ``freeze`` and ``thaw`` make half-open, ``deafen`` lets
        no event through; how many."""
        chosen = [socket for socket in self.open if which in ("all", socket.device)]
        if which == "one":
            chosen = random.sample(self.open, min(1, len(self.open)))
        for socket in chosen:
            if do == "drop":
                socket.frozen = False
                if socket.request.transport is not None:
                    socket.request.transport.abort()
            elif do == "close":
                socket.frozen = False
                await socket.ws.close(code=code)
            elif do == "deafen":
                socket.deaf = True
            else:
                socket.frozen = do == "freeze"
        return len(chosen)


def _answer(code: int, words: str | None = None) -> web.Response:
    return web.json_response({"code": code, "msg": words or WORDS.get(code, "refused")})


def _unwelcome(headers: dict[str, Any]) -> web.Response:
    shown = {name: str(value) for name, value in headers.items() if name.startswith("handshake-")}
    return web.Response(status=headers.get("status", 403), headers=shown)
