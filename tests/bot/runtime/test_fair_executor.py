"""Whose turn it is: threads that work for real, and are told when to go on."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from bot.runtime.fair_executor import FairExecutor

WAIT = 60


class Desk:
    """Work that waits until it is let go, and says in which order it was begun."""

    def __init__(self, at_once: int = 2) -> None:
        self.executor = FairExecutor(at_once, "test")
        self.begun: list[str] = []
        self._changed = threading.Condition()
        self._gates: dict[str, threading.Event] = {}

    def give(self, owner: str, name: str, *, heavy: bool = False) -> "Future[str]":
        self._gates[name] = threading.Event()

        def work() -> str:
            with self._changed:
                self.begun.append(name)
                self._changed.notify_all()
            assert self._gates[name].wait(WAIT)
            return name

        return self.executor.submit(owner, work, heavy=heavy)

    def finish(self, *names: str) -> None:
        for name in names:
            self._gates[name].set()

    def see(self, *names: str) -> None:
        """Wait until just these have been begun."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.begun) >= len(names), WAIT), self.begun
        assert sorted(self.begun) == sorted(names)


def test_one_owner_leaves_room_for_others() -> None:
    desk = Desk()
    mine = [desk.give("greedy", f"mine {number}") for number in range(5)]
    desk.see("mine 0")
    other = desk.give("other", "other")
    desk.see("mine 0", "other")
    desk.finish("other")
    assert other.result(WAIT) == "other"
    assert desk.begun == ["mine 0", "other"]
    desk.finish(*(f"mine {number}" for number in range(5)))
    assert [one.result(WAIT) for one in mine] == [f"mine {number}" for number in range(5)]


def test_owners_are_served_in_turn_and_each_in_order() -> None:
    desk = Desk(at_once=1)
    desk.give("a", "first")
    desk.see("first")
    given = [desk.give(owner, f"{owner}{number}") for owner in "abc" for number in range(3)]
    desk.finish("first", *(f"{owner}{number}" for owner in "abc" for number in range(3)))
    for one in given:
        one.result(WAIT)
    order = desk.begun[1:]
    assert [name[0] for name in order] == list("abcabcabc")
    assert [name[1] for name in order] == list("000111222")


def test_heavy_work_is_done_one_at_a_time_and_light_work_passes_it() -> None:
    desk = Desk()
    heavy = [desk.give(f"h{number}", f"heavy {number}", heavy=True) for number in range(3)]
    desk.see("heavy 0")
    light = [desk.give(f"l{number}", f"light {number}") for number in range(3)]
    desk.finish(*(f"light {number}" for number in range(3)))
    for one in light:
        one.result(WAIT)
    assert [name for name in desk.begun if "heavy" in name] == ["heavy 0"]
    desk.finish(*(f"heavy {number}" for number in range(3)))
    for one in heavy:
        one.result(WAIT)
    assert [name for name in desk.begun if "heavy" in name] == ["heavy 0", "heavy 1", "heavy 2"]


def test_what_was_cancelled_is_not_begun() -> None:
    desk = Desk(at_once=1)
    first = desk.give("a", "first")
    desk.see("first")
    second, third = desk.give("a", "second"), desk.give("b", "third")
    assert second.cancel()
    assert not first.cancel()
    desk.finish("first", "second", "third")
    assert (first.result(WAIT), third.result(WAIT)) == ("first", "third")
    assert "second" not in desk.begun


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_an_error_is_its_owners_and_nobody_elses(error: type[BaseException]) -> None:
    executor = FairExecutor(1, "test")

    def fail() -> None:
        raise error("broken")

    failing: Callable[[], None] = fail
    first = executor.submit("a", failing)
    with pytest.raises(error, match="broken"):
        first.result(WAIT)
    assert executor.submit("a", lambda: 3).result(WAIT) == 3
