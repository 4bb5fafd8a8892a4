"""How soon Feishu's events are acknowledged, and what a finished picture costs.

First a hundred messages, four a second, all of them finished, for what a picture costs. Then a
rush: fifty messages a second for a minute, by hundreds of people in chats of their own. The
emulator, in a process of its own, measures each from its push to its acknowledgement. The bot runs
as ``bot.app`` builds it, in a process of its own, with the demo provider, which draws small
pictures and does not wait. The baseline is a plain bot on lark-oapi (:mod:`bench.lark_bot`) with a
picture that was made before.

Feishu's own rates (50 calls of an API a second, 1,000 a minute) would make everybody wait longer
than the bot does, so that neither the emulator nor the bot keeps to them here.
``BENCH_SECONDS`` makes the minute shorter.

``python -m bench.feishu URL FOLDER`` is the bot.
"""

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench import load
from bench.memory import APP_ID, SECRET
from tests.emulators.process import Remote, launch

EASY = (4, 25.0)
RUSH = (load.RUSH_RATE, load.RUSH_SECONDS)
"""Messages a second, and for how many seconds."""

AFTER_SECONDS = 20.0
"""How long the rush is watched on: what was not acknowledged is pushed again after 15 seconds."""

START_SECONDS = 60.0
DRAIN_SECONDS = 600.0
PROMPT = "<@bot> a lighthouse at dusk"
UNLIMITED = {"api_per_second": 10**6, "api_per_minute": 10**6, "chat_per_second": 10**6}
TOKEN = "tenant_access_token"
WAYS = ("plain", "bot")


@dataclass(frozen=True, slots=True)
class Way:
    """One bot under one load: times in seconds, ``cpu`` of the whole process during it.

    ``acks`` are from the first push of each event to its acknowledgement, ``cards`` from the
    asking message to the reply. ``calls`` counts requests of the API by method and path.
    """

    asked: int
    acks: Sequence[float]
    cards: Sequence[float]
    pushed: int
    finished: int
    cpu: float
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """Both bots, by the name of the way, in easy times and in the rush."""

    easy: Mapping[str, Way]
    rush: Mapping[str, Way]


async def measure() -> Result:
    """Put both bots under the same loads, one after the other."""
    easy = {way: await _under_load(way, *EASY, finish=True) for way in WAYS}
    return Result(easy, {way: await _under_load(way, *RUSH, finish=False) for way in WAYS})


async def _under_load(way: str, rate: int, seconds: float, *, finish: bool) -> Way:
    with (
        tempfile.TemporaryDirectory(prefix="banana-bench-") as folder,
        launch("feishu") as emulator,
    ):
        async with aiohttp.ClientSession() as session:
            platform = Platform(emulator.over(session), Path(folder))
            await platform.prepare()
            process = await platform.start(way)
            try:
                return await platform.run(process, rate, round(rate * seconds), finish=finish)
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


class Platform:
    """The people, and what the emulator has counted."""

    def __init__(self, emulator: Remote, folder: Path) -> None:
        self._emulator = emulator
        self._ask = emulator.ask
        self._folder = folder
        self._people: list[tuple[str, str]] = []

    async def prepare(self) -> None:
        """Fill the tenant; nothing is checked or limited but what is measured."""
        await self._ask("set", {"limits": UNLIMITED, "validate": False})
        for number in range(load.PEOPLE):
            person = (await self._ask("people", {"name": f"person{number}"}))["open_id"]
            chat = await self._ask("chats", {"type": "group", "people": [person]})
            self._people.append((person, chat["chat_id"]))

    async def start(self, way: str) -> asyncio.subprocess.Process:
        """Start a bot, and wait until it listens."""
        url = self._emulator.url
        commands = {
            "plain": ("bench.lark_bot", url, APP_ID, SECRET),
            "bot": ("bench.feishu", url, str(self._folder)),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *commands[way], stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(START_SECONDS):
            while True:
                if (await self._ask("sockets"))["open"]:
                    break
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        return process

    async def run(
        self, process: asyncio.subprocess.Process, rate: int, number: int, *, finish: bool
    ) -> Way:
        """Ask at an even rate, wait until all is finished or for a while, and count."""
        cpu = load.cpu(process.pid)
        await load.evenly(rate, number, self._say)
        end = time.perf_counter() + (DRAIN_SECONDS if finish else AFTER_SECONDS)
        while True:
            finished = await self._finished()
            if finished >= number or time.perf_counter() > end:
                break
            await asyncio.sleep(1)
        cpu = load.cpu(process.pid) - cpu
        process.send_signal(signal.SIGTERM)
        events = await self._ask("events?brief=1&kind=im.message.receive_v1")
        firsts = [event["tries"][0] for event in events]
        acks = [one["took"] for one in firsts if one.get("answer") == {"code": 200}]
        calls = Counter(map(_route, await self._ask("requests")))
        del calls[""]
        pushed = sum(len(event["tries"]) for event in events)
        return Way(number, acks, await self._cards(), pushed, finished, cpu, calls)

    async def _say(self, number: int) -> None:
        person, chat = self._people[number % load.PEOPLE]
        await self._ask("send", {"chat": chat, "from": person, "text": PROMPT})

    async def _cards(self) -> list[float]:
        """Seconds from each message to the reply, on the emulator's clock."""
        messages = await self._ask("messages")
        asked = {one["message_id"]: one["create_time"] for one in messages}
        replies = [one for one in messages if one["parent_id"]]
        return [(one["create_time"] - asked[one["parent_id"]]) / 1000 for one in replies]

    async def _finished(self) -> int:
        """Requests whose last word has been said."""
        done = load.finished(self._folder)
        if done is None:
            return sum(bool(one["images"]) for one in await self._ask("messages?bot=1"))
        return done


def _route(request: Mapping[str, Any]) -> str:
    """A request of the API without its ids; the bootstrap and the socket are none."""
    path = request["path"]
    if "/open-apis/" not in path or TOKEN in path:
        return ""
    parts = [":id" if part.startswith("om_") else part for part in path.split("/")[3:]]
    return f"{request['method']} {'/'.join(parts)}"


async def _bot(url: str, folder: str) -> None:
    """With the rates that the emulator does not have here."""
    from adapters.feishu.api import rate_limits

    rate_limits.PER_API, rate_limits.PER_API_MINUTE = (10**6, 1.0), (10**6, 60.0)
    os.environ["FEISHU_APP_ID"] = APP_ID
    os.environ["FEISHU_APP_SECRET"] = SECRET
    os.environ["FEISHU_DOMAIN"] = url
    await load.run_bot(folder, bot_adapters=("feishu",))


def table(result: Result) -> str:
    """The figures as Markdown."""
    bot = result.easy["bot"]
    listed = ", ".join(f"{number} {route}" for route, number in Counter(bot.calls).most_common())
    rows = [
        f"{bot.asked} messages, {EASY[0]} a second; then {result.rush['bot'].asked} messages, "
        f"{RUSH[0]} a second, by {load.PEOPLE} people in chats of their own.",
        "",
        "| | CPU per picture | calls | first card p50 | p99 | acknowledged at the first push "
        "| p50 | p99 | longest |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        _row("plain bot on lark-oapi (baseline)", result, "plain"),
        _row("the bot", result, "bot"),
        "",
        f"The bot's calls of the API for {bot.finished} pictures: {listed}. When the rush was "
        f"over, {result.rush['bot'].finished} of its {result.rush['bot'].asked} pictures were "
        f"finished, and {result.rush['bot'].pushed} pushes had been made.",
    ]
    return "\n".join(rows)


def _row(name: str, result: Result, way: str) -> str:
    easy, rush = result.easy[way], result.rush[way]
    acks, cards = (statistics.quantiles(times, n=100) for times in (rush.acks, easy.cards))
    finished = max(1, easy.finished)
    return (
        f"| {name} | {easy.cpu / finished * 1000:.1f} ms "
        f"| {sum(easy.calls.values()) / finished:.2f} | {cards[49] * 1000:.0f} ms "
        f"| {cards[98] * 1000:.0f} ms | {len(rush.acks)} of {rush.asked} "
        f"| {acks[49] * 1000:.0f} ms | {acks[98] * 1000:.0f} ms | {max(rush.acks) * 1000:.0f} ms |"
    )


if __name__ == "__main__":
    asyncio.run(_bot(*sys.argv[1:3]))
