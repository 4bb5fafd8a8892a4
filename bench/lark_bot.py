"""A plain bot on lark-oapi, written as its README shows: the baseline of two benches.

``python -m bench.lark_bot URL APP_ID SECRET`` answers every message with a card, uploads a small
picture that was made before, and puts it into the card. It runs until it is killed.
"""

import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import lark_oapi as lark  # type: ignore[import-untyped]
from lark_oapi.api.im.v1 import (  # type: ignore[import-untyped]
    CreateImageRequest,
    CreateImageRequestBody,
    P2ImMessageReceiveV1,
    PatchMessageRequest,
    PatchMessageRequestBody,
    ReplyMessageRequest,
    ReplyMessageRequestBody,
)

THREADS = 16


def picture() -> bytes:
    """The picture that every answer shows."""
    from PIL import Image

    drawn = io.BytesIO()
    Image.effect_noise((512, 512), 40).convert("RGB").save(drawn, "PNG")
    return drawn.getvalue()


def card(key: str = "") -> str:
    """A card, with the picture once there is one."""
    shown = {"tag": "img", "img_key": key, "alt": {"tag": "plain_text", "content": ""}}
    elements = [shown] if key else [{"tag": "markdown", "content": "OK, generating now."}]
    made = {"schema": "2.0", "config": {"update_multi": True}, "body": {"elements": elements}}
    return json.dumps(made, ensure_ascii=False)


class Bot:
    """Answers in threads, as the handler must return at once."""

    def __init__(self, url: str, app_id: str, secret: str) -> None:
        builder = lark.Client.builder().app_id(app_id).app_secret(secret)
        self._client = builder.domain(url).timeout(30).build()
        self._threads = ThreadPoolExecutor(THREADS)
        self._picture = b""

    def heard(self, event: P2ImMessageReceiveV1) -> None:
        """``im.message.receive_v1``."""
        self._threads.submit(self._answer, event.event.message.message_id)

    def _answer(self, asked: str) -> None:
        im = self._client.im.v1
        reply = ReplyMessageRequestBody.builder().msg_type("interactive").content(card()).build()
        request = ReplyMessageRequest.builder().message_id(asked).request_body(reply).build()
        sent = im.message.reply(request).data.message_id
        self._picture = self._picture or picture()
        upload = CreateImageRequestBody.builder().image_type("message")
        body = upload.image(io.BytesIO(self._picture)).build()
        made = im.image.create(CreateImageRequest.builder().request_body(body).build())
        patch = PatchMessageRequestBody.builder().content(card(made.data.image_key)).build()
        im.message.patch(PatchMessageRequest.builder().message_id(sent).request_body(patch).build())


def main(url: str, app_id: str, secret: str) -> None:
    """Run until killed."""
    bot = Bot(url, app_id, secret)
    handler = (
        lark.EventDispatcherHandler.builder("", "")
        .register_p2_im_message_receive_v1(bot.heard)
        .build()
    )
    lark.ws.Client(app_id, secret, event_handler=handler, domain=url).start()


if __name__ == "__main__":
    main(*sys.argv[1:4])
