"""A service that writes down what is paid: one file a fact, so that it outlives every process.

``tests.chaos.ticketed`` and ``tests.chaos.ticketless`` are its two ways. The folder is that of the
environment variable ``CHAOS_FOLDER``; while it holds a file ``provider-away``, nobody answers.
Time is the machine's monotonic clock, which is the same in every process.
"""

import asyncio
import hashlib
import io
import os
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import NEWEST
from messages import Cost

COST = Cost(1, "points")


def folder() -> Path:
    return Path(os.environ["CHAOS_FOLDER"])


def is_away() -> bool:
    return (folder() / "provider-away").exists()


def pay(key: str) -> None:
    """One small file for each time that a request is paid for, also while the disk is full."""
    (folder() / "paid" / f"{key}.{time.monotonic_ns()}").touch()


def seconds(key: str) -> float:
    """How long a request takes: ``CHAOS_SECONDS``, or 0.2 to 3, the same each time."""
    if given := os.environ.get("CHAOS_SECONDS"):
        return float(given)
    return 0.2 + hashlib.sha256(key.encode()).digest()[0] / 255 * 2.8


def picture(key: str, number: int) -> bytes:
    """A picture of 12 KB that follows from the request."""
    noise = hashlib.shake_256(f"{key}{number}".encode()).digest(64 * 64 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (64, 64), noise).save(file, "PNG")
    return file.getvalue()


def pictures(key: str, count: int) -> Pictures:
    return Pictures(tuple(picture(key, number) for number in range(count)), COST)


class Counting:
    """What both ways have in common."""

    title = "Counting"

    async def models(self) -> Sequence[Model]:
        return tuple(replace(m, seconds=(1, 3), progress_every=1) for m in NEWEST)

    async def check(self) -> Failure | None:
        return None

    async def close(self) -> None:
        """Nothing to release."""


class Ticketed(Counting):
    """Paid for in ``submit``; the ticket is the key."""

    name = "tests.chaos.ticketed"
    paid_in: PaidIn = "submit"

    async def submit(self, request: Request) -> Ticket | Failure:
        if is_away():
            return Failure(Reason.PROVIDER_DOWN)
        pay(request.key)
        (folder() / "ready" / request.key).write_text(repr(time.monotonic() + seconds(request.key)))
        await asyncio.sleep(0.1)  # in which it may be killed
        return Ticket(request.key, COST, (1, 3))

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        while True:
            yield Progress()
            ready = float((folder() / "ready" / ticket.id).read_text())
            if not is_away() and time.monotonic() >= ready:
                yield pictures(ticket.id, request.count)
                return
            await asyncio.sleep(0.2)


class Ticketless(Counting):
    """Paid for in one long call."""

    name = "tests.chaos.ticketless"
    paid_in: PaidIn = "collect"

    async def submit(self, request: Request) -> Ticket | Failure:
        return Failure(Reason.PROVIDER_DOWN) if is_away() else Ticket("", COST, (1, 3))

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        if is_away():
            yield Failure(Reason.PROVIDER_DOWN)
            return
        pay(request.key)
        ready = folder() / "ready" / request.key
        ready.write_text(repr(time.monotonic() + seconds(request.key)))
        yield Progress()
        while time.monotonic() < float(ready.read_text()):
            await asyncio.sleep(0.1)
        yield pictures(request.key, request.count)
