"""SIGKILL while changes wait for pictures that are still being made: none is lost or paid twice."""

import asyncio
import random
import signal
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.chaos.conftest import Make
from tests.chaos.test_crash import ask, program
from tests.support.forked_program import ForkedProgram

__all__ = ["program"]

PEOPLE = 4
KILLS = 4
WORDS = ("a lighthouse", "make it warmer", "make it brighter")


async def person(url: str, number: int) -> list[dict[str, Any]]:
    """Ask for a picture, for a change of it, and for a change of that; wait for all three."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        ids = [await ask(session, url, words, f"{number}-{words}") for words in WORDS]
        done: list[dict[str, Any]] = []
        while len(done) < len(ids):
            await asyncio.sleep(0.1)
            try:
                async with session.get(f"{url}/api/jobs/{ids[len(done)]}") as response:
                    job = await response.json()
            except (aiohttp.ClientError, ValueError):
                continue
            if job["status"] in ("succeeded", "failed", "cancelled"):
                done.append(job)
        return done


async def test_every_change_is_made_of_the_picture_it_waited_for(
    program: ForkedProgram, tmp_path: Path
) -> None:
    chance = random.Random(20261201)
    people = [asyncio.create_task(person(program.url, n)) for n in range(PEOPLE)]
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.5, 2.0))
        assert await asyncio.to_thread(program.stop) == -signal.SIGKILL
        await asyncio.to_thread(program.start)
    async with asyncio.timeout(200):
        found = await asyncio.gather(*people)
    for jobs in found:
        assert [job["status"] for job in jobs] == ["succeeded"] * len(WORDS)
        for before, job in pairwise(jobs):
            assert job["made_from"]["job_id"] == before["job_id"]
            [reference] = job["references"]
            assert before["pictures"][0]["image_id"] in str(reference)
    files = list((tmp_path / "data" / "media" / "generated").glob("*/*.png"))
    assert len(files) == PEOPLE * len(WORDS)
    # A job may be submitted twice only if the process died inside that very call.
    twice = [job for job, times in Counter(program.logged("submitted")).items() if times > 1]
    assert len(twice) <= KILLS


@pytest.mark.parametrize("dies", ["killed", "follow"])
async def test_another_process_begins_what_waits(make: Make, dies: str) -> None:
    """The one that makes the picture is killed while it does, or has just ended it, and was about
    to begin the change."""
    machines = await make(CHAOS_SECONDS="inf")
    await machines.start("gateway", "gateway")
    one = await machines.start("one", CHAOS_DIES="" if dies == "killed" else dies)
    first = await machines.ask("a lighthouse", "1")
    await machines.worked_on([first], "one")
    change = await machines.ask("make it warmer", "2")
    assert machines.paid() == {first: 1}
    if dies == "killed":
        machines.kill("one")
        await machines.start("two")
        await machines.worked_on([first], "two")
        machines.finish()
    else:
        machines.finish()
        assert await asyncio.to_thread(one.wait) == -signal.SIGKILL
        await machines.start("two")
    await machines.worked_on([change], "two")
    machines.finish()
    for job_id in (first, change):
        assert (await machines.end_of(job_id))["status"] == "succeeded"
    assert machines.paid() == {first: 1, change: 1}
