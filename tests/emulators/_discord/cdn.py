"""Files: kept in memory up to a bound, and served under signed addresses that expire.

https://discord.com/developers/docs/reference#signed-attachment-cdn-urls: ``ex`` and ``is`` are
hexadecimal seconds, ``hm`` signs; an address is made anew whenever a message is fetched.
"""

import hashlib
import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote

from aiohttp import web
from PIL import Image

SECRET = b"emulated"
LIFE = 24 * 3600.0
EPHEMERAL_LIFE = 15 * 60.0
KEPT = 256 * 2**20
TYPES = {
    **{"txt": "text/plain; charset=utf-8", "json": "application/json; charset=utf-8"},
    **{"pdf": "application/pdf", "mp4": "video/mp4", "svg": "image/svg+xml"},
}


@dataclass
class Attachment:
    """An uploaded file; ``ephemeral`` ones vanish. ``message`` is set once it belongs to one."""

    id: int
    channel: int
    filename: str
    size: int
    content_type: str | None
    width: int | None
    height: int | None
    description: str | None = None
    title: str | None = None
    ephemeral: bool = False
    made: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)


def sniff(data: bytes, filename: str) -> tuple[str | None, int | None, int | None]:
    """Content type, width and height, from the bytes; from the name when they say nothing."""
    try:
        with Image.open(BytesIO(data)) as image:
            return image.get_format_mimetype(), image.width, image.height
    except Exception:
        return TYPES.get(filename.rpartition(".")[2].lower()), None, None


class Cdn:
    """All files. ``settings``: ``cdn`` (base of the addresses), ``cdn_life`` and
    ``ephemeral_life`` (seconds), ``cdn_keep`` (bytes in memory)."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.files: OrderedDict[int, bytes] = OrderedDict()
        self.known: dict[int, Attachment] = {}
        self.stickers: dict[str, bytes] = {}
        self._bytes = 0

    def clear(self) -> None:
        """Forget every file."""
        self.files.clear()
        self.known.clear()
        self.stickers.clear()
        self._bytes = 0

    def keep(
        self, channel: int, filename: str, data: bytes, *, ephemeral: bool = False
    ) -> Attachment:
        """Store a file. The oldest are dropped when there are too many bytes."""
        kind, width, height = sniff(data, filename)
        id = self._server.clock.snowflake()
        made = Attachment(
            id, channel, filename, len(data), kind, width, height, ephemeral=ephemeral
        )
        made.made = self._server.clock.now
        self.known[id] = made
        self.files[id] = data
        self._bytes += len(data)
        while self._bytes > self._server.settings.get("cdn_keep", KEPT) and len(self.files) > 1:
            _, dropped = self.files.popitem(last=False)
            self._bytes -= len(dropped)
        return made

    def drop(self, id: int) -> None:
        """A file that is no longer part of any message."""
        self._bytes -= len(self.files.pop(id, b""))

    def _signature(self, path: str, expires: str, issued: str) -> str:
        text = f"{path}|{expires}|{issued}".encode()
        return hmac.new(SECRET, text, hashlib.sha256).hexdigest()

    def url(self, file: Attachment, *, proxy: bool = False) -> str:
        """An absolute address, signed now."""
        now = int(self._server.clock.now)
        life = self._server.settings.get("cdn_life", LIFE)
        folder = "ephemeral-attachments" if file.ephemeral else "attachments"
        path = f"/{folder}/{file.channel}/{file.id}/{file.filename}"
        expires, issued = f"{int(now + life):x}", f"{now:x}"
        base = self._server.settings.get("media" if proxy else "cdn")
        base = base or self._server.base + ("/media" if proxy else "")
        signature = self._signature(path, expires, issued)
        return f"{base}{quote(path)}?ex={expires}&is={issued}&hm={signature}&"

    def payload(self, file: Attachment) -> dict[str, Any]:
        """The attachment object."""
        made: dict[str, Any] = {
            "id": str(file.id),
            "filename": file.filename,
            "size": file.size,
            "url": self.url(file),
            "proxy_url": self.url(file, proxy=True),
        }
        for name in ("content_type", "description", "width", "height", "title"):
            if (value := getattr(file, name)) is not None:
                made[name] = value
        return made | ({"ephemeral": True} if file.ephemeral else {})

    def routes(self, router: web.UrlDispatcher) -> None:
        """Serve ``/attachments`` and ``/ephemeral-attachments``, also under ``/media``, and
        ``/stickers``, whose addresses are not signed."""
        router.add_get("/stickers/{name}", self.sticker)
        for folder in ("attachments", "ephemeral-attachments"):
            for prefix in ("", "/media"):
                path = f"{prefix}/{folder}/{{channel}}/{{file}}/{{name}}"
                router.add_get(path, self.serve)

    async def serve(self, request: web.Request) -> web.Response:
        """The bytes, if the address is genuine and fresh; otherwise 404."""
        now = self._server.clock.now
        query = request.query
        gone = web.Response(status=404, text="This content is no longer available.")
        path = request.path.removeprefix("/media")
        signature = self._signature(path, query.get("ex", ""), query.get("is", ""))
        if not hmac.compare_digest(signature, query.get("hm", "")):
            return gone
        file = self.known.get(int(request.match_info["file"]))
        if file is None or file.id not in self.files or int(query["ex"], 16) <= now:
            return gone
        life = self._server.settings.get("ephemeral_life", EPHEMERAL_LIFE)
        if file.ephemeral and now > file.made + life:
            return gone
        kind = file.content_type or "application/octet-stream"
        headers = {"Content-Type": kind, "Cache-Control": "public, max-age=31536000"}
        data = self.files[file.id]
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if asked is None or int(asked[1]) >= len(data):
            return web.Response(body=data, headers=headers)
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return web.Response(status=206, body=data[first : last + 1], headers=headers)

    async def sticker(self, request: web.Request) -> web.Response:
        """The bytes of a sticker."""
        data = self.stickers.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)
