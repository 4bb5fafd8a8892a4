"""Writes on the demo's pictures: that it is a demo, and what was asked."""

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

MARK = "DEMO"
EXPLANATION = "banana-bot demo · no AI model was used"
EXPLANATION_ZH = "banana-bot 演示 · 未使用 AI 模型"

_LONGEST = 400
"""Characters of a prompt that are looked at; far more than two lines hold."""

# Fonts that know Chinese, as the systems name them; the number is the face in a collection.
_FONTS = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansCN-Regular.otf", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("STHeiti Medium.ttc", 0),
    ("msyh.ttc", 0),
    ("simhei.ttf", 0),
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=32)
def font(size: int) -> Font:
    """The first font of the system that knows Chinese, or Pillow's own, which knows Latin."""
    for name, face in _FONTS:
        try:
            return ImageFont.truetype(name, size, face)
        except OSError:
            continue
    return ImageFont.load_default(size)


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    """Whether the font can write a character, rather than an empty box for it."""
    letters, nothing = font(24), "\U0010ffff"
    wide, missing = letters.getlength(character), letters.getlength(nothing)
    return wide != missing or bytes(letters.getmask(character)) != bytes(letters.getmask(nothing))


def legible(text: str) -> str:
    """One line of what can be written of a text; control characters and emoji fall away."""
    spaced = "".join(c if c.isprintable() else " " for c in text[:_LONGEST])
    return " ".join("".join(c for c in spaced if c == " " or _has_glyph(c)).split())


def is_chinese(text: str) -> bool:
    """Whether a text has Chinese characters in it."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def wrap(text: str, letters: Font, width: float, lines: int) -> list[str]:
    """Break a text into at most ``lines`` lines, at spaces or between Chinese characters.

    What does not fit is cut, with an ellipsis.
    """
    broken: list[str] = []
    rest = text
    while rest and len(broken) < lines:
        end = _fitting(rest, letters, width)
        space = rest.rfind(" ", 1, end + 1)
        if end < len(rest) and space > 0 and not is_chinese(rest[space:end]):
            end = space
        broken.append(rest[:end].strip())
        rest = rest[end:].strip()
    if rest and broken:
        last = broken[-1]
        while last and letters.getlength(last + "…") > width:
            last = last[:-1]
        broken[-1] = last.rstrip() + "…"
    return broken


def _fitting(text: str, letters: Font, width: float) -> int:
    """How many characters fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if letters.getlength(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def write(image: Image.Image, caption: str, *, chinese: bool, over: bool) -> None:
    """Mark a picture as the demo's, above, and write a caption below; changes the picture.

    With ``over`` there may be writing already, of an earlier round, which has to be covered.
    """
    darkness = 1.0 if over else 0.6
    unit = max(11, min(image.width // 22, image.height // 26, round(image.width**0.5)))
    said = legible(caption)
    explanation = EXPLANATION_ZH if chinese and _has_glyph("演") else EXPLANATION
    margin = unit * 2 // 3
    width = image.width - 4 * margin
    small, large = font(max(10, unit * 3 // 4)), font(unit * 5 // 4)
    mark = [(MARK, large, "#ffd84d")]
    mark += [(line, small, "#ffffff") for line in wrap(explanation, small, width, 4)]
    _panel(image, mark, margin, darkness, top=margin)
    letters = font(unit)
    below = [(line, letters, "#ffffff") for line in wrap(said, letters, width, 2)]
    if below:
        _panel(image, below, margin, darkness, top=None)


def _panel(
    image: Image.Image,
    lines: list[tuple[str, Font, str]],
    margin: int,
    darkness: float,
    top: int | None,
) -> None:
    """Lines of text on a darkened panel, at ``top`` or, with ``None``, along the lower edge."""
    heights = [round(letters.getbbox("Åg中")[3] * 1.15) for _, letters, _ in lines]
    height = sum(heights) + margin
    longest = max(letters.getlength(text) for text, letters, _ in lines)
    if top is None:
        box = (0, max(0, image.height - height - margin // 2), image.width, image.height)
    else:
        box = (margin, top, min(image.width, int(longest) + 3 * margin), top + height)
    ground = image.crop(box)
    image.paste(Image.blend(ground, Image.new("RGB", ground.size, "#0b0d14"), darkness), box[:2])
    pen = ImageDraw.Draw(image)
    y = box[1] + margin // 2
    for (text, letters, colour), tall in zip(lines, heights, strict=True):
        pen.text((box[0] + margin, y), text, font=letters, fill=colour)
        y += tall
