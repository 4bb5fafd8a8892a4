"""The addresses that nobody configures: https://discord.com, its gateway, and its files.

``python -m tests.adapters.discord.test_default_urls`` is the bot with its defaults, but for one
thing: its connections take every host for the port ``EMULATOR_PORT`` of this machine, and trust the
certificate ``EMULATOR_CA``. A wrong address would still be wrong: the certificate is for the right
hosts only.
"""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.discord.settings import DiscordSettings
from bot.settings import Settings
from tests.emulators.process import launch
from tests.support.program import Program

HOSTS = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net")
SECONDS = 120.0


class Everywhere(AbstractResolver):
    """Takes every host for a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        pass


def connector(port: int, certificate: str) -> aiohttp.BaseConnector:
    """Connections to the emulator, whatever the host; it has to prove that it is that host."""
    tls = ssl.create_default_context(cafile=certificate)
    return aiohttp.TCPConnector(resolver=Everywhere(port), ssl=tls, limit=0)


def main() -> None:
    """Run the bot as it is configured, with these connections."""
    import adapters.discord
    from bot.app import App
    from bot.ports import Bot
    from bot.runtime.logs import configure

    port, certificate = int(os.environ["EMULATOR_PORT"]), os.environ["EMULATOR_CA"]
    create = adapters.discord.create

    def connected(bot: Bot) -> Any:
        adapter = create(bot)
        adapter.delivery.connector = lambda: connector(port, certificate)
        return adapter

    adapters.discord.create = connected
    settings = Settings()
    configure(settings)
    asyncio.run(App(settings).run())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for Discord's hosts, signed by itself, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    made, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-subj", "/CN=emulator"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"]
    command += ["-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(made)]
    command += ["-addext", "basicConstraints=critical,CA:TRUE"]
    subprocess.run(command, check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


class Discord:
    """The emulator behind Discord's own names; ``ask`` is its control door."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port = port
        self._session = session

    async def ask(self, name: str, body: Any = None) -> Any:
        method = "GET" if body is None else "POST"
        url = f"https://discord.com/_ctl/{name}"
        async with self._session.request(method, url, json=body) as answer:
            told = await answer.json()
            assert answer.status == 200, f"{name}: {told}"
            return told


@pytest.fixture
def port(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("DISCORD_EMULATOR_CERT", str(certificate))
    with launch("discord") as remote:
        yield int(remote.url.rpartition(":")[2])


@pytest.fixture
async def discord(port: int, certificate: Path) -> AsyncIterator[Discord]:
    async with aiohttp.ClientSession(connector=connector(port, str(certificate))) as session:
        emulator = Discord(port, session)
        addresses = {"cdn": f"https://{HOSTS[2]}", "media": f"https://{HOSTS[3]}"}
        await emulator.ask("set", {**addresses, "gateway": f"https://{HOSTS[1]}"})
        yield emulator


@pytest.fixture
async def program(tmp_path: Path, certificate: Path, discord: Discord) -> AsyncIterator[Program]:
    program = Program(
        tmp_path,
        command=("tests.adapters.discord.test_default_urls",),
        BOT_ADAPTERS="discord",
        DISCORD_TOKEN=(await discord.ask("app", {}))["token"],
        DEMO_SECONDS="0",
        DEFAULT_SIZE="512",
        EMULATOR_PORT=str(discord.port),
        EMULATOR_CA=str(certificate),
    )
    await asyncio.to_thread(program.start, page=False)
    yield program
    await asyncio.to_thread(program.stop)


async def until(program: Program, found: Callable[[], Any]) -> Any:
    """What ``found`` gives, as soon as it gives something."""
    try:
        async with asyncio.timeout(SECONDS):
            while not (result := await found()):
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(program.log)
    return result


def test_the_defaults_are_discords_own() -> None:
    settings = DiscordSettings()
    assert settings.discord_api_base == "https://discord.com/api/v10"
    assert settings.discord_gateway_url == "wss://gateway.discord.gg/"


async def test_a_command_and_a_mention_end_in_pictures(discord: Discord, program: Program) -> None:
    ada = (await discord.ask("user", {"name": "ada"}))["id"]
    channel = (await discord.ask("guild", {"members": [ada]}))["channel"]

    async def listening() -> Any:
        sessions = (await discord.ask("sessions"))["sessions"]
        commands = (await discord.ask("commands"))["scopes"].get("global")
        return commands and any(one["connected"] for one in sessions)

    async def pictures() -> Any:
        seen = await discord.ask(f"messages?channel={channel}")
        done = [one for one in seen if one["by_bot"] and one["attachments"]]
        return done if len(done) == 2 else None

    await until(program, listening)
    act = {"as": ada, "channel": channel}
    await discord.ask("slash", {**act, "name": "imagine", "options": {"prompt": "a lighthouse"}})
    photo = {"filename": "photo.png", "picture": [64, 48]}
    asked = {"content": "make it blue", "mention": True, "attachments": [photo]}
    await discord.ask("type", {**act, **asked})
    await until(program, pictures)

    requests = await discord.ask("requests")
    hosts = {request["headers"]["host"] for request in requests}
    assert hosts == {"discord.com", "gateway.discord.gg", "cdn.discordapp.com"}
    assert all(f":{discord.port}" not in str(request["headers"]) for request in requests)


if __name__ == "__main__":
    main()
