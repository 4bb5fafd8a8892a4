"""What messages hold: pictures by their bytes, words, and what cannot be used and is told so.

``MESSAGES`` is how many messages there are in the random part (``MESSAGES=200``).
"""

import base64
import io
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from adapters.discord.custom_id import job_in, write
from messages import Button
from tests.adapters.discord.stage import Stage
from tests.support.scripted import Scripted

COUNT = int(os.environ.get("MESSAGES", "40"))
SEED = 20_261_129

CHANGES = (
    *("turn this into an oil painting", "make it blue", "remove the background", "in watercolor"),
    *("把它变成油画", "改成蓝色", "去掉背景", "给它加个帽子"),
)
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(200)
LOTTIE = b'{"v":"5.5.7","fr":60,"ip":0,"op":120,"w":320,"h":320,"layers":[]}'
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(100)
OGG = b"OggS\0\2" + bytes(100)

Said = dict[str, Any]


def encoded(kind: str = "PNG") -> str:
    file = io.BytesIO()
    Image.new("RGB", (48, 40), "teal").save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def raw(data: bytes) -> str:
    return base64.b64encode(data).decode()


def file(name: str, data: str, claim: str | None) -> Said:
    return {"attachments": [{"filename": name, "base64": data, "content_type": claim}]}


STREAM = "application/octet-stream"

USABLE: dict[str, Said] = {
    "claimed as a stream": file("photo.jpg", encoded("JPEG"), STREAM),
    "jfif": file("photo.jfif", encoded("JPEG"), None),
    "no ending": file("photo", encoded("WEBP"), STREAM),
    "trailing space": file("photo.png ", encoded(), None),
    "called a video": file("clip.mp4", encoded("GIF"), "video/mp4"),
    "called a text": file("message.txt", encoded(), "text/plain; charset=utf-8"),
    "called a document": file("scan.pdf", encoded(), "application/pdf"),
    "sticker png": {"stickers": [{"name": "cat", "format": 1, "base64": encoded()}]},
    "sticker apng": {"stickers": [{"name": "cat", "format": 2, "base64": encoded()}]},
    "sticker gif": {"stickers": [{"name": "cat", "format": 4, "base64": encoded("GIF")}]},
}
UNUSABLE: dict[str, tuple[Said, str]] = {
    "video": (file("clip.mp4", raw(MP4), "video/mp4"), "a video"),
    "video called a picture": (file("clip.png", raw(MP4), STREAM), "a video"),
    "document": (file("scan.pdf", raw(PDF), "application/pdf"), "a file that is not a picture"),
    "table": (file("data.csv", raw(b"a,b\n1,2\n"), "text/csv"), "a file that is not a picture"),
    "recording": (file("voice-message.ogg", raw(OGG), "audio/ogg"), "a sound recording"),
    "empty": (file("nothing.bin", raw(b""), None), "a file that is not a picture"),
    "sticker lottie": (
        {"stickers": [{"name": "cat", "format": 3, "base64": raw(LOTTIE)}]},
        "a sticker that is not a picture",
    ),
    "poll": ({"poll": "Which one?"}, "a poll"),
}


@pytest.fixture(params=["direct message", "mention"])
def where(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"channel": "dm"} if request.param == "direct message" else {"mention": True}


def told(message: Said) -> bool:
    return (
        "can only work from pictures" in message["content"] or "只能参考图片" in message["content"]
    )


async def answer(stage: Stage, said: Said, who: str = "") -> Said:
    """The bot's last word to a message: a picture, or words that are no step."""

    def last(message: Said) -> bool:
        steps = (
            "OK, generating",
            "In your queue",
            "Generating",
            "收到，马上",
            "已排队",
            "正在",
            "⏳",
            "🎨",
        )
        return message["attachments"] or not any(one in message["content"] for one in steps)

    return await stage.reply(said["message"], who, said["channel"], last)


async def test_pictures_in_unusual_clothes_are_used(
    stage: Stage, provider: Scripted, where: dict[str, Any]
) -> None:
    await stage.start()
    for name, message in USABLE.items():
        said = await stage.type("turn this into an oil painting", **where, **message)
        assert (await answer(stage, said))["attachments"], name
        assert len(provider.submitted[-1].references) == 1, name
    assert len(provider.submitted) == len(USABLE)


async def test_what_cannot_be_used_is_told_and_nothing_is_drawn(
    stage: Stage, provider: Scripted, where: dict[str, Any]
) -> None:
    await stage.start()
    first = await stage.type("a cat", **where)  # the newest picture is not what is meant
    await answer(stage, first)
    for name, (message, kind) in UNUSABLE.items():
        said = await stage.type("turn this into an oil painting", **where, **message)
        words = (await answer(stage, said))["content"]
        assert told(await answer(stage, said)), (name, words)
        assert kind in words, (name, words)
    assert len(provider.submitted) == 1


async def test_beside_something_new_it_is_only_told(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    said = await stage.type("a lighthouse", mention=True, **UNUSABLE["video"][0])
    shown = await answer(stage, said)
    assert shown["attachments"]
    assert "not used: a video" in shown["content"]
    assert provider.submitted[0].references == ()


async def test_alone_it_is_answered_too(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    for message, kind in UNUSABLE.values():
        said = await stage.type("", stage.bob, channel="dm", **message)
        words = await answer(stage, said, stage.bob)
        assert told(words), (kind, words)
    assert provider.submitted == []


async def test_a_long_paste_is_words(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    paste = "a lighthouse at dusk, " + "seen from the sea, " * 200
    said = await stage.type("", channel="dm", **file("message.txt", raw(paste.encode()), None))
    await answer(stage, said)
    assert provider.submitted[0].prompt.startswith("a lighthouse at dusk, seen from the sea")
    beside = file("message.txt", raw("画一座灯塔".encode()), "text/plain; charset=utf-8")
    await answer(stage, await stage.type("in oil", mention=True, **beside))
    assert "灯塔" in provider.submitted[1].prompt
    assert "in oil" in provider.submitted[1].prompt
    endless = file("message.txt", raw(b"a cat " * 20_000), "text/plain")
    refused = await answer(stage, await stage.type("", channel="dm", **endless))
    assert "too long" in refused["content"]
    assert len(provider.submitted) == 2


async def test_a_forward_is_words_and_pictures(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    theirs = {"filename": "photo.jpg", "base64": encoded("JPEG"), "content_type": STREAM}
    picture = await stage.type("", stage.bob, attachments=[theirs])
    words = await stage.type("a lighthouse at dusk", stage.bob)
    drawn = await stage.type("", channel="dm", forward=words["message"])
    assert (await answer(stage, drawn))["attachments"]
    assert provider.submitted[0].prompt == "a lighthouse at dusk"
    kept = await stage.type("", channel="dm", forward=picture["message"])
    assert "Got it (" in (await answer(stage, kept))["content"]
    said = await stage.type("make it blue", channel="dm")
    await answer(stage, said)
    assert len(provider.submitted[1].references) == 1
    video = await stage.type("", stage.bob, **UNUSABLE["video"][0])
    assert told(await answer(stage, await stage.type("", channel="dm", forward=video["message"])))
    quoting = await stage.type("make it blue", channel="dm", reply_to=kept["message"])
    await answer(stage, quoting)
    assert len(provider.submitted[2].references) == 1


async def test_a_card_of_another_bot_has_a_picture(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    bot = (await stage.discord.ask("user", {"name": "other", "bot": True}))["id"]
    await stage.discord.ask("member", {"guild": stage.guild, "user": bot})
    mentioned = f"<@{(await stage.discord.ask('world'))['app']['id']}>"
    held = {"filename": "card.png", "base64": encoded(), "content_type": "image/png"}
    embed = {"title": "News", "image": {"url": "attachment://card.png"}}
    card = await stage.type(mentioned, bot, embeds=[embed], attachments=[held])
    said = await stage.type("make it blue", mention=True, reply_to=card["message"])
    assert (await answer(stage, said))["attachments"]
    assert len(provider.submitted[-1].references) == 1
    bare = await stage.type(mentioned, bot, embeds=[{"title": "News"}])
    said = await stage.type("make it blue", mention=True, reply_to=bare["message"])
    assert "a card without a picture" in (await answer(stage, said))["content"]
    clip = {"type": "video", "url": "https://video.example/1"}
    unfolded = await stage.type(mentioned, stage.bob, unfolded=[clip])
    said = await stage.type("make it blue", mention=True, reply_to=unfolded["message"])
    assert "a video" in (await answer(stage, said))["content"]
    assert len(provider.submitted) == 1


async def test_what_was_replied_to_and_is_gone_is_told(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    await answer(stage, await stage.type("a cat", mention=True))
    theirs = await stage.type("look", stage.bob, **USABLE["jfif"])
    reply = {"mention": True, "reply_to": theirs["message"], "deleted": True}
    said = await stage.type("make it blue", **reply)
    assert "a message that cannot be opened" in (await answer(stage, said))["content"]
    assert len(provider.submitted) == 1


async def test_our_own_message_that_is_gone_is_still_known(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    shown = await answer(stage, await stage.type("a cat", mention=True))
    reply = {"mention": True, "reply_to": shown["id"], "deleted": True}
    await answer(stage, await stage.type("make it blue", **reply))
    assert len(provider.submitted[1].references) == 1


async def test_the_menu_of_a_message_looks_at_the_bytes(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    theirs = await stage.type("look", stage.bob, **USABLE["no ending"])
    form = await stage.menu(theirs["message"], "Edit picture")
    await stage.picture(await stage.submit(form, instruction="make it blue"))
    assert len(provider.submitted[0].references) == 1
    clip = await stage.type("look", stage.bob, **UNUSABLE["video"][0])
    nothing = await stage.menu(clip["message"], "Edit picture")
    assert told(nothing["original"])
    kept = await stage.answer(await stage.menu(clip["message"], "Use as reference"))
    assert told(kept)
    words = await stage.type("just words", stage.bob)
    kept = await stage.answer(await stage.menu(words["message"], "Use as reference"))
    assert "I see none here" in kept["content"]


def drawn(chance: random.Random) -> Iterator[tuple[str, Said, bool]]:
    """Endless messages: their change words, what they hold, and whether that can be used."""
    while True:
        name = chance.choice([*USABLE, *UNUSABLE])
        message = dict(USABLE[name] if name in USABLE else UNUSABLE[name][0])
        usable = name in USABLE
        if chance.random() < 0.3:
            more = chance.choice([*USABLE, *UNUSABLE])
            extra = USABLE[more] if more in USABLE else UNUSABLE[more][0]
            for key, value in extra.items():
                both = isinstance(value, list)
                message[key] = [*message.get(key, []), *value] if both else value
            usable = usable and more in USABLE
        yield chance.choice(CHANGES), message, usable


@pytest.mark.timeout(600)
async def test_no_change_is_drawn_without_what_was_sent(stage: Stage, provider: Scripted) -> None:
    chance = random.Random(SEED)
    await stage.start()
    for who in (stage.alice, stage.bob):
        for place in ({"channel": "dm"}, {"mention": True}):
            await answer(stage, await stage.type("a cat", who, **place), who)
    messages = drawn(chance)
    for number in range(COUNT):
        words, message, usable = next(messages)
        who = chance.choice((stage.alice, stage.bob))
        place: dict[str, Any] = chance.choice(({"channel": "dm"}, {"mention": True}))
        how = chance.choice(("sent", "sent", "quoted", "forwarded"))
        before = len(provider.submitted)
        if how == "sent":
            said = await stage.type(words, who, **place, **message)
        else:
            about = {"channel": "dm"} if place.get("channel") else {"mention": how == "quoted"}
            first = await stage.type("", who, **about, **message)
            if place.get("channel") or how == "quoted":
                await answer(stage, first, who)
            if how == "forwarded":
                place = {"channel": "dm"}
                first = await stage.type("", who, **place, forward=first["message"])
                await answer(stage, first, who)
            said = await stage.type(words, who, **place, reply_to=first["message"])
        last = await answer(stage, said, who)
        facts = (number, how, words, message, last["content"])
        if usable:
            assert last["attachments"], facts
            assert len(provider.submitted) == before + 1, facts
            assert provider.submitted[-1].references, facts
        else:
            assert told(last), facts
            assert len(provider.submitted) == before, facts


def test_a_job_is_found_at_any_depth() -> None:
    button = {"type": 2, "custom_id": write(Button.AGAIN, "job_1")}
    assert job_in([{"type": 1, "components": [{"type": 2, "url": "https://x"}, button]}]) == "job_1"
    assert job_in([{"type": 9, "components": [], "accessory": button}]) == "job_1"
    assert job_in([{"type": 2, "custom_id": "somebody:else"}]) is None
