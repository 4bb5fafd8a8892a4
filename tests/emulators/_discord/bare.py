"""A bare client for the tests of the emulator: REST and gateway with nothing in between."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp

from tests.emulators.process import Remote

PATIENCE = 120.0
INTENTS = 4609


class Bare:
    """Talks to the emulator as a bot without a library; ``app`` is the application's id."""

    def __init__(
        self, remote: Remote, session: aiohttp.ClientSession, app: str, token: str
    ) -> None:
        self.remote = remote
        self.session = session
        self.app = app
        self.token = token
        self.headers: dict[str, str] = {}

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: dict[str, bytes] | None = None,
        auth: bool = True,
    ) -> tuple[int, Any]:
        """Status and JSON of a request; ``files`` become ``files[0]``, ``files[1]``, …"""
        headers = {"Authorization": f"Bot {self.token}"} if auth else {}
        data: Any = None
        if files is not None:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(body), content_type="application/json")
            for index, (name, content) in enumerate(files.items()):
                kind = "application/octet-stream"
                data.add_field(
                    f"files[{index}]", BytesIO(content), filename=name, content_type=kind
                )
        elif body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        url = f"{self.remote.url}/api/v10{path}"
        async with self.session.request(method, url, data=data, headers=headers) as response:
            self.headers = dict(response.headers)
            if response.content_type != "application/json":
                return response.status, await response.text()
            return response.status, await response.json()

    async def refused(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The JSON code of a refusal, or the status when there was none."""
        status, answer = await self.call(method, path, body, **more)
        return answer["code"] if status >= 400 and isinstance(answer, dict) else status

    async def respond(self, interaction: dict[str, Any], type: int, data: Any = None) -> Any:
        """Answer an interaction for the first time; 204, or the code of the refusal."""
        path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
        body = {"type": type} | ({} if data is None else {"data": data})
        return await self.refused("POST", path, body, auth=False)

    def webhook(self, interaction: dict[str, Any], message: str = "") -> str:
        """The path of an interaction's webhook, or of a message of it."""
        path = f"/webhooks/{self.app}/{interaction['token']}"
        return f"{path}/messages/{message}" if message else path

    @asynccontextmanager
    async def gateway(self, compress: bool = False) -> AsyncIterator["Socket"]:
        """A connection to the gateway, after HELLO."""
        url = self.remote.url.replace("http", "ws") + "/?v=10&encoding=json"
        url += "&compress=zlib-stream" if compress else ""
        async with self.session.ws_connect(url, max_msg_size=0) as raw:
            socket = Socket(raw, self.token)
            assert (await socket.receive())["op"] == 10
            yield socket


class Socket:
    """A gateway connection; ``seq`` is the last number seen."""

    def __init__(self, raw: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self.raw = raw
        self.token = token
        self.seq: int | None = None
        self.ready: dict[str, Any] = {}
        self._inflate = zlib.decompressobj()

    async def send(self, op: int, data: Any) -> None:
        """Send one message."""
        await self.raw.send_str(json.dumps({"op": op, "d": data}))

    async def receive(self) -> dict[str, Any]:
        """The next message, or ``{"closed": code}``."""
        async with asyncio.timeout(PATIENCE):
            received = await self.raw.receive()
        if received.type == aiohttp.WSMsgType.TEXT:
            text = received.data
        elif received.type == aiohttp.WSMsgType.BINARY:
            assert received.data.endswith(b"\x00\x00\xff\xff")
            text = self._inflate.decompress(received.data).decode()
        else:
            return {"closed": self.raw.close_code, "op": None, "t": None}
        message: dict[str, Any] = json.loads(text)
        if message.get("s") is not None:
            self.seq = message["s"]
        return message

    async def until(self, name: str) -> dict[str, Any]:
        """The data of the next event of this name."""
        while True:
            message = await self.receive()
            assert "closed" not in message, message
            if message.get("t") == name:
                data: dict[str, Any] = message["d"]
                return data

    async def identify(self, **more: Any) -> dict[str, Any]:
        """Send IDENTIFY; READY, or what came instead."""
        properties = {"os": "linux", "browser": "bare", "device": "bare"}
        data = {"token": self.token, "intents": INTENTS, "properties": properties}
        await self.send(2, data | more)
        message = await self.receive()
        if message.get("t") == "READY":
            self.ready = message["d"]
        return message

    async def resume(self, session: str, seq: int | None) -> None:
        """Send RESUME."""
        await self.send(6, {"token": self.token, "session_id": session, "seq": seq})
