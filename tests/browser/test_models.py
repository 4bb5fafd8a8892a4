"""The models that the page offers and gets, in a real browser."""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest

from tests.emulators.process import Remote
from tests.support import current_models
from tests.support.model_ids import FLASH, LITE, PRO
from tests.support.program import Program

DONE = ".turn[data-status=succeeded]"


def _paid(gemini: Remote) -> list[dict[str, Any]]:
    with urlopen(f"{gemini.url}/_ctl/paid") as answer:
        return list(json.load(answer))


def _values(page: Any, menu: str) -> list[str]:
    return [one.get_attribute("value") for one in page.locator(f"#{menu} option").all()]


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_menus_and_the_words(
    open_page: Callable[..., Any],
    start: Callable[..., Program],
    gemini_server: Remote,
    language: str,
) -> None:
    program = start(**current_models.environment(gemini_server))
    page = open_page(program.url, locale={"en": "en-US", "zh_Hans": "zh-CN"}[language])
    assert page.locator("#model option").all_inner_texts() == [
        "Nano Banana 2.1",
        "Nano Banana 2 Lite",
        "Nano Banana Pro",
    ]
    assert _values(page, "model") == ["", LITE, PRO]
    assert _values(page, "size") == ["", "1K", "2K", "4K"]
    page.click("#open-settings")
    assert _values(page, "set-model") == ["", FLASH, LITE, PRO]
    assert _values(page, "set-size") == ["", "1K", "2K", "4K"]
    page.keyboard.press("Escape")
    for number, (text, got) in enumerate(current_models.SAID[language].items()):
        page.fill("#prompt", text)
        page.press("#prompt", "Enter")
        page.locator(DONE).nth(number).wait_for()
        shown = page.locator(".turn").last.inner_text()
        assert got.told(shown), (shown, got)
        paid = _paid(gemini_server)[-1]
        assert (paid["model"], paid["size"]) == (got.model, got.size)


def test_what_is_dear_is_asked_first(
    open_page: Callable[..., Any], start: Callable[..., Program], gemini_server: Remote
) -> None:
    program = start(CONFIRM_ABOVE="0.1", **current_models.environment(gemini_server))
    before = len(_paid(gemini_server))
    page = open_page(program.url)
    page.fill("#prompt", "cats in the snow, 4 pictures")
    page.press("#prompt", "Enter")
    asked = page.locator(".turn[data-status=failed]")
    asked.get_by_text("Shall I make it?").wait_for()
    assert "It costs about $0.1344." in asked.inner_text()
    assert len(_paid(gemini_server)) == before
    asked.get_by_role("button", name="Make it · $0.1344").click()
    page.locator(DONE).wait_for()
    assert page.locator(f"{DONE} img").count() == 4
    assert len(_paid(gemini_server)) == before + 4
