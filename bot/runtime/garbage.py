"""The garbage collector has little to look at, so that it never keeps the event loop for long.

A full collection looks at everything that may be part of a cycle: some 190 objects of each job that
waits for its provider, which with thousands of them takes the better part of a second. What is
there after a collection that took long is frozen: no collection looks at it again, and it is
released as ever when nothing refers to it any more. Only a cycle that was frozen alive stays; so
what is frozen is looked at once more when little waits.
"""

import gc
import time

LONG_SECONDS = 0.02
"""Processor seconds of a full collection after which everything is frozen. That of a bot for which
little waits takes some 10 ms."""

THRESHOLDS = (2000, 5, 2)
"""A full collection begins with some 36,000 objects more, and not with twice as many as in Python's
own setting: in a rush it finds only as many new ones. Young ones are looked at more seldom than
there, which is 6 % of what a picture costs."""


class Garbage:
    """The collector of this process, between :meth:`start` and :meth:`stop`."""

    def __init__(self) -> None:
        self._began = 0.0
        self._has_frozen = False
        self._usual = gc.get_threshold()

    def start(self) -> None:
        """Freeze what is loaded by now; from now on collections happen by themselves."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        gc.callbacks.append(self._hear)
        gc.enable()

    def stop(self) -> None:
        """Leave everything to Python again."""
        if self._hear in gc.callbacks:
            gc.callbacks.remove(self._hear)
            gc.set_threshold(*self._usual)

    def thaw(self) -> None:
        """Look for garbage among what was frozen since the start, if anything was.

        It takes as long as a full collection did before: to be called when little is alive.
        """
        if self._has_frozen:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._has_frozen = False

    def _hear(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
        elif info["generation"] == 2 and time.thread_time() - self._began > LONG_SECONDS:
            gc.freeze()
            self._has_frozen = True
