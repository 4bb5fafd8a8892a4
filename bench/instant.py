"""A provider that gives one small picture at once: ``PROVIDER=bench.instant``."""

import io
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from PIL import Image

from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.image_models import NEWEST
from bot.settings import Settings


class Instant:
    """The picture is made once, when it is created."""

    name = "bench.instant"
    title = "Instant"
    paid_in: PaidIn = "submit"

    def __init__(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (32, 32), "orange").save(file, "PNG")
        self._picture = file.getvalue()

    async def models(self) -> Sequence[Model]:
        return tuple(replace(model, seconds=(1, 2)) for model in NEWEST)

    async def submit(self, request: Request) -> Ticket | Failure:
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
