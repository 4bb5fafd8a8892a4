"""SIGTERM takes nothing new, lets calls end that are paid for, and ends whatever is away."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.chaos.test_crash import ask
from tests.emulators import openrouter
from tests.emulators.process import Remote, Shared
from tests.support import postgres
from tests.support.forked_program import ForkedProgram

DELAY = 3.0
JOBS = 3


@pytest.fixture(scope="session")
def service(emulator_of: Shared) -> Remote:
    return emulator_of("openrouter")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def program(folder: Path, remote: Remote, **configuration: str) -> ForkedProgram:
    return ForkedProgram(
        folder,
        **{
            "PROVIDER": "openrouter",
            "OPENROUTER_API_KEY": openrouter.KEY,
            "OPENROUTER_BASE_URL": f"{remote.url}/api/v1",
            **configuration,
        },
    )


async def paid(remote: Remote) -> int:
    return sum(request["method"] == "POST" for request in await remote.requests("/images"))


async def calling(
    program: ForkedProgram, remote: Remote, session: aiohttp.ClientSession, delay: float
) -> list[str]:
    """Jobs whose paid calls are on their way."""
    await remote.fault({"path": "/images$", "method": "POST", "delay": delay, "times": JOBS})
    before = await paid(remote)
    ids = [await ask(session, program.url, f"a lighthouse {n}", str(n)) for n in range(JOBS)]
    while await paid(remote) < before + JOBS:
        await asyncio.sleep(0.1)
    return ids


async def ends(
    session: aiohttp.ClientSession, program: ForkedProgram, job_id: str
) -> dict[str, object]:
    while True:
        async with session.get(f"{program.url}/api/jobs/{job_id}") as response:
            job: dict[str, object] = await response.json()
        if job["status"] in ("succeeded", "failed"):
            return job
        await asyncio.sleep(0.1)


async def test_a_stop_waits_for_paid_calls(
    tmp_path: Path, service: Remote, session: aiohttp.ClientSession
) -> None:
    running = program(tmp_path, service)
    await asyncio.to_thread(running.start)
    before = await paid(service)
    ids = await calling(running, service, session, DELAY)
    assert await asyncio.to_thread(running.stop, signal.SIGTERM) == 0
    assert "waiting for paid calls" in running.log
    assert "Traceback" not in running.log
    assert sorted(running.logged("succeeded")) == sorted(ids)
    await asyncio.to_thread(running.start)
    assert {(await ends(session, running, job_id))["status"] for job_id in ids} == {"succeeded"}
    await asyncio.to_thread(running.stop)
    assert await paid(service) == before + JOBS


@pytest.mark.parametrize("how", ["at the limit", "a second signal", "a kill"])
async def test_what_is_cut_off_is_asked_about_and_retried_once_the_person_says_so(
    tmp_path: Path, service: Remote, session: aiohttp.ClientSession, how: str
) -> None:
    running = program(tmp_path, service, STOP_SECONDS="0.5" if how == "at the limit" else "90")
    await asyncio.to_thread(running.start)
    before = await paid(service)
    ids = await calling(running, service, session, 600.0)
    if how == "a second signal":
        assert running._process is not None
        running._process.send_signal(signal.SIGTERM)
        while "waiting for paid calls" not in running.log:
            await asyncio.sleep(0.1)
    number = signal.SIGKILL if how == "a kill" else signal.SIGTERM
    assert await asyncio.to_thread(running.stop, number) == (-9 if how == "a kill" else 0)
    await asyncio.to_thread(running.start)
    for job_id in ids:
        job = await ends(session, running, job_id)
        assert job["status"] == "failed"
        failure = job["failure"]
        assert isinstance(failure, dict)
        assert failure["reason"] == "cut_off"
        assert "may have been charged" in failure["text"]
    assert await paid(service) == before + JOBS
    await asyncio.to_thread(running.stop)


async def test_it_ends_while_its_database_is_away(
    tmp_path: Path, session: aiohttp.ClientSession, own_cluster: postgres.Cluster
) -> None:
    running = ForkedProgram(
        tmp_path, DATABASE_URL=own_cluster.url, DEMO_SECONDS="600", STOP_SECONDS="5"
    )
    await asyncio.to_thread(running.start)
    for number in range(JOBS):
        await ask(session, running.url, "a lighthouse", str(number))
    await asyncio.sleep(1.0)
    own_cluster.stop()
    await asyncio.sleep(1.0)
    assert await asyncio.to_thread(running.stop, signal.SIGTERM) == 0, running.log
    assert len(running.log.splitlines()) < 200, "it says the same too often"
