"""Places that owners share: what one holds keeps no other out."""

import asyncio
import random
from collections import Counter

import pytest

from bot.runtime.slots import Slots


@pytest.mark.parametrize("seed", range(20))
async def test_no_owner_has_more_than_its_own_and_all_together_not_more_than_all(seed: int) -> None:
    chance = random.Random(seed)
    slots, held = Slots(6, 2), Counter[str]()
    most, most_of_one = 0, 0

    async def work(owner: str) -> None:
        nonlocal most, most_of_one
        async with slots.hold(owner):
            held[owner] += 1
            most, most_of_one = max(most, held.total()), max(most_of_one, *held.values())
            for _ in range(chance.randint(1, 5)):
                await asyncio.sleep(0)
            held[owner] -= 1

    await asyncio.gather(*(work(chance.choice("abcdef")) for _ in range(80)))
    assert (most, most_of_one) == (6, 2)
    assert not slots._own


async def test_an_owner_who_waits_for_its_own_keeps_nobody_out() -> None:
    slots, forever = Slots(3, 2), asyncio.Event()

    async def hang() -> None:
        async with slots.hold("mallory"):
            await forever.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(50)]
    await asyncio.sleep(0)
    for _ in range(10):
        async with slots.hold("ada"):
            pass
    forever.set()
    await asyncio.gather(*hanging)
