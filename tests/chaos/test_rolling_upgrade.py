"""The version before and this one side by side on one PostgreSQL, while the one gives way to the
other: the last one that has other tables is taken from the repository's history."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import aiohttp
import pytest

from bot.settings import Settings
from tests.adapters.discord.conftest import discord_server
from tests.adapters.discord.stage import Stage
from tests.chaos.machines import Machines, until
from tests.emulators.process import Remote
from tests.support.program import ROOT

__all__ = ["discord_server"]

MIGRATIONS = "bot/storage/migrations/versions"

NEAR = 20
"""Among so many commits there is one that can be run."""

ON_DISCORD = 2
"""Requests there, beside one on the page of each process."""


def git(*arguments: str) -> bytes:
    """What git says.

    Raises:
        OSError, subprocess.CalledProcessError: there is none, or no such thing in its history.
    """
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def versions_before() -> Iterator[str]:
    """The commits at which the tables were other ones, from which today's are made, last first.

    Raises:
        OSError, subprocess.CalledProcessError: the history does not go back so far, or that is a
            version which this test cannot follow.
    """
    now = {path.name for path in (ROOT / MIGRATIONS).glob("[0-9]*.py")}
    for change in git("rev-list", "--first-parent", "HEAD", "--", MIGRATIONS).decode().split():
        listed = git("ls-tree", "--name-only", f"{change}^1:{MIGRATIONS}").decode().split()
        before = {name for name in listed if name[0].isdigit()}
        if before and before < now and max(before) < min(now - before):
            if not any(name.endswith("_executors.py") for name in before):
                raise OSError("it does not say which processes there are")
            yield from git("rev-list", "--first-parent", f"{change}^1").decode().split()
            return
    raise OSError("the tables were never other ones")


def unpack(version: str, folder: Path) -> bool:
    """Put the source of a version into a folder; whether it can be run, which it cannot where one
    change was made in several commits."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", version))) as source:
        source.extractall(folder, filter="data")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    loaded = [sys.executable, "-c", "import tests.support.loaded_program"]
    return subprocess.run(loaded, cwd=folder, env=environment, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of the version before; ``UPGRADED_FROM`` names another one."""
    named = os.environ.get("UPGRADED_FROM")
    try:
        for version in [named] if named else islice(versions_before(), NEAR):
            folder = tmp_path_factory.mktemp("before")
            if unpack(version, folder):
                return folder
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"the version before is not one to be run here: {error}")
    pytest.fail("the version before cannot be run")


@dataclass
class Upgrade:
    """Both versions, and Discord, which they serve."""

    stage: Stage
    machines: Machines

    async def listen(self) -> None:
        """Wait until one of them does."""
        await until(self.stage.is_connected, "Discord")

    async def imagine(self, prompt: str) -> None:
        asked = await self.stage.slash("imagine", options={"prompt": prompt})
        assert asked["response"] == 5

    async def run(self, ids: list[str]) -> set[str]:
        """By whom the jobs are worked on, once all have their tickets."""

        async def look() -> bool:
            return all(map(self.machines.runner, ids))

        await until(look, "all have tickets")
        return set(map(self.machines.runner, ids))


@pytest.fixture
async def upgrade(
    discord_server: Remote, tmp_path: Path, postgres_url: str
) -> AsyncIterator[Upgrade]:
    stage = Stage(discord_server, Settings())
    await stage.build()
    await stage.discord.set(identify_interval=0, limits=False)
    machines = Machines(
        tmp_path,
        postgres_url,
        BOT_ADAPTERS="discord,web",
        DISCORD_TOKEN="emulated.discord.token",
        DISCORD_API_BASE=f"{stage.discord.url}/api/v10",
        DISCORD_GATEWAY_URL=f"{stage.discord.url.replace('http', 'ws')}/",
        CHAOS_SECONDS="inf",
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        machines.session = session
        yield Upgrade(stage, machines)
    machines.stop()
    assert await stage.violations() == []


@pytest.mark.parametrize(
    ("leaves", "how"), [("old", signal.SIGTERM), ("old", signal.SIGKILL), ("new", signal.SIGKILL)]
)
async def test_no_job_is_stranded(
    upgrade: Upgrade, before: Path, leaves: str, how: signal.Signals
) -> None:
    """Whichever of the two leaves: as when it is upgraded, dies, or was an upgrade in vain."""
    machines, stays = upgrade.machines, "new" if leaves == "old" else "old"
    await machines.start("old", "all", tree=before)
    await upgrade.listen()
    await machines.start("new", "all")  # it changes the tables under the old one's hands

    for number in range(ON_DISCORD):
        await upgrade.imagine(f"a lighthouse {number}")
    asked = [await machines.ask(f"a harbour of the {name}", name, name) for name in ("old", "new")]
    ids = await machines.ids(ON_DISCORD + len(asked))
    assert await upgrade.run(ids) == {"old", "new"}

    machines.send(leaves, how)
    await asyncio.to_thread(machines.programs[leaves].wait)
    await machines.worked_on(ids, stays)
    await upgrade.listen()
    await upgrade.imagine("a boat")
    ids = await machines.ids(ON_DISCORD + len(asked) + 1)
    await machines.worked_on(ids, stays)
    machines.finish()

    await machines.until_none("SELECT 1 FROM jobs WHERE untold OR status <> 'succeeded'")
    for job_id in asked:
        assert (await machines.end_of(job_id, stays))["status"] == "succeeded"
    assert machines.paid() == Counter(ids)
    said = [message for message in await upgrade.stage.messages() if message["by_bot"]]
    ends = [message for message in said if not message["pings"]]  # who has waited is called
    assert len(ends) == ON_DISCORD + 1, [message["content"] for message in ends]
    assert all(message["attachments"] for message in ends)
    await machines.until_none("SELECT 1 FROM workflow_status WHERE status <> 'SUCCESS'")
