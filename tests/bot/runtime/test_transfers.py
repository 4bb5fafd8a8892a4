"""Bytes in flight: never more than so many, and all who wait come to their turn."""

import asyncio
import random
from contextlib import ExitStack

import pytest

from bot.runtime.transfers import Budget, BudgetedTransfer, arrived, arriving, dropped

TOTAL, LARGEST = 1000, 400


@pytest.mark.parametrize("seed", range(20))
async def test_any_transfers_stay_within_the_budget_and_all_of_them_end(seed: int) -> None:
    chance = random.Random(seed)
    budget, highest = Budget(TOTAL), 0

    async def send() -> None:
        nonlocal highest
        size = chance.randint(1, LARGEST)
        with budget.transfer(chance.choice(("", "ada", "ben"))) as transfer:
            while transfer.size < size:
                await transfer.take(min(chance.randint(1, 100), size - transfer.size))
                highest = max(highest, budget.used)
                if chance.random() < 0.5:
                    await asyncio.sleep(0)

    await asyncio.gather(*(send() for _ in range(60)))
    assert TOTAL // 2 < highest <= TOTAL + LARGEST
    assert budget.used == 0


async def test_who_goes_away_gives_everything_back() -> None:
    budget = Budget(TOTAL)

    async def hold(taken: asyncio.Event) -> None:
        with budget.transfer() as transfer:
            await transfer.take(TOTAL)
            taken.set()
            await asyncio.Event().wait()

    taken = asyncio.Event()
    holder = asyncio.create_task(hold(taken))
    await taken.wait()
    with budget.transfer() as late:
        waiting = asyncio.create_task(late.take(TOTAL))
        await asyncio.sleep(0)
        assert not waiting.done()
        holder.cancel()
        await waiting
        assert budget.used == TOTAL
    assert budget.used == 0


async def test_the_senders_clock_stands_still_while_there_is_no_room() -> None:
    budget = Budget(TOTAL)

    async def wait(transfer: BudgetedTransfer) -> float:
        async with asyncio.timeout(0.05) as limit:
            due = limit.when() or 0
            await transfer.take(TOTAL, limit)
            return (limit.when() or 0) - due

    with budget.transfer() as late:
        with budget.transfer() as full:
            await full.take(TOTAL)
            waiting = asyncio.create_task(wait(late))
            await asyncio.sleep(0.1)
            assert not waiting.done()
        assert await waiting >= 0.05


async def test_who_holds_nothing_yet_keeps_nobody_from_going_on() -> None:
    budget = Budget(TOTAL)
    with budget.transfer(), budget.transfer() as first, budget.transfer() as second:
        await first.take(TOTAL)
        waiting = asyncio.create_task(second.take(TOTAL))
        await first.take(LARGEST)
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()


async def test_one_owner_leaves_room_for_others_whatever_it_holds() -> None:
    budget = Budget(TOTAL)
    with ExitStack() as held:
        theirs = [held.enter_context(budget.transfer("mallory")) for _ in range(5)]
        await theirs[0].take(10 * TOTAL)  # the oldest, which may
        for transfer in theirs[1:]:
            assert not budget.fits(transfer, 1)
        ada = held.enter_context(budget.transfer("ada"))
        assert budget.fits(ada, TOTAL // 2)
        assert not budget.fits(ada, TOTAL // 2 + 1)
        await ada.take(TOTAL // 2)
        assert not budget.fits(held.enter_context(budget.transfer("ben")), 1)
    assert budget.used == 0


async def test_what_is_dropped_is_room_for_others_at_once() -> None:
    budget = Budget(TOTAL)
    with budget.transfer("ada") as looked, budget.transfer("ada") as late:
        with arriving(looked):
            await arrived(TOTAL)
            waiting = asyncio.create_task(late.take(TOTAL // 2))
            await asyncio.sleep(0)
            assert not waiting.done()
            dropped(TOTAL)
        await waiting
        assert budget.used == TOTAL // 2
        assert not budget.fits(looked, 1)  # it is not the oldest any more, and ada has her half
    assert budget.used == 0
