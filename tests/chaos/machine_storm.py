"""Two gateways and three workers under a steady rate of requests, on both platforms, while they are
killed, frozen, stopped and started again, and their database is restarted; or one process that does
everything, on SQLite, which has no server to restart.

What happens, and when, is drawn from a fixed seed. Each request is told apart by its words. On
Discord one counts if the person saw that it was taken (its acknowledgement came); one that was not
is asked again with other words, as a person does, and must then end once at most.
"""

import asyncio
import random
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.adapters.feishu.stage import APP_ID, APP_SECRET
from tests.chaos import discord_people, feishu_people
from tests.chaos.machines import Machines, until
from tests.emulators.process import Remote
from tests.support import postgres

SEED = 20261129
GATEWAYS = {"left": "gateway", "right": "gateway"}
WORKERS = {"one": "worker", "two": "worker", "three": "worker"}
ALONE = {"alone": "all"}

FROZEN_SECONDS = 7.0
"""Longer than a lease, and the grace after it, in programs that are in a hurry."""

PATIENCE = 120.0
"""So long what was asked last may take to end, an event that comes again after 15 s among it."""

AGAIN_SECONDS = 300.0
"""When Feishu pushes an event for the third time:
https://open.feishu.cn/document/server-docs/event-subscription-guide/overview."""

_NUMBER = re.compile(r"lighthouse (\d+)")


@dataclass
class Asked:
    """One request: what it is called, when it was asked, and on Discord whether it was taken."""

    number: int
    platform: str
    taken: bool = True


@dataclass
class Verdict:
    """What came of all requests; each number but the first three must be zero."""

    requests: int = 0
    untaken: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    lost: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    unfinished: list[int] = field(default_factory=list)
    paid_twice: list[int] = field(default_factory=list)

    @property
    def wrong(self) -> dict[str, list[int]]:
        """The requests that ended as none must."""
        kinds = ("lost", "twice", "unfinished", "paid_twice")
        return {kind: found for kind in kinds if (found := getattr(self, kind))}

    def table(self) -> str:
        """As Markdown."""
        rows = {
            "requests": self.requests,
            "asked again, as Discord said that nobody answered": self.untaken,
            "one picture": self.ends["✅"],
            "cut off in the paid call, and asked about": self.ends["❌"],
            "lost": len(self.lost),
            "more than one final message": len(self.twice),
            "a message that stays unfinished": len(self.unfinished),
            "paid for more than once": len(self.paid_twice),
        }
        lines = ["| what | number |", "|---|--:|"]
        lines += [f"| {what} | {number} |" for what, number in rows.items()]
        told = ", ".join(f"{number} × {what}" for what, number in sorted(self.troubles.items()))
        return "\n".join([*lines, "", f"Meanwhile: {told}."])


class MachineStorm:
    """The people, and what befalls the processes."""

    def __init__(
        self,
        machines: Machines,
        cluster: postgres.Cluster | None,
        discord: Remote,
        feishu: Remote,
        ima: Remote,
        seed: int,
    ) -> None:
        self._machines = machines
        self._cluster = cluster
        self._gateways, self._workers = (GATEWAYS, WORKERS) if cluster else (ALONE, ALONE)
        self._discord = discord
        self._feishu = feishu
        self._ima = ima
        self._chance = random.Random(seed)
        self._asked: list[Asked] = []
        self._people: list[tuple[str, str]] = []
        self._chats: list[tuple[str, str]] = []
        self._troubles: Counter[str] = Counter()
        self._next = 0
        self._passed = 0.0

    async def build(self, people: int) -> None:
        """Make the people, and start all processes."""
        await self._discord.set(limits=False, identify_interval=0, identify_limit=10_000)
        await self._feishu.set(
            limits={**feishu_people.LIMITS, "api_per_second": 10_000},
            client_config={
                "ReconnectCount": -1,
                "ReconnectInterval": 1,
                "ReconnectNonce": 0,
                "PingInterval": 2,
            },
        )
        await self._ima.set(duration=1.0, eet="1~3s")
        users = [
            (await self._discord.ask("user", {"name": f"person{n}", "locale": "en-US"}))["id"]
            for n in range(people)
        ]
        guild = await self._discord.ask("guild", {"owner": users[0], "members": users[1:]})
        for user in users:
            self._people.append((user, guild["channel"]))
        for number in range(people):
            made = await self._feishu.ask("people", {"name": f"P{number}", "locale": "en_us"})
            chat = await self._feishu.ask("chats", {"type": "p2p", "people": [f"P{number}"]})
            assert made["open_id"]
            self._chats.append((f"P{number}", chat["chat_id"]))
        for name, role in {**self._gateways, **self._workers}.items():
            await self._machines.start(name, role)
        await until(self._listens, "both platforms")

    async def _listens(self) -> bool:
        sessions = (await self._discord.ask("sessions"))["sessions"]
        sockets = (await self._feishu.ask("sockets"))["open"]
        commands = (await self._discord.ask("commands"))["scopes"]
        there = any(each["connected"] for each in sessions) and bool(commands.get("global"))
        return there and len(sockets) == len(self._gateways)

    async def run(self, requests: int, seconds: float, troubles: int) -> Verdict:
        """So many requests and troubles, spread evenly over the time."""
        trouble = asyncio.create_task(self._befall(troubles, seconds))
        began, asking = time.monotonic(), []
        for number in range(requests):
            await asyncio.sleep(max(0.0, began + seconds * number / requests - time.monotonic()))
            asking.append(asyncio.create_task(self._ask(number)))
        await asyncio.gather(*asking)
        await trouble
        end = time.monotonic() + PATIENCE
        while (verdict := await self._judge(requests)).wrong and time.monotonic() < end:
            await self._let_pass()
            await asyncio.sleep(1)
        return verdict

    async def _let_pass(self) -> None:
        """Put Feishu's clock on if it waits for minutes to push an event again: one that was taken
        twice by a process that was killed, or too slow, is not lost."""
        events = await self._feishu.ask("events")
        if any(event["due"] and len(event["tries"]) > 1 and not event["busy"] for event in events):
            self._passed += AGAIN_SECONDS
            await self._feishu.set(offset=self._passed)

    # What people do

    async def _ask(self, number: int) -> None:
        if number % 2:
            await self._ask_on_feishu(number // 2)
            return
        while not await self._ask_on_discord(number // 2):
            await asyncio.sleep(1)

    def _words(self, asked: Asked) -> str:
        self._asked.append(asked)
        return f"a lighthouse {asked.number}"

    def _number(self) -> int:
        self._next += 1
        return self._next

    async def _ask_on_discord(self, turn: int) -> bool:
        """Ask; says whether the person saw that it was taken."""
        user, channel = self._people[turn % len(self._people)]
        asked = Asked(self._number(), "discord")
        what = {"as": user, "channel": channel, "name": "imagine", "wait": 4}
        told = await self._discord.ask("slash", {**what, "options": {"prompt": self._words(asked)}})
        if turn % 10 == 0:
            await self._discord.attempt("deliver_again", {"id": told["id"]})
        asked.taken = told["response"] is not None
        return asked.taken

    async def _ask_on_feishu(self, turn: int) -> None:
        person, chat = self._chats[turn % len(self._chats)]
        words = self._words(Asked(self._number(), "feishu"))
        if turn % 10 == 0:
            await self._feishu.set(lose_acks=1)
        await self._feishu.ask("send", {"chat": chat, "from": person, "text": words})

    # What befalls the processes

    async def _befall(self, troubles: int, seconds: float) -> None:
        kinds = ["kill a worker", "freeze a worker", "stop a worker", "kill a gateway"]
        if not self._cluster:
            kinds = ["kill it", "freeze it", "stop it"]
        restarts = ["restart the database"] if self._cluster else []
        plan = [kinds[n % len(kinds)] for n in range(troubles - len(restarts))]
        self._chance.shuffle(plan)
        plan[len(plan) // 2 : len(plan) // 2] = restarts
        for kind in plan:
            await asyncio.sleep(self._chance.uniform(0.5, 1.0) * seconds / (troubles + 1))
            self._troubles[kind] += 1
            await self._do(kind)

    async def _do(self, kind: str) -> None:
        machines = self._machines
        some = self._gateways if "gateway" in kind else self._workers
        name, role = self._chance.choice(list(some.items()))
        match kind.split()[0]:
            case "kill":
                await asyncio.to_thread(machines.kill, name)
                await asyncio.sleep(self._chance.uniform(0.2, 2.0))
                await machines.start(name, role)
            case "stop":
                ended = await asyncio.to_thread(machines.programs[name].stop, signal.SIGTERM)
                assert ended == 0, (name, ended)
                await machines.start(name, role)
            case "freeze":
                machines.send(name, signal.SIGSTOP)
                await asyncio.sleep(FROZEN_SECONDS)
                machines.send(name, signal.SIGCONT)
            case "restart" if self._cluster:
                await asyncio.to_thread(self._cluster.stop)
                await asyncio.sleep(1)
                await asyncio.to_thread(self._cluster.start)

    # What is seen in the end

    async def _judge(self, requests: int) -> Verdict:
        finals, waiting = await self._seen()
        paid = Counter(
            _number_of(str(request["body"]))
            for request in await self._ima.requests("/tasks/create")
        )
        verdict = Verdict(requests, troubles=self._troubles)
        for asked in self._asked:
            number = asked.number
            ends = finals.get(number, [])
            verdict.untaken += not asked.taken
            if not ends and asked.taken:
                verdict.lost.append(number)
            if len(ends) > 1:
                verdict.twice.append(number)
            if waiting[number]:
                verdict.unfinished.append(number)
            if paid[number] > 1:
                verdict.paid_twice.append(number)
            if len(ends) == 1 and asked.taken:
                verdict.ends[ends[0]] += 1
        return verdict

    async def _seen(self) -> tuple[dict[int, list[str]], Counter[int]]:
        """By request: how each of its final messages begins, and how many say that it goes on."""
        finals: dict[int, list[str]] = {}
        waiting: Counter[int] = Counter()

        def see(number: int, words: str, final: bool, usual: str = "") -> None:
            if final:
                sign = next((each for each in feishu_people.ENDS if each in words), usual)
                finals.setdefault(number, []).append(sign)
            else:
                waiting[number] += 1

        for message in await self._discord.ask("messages"):
            if message["by_bot"] and not message["deleted"]:
                words = message["content"]
                usual = "✅" if message["attachments"] else ""  # words say only why there is none
                see(_number_of(words), words, discord_people.is_final(message), usual)
        for message in await self._feishu.ask("messages?bot=1"):
            if not message["deleted"]:
                words = str(message["content"])
                see(_number_of(words), words, feishu_people.is_final(message))
        return finals, waiting


def _number_of(words: str) -> int:
    found = _NUMBER.search(words)
    return int(found[1]) if found else 0


def configuration(discord: Remote, feishu: Remote, ima: Remote) -> Mapping[str, str]:
    """What sets the processes to the emulators."""
    return {
        "BOT_ADAPTERS": "discord,feishu",
        "DISCORD_TOKEN": "emulated.discord.token",
        "DISCORD_API_BASE": f"{discord.url}/api/v10",
        "DISCORD_GATEWAY_URL": f"{discord.url.replace('http', 'ws')}/",
        "FEISHU_APP_ID": APP_ID,
        "FEISHU_APP_SECRET": APP_SECRET,
        "FEISHU_DOMAIN": feishu.url,
        "PROVIDER": "ima",
        "IMA_API_KEY": "ima_emulator",
        "IMA_APP_KEY": "EMULATOR-TEST-KEY",
        "IMA_BASE_URL": ima.url,
        "IMA_UPLOAD_URL": ima.url,
    }


@asynccontextmanager
async def storm(
    folder: Path,
    cluster: postgres.Cluster | None,
    discord: Remote,
    feishu: Remote,
    ima: Remote,
    seed: int = SEED,
) -> AsyncIterator[MachineStorm]:
    """Everything that a storm needs, on SQLite without a ``cluster``; the processes are ended with
    the block."""
    url = cluster.url if cluster else ""
    machines = Machines(folder, url, **configuration(discord, feishu, ima))
    async with aiohttp.ClientSession() as session:
        remotes = [remote.over(session) for remote in (discord, feishu, ima)]
        try:
            yield MachineStorm(machines, cluster, *remotes, seed)
        finally:
            with suppress(Exception):
                await asyncio.to_thread(machines.stop)


def violations(told: Any) -> list[Any]:
    """What the bot did that a platform does not allow, as its emulator tells it."""
    return list(told["violations"] if isinstance(told, dict) else told)
