"""Threads that serve owners in turn, so that one with much to do does not keep others waiting."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Item:
    work: Callable[[], Any]
    heavy: bool
    future: "Future[Any]"


class FairExecutor:
    """At most ``at_once`` pieces of work at a time, of one owner one, and of heavy ones one.

    Owners who wait are served in turn, and each owner's work in the order it came. Heavy work is
    passed over while other heavy work is being done.
    """

    def __init__(self, at_once: int, name: str) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, deque[_Item]] = {}
        self._busy: set[Hashable] = set()
        self._heavy = False
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=name)

    def submit(self, owner: Hashable, work: Callable[[], T], *, heavy: bool = False) -> "Future[T]":
        """Have something done; the future can be cancelled until it is begun."""
        future: Future[T] = Future()
        with self._lock:
            self._waiting.setdefault(owner, deque()).append(_Item(work, heavy, future))
        self._threads.submit(self._turn)
        return future

    def _turn(self) -> None:
        with self._lock:
            taken = self._take()
            more = bool(self._waiting)
        if taken is None:  # whoever finishes looks again
            return
        if more:
            self._look_again()
        owner, item = taken
        try:
            _do(item)
        finally:
            with self._lock:
                self._busy.discard(owner)
                self._heavy = self._heavy and not item.heavy
                more = bool(self._waiting)
            if more:
                self._look_again()

    def _look_again(self) -> None:
        with suppress(RuntimeError):  # the interpreter is ending
            self._threads.submit(self._turn)

    def _take(self) -> tuple[Hashable, _Item] | None:
        for owner, items in self._waiting.items():
            if owner in self._busy or (items[0].heavy and self._heavy):
                continue
            item = items.popleft()
            del self._waiting[owner]
            if items:
                self._waiting[owner] = items  # at the end of the line
            self._busy.add(owner)
            self._heavy = self._heavy or item.heavy
            return owner, item
        return None


def _do(item: _Item) -> None:
    if not item.future.set_running_or_notify_cancel():
        return
    try:
        result = item.work()
    except BaseException as error:
        item.future.set_exception(error)
    else:
        item.future.set_result(result)
