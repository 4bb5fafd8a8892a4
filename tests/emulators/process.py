"""Starting an emulator in a process of its own, and steering it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parents[2]


class Remote:
    """An emulator in another process; ``url`` is what the program under test is pointed at.

    Each question has a connection of its own, unless there is a ``session`` for all.
    """

    def __init__(self, url: str, session: aiohttp.ClientSession | None = None) -> None:
        self.url = url
        self._session = session

    def over(self, session: aiohttp.ClientSession) -> "Remote":
        """The same emulator, for whoever asks very often."""
        return Remote(self.url, session)

    async def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The requests so far, or those whose path contains ``path``."""
        return [request for request in await self.ask("requests") if path in request["path"]]

    async def paid(self) -> list[dict[str, Any]]:
        """The calls that were paid for, as the service counts them."""
        return list(await self.ask("paid"))

    async def fault(self, *faults: dict[str, Any]) -> None:
        """Script faults; see :mod:`tests.emulators.emulator`."""
        await self.ask("faults", list(faults))

    async def set(self, **settings: Any) -> None:
        """Change settings of the emulator's own."""
        await self.ask("set", settings)

    async def forget(self) -> None:
        """Forget requests, faults, what was paid for, and settings that do not stand."""
        await self.ask("forget", {})

    async def ask(self, name: str, body: Any = None) -> Any:
        """The JSON that ``/_ctl/NAME`` answers: of a GET, or of a POST with ``body``; a refusal
        fails with its words."""
        status, answer = await self._asked(name, body)
        assert status == 200, f"/_ctl/{name}: {answer}"
        return answer

    async def attempt(self, name: str, body: Any = None) -> Any:
        """The same for what may have become impossible a moment ago: then ``None``."""
        status, answer = await self._asked(name, body)
        return answer if status == 200 else None

    async def _asked(self, name: str, body: Any) -> tuple[int, Any]:
        method, url = "GET" if body is None else "POST", f"{self.url}/_ctl/{name}"
        async with (
            nullcontext(self._session) if self._session else aiohttp.ClientSession() as session,
            session.request(method, url, json=body) as response,
        ):
            return response.status, await response.json()


Shared = Callable[..., Remote]
"""The emulator of a name, with settings that stand, which others use too: see :func:`launch`."""


@contextmanager
def launch(name: str, **standing: Any) -> Iterator[Remote]:
    """Run ``tests.emulators.NAME`` until the block ends; share it, and ``forget`` between tests.

    ``standing`` are settings that hold until they are set otherwise, and again after ``forget``.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.emulators.{name}", json.dumps(standing)],
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
