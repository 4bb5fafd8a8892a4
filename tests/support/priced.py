"""A provider that answers at once, with pictures as large as the models' own, and with prices."""

import asyncio
import io
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import TypeAlias

from PIL import Image, ImageColor

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.generation import Pictures, Progress, Request, Ticket
from bot.domain.image_models import NEWEST
from bot.providers.demo.drawing import dimensions
from messages import Cost
from tests.support.scripted import Scripted

Paint: TypeAlias = Callable[[Request, int], bytes]
"""Makes the picture of that number, from 1, of a request."""

PRICES = {"default": (0.04, 0.06, 0.1), "premium": (0.13, 0.13, 0.24)}
"""In dollars, of 1K, 2K and 4K, by the role of a model; any other has one price for all."""

_COLOURS = ("steelblue", "goldenrod", "seagreen", "indianred")


def plain(request: Request, number: int) -> bytes:
    """A picture of one colour, of the size that was asked for."""
    size = dimensions(request.size or "1K", request.aspect_ratio or "1:1")
    colour = ImageColor.getrgb(_COLOURS[number % len(_COLOURS)])
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def shaped(request: Request, number: int) -> bytes:
    """A plain picture; a change has the shape of what it is made from, as models give it."""
    if request.references and request.aspect_ratio is None:
        with Image.open(io.BytesIO(request.references[0].data)) as source:
            file = io.BytesIO()
            Image.new("RGB", source.size, "darkorange").save(file, "PNG")
            return file.getvalue()
    return plain(request, number)


def priced(model: Model) -> Model:
    """The model with the prices of its role."""
    prices = zip(("1K", "2K", "4K"), PRICES.get(model.role, (0.02,)), strict=False)
    return replace(model, costs=tuple((size, Cost(price, "USD")) for size, price in prices))


class Priced(Scripted):
    """As :class:`Scripted`, for people to look at what is said of its pictures."""

    def __init__(self, paint: Paint = shaped) -> None:
        super().__init__()
        self.offered: tuple[Model, ...] = tuple(map(priced, NEWEST))
        self._paint = paint

    async def submit(self, request: Request) -> Ticket | Failure:
        if not self.tickets:
            self.tickets.append(Ticket(request.key, self._cost(request)))
        return await super().submit(request)

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        # Collecting knows nothing of what was sent to work from.
        request = next(one for one in self.submitted if one.key == request.key)
        async for sign in super().collect(ticket, request):
            if not isinstance(sign, Pictures):
                yield sign
                continue
            numbers = range(1, request.count + 1)
            made = [await asyncio.to_thread(self._paint, request, number) for number in numbers]
            yield Pictures(tuple(made), self._cost(request))

    def _cost(self, request: Request) -> Cost | None:
        model = catalog.find(request.model, self.offered)
        return catalog.price(model, request.size, request.count) if model else None
