"""The mark that a picture was made by AI: readable by others, and the picture is as it was."""

import io
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from PIL import Image

from bot.images.provenance import MARK_BYTES, SOURCE, marked
from bot.images.validation import ValidImage, from_provider

KINDS = [
    ("PNG", "RGB", {}),
    ("PNG", "RGBA", {}),
    ("JPEG", "RGB", {}),
    ("JPEG", "RGB", {"exif": Image.Exif().tobytes()}),
    ("WEBP", "RGB", {"quality": 80}),
    ("WEBP", "RGB", {"lossless": True}),
    ("WEBP", "RGBA", {"lossless": True}),
    ("WEBP", "RGBA", {"quality": 80}),
    ("WEBP", "RGB", {"icc_profile": b"x" * 128}),
]


def picture(kind: str, mode: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.new(mode, (31, 17), "orange")
    if mode == "RGBA":
        image.putalpha(120)
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "mode", "options"), KINDS)
async def test_every_kind_says_that_it_was_made_by_ai(
    kind: str, mode: str, options: dict[str, object]
) -> None:
    before = picture(kind, mode, **options)
    after = marked(before)
    assert len(before) < len(after) <= len(before) + MARK_BYTES
    with Image.open(io.BytesIO(after)) as image, Image.open(io.BytesIO(before)) as was:
        assert (image.size, image.mode) == (was.size, was.mode)
        assert image.tobytes() == was.tobytes()
        packet = image.info["xmp"].decode()
    [description] = ElementTree.fromstring(packet[packet.index("<x:") : packet.rindex("<?")])[0]
    name = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    assert description.get(name) == SOURCE
    kept = await from_provider(after)
    assert isinstance(kept, ValidImage)
    assert kept.data == after


@pytest.mark.parametrize(("kind", "mode", "options"), KINDS)
def test_what_is_marked_or_signed_stays_as_it_is(
    kind: str, mode: str, options: dict[str, object]
) -> None:
    once = marked(picture(kind, mode, **options))
    assert marked(once) == once
    signed = picture(kind, mode, **options) + b"jumb c2pa"
    assert marked(signed) == signed


@pytest.mark.parametrize(
    "broken",
    [
        lambda _: b"",
        lambda _: b"text",
        lambda _: picture("GIF", "P"),
        lambda _: b"\x89PNG\r\n\x1a\n",
        lambda _: b"RIFF\0\0\0\0WEBPVP8 ",
        lambda _: b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0",
    ],
)
def test_what_cannot_be_marked_stays_as_it_is(broken: Callable[[None], bytes]) -> None:
    assert marked(broken(None)) == broken(None)
