"""The pictures of Feishu's cards for the documents: ``python -m tests.browser.feishu_pictures``.

The cards are those that the bot sends to the emulated platform; :class:`CardPage` draws them, and
they are written to ``docs/pictures``.
"""

import asyncio
import base64
import io
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from adapters.feishu.cards import cards
from bot.domain.generation import Request
from bot.domain.image_models import NEWEST
from bot.providers.demo import drawing, editing
from messages import Message, Picture, Status, Step
from tests.adapters.feishu.gallery import Card, gallery
from tests.browser.conftest import ARGS, CHROMIUM, ROOT
from tests.emulators.process import Remote, launch
from tests.support.feishu_cards import CardPage

FOLDER = ROOT / "docs" / "pictures"
QUALITY = 82
NARROW, WIDE = 360, 600
CLIENTS = {"en": "en_us", "zh": "zh_cn"}
LONGEST_ROW, GAP, MARGIN = 1500, 16, 12
"""Pixels of the cards beside each other, between them, and around them."""

LONGEST_SIDE = 720
"""Pixels of a picture on the page."""

SHEETS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "steps": (NARROW, ("acknowledged", "queued", "started", "progress", "failed", "cancelled")),
    "results": (NARROW, ("square", "tall", "four", "chosen")),
    "grids": (NARROW, ("two", "nine", "words", "ratio", "delete")),
    "panels": (NARROW, ("greeting", "help", "settings", "history", "question")),
    "wide": (WIDE, ("wide", "four", "progress", "failed", "history", "settings")),
}
"""The width of a sheet's cards, and which they are."""


def paint(request: Request, number: int) -> bytes:
    """A drawing of the demo provider's, without what it writes on them."""
    size = (request.size or "1K", request.aspect_ratio or "1:1")
    if request.references:
        sources = [reference.data for reference in request.references]
        asked = {"size": request.size, "aspect_ratio": request.aspect_ratio}
        image, _ = editing.edit(sources, request.prompt, **asked, number=number)
    else:
        image = drawing.scene(request.prompt, number, *drawing.dimensions(*size), key=request.key)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


async def taken(
    remote: Remote, folder: Path, language: str
) -> tuple[dict[str, Card], dict[str, str]]:
    """The cards by what they show, and the pictures in them as data URLs."""
    client = CLIENTS[language]
    shown: dict[str, Card] = {}
    pictures: dict[str, str] = {}
    for kind in ("group", "p2p"):
        async with gallery(remote, folder / kind, language, client, kind, paint) as made:
            if kind == "group":
                await made.steps()
                await made.results()
            else:
                await made.panels()
            shown |= made.cards
            for key in image_keys(made.cards):
                pictures[key] = data_url(await made.picture_of(key))
    shown["nine"] = _nine(list(pictures), language)
    return shown, pictures


def image_keys(shown: Any) -> list[str]:
    """The image_keys in cards."""
    if isinstance(shown, dict):
        own = [shown["img_key"]] if "img_key" in shown else []
        return own + [key for each in shown.values() for key in image_keys(each)]
    return [key for each in shown for key in image_keys(each)] if isinstance(shown, list) else []


def data_url(data: bytes) -> str:
    """A picture as the page has it: a small one."""
    with Image.open(io.BytesIO(data)) as image:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _nine(keys: list[str], language: str) -> Card:
    """As many pictures as Feishu shows side by side: more than the bot makes at once."""
    made = tuple(Picture(f"img_{n}", "image/png", 1024, 1024, 10**6) for n in range(9))
    images = {one.image_id: keys[n % len(keys)] for n, one in enumerate(made)}
    prompt = {"en": "nine lighthouses", "zh": "九座灯塔"}[language]
    model = NEWEST[0].name
    message = Message("job", Step.SUCCESS, Status.SUCCEEDED, prompt, model, pictures=made)
    return cards.card(message, {"en": "en", "zh": "zh_Hans"}[language], images)


def _sheet(count: int, width: int) -> int:
    """How wide a sheet is on which so many cards of a width stand in rows of about one length."""
    rows = math.ceil(count / (LONGEST_ROW // width))
    across = math.ceil(count / rows)
    return across * width + (across - 1) * GAP + 2 * MARGIN


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    found = {}
    with launch("feishu") as remote, tempfile.TemporaryDirectory() as folder:
        for language in CLIENTS:
            found[language] = asyncio.run(taken(remote, Path(folder) / language, language))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for language, (shown, pictures) in found.items():
            drawn = CardPage(pictures, CLIENTS[language])
            for name, (width, names) in SHEETS.items():
                page = browser.new_page(viewport={"width": 1600, "height": 900})
                page.set_content(drawn.page([shown[each] for each in names], width))
                page.add_style_tag(content=f"body {{ max-width: {_sheet(len(names), width)}px }}")
                page.wait_for_function("[...document.images].every((each) => each.complete)")
                with Image.open(io.BytesIO(page.locator("body").screenshot())) as seen:
                    path = FOLDER / f"feishu-{name}-{language}.webp"
                    seen.convert("RGB").save(path, quality=QUALITY, method=6)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
