"""A client of the open platform by hand, for tests of the emulator: plain HTTP and frames."""

import asyncio
import io
import json
from typing import Any, Self

import aiohttp
from PIL import Image

from tests.emulators._feishu.frames import CONTROL, DATA, Frame, decode, encode
from tests.emulators.process import Remote

IM = "/open-apis/im/v1"


class Raw:
    """Calls with a token of the default app; ``async with`` gets it."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.headers: Any = {}
        self.app: dict[str, Any] = {}
        self.token = ""

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession()
        self.app = (await self.remote.ask("apps"))[0]
        await self.login()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def login(self) -> None:
        given = {"app_id": self.app["app_id"], "app_secret": self.app["secret"]}
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        self.token = (await self.call("POST", path, json=given))["tenant_access_token"]

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """The parsed answer, with ``status``; its headers are kept."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.remote.url}{path}"
        async with self.session.request(method, url, headers=headers, **more) as response:
            self.headers = response.headers
            text = await response.read()
            if "json" not in response.headers.get("Content-Type", ""):
                return {"status": response.status, "bytes": text}
            return {"status": response.status, **json.loads(text)}

    async def reply(self, message_id: str, content: Any, kind: str = "text", **more: Any) -> Any:
        """Reply; ``content`` is an object, or a string in JSON."""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        body = {"msg_type": kind, "content": text, **more}
        return await self.call("POST", f"{IM}/messages/{message_id}/reply", json=body)

    async def patch(self, message_id: str, card: Any) -> Any:
        body = {"content": json.dumps(card, ensure_ascii=False)}
        return await self.call("PATCH", f"{IM}/messages/{message_id}", json=body)

    async def upload(self, data: bytes, **fields: str) -> Any:
        form = aiohttp.FormData()
        for name, value in ({"image_type": "message"} | fields).items():
            form.add_field(name, value)
        form.add_field("image", io.BytesIO(data), filename="picture")
        return await self.call("POST", f"{IM}/images", data=form)

    async def upload_file(self, data: bytes, kind: str = "stream") -> Any:
        form = aiohttp.FormData()
        form.add_field("file_type", kind)
        form.add_field("file_name", "原图.png")
        form.add_field("file", io.BytesIO(data), filename="picture")
        return await self.call("POST", f"{IM}/files", data=form)

    async def endpoint(self, **changed: str) -> Any:
        given = {"AppID": self.app["app_id"], "AppSecret": self.app["secret"]} | changed
        return await self.call("POST", "/callback/ws/endpoint", json=given)

    async def connect(self) -> "Line":
        """A long connection."""
        url = (await self.endpoint())["data"]["URL"]
        return Line(await self.session.ws_connect(url, autoping=True))


class Line:
    """One long connection, read by the test; nothing is acknowledged by itself."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def frame(self, seconds: float = 60) -> Frame:
        """The next frame."""
        message = await self.ws.receive(seconds)
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise ConnectionResetError(str(message.type))
        return decode(message.data)

    async def event(self, seconds: float = 60) -> tuple[Frame, Any]:
        """The next event, put together from its frames."""
        frame = await self.frame(seconds)
        parts = {frame.header("seq"): frame.payload}
        while len(parts) < int(frame.header("sum") or 1):
            more = await self.frame(seconds)
            parts[more.header("seq")] = more.payload
        payload = b"".join(parts[str(number)] for number in range(len(parts)))
        return frame, json.loads(payload)

    async def ack(self, frame: Frame, answer: Any = None) -> None:
        """Send a frame back as the SDKs do."""
        frame.headers.append(("biz_rt", "1"))
        frame.payload = json.dumps({"code": 200} if answer is None else answer).encode()
        await self.ws.send_bytes(encode(frame))

    async def ping(self) -> Frame:
        headers = [("type", "ping")]
        frame = Frame(service=33554678, method=CONTROL, headers=headers)
        await self.ws.send_bytes(encode(frame))
        return await self.frame()

    async def close(self) -> None:
        await self.ws.close()


def png(width: int = 64, height: int = 48, kind: str = "PNG") -> bytes:
    """A picture."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), (200, 120, 40)).save(made, kind)
    return made.getvalue()


def card(*elements: Any, **config: Any) -> dict[str, Any]:
    """A card of those elements that may be patched."""
    return {
        "schema": "2.0",
        "config": {"update_multi": True, **config},
        "body": {"elements": list(elements)},
    }


def words(content: str) -> dict[str, Any]:
    """A text in Markdown."""
    return {"tag": "markdown", "content": content}


def button(text: str, **more: Any) -> dict[str, Any]:
    """A button that reports ``{"do": text}``."""
    behaviors = [{"type": "callback", "value": {"do": text}}]
    label = {"tag": "plain_text", "content": text}
    return {"tag": "button", "text": label, "behaviors": behaviors, **more}


async def until(condition: Any, seconds: float = 60) -> Any:
    """What ``condition()`` gives once it is true."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await condition():
                return found
            await asyncio.sleep(0.02)


__all__ = ["DATA", "IM", "Line", "Raw", "button", "card", "png", "until", "words"]
