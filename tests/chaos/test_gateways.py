"""Several processes serve Discord: workers that are cut off or quick, shards, and gateways."""

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.chaos.discord_world import World
from tests.chaos.machines import until
from tests.support import postgres


async def test_a_worker_that_is_cut_off_from_its_database(
    world: World, postgres_url: str, tmp_path: Path
) -> None:
    """Its connections answer no more, and are not closed: the pooler between them is stopped."""
    if shutil.which("pgbouncer") is None:
        pytest.skip("PgBouncer is not installed")
    machines = world.machines
    await machines.start("gateway", "gateway")
    await world.listens()
    name = sa.make_url(postgres_url).database or ""
    with tempfile.TemporaryDirectory(prefix="pool") as folder:
        Path(folder).chmod(0o755)
        with postgres.pooler(postgres_url, "session", Path(folder)) as (port, pid):
            away = f"postgresql://{postgres.USER}@127.0.0.1:{port}/{name}"
            await machines.start("one", DATABASE_URL=away, CHAOS_SECONDS="inf")
            for number in range(3):
                await world.imagine(f"a lighthouse {number}")
            ids = await machines.ids(3)
            await machines.worked_on(ids, "one")
            os.kill(pid, signal.SIGSTOP)
            await machines.start("two")
            await machines.worked_on(ids, "two")
            machines.finish()
            await world.only(3)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(3)
            await world.only(3)
            assert machines.programs["one"].logged("succeeded") == []
            await asyncio.to_thread(machines.kill, "two")
            await world.imagine("a boat")
            [boat] = {*await machines.ids(4)} - {*ids}
            await machines.worked_on([boat], "one")
            machines.finish()
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
    await world.listens()
    await machines.start("worker", CHAOS_SECONDS="0")
    await stage.discord.fault({"path": "/callback", "delay": delay, "times": 3})
    for number in range(3):
        await stage.slash("imagine", options={"prompt": f"a lighthouse {number}"})
    await world.only(3)


async def test_one_gateway_listens_and_the_next_takes_its_place(world: World) -> None:
    machines = world.machines
    await machines.start("one", "gateway", CHAOS_SECONDS="0")
    await world.listens()
    await machines.start("two", "all", CHAOS_SECONDS="0")
    await machines.logged("two", "other processes have all shards")
    await world.imagine("a lighthouse")
    await world.only(1)
    await asyncio.to_thread(machines.kill, "one")
    await machines.logged("two", "connected to Discord")
    await world.imagine("a boat")
    await world.only(2)
