"""Pictures and files: uploads, and downloads of what is in messages.

https://open.feishu.cn/document/server-docs/im-v1/image/create,
https://open.feishu.cn/document/server-docs/im-v1/file/create,
https://open.feishu.cn/document/server-docs/im-v1/message/get-2
"""

import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import quote

from aiohttp import web
from PIL import Image

from tests.emulators._feishu.forms import parts
from tests.emulators._feishu.gateway import Call, Gateway
from tests.emulators._feishu.refusals import Refused, check, wrong
from tests.emulators._feishu.state import Message, Resource, World

IMAGE_KEY = re.compile(r"img_v3_[0-9a-f]{4}_[0-9a-f-]{36}g")
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "ICO", "TIFF", "MPO")
HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1")
KINDS = ("opus", "mp4", "pdf", "doc", "xls", "ppt", "stream")
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


class Resources:
    """Routes of im/v1/images, im/v1/files and the resources of messages."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world = world
        self.gateway = gateway

    def routes(self, router: web.UrlDispatcher) -> None:
        api, base = self.gateway.api, "/open-apis/im/v1"
        router.add_post(f"{base}/images", api("im.v1.image.create", self.upload, form=True))
        router.add_get(f"{base}/images/{{image_key}}", api("im.v1.image.get", self.image))
        router.add_post(f"{base}/files", api("im.v1.file.create", self.upload_file, form=True))
        router.add_get(f"{base}/files/{{file_key}}", api("im.v1.file.get", self.file))
        router.add_get(
            f"{base}/messages/{{message_id}}/resources/{{file_key}}",
            api("im.v1.messageResource.get", self.resource),
        )

    async def upload(self, call: Call) -> dict[str, Any]:
        form = parts(call)
        check(set(form) == {"image_type", "image"}, 234001, f"fields {sorted(form)}")
        check(form["image_type"] in (b"message", b"avatar"), 234001, "image_type")
        data = self._file_of(form["image"], "image_bytes")
        about = self.measure(data)
        side = self.world.limits["gif_side" if about["format"] == "GIF" else "image_side"]
        if max(about.get("width", 0), about.get("height", 0)) > side:
            raise wrong(234039, f"{about['width']}x{about['height']}")
        return {"image_key": self.world.picture(call.app.app_id, data, about).key}

    def _file_of(self, data: bytes, limit: str) -> bytes:
        check(data, 234010)
        if len(data) > self.world.limits[limit]:
            raise wrong(234006, f"{len(data)} bytes")
        return data

    def measure(self, data: bytes) -> dict[str, Any]:
        """Format and size of a picture; code 234011 when it is none Feishu takes."""
        if data[4:12] in HEIC:
            return {"format": "HEIC"}
        try:
            with Image.open(BytesIO(data)) as picture:
                about = {
                    "format": picture.format,
                    "width": picture.width,
                    "height": picture.height,
                }
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            raise wrong(234011, "") from None
        check(about["format"] in FORMATS, 234011, str(about["format"]))
        return about

    async def upload_file(self, call: Call) -> dict[str, Any]:
        form = parts(call)
        required = {"file_type", "file_name", "file"}
        check(required <= set(form) <= required | {"duration"}, 234001, f"{sorted(form)}")
        kind = form["file_type"].decode("utf-8", "replace")
        check(kind in KINDS, 234001, f"file_type {kind}")
        name = form["file_name"].decode("utf-8", "replace")
        check(name, 234001, "file_name is empty")
        data = self._file_of(form["file"], "file_bytes")
        return {"file_key": self.world.file(call.app.app_id, data, name, kind).key}

    async def image(self, call: Call) -> web.Response:
        found = self.world.images.get(call.path["image_key"])
        if found is None:
            raise wrong(234001, "image_key")
        if found.owner != call.app.app_id:
            raise Refused(234008)
        return self._send(found)

    async def file(self, call: Call) -> web.Response:
        found = self.world.files.get(call.path["file_key"])
        if found is None:
            raise wrong(234001, "file_key")
        check(found.owner == call.app.app_id, 234008)
        return self._send(found)

    async def resource(self, call: Call) -> web.Response:
        kind = call.query.get("type")
        check(set(call.query) == {"type"} and kind in ("image", "file"), 234001, "type")
        message = self.world.messages.get(call.path["message_id"])
        if message is None:
            raise wrong(234001, "message_id")
        chat = self.world.chats[message.chat_id]
        if call.app.app_id not in chat.bots:
            raise Refused(234004)
        if message.deleted:
            raise Refused(234040)
        check(message.msg_type != "sticker", 234043)
        closed = message.msg_type in ("interactive", "merge_forward") or message.upper
        if closed and not self.world.settings.get("open_resources"):
            raise Refused(234043)
        key = call.path["file_key"]
        check(key in keys(message, str(kind)), 234003, key)
        shelf = self.world.images if kind == "image" else self.world.files
        return self._send(shelf[key])

    def _send(self, found: Resource) -> web.Response:
        if len(found.data) > self.world.limits["download_bytes"]:
            raise Refused(234037)
        mime = MIMES.get(found.about.get("format", ""), "application/octet-stream")
        headers = {"Content-Type": mime}
        if found.name:
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
        return web.Response(body=found.data, headers=headers)


def keys(message: Message, kind: str) -> list[str]:
    """The keys of the pictures or files in a message."""
    content = message.content
    if message.msg_type == kind == "image":
        return [content["image_key"]]
    if message.msg_type in ("file", "audio", "media") and kind == "file":
        return [content["file_key"]]
    if message.msg_type == "interactive" and kind == "image":
        return IMAGE_KEY.findall(json.dumps(content))
    if message.msg_type != "post":
        return []
    nodes = [node for line in content["content"] for node in line]
    if kind == "image":
        marked = [IMAGE_KEY.findall(node["text"]) for node in nodes if node["tag"] == "md"]
        shown = [node["image_key"] for node in nodes if node["tag"] == "img"]
        return [*shown, *(key for found in marked for key in found)]
    return [node["file_key"] for node in nodes if node["tag"] == "media"]
