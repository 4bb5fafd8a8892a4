"""The emulators run once for all tests of a file, which names the one it wants with EMULATOR."""

from collections.abc import Iterator

import pytest

from tests.emulators.process import Remote, launch


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Remote]:
    """A running emulator."""
    with launch(request.module.EMULATOR) as remote:
        yield remote


@pytest.fixture
async def emulator(server: Remote) -> Remote:
    """The emulator, which has forgotten everything."""
    await server.forget()
    return server
