"""Small files of real pictures, made once per size."""

import base64
import functools
import io

from PIL import Image, ImageDraw


@functools.lru_cache(maxsize=64)
def picture(width: int, height: int, kind: str = "PNG", color: str = "orange") -> bytes:
    """A picture of exactly that size, in one colour with a diagonal."""
    image = Image.new("RGB", (width, height), color)
    ImageDraw.Draw(image).line((0, 0, width, height), fill="black", width=3)
    file = io.BytesIO()
    image.save(file, kind, **({"compress_level": 1} if kind == "PNG" else {}))
    return file.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def is_picture(data: bytes) -> bool:
    """Whether a service could read it."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError):
        return False
    return True
