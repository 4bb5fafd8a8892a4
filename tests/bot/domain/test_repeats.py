"""The same once more, with one thing changed."""

from dataclasses import replace

import pytest

from bot.domain.actions import Action
from bot.domain.image_models import NEWEST
from bot.domain.repeats import VARIATIONS, larger, repeat, smaller
from bot.domain.requests import Options
from tests.bot.domain.test_protocol import JOB
from tests.support.model_ids import FLASH, PRO

JOB_2K = replace(JOB, model=FLASH, size="2K", count=2)


@pytest.mark.parametrize(
    ("size", "below", "above"),
    [
        ("512", None, "1K"),
        ("2K", "1K", "4K"),
        ("4K", "2K", None),
        (None, None, "2K"),
        ("3K", None, None),
    ],
)
def test_the_next_sizes(size: str | None, below: str | None, above: str | None) -> None:
    job = replace(JOB_2K, size=size)
    assert (smaller(job, NEWEST), larger(job, NEWEST)) == (below, above)
    assert larger(replace(job, model="gone"), NEWEST) is None


def test_each_way_to_repeat() -> None:
    def of(action: Action, limit: int = 8) -> tuple[object, ...]:
        found = repeat(JOB_2K, action, Options(), NEWEST, limit)
        return found.options.model, found.options.size, found.count, action.spec.one_picture

    assert of(Action.AGAIN) == (None, None, 2, False)
    assert of(Action.PRO) == (PRO, None, 2, False)
    assert of(Action.SMALLER) == (None, "1K", 2, False)
    assert of(Action.LARGER) == (None, "4K", 1, True)
    assert of(Action.VARY) == (None, None, VARIATIONS, True)
    assert of(Action.VARY, 2) == (None, None, 2, True)
    assert of(Action.EXTEND) == (None, None, 1, True)
    for action in (Action.LARGER, Action.VARY):
        assert JOB_2K.prompt in repeat(JOB_2K, action, Options(), NEWEST, 4).prompt


def test_another_ratio_continues_the_scene() -> None:
    found = repeat(JOB_2K, Action.EXTEND, Options(aspect_ratio="16:9"), NEWEST, 4)
    assert "16:9" in found.prompt
    assert JOB_2K.prompt in found.prompt
