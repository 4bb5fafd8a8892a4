"""What the demo draws or edits for one request, as an encoded picture."""

from io import BytesIO

from PIL import Image

from bot.domain.generation import Request
from bot.providers.demo import drawing as drawing
from bot.providers.demo import editing as editing
from bot.providers.demo import lettering as lettering


def make(request: Request, prompt: str, number: int) -> bytes:
    """One encoded picture, number ``number`` of the request; takes its time."""
    chinese = lettering.is_chinese(prompt)
    if request.references:
        sources = [reference.data for reference in request.references]
        image, understood = editing.edit(
            sources,
            prompt,
            size=request.size,
            aspect_ratio=request.aspect_ratio,
            number=number,
        )
        lettering.write(image, "" if understood else prompt, chinese=chinese, over=True)
        photo = request.references[0].mime != "image/png"
        return _encode(image, "JPEG" if photo else "PNG")
    size = drawing.dimensions(request.size or "1K", request.aspect_ratio or "1:1")
    image = drawing.scene(prompt, number, *size, key=request.key)
    lettering.write(image, prompt, chinese=chinese, over=False)
    return _encode(image, "PNG")


def _encode(image: Image.Image, kind: str) -> bytes:
    """Drawings as PNG, where they stay small; photographs as JPEG, where they do."""
    buffer = BytesIO()
    # What came with the picture to work from, such as where it was taken, is not passed on.
    image.info.clear()
    image.save(buffer, kind, **({"compress_level": 3} if kind == "PNG" else {"quality": 92}))
    return buffer.getvalue()
