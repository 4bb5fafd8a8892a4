"""A second scripted provider, to fall back on. It offers one model of its own."""

from bot.domain.catalog import Model
from bot.settings import Settings
from tests.support.scripted import Scripted

NAME = "tests.support.fallback_provider"
MODEL = Model("other-1", "Other One", ("1K",), ("1:1", "16:9"), 4, (2, 3), 1)


class Other(Scripted):
    name = "other"
    title = "Other"

    def __init__(self) -> None:
        super().__init__()
        self.offered = (MODEL,)


provider = Other()


def create(settings: Settings) -> Other:
    return provider
