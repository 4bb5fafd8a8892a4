"""The mark in the corner of a picture."""

import io

import pytest
from PIL import Image, ImageChops

from bot.app import App
from bot.images.labelling import labelled
from bot.images.provenance import SOURCE
from bot.settings import Settings
from tests.bot.engine.test_conversation import accepted, ask
from tests.support.scripted import Recorder


def picture(kind: str, mode: str, side: int = 240, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (side, side // 2), "tan").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "L", {}),
        ("JPEG", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGB", {"quality": 90}),
    ],
)
async def test_it_is_in_the_lower_right_corner_and_nowhere_else(
    kind: str, mode: str, options: dict[str, object]
) -> None:
    before = picture(kind, mode, **options)
    made = await labelled(before)
    with Image.open(io.BytesIO(made)) as image, Image.open(io.BytesIO(before)) as was:
        assert (image.format, image.size) == (kind, was.size)
        changed = ImageChops.difference(image.convert("RGB"), was.convert("RGB"))
    grey = changed.convert("L").point(lambda value: 255 if value > 12 else 0)
    left, top, right, bottom = grey.getbbox() or (0, 0, 0, 0)
    assert left > 120
    assert top > 60
    assert right <= 240
    assert bottom <= 120


async def test_what_is_no_picture_stays_as_it_is() -> None:
    assert await labelled(b"text") == b"text"
    assert await labelled(picture("PNG", "RGB")[:60]) == picture("PNG", "RGB")[:60]


async def test_pictures_are_kept_with_it_where_it_is_configured(settings: Settings) -> None:
    app, recorder = App(settings.model_copy(update={"label_pictures": True})), Recorder()
    app.adapters = [recorder]
    await app.start()
    message = await recorder.final(await accepted(app, ask()))
    kept = await app.history.picture(message.pictures[0].image_id)
    assert kept
    data = await app.media.read(kept.path)
    assert data
    with Image.open(io.BytesIO(data)) as image:
        assert len(image.getcolors(4096) or []) > 1
    assert SOURCE.encode() in data
    await app.close()
