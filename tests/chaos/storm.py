"""A storm over the real program: many requests by many people, a fault drawn for each.

``STORM`` is how many requests there are (``STORM=500``); without it each fault strikes once.

What all platforms share is here. :func:`schedule` draws from a fixed seed who asks for what, and
what goes wrong meanwhile. A :class:`Stage`, which each platform has of its own, carries a request
out and passes judgement at the end. :class:`Power` runs the program, kills it, and reads what it
has stored. :func:`rage` lets everybody ask at once, and :func:`table` counts what came of it.
"""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Protocol, TypeAlias

from tests.support.program import Program, jobs_of

SEED = 20261121
SHORT, LONG = 40, 500
COUNT = int(os.environ.get("STORM", SHORT))
PEOPLE = 50
NONE = "nothing"
KILLED = "SIGKILL"

LOOK_SECONDS = 0.15
"""How often the program's database is looked at."""

READY_SECONDS = 120.0
DELIVERY_SECONDS = 1.5
"""How long what is asked may be on its way to the program; longer where that was seen."""


@dataclass(frozen=True)
class Request:
    """One request: ``kind`` is how it is asked, ``fault`` what happens meanwhile.

    With ``fails`` its words ask for a refusal of the provider instead of a picture.
    """

    number: int
    person: int
    kind: str
    fault: str
    fails: bool

    @cached_property
    def chance(self) -> random.Random:
        """This request's own dice: what it draws does not depend on the others."""
        return random.Random(f"{SEED}:{self.number}")


class Outcome(StrEnum):
    """What came of a request. The last two are what must not be."""

    PICTURES = "pictures"
    EXPLAINED = "explained"
    IMPOSSIBLE = "impossible"
    LOST = "lost"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``words`` say why it was impossible, or what is wrong; ``asked`` is how often the person had
    to ask, because the platform had never delivered what they asked before."""

    request: Request
    outcome: Outcome
    words: str = ""
    asked: int = 1


class Stage(Protocol):
    """One platform with its people."""

    async def carry_out(self, request: Request) -> None:
        """Ask, cause the fault, and wait until there is an answer, or evidently never will be."""

    async def judge(self) -> list[Verdict]:
        """What every request has come to, looked at once more when all is over."""


def people_of(count: int) -> int:
    """How many people ask for so much."""
    return max(1, min(PEOPLE, count * 3 // 10))


def schedule(
    kinds: Mapping[str, Sequence[str]],
    *,
    first: Sequence[str],
    rare: Mapping[str, int],
    count: int = COUNT,
) -> list[list[Request]]:
    """What each person asks for, in order; everybody's first request is undisturbed.

    The people's ``first`` requests are of these kinds by turns. ``kinds`` maps a kind to the faults
    that can meet it; each fault, and each kind that it can meet, has its turn before another has a
    second one. ``rare`` faults, which everybody feels, meet so many of 500 requests instead, some
    time apart from each other.
    """
    chance = random.Random(SEED)
    people = people_of(count)
    disturbed = range(people, count)
    rarely = [fault for fault, n in rare.items() for _ in range(-(-n * count // LONG))]
    chance.shuffle(rarely)
    apart = len(disturbed) / max(1, len(rarely))
    struck = {people + int((n + chance.random()) * apart): fault for n, fault in enumerate(rarely)}
    faults = sorted({fault for some in kinds.values() for fault in some})
    drawn: Counter[str] = Counter()

    def turn(choices: Sequence[str]) -> str:
        """One of those that were drawn least often."""
        one = min(choices, key=lambda choice: (drawn[choice], chance.random()))
        drawn[one] += 1
        return one

    plan: list[list[Request]] = [
        [Request(n, n, first[n % len(first)], NONE, False)] for n in range(people)
    ]
    for number in disturbed:
        fault = struck.get(number) or turn(faults)
        kind = turn([kind for kind, some in kinds.items() if fault in rare or fault in some])
        request = Request(number, number % people, kind, fault, chance.random() < 0.12)
        plan[request.person].append(request)
    return plan


@dataclass(frozen=True, slots=True)
class Row:
    """A job as the program has stored it."""

    status: str
    started: bool

    @property
    def final(self) -> bool:
        return self.status in ("succeeded", "failed", "cancelled")


Span: TypeAlias = tuple[float, float]


class Power:
    """Runs the program; ``ready`` says whether it hears what the platform delivers.

    ``rows`` are its jobs by id, ``owners`` the ids of jobs by those of their messages, ``hopeless``
    the jobs whose message it has given up to deliver.
    ``kills`` and ``silences`` are when it was down, and when the platform had lost it (from and
    until, in seconds of :func:`time.monotonic`); meanwhile ``up`` is not set, and nobody asks.
    ``delivery`` is the longest time in seconds that something has been on its way to the program.
    """

    def __init__(self, program: Program, ready: Callable[[], Awaitable[bool]]) -> None:
        self.program = program
        self.up = asyncio.Event()
        self.kills: list[Span] = []
        self.silences: list[Span] = []
        self.rows: dict[str, Row] = {}
        self.owners: dict[str, str] = {}
        self.hopeless: set[str] = set()
        self.delivery = DELIVERY_SECONDS
        self._ready = ready
        self._read = 0
        self._logged: list[int] = []  # how long the log was at each kill
        self._turn = asyncio.Lock()
        self._database = program.folder / "data" / "banana-bot.sqlite3"

    async def on(self) -> None:
        """Start, and wait until it hears."""
        await asyncio.to_thread(self.program.start)
        await self._until_ready()

    async def _until_ready(self) -> None:
        async with asyncio.timeout(READY_SECONDS):
            while not await self._ready():
                await asyncio.sleep(LOOK_SECONDS / 2)
        self.up.set()

    async def cut(self) -> None:
        """Kill the program as a power cut does, and start it again."""
        async with self._turn:
            self.up.clear()
            began = time.monotonic()
            await asyncio.to_thread(self.program.stop, signal.SIGKILL)
            self._logged.append(len(self.program.log))
            await self.on()
            self.kills.append((began, time.monotonic()))

    async def lose(self, session: Callable[[], Awaitable[object]]) -> None:
        """Have the platform lose the program, and wait until it hears again."""
        async with self._turn:
            self.up.clear()
            began = time.monotonic()
            await session()
            await self._until_ready()
            self.silences.append((began, time.monotonic()))

    def was_deaf(self, moment: float) -> bool:
        """Whether what was asked then may never have reached the program."""
        return any(
            began - self.delivery < moment < until + self.delivery
            for began, until in self.kills + self.silences
        )

    def heard(self, moment: float) -> None:
        """Note that there is a job of what was asked then."""
        self.delivery = max(self.delivery, time.monotonic() - moment)

    def told(self) -> str:
        """How often it was down or not heard, and for how long, in words."""
        spans = (("killed", self.kills), ("lost by the platform", self.silences))
        return ", ".join(
            f"{sum(until - began for began, until in found):.0f} s {words} ({len(found)} times)"
            for words, found in spans
        )

    def logged(self, event: str) -> list[list[str]]:
        """The job ids of every log line about an event, from one kill to the next."""
        log = self.program.log
        ends = pairwise([0, *self._logged, len(log)])
        return [jobs_of(event, log[start:end]) for start, end in ends]

    async def watch(self) -> None:
        """Keep ``rows`` and ``hopeless`` as they are now, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with suppress(sqlite3.OperationalError):  # before its very first migration
                self.look()

    def look(self) -> None:
        """Read what the program has stored, and logged since the last look."""
        query = "SELECT id, status, started_at IS NOT NULL, message_ref FROM jobs"
        found = self._select(query)
        self.rows = {row[0]: Row(row[1], bool(row[2])) for row in found}
        self.owners = {row[3]: row[0] for row in found}
        with (self.program.folder / "program.log").open("rb") as log:
            log.seek(self._read)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                if b"message undeliverable" in line or b"message given up" in line:
                    self.hopeless.add(line.partition(b"job_id=")[2].split()[0].decode())

    def tickets(self) -> Counter[str]:
        """How often each job was submitted to the provider, as the database knows it."""
        query = "SELECT workflow_uuid FROM operation_outputs WHERE function_name = 'submit'"
        return Counter(row[0] for row in self._select(query))

    def _select(self, query: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()


async def rage(stage: Stage, plan: Sequence[Sequence[Request]]) -> None:
    """Let everybody ask, each one request after the other."""

    async def person(requests: Sequence[Request]) -> None:
        for request in requests:
            await stage.carry_out(request)

    async with asyncio.TaskGroup() as tasks:
        for requests in plan:
            tasks.create_task(person(requests))


async def settled(look: Callable[[], Awaitable[list[Verdict]]], patience: float) -> list[Verdict]:
    """The verdicts once nothing is wrong, or after so many seconds: what is still on its way is
    waited for."""
    end = time.monotonic() + patience
    while True:
        verdicts = await look()
        if not wrong(verdicts) or time.monotonic() > end:
            return verdicts
        await asyncio.sleep(1)


def wrong(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those of requests that ended as none must."""
    return [one for one in verdicts if one.outcome in (Outcome.LOST, Outcome.TWICE)]


def check_jobs(power: Power, requests: Sequence[Sequence[str]]) -> None:
    """Each request, given as the ids that its job may have, has become one job at most, and each
    job is of a request; none was submitted twice, unless the program died in that very call, as it
    may in those of several jobs."""
    jobs = Counter(sum(job in power.rows for job in ids) for ids in requests)
    assert set(jobs) <= {0, 1}
    assert jobs[1] == len(power.rows)
    assert set(power.tickets().values()) == {1}
    for submitted in power.logged("submitted"):
        assert set(Counter(submitted).values()) <= {1}


SIGNS = {
    Outcome.PICTURES: "{}",
    Outcome.EXPLAINED: "{}e",
    Outcome.IMPOSSIBLE: "{}i",
    Outcome.LOST: "**{} LOST**",
    Outcome.TWICE: "**{} TWICE**",
}


def table(verdicts: Sequence[Verdict]) -> str:
    """Faults in rows, kinds in columns, as Markdown: 3 are pictures, 1e is one explained failure,
    1i one that was impossible; after it, why."""
    kinds = sorted({one.request.kind for one in verdicts})
    faults = sorted({one.request.fault for one in verdicts})
    rows = [["fault", *kinds, "all"]]
    for fault in faults:
        hit = [one for one in verdicts if one.request.fault == fault]
        columns = [[one for one in hit if one.request.kind == kind] for kind in kinds]
        rows.append([fault, *map(_cell, columns), _cell(hit)])
    columns = [[one for one in verdicts if one.request.kind == kind] for kind in kinds]
    rows.append(["**all**", *map(_cell, columns), _cell(verdicts)])
    rows.insert(1, ["---", *["--:"] * (len(kinds) + 1)])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    counts = Counter((one.outcome.value, one.words) for one in verdicts if one.words)
    lines += ["", *(f"* {n} × {outcome}: {words}" for (outcome, words), n in counts.most_common())]
    again = sum(one.asked - 1 for one in verdicts)
    lines.append(f"* {again} times somebody had to ask again: the platform had not delivered it")
    return "\n".join(lines)


def _cell(verdicts: Sequence[Verdict]) -> str:
    counts = Counter(one.outcome for one in verdicts)
    return " ".join(sign.format(counts[one]) for one, sign in SIGNS.items() if counts[one])
