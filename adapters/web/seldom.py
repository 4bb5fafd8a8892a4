"""What strangers can cause as often as they like is logged once in a while, with a count."""

import time
from collections.abc import Callable

import structlog

MINUTE = 60.0


class Seldom:
    """Logs the first event of a name, and again after ``every`` seconds if there were more.

    Names come from the program, never from a request: there are few of them.
    """

    def __init__(
        self,
        log: structlog.stdlib.BoundLogger,
        level: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        every: float = MINUTE,
    ) -> None:
        self._log = log
        self._level = level
        self._clock = clock
        self._every = every
        self._said: dict[str, float] = {}
        self._more: dict[str, int] = {}

    def __call__(self, event: str, *, about: str = "", **facts: object) -> None:
        """Say it, or count it. ``about`` tells apart events of one name, such as a route."""
        name, now = f"{event} {about}", self._clock()
        if now - self._said.get(name, now - self._every) < self._every:
            self._more[name] = self._more.get(name, 0) + 1
            return
        self._said[name] = now
        if about:
            facts["about"] = about
        if more := self._more.pop(name, 0):
            facts["not_logged"] = more
        getattr(self._log, self._level)(event, **facts)
