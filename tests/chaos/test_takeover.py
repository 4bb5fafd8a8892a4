"""Several real processes on one PostgreSQL: whatever becomes of one, the others go on with it."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from tests.adapters.discord.conftest import discord_server
from tests.adapters.discord.stage import Shown, Stage
from tests.chaos.machines import Machines, until
from tests.emulators.process import Remote
from tests.support import postgres

__all__ = ["discord_server"]


Make = Callable[..., Awaitable[Machines]]


@pytest.fixture
async def make(tmp_path: Path, postgres_url: str) -> AsyncIterator[Make]:
    made: list[Machines] = []
    jar = aiohttp.CookieJar(unsafe=True)

    async with aiohttp.ClientSession(cookie_jar=jar) as session:

        async def make(**configuration: str) -> Machines:
            machines = Machines(tmp_path, postgres_url, **configuration)
            machines.session = session
            made.append(machines)
            return machines

        yield make
    for machines in made:
        machines.stop()


async def test_a_worker_that_is_killed(make: Make) -> None:
    """With the pauses that the program really makes."""
    machines = await make(CHAOS_PATIENCE="real", CHAOS_SECONDS="inf")
    await machines.start("gateway", "gateway")
    await machines.start("one")
    ids = [await machines.ask(f"a lighthouse {n}", str(n)) for n in range(3)]
    await machines.worked_on(ids, "one")
    await machines.start("two")
    machines.kill("one")
    await machines.worked_on(ids, "two")
    machines.finish()
    for job_id in ids:
        assert (await machines.end_of(job_id))["status"] == "succeeded"
    assert machines.paid() == dict.fromkeys(ids, 1)
    await machines.until_none("SELECT id FROM executors WHERE id LIKE 'one-%'")


async def test_a_gateway_that_dies_between_row_and_queue(make: Make) -> None:
    machines = await make(CHAOS_SECONDS="0")
    await machines.start("worker")
    await machines.start("dies", "gateway", CHAOS_DIES="begin")
    with suppress(aiohttp.ClientError):  # it dies at that very moment
        await machines.ask("a lighthouse", "1", "dies")
    machines.programs["dies"].wait()
    [(job_id,)] = machines.rows("SELECT id FROM jobs")
    await machines.until_none("SELECT 1 FROM jobs WHERE status <> 'succeeded'")
    assert machines.paid() == {job_id: 1}


async def test_a_person_has_as_many_open_as_they_may_whoever_listens(make: Make) -> None:
    machines = await make()
    gateways = ("left", "right")
    for name in gateways:
        await machines.start(name, "gateway")
    first = await machines.ask("a harbour", "0", "left")  # and the cookie

    async def ask(number: int) -> int:
        url = f"{machines.programs[gateways[number % 2]].url}/api/requests"
        body = {"text": f"a lighthouse {number}", "event_id": str(number)}
        async with machines.session.post(url, json=body) as response:
            return response.status

    answers = await asyncio.gather(*map(ask, range(1, 31)))
    assert Counter(answers) == {202: 12, 429: 18}
    [(count,)] = machines.rows("SELECT count(*) FROM jobs WHERE status = 'queued'")
    assert count == 13
    url = f"{machines.programs['right'].url}/api/jobs/{first}"  # the other one cancels it
    async with machines.session.delete(url) as response:
        assert response.status < 300, await response.text()


async def test_a_stop_hands_over_what_has_a_ticket(make: Make) -> None:
    """At once, while a call that is paid for, and has none, goes on to its end."""
    machines = await make(CHAOS_SECONDS="12")
    await machines.start("gateway", "gateway")
    await machines.start("other", "gateway", PROVIDER="tests.chaos.ticketless")
    one = await machines.start("one")
    ids = [await machines.ask(f"a lighthouse {n}", str(n)) for n in range(2)]
    paid_in_one_call = await machines.ask("a boat", "boat", "other")
    await machines.worked_on([*ids, paid_in_one_call], "one")
    await machines.start("two")
    machines.send("one", signal.SIGTERM)
    await machines.worked_on(ids, "two")
    assert one._process.poll() is None
    assert machines.runner(paid_in_one_call) == "one"
    assert await asyncio.to_thread(one.wait) == 0
    for job_id in (*ids, paid_in_one_call):
        assert (await machines.end_of(job_id))["status"] == "succeeded"
    assert one.logged("succeeded") == [paid_in_one_call]
    assert machines.paid() == dict.fromkeys([*ids, paid_in_one_call], 1)
    assert "Traceback" not in one.log


async def test_a_version_that_nobody_runs_any_more_locks_nobody_out(make: Make) -> None:
    """Old and new side by side: each runs its own, until the old one has gone."""
    machines = await make(CHAOS_SECONDS="5")
    await machines.start("gateway", "gateway", CHAOS_VERSION="0")
    await machines.start("old", CHAOS_VERSION="0")
    await machines.start("new")
    ids = [await machines.ask(f"a lighthouse {n}", str(n)) for n in range(5)]
    await machines.worked_on(ids[:3], "old")
    assert machines.rows("SELECT DISTINCT application_version FROM workflow_status") == [("0",)]
    machines.kill("old")
    await machines.worked_on(ids[:3], "new")
    for job_id in ids:
        assert (await machines.end_of(job_id))["status"] == "succeeded"
    assert machines.paid() == dict.fromkeys(ids, 1)


# What people see on Discord


class World:
    """Discord with its people, and processes that serve it."""

    def __init__(self, stage: Stage, machines: Machines) -> None:
        self.stage = stage
        self.machines = machines

    async def imagine(self, prompt: str) -> Shown:
        asked = await self.stage.slash("imagine", options={"prompt": prompt})
        assert asked["response"] == 5
        return asked

    async def finals(self, count: int) -> list[Shown]:
        """All messages of the bot that have a picture, once there are so many."""

        async def look() -> list[Shown]:
            found = [m for m in await self.stage.messages() if m["by_bot"] and m["attachments"]]
            return found if len(found) >= count else []

        return await until(look, "pictures")

    async def said(self) -> list[Shown]:
        """All messages of the bot."""
        return [message for message in await self.stage.messages() if message["by_bot"]]

    async def only(self, count: int) -> None:
        """There are so many messages, each with a picture, and nothing else was said, but that
        those who have waited for long are called to it, once each."""
        assert len(await self.finals(count)) == count
        said = await self.said()
        calls = [message for message in said if message["pings"]]
        assert len(said) - len(calls) == count, [message["content"] for message in said]
        assert len(calls) <= count


@pytest.fixture
async def world(make: Make, discord_server: Remote) -> AsyncIterator[World]:
    from bot.settings import Settings

    stage = Stage(discord_server, Settings())
    await stage.build()
    machines = await make(
        BOT_ADAPTERS="discord",
        DISCORD_TOKEN="emulated.discord.token",
        DISCORD_API_BASE=f"{stage.discord.url}/api/v10",
        DISCORD_GATEWAY_URL=f"{stage.discord.url.replace('http', 'ws')}/",
    )
    yield World(stage, machines)
    assert await stage.violations() == []


def _as_it_looks(message: Shown) -> tuple[object, ...]:
    """Which message it is, and what people see of it."""
    files = [file["filename"] for file in message["attachments"]]
    return message["id"], message["content"], files


async def _listens(stage: Stage, count: int = 1) -> bool:
    """Whether so many connections are there, and the commands."""
    sessions = (await stage.discord.ask("sessions"))["sessions"]
    commands = (await stage.discord.ask("commands"))["scopes"]
    return sum(each["connected"] for each in sessions) == count and bool(commands.get("global"))


async def test_a_worker_that_is_frozen_and_wakes_again(world: World) -> None:
    machines, stage = world.machines, world.stage
    await machines.start("gateway", "gateway")
    await until(lambda: _listens(stage), "the gateway")
    await machines.start("one", CHAOS_SECONDS="3")
    for number in range(3):
        await world.imagine(f"a lighthouse {number}")
    ids = await machines.ids(3)
    await machines.worked_on(ids, "one")
    machines.send("one", signal.SIGSTOP)
    await machines.start("two")
    await machines.worked_on(ids, "two")
    await world.only(3)
    shown = await world.finals(3)
    await machines.until_none("SELECT 1 FROM executors WHERE id LIKE 'one-%'")
    machines.send("one", signal.SIGCONT)
    await until(lambda: machines.registered("one"), "it is one of them again")
    assert machines.programs["one"].logged("succeeded") == []
    assert machines.paid() == dict.fromkeys(ids, 1)
    await asyncio.to_thread(machines.kill, "two")  # and it works again
    await world.imagine("a boat")
    await world.only(4)
    assert len(machines.programs["one"].logged("succeeded")) == 1
    now = await world.finals(4)
    assert list(map(_as_it_looks, now[:3])) == list(map(_as_it_looks, shown))


async def test_a_worker_that_is_frozen_when_it_is_about_to_begin(world: World) -> None:
    """The job that another one works on by then stays that one's."""
    machines, stage = world.machines, world.stage
    await machines.start("gateway", "gateway")
    await until(lambda: _listens(stage), "the gateway")
    await machines.start("one", CHAOS_FREEZES="OWN", CHAOS_SECONDS="inf")
    await world.imagine("a lighthouse")
    await machines.stopped("one")
    await machines.start("two", CHAOS_SECONDS="inf")
    ids = await machines.ids(1)
    await machines.worked_on(ids, "two")
    machines.send("one", signal.SIGCONT)
    await until(lambda: _logged(machines, "one", "no longer owned"), "it sees that")
    machines.finish()
    await world.only(1)
    assert machines.programs["two"].logged("succeeded") == ids
    assert machines.paid() == dict.fromkeys(ids, 1)


@pytest.mark.parametrize(
    ("step", "by_command"),
    [("ACKNOWLEDGE", False), ("PROGRESS", True), ("SUCCESS", False), ("SUCCESS", True)],
)
async def test_what_a_frozen_process_was_about_to_send(
    world: World, step: str, by_command: bool
) -> None:
    """It goes out when the process wakes, and does not stay: neither over the last state nor, when
    Discord has forgotten the key by which it would know a message again, beside it."""
    machines, stage = world.machines, world.stage
    await machines.start("one", "all", CHAOS_SECONDS="2", CHAOS_FREEZES=step)
    await until(lambda: _listens(stage), "the first")
    if by_command:
        await world.imagine("a lighthouse")
    else:
        await stage.type("a lighthouse", mention=True)
    await machines.stopped("one")
    await machines.start("two", "all", CHAOS_SECONDS="2")
    await machines.until_none("SELECT 1 FROM jobs WHERE untold OR status <> 'succeeded'")
    shown = await world.said()
    assert len([message for message in shown if message["attachments"]]) == 1
    await stage.discord.set(offset=400)
    machines.send("one", signal.SIGCONT)
    await until(lambda: _logged(machines, "one", "shown once more"), "what was sent is covered")
    await machines.until_none("SELECT 1 FROM jobs WHERE untold OR shown IS NULL")
    assert list(map(_as_it_looks, await world.said())) == list(map(_as_it_looks, shown))
    assert set(machines.paid().values()) == {1}


async def test_a_worker_that_is_cut_off_from_its_database(
    world: World, postgres_url: str, tmp_path: Path
) -> None:
    """Its connections answer no more, and are not closed: the pooler between them is stopped."""
    if shutil.which("pgbouncer") is None:
        pytest.skip("PgBouncer is not installed")
    machines, stage = world.machines, world.stage
    await machines.start("gateway", "gateway")
    await until(lambda: _listens(stage), "the gateway")
    name = sa.make_url(postgres_url).database or ""
    with tempfile.TemporaryDirectory(prefix="pool") as folder:
        Path(folder).chmod(0o755)
        with postgres.pooler(postgres_url, "session", Path(folder)) as (port, pid):
            away = f"postgresql://{postgres.USER}@127.0.0.1:{port}/{name}"
            await machines.start("one", DATABASE_URL=away, CHAOS_SECONDS="10")
            for number in range(3):
                await world.imagine(f"a lighthouse {number}")
            ids = await machines.ids(3)
            await machines.worked_on(ids, "one")
            os.kill(pid, signal.SIGSTOP)
            await machines.start("two")
            await machines.worked_on(ids, "two")
            await world.only(3)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(3)
            await world.only(3)
            assert machines.programs["one"].logged("succeeded") == []
            await asyncio.to_thread(machines.kill, "two")
            await world.imagine("a boat")
            await world.only(4)
            machines.kill("one")
    assert set(machines.paid().values()) == {1}


async def test_shards_are_divided(world: World) -> None:
    machines, stage = world.machines, world.stage
    await stage.discord.set(identify_interval=0, limits=False, shards=2)

    async def shards() -> list[tuple[int, int]]:
        sessions = (await stage.discord.ask("sessions"))["sessions"]
        return sorted(tuple(each["shard"]) for each in sessions if each["connected"])

    async def all_are_listened_to() -> bool:
        return await shards() == [(0, 2), (1, 2)]

    for name in ("one", "two"):
        await machines.start(name, "all", CHAOS_SECONDS="0")
        await until(all_are_listened_to, f"all with {name}")

    async def anew() -> bool:
        return "shards are divided anew" in machines.programs["one"].log

    await until(anew, "each has one")
    await until(all_are_listened_to, "all by both")
    for number in range(2):
        await world.imagine(f"a lighthouse {number}")
    await world.only(2)
    await asyncio.to_thread(machines.kill, "one")
    await until(all_are_listened_to, "all by the other")
    await world.imagine("a boat")
    await world.only(3)


@pytest.mark.parametrize("delay", [0.5, 2.0])
async def test_a_worker_that_is_quicker_than_the_gateways_acknowledgement(
    world: World, delay: float
) -> None:
    machines, stage = world.machines, world.stage
    await machines.start("gateway", "gateway", CHAOS_SECONDS="0")
    await until(lambda: _listens(stage), "the gateway")
    await machines.start("worker", CHAOS_SECONDS="0")
    await stage.discord.fault({"path": "/callback", "delay": delay, "times": 3})
    for number in range(3):
        await world.stage.slash("imagine", options={"prompt": f"a lighthouse {number}"})
    await world.only(3)


async def test_one_gateway_listens_and_the_next_takes_its_place(world: World) -> None:
    machines, stage = world.machines, world.stage
    await machines.start("one", "gateway", CHAOS_SECONDS="0")
    await until(lambda: _listens(stage), "the first")
    await machines.start("two", "all", CHAOS_SECONDS="0")
    await until(lambda: _logged(machines, "two", "other processes have all shards"), "the second")
    await world.imagine("a lighthouse")
    await world.only(1)
    await asyncio.to_thread(machines.kill, "one")
    await until(lambda: _logged(machines, "two", "connected to Discord"), "the second listens")
    await world.imagine("a boat")
    await world.only(2)


async def _logged(machines: Machines, name: str, words: str) -> bool:
    return words in machines.programs[name].log
