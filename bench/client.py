"""The people of the benchmark, in a process of their own: they ask, and look at every result.

``python -m bench.client URL`` prints what it did as one line of JSON.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

import aiohttp

PEOPLE = 4
PICTURES = 10
LOOKS = 5
"""How often each picture is downloaded at least; while others are made, on and on."""

_SCENES = (
    "a lighthouse at dusk",
    "a cat in the forest at night",
    "a boat on the sea",
    "a cabin in the snow",
    "a banana in the desert",
    "灯塔与大海",
    "红色的秋天山谷",
    "月光下的森林",
    "a balloon in spring",
    "a house by the lake",
)


@dataclass(slots=True)
class Done:
    """What the people got; ``seconds`` is from the first request to the last picture made."""

    pictures: int = 0
    pixels: int = 0
    downloads: int = 0
    received: int = 0
    seconds: float = 0.0


async def _person(url: str, prompts: list[str], done: Done) -> None:
    jar = aiohttp.CookieJar(unsafe=True)  # the server's address is a number
    async with aiohttp.ClientSession(url, cookie_jar=jar) as session:
        async with session.get("/") as page:
            page.raise_for_status()
        jobs = []
        for prompt in prompts:
            asked = {"text": prompt, "options": {"size": "4K"}}
            async with session.post("/api/requests", json=asked) as answer:
                answer.raise_for_status()
                jobs.append((await answer.json())["job_id"])
        await asyncio.gather(*(_look(session, job, done) for job in jobs))


async def _look(session: aiohttp.ClientSession, job: str, done: Done) -> None:
    """Wait for a job's picture, then download it until everybody has theirs."""
    while True:
        async with session.get(f"/api/jobs/{job}") as answer:
            answer.raise_for_status()
            shown = await answer.json()
        if shown["failure"]:
            raise RuntimeError(f"a job failed: {shown['failure']['reason']}")
        if shown["pictures"]:
            break
        await asyncio.sleep(0.05)
    (picture,) = shown["pictures"]
    done.pictures += 1
    done.pixels += picture["width"] * picture["height"]
    looks = 0
    while looks < LOOKS or done.pictures < PICTURES:
        async with session.get(picture["image_url"]) as answer:
            answer.raise_for_status()
            async for piece in answer.content.iter_any():
                done.received += len(piece)
        done.downloads += 1
        looks += 1


async def work(url: str) -> Done:
    """Ask for all pictures at once, as several people: one may have three made at a time."""
    done = Done()
    began = time.perf_counter()
    prompts = [list(_SCENES[person::PEOPLE]) for person in range(PEOPLE)]
    await asyncio.gather(*(_person(url, some, done) for some in prompts))
    done.seconds = time.perf_counter() - began
    return done


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(asyncio.run(work(sys.argv[1])))) + "\n")
