"""Ten people draw while everything that is known to be dear is sent by strangers at once.

The bot runs in a process of its own as ``bot.app`` builds it, with the demo provider; only that its
links may point to this machine. It may have 1,024 file descriptors, as is usual. The attackers
(:mod:`bench.attackers`) are two others; the people are here: each from an address of their
own, three pictures one after the other, the last a change of a photo that is sent with it.

* Memory is what the bot and all its children have resident together, looked at all the time.
* A block of the event loop is the processor time of one callback, and of the whole process between
  two of the loop's turns: other programs of the machine do not count.

``python -m bench.attack FOLDER PORT`` is the bot; it prints its figures when it gets SIGTERM.
"""

import asyncio
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from asyncio import Handle
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from bench.loop import TARGET
from bench.memory import descendants, resident
from bot.app import App
from bot.images.downloads import Downloader
from bot.runtime import heap
from bot.runtime.logs import configure
from bot.settings import Settings
from tests.support.odd_pictures import encoded
from tests.support.ports import free_port

PEOPLE = 10
PICTURES = 3
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
"""How long they take turns: the pictures are asked for all over this time."""

LAST_SECONDS = 600.0
DESCRIPTORS = 1024
MOST_BYTES = 600_000_000
LOOK = 0.02
SETTLED = 3.0
PULSE = 0.2


@dataclass(slots=True)
class Blocks:
    """Seconds of processor time: of one callback, and between two turns; the longest callbacks."""

    callback: float = 0.0
    turn: float = 0.0
    wall: float = 0.0
    names: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True)
class Got:
    """What the people got; ``again`` counts why something had to be asked for again."""

    pictures: int = 0
    waited: list[float] = field(default_factory=list)
    again: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Result:
    idle: int
    peak: int
    seconds: float
    blocks: Blocks
    got: Got
    answers: dict[str, dict[str, int]]
    pulses: list[float]
    log: int


async def measure() -> Result:
    """Start the bot, then the attackers, then let the people draw."""
    with tempfile.TemporaryDirectory(prefix="banana-bench-") as folder:
        port = free_port()
        log = Path(folder) / "log"
        async with _running("bench.attack", folder, str(port), log=log) as bot:
            assert bot.stdout is not None
            await bot.stdout.readline()
            await asyncio.sleep(SETTLED)
            memory = Memory(bot.pid)
            idle = memory.look()
            watching = asyncio.create_task(memory.watch())
            async with (
                _running("bench.attackers", str(port), "contents") as contents,
                _running("bench.attackers", str(port), "crowds") as crowds,
            ):
                for mob in (contents, crowds):
                    assert mob.stdout is not None
                    await mob.stdout.readline()
                await asyncio.sleep(SETTLED)
                began = time.perf_counter()
                pulses: list[float] = []
                pulse = asyncio.create_task(_pulse(port, pulses))
                got = await _people(port)
                seconds = time.perf_counter() - began
                pulse.cancel()
                answers = json.loads(await _end(contents)) | json.loads(await _end(crowds))
            watching.cancel()
            blocks = Blocks(**json.loads(await _end(bot)))
        return Result(idle, memory.peak, seconds, blocks, got, answers, pulses, log.stat().st_size)


@asynccontextmanager
async def _running(
    module: str, *arguments: str, log: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    errors = log.open("wb") if log else None
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        limit=2**20,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if errors:
            errors.close()


async def _end(process: asyncio.subprocess.Process) -> bytes:
    process.send_signal(signal.SIGTERM)
    output, _ = await process.communicate()
    return output.splitlines()[-1]


class Memory:
    """What a process and its children have resident, in bytes; the most of it is ``peak``."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._command = _command(pid)
        self.peak = 0

    def look(self) -> int:
        found = resident(self._pid)
        with suppress(OSError):  # one has ended meanwhile
            for child in descendants(self._pid):
                # Between its fork and its program a child has the memory of its parent.
                if _command(child) != self._command:
                    found += resident(child)
        self.peak = max(self.peak, found)
        return found

    async def watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK)


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


async def _pulse(port: int, pulses: list[float]) -> None:
    """How long somebody else waits for the shortest of answers."""
    connector = aiohttp.TCPConnector(local_addr=("127.0.3.1", 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        while True:
            began = time.perf_counter()
            with suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    await answer.read()
            pulses.append(time.perf_counter() - began)
            await asyncio.sleep(PULSE)


# The people


async def _people(port: int) -> Got:
    got = Got()
    async with asyncio.timeout(LAST_SECONDS):
        await asyncio.gather(*(_person(port, number, got) for number in range(PEOPLE)))
    return got


async def _person(port: int, number: int, got: Got) -> None:
    connector = aiohttp.TCPConnector(local_addr=(f"127.0.2.{number + 1}", 0))
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port}",
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=60),
    ) as session:
        await asyncio.sleep(number * SECONDS / PICTURES / PEOPLE)
        await _call(session, got, "GET", "/")
        for each in range(PICTURES):
            began = time.perf_counter()
            if await _draw(session, got, f"{number}-{each}", change=each == PICTURES - 1):
                got.pictures += 1
            got.waited.append(time.perf_counter() - began)
            await asyncio.sleep(max(0.0, SECONDS / PICTURES - got.waited[-1]))


async def _draw(session: aiohttp.ClientSession, got: Got, event: str, *, change: bool) -> bool:
    """Whether a picture has come, all its bytes."""
    asked = await _call(session, got, "POST", "/api/requests", event=event, change=change)
    job_id = json.loads(asked)["job_id"]
    while True:
        job = json.loads(await _call(session, got, "GET", f"/api/jobs/{job_id}"))
        if job["failure"]:
            got.failed[job["failure"]["reason"]] += 1
            return False
        if job["pictures"]:
            break
        await asyncio.sleep(0.5)
    [picture] = job["pictures"]
    body = await _call(session, got, "GET", picture["image_url"])
    return len(body) == picture["size"]


async def _call(
    session: aiohttp.ClientSession,
    got: Got,
    method: str,
    path: str,
    *,
    event: str = "",
    change: bool = False,
) -> bytes:
    """Ask until it is answered; a request for a picture is the same one every time."""
    while True:
        body: Any = None
        if event:
            body = aiohttp.FormData([("event_id", event)], default_to_multipart=True)
            body.add_field("text", "make it warmer" if change else "a lighthouse at dusk")
            if change:
                body.add_field("references", _photo(), filename="photo.jpg")
        try:
            async with session.request(method, path, data=body) as answer:
                if answer.ok:
                    return await answer.read()
                got.again[f"{answer.status} {(await answer.text())[:80]}"] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            got.again[type(error).__name__] += 1
        await asyncio.sleep(1)


@cache
def _photo() -> bytes:
    """A JPEG of about 2 MB, as large as those of telephones."""
    size = (1600, 1200)
    noise = Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))
    return encoded(noise, "JPEG", quality=85)


# The bot


async def run(folder: str, port: int) -> Blocks:
    """The bot as it is, but that what people link to may be on this machine."""
    settings = Settings(
        data_dir=Path(folder) / "data",
        database_url="",
        media_url="",
        provider="demo",
        demo_seconds=0.5,
        bot_adapters=("web",),
        bot_role="all",
        executor_id="bench",
        web_host="127.0.0.1",
        web_port=port,
        web_public_url="",
        log_level="info",
    )
    configure(settings)
    heap.use_one()
    os.environ["WEB_PASSWORD"] = ""
    os.environ["WEB_PORT"] = str(port)
    anywhere = Downloader(allow=lambda _: True, schemes=("http",), ports=None)
    app = App(settings, downloader=anywhere)
    running = asyncio.create_task(app.run())
    await _ready(port)
    blocks = Blocks()
    _measure_callbacks(blocks)
    watching = asyncio.create_task(_watch(blocks))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await running
    watching.cancel()
    return blocks


async def _ready(port: int) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/healthz"):
                    return
            await asyncio.sleep(0.05)


def _measure_callbacks(blocks: Blocks) -> None:
    """Time what the loop calls, each for itself; asyncio has no other place to look."""
    run_handle = Handle._run

    def timed(handle: Handle) -> None:
        began = time.thread_time()
        run_handle(handle)
        took = time.thread_time() - began
        if took > 0.02:
            blocks.names = sorted([*blocks.names, (took, _named(handle))], reverse=True)[:5]
            blocks.callback = max(blocks.callback, took)

    Handle._run = timed  # type: ignore[method-assign]


def _named(handle: Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        return str(getattr(task.get_coro(), "__qualname__", task))
    return str(getattr(callback, "__qualname__", callback))


async def _watch(blocks: Blocks) -> None:
    """How much the whole process has worked while the loop did not come to a callback of ours."""
    before, cpu = time.perf_counter(), time.process_time()
    while True:
        await asyncio.sleep(0.001)
        now, worked = time.perf_counter(), time.process_time()
        late = now - before - 0.001
        blocks.wall = max(blocks.wall, late)
        blocks.turn = max(blocks.turn, min(late, worked - cpu))
        before, cpu = now, worked


# The figures


def table(result: Result) -> str:
    """The figures as Markdown."""
    got, blocks = result.got, result.blocks
    waited = sorted(got.waited)
    kept = {
        f"below {MOST_BYTES / 1e6:.0f} MB": result.peak < MOST_BYTES,
        f"no callback above {TARGET * 1000:.0f} ms": blocks.callback < TARGET,
        "every picture arrives": got.pictures == PEOPLE * PICTURES,
    }
    sent = sum(sum(answers.values()) for answers in result.answers.values())
    rows = [
        f"{PEOPLE} people drew {got.pictures} of {PEOPLE * PICTURES} pictures in "
        f"{result.seconds:.0f} s beside {sent} answered attacks. Asked again: "
        f"{dict(got.again) or 'nothing'}; failed: {dict(got.failed) or 'nothing'}.",
        "",
        "| | idle | under attack |",
        "|---|--:|--:|",
        f"| memory, children too | {result.idle / 1e6:.0f} MB | {result.peak / 1e6:.0f} MB |",
        f"| longest callback, its processor time | | {blocks.callback * 1000:.0f} ms |",
        f"| longest turn of the loop, processor time | | {blocks.turn * 1000:.0f} ms |",
        f"| the same by the clock | | {blocks.wall * 1000:.0f} ms |",
        f"| another address is answered: p50, longest | "
        f"| {statistics.median(result.pulses) * 1000:.0f} ms, {max(result.pulses) * 1000:.0f} ms |",
        f"| a picture: p50, longest | | {waited[len(waited) // 2]:.1f} s, {waited[-1]:.1f} s |",
        f"| log | | {result.log / 1000:.0f} kB |",
        "",
        "Targets: "
        + "; ".join(f"{name}, {'kept' if is_kept else 'missed'}" for name, is_kept in kept.items())
        + ".",
        "",
        *(f"* {kind}: {dict(answers)}" for kind, answers in result.answers.items()),
        "",
        *(f"* {took * 1000:.0f} ms {name}" for took, name in blocks.names),
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(hard, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the bot takes all there may be
    found = asyncio.run(run(sys.argv[1], int(sys.argv[2])))
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
