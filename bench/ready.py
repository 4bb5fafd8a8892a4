"""A provider that gives one picture at once, as the demo draws it: ``PROVIDER=bench.ready``."""

from collections.abc import Sequence

from bench import load
from bench.instant import Instant
from bot.domain.catalog import Model
from bot.domain.generation import Pictures, Request
from bot.providers.demo import Demo
from bot.settings import Settings
from tests.support.model_ids import FLASH


class Ready(Instant):
    """The picture is drawn before anybody asks for one."""

    name = "bench.ready"
    title = "Ready"

    def __init__(self) -> None:
        super().__init__()
        self._is_drawn = False

    async def models(self) -> Sequence[Model]:
        if not self._is_drawn:
            self._picture, self._is_drawn = await drawn(), True
        return await super().models()


async def drawn() -> bytes:
    """A picture of the demo."""
    demo = Demo(0)
    request = Request("bench", "a lighthouse at dusk", FLASH, load.SIZE)
    ticket = await demo.submit(request)
    items = [sign async for sign in demo.collect(ticket, request)]  # type: ignore[arg-type]
    await demo.close()
    assert isinstance(items[-1], Pictures)
    return items[-1].items[0]


def create(settings: Settings) -> Ready:
    """The provider."""
    return Ready()
