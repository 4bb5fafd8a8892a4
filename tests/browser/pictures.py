"""The pictures of the page for the documents: ``python -m tests.browser.pictures``.

They are made of the real program with its demo provider, and written to ``docs/pictures``.
"""

import io
import signal
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGS, CHROMIUM, ROOT
from tests.support.program import Program

FOLDER = ROOT / "docs" / "pictures"
DONE = ".turn[data-status=succeeded]"
QUALITY = 82

SAID = {
    "en": (
        "A lighthouse at dusk, waves below",
        "make it warmer",
        "a hot-air balloon over the hills, watercolour",
    ),
    "zh": ("黄昏的灯塔，下面是海浪", "暖一点", "山丘上的热气球，水彩"),
}


class Visit:
    """A person at the page in a window of that size; pictures are called ``web-NAME.webp``."""

    def __init__(self, browser: Any, url: str, width: int, height: int, **more: Any) -> None:
        size = {"width": width, "height": height}
        options = {"locale": "en-US", "reduced_motion": "reduce", **more}
        self.page = browser.new_context(viewport=size, **options).new_page()
        self.page.goto(url)
        self.page.locator("body:not(.loading)").wait_for()

    def draw(self, text: str, ratio: str = "", count: str = "") -> None:
        done = self.page.locator(DONE).count()
        self.page.select_option("#ratio", ratio)
        self.page.select_option("#count", count)
        self.page.fill("#prompt", text)
        self.page.press("#prompt", "Enter")
        self.page.locator(DONE).nth(done).wait_for()

    def keep(self, name: str) -> None:
        """Keep what is seen, once every picture in it has come."""
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(1500)
        with Image.open(io.BytesIO(self.page.screenshot())) as seen:
            seen.convert("RGB").save(FOLDER / f"web-{name}.webp", quality=QUALITY, method=6)


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        program = Program(Path(folder), DEMO_SECONDS="1")
        program.start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            _take(browser, program.url)
        finally:
            browser.close()
            program.stop(signal.SIGTERM)


def _take(browser: Any, url: str) -> None:
    for name, locale, language in (("laptop", "en-US", "en"), ("laptop.zh-CN", "zh-CN", "zh")):
        visit = Visit(browser, url, 1280, 800, locale=locale)
        first, change, _ = SAID[language]
        visit.draw(first, "16:9")
        visit.draw(change)
        visit.keep(name)
    first, change, other = SAID["en"]
    visit = Visit(browser, url, 1280, 800, color_scheme="dark")
    visit.draw(other, count="4")
    visit.keep("dark")
    visit.page.locator("[data-action=edit]").click()
    visit.page.keyboard.press("2")
    visit.draw(change)
    visit.draw("make the sky pink")
    visit.draw(first)
    visit.page.locator(".turn").nth(2).locator(".look").click()
    visit.keep("versions")
    visit.page.keyboard.press("Escape")
    visit.page.emulate_media(color_scheme="light")
    visit.page.click("#open-gallery")
    for number in (0, 2):
        visit.page.locator("#gallery [data-tool=heart]").nth(number).click()
        visit.page.locator("#gallery input[type=checkbox]").nth(number).check()
    visit.keep("gallery")
    visit = Visit(browser, url, 390, 800, has_touch=True, is_mobile=True, device_scale_factor=2)
    visit.draw(first)
    visit.draw(change)
    visit.keep("phone")


if __name__ == "__main__":
    main()
