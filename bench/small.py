"""The demo provider with its smallest pictures, so that drawing is not what is measured."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.catalog import Model
from bot.providers.demo import Demo
from bot.settings import Settings
from tests.support.model_ids import old_flash


class Small(Demo):
    """Draws without waiting, in the smallest size."""

    async def models(self) -> Sequence[Model]:
        assert old_flash is not None
        return [replace(old_flash, seconds=(1, 1), progress_every=1)]


def create(settings: Settings) -> Small:
    """A provider for ``PROVIDER=bench.small``."""
    return Small(settings.demo_seconds)
