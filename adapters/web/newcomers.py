"""How many new people may come from one address.

Whoever has no cookie becomes a new person, with a queue of their own. A program that keeps no
cookie would be as many people as it makes requests.
"""

import time
from collections.abc import Callable

from cachetools import FIFOCache

from adapters.web.errors import RefusedRequest

AT_ONCE = 20
"""New people from one address, before they have to come one after the other."""

EVERY = 3.0
"""Seconds after which there may be one more."""

ADDRESSES = 4096
"""Addresses that are remembered; behind a proxy that is not configured all people have one."""


class Newcomers:
    """Counts the new people of each address. Times are monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: FIFOCache[str, float] = FIFOCache(ADDRESSES)

    def admit(self, address: str) -> None:
        """Let a new person in.

        A bucket of :data:`AT_ONCE` that one leaves every :data:`EVERY` seconds, kept as the time
        at which it will be empty (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).

        Raises:
            RefusedRequest: 429, when too many came from there.
        """
        now = self._clock()
        due = max(now, self._due.get(address, now)) + EVERY
        wait = due - now - AT_ONCE * EVERY
        self._due[address] = due if wait <= 0 else due - EVERY
        if wait > 0:
            raise RefusedRequest(429, "too_many_visitors", retry_after=wait)
