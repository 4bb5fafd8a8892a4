"""A small bot on the official SDK, to show what the emulator is true to.

``python -m tests.emulators._feishu.bot BASE APP_ID APP_SECRET`` answers every mention with a card
that has a picture, changes it once, and answers its button with a toast. Only the parts of
``lark_oapi`` that it needs are imported: importing all of it takes seconds.
"""

import importlib.util
import io
import json
import sys
import threading
import types
from typing import Any

from PIL import Image


def slim() -> None:
    """Packages of the SDK without what their ``__init__`` imports."""
    found = importlib.util.find_spec("lark_oapi")
    assert found is not None
    assert found.submodule_search_locations is not None
    root = found.submodule_search_locations[0]
    for name in ("lark_oapi", "lark_oapi.api", "lark_oapi.event"):
        module = types.ModuleType(name)
        module.__path__ = [root + name.removeprefix("lark_oapi").replace(".", "/")]
        sys.modules[name] = module
    stub: Any = types.ModuleType("lark_oapi.event.dispatcher_handler")
    stub.EventDispatcherHandler = object
    sys.modules[stub.__name__] = stub


def card(image_key: str, words: str) -> str:
    """A card with a picture and a button."""
    button = {
        "tag": "button",
        "text": {"tag": "plain_text", "content": "再来一张"},
        "behaviors": [{"type": "callback", "value": {"again": 1}}],
    }
    alt = {"tag": "plain_text", "content": ""}
    elements = [
        {"tag": "markdown", "content": words},
        {"tag": "img", "img_key": image_key, "alt": alt},
        button,
    ]
    made = {"schema": "2.0", "config": {"update_multi": True}, "body": {"elements": elements}}
    return json.dumps(made, ensure_ascii=False)


class Bot:
    """Handles what the long connection brings; the calls are made in threads."""

    def __init__(self, base: str, app_id: str, secret: str) -> None:
        from lark_oapi.api.im.service import ImService
        from lark_oapi.core.model import Config

        config = Config()
        config.app_id, config.app_secret, config.domain = app_id, secret, base
        config.timeout = 10
        self.im = ImService(config)

    def _do_without_validation(self, payload: bytes) -> Any:
        event = json.loads(payload)
        if event["header"]["event_type"] == "card.action.trigger":
            return {"toast": {"type": "info", "content": "好", "i18n": {"en_us": "ok"}}}
        if event["header"]["event_type"] == "im.message.receive_v1":
            id = event["event"]["message"]["message_id"]
            threading.Thread(target=self.answer, args=(id,)).start()
        return None

    def answer(self, message_id: str) -> None:
        """Upload, reply, patch."""
        from lark_oapi.api.im.v1.model.create_image_request import CreateImageRequest
        from lark_oapi.api.im.v1.model.create_image_request_body import CreateImageRequestBody
        from lark_oapi.api.im.v1.model.patch_message_request import PatchMessageRequest
        from lark_oapi.api.im.v1.model.patch_message_request_body import PatchMessageRequestBody
        from lark_oapi.api.im.v1.model.reply_message_request import ReplyMessageRequest
        from lark_oapi.api.im.v1.model.reply_message_request_body import ReplyMessageRequestBody

        drawn = io.BytesIO()
        Image.new("RGB", (64, 48)).save(drawn, "PNG")
        drawn.seek(0)
        image = CreateImageRequestBody.builder().image_type("message").image(drawn).build()
        made = self.im.v1.image.create(CreateImageRequest.builder().request_body(image).build())
        key = made.data.image_key
        reply = (
            ReplyMessageRequestBody.builder()
            .msg_type("interactive")
            .content(card(key, "…"))
            .uuid(message_id[:40])
            .build()
        )
        sent = self.im.v1.message.reply(
            ReplyMessageRequest.builder().message_id(message_id).request_body(reply).build()
        )
        patch = PatchMessageRequestBody.builder().content(card(key, "画好了")).build()
        self.im.v1.message.patch(
            PatchMessageRequest.builder()
            .message_id(sent.data.message_id)
            .request_body(patch)
            .build()
        )


def main(base: str, app_id: str, secret: str) -> None:
    """Run until killed."""
    slim()
    from lark_oapi.ws.client import Client

    Client(app_id, secret, event_handler=Bot(base, app_id, secret), domain=base).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
