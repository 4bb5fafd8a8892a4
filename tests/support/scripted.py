"""A provider whose answers a test writes down beforehand, and an adapter that records.

Both are ordinary plug-ins of the ports; the provider is chosen by its module name.
"""

import asyncio
import io
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

from PIL import Image

from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import NEWEST
from bot.domain.requests import Address, Attachment
from bot.ports import Receive
from bot.settings import Settings
from messages import Cost, Message, Step

NAME = "tests.support.scripted"


def png(color: str = "orange", size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


class Scripted:
    """Answers ``submit`` and ``collect`` from two lists; without one it makes a picture at once."""

    name = NAME
    title = "Scripted"
    paid_in: PaidIn = "submit"

    def __init__(self) -> None:
        self.submitted: list[Request] = []
        self.collected: list[tuple[Ticket, Request]] = []
        self.tickets: deque[Ticket | Failure | Exception] = deque()
        self.outcomes: deque[Pictures | Failure | Exception | asyncio.Event] = deque()
        self.offered: tuple[Model, ...] = tuple(
            replace(model, seconds=(1, 2), progress_every=1) for model in NEWEST
        )

    async def models(self) -> Sequence[Model]:
        return self.offered

    async def submit(self, request: Request) -> Ticket | Failure:
        self.submitted.append(request)
        answer = (
            self.tickets.popleft()
            if self.tickets
            else Ticket(f"ticket-{len(self.submitted)}", Cost(6, "points"))
        )
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        self.collected.append((ticket, request))
        outcome = self.outcomes.popleft() if self.outcomes else None
        yield Progress()
        if isinstance(outcome, asyncio.Event):
            await outcome.wait()
            outcome = None
        if isinstance(outcome, Exception):
            raise outcome
        yield outcome or Pictures(tuple(png() for _ in range(request.count)), Cost(5, "points"))

    async def check(self) -> Failure | None:
        return None

    async def close(self) -> None:
        return


provider = Scripted()


def create(settings: Settings) -> Scripted:
    return provider


class Recorder:
    """An adapter that keeps what it was told to show."""

    platform = "test"

    def __init__(self) -> None:
        self.shown: list[Message] = []
        self.closed = False
        self.removed: list[Address] = []
        self.errors: deque[Exception] = deque()
        self.attachments: dict[str, bytes] = {}
        self._news = asyncio.Condition()

    async def listen(self, receive: Receive) -> None:
        await asyncio.Event().wait()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        if self.errors:
            raise self.errors.popleft()
        async with self._news:
            self.shown.append(message)
            self._news.notify_all()
        return replace(address, message=f"message-{message.job_id}")

    async def read(self, attachment: Attachment) -> bytes | Failure:
        assert attachment.data is not None
        return self.attachments.get(str(attachment.data["key"]), Failure(Reason.REFERENCE_MISSING))

    async def close(self) -> None:
        self.closed = True

    async def remove(self, address: Address) -> None:
        self.removed.append(address)

    async def until(self, condition: Callable[[list[Message]], object]) -> list[Message]:
        """Wait until ``condition`` of everything shown so far is true."""
        async with self._news, asyncio.timeout(120):
            await self._news.wait_for(lambda: condition(self.shown))
        return self.shown

    async def final(self, job_id: str) -> Message:
        """The last message of a job."""

        def last(shown: list[Message]) -> list[Message]:
            return [m for m in shown if m.job_id == job_id and m.status.final]

        return last(await self.until(last))[-1]

    def steps(self, job_id: str) -> list[Step]:
        """The steps that were shown for a job, repetitions left out."""
        steps: list[Step] = []
        for message in self.shown:
            if message.job_id == job_id and steps[-1:] != [message.step]:
                steps.append(message.step)
        return steps
