"""Twenty 4K pictures arrive at the same moment: memory, and how long the event loop is blocked.

The emulator of the Gemini API runs in a process of its own and answers each call with a PNG of
about 25 MB (noise, which does not compress), as 34 MB of base64 in JSON. Who asks runs in a
process of its own too, once for each way, so that each has a peak of its own to show: the
provider, and as baselines nobody at all, and the straightforward way: the same pool, then
``json.loads`` and ``b64decode`` of the whole answer. A clock on the asking loop, as in
:mod:`bench.loop`, wakes every millisecond; how late it wakes is how long the loop was kept.

``python -m bench.answers WAY URL`` is one of those processes; it prints one line of JSON.
"""

import asyncio
import base64
import json
import os
import random
import struct
import sys
import tempfile
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from bench.loop import TARGET, Clock, Lateness
from bot.domain.generation import Pictures, Request, Ticket
from bot.providers.gemini import Gemini, GeminiSettings
from tests.emulators.generate_content import KEY
from tests.emulators.process import Remote, launch
from tests.support.model_ids import FLASH

ANSWERS = 20
SIDE = 4096
MEGABYTES = 25
IDLE_SECONDS = 3.0
WAYS = ("idle", "naive", "provider")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask: bytes of the pictures and of memory beyond what it began with, seconds."""

    lateness: Lateness
    seconds: float
    pictures: int
    received: int
    memory: int


@dataclass(frozen=True, slots=True)
class Result:
    ways: dict[str, Way]
    picture: int


async def measure() -> Result:
    """Make the picture, then ask for it in each way, one after the other."""
    with tempfile.TemporaryDirectory(prefix="banana-bench-") as folder, launch("gemini") as remote:
        file = Path(folder) / "noise.png"
        await asyncio.to_thread(file.write_bytes, noise())
        await remote.set(file=str(file))
        await _warm(remote)
        ways = {name: await _apart(name, remote.url) for name in WAYS}
        return Result(ways, file.stat().st_size)


def noise() -> bytes:
    """A 4K PNG of about 25 MB: noise in so many rows, one colour in the others."""
    row = SIDE * 3 + 1
    noisy = MEGABYTES * 10**6 // row
    random_bytes = random.Random(4).randbytes(noisy * (row - 1))
    rows = [
        b"\0" + random_bytes[start : start + row - 1]
        for start in range(0, len(random_bytes), row - 1)
    ]
    pixels = b"".join(rows) + b"\0" * row * (SIDE - noisy)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


async def _warm(remote: Remote) -> None:
    """Let the emulator prepare its answer, which it gives to everybody."""
    async with aiohttp.ClientSession() as session, _ask(session, remote.url) as answer:
        answer.raise_for_status()
        await answer.read()


async def _apart(way: str, url: str) -> Way:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.answers", way, url, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{way} gave up; see above")
    values = json.loads(output)
    return Way(**(values | {"lateness": Lateness(**values["lateness"])}))


async def run(way: str, url: str) -> Way:
    """Ask in one way, in this process."""
    collect = {"idle": _idle, "naive": _naive, "provider": _provider}[way]
    before = _peak()
    began = time.perf_counter()
    async with Clock() as clock:
        items = await collect(url)
    seconds = time.perf_counter() - began
    received = sum(map(len, items))
    return Way(clock.lateness, seconds, len(items), received, _peak() - before)


async def _idle(_: str) -> list[bytes]:
    await asyncio.sleep(IDLE_SECONDS)
    return []


async def _provider(url: str) -> list[bytes]:
    settings = GeminiSettings(api_key=SecretStr(KEY), base_url=f"{url}/v1beta")
    provider = Gemini(settings)
    request = Request(key="bench", prompt="noise", model=FLASH, size="4K")

    async def one() -> bytes:
        async for sign in provider.collect(Ticket(id=""), request):
            if isinstance(sign, Pictures):
                return sign.items[0]
        raise RuntimeError("there was no picture")

    items = await asyncio.gather(*(one() for _ in range(ANSWERS)))
    await provider.close()
    return items


async def _naive(url: str) -> list[bytes]:
    async def one(session: aiohttp.ClientSession) -> bytes:
        async with _ask(session, url) as answer:
            value = json.loads(await answer.read())
        part = value["candidates"][0]["content"]["parts"][0]
        return base64.b64decode(part["inlineData"]["data"])

    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(one(session) for _ in range(ANSWERS)))


def _ask(session: aiohttp.ClientSession, url: str) -> "aiohttp.client._RequestContextManager":
    body = {"contents": [{"parts": [{"text": "noise"}]}]}
    path = f"{url}/v1beta/models/{FLASH}:generateContent"
    return session.post(path, json=body, headers={"x-goog-api-key": KEY})


def _peak() -> int:
    """The most memory that this process has ever had, in bytes (proc_pid_status(5), VmHWM)."""
    status = Path(f"/proc/{os.getpid()}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def table(result: Result) -> str:
    """The figures as Markdown."""
    idle, naive, provider = (result.ways[name] for name in WAYS)
    verdict = "kept" if provider.lateness.longest <= TARGET else "missed"
    rows = [
        f"{provider.pictures} answers at once, a PNG of {result.picture / 1e6:.1f} MB each "
        f"({provider.received / 1e6:.0f} MB of pictures, all kept until the last is there).",
        "",
        "| answers of the Gemini API | longest block | p99 | p50 | memory | time |",
        "|---|--:|--:|--:|--:|--:|",
        _row("nothing arrives (baseline)", idle),
        _row("`json.loads`, `b64decode` (baseline)", naive),
        _row("the provider", provider),
        "",
        f"Target: never blocked for more than {TARGET * 1000:.0f} ms, {verdict}. Memory is beyond "
        "what the process began with; the pictures themselves are "
        f"{provider.received / 1e6:.0f} MB of it.",
    ]
    return "\n".join(rows)


def _row(name: str, way: Way) -> str:
    late = way.lateness
    cells = " | ".join(f"{figure * 1000:.1f} ms" for figure in (late.longest, late.p99, late.p50))
    return f"| {name} | {cells} | {way.memory / 1e6:.0f} MB | {way.seconds:.1f} s |"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(asyncio.run(run(*sys.argv[1:3])))) + "\n")
