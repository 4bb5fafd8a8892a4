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


CLOTHES = ("markdown", "bare", "lines", "words", "whole", "link", "named")
"""How relays that answer with a text put a picture there: see :func:`dressed`."""


def dressed(kind: str, mime: str, data: bytes, link: str) -> str:
    """A text with a picture in it.

    ``markdown``: a data URL as an image; ``bare``: without; ``lines``: broken into lines of 76;
    ``words``: the same, with words on the next line; ``whole``: base64 and nothing else; ``link``:
    an image behind a link; ``named``: a link that ends like a file.
    """
    encoded = base64_of(data)
    lines = base64.encodebytes(data).decode().strip()
    url = f"data:{mime};base64,"
    return {
        "markdown": f"Here it is:\n\n![image]({url}{encoded})\n",
        "bare": f"{url}{encoded}",
        "lines": f"Here it is: {url}{lines}",
        "words": f"![image]({url}{lines}\n) Enjoy it.",
        "whole": encoded,
        "link": f'![a lighthouse]({link}?token=1 "title")',
        "named": f"Your picture: {link}.",
    }[kind]


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
