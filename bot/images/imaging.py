"""What is done to a picture with Pillow: decode it, turn it upright, make another type of it.

All of it takes files that were judged and cleaned (:mod:`bot.images.picture_structure`), and holds
a thread; an exception of any type means that the file is broken.
"""

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

# EXIF's orientations, as the turns that undo them (Pillow's Image.Transpose):
# mirrored, by 180°, upside down, transposed, by 270°, transversed, by 90°.
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}

_TABLE = range(8)


def opened(data: bytes, orientation: int = 1, incomplete: bool = False) -> "Image.Image":
    """The decoded picture, turned upright; ``incomplete`` is as in :func:`check`."""
    from PIL import Image  # 3 MB that a bot needs from its first picture on

    if incomplete:
        check(data, incomplete)

    image: Image.Image = Image.open(BytesIO(data), formats=FORMATS)
    image.load()
    return turned(image, orientation)


def raw(mode: str, size: Sequence[int], pixels: bytes) -> "Image.Image":
    """A picture of raw pixels."""
    from PIL import Image

    return Image.frombytes(mode, (size[0], size[1]), pixels)


def turned(image: "Image.Image", orientation: int) -> "Image.Image":
    """A decoded picture turned upright, of which EXIF says that orientation, 1 to 8."""
    from PIL import Image

    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(Image.Transpose(turn))


def smaller(image: "Image.Image", largest: int) -> "Image.Image":
    """A decoded picture of at most about ``largest`` pixels; one that was larger is opaque."""
    pixels = image.width * image.height
    if pixels <= largest:
        return image
    shrink = math.sqrt(largest / pixels)
    size = max(1, int(image.width * shrink)), max(1, int(image.height * shrink))
    return on_white(plain(image)).resize(size)


def check(data: bytes, incomplete: bool = False) -> None:
    """Decode a picture, a JPEG only as coarsely as it takes to read every byte of it.

    Of an ``incomplete`` JPEG the end marker was missing: it is sound if no more than that was.
    """
    from PIL import Image

    if incomplete:
        # Pillow says that data are missing only where no marker follows them, and the decoder
        # reads a few bytes ahead.
        data = data.removesuffix(b"\xff\xd9") + bytes(8)
    image = Image.open(BytesIO(data), formats=FORMATS)
    image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
    image.load()


def upright(
    data: bytes, orientation: int, incomplete: bool, halved: bool, lossless: bool, redraw: bool
) -> tuple[str, tuple[int, int], bytes]:
    """The picture turned upright, and encoded as well as it was: format, size in pixels, bytes.

    It keeps its format and its colour profile. ``halved`` means with half as many pixels a side,
    ``lossless`` is how a WebP is encoded, and ``redraw`` makes a PNG of a WebP's first frame.
    """
    from PIL import Image

    if incomplete:
        check(data, incomplete)
    image: Image.Image = Image.open(BytesIO(data), formats=FORMATS)
    kind = "PNG" if redraw else str(image.format)
    options = _jpeg_options(image, orientation) if kind == "JPEG" else {}
    if kind == "WEBP":
        options = {"lossless": lossless, "quality": 50 if lossless else 95, "method": 2}
    if kind == "PNG":
        options = {"compress_level": 3}
    if halved:
        image.draft(image.mode, ((image.width + 1) // 2, (image.height + 1) // 2))
    image.load()
    if halved and kind != "JPEG":
        image = image.reduce(2)
    profile = image.info.get("icc_profile")
    image = turned(image, orientation)
    buffer = BytesIO()
    image.save(buffer, kind, icc_profile=profile, **options)
    return kind, image.size, buffer.getvalue()


def _jpeg_options(image: "Image.Image", orientation: int) -> dict[str, object]:
    """The quantization that the picture was encoded with: what it dropped is dropped again."""
    from PIL import JpegImagePlugin

    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    across = orientation >= 5
    tables: Mapping[int, Sequence[int]] = image.quantization
    if across:
        tables = {
            number: [table[8 * row + column] for column in _TABLE for row in _TABLE]
            for number, table in tables.items()
        }
    sampling = JpegImagePlugin.get_sampling(image)
    # Pillow knows no 4:4:0, which 4:2:2 becomes when it is turned.
    sampling = 0 if sampling < 0 or (across and sampling == 1) else sampling
    return {"qtables": tables, "subsampling": sampling}


def labelled(data: bytes, orientation: int, incomplete: bool, lossless: bool) -> bytes:
    """The picture, upright, with the letters “AI” in its lower right corner; it keeps its format
    and its colour profile. ``lossless`` is how a WebP is encoded."""
    from PIL import Image, ImageDraw, ImageFont

    image = opened(data, orientation, incomplete)
    with Image.open(BytesIO(data), formats=FORMATS) as source:
        kind = str(source.format)
    profile = image.info.get("icc_profile")
    image = plain(image)
    if image.mode == "L":
        image = image.convert("RGB")
        profile = None
    height = max(12, min(image.size) // 24)
    font = ImageFont.load_default(height)
    draw = ImageDraw.Draw(image, "RGBA")
    left, top, right, bottom = draw.textbbox((0, 0), "AI", font)
    pad = max(2, height // 3)
    box = (right - left + 2 * pad, bottom - top + 2 * pad)
    corner = (image.width - box[0] - pad, image.height - box[1] - pad)
    whole = (*corner, corner[0] + box[0], corner[1] + box[1])
    draw.rounded_rectangle(whole, pad, fill=(0, 0, 0, 140))
    draw.text((corner[0] + pad - left, corner[1] + pad - top), "AI", (255, 255, 255, 230), font)
    options: dict[str, Any] = {}
    match kind:
        case "PNG":
            options = {"compress_level": 3}
        case "JPEG":
            options = {"quality": 95}
        case "WEBP":
            options = {"lossless": lossless, "quality": 50 if lossless else 95, "method": 2}
    buffer = BytesIO()
    image.save(buffer, kind, icc_profile=profile, **options)
    return buffer.getvalue()


def converted(data: bytes, kind: str, orientation: int, incomplete: bool) -> bytes:
    """The picture as ``PNG`` or ``JPEG``, upright, without metadata."""
    image = plain(opened(data, orientation, incomplete))
    buffer = BytesIO()
    if kind == "JPEG":
        on_white(image).save(buffer, kind, quality=95)
    else:
        image.save(buffer, kind, compress_level=3)
    return buffer.getvalue()


def plain(image: "Image.Image") -> "Image.Image":
    """A decoded picture as L, RGB or (where something shows through) RGBA, and no more."""
    if image.mode.startswith("I"):
        # 16 bits a pixel: converted as they are, nearly all would become white.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() == (255, 255):
            image = image.convert("RGB")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    # What is left here, such as a comment, Pillow would write into the new file.
    image.info.clear()
    return image


def on_white(image: "Image.Image") -> "Image.Image":
    """What :func:`plain` gives, without what shows through."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground
