"""How soon Discord's interactions are acknowledged, and what a finished picture costs.

Slash commands of hundreds of people come through the emulator, which runs in a process of its own
and measures each one from its creation to its first response: first so few that nobody waits, and
all are finished, for what one costs; then fifty a second for a minute (``BENCH_SECONDS`` makes it
shorter). The bot runs as ``bot.app`` builds it, in a process of its own: once with a
picture that was made before, for what the bot itself costs, and once with the demo provider, which
draws small ones and does not wait. The same load meets the baseline: a bare discord.py bot that
only defers, and edits with a picture that was made before; and one that edits twice before that, so
that it makes the bot's calls, and nothing else.

``python -m bench.discord WAY URL TOKEN FOLDER`` is one of those bots; it prints a line of JSON at
SIGTERM.
"""

import asyncio
import io
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import aiohttp

from bench import load
from bench.loop import Clock, Lateness
from bench.ready import drawn
from bot.domain.generation import Request
from bot.providers.demo import Demo
from tests.emulators.process import Remote, launch
from tests.support.model_ids import FLASH

CALM_RATE = 4
CALM = 100
"""Pictures for which CPU and calls are counted."""

FIRST = 10
"""Pictures before these: with the first one everything is loaded that is loaded when needed."""

DRAWN = 40
START_SECONDS = 60.0
DRAIN_SECONDS = 120.0
PROMPT = "a lighthouse at dusk"
STEPS = 2
"""Edits before the one that brings the picture."""

WAYS = ("bare", "calls", "ready", "bot")
EDIT = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"


@dataclass(frozen=True, slots=True)
class Way:
    """One bot: CPU seconds and calls per picture when it is calm, seconds to acknowledge, and how
    many were finished when the rush ended."""

    cpu: float
    calls: float
    asked: int
    acknowledged: int
    p50: float
    p99: float
    longest: float
    finished: int
    lateness: Lateness


@dataclass(frozen=True, slots=True)
class Result:
    """All bots, and the CPU seconds that the demo provider needs to draw one picture."""

    ways: dict[str, Way]
    drawing: float


async def measure() -> Result:
    """Put all bots under the same load, one after the other."""
    return Result({way: await _under_load(way) for way in WAYS}, await asyncio.to_thread(_drawing))


def _drawing() -> float:
    """CPU seconds for one picture of the demo, without anything around it."""

    async def draw() -> None:
        demo = Demo(0)
        for number in range(DRAWN):
            request = Request(str(number), PROMPT, FLASH, load.SIZE)
            ticket = await demo.submit(request)
            async for _ in demo.collect(ticket, request):  # type: ignore[arg-type]
                pass
        await demo.close()

    began = time.process_time()
    asyncio.run(draw())
    return (time.process_time() - began) / DRAWN


# The load


async def _under_load(way: str) -> Way:
    with (
        tempfile.TemporaryDirectory(prefix="banana-bench-") as folder,
        launch("discord") as emulator,
    ):
        async with aiohttp.ClientSession() as session:
            platform = Platform(emulator.over(session), Path(folder))
            await platform.prepare()
            process = await platform.start(way)
            try:
                return await platform.run(process)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()


class Platform:
    """The people, and what the emulator has counted."""

    def __init__(self, emulator: Remote, folder: Path) -> None:
        self._emulator = emulator
        self._ask = emulator.ask
        self._folder = folder
        self._people: list[str] = []
        self._channel = ""
        self._token = ""
        self._edits = 1  # that a baseline makes for each request

    async def prepare(self) -> None:
        """Fill a server with people; nothing is checked or limited but what is measured."""
        await self._emulator.set(limits=False, validate=False, cdn_keep=2**26)
        self._token = (await self._ask("app", {}))["token"]
        people = [await self._ask("user", {"name": f"person{n}"}) for n in range(load.PEOPLE)]
        self._people = [person["id"] for person in people]
        guild = await self._ask("guild", {"name": "bench", "members": self._people})
        self._channel = guild["channel"]

    async def start(self, way: str) -> asyncio.subprocess.Process:
        """Start a bot, and wait until its command is there and it listens."""
        self._edits = 1 + STEPS if way == "calls" else 1
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.discord"),
            *(way, self._emulator.url, self._token, str(self._folder)),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(START_SECONDS):
            while True:
                commands = (await self._ask("commands"))["scopes"].get("global")
                sessions = (await self._ask("sessions"))["sessions"]
                if commands and any(one["connected"] for one in sessions):
                    break
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        return process

    async def run(self, process: asyncio.subprocess.Process) -> Way:
        """Calm, then rush."""
        await self._all(FIRST)
        before, cpu = await self._calls(), load.cpu(process.pid)
        await self._all(CALM)
        cpu = (load.cpu(process.pid) - cpu) / CALM
        calls = (await self._calls() - before) / CALM
        process.send_signal(signal.SIGUSR1)  # the clock would take as much as some pictures do
        number = round(load.RUSH_RATE * load.RUSH_SECONDS)
        await load.evenly(load.RUSH_RATE, number, self._slash)
        finished = await self._finished() - FIRST - CALM
        await asyncio.sleep(3)  # what is not acknowledged by then never will be
        told = (await self._ask("interactions?brief=1"))[FIRST + CALM :]
        process.send_signal(signal.SIGTERM)
        output, _ = await process.communicate()
        acks = sorted(one["ack"] for one in told if one["ack"] is not None)
        cuts = statistics.quantiles(acks, n=100)
        times = (cuts[49], cuts[98], acks[-1])
        lateness = Lateness(**json.loads(output))
        return Way(cpu, calls, number, len(acks), *times, finished, lateness)

    async def _all(self, number: int) -> None:
        """Calmly, until each has its picture."""
        before = await self._finished()
        await load.evenly(CALM_RATE, number, self._slash)
        async with asyncio.timeout(DRAIN_SECONDS):
            while True:
                if await self._finished() - before == number:
                    break
                await asyncio.sleep(0.2)

    async def _slash(self, number: int) -> None:
        person = self._people[number % load.PEOPLE]
        ask = {"as": person, "channel": self._channel, "name": "imagine"}
        await self._ask("slash", {**ask, "options": {"prompt": PROMPT}})

    async def _routes(self) -> dict[str, dict[str, int]]:
        routes: dict[str, dict[str, int]] = (await self._ask("stats"))["routes"]
        return routes

    async def _calls(self) -> int:
        return sum(sum(statuses.values()) for statuses in (await self._routes()).values())

    async def _finished(self) -> int:
        """Requests whose last message has arrived: the step that ends a job, or the last edit."""
        if (done := load.finished(self._folder)) is not None:
            return done
        edits = (await self._routes()).get(EDIT, {}).get("200", 0)
        return edits // self._edits


# The bots


async def _bot(url: str, token: str, folder: str, provider: str = "bench.small") -> Lateness:
    async with _clock() as clock:
        os.environ["DISCORD_TOKEN"] = token
        os.environ["DISCORD_API_BASE"] = f"{url}/api/v10"
        os.environ["DISCORD_GATEWAY_URL"] = f"{url.replace('http', 'ws')}/"
        await load.run_bot(folder, bot_adapters=("discord",), provider=provider)
    return clock.lateness


@asynccontextmanager
async def _clock() -> AsyncIterator[Clock]:
    """A clock that runs from SIGUSR1 on."""
    begun, clock = asyncio.Event(), Clock()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, begun.set)

    async def run() -> None:
        await begun.wait()
        async with clock:
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    try:
        yield clock
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _bare(url: str, token: str, _: str, steps: int = 0) -> Lateness:
    """What the examples of discord.py do: defer, then edit, with a picture made before; and so many
    ``steps`` in between."""
    import discord
    import yarl
    from discord import app_commands

    discord.http.Route.BASE = f"{url}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{url.replace('http', 'ws')}/")
    client = discord.Client(intents=discord.Intents(4609))
    tree = app_commands.CommandTree(client)
    picture = await drawn()

    @tree.command(name="imagine", description="Make a picture from words")
    async def imagine(interaction: discord.Interaction, prompt: str) -> None:
        await interaction.response.defer(thinking=True)
        for step in range(steps):
            await interaction.edit_original_response(content=f"{prompt}: {step}")
        file = discord.File(io.BytesIO(picture), "picture.png")
        await interaction.edit_original_response(content=prompt, attachments=[file])

    @client.event
    async def setup_hook() -> None:
        await tree.sync()

    running = asyncio.create_task(client.start(token))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    async with _clock() as clock:
        with suppress(asyncio.CancelledError):
            await running
    await client.close()
    return clock.lateness


# The figures


def table(result: Result) -> str:
    """The figures as Markdown."""
    bare, calls, ready, bot = (result.ways[way] for way in WAYS)
    rows = [
        f"{CALM} pictures at {CALM_RATE} a second, then {bot.asked} slash commands at "
        f"{load.RUSH_RATE} a second, by {load.PEOPLE} people.",
        "",
        "| | CPU per picture | REST calls | acknowledged | p50 | p99 | longest | loop blocked |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        _row("defers and edits (baseline)", bare),
        _row("the bot's calls alone (baseline)", calls),
        _row("the bot, picture made before", ready),
        _row("the bot", bot),
        f"| ratio | {bot.cpu / bare.cpu:.1f} x | {bot.calls / bare.calls:.1f} x | "
        f"| {bot.p50 / bare.p50:.1f} x | {bot.p99 / bare.p99:.1f} x "
        f"| {bot.longest / bare.longest:.1f} x "
        f"| {bot.lateness.longest / bare.lateness.longest:.1f} x |",
        "",
        "Acknowledged: from the creation of the interaction to its first response, for which there "
        f"are 3 s. Of the bot's CPU per picture {result.drawing * 1000:.0f} ms are the demo's "
        f"drawing, which the baseline does not do; when the rush ended, {bot.finished} of "
        f"{bot.asked} pictures were finished, and {bare.finished} of the baseline's.",
    ]
    return "\n".join(rows)


def _row(name: str, way: Way) -> str:
    times = " | ".join(
        f"{value * 1000:.0f} ms" for value in (way.p50, way.p99, way.longest, way.lateness.longest)
    )
    return (
        f"| {name} | {way.cpu * 1000:.1f} ms | {way.calls:.1f} "
        f"| {way.acknowledged} of {way.asked} | {times} |"
    )


if __name__ == "__main__":
    bots = {
        "bare": _bare,
        "calls": partial(_bare, steps=STEPS),
        "ready": partial(_bot, provider="bench.ready"),
        "bot": _bot,
    }
    late = asyncio.run(bots[sys.argv[1]](*sys.argv[2:5]))
    sys.stdout.write(json.dumps(asdict(late)) + "\n")
