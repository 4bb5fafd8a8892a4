"""How high Feishu's cards are on a phone, in a real browser: those that the bot really sends."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.feishu.gallery import Card, gallery
from tests.browser.feishu_pictures import data_url, image_keys
from tests.emulators.process import Remote, launch
from tests.support.feishu_cards import CardPage

PHONE = 360
"""Pixels of a card in a chat on a phone."""

CLIENTS = {"zh": "zh_cn", "en": "en_us", "ja": "ja_jp"}

MOST = {"square": 600, "tall": 720, "wide": 600, "four": 580, "chosen": 620}
"""The height in pixels, at most, by what a card shows."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Cards by what they show, and data URLs by image_key."""

    cards: Mapping[str, Card]
    pictures: Mapping[str, str]


async def results(remote: Remote, folder: Path, language: str, kind: str) -> Sent:
    """What Ann is shown who asks for pictures, and for changes of them."""
    client = CLIENTS[language]
    async with gallery(remote, folder, language, client, kind) as made:
        await made.results()
        keys = image_keys(made.cards)
        return Sent(made.cards, {key: data_url(await made.picture_of(key)) for key in keys})


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sent]:
    """By the language of who asked alone; and for a group, where everybody reads their own."""
    found = {}
    with launch("feishu") as remote, ThreadPoolExecutor(1) as apart:
        for name in (*CLIENTS, "group"):
            language, kind = ("en", "group") if name == "group" else (name, "p2p")
            asked = results(remote, tmp_path_factory.mktemp(name), language, kind)
            found[name] = apart.submit(asyncio.run, asked).result()  # Playwright's loop runs here
    return found


def height_of(browser: Any, sent: Sent, name: str, client: str) -> float:
    """Of a card as it is shown, in pixels."""
    page = browser.new_page(viewport={"width": 800, "height": 1200})
    try:
        page.set_content(CardPage(sent.pictures, client).page([sent.cards[name]], PHONE))
        page.wait_for_function("[...document.images].every((each) => each.complete)")
        return float(page.locator(".card").bounding_box()["height"])
    finally:
        page.close()


@pytest.mark.parametrize("language", CLIENTS)
@pytest.mark.parametrize("name", MOST)
@pytest.mark.parametrize("place", ["alone", "group"])
def test_a_result_fits_on_a_phone(
    browser: Any, sent: Mapping[str, Sent], language: str, name: str, place: str
) -> None:
    shown = sent["group" if place == "group" else language]
    assert 250 < height_of(browser, shown, name, CLIENTS[language]) <= MOST[name]
