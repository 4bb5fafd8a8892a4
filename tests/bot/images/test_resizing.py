"""Making pictures fit a chat: real pictures, encoded by the real process."""

import asyncio
import os
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from bot.images import decoding, encoding, resizing
from bot.images.encoding import ATTEMPTS, BEST, WORST, Fitted
from bot.images.provenance import marked
from bot.images.resizing import SizeLimits, fit

MIB = 2**20
PHOTO = (640, 480)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int, height: int) -> bytes:
    """The worst there is: a PNG of as many bytes as the picture has in memory."""
    image = Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))
    return encoded(image, compress_level=0)


def photo(mode: str = "RGB") -> Image.Image:
    """Colours that change slowly, with a grain."""
    ramp = Image.linear_gradient("L").resize(PHOTO)
    bands = [ramp, ramp.rotate(180), Image.radial_gradient("L").resize(PHOTO)]
    grain = Image.effect_noise(PHOTO, 12)
    image = Image.merge("RGB", [ImageChops.overlay(band, grain) for band in bands])
    if mode == "RGBA":
        image.putalpha(ramp)
    return image.convert(mode)


@pytest.fixture(scope="module")
def picture_11() -> bytes:
    return noise(2048, 1792)


@pytest.fixture(scope="module")
def picture_24() -> bytes:
    return noise(2896, 2816)


@pytest.fixture(scope="module")
def grainy() -> bytes:
    return encoded(photo())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def opened(made: Fitted) -> Image.Image:
    image = Image.open(BytesIO(made.data))
    image.load()
    assert (image.get_format_mimetype(), image.size) == (made.mime, (made.width, made.height))
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far the colours are apart on average, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


# What fits


async def test_exactly_the_limit_is_left_alone_and_one_byte_less_is_not(grainy: bytes) -> None:
    assert await fit(grainy, SizeLimits(len(grainy))) == Fitted(grainy, "image/png", *PHOTO, False)
    made = await fit(grainy, SizeLimits(len(grainy) - 1))
    assert (made.mime, made.width, made.height, made.changed) == ("image/jpeg", *PHOTO, True)
    assert len(made.data) < len(grainy)


async def test_what_fits_is_not_decoded() -> None:
    header = encoded(Image.new("RGB", (50, 40)))[:33]
    body = header + struct.pack(">I4s", 4, b"IDAT") + b"none" + struct.pack(">I", zlib.crc32(b""))
    assert (await fit(body, SizeLimits(1000))).data is body
    with pytest.raises(ValueError, match="broken"):
        await fit(body, SizeLimits(20))


async def test_a_type_the_chat_does_not_show_becomes_another() -> None:
    made = await fit(encoded(photo(), "WEBP"), SizeLimits(MIB, mimes=frozenset({"image/jpeg"})))
    assert opened(made).format == "JPEG"
    made = await fit(encoded(photo()), SizeLimits(MIB, mimes=frozenset({"image/webp"})))
    assert opened(made).format == "WEBP"
    with pytest.raises(ValueError, match="neither"):
        await fit(encoded(photo()), SizeLimits(MIB, mimes=frozenset({"image/gif"})))


# How well it is kept


@pytest.mark.parametrize("limit", [10 * MIB, 8_000_000])
@pytest.mark.parametrize("name", ["picture_11", "picture_24"])
async def test_as_much_is_kept_as_the_limit_allows(
    name: str, limit: int, request: pytest.FixtureRequest
) -> None:
    picture = request.getfixturevalue(name)
    made = await fit(picture, SizeLimits(limit))
    assert 0.6 * limit < len(made.data) <= limit
    assert opened(made).size == Image.open(BytesIO(picture)).size


async def test_a_tiny_limit_makes_it_smaller(picture_11: bytes) -> None:
    made = await fit(picture_11, SizeLimits(200_000))
    assert 0.6 * 200_000 < len(made.data) <= 200_000
    assert opened(made).width < 2048
    assert made.width / made.height == pytest.approx(2048 / 1792, rel=0.01)


async def test_the_same_picture_gives_the_same_bytes(grainy: bytes) -> None:
    first = await fit(grainy, SizeLimits(60_000))
    assert await fit(grainy, SizeLimits(60_000)) == first


def test_a_picture_in_fine_quality_keeps_its_colours_sharp() -> None:
    stripes = Image.new("RGB", (256, 256), "blue")
    for x in range(0, 256, 2):
        stripes.paste("red", (x, 0, x + 1, 256))
    made = encoding.encode(encoded(stripes, compress_level=0), 100_000, None, ["image/jpeg"])
    assert difference(opened(made), stripes) < 4


@pytest.mark.parametrize("halvings", [0.02, 0.05, 0.1, 0.15, 0.25])
@pytest.mark.parametrize("excess", [0.01, 0.5, 1.0, 2.0, 3.5, 6.0])
def test_the_search_needs_few_attempts(halvings: float, excess: float) -> None:
    tried = []

    def encode(step: int) -> Fitted:
        tried.append(step)
        size = 1_000_000 * 2 ** (excess + (step - BEST) * halvings)
        return Fitted(bytes(int(size)), "image/jpeg", step, 1, True)

    made = encoding._search(encode, 1_000_000)
    assert len(made.data) <= 1_000_000
    assert len(tried) <= ATTEMPTS
    if excess + (WORST - BEST) * halvings <= 0:
        assert min(tried) >= WORST
    assert len(made.data) > 600_000


def test_what_cannot_be_encoded_at_all_is_tried_smaller() -> None:
    tried = []

    def encode(step: int) -> Fitted | None:
        tried.append(step)
        return Fitted(bytes(1000), "image/webp", step, 1, True) if step < 65 else None

    assert len(encoding._search(encode, 2000).data) == 1000
    assert len(tried) <= ATTEMPTS


@pytest.mark.parametrize("limit", [0, 1, 100])
async def test_no_room_at_all(grainy: bytes, limit: int) -> None:
    with pytest.raises(ValueError, match=f"into {limit} bytes"):
        await fit(grainy, SizeLimits(limit))


# Kinds of pictures


async def test_what_shows_through_is_kept() -> None:
    image = photo("RGBA")
    result = opened(await fit(encoded(image), SizeLimits(100_000)))
    assert (result.format, result.mode) == ("WEBP", "RGBA")
    assert result.resize(PHOTO).getchannel("A").getextrema() == (0, 255)


async def test_what_shows_through_becomes_white_where_it_must() -> None:
    image = photo("RGBA")
    limits = SizeLimits(100_000, mimes=frozenset({"image/jpeg", "image/png"}))
    result = opened(await fit(encoded(image), limits))
    assert (result.format, result.mode) == ("JPEG", "RGB")
    # The top row lets everything through.
    assert difference(result.crop((0, 0, 640, 1)), Image.new("L", (640, 1), 255)) < 15


async def test_an_alpha_channel_without_use_is_dropped() -> None:
    assert (await fit(encoded(photo().convert("RGBA")), SizeLimits(100_000))).mime == "image/jpeg"


@pytest.mark.parametrize("mode", ["P", "L", "LA", "1", "CMYK", "I;16"])
async def test_any_kind_of_pixel(mode: str) -> None:
    image = Image.linear_gradient("L").resize(PHOTO)
    if mode == "I;16":
        deep = image.convert("I").point(lambda value: value * 256 + 128).convert("I;16")
        data = encoded(deep)
    elif mode == "CMYK":
        data = encoded(image.convert("RGB").convert("CMYK"), "JPEG", quality=100)
    else:
        image = image.convert(mode)
        data = encoded(image)
    result = opened(await fit(data, SizeLimits(MIB, side=320)))
    assert (result.format, result.size) == ("JPEG", (320, 240))
    assert difference(result, image.convert("RGB").resize((320, 240), Image.Resampling.LANCZOS)) < 4


async def test_a_palette_with_a_transparent_colour() -> None:
    image = photo().quantize(16)
    data = encoded(image, transparency=0, compress_level=0)
    result = opened(await fit(data, SizeLimits(100_000)))
    assert (result.format, result.mode) == ("WEBP", "RGBA")


async def test_a_photograph_is_turned_upright_and_says_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    exif[0x010E] = "at home"
    image = photo()
    data = encoded(image, "JPEG", quality=100, exif=exif, comment=b"secret")
    result = opened(await fit(data, SizeLimits(len(data) - 1)))
    assert result.size == (480, 640)
    assert not result.getexif()
    assert "comment" not in result.info
    assert difference(result, image.transpose(Image.Transpose.ROTATE_270)) < 8


@pytest.mark.parametrize("kind", ["RGB", "RGBA"])
async def test_the_colour_profile_is_kept(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(photo(kind), icc_profile=profile, compress_level=0)
    assert opened(await fit(data, SizeLimits(200_000))).info["icc_profile"] == profile
    grey = encoded(photo("L"), icc_profile=profile, compress_level=0)
    assert "icc_profile" not in opened(await fit(grey, SizeLimits(200_000))).info


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_of_an_animation_the_first_frame_is_kept_only_when_it_must_change(kind: str) -> None:
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert (await fit(data, SizeLimits(len(data)))).data is data
    made = await fit(data, SizeLimits(MIB, side=200))
    result = opened(made)
    assert (result.format, result.size) == ("JPEG", (200, 133))
    assert difference(result, Image.new("RGB", result.size, "red")) < 4


# Sides


async def test_a_gif_has_a_limit_of_its_own() -> None:
    limits = SizeLimits(10 * MIB, side=12_000, gif_side=2000)
    fits, wide = (encoded(Image.new("P", (width, 20)), "GIF") for width in (2000, 2001))
    assert not (await fit(fits, limits)).changed
    made = await fit(wide, limits)
    assert (made.mime, made.width, made.height) == ("image/jpeg", 2001, 20)


async def test_the_longest_side() -> None:
    limits = SizeLimits(10 * MIB, side=12_000)
    fits, wide = (encoded(Image.new("RGB", (width, 100))) for width in (12_000, 12_001))
    assert not (await fit(fits, limits)).changed
    assert opened(await fit(wide, limits)).size == (12_000, 100)


async def test_a_line_stays_a_line() -> None:
    line = encoded(Image.new("RGBA", (17_000, 1), "#ff000080"))
    made = await fit(line, SizeLimits(MIB, mimes=frozenset({"image/webp"})))
    assert (made.width, made.height) == (16_383, 1)


# What is refused


@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff"]
)
async def test_no_picture(data: bytes) -> None:
    with pytest.raises(ValueError, match="no picture"):
        await fit(data, SizeLimits(MIB))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_half_a_picture(kind: str) -> None:
    data = encoded(photo(), kind)
    with pytest.raises(ValueError, match=r"broken|no picture"):
        await fit(data[: len(data) // 2], SizeLimits(100))


async def test_too_many_pixels_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resizing, "MAX_PIXELS", 100_000)
    with pytest.raises(ValueError, match="640x480 pixels"):
        await fit(encoded(photo()), SizeLimits(1000))


# The event loop


async def test_two_at_once_and_what_fits_does_not_wait(
    grainy: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, running, most = threading.Event(), [], []

    def slow(child: decoding._Child) -> object:
        running.append(child)
        most.append(len(running))
        go.wait(20)
        running.pop()
        return {"mime": "image/png", "size": [1, 1]}, grainy

    monkeypatch.setattr(decoding._Child, "run", slow)
    fits = [asyncio.create_task(fit(grainy, SizeLimits(1000))) for _ in range(6)]
    await until(lambda: len(running) == 2)
    assert not (await fit(grainy, SizeLimits(MIB))).changed
    assert len(most) == 2
    go.set()
    await asyncio.gather(*fits)
    assert (len(most), max(most)) == (6, 2)


async def test_the_event_loop_goes_on(picture_11: bytes) -> None:
    limits = SizeLimits(3_000_000)
    fitting_it = asyncio.create_task(fit(picture_11, limits))
    turns = 0
    while not fitting_it.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 50
    made = encoding.encode(picture_11, 3_000_000, None, limits.mimes)
    assert replace(made, data=marked(made.data)) == fitting_it.result()
