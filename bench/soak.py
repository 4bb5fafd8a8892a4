"""What grows with the number of requests: memory, threads, descriptors, tasks, the database.

The bot runs as :mod:`bot.app` builds it, with SQLite; this module is also its provider, which
gives one small picture at once, and its platform, which takes every message. After each thousand
requests the house is kept, with records and pictures past their retention, and everything is
counted. The first thousand, in which caches fill, is the baseline.
"""

import asyncio
import gc
import io
import os
import re
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from bot.app import App
from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.requests import Accepted, Address, Attachment, Incoming
from bot.ports import Receive
from bot.runtime import heap
from bot.settings import Settings
from messages import Message

THOUSANDS = 9
PEOPLE = 50
AT_ONCE = 100
DAY = 24 * 3600.0


class Instant:
    """A provider that gives one small picture at once."""

    name = "bench.soak"
    title = "Instant"
    paid_in: PaidIn = "submit"

    def __init__(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (32, 32), "orange").save(file, "PNG")
        self._picture = file.getvalue()

    async def models(self) -> Sequence[Model]:
        return tuple(replace(model, seconds=(1, 2)) for model in catalog.KNOWN)

    async def submit(self, request: Request) -> Ticket:
        return Ticket(request.key)

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        yield Pictures((self._picture,))

    async def check(self) -> Failure | None:
        return None

    async def close(self) -> None:
        """Nothing to release."""


def create(settings: Settings) -> Instant:
    """The provider."""
    return Instant()


class Wall:
    """A platform that takes every message; ``told`` is given the ids of jobs that have ended."""

    platform = "wall"

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    async def listen(self, receive: Receive) -> None:
        await asyncio.Event().wait()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        if message.status.final:
            self.told.put_nowait(message.job_id)
        return replace(address, message=message.job_id)

    async def remove(self, address: Address) -> None:
        """What is on the wall stays."""

    async def read(self, attachment: Attachment) -> None:
        return None

    async def close(self) -> None:
        """Nothing to release."""


@dataclass(frozen=True, slots=True)
class Count:
    """What there is after so many requests; memory and database in bytes."""

    requests: int
    resident: int
    threads: int
    descriptors: int
    tasks: int
    database: int
    seconds: float


async def measure() -> list[Count]:
    """Ask by the hundred, and count after each thousand."""
    with tempfile.TemporaryDirectory(prefix="banana-soak-") as folder:
        settings = Settings(data_dir=Path(folder), provider="bench.soak", media_retention_days=1)
        app, wall = App(settings), Wall()
        app.adapters = [wall]
        await app.start()
        counts = []
        for thousand in range(THOUSANDS):
            began = time.monotonic()
            for hundred in range(1000 // AT_ONCE):
                await _ask(app, wall, thousand * 1000 + hundred * AT_ONCE)
            counts.append(await _count(app, thousand + 1, time.monotonic() - began))
        await app.close()
    return counts


async def _ask(app: App, wall: Wall, first: int) -> None:
    ended = set()
    for number in range(first, first + AT_ONCE):
        person = f"p{number % PEOPLE}"
        answer = await app.engine.receive(
            Incoming(
                platform="wall",
                event_id=str(number),
                requester=person,
                conversation=person,
                address=Address("wall"),
                text="a lighthouse",
                action=Action.DRAW,
            )
        )
        assert isinstance(answer, Accepted), answer
    while len(ended) < AT_ONCE:
        ended.add(await wall.told.get())


async def _count(app: App, thousand: int, seconds: float) -> Count:
    await app.engine._supervisor.look()
    now = app.clock
    app.clock = lambda: time.time() + 30 * DAY
    await app.keep_house()
    app.clock = now
    return _figures(app, thousand, seconds)


def _figures(app: App, thousand: int, seconds: float) -> Count:
    gc.collect()
    heap.trim()
    status = Path("/proc/self/status").read_text()
    resident = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert resident is not None
    database = Path(app.settings.data_dir)
    return Count(
        requests=thousand * 1000,
        resident=int(resident[1]) * 1024,
        threads=threading.active_count(),
        descriptors=len(os.listdir("/proc/self/fd")),
        tasks=len(asyncio.all_tasks()),
        database=sum(path.stat().st_size for path in database.glob("*.sqlite3")),
        seconds=seconds,
    )


def table(counts: list[Count]) -> str:
    """The figures as Markdown."""
    rows = [
        "| requests | resident | threads | descriptors | tasks | database | a request |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for count in counts:
        rows.append(
            f"| {count.requests} | {count.resident / 1e6:.1f} MB | {count.threads} "
            f"| {count.descriptors} | {count.tasks} | {count.database / 1e6:.2f} MB "
            f"| {count.seconds:.1f} ms |"
        )
    return "\n".join(rows)
