"""Of several processes that serve Discord one is frozen, and wakes when others have gone on."""

import asyncio
import signal

import pytest

from tests.adapters.discord.stage import Shown
from tests.chaos.discord_world import World
from tests.chaos.machines import until


def _as_it_looks(message: Shown) -> tuple[object, ...]:
    """Which message it is, and what people see of it."""
    files = [file["filename"] for file in message["attachments"]]
    return message["id"], message["content"], files


async def test_a_worker_that_is_frozen_and_wakes_again(world: World) -> None:
    machines = world.machines
    await machines.start("gateway", "gateway")
    await world.listens()
    await machines.start("one", CHAOS_SECONDS="inf")
    for number in range(3):
        await world.imagine(f"a lighthouse {number}")
    ids = await machines.ids(3)
    await machines.worked_on(ids, "one")
    machines.send("one", signal.SIGSTOP)
    await machines.start("two")
    await machines.worked_on(ids, "two")
    machines.finish()
    await world.only(3)
    shown = await world.finals(3)
    await machines.until_none("SELECT 1 FROM executors WHERE id LIKE 'one-%'")
    machines.send("one", signal.SIGCONT)
    await until(lambda: machines.registered("one"), "it is one of them again")
    assert machines.programs["one"].logged("succeeded") == []
    assert machines.paid() == dict.fromkeys(ids, 1)
    await asyncio.to_thread(machines.kill, "two")  # and it works again
    await world.imagine("a boat")
    [boat] = {*await machines.ids(4)} - {*ids}
    await machines.worked_on([boat], "one")
    machines.finish()
    await world.only(4)
    assert len(machines.programs["one"].logged("succeeded")) == 1
    now = await world.finals(4)
    assert list(map(_as_it_looks, now[:3])) == list(map(_as_it_looks, shown))


async def test_a_worker_that_is_frozen_when_it_is_about_to_begin(world: World) -> None:
    """The job that another one works on by then stays that one's."""
    machines = world.machines
    await machines.start("gateway", "gateway")
    await world.listens()
    await machines.start("one", CHAOS_FREEZES="OWN", CHAOS_SECONDS="inf")
    await world.imagine("a lighthouse")
    await machines.stopped("one")
    await machines.start("two", CHAOS_SECONDS="inf")
    ids = await machines.ids(1)
    await machines.worked_on(ids, "two")
    machines.send("one", signal.SIGCONT)
    await machines.logged("one", "no longer owned")
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
    lasts = "inf" if step == "PROGRESS" else "2"  # else there may be none
    await machines.start("one", "all", CHAOS_SECONDS=lasts, CHAOS_FREEZES=step)
    await world.listens()
    if by_command:
        await world.imagine("a lighthouse")
    else:
        await stage.type("a lighthouse", mention=True)
    await machines.stopped("one")
    machines.finish()
    await machines.start("two", "all", CHAOS_SECONDS="2")
    await machines.until_none("SELECT 1 FROM jobs WHERE untold OR status <> 'succeeded'")
    shown = await world.said(calls=False)
    assert len([message for message in shown if message["attachments"]]) == 1
    await stage.discord.set(offset=400)
    machines.send("one", signal.SIGCONT)
    await machines.logged("one", "shown once more")
    await machines.until_none("SELECT 1 FROM jobs WHERE untold OR shown IS NULL")
    said = await world.said(calls=False)
    assert list(map(_as_it_looks, said)) == list(map(_as_it_looks, shown))
    assert set(machines.paid().values()) == {1}
