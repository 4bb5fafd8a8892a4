"""Who asks comes first; what is under way waits, but not for ever, and then goes one by one."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot import door
from bot.door import Door


@pytest.fixture(autouse=True)
def _times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LONGEST_SECONDS", 60.0)
    monkeypatch.setattr(door, "APART_SECONDS", 60.0)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("wait", [Door.after_you, Door.one_by_one])
async def test_nobody_waits_at_an_empty_door(wait: Callable[[Door], Awaitable[None]]) -> None:
    await asyncio.wait_for(wait(Door()), 1)


@pytest.mark.parametrize("wait", [Door.after_you, Door.one_by_one])
async def test_work_waits_until_everybody_is_in(wait: Callable[[Door], Awaitable[None]]) -> None:
    entrance = Door()
    with entrance:
        with entrance:
            work = asyncio.create_task(wait(entrance))
            await settle()
        await settle()
        assert not work.done()
    await asyncio.wait_for(work, 1)


async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LONGEST_SECONDS", 0.0)
    entrance = Door()
    with entrance:
        await asyncio.wait_for(entrance.after_you(), 1)


async def test_while_people_come_one_after_the_other_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LONGEST_SECONDS", 0.0)
    entrance = Door()
    with entrance:
        work = [asyncio.create_task(entrance.one_by_one()) for _ in range(3)]
        await settle()
        assert not any(each.done() for each in work)
        monkeypatch.setattr(door, "APART_SECONDS", 0.0)
        work[0].cancel()  # the one whose turn it was
        await asyncio.wait_for(asyncio.wait(work), 1)
    assert [each.cancelled() for each in work] == [True, False, False]


async def test_they_all_go_once_nobody_comes_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LONGEST_SECONDS", 0.0)
    entrance = Door()
    with entrance:
        work = [asyncio.create_task(entrance.one_by_one()) for _ in range(3)]
        await settle()
    await asyncio.wait_for(asyncio.gather(*work), 1)
