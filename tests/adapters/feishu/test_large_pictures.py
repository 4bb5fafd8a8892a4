"""Pictures that a card does not take: a smaller one in the card, the original as a file behind it.

https://open.feishu.cn/document/server-docs/im-v1/image/create takes 10 MB,
https://open.feishu.cn/document/server-docs/im-v1/file/create 30 MB.
"""

import hashlib
import io
import random
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.domain.generation import Pictures
from bot.images.provenance import marked
from messages import LOCALES, Note, render_note
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.scene import words
from tests.adapters.feishu.stage import Stage
from tests.support.scripted import Scripted

MB = 10**6
MOST = 10 * 2**20
SIDES: Mapping[int, int] = {11: 1_915, 24: 2_829, 32: 3_266}
"""Noise does not compress: three bytes for each pixel."""


def noise(megabytes: int) -> bytes:
    """A PNG of about that size."""
    side = SIDES[megabytes]
    pixels = random.Random(megabytes).randbytes(3 * side * side)
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), pixels).save(file, "PNG", compress_level=1)
    made = file.getvalue()
    assert megabytes * MB <= len(made) < (megabytes + 1) * MB
    return made


async def fetched(stage: Stage, kind: str, key: str) -> bytes:
    """The bytes that the platform has been given."""
    url = f"{stage.remote.url}/_ctl/{kind}/{key}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        return await response.read()


async def asked(stage: Stage, locale: str) -> tuple[str, dict[str, Any]]:
    """Somebody asks for a picture in a group; gives the chat, and the card that shows it."""
    person = await stage.person("somebody", locale)
    chat = await stage.chat("group", person)
    text = "画一片雪花" if locale == "zh_cn" else "draw white noise"
    await stage.say(chat, person, f"<@bot> {text}")
    return chat, await stage.done(chat)


async def preview(stage: Stage, card: dict[str, Any]) -> tuple[int, int]:
    """The size of the picture in the card, which is decoded whole."""
    [key] = card["images"]
    shown = await fetched(stage, "images", key)
    assert len(shown) <= MOST
    with Image.open(io.BytesIO(shown)) as image:
        image.load()
        return image.size


def notes(size: int) -> dict[str, tuple[str, str]]:
    """What people are told of it, by language: that it is smaller, and that the original comes."""
    reduced = Note("reduced", {"size_mb": f"{size / 2**20:.1f}"})
    follows = Note("original_follows")
    return {name: (render_note(reduced, name), render_note(follows, name)) for name in LOCALES}


@pytest.mark.parametrize(("megabytes", "locale"), [(11, "zh_cn"), (24, "en_us")])
async def test_the_original_follows_as_a_file(
    stage: Stage, bot: Start, provider: Scripted, megabytes: int, locale: str
) -> None:
    original = marked(noise(megabytes))
    provider.outcomes.append(Pictures((original,)))
    await bot()
    chat, card = await asked(stage, locale)

    width, height = await preview(stage, card)
    assert width == height <= SIDES[megabytes]
    assert width >= 1_000
    reduced, follows = notes(len(original))["zh_Hans" if locale == "zh_cn" else "en"]
    assert reduced in words(card["content"])
    assert follows in words(card["content"])

    async def look() -> dict[str, Any] | None:
        files = [one for one in await stage.messages(chat) if one["msg_type"] == "file"]
        return files[0] if files else None

    file = await stage.until(look, "the original")
    assert file["parent_id"] == card["message_id"]
    [(key, about)] = file["files"].items()
    names = {"zh_cn": "画一片雪花", "en_us": "draw-white-noise"}
    assert about["name"] == f"{names[locale]}-1.png"
    assert about["sha256"] == hashlib.sha256(original).hexdigest()
    assert await fetched(stage, "files", key) == original
    assert len(await stage.messages(chat)) == 2


async def test_what_no_file_can_hold_is_told(stage: Stage, bot: Start, provider: Scripted) -> None:
    original = marked(noise(32))
    provider.outcomes.append(Pictures((original,)))
    await bot()
    chat, card = await asked(stage, "en_us")
    await preview(stage, card)
    reduced, follows = notes(len(original))["en"]
    assert reduced in words(card["content"])
    assert follows not in words(card["content"])
    assert len(await stage.messages(chat)) == 1
