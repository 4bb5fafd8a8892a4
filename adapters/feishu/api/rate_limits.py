"""Staying below Feishu's rates: so many calls in any second, by chat, by message and by API.

https://open.feishu.cn/document/server-docs/im-v1/message/create: five messages a second into one
chat, shared by all bots in it; https://open.feishu.cn/document/server-docs/im-v1/message-card/patch:
five updates a second of one message; 50 calls a second and 1,000 a minute of one API:
https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable

PER_CHAT, PER_MESSAGE, PER_API = (1, 0.25), (1, 0.25), (45, 1.0)
"""Calls and seconds: below Feishu's own numbers, as calls may arrive closer together than sent.
One every quarter of a second stays below five a second even if each is up to that much late."""

PER_API_MINUTE = (950, 60.0)

_RESOLUTION = 0.002
"""Seconds by which a timer may fire early."""

KEPT = 2048
"""Chats and messages that are remembered at the same time."""


class Window:
    """At most ``most`` turns in any ``seconds``, first come, first served."""

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._turns: deque[float] = deque()
        self._queue = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for a turn and take it."""
        async with self._queue:
            await asyncio.sleep(self._wait())
            self._turns.append(self._clock())

    def take(self) -> bool:
        """Take a turn if it can be had at once; says whether it was."""
        if not self.free:
            return False
        self._turns.append(self._clock())
        return True

    @property
    def free(self) -> bool:
        """Whether a turn can be had at once."""
        return not self._queue.locked() and self._wait() == 0

    @property
    def idle(self) -> bool:
        """Whether forgetting this window makes no difference."""
        return not self._queue.locked() and (
            not self._turns or self._clock() - self._turns[-1] > self._seconds
        )

    def _wait(self) -> float:
        """Seconds until the next turn; 0 when there is one now."""
        now = self._clock()
        while self._turns and now - self._turns[0] >= self._seconds:
            self._turns.popleft()
        if len(self._turns) < self._most:
            return 0.0
        return max(0.0, self._turns[-self._most] + self._seconds - now) + _RESOLUTION


class RateLimits:
    """The windows of one app, by what they are for."""

    def __init__(self) -> None:
        self._windows: OrderedDict[tuple[str, str], tuple[Window, ...]] = OrderedDict()

    async def api(self, name: str) -> None:
        """Wait until that API may be called."""
        for window in self._api(name):
            await window.turn()

    async def chat(self, receiver: str) -> None:
        """Wait until a message may be sent into that chat."""
        for window in self._of("chat", receiver, PER_CHAT):
            await window.turn()

    async def message(self, message: str) -> None:
        """Wait until that message may be changed."""
        for window in self._of("message", message, PER_MESSAGE):
            await window.turn()

    def spare(self, message: str, api: str) -> bool:
        """Take a turn to change that message, if nobody has to wait for it; else leave it out."""
        free = all(window.free for window in self._api(api))
        return free and all(window.take() for window in self._of("message", message, PER_MESSAGE))

    def _api(self, name: str) -> tuple[Window, ...]:
        return self._of("api", name, PER_API, PER_API_MINUTE)

    def _of(self, kind: str, key: str, *rates: tuple[int, float]) -> tuple[Window, ...]:
        found = self._windows.pop((kind, key), None) or tuple(Window(*rate) for rate in rates)
        self._windows[kind, key] = found
        if len(self._windows) > KEPT:
            self._forget()
        return found

    def _forget(self) -> None:
        """Forget the one that was longest not used, unless that would matter."""
        oldest = next(iter(self._windows))
        windows = self._windows.pop(oldest)
        if not all(window.idle for window in windows):
            self._windows[oldest] = windows
