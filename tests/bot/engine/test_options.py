"""What a person likes, by what is offered today: the entries that menus show as chosen."""

from dataclasses import replace

import pytest

from bot.domain.image_models import NEWEST
from bot.domain.preferences import Preference
from bot.engine.options import today
from tests.support.model_ids import FLASH, OLD_FLASH, PRO, lite

LIKED = Preference(model=OLD_FLASH, size="512", aspect_ratio="16:9", language="zh_Hans")


def test_what_is_gone_shows_as_what_takes_its_place() -> None:
    assert today(LIKED, NEWEST) == replace(LIKED, model=FLASH, size="1K")


@pytest.mark.parametrize(
    ("liked", "shown"),
    [
        (Preference(), Preference()),
        (Preference(model="seedream-9"), Preference()),
        (Preference(model=PRO, size="4K"), Preference(model=PRO, size="4K")),
        (Preference(aspect_ratio="1:8"), Preference(aspect_ratio="1:8")),
        (Preference(aspect_ratio="7:5"), Preference(aspect_ratio="4:3")),
    ],
)
def test_what_nobody_offers_is_no_choice(liked: Preference, shown: Preference) -> None:
    assert today(liked, NEWEST) == shown


def test_a_size_that_another_model_has_stays() -> None:
    """It is what is wished for, whatever the preferred model makes of it."""
    liked = Preference(model=lite.id, size="4K")
    assert today(liked, NEWEST) == liked
