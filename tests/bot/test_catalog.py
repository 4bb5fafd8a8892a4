"""The catalog: names, sizes, and what a model makes of a request."""

from __future__ import annotations

import pytest

from bot import catalog
from bot.catalog import FLASH, KNOWN, PRO, Model, find, fit_aspect_ratio, fit_size, size_of

SEEDREAM = Model(
    id="bytedance/seedream-4.5",
    name="SeeDream 4.5",
    sizes=(),
    aspect_ratios=(),
    max_references=3,
    seconds=(5, 20),
    progress_every=15,
    aliases=("nano banana 2",),
)


def test_the_two_known_models() -> None:
    flash, pro = KNOWN
    assert catalog.DEFAULT_MODEL == flash.id == FLASH
    assert pro.id == PRO
    assert (flash.name, pro.name) == ("Nano Banana 2", "Nano Banana Pro")
    assert (flash.sizes, pro.sizes) == (("512", "1K", "2K", "4K"), ("1K", "2K", "4K"))
    assert (len(flash.aspect_ratios), len(pro.aspect_ratios)) == (14, 10)
    assert (flash.seconds, pro.seconds) == ((20, 40), (60, 120))
    assert (flash.progress_every, pro.progress_every) == (15, 30)
    assert flash.max_references == pro.max_references == 14


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gemini-3.1-flash-image", FLASH),
        ("gemini-3.1-flash-image-preview", FLASH),
        ("google/gemini-3.1-flash-image-preview", FLASH),
        ("Nano Banana 2", FLASH),
        ("nanobanana2", FLASH),
        ("NB2", FLASH),
        ("香蕉２", FLASH),
        ("小香蕉", FLASH),
        ("flash", FLASH),
        ("gemini-3-pro-image-preview", PRO),
        ("NANO_BANANA–PRO", PRO),
        ("Ｎａｎｏ Banana Ｐｒｏ", PRO),
        ("香蕉Pro", PRO),
        ("大香蕉", PRO),
        ("pro", PRO),
    ],
)
def test_a_model_is_found_by_any_of_its_names(name: str, model: str) -> None:
    found = find(name)
    assert found is not None
    assert found.id == model


@pytest.mark.parametrize("name", ["", "/", "midjourney", "pros"])
def test_other_names_find_nothing(name: str) -> None:
    assert find(name) is None


def test_a_provider_may_offer_other_models() -> None:
    models = (SEEDREAM, *KNOWN)
    assert find("seedream 4.5", models) is SEEDREAM
    assert find("seedream-4.5", models) is SEEDREAM
    assert find("seedream-4.5") is None


def test_a_display_name_wins_over_an_alias() -> None:
    found = find("nano banana 2", (SEEDREAM, *KNOWN))
    assert found is not None
    assert found.id == FLASH


def test_the_first_alias_wins() -> None:
    assert find("nano banana 2", (SEEDREAM, SEEDREAM)) is SEEDREAM


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512", "512"), ("512px", "512"), ("512 pixels", "512"), ("0.5K", "512"), ("1k", "1K"),
        ("1024", "1K"), ("２Ｋ", "2K"), (" 4K ", "4K"), ("4096px", "4K"), ("2048像素", "2K"),
        ("8K", None), ("4", None), ("512K", None), ("2px", None), ("large", None), ("", None),
    ],
)  # fmt: skip
def test_size_of(text: str, size: str | None) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize(
    ("model", "asked", "made"),
    [
        (KNOWN[0], "512", "512"),
        (KNOWN[1], "4K", "4K"),
        (KNOWN[1], "512", "1K"),  # nothing smaller: the smallest
        (KNOWN[1], None, None),
        (KNOWN[1], "8K", None),
        (SEEDREAM, "2K", None),
    ],
)
def test_fit_size(model: Model, asked: str | None, made: str | None) -> None:
    assert fit_size(model, asked) == made


@pytest.mark.parametrize(
    ("model", "asked", "made"),
    [
        (KNOWN[0], "1:4", "1:4"),
        (KNOWN[1], "1:4", "9:16"),
        (KNOWN[1], "8:1", "21:9"),
        (KNOWN[1], "7:5", "4:3"),
        (KNOWN[1], "wide", None),
        (KNOWN[1], "0:1", None),
        (KNOWN[1], None, None),
        (SEEDREAM, "16:9", None),
    ],
)
def test_fit_aspect_ratio(model: Model, asked: str | None, made: str | None) -> None:
    assert fit_aspect_ratio(model, asked) == made
