"""Messages of every type, with words that are a change: what cannot be used is said, and nothing
else is drawn in its place.

``FEISHU_MESSAGES=200`` makes as many of them.
"""

import base64
import io
import os
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from PIL import Image

from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Message, Stage
from tests.support.scripted import Scripted, png

MESSAGES = int(os.environ.get("FEISHU_MESSAGES", "30"))

CHANGES = ("让它暖一点", "变成油画", "把背景换成蓝色", "make it warmer", "turn this into a sketch")

TOLD = (
    *("视频", "录音", "贴纸", "不是图片的文件", "投票", "没有图片的卡片", "无法打开的", "不在了"),
    *("a video", "a sound recording", "a sticker", "a file that is no", "a poll", "a card without"),
    *("cannot be opened", "no longer there"),
)
"""What a person is told of something that cannot be used."""

MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64)
FILES: Mapping[str, bytes] = {
    "pdf": b"%PDF-1.7\n" + bytes(64),
    "zip": b"PK\x03\x04" + bytes(64),
    "mp4": MP4,
    "mp3": b"ID3\x04" + bytes(64),
    "txt": "把它画成油画".encode(),
    "bin": bytes(99),
}
NAMES = ("photo.jpg", "photo", "photo.JFIF", "photo.png ", "a.pdf", "a.mp4", "图.PNG", "x.unheard")

Color = tuple[int, int, int]


class Maker:
    """Makes messages; each says whether it has a picture to work from."""

    def __init__(self, choose: random.Random, *, handed_out: bool) -> None:
        self.choose = choose
        self.handed_out = handed_out
        self.color: Color = (0, 0, 0)

    def message(self) -> tuple[str, dict[str, Any], bool]:
        """What it is, for ``POST /_ctl/send``, and whether it can be used."""
        self.color = tuple(self.choose.randrange(256) for _ in range(3))  # type: ignore[assignment]
        kinds: tuple[Callable[[], tuple[str, dict[str, Any], bool]], ...] = (
            *(self.image, self.post, self.marked, self.good_file, self.card, self.record),
            *(self.bad_file, self.video_in_post, self.bare_card, self.bare_record),
            *(self.other, self.other),
        )
        return self.choose.choice(kinds)()

    def picture(self) -> dict[str, Any]:
        return {"width": 60, "height": 40, "color": list(self.color)}

    def image(self) -> tuple[str, dict[str, Any], bool]:
        kind = self.choose.choice(("PNG", "WEBP", "GIF", "JPEG"))
        return kind, {"image": {**self.picture(), "format": kind}}, True

    def post(self) -> tuple[str, dict[str, Any], bool]:
        lines = [[{"tag": "text", "text": "看"}], [{"tag": "img", "image": self.picture()}]]
        return "post", {"post": {"content": lines}}, True

    def marked(self) -> tuple[str, dict[str, Any], bool]:
        return "md", {"marked": self.picture()}, True

    def good_file(self) -> tuple[str, dict[str, Any], bool]:
        data = base64.b64encode(png(_hex(self.color))).decode()
        name = self.choose.choice(NAMES)
        return f"file {name}", {"file": {"name": name, "base64": data}}, True

    def bad_file(self) -> tuple[str, dict[str, Any], bool]:
        kind = self.choose.choice(tuple(FILES))
        data = base64.b64encode(FILES[kind]).decode()
        name = self.choose.choice(NAMES)
        return f"{kind} called {name}", {"file": {"name": name, "base64": data}}, False

    def video_in_post(self) -> tuple[str, dict[str, Any], bool]:
        lines = [[{"tag": "media", "file_key": "file_v3_x", "image_key": "img_v3_x"}]]
        return "video in a post", {"post": {"content": lines}}, False

    def card(self) -> tuple[str, dict[str, Any], bool]:
        return "card", {"card": self.picture()}, self.handed_out

    def bare_card(self) -> tuple[str, dict[str, Any], bool]:
        content = {"elements": [{"tag": "markdown", "content": "built"}]}
        return "bare card", {"raw": {"msg_type": "interactive", "content": content}}, False

    def record(self) -> tuple[str, dict[str, Any], bool]:
        inside = [{"from": "Bob", "text": "看"}, {"from": "Bob", "image": self.picture()}]
        return "record", {"record": inside}, self.handed_out

    def bare_record(self) -> tuple[str, dict[str, Any], bool]:
        sticker = {"msg_type": "sticker", "content": {"file_key": "file_v3_x"}}
        return "bare record", {"record": [{"from": "Bob", "raw": sticker}]}, False

    def other(self) -> tuple[str, dict[str, Any], bool]:
        kind = self.choose.choice(
            (
                *("sticker", "audio", "media", "folder", "location", "share_chat", "share_user"),
                *("hongbao", "todo", "vote", "calendar", "video_chat", "share_calendar_event"),
                *("general_calendar", "something_new"),
            )
        )
        content = {"file_key": "file_v3_x", "image_key": "img_v3_x", "file_name": "a"}
        return kind, {"raw": {"msg_type": kind, "content": content}}, False


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


@pytest.mark.parametrize("handed_out", [False, True])
async def test_what_cannot_be_used_is_said_and_nothing_else_is_drawn(
    bot: Start, stage: Stage, provider: Scripted, handed_out: bool
) -> None:
    await bot()
    await stage.remote.set(open_resources=handed_out)
    choose = random.Random(20261129 + handed_out)
    maker = Maker(choose, handed_out=handed_out)
    for number in range(MESSAGES // 2):
        await stage.remote.ask("people", {"name": "Bob", "locale": "zh_cn"})
        name = f"Ann {number}"
        await stage.person(name)
        kind = choose.choice(("group", "p2p"))
        chat = await stage.chat(kind, *((name, "Bob") if kind == "group" else (name,)))
        # What was made before is not what the words are about.
        mention = "<@bot> " if kind == "group" else ""
        if choose.random() < 0.3:
            await stage.say(chat, name, f"{mention}画一只猫")
            await stage.done(chat)
        what, body, usable = maker.message()
        before = len(provider.submitted)
        sent = await send(stage, chat, name, body)
        words = choose.choice(CHANGES)
        asked = await stage.say(chat, name, f"{mention}{words}", reply_to=sent["message_id"])
        about = (number, kind, what, words)
        if usable:
            await drawn_from(stage, provider, before, maker.color, about)
        else:
            await told(stage, chat, asked, about)
            assert len(provider.submitted) == before, about


async def send(stage: Stage, chat: str, by: str, body: dict[str, Any]) -> Message:
    """Send one; cards are of another bot, and in Markdown a picture is named by its key."""
    if picture := body.get("marked"):
        key = (await stage.remote.ask("images", picture))["image_key"]
        line = [{"tag": "md", "text": f"**看** ![image]({key})"}]
        return await stage.say(chat, by, post={"content": [line]})
    if picture := body.get("card"):
        key = (await stage.remote.ask("images", picture))["image_key"]
        content = {"elements": [{"tag": "img", "img_key": key}]}
        body = {"raw": {"msg_type": "interactive", "content": content}}
    if body.get("raw", {}).get("msg_type") == "interactive":
        other = {"chat": chat, "from": "", "from_bot": "cli_other", **body}
        return dict(await stage.remote.ask("send", other))
    inside = [{**each, "from": by} for each in body.get("record", ())]
    return await stage.say(chat, by, **(body | ({"record": inside} if inside else {})))


async def drawn_from(
    stage: Stage, provider: Scripted, before: int, color: Color, about: object
) -> None:
    async def asked() -> bool:
        return len(provider.submitted) > before

    await stage.until(asked, f"it is drawn from {about}")
    request = provider.submitted[before]
    assert request.references, about
    with Image.open(io.BytesIO(request.references[0].data)) as picture:
        found = picture.convert("RGB").getpixel((20, 20))
    assert isinstance(found, tuple)
    assert all(abs(one - two) < 40 for one, two in zip(found, color, strict=True)), about


async def told(stage: Stage, chat: str, asked: Message, about: object) -> None:
    async def said() -> bool:
        return any(
            any(word in str(each["content"]) for word in TOLD)
            for each in await stage.messages(chat)
            if each["parent_id"] == asked["message_id"]
        )

    await stage.until(said, f"it is told of {about}")
