"""The catalog: names, sizes, and what a model makes of a request."""

from __future__ import annotations

import pytest

from bot.domain.catalog import Model, find, fit_aspect_ratio, fit_size, other, resolve, size_of
from bot.domain.image_models import NEWEST
from messages import Note
from tests.support.model_ids import FLASH, LITE, PRO, flash, old_flash, pro

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


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gemini-nano-banana-2.1", FLASH),
        ("google/gemini-nano-banana-2.1", FLASH),
        ("Nano Banana 2.1", FLASH),
        ("nanobanana2.1", FLASH),
        ("NB 2.1", FLASH),
        ("nano banana", FLASH),
        ("香蕉", FLASH),
        ("lite", LITE),
        ("Nano Banana Lite", LITE),
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
    match = resolve(name, NEWEST)
    assert match is not None
    assert (match.model.id, match.replaced, match.notes) == (model, None, ())


@pytest.mark.parametrize(
    "name",
    [
        "gemini-3.1-flash-image",
        "gemini-3.1-flash-image-preview",
        "google/gemini-3.1-flash-image-preview",
        "Nano Banana 2",
        "nanobanana2",
        "NB2",
        "香蕉２",
    ],
)
def test_a_model_that_is_no_more_means_its_successor(name: str) -> None:
    match = resolve(name, NEWEST)
    assert match is not None
    facts = {"asked": "Nano Banana 2", "model": "Nano Banana 2.1"}
    assert (match.model.id, match.notes) == (FLASH, (Note("model_replaced", facts),))


@pytest.mark.parametrize("name", ["", "/", "midjourney", "pros"])
def test_other_names_find_nothing(name: str) -> None:
    assert find(name, NEWEST) is None


def test_a_provider_may_offer_other_models() -> None:
    models = (SEEDREAM, *NEWEST)
    assert find("seedream 4.5", models) is SEEDREAM
    assert find("seedream-4.5", models) is SEEDREAM
    assert find("seedream-4.5", NEWEST) is None


def test_a_display_name_wins_over_an_alias() -> None:
    assert find("nano banana 2", (SEEDREAM, old_flash)) is old_flash


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
        (old_flash, "512", "512"),
        (pro, "4K", "4K"),
        (pro, "512", "1K"),  # nothing smaller: the smallest
        (pro, None, None),
        (pro, "8K", None),
        (SEEDREAM, "2K", None),
    ],
)
def test_fit_size(model: Model, asked: str | None, made: str | None) -> None:
    assert fit_size(model, asked) == made


@pytest.mark.parametrize(
    ("model", "asked", "made"),
    [
        (flash, "1:4", "1:4"),
        (pro, "1:4", "9:16"),
        (pro, "8:1", "21:9"),
        (pro, "7:5", "4:3"),
        (pro, "wide", None),
        (pro, "0:1", None),
        (pro, None, None),
        (SEEDREAM, "16:9", None),
    ],
)
def test_fit_aspect_ratio(model: Model, asked: str | None, made: str | None) -> None:
    assert fit_aspect_ratio(model, asked) == made


def test_another_model_is_the_best_or_the_usual_one() -> None:
    def id_of(used: str, models: list[Model]) -> str | None:
        found = other(used, models)
        return found.id if found else None

    assert id_of(FLASH, [*NEWEST]) == PRO
    assert id_of(PRO, [*NEWEST]) == FLASH
    assert id_of("gone", [*NEWEST]) == PRO
    assert id_of(PRO, [SEEDREAM, pro]) == SEEDREAM.id
    assert id_of(SEEDREAM.id, [SEEDREAM]) is None
