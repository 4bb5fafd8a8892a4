"""The pauses between attempts to connect: they double, have an end, and differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.reconnecting import pause


@pytest.mark.parametrize(("failures", "step"), [(0, 1), (1, 2), (3, 8), (6, 60), (10_000, 60)])
def test_pauses_double_up_to_the_longest(failures: int, step: float) -> None:
    assert step / 2 <= pause(failures, longest=60) <= step


@given(st.integers(0, 10_000), st.floats(0.01, 10), st.floats(0.01, 1000))
def test_no_pause_is_above_the_longest(failures: int, first: float, longest: float) -> None:
    assert 0 < pause(failures, first=first, longest=longest) <= longest


def test_pauses_differ() -> None:
    assert len({pause(5, longest=60) for _ in range(5)}) == 5
