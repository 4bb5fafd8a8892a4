"""What lives long is no work for the garbage collector, and is released all the same."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from bot.runtime import garbage
from bot.runtime.garbage import THRESHOLDS, Garbage


class Node:
    """Something that may be part of a cycle."""

    def __init__(self) -> None:
        self.other: Node | None = None


def cycle() -> Node:
    """Two that refer to each other."""
    one, other = Node(), Node()
    one.other, other.other = other, one
    return one


@pytest.fixture
def collector() -> Iterator[Garbage]:
    usual = gc.get_threshold()
    made = Garbage()
    made.start()
    yield made
    made.stop()
    assert gc.get_threshold() == usual


def test_what_is_loaded_is_frozen_and_full_collections_come_sooner(collector: Garbage) -> None:
    assert gc.get_freeze_count() > 1000
    assert gc.isenabled()
    assert gc.get_threshold() == THRESHOLDS


def test_after_a_long_collection_no_other_looks_at_what_has_survived(
    collector: Garbage, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [Node() for _ in range(10_000)]
    before = gc.get_freeze_count()
    gc.collect()
    assert gc.get_freeze_count() <= before  # it was short
    monkeypatch.setattr(garbage, "LONG_SECONDS", 0.0)
    gc.collect()
    assert gc.get_freeze_count() > before + len(waiting)
    assert len(gc.get_objects()) < len(waiting)


def test_what_was_frozen_is_released_without_a_collection(
    collector: Garbage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "LONG_SECONDS", 0.0)
    one, pair = Node(), cycle()
    seen, seen_too = weakref.ref(one), weakref.ref(pair)
    gc.collect()
    del one, pair
    assert seen() is None
    gc.collect()
    assert seen_too() is not None  # a cycle that was frozen alive
    collector.thaw()
    assert seen_too() is None
    pair = cycle()
    seen_too = weakref.ref(pair)
    del pair
    collector.thaw()  # nothing was frozen since
    assert seen_too() is not None


def test_there_is_nothing_to_thaw_where_nothing_was_frozen(collector: Garbage) -> None:
    pair = cycle()
    seen = weakref.ref(pair)
    del pair
    collector.thaw()
    assert seen() is not None
    gc.collect()
    assert seen() is None


def test_at_the_end_python_collects_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Garbage()
    collector.start()
    collector.stop()
    collector.stop()
    before = gc.get_freeze_count()
    monkeypatch.setattr(garbage, "LONG_SECONDS", 0.0)
    waiting = [Node() for _ in range(10_000)]
    gc.collect()
    assert gc.get_freeze_count() < before + len(waiting)
