"""Starting an emulator in a process of its own, and steering it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parents[2]


class Remote:
    """An emulator in another process; ``url`` is what the program under test is pointed at."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The requests so far, or those whose path contains ``path``."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/_ctl/requests") as response,
        ):
            return [request for request in await response.json() if path in request["path"]]

    async def fault(self, *faults: dict[str, Any]) -> None:
        """Script faults; see :mod:`tests.emulators.emulator`."""
        await self._control("faults", list(faults))

    async def set(self, **settings: Any) -> None:
        """Change settings of the emulator's own."""
        await self._control("set", settings)

    async def forget(self) -> None:
        """Forget requests, faults and settings."""
        await self._control("forget", {})

    async def ask(self, name: str, body: Any = None) -> Any:
        """The JSON that ``/_ctl/NAME`` answers: of a GET, or of a POST with ``body``; a refusal
        fails with its words."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                "GET" if body is None else "POST", f"{self.url}/_ctl/{name}", json=body
            ) as response,
        ):
            answer = await response.json()
            assert response.status == 200, f"/_ctl/{name}: {answer}"
            return answer

    async def _control(self, name: str, body: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_ctl/{name}", json=body) as response,
        ):
            response.raise_for_status()


@contextmanager
def launch(name: str) -> Iterator[Remote]:
    """Run ``tests.emulators.NAME`` until the block ends; share it, and ``forget`` between tests."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.emulators.{name}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield Remote(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.kill()
        process.communicate()
