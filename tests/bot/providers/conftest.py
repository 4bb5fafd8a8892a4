"""What tests of several providers share: the emulators, and providers closed in the end."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.ports import Provider
from tests.emulators.process import Remote
from tests.support.services import all_emulators


@pytest.fixture(scope="module")
def emulators() -> Iterator[dict[str, Remote]]:
    with all_emulators() as running:
        yield running


@pytest.fixture
async def built() -> AsyncIterator[list[Provider]]:
    """To be filled with what a test builds."""
    made: list[Provider] = []
    yield made
    for provider in made:
        await provider.close()
