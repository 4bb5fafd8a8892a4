"""Pictures that come in: real files through the real process, as they are kept afterwards."""

import asyncio
import random
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from bot.domain.failures import Failure, Reason
from bot.images import decoding, validation
from bot.images.validation import ValidImage, converted, decode, from_person, from_provider
from tests.support import odd_pictures as odd

SOUND = odd.sound()
MIMES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}


async def taken(data: bytes) -> ValidImage:
    found = await from_person(data, "web:ann")
    assert isinstance(found, ValidImage), found
    assert Image.open(BytesIO(found.data)).size == (found.width, found.height)
    return found


async def refused(data: bytes) -> Reason:
    found = await from_person(data, "web:ann")
    assert isinstance(found, Failure)
    return found.reason


async def made(data: bytes) -> ValidImage:
    found = await from_provider(data)
    assert isinstance(found, ValidImage), found
    return found


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far the colours are apart on average, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


# What people send


@pytest.mark.parametrize("name", SOUND)
async def test_what_is_sound_and_upright_keeps_its_bytes(name: str) -> None:
    found = await taken(SOUND[name])
    assert found.data == SOUND[name]
    extension = {"image/jpeg": "jpg"}.get(found.mime, name.split()[0])
    assert (found.mime, found.extension) == (MIMES[name.split()[0]], extension)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_what_is_turned_becomes_upright_and_tells_nothing(
    kind: str, orientation: int
) -> None:
    data = odd.telling(kind, orientation, icc_profile=odd.profile())
    found = await taken(data)
    assert odd.PLACE not in found.data
    image = Image.open(BytesIO(found.data))
    assert image.format == kind
    assert not image.getexif()
    assert image.info["icc_profile"] == odd.profile()
    straight = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert (found.width, found.height) == straight.size
    assert difference(image, straight) < (1 if kind == "PNG" else 3)


@pytest.mark.parametrize("name", [name for name in SOUND if name.split()[0] in ("png", "jpeg")])
async def test_turning_keeps_what_kind_of_pixels_it_has(name: str) -> None:
    before = Image.open(BytesIO(SOUND[name]))
    kind = str(before.format)
    options = {"exif": odd.exif(6)}
    if kind == "JPEG":
        data = odd.encoded(before, kind, quality="keep", **options)
    else:
        data = odd.encoded(before, kind, **options)
    found = await taken(data)
    after = Image.open(BytesIO(found.data))
    assert (found.width, found.height) == odd.BASE[::-1]
    assert after.mode == before.mode
    assert after.has_transparency_data == before.has_transparency_data
    turned = before.transpose(Image.Transpose.ROTATE_270)
    if after.mode == "I;16":
        assert after.tobytes() == turned.tobytes()
    elif after.has_transparency_data:
        assert after.convert("RGBA").tobytes() == turned.convert("RGBA").tobytes()
    else:
        assert difference(after, turned) < 3


async def test_a_turned_jpeg_stays_about_as_large_as_it_was() -> None:
    grain = Image.effect_noise((640, 480), 30).convert("RGB")
    for quality in (50, 80, 95):
        data = odd.encoded(grain, "JPEG", quality=quality, exif=odd.exif(6))
        found = await taken(data)
        assert 0.9 < len(found.data) / len(data) < 1.1
        straight = ImageOps.exif_transpose(Image.open(BytesIO(data)))
        assert difference(Image.open(BytesIO(found.data)), straight) < 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_what_is_too_large_to_be_turned_is_halved(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "MEMORY", 1_000_000)
    found = await taken(odd.encoded(odd.scene(), kind, exif=odd.exif(6)))
    assert (found.width, found.height) == (200, 320)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
async def test_an_animation_is_its_first_frame(kind: str) -> None:
    found = await taken(odd.frames(kind))
    image = Image.open(BytesIO(found.data))
    assert getattr(image, "n_frames", 1) == 1
    assert difference(image, odd.scene()) < 3


async def test_a_first_frame_that_is_a_part_is_drawn() -> None:
    whole = odd.frames("WEBP", (100, 80))
    at = whole.index(b"ANMF")
    size = int.from_bytes(whole[at + 4 : at + 8], "little")
    canvas = odd.webp_canvas(200, 160, 2)
    data = odd.webp(canvas, (b"ANIM", bytes(6)), (b"ANMF", whole[at + 8 : at + 8 + size]))
    found = await taken(data)
    assert (found.mime, found.width, found.height) == ("image/png", 200, 160)
    corner = Image.open(BytesIO(found.data)).convert("RGB").crop((0, 0, 100, 80))
    assert difference(corner, odd.scene(size=(100, 80))) < 3


async def test_large_metadata_and_odd_ends_are_accepted() -> None:
    jpeg = SOUND["jpeg"]
    comment = odd.segment(0xFE, bytes(60_000))
    for data in (jpeg[:-2], jpeg[:-1], odd.with_segments(jpeg, comment), jpeg + b"ftypmp42"):
        assert (await taken(data)).data == jpeg


@pytest.mark.parametrize("name", [name for name in SOUND if name != "jpeg progressive"])
async def test_half_a_picture_is_damaged(name: str) -> None:
    data = SOUND[name]
    assert await refused(data[: len(data) // 2]) is Reason.REFERENCE_DAMAGED


@pytest.mark.parametrize("seed", range(8))
async def test_damage_is_refused_with_words_or_mended(seed: int) -> None:
    chance = random.Random(seed)
    for data in random.Random(seed).sample(sorted(SOUND.values()), 4):
        damaged = odd.damaged(data, chance)
        for found in (await from_person(damaged, "web:ann"), await from_provider(damaged)):
            assert isinstance(found, ValidImage | Failure)


def test_a_picture_that_is_too_large_for_its_use_comes_smaller() -> None:
    """Made so where it is decoded: this process never holds all of its pixels."""
    data = odd.encoded(odd.scene("RGBA", (3000, 2000)), "PNG")
    image = decode(data, 600_000)
    assert image.mode == "RGB"
    assert 500_000 < image.width * image.height <= 600_000
    assert image.getpixel((1, 1)) == (255, 255, 255)
    assert image.getpixel((image.width - 2, image.height - 2)) == (0, 0, 255)
    assert decode(data).size == (3000, 2000)


async def test_what_bombs_are_told() -> None:
    assert await refused(odd.repeated_scans(200)) is Reason.REFERENCE_TOO_COSTLY
    assert await refused(odd.png_header(30_000, 30_000)) is Reason.REFERENCE_TOO_LARGE
    assert (await taken(odd.exif_bomb(1_000_000))).data == SOUND["jpeg"]


async def test_no_process_is_started_for_what_its_structure_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "_Child", None)
    for data in (odd.repeated_scans(200), odd.png_header(30_000, 30_000), b"<svg/>", b""):
        assert isinstance(await from_person(data, "web:ann"), Failure)
        assert isinstance(await from_provider(data), Failure)


async def test_a_decoder_that_takes_too_much_is_said_to() -> None:
    with pytest.MonkeyPatch.context() as patch:
        limits = decoding.DecodingLimits(memory=80 * 2**20, processor=20, clock=60)
        patch.setattr(validation, "PEOPLE", decoding.Lane("test", 1, limits))
        data = odd.encoded(Image.new("RGB", (4000, 4000)), "PNG")
        assert await refused(data) is Reason.REFERENCE_TOO_COSTLY


async def test_many_people_at_once() -> None:
    files = [(f"web:{number % 5}", data) for number, data in enumerate(SOUND.values())]
    found = await asyncio.gather(*(from_person(data, owner) for owner, data in files))
    assert [one.data for one in found if isinstance(one, ValidImage)] == [data for _, data in files]


# What providers made


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_what_was_made_keeps_its_marks(kind: str) -> None:
    data = odd.telling(kind)
    assert (await made(data)).data == data


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_what_was_made_may_lack_two_bytes(kind: str) -> None:
    data = SOUND[kind.lower()]
    for missing in (1, 2):
        found = await made(data[:-missing])
        assert Image.open(BytesIO(found.data)).size == odd.BASE
        assert found.data.startswith(data[: -missing - 8])
    progressive = SOUND["jpeg progressive"]
    assert (await made(progressive[:-2])).data == progressive


async def test_what_was_made_may_have_a_bad_checksum_where_it_does_not_matter() -> None:
    png = SOUND["png"]
    damaged = odd.with_chunks(png, odd.chunk(b"tEXt", b"Comment\0x", fault=1))
    assert (await made(damaged)).data == png


async def test_half_of_what_was_made_is_damaged() -> None:
    large = odd.encoded(Image.effect_noise((2100, 2000), 50), "JPEG")
    for data in (SOUND["png"], SOUND["jpeg"], large):
        found = await from_provider(data[: len(data) // 2])
        assert isinstance(found, Failure)
        assert found.reason is Reason.REFERENCE_DAMAGED
    assert (await made(large[:-2])).data == large


async def test_what_was_made_is_kept_though_this_machine_cannot_decode_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = decoding.DecodingLimits(memory=2**31, processor=120, clock=0.001)
    monkeypatch.setattr(validation, "MADE", decoding.Lane("test", 1, limits))
    data = odd.encoded(Image.new("L", (2100, 2000)), "PNG")
    assert (await made(data)).data == data


# For services that take other types


async def test_another_type() -> None:
    made_of = {name: await converted(data, "PNG", "job") for name, data in SOUND.items()}
    for name, data in made_of.items():
        image = Image.open(BytesIO(data))
        assert (image.format, image.size) == ("PNG", odd.BASE)
        before = Image.open(BytesIO(SOUND[name]))
        lowest, _ = before.convert("RGBA").getchannel("A").getextrema()
        assert (image.mode == "RGBA") == (lowest < 255)
    jpeg = Image.open(BytesIO(await converted(odd.telling("PNG", 6), "JPEG", "job")))
    assert (jpeg.format, jpeg.size) == ("JPEG", odd.BASE[::-1])
    with pytest.raises(OSError, match="damaged"):
        await converted(b"GIF89a nothing", "PNG", "job")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_decoding_here(kind: str) -> None:
    assert decode(SOUND[kind.lower()]).size == odd.BASE
    if kind != "GIF":
        assert decode(odd.telling(kind, 8)).size == odd.BASE[::-1]
    with pytest.raises(OSError, match="damaged"):
        decode(SOUND[kind.lower()][:12])


def test_a_large_webp_is_decoded_elsewhere() -> None:
    image = Image.linear_gradient("L").resize((2100, 2000)).convert("RGB")
    data = odd.encoded(image, "WEBP", exif=odd.exif(6))
    straight = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert decode(data).tobytes() == straight.tobytes()
