"""What tests of several providers share: the emulators, and providers closed in the end."""

from collections.abc import AsyncIterator

import pytest

from bot.ports import Provider
from tests.emulators.offered import FLASH, PRO
from tests.emulators.process import Remote, Shared


@pytest.fixture(scope="session")
def emulators(emulator_of: Shared) -> dict[str, Remote]:
    """Those of all services, by name."""
    offers = (f"{PRO}-preview", PRO, FLASH)
    offering = ("gemini", "aihubmix", "openrouter")
    found = {name: emulator_of(name, offers=offers) for name in offering}
    return {**found, "ima": emulator_of("ima")}


@pytest.fixture
async def built() -> AsyncIterator[list[Provider]]:
    """To be filled with what a test builds."""
    made: list[Provider] = []
    yield made
    for provider in made:
        await provider.close()
