"""The plan of a storm: it leaves out nothing that can go wrong."""

from collections.abc import Mapping, Sequence

import pytest

from tests.chaos import discord_trouble, feishu_trouble
from tests.chaos.storm import LONG, SHORT, schedule


@pytest.mark.parametrize("count", [SHORT, LONG])
@pytest.mark.parametrize(
    ("kinds", "first", "rare"),
    [(one.KINDS, one.FIRST, one.RARE) for one in (discord_trouble, feishu_trouble)],
    ids=["discord", "feishu"],
)
def test_each_kind_and_each_fault_has_its_turn(
    kinds: Mapping[str, Sequence[str]], first: Sequence[str], rare: Mapping[str, int], count: int
) -> None:
    plan = schedule(kinds, first=first, rare=rare, count=count)
    requests = [request for requests in plan for request in requests]
    assert len(requests) == count
    assert {request.kind for request in requests} == kinds.keys()
    assert {one.fault for one in requests} == {
        *rare,
        *(fault for some in kinds.values() for fault in some),
    }
