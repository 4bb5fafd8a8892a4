"""Several real processes on one PostgreSQL: whatever becomes of one, the others go on with it."""

import asyncio
import signal
from collections import Counter
from contextlib import suppress

import aiohttp

from tests.chaos.conftest import Make


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
    machines = await make(CHAOS_SECONDS="inf")
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
    machines.finish()
    assert await asyncio.to_thread(one.wait) == 0
    for job_id in (*ids, paid_in_one_call):
        assert (await machines.end_of(job_id))["status"] == "succeeded"
    assert one.logged("succeeded") == [paid_in_one_call]
    assert machines.paid() == dict.fromkeys([*ids, paid_in_one_call], 1)
    assert "Traceback" not in one.log


async def test_a_version_that_nobody_runs_any_more_locks_nobody_out(make: Make) -> None:
    """Old and new side by side: each runs its own, until the old one has gone."""
    machines = await make(CHAOS_SECONDS="inf")
    await machines.start("gateway", "gateway", CHAOS_VERSION="0")
    await machines.start("old", CHAOS_VERSION="0")
    await machines.start("new", CHAOS_SECONDS="0")
    ids = [await machines.ask(f"a lighthouse {n}", str(n)) for n in range(5)]
    await machines.worked_on(ids[:3], "old")
    assert machines.rows("SELECT DISTINCT application_version FROM workflow_status") == [("0",)]
    machines.kill("old")
    await machines.worked_on(ids[:3], "new")
    machines.finish()
    for job_id in ids:
        assert (await machines.end_of(job_id))["status"] == "succeeded"
    assert machines.paid() == dict.fromkeys(ids, 1)
