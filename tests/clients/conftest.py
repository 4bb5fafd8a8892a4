"""The emulators run once for all tests of a file, which names the one it wants with EMULATOR."""

import pytest

from tests.emulators.process import Remote, Shared


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, emulator_of: Shared) -> Remote:
    """A running emulator."""
    return emulator_of(request.module.EMULATOR)


@pytest.fixture
async def emulator(server: Remote) -> Remote:
    """The emulator, which has forgotten everything."""
    await server.forget()
    return server
