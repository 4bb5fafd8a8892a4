"""A provider that takes every order and never delivers: ``PROVIDER=bench.slow``.

``BENCH_LOG`` names a file that is told of each order, and of each process that waits for it: lines
of what was called, the job, the process's id, and seconds since the epoch.
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bench.instant import Instant
from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.generation import Pictures, Progress, Request, Ticket
from bot.domain.image_models import NEWEST
from bot.settings import Settings

LOOK_SECONDS = 5.0
"""Between two looks at an order, as a service is asked that has tickets."""


class Slow(Instant):
    """Waits as long as it is let."""

    name = "bench.slow"
    title = "Slow"

    def __init__(self) -> None:
        super().__init__()
        log = os.environ.get("BENCH_LOG")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._log = os.open(log, flags) if log else None

    async def models(self) -> Sequence[Model]:
        usual = {"seconds": (60, 120), "progress_every": 30}
        return tuple(replace(model, **usual) for model in NEWEST)

    async def submit(self, request: Request) -> Ticket | Failure:
        self._note("submit", request)
        return Ticket(request.key)

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        self._note("collect", request)
        while True:
            yield Progress()
            await asyncio.sleep(LOOK_SECONDS)

    def _note(self, call: str, request: Request) -> None:
        if self._log is not None:
            os.write(self._log, f"{call} {request.key} {os.getpid()} {time.time()}\n".encode())


class Call(NamedTuple):
    """A line of the log."""

    call: str
    job_id: str
    pid: int
    at: float


def calls(log: Path) -> list[Call]:
    """What was called so far."""
    lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return [Call(call, job_id, int(pid), float(at)) for call, job_id, pid, at in lines]


def create(settings: Settings) -> Slow:
    """The provider."""
    return Slow()
