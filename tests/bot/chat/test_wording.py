"""What a form of a whole request asks for, beside its words."""

from dataclasses import replace

import pytest

from bot.chat.wording import changed
from bot.domain.image_models import NEWEST
from bot.domain.requests import Options
from tests.bot.domain.test_protocol import JOB as PLAIN

JOB = replace(PLAIN, text="a cat", prompt="a cat", model=NEWEST[0].id, model_name=NEWEST[0].name)


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ({}, Options()),
        ({"model": NEWEST[0].id, "ratio": "1:1", "size": "1K"}, Options()),
        ({"ratio": "16:9", "size": "auto", "count": "3"}, Options(aspect_ratio="16:9", count=3)),
        ({"model": NEWEST[1].id, "size": "2K"}, Options(model=NEWEST[1].id, size="2K")),
        ({"count": "many", "ratio": ""}, Options()),
    ],
)
def test_what_is_left_as_it_was_is_not_asked_for(form: dict[str, str], asked: Options) -> None:
    assert changed(JOB, NEWEST, form) == asked


def test_of_a_model_that_is_gone_every_choice_is_new() -> None:
    gone = replace(JOB, model="gone")
    assert changed(gone, NEWEST, {"model": NEWEST[0].id}) == Options(model=NEWEST[0].id)
