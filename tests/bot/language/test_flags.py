"""Flags as other tools have them: however many there are, one is used and none is drawn."""

import pytest

from bot.language.wording import read
from tests.support.model_ids import PRO


@pytest.mark.parametrize("times", [1, 2, 8, 9, 40])
@pytest.mark.parametrize("name", ["pro", "nano-banana-pro", "nano banana pro"])
def test_a_model_that_is_named_again_and_again(name: str, times: int) -> None:
    found = read(f"a fox{f' --model {name}' * times}")
    assert (found.model, found.prompt) == (PRO, "a fox")
