"""SIGKILL at any moment: nothing is lost, and nothing that has a ticket is made again."""

import asyncio
import json
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.forked_program import ForkedProgram

PEOPLE = 5
REQUESTS_EACH = 4
KILLS = 5


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[ForkedProgram]:
    program = ForkedProgram(tmp_path, DEMO_SECONDS="1.5", DEFAULT_SIZE="512")
    await asyncio.to_thread(program.start)
    yield program
    await asyncio.to_thread(program.stop)


async def ask(session: aiohttp.ClientSession, url: str, text: str, event: str) -> str:
    """Ask until there is an answer, as a page does; the event id makes it one request."""
    while True:
        try:
            body = {"text": text, "event_id": event}
            async with session.post(f"{url}/api/requests", json=body) as response:
                assert response.status == 202, await response.text()
                return str((await response.json())["job_id"])
        except aiohttp.ClientError:
            await asyncio.sleep(0.05)


async def person(url: str, number: int) -> dict[str, dict[str, object]]:
    """Ask for several pictures, and wait for all of them."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        ids = [
            await ask(session, url, f"lighthouse {number}-{n}", f"{number}-{n}")
            for n in range(REQUESTS_EACH)
        ]
        done: dict[str, dict[str, object]] = {}
        while len(done) < len(ids):
            for job_id in ids:
                try:
                    async with session.get(f"{url}/api/jobs/{job_id}") as response:
                        job = await response.json()
                except (aiohttp.ClientError, json.JSONDecodeError):
                    continue
                if job["status"] in ("succeeded", "failed", "cancelled"):
                    done[job_id] = job
            await asyncio.sleep(0.2)
        return done


async def test_every_request_ends_in_one_picture(program: ForkedProgram, tmp_path: Path) -> None:
    chance = random.Random(20261121)
    people = [asyncio.create_task(person(program.url, n)) for n in range(PEOPLE)]
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.2, 1.8))
        assert await asyncio.to_thread(program.stop) == -signal.SIGKILL
        await asyncio.to_thread(program.start)
    jobs = {id: job for found in await asyncio.gather(*people) for id, job in found.items()}

    assert len(jobs) == PEOPLE * REQUESTS_EACH
    assert Counter(job["status"] for job in jobs.values()) == {"succeeded": len(jobs)}
    assert all(len(job["pictures"]) == 1 for job in jobs.values())  # type: ignore[arg-type]
    files = list((tmp_path / "data" / "media" / "generated").glob("*/*.png"))
    assert len(files) == len(jobs)
    # A job may be submitted twice only if the process died inside that very call.
    twice = [job for job, times in Counter(program.logged("submitted")).items() if times > 1]
    assert len(twice) <= KILLS
    database = sqlite3.connect(tmp_path / "data" / "banana-bot.sqlite3")
    query = "SELECT workflow_uuid FROM operation_outputs WHERE function_name = 'submit'"
    tickets = Counter(row[0] for row in database.execute(query))
    database.close()
    assert tickets == dict.fromkeys(jobs, 1)


async def test_a_job_with_a_ticket_is_not_submitted_again(program: ForkedProgram) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        job_id = await ask(session, program.url, "a lighthouse", "1")
        while True:
            async with session.get(f"{program.url}/api/jobs/{job_id}") as response:
                if (await response.json())["step"] >= 1:
                    break
            await asyncio.sleep(0.05)
        await asyncio.to_thread(program.stop)
        await asyncio.to_thread(program.start)
        assert await ask(session, program.url, "a lighthouse", "1") == job_id
        async with session.get(f"{program.url}/api/jobs/{job_id}/events") as stream:
            events = (await stream.read()).decode()
    assert "succeeded" in events
    assert program.logged("submitted") == [job_id]
    assert program.logged("accepted") == [job_id]


async def test_a_polite_stop_is_quick_and_loses_nothing(program: ForkedProgram) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        job_id = await ask(session, program.url, "a lighthouse", "1")
        async with asyncio.timeout(60):
            assert await asyncio.to_thread(program.stop, signal.SIGTERM) == 0
        await asyncio.to_thread(program.start)
        async with session.get(f"{program.url}/api/jobs/{job_id}/events") as stream:
            assert "succeeded" in (await stream.read()).decode()
    assert "Traceback" not in program.log


async def test_one_program_listens_and_another_draws(tmp_path: Path) -> None:
    shared = {"DEMO_SECONDS": "0", "DEFAULT_SIZE": "512"}
    gateway = ForkedProgram(tmp_path, BOT_ROLE="gateway", EXECUTOR_ID="gateway", **shared)
    worker = ForkedProgram(tmp_path, BOT_ROLE="worker", EXECUTOR_ID="worker", **shared)
    await asyncio.to_thread(gateway.start)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        job_id = await ask(session, gateway.url, "a lighthouse", "1")
        async with session.get(f"{gateway.url}/api/jobs/{job_id}/events") as stream:
            worker.start(page=False)
            assert "succeeded" in (await stream.read()).decode()
    assert await asyncio.to_thread(worker.stop, signal.SIGTERM) == 0
    assert await asyncio.to_thread(gateway.stop, signal.SIGTERM) == 0


async def test_two_programs_do_not_share_a_name(tmp_path: Path) -> None:
    first, second = (ForkedProgram(tmp_path, EXECUTOR_ID="one") for _ in range(2))
    await asyncio.to_thread(first.start)
    with pytest.raises(RuntimeError, match="EXECUTOR_ID"):
        await asyncio.to_thread(second.start)
    await asyncio.to_thread(first.stop)
    await asyncio.to_thread(second.start)
    await asyncio.to_thread(second.stop)


async def test_a_taken_port_is_explained(program: ForkedProgram, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    second = ForkedProgram(tmp_path / "second", WEB_PORT=str(program.port))
    second.start(page=False)
    assert await asyncio.to_thread(second.wait) == 1
    assert "Set WEB_PORT to a free port" in second.log
    assert "Traceback" not in second.log
