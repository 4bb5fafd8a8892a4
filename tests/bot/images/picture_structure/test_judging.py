"""What a file is made of, and whether it may be decoded: nothing is decoded here."""

import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageSequence

from bot.domain.failures import Failure, Reason
from bot.images.picture_structure import metadata, parts
from bot.images.picture_structure.judging import judge
from bot.images.picture_structure.parts import Parts
from bot.images.validation import FROM_PEOPLE, FROM_PROVIDERS
from tests.support import odd_pictures as odd

SOUND = odd.sound()
KINDS = ("PNG", "JPEG", "WEBP", "GIF")
JPEG = SOUND["jpeg"]
PNG = SOUND["png"]


def judged(data: bytes) -> Parts:
    found = judge(data, FROM_PEOPLE)
    assert isinstance(found, Parts), found
    return found


def refused(data: bytes) -> Reason:
    found = judge(data, FROM_PEOPLE)
    assert isinstance(found, Failure)
    return found.reason


def clean(data: bytes) -> bytes:
    return b"".join(judged(data).clean)


def mended(data: bytes) -> bytes:
    found = judge(data, FROM_PROVIDERS)
    assert isinstance(found, Parts), found
    return data if found.mended is None else b"".join(found.mended)


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    image = Image.open(BytesIO(data))
    return image.mode, image.size, image.tobytes()


# Sound pictures


@pytest.mark.parametrize("name", SOUND)
def test_where_there_is_nothing_to_do_nothing_is_done(name: str) -> None:
    data = SOUND[name]
    found = judged(data)
    assert (found.kind, found.width, found.height) == (name.split()[0].upper(), *odd.BASE)
    assert (found.orientation, found.mended, found.incomplete) == (1, None, False)
    assert b"".join(found.clean) == data


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_of_metadata_only_the_orientation_is_told(kind: str, orientation: int) -> None:
    data = odd.telling(kind, orientation)
    found = judged(data)
    assert found.orientation == (1 if kind == "GIF" else orientation)
    kept = b"".join(found.clean)
    assert odd.PLACE in data
    assert odd.PLACE not in kept
    assert b"Exif" not in kept
    assert b"eXIf" not in kept
    assert pixels(kept) == pixels(data)
    assert clean(kept) == kept


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_sound_colour_profile_is_kept(kind: str) -> None:
    data = odd.telling(kind, icc_profile=odd.profile())
    kept = clean(data)
    assert Image.open(BytesIO(kept)).info["icc_profile"] == odd.profile()
    assert odd.PLACE not in kept


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "profile",
    [
        b"garbage" * 100,
        odd.profile()[:-1],
        odd.profile()[:16] + b"Lab " + odd.profile()[20:],
        struct.pack(">I", 3_000_000) + odd.profile()[4:].ljust(3_000_000 - 4, b"\0"),
    ],
    ids=["garbage", "cut", "another colour space", "3 MB"],
)
def test_what_is_no_colour_profile_is_dropped(kind: str, profile: bytes) -> None:
    data = odd.encoded(odd.scene(), kind, icc_profile=profile)
    kept = clean(data)
    assert "icc_profile" not in Image.open(BytesIO(kept)).info
    assert kept == odd.encoded(odd.scene(), kind)


def test_a_thumbnail_is_dropped() -> None:
    body = b"JFIF\0\1\1\0\0\1\0\1\2\2" + b"abcabcabcabc"
    jpeg = JPEG[:2] + odd.segment(0xE0, body) + JPEG[20:]
    assert clean(jpeg) == JPEG


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_an_animation_is_its_first_frame(kind: str) -> None:
    data = odd.frames(kind)
    kept = clean(data)
    image = Image.open(BytesIO(kept))
    assert sum(1 for _ in ImageSequence.Iterator(image)) == 1
    assert pixels(kept)[2] == pixels(data)[2]
    assert mended(data) == data


def test_what_adobe_says_of_the_colours_is_kept_and_nothing_behind_it() -> None:
    cmyk = SOUND["jpeg cmyk"]
    marker = cmyk[2:18]
    longer = odd.segment(0xEE, marker[4:] + odd.PLACE)
    assert marker[4:9] == b"Adobe"
    assert clean(cmyk[:2] + longer + cmyk[18:]) == cmyk


def test_a_motion_photo_and_a_second_picture_are_dropped() -> None:
    assert clean(JPEG + b"\0\0\0\x18ftypmp42" + bytes(5000)) == JPEG
    second = odd.encoded(Image.new("RGB", (300, 200)), "JPEG")
    both = odd.with_segments(JPEG, odd.segment(0xE2, b"MPX\0II*\0")) + second
    assert clean(both) == JPEG


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iCCP"])
def test_large_metadata_are_no_reason_to_refuse(kind: str) -> None:
    large = b"Name\0\0" + zlib.compress(bytes(3_000_000))
    assert clean(odd.with_chunks(PNG, odd.chunk(kind.encode(), large))) == PNG


# What is missing


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("missing", [1, 2])
def test_the_last_two_bytes_may_be_missing(name: str, missing: int) -> None:
    data = SOUND[name]
    whole = mended(data[:-missing])
    assert judged(whole).mended is None
    if not name.startswith("webp"):
        assert whole == data
    if not (name.startswith("webp lossless") and missing == 2):  # its last byte holds pixels
        Image.open(BytesIO(whole)).load()


@pytest.mark.parametrize("missing", range(1, 17))
def test_a_png_may_lack_everything_behind_its_pixels(missing: int) -> None:
    assert mended(PNG[:-missing]) == PNG
    assert clean(PNG[:-missing]) == PNG


def test_a_bad_checksum_where_decoders_do_not_need_the_chunk() -> None:
    mark = odd.chunk(b"caBX", b"made by a model")
    damaged = odd.with_chunks(PNG, mark, odd.chunk(b"tEXt", b"Comment\0x", fault=1))
    assert mended(damaged) == odd.with_chunks(PNG, mark)
    assert clean(damaged) == PNG


def test_a_bad_checksum_of_pixels_is_mended_as_they_have_another() -> None:
    at = PNG.index(b"IDAT") + 4 + int.from_bytes(PNG[PNG.index(b"IDAT") - 4 :][:4], "big")
    assert mended(PNG[:at] + b"none" + PNG[at + 4 :]) == PNG


def test_a_bad_checksum_of_the_header() -> None:
    assert refused(PNG[:29] + b"none" + PNG[33:]) is Reason.REFERENCE_DAMAGED


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_provider_says_of_its_picture_stays(kind: str) -> None:
    data = odd.telling(kind)
    assert mended(data) == data


@pytest.mark.parametrize("name", SOUND)
def test_half_a_picture_is_damaged_or_known_to_be_incomplete(name: str) -> None:
    data = SOUND[name]
    found = judge(data[: len(data) // 2], FROM_PROVIDERS)
    assert isinstance(found, Failure) or found.incomplete
    if isinstance(found, Failure):
        assert found.reason is Reason.REFERENCE_DAMAGED


def test_of_a_progressive_jpeg_every_scan_must_have_begun() -> None:
    data = SOUND["jpeg progressive"]
    last = data.rindex(b"\xff\xda")
    assert mended(data[:-2]) == data
    assert refused(data[:last]) is Reason.REFERENCE_DAMAGED


# What costs too much


def test_scans_are_counted() -> None:
    few = odd.repeated_scans(0)
    most = parts.MAX_SCANS - few.count(b"\xff\xda")
    judged(odd.repeated_scans(most))
    assert refused(odd.repeated_scans(most + 1)) is Reason.REFERENCE_TOO_COSTLY


def test_scans_of_many_pixels_count_more() -> None:
    size = (6000, 6000)
    scans = odd.repeated_scans(0, size).count(b"\xff\xda")
    most = parts.MAX_SCANNED // (size[0] * size[1]) - scans
    judged(odd.repeated_scans(most, size))
    assert refused(odd.repeated_scans(most + 1, size)) is Reason.REFERENCE_TOO_COSTLY


@pytest.mark.parametrize("marker", [0xFE, 0xE1, 0xE5, 0xDB])
def test_segments_are_counted(marker: int) -> None:
    empty = odd.segment(marker, b"")
    judged(odd.with_segments(JPEG, *[empty] * (parts.MAX_SEGMENTS - 20)))
    many = odd.with_segments(JPEG, *[empty] * parts.MAX_SEGMENTS)
    assert refused(many) is Reason.REFERENCE_TOO_COSTLY


def test_chunks_are_counted() -> None:
    many = odd.with_chunks(PNG, odd.chunk(b"tEXt", b"") * parts.MAX_CHUNKS)
    assert refused(many) is Reason.REFERENCE_TOO_COSTLY
    chunks = [(b"VP8 ", b""), *[(b"JUNK", b"")] * parts.MAX_CHUNKS]
    assert refused(odd.webp(*chunks)) is Reason.REFERENCE_TOO_COSTLY


def test_sub_blocks_are_counted() -> None:
    comment = b"\x21\xfe" + b"\1a" * parts.MAX_SUB_BLOCKS + b"\0"
    many = odd.with_extensions(SOUND["gif"], comment)
    assert refused(many) is Reason.REFERENCE_TOO_COSTLY


def test_the_exif_bomb_is_not_read() -> None:
    data = odd.exif_bomb(5_000_000)
    assert len(data) > 4_900_000
    assert clean(data) == JPEG


def test_a_tiny_webp_of_many_pixels() -> None:
    bomb = odd.encoded(Image.new("L", (4000, 4000)), "WEBP", lossless=True)
    found = judge(bomb, FROM_PEOPLE)
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_TOO_LARGE
    assert found.facts == {"limit_mb": 20, "limit_megapixels": 12}


def test_a_webp_may_not_be_larger_than_it_says() -> None:
    inside = SOUND["webp"][20:]
    lying = odd.webp(odd.webp_canvas(20, 20, 0), (b"VP8 ", inside))
    assert refused(lying) is Reason.REFERENCE_DAMAGED
    frame = bytes(6) + struct.pack("<I", 19)[:3] * 2 + bytes(4)
    frame += b"VP8 " + struct.pack("<I", len(inside)) + inside
    lying = odd.webp(odd.webp_canvas(20, 20, 2), (b"ANIM", bytes(6)), (b"ANMF", frame))
    assert refused(lying) is Reason.REFERENCE_DAMAGED


def test_a_frame_may_not_be_larger_than_it_says() -> None:
    gif = bytearray(SOUND["gif"])
    at = gif.index(b",\0\0\0\0")
    gif[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    assert refused(bytes(gif)) is Reason.REFERENCE_TOO_LARGE


def test_two_headers_are_damage() -> None:
    frame = JPEG[JPEG.index(b"\xff\xc0") :][:19]
    assert refused(odd.with_segments(JPEG, frame)) is Reason.REFERENCE_DAMAGED
    assert refused(odd.with_chunks(PNG, PNG[8:33])) is Reason.REFERENCE_DAMAGED


# Sizes


@pytest.mark.parametrize(
    ("width", "height"),
    [(8000, 6251), (10_000, 9_500), (65_000, 65_000), (2**31 - 1, 2**31 - 1)],
)
def test_too_many_pixels(width: int, height: int) -> None:
    found = judge(odd.png_header(width, height), FROM_PEOPLE)
    assert isinstance(found, Failure)
    assert found.reason is Reason.REFERENCE_TOO_LARGE
    assert found.facts == {"limit_mb": 20, "limit_megapixels": 50}


def test_too_many_bytes() -> None:
    assert refused(bytes(20 * 2**20 + 1)) is Reason.REFERENCE_TOO_LARGE


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    facts = {"width": size[0], "height": size[1], "limit": 16}
    found = judge(odd.encoded(odd.scene(size=size), "PNG"), FROM_PEOPLE)
    assert found == Failure(Reason.REFERENCE_TOO_SMALL, facts)


@pytest.mark.parametrize("size", [(12_000, 16), (20, 60_000), (641, 20)])
def test_long_and_narrow_pictures(size: tuple[int, int]) -> None:
    facts = {"width": size[0], "height": size[1], "limit": 32}
    found = judge(odd.encoded(Image.new("L", size), "PNG"), FROM_PEOPLE)
    assert found == Failure(Reason.REFERENCE_TOO_NARROW, facts)


@pytest.mark.parametrize("size", [(16, 16), (640, 20), (1080, 20_000)])
def test_the_smallest_and_the_longest(size: tuple[int, int]) -> None:
    judged(odd.encoded(Image.new("L", size), "PNG"))


# Other formats


def box(*brands: bytes) -> bytes:
    inside = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    return struct.pack(">I", 4 + len(inside)) + inside + bytes(100)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (box(b"avif", b"mif1"), "AVIF"),
        (box(b"mif1", b"avif"), "AVIF"),
        (box(b"isom", b"mp41"), "MP4"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<svg>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (odd.encoded(odd.scene(), "BMP"), "BMP"),
        (odd.encoded(odd.scene(), "TIFF"), "TIFF"),
        (odd.encoded(odd.scene(), "ICO"), "ICO"),
    ],
)
def test_other_formats_are_named(data: bytes, name: str) -> None:
    assert judge(data, FROM_PEOPLE) == Failure(Reason.REFERENCE_FORMAT, {"format": name})


@pytest.mark.parametrize("brands", [(b"heic",), (b"heix", b"mif1"), (b"mif1", b"heic"), (b"hevc",)])
def test_a_heic_is_called_one(brands: tuple[bytes, ...]) -> None:
    assert judge(box(*brands), FROM_PEOPLE) == Failure(Reason.REFERENCE_HEIC)


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>", b"\r\n" + JPEG, bytes(100)])
def test_what_is_no_picture(data: bytes) -> None:
    assert refused(data) is Reason.REFERENCE_UNUSABLE


@pytest.mark.parametrize(
    "data",
    [PNG[:8], b"RIFF\0\0\0\0WEBP", b"GIF89a", b"\xff\xd8\xff\xe0", odd.png_header(0, 20), PNG[:60]],
)
def test_a_beginning_is_no_picture(data: bytes) -> None:
    assert refused(data) is Reason.REFERENCE_DAMAGED


# Damage of every kind


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    """Sound ones, some that tell where they were taken, and animations."""
    telling = [odd.telling(kind, 6) for kind in KINDS]
    return [*SOUND.values(), *telling, *map(odd.frames, ("PNG", "WEBP", "GIF"))]


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_is_too_much(files: list[bytes], seed: int) -> None:
    """Whatever was done to a file, it is judged; and what is kept is judged the same again."""
    chance = random.Random(seed)
    for data in files:
        found = judge(odd.damaged(data, chance), FROM_PEOPLE)
        if isinstance(found, Failure):
            continue
        kept = b"".join(found.clean)
        again = judged(kept)
        assert (again.kind, again.width, again.height) == (found.kind, found.width, found.height)
        assert b"".join(again.clean) == kept
        assert again.mended is None
        if found.mended is not None:
            assert isinstance(judge(b"".join(found.mended), FROM_PROVIDERS), Parts)


def test_an_orientation_out_of_nothing() -> None:
    chance = random.Random(1)
    for _ in range(3000):
        head = chance.choice((b"II*\0", b"MM\0*", b"Exif\0\0II*\0", b""))
        found = metadata.orientation(head + chance.randbytes(chance.randint(0, 60)))
        assert 1 <= found <= 8
