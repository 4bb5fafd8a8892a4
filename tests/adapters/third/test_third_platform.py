"""A platform that nobody here has heard of is one folder, put into ``BOT_ADAPTERS``.

The adapter is copied to a folder outside the tree; the real program runs it, beside a server that
stands for the platform.
"""

import ast
import asyncio
import base64
import io
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from tests.support.program import ROOT, Program

SOURCE = Path(__file__).with_name("echoes.py")
MOST_LINES = 150
DOORS = ("bot.ports", "bot.domain", "bot.chat", "messages")


class Platform:
    """Keeps what people have said until it was dealt with, and the messages of the bot."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        self._number = 0
        app = web.Application(client_max_size=2**25)
        app.router.add_get("/events", self._waiting)
        app.router.add_delete("/events/{id}", self._done)
        app.router.add_post("/messages", self._post)
        app.router.add_put("/messages/{id}", self._edit)
        app.router.add_delete("/messages/{id}", self._remove)
        self.runner = web.AppRunner(app)

    async def start(self) -> str:
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        host, port = self.runner.addresses[0][:2]
        return f"http://{host}:{port}"

    def say(self, person: str, chat: str = "lobby", **more: Any) -> str:
        self._number += 1
        event = f"e{self._number}"
        self.events[event] = {"id": event, "person": person, "chat": chat, **more}
        return event

    async def answer(self, event: str) -> str:
        """What was said to an event that is no picture."""
        return str((await self.until(lambda: self._keyed(event)))["text"])

    async def picture(self, count: int) -> tuple[str, dict[str, Any]]:
        """The newest message once there are so many with a picture, and its id."""

        def found() -> tuple[str, dict[str, Any]] | None:
            made = [(n, m) for n, m in self.messages.items() if m.get("pictures")]
            return made[-1] if len(made) == count else None

        return await self.until(found)

    async def until(self, found: Callable[[], Any]) -> Any:
        async with asyncio.timeout(60):
            while (result := found()) is None:
                await asyncio.sleep(0.05)
        return result

    def _keyed(self, key: str) -> dict[str, Any] | None:
        return self.messages[self.keys[key]] if key in self.keys else None

    async def _waiting(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self.events.values()))

    async def _done(self, request: web.Request) -> web.Response:
        self.events.pop(request.match_info["id"], None)
        return web.json_response({})

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.json()
        number = self.keys.setdefault(body["key"], f"m{len(self.keys)}")
        self.messages[number] = body
        return web.json_response({"id": number})

    async def _edit(self, request: web.Request) -> web.Response:
        self.messages[request.match_info["id"]] |= await request.json()
        return web.json_response({})

    async def _remove(self, request: web.Request) -> web.Response:
        self.messages.pop(request.match_info["id"], None)
        return web.json_response({})


@pytest.fixture
async def platform() -> AsyncIterator[tuple[Platform, str]]:
    made = Platform()
    yield made, await made.start()
    await made.runner.cleanup()


@pytest.fixture
async def program(tmp_path: Path, platform: tuple[Platform, str]) -> AsyncIterator[Program]:
    """The real program, and the adapter in a folder of its own."""
    plugins = tmp_path / "plugins"
    (plugins / "elsewhere").mkdir(parents=True)
    shutil.copy(SOURCE, plugins / "elsewhere")
    made = Program(
        tmp_path,
        PYTHONPATH=os.pathsep.join((str(ROOT), str(plugins))),
        BOT_ADAPTERS="elsewhere.echoes,web",
        ECHO_URL=platform[1],
        DEMO_SECONDS="0.2",
    )
    await asyncio.to_thread(made.start)
    yield made
    await asyncio.to_thread(made.stop)


def test_the_adapter_is_small_and_knows_the_doors_alone() -> None:
    text = SOURCE.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            ours = node.module.partition(".")[0] in ("bot", "adapters", "messages", "tests")
            assert not ours or node.module.startswith(DOORS), node.module


async def test_a_whole_conversation(platform: tuple[Platform, str], program: Program) -> None:
    echo, _ = platform
    echo.say("ann", text="a lighthouse at dusk")
    first, message = await echo.picture(1)
    assert "Model: Demo drawing, no AI" in message["text"]
    with Image.open(io.BytesIO(base64.b64decode(message["pictures"][0]))) as picture:
        assert picture.size == (1024, 1024)

    echo.say("ann", text="make it warmer", reply_to=first)
    second, message = await echo.picture(2)
    assert second != first
    [image_id] = message["ids"]

    again = next(job for action, _, job in message["buttons"] if action == "again")
    echo.say("ann", action="again", job=again)
    third, _ = await echo.picture(3)

    echo.say("ann", text="always use 2K")
    settings = await echo.answer(echo.say("ann", panel="settings"))
    assert settings.startswith("2K of ")
    history = await echo.answer(echo.say("ann", panel="history", private=True))
    assert history.count("a lighthouse at dusk") == 1
    assert history.count("make it warmer") == 2

    # Somebody else, in the same chat and elsewhere.
    refused = await echo.answer(echo.say("bob", action="delete", job=again))
    assert "lighthouse" not in refused
    assert third in echo.messages
    for wanted, panel in ((image_id, "picture"), (again, "job")):
        for chat in ("lobby", "elsewhere"):
            seen = await echo.answer(echo.say("bob", chat, panel=panel, wanted=wanted))
            assert seen == ("seen" if chat == "lobby" else "not there"), (panel, chat)
    assert await echo.answer(echo.say("bob", panel="history")) == "nothing"

    # What is private is nobody else's wherever they are.
    echo.say("ann", "alone", text="a secret garden", private=True)
    _, message = await echo.picture(4)
    [image_id], job = message["ids"], message["buttons"][0][2]
    for chat in ("lobby", "alone"):
        said = await echo.answer(echo.say("bob", chat, panel="picture", wanted=image_id))
        assert said == "not there"
        assert "garden" not in await echo.answer(echo.say("bob", chat, action="again", job=job))
        assert "garden" not in await echo.answer(echo.say("bob", chat, action="details", job=job))

    # After a crash the same messages are there, and can be answered.
    there = len(echo.messages)
    echo.say("ann", text="demo:seconds 3 a harbour in fog")
    await echo.until(lambda: len(echo.messages) > there or None)
    await asyncio.to_thread(program.stop)
    await asyncio.to_thread(program.start)
    await echo.picture(5)
    echo.say("ann", text="make it colder", reply_to=first)
    await echo.picture(6)
    assert len([m for m in echo.messages.values() if m.get("pictures")]) == 6
