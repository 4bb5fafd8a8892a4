"""The emulator's time and the ids made of it.

https://discord.com/developers/docs/reference#snowflakes: an id is milliseconds since 2015 shifted
by 22 bits; clients compute from it when an interaction expires.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

EPOCH = 1_420_070_400_000


class Clock:
    """Real time plus what tests have added; ids of that time, each once and rising."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._started = time.time()
        self._last = 0

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._started + self._elapsed()

    def snowflake(self) -> int:
        """A new id of now."""
        made = (int(self.now * 1000) - EPOCH) << 22
        self._last = max(made, self._last + 1)
        return self._last

    def reset(self) -> None:
        """The clock may have been moved back; ids start over from now."""
        self._last = 0


def iso(seconds: float) -> str:
    """Seconds since 1970 as Discord writes them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def created(snowflake: int) -> float:
    """When an id was made, in seconds since 1970."""
    return ((snowflake >> 22) + EPOCH) / 1000
