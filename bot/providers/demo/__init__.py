"""The provider that needs no key: it draws and edits here, and says so on every picture.

It exists so that the whole protocol can be tried at once. A prompt that begins with
``demo:fail REASON`` (a value of :class:`bot.domain.failures.Reason`) fails in that way, one that
begins with ``demo:seconds N`` takes that long, whatever ``DEMO_SECONDS`` says.
"""

import asyncio
import hashlib
import math
import os
import re
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import cast

from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import IMAGE_MODELS, ImageModels, image_models
from bot.settings import Settings
from messages import Cost

FREE = Cost(0, "USD")

WORKERS = 2

_TICK = 0.5
"""Seconds between two signs of life."""

_LONGEST = 600.0
"""Seconds that a prompt can ask for."""

_COMMAND = re.compile(r"\s*demo[:：]\s*(fail|seconds)\s+(\S+)", re.IGNORECASE)

# What a provider finds out before it begins; everything else comes while it draws.
_AT_ONCE = frozenset(
    {
        Reason.UNKNOWN_MODEL,
        Reason.UNSUPPORTED_SIZE,
        Reason.UNSUPPORTED_RATIO,
        Reason.TOO_MANY_REFERENCES,
        Reason.UNAUTHORIZED,
        Reason.OUT_OF_CREDIT,
        Reason.SUBSCRIPTION_REQUIRED,
        Reason.BAD_PARAMETERS,
        Reason.PRICE_MISMATCH,
        Reason.BELOW_MINIMUM_PIXELS,
    }
)

_EXPLANATIONS = {
    Reason.REFUSED: "The demo was asked to refuse, so it does: blocked by the safety filter.",
    Reason.TEXT_INSTEAD: "Here is how I imagine it: a quiet morning. Shall I draw it? (demo)",
}
_RETRY_AFTER = {Reason.RATE_LIMITED: 30.0, Reason.PROVIDER_DOWN: 60.0}


def create(settings: Settings) -> "Demo":
    """The provider, taking ``DEMO_SECONDS`` for a picture."""
    return Demo(settings.demo_seconds, known=image_models(settings.models_file))


@dataclass(frozen=True, slots=True)
class _Order:
    """A prompt without the commands to the demo; ``seconds`` is for all pictures together."""

    prompt: str
    seconds: float | None = None
    failure: Failure | None = None


class Demo:
    """Draws in two workers of its own; ``seconds`` is how long one picture pretends to take.

    The workers are threads, and for large pictures processes, which are started when the first one
    is asked for: beside drawings of 16 megapixels the event loop would have to wait for its turn.
    """

    name = "demo"
    title = "Demo"
    paid_in: PaidIn = ""

    def __init__(
        self,
        seconds: float,
        *,
        known: ImageModels = IMAGE_MODELS,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._known = known
        self._clock = clock
        self._sleep = sleep
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="demo")
        self._apart: ProcessPoolExecutor | None = None

    async def models(self) -> Sequence[Model]:
        seconds = _range(self._seconds)
        offered = self._known.current()
        return [replace(model, seconds=seconds, progress_every=1) for model in offered]

    async def submit(self, request: Request) -> Ticket | Failure:
        order = _read(request.prompt)
        if order.failure and order.failure.reason in _AT_ONCE:
            return order.failure
        seconds = self._seconds * request.count if order.seconds is None else order.seconds
        return Ticket(
            id="demo-" + hashlib.sha256(request.key.encode()).hexdigest()[:12],
            cost=FREE,
            seconds=_range(seconds),
            data={"ready_at": self._clock() + seconds},
        )

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        """Wait until the ticket's moment, which a restart does not move, then draw."""
        left = cast(float, ticket.data["ready_at"]) - self._clock()
        if ticket.seconds:  # a clock that was put back moves it no further away
            left = min(left, ticket.seconds[1])
        while left > 0:
            yield Progress()
            await self._sleep(min(left, _TICK))
            left -= _TICK
        order = _read(request.prompt)
        if order.failure:
            yield order.failure
            return
        loop = asyncio.get_running_loop()
        workers = self._processes() if request.size == "4K" else self._workers
        items = []
        for number in range(request.count):
            yield Progress()
            try:
                made = await loop.run_in_executor(workers, _make, request, order.prompt, number)
            except OSError as error:
                yield Failure(Reason.REFERENCE_UNUSABLE, detail=type(error).__name__)
                return
            except BrokenExecutor as error:  # a worker was killed; the next request gets new ones
                self._apart = None
                yield Failure(Reason.PROVIDER_DOWN, detail=repr(error))
                return
            items.append(made)
        yield Pictures(tuple(items), cost=FREE)

    def _processes(self) -> ProcessPoolExecutor:
        if self._apart is None:
            self._apart = ProcessPoolExecutor(
                WORKERS, mp_context=get_context("spawn"), initializer=_behind
            )
        return self._apart

    async def check(self) -> None:
        """Nothing to ask: it is all here."""

    async def close(self) -> None:
        """Wait for the picture being drawn, drop those that nobody has begun."""
        await asyncio.to_thread(self._workers.shutdown, cancel_futures=True)
        if self._apart is not None:
            await asyncio.to_thread(self._apart.shutdown, cancel_futures=True)


def _behind() -> None:
    """Let a worker process wait behind the bot's own, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)


def _range(seconds: float) -> tuple[int, int]:
    return max(1, round(seconds)), max(1, math.ceil(seconds * 1.5))


def _read(prompt: str) -> _Order:
    order = _Order(prompt)
    while match := _COMMAND.match(order.prompt):
        rest = order.prompt[match.end() :].lstrip()
        if match[1].lower() == "fail":
            order = replace(order, prompt=rest, failure=_failure(match[2]))
        else:
            order = replace(order, prompt=rest, seconds=_duration(match[2]))
    return order


def _failure(name: str) -> Failure:
    reason = next((known for known in Reason if known == name.lower()), Reason.UNKNOWN)
    return Failure(
        reason,
        explanation=_EXPLANATIONS.get(reason),
        detail="asked for in the prompt",
        retry_after=_RETRY_AFTER.get(reason),
        provider_code=f"demo_{reason}",
    )


def _duration(text: str) -> float | None:
    """Seconds, or ``None`` for what is no number of them."""
    if not re.fullmatch(r"\d{1,4}(?:\.\d{1,3})?s?", text, re.ASCII):
        return None
    return min(_LONGEST, float(text.rstrip("s")))


def _make(request: Request, prompt: str, number: int) -> bytes:
    """One encoded picture; runs in a worker."""
    from bot.providers.demo.making import make  # 5 MB that a bot needs from its first picture on

    return make(request, prompt, number)
