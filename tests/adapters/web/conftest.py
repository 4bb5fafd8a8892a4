"""The real bot with its demo provider, served on a real socket, and clients that ask it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web.server import Web
from adapters.web.settings import WebSettings
from bot.app import App
from bot.settings import Settings
from tests.support.ports import free_port

FINAL = ("succeeded", "failed", "cancelled")


@dataclass
class Client:
    """Somebody with a cookie jar: a browser, or a program that keeps its cookie."""

    session: aiohttp.ClientSession
    url: str

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.session.request(method, self.url + path, **more) as response:
            if response.content_type != "application/json":
                return response.status, await response.read()
            return response.status, await response.json()

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        return await self.call("GET", path, **more)

    async def post(self, path: str, json: Any = None, **more: Any) -> tuple[int, Any]:
        return await self.call("POST", path, json=json, **more)

    async def ask(self, text: str = "a lighthouse", **more: Any) -> str:
        """Ask for a picture; its job's id."""
        status, answer = await self.post("/api/requests", {"text": text, **more})
        assert status == 202, answer
        assert list(answer) == ["job_id"]
        return str(answer["job_id"])

    async def end_of(self, job_id: str) -> dict[str, Any]:
        """The job once nothing changes any more; the event stream says when."""
        async with self.session.get(f"{self.url}/api/jobs/{job_id}/events") as response:
            assert response.status == 200
            await response.read()
        _, job = await self.get(f"/api/jobs/{job_id}")
        assert job["status"] in FINAL
        return dict(job)

    async def draw(self, text: str = "a lighthouse", **more: Any) -> dict[str, Any]:
        return await self.end_of(await self.ask(text, **more))


@dataclass
class Site:
    """A running bot and its address."""

    app: App
    url: str
    task: asyncio.Task[None]
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    def client(self, **more: Any) -> Client:
        """A new person."""
        jar = aiohttp.CookieJar(unsafe=True)  # the host is an IP address
        session = aiohttp.ClientSession(cookie_jar=jar, **more)
        self.sessions.append(session)
        return Client(session, self.url)

    async def stop(self) -> None:
        for session in self.sessions:
            await session.close()
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.app.close()


PROXIES = "web_trusted_proxies"
Serve = Callable[..., Awaitable[Site]]


@pytest.fixture
async def serve(tmp_path: Path, settled: Path) -> AsyncIterator[Serve]:
    """Start a bot; called again it starts another one on the same data, as after a restart."""
    sites: list[Site] = []
    shutil.copytree(settled, tmp_path / "data")

    async def begin(**changes: Any) -> Site:
        while sites:
            await sites.pop().stop()
        options = {"provider": "demo", "demo_seconds": 0, "web_port": free_port(), **changes}
        page = {key: options[key] for key in options if key.startswith("web_")}
        core = {key: options[key] for key in options if key not in ("web_password", PROXIES)}
        app = App(Settings(data_dir=tmp_path / "data", **core))
        adapter = Web(app.bot, WebSettings(**page))
        app.adapters = [adapter]
        await app.start()
        task = asyncio.create_task(adapter.listen(app.engine.receive))
        site = Site(app, f"http://127.0.0.1:{app.settings.web_port}", task)
        sites.append(site)
        await _queries(site)
        return site

    yield begin
    while sites:
        await sites.pop().stop()


@pytest.fixture
async def site(serve: Serve) -> Site:
    return await serve()


@pytest.fixture
async def client(site: Site) -> Client:
    return site.client()


async def _queries(site: Site) -> None:
    for _ in range(6000):
        if site.task.done():
            site.task.result()
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", site.app.settings.web_port)
            writer.close()
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("the server does not answer")
