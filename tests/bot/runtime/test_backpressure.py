"""Jobs go on when the event loop keeps up."""

import asyncio

from bot.runtime.backpressure import (
    LATE_SECONDS,
    LONGEST_SECONDS,
    PAUSE_SECONDS,
    ROUNDS,
    Backpressure,
)


class Loop:
    """A clock whose looks take as long as is said; afterwards they take no time."""

    def __init__(self, *looks: float) -> None:
        self.now = 0.0
        self.looks = list(looks)
        self.rounds = 0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if not seconds:
            self.rounds += 1
            if self.rounds % ROUNDS == 0 and self.looks:  # one of them takes all the time
                self.now += self.looks.pop(0)
        self.now += seconds
        await asyncio.sleep(0)


def backpressure(loop: Loop) -> Backpressure:
    return Backpressure(loop.monotonic, loop.sleep)


async def test_a_loop_that_keeps_up_makes_nobody_wait() -> None:
    loop = Loop()
    await backpressure(loop).relieved()
    assert loop.now == 0.0


async def test_work_waits_until_the_rounds_are_short() -> None:
    loop = Loop(2 * LATE_SECONDS, 2 * LATE_SECONDS)
    await backpressure(loop).relieved()
    assert loop.now == 2 * (2 * LATE_SECONDS + PAUSE_SECONDS)


async def test_some_work_goes_on_in_any_rush() -> None:
    loop = Loop(*[1.0] * 10)
    await backpressure(loop).relieved()
    assert LONGEST_SECONDS <= loop.now <= LONGEST_SECONDS + 1.0


async def test_work_goes_on_in_its_order_each_after_a_look_of_its_own() -> None:
    loop = Loop(*[2 * LATE_SECONDS] * 3)
    pressure, begun = backpressure(loop), list[tuple[int, float]]()

    async def begin(number: int) -> None:
        await pressure.relieved()
        begun.append((number, loop.now))

    await asyncio.gather(*(begin(number) for number in range(4)))
    assert [number for number, _ in begun] == [0, 1, 2, 3]
    assert begun[0][1] == 3 * (2 * LATE_SECONDS + PAUSE_SECONDS)
    assert len({at for _, at in begun}) == 1
    assert not loop.looks


async def test_the_more_wait_the_shorter_each_does_in_its_turn() -> None:
    """So that the last of many waits about as long as a single one, and not for all the others."""
    loop = Loop(*[2 * LATE_SECONDS] * 100_000)
    pressure = backpressure(loop)
    await asyncio.gather(*(pressure.relieved() for _ in range(50)))
    alone = LONGEST_SECONDS
    assert alone < loop.now < 6 * alone  # the sum of 1/50, 1/49, … of it: the last are few


async def test_who_is_cancelled_gives_the_turn_on() -> None:
    loop = Loop(*[1.0] * 10)
    pressure = backpressure(loop)
    first, second = (asyncio.create_task(pressure.relieved()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first, second}, timeout=60)
    assert first.cancelled()
    assert second.done()
