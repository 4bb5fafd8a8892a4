"""Fixtures shared by all tests: a settled configuration, and a running engine."""

import asyncio
import gc
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog

from bot.app import App
from bot.domain import protocol
from bot.runtime import logs, workflows
from bot.settings import Settings
from tests.emulators.process import Remote, Shared, launch
from tests.support import current_models, postgres, scripted, speedups
from tests.support import fallback_provider as other_provider
from tests.support.scripted import Recorder, Scripted

LONGEST = (
    "test_demo.py",
    "test_takeover.py",
    "test_page.py",
    "test_frozen.py",
    "test_machine_storm.py",
    "test_ima.py",
    "test_openrouter.py",
    "test_gateways.py",
    "test_feishu_redelivery.py",
    "test_validation.py",
    "test_models.py",
    "test_money.py",
    "test_terminal.py",
    "test_lines.py",
    "test_feishu_cards.py",
    "test_chaos.py",
    "test_accessibility.py",
    "test_gemini.py",
    "test_crash.py",
    "test_odd_bodies.py",
    "test_delivering.py",
    "test_aihubmix.py",
    "test_protocol.py",
    "test_beliefs.py",
    "test_asking_buttons.py",
    "test_large_pictures.py",
    "test_outages.py",
    "test_asking.py",
    "test_succession.py",
    "test_permissions.py",
    "test_content.py",
    "test_executor_lock.py",
    "test_conversation.py",
    "test_asking_quoting.py",
    "test_program.py",
    "test_feishu_storm.py",
    "test_discord_storm.py",
    "test_rolling_upgrade.py",
    "test_stopping.py",
    "test_refusal_codes.py",
    "test_connection.py",
)
"""The files that take longest; they are begun first, so that no worker is left alone with one."""

workflows.STOPPING_SECONDS = 0.02  # each test that starts the bot also waits for it to stop
protocol.LATE_SECONDS = 0.05  # nor is anything late in them

speedups.use_memory_for_files()
speedups.compile_statements_once()

hypothesis.settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and keep the order otherwise."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def pytest_collectstart() -> None:
    """What is loaded stays: the garbage collector need not look at it over and over."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Nor at any of it from now on, and seldom at what tests leave behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own configuration reaches a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith("FEISHU_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands that are called in this process configure logging; the next test has none of it."""
    configure, before = structlog.configure, structlog.get_config()

    def without_keeping(**options: Any) -> None:
        """No logger is kept: it would go on as it was configured here."""
        configure(**options | {"cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", without_keeping)
    names = (None, *logs.OURS, *logs.CHATTY)
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    if structlog.get_config() != before:
        configure(**before)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        ours = [one for one in logging.root.handlers if type(one) is logging.StreamHandler]
        for handler in ours:
            logging.root.removeHandler(handler)


@pytest.fixture(autouse=True)
def _default_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py keeps its addresses on its classes, where the bot sets them for its process."""
    if "discord.http" in sys.modules:
        import discord

        monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
        socket = discord.gateway.DiscordWebSocket
        monkeypatch.setattr(socket, "DEFAULT_GATEWAY", socket.DEFAULT_GATEWAY)


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the bot has run before; the very first start is a second slower."""
    folder = tmp_path_factory.mktemp("settled")

    async def once() -> None:
        app = App(Settings(data_dir=folder, provider=scripted.NAME))
        await app.start()
        await app.close()

    asyncio.run(once())
    return folder


@pytest.fixture
def settings(tmp_path: Path, settled: Path) -> Settings:
    shutil.copytree(settled, tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", provider=scripted.NAME)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    fresh = Scripted()
    monkeypatch.setattr(scripted, "provider", fresh)
    return fresh


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    fresh = other_provider.Other()
    monkeypatch.setattr(other_provider, "provider", fresh)
    return fresh


@pytest.fixture
async def start(
    settings: Settings, provider: Scripted
) -> AsyncIterator[Callable[[], Awaitable[tuple[App, Recorder]]]]:
    """Start the bot; called again it stops the running one first, as a restart does."""
    running: list[App] = []

    async def begin() -> tuple[App, Recorder]:
        while running:
            await running.pop().close()
        app, recorder = App(settings), Recorder()
        app.adapters = [recorder]
        running.append(app)
        await app.start()
        app.engine.delivery.pause = 0.01
        return app, recorder

    yield begin
    while running:
        await running.pop().close()


@pytest.fixture(scope="session")
def emulator_of() -> Iterator[Shared]:
    """The emulator of a name, with settings that stand: one for all tests of this process, each of
    which has it ``forget`` first."""
    with ExitStack() as running:

        @cache
        def emulator_of(name: str, **standing: Hashable) -> Remote:
            return running.enter_context(launch(name, **standing))

        yield emulator_of


@pytest.fixture(scope="session")
def gemini_server(emulator_of: Shared) -> Remote:
    """The Gemini API with Nano Banana 2.1, Lite and Pro, and nothing else."""
    return emulator_of("gemini", offers="lines")


@pytest.fixture
async def gemini(gemini_server: Remote, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """The same, as what the environment sets the bot to."""
    await gemini_server.forget()
    for key, value in current_models.environment(gemini_server).items():
        monkeypatch.setenv(key, value)
    return gemini_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server, with the name of a database still to be put in."""
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        Path(folder).chmod(0o755)
        with postgres.server(Path(folder)) as url:
            yield url


@pytest.fixture
def own_cluster() -> Iterator[postgres.Cluster]:
    """A server of the test's own, which it may stop and start."""
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        Path(folder).chmod(0o755)
        made = postgres.Cluster(Path(folder))
        made.start()
        yield made
        if made.is_running:
            made.stop()


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A database of the test's own."""
    return postgres.create(postgres_server)
