"""Everything goes away, again and again: no request is lost, none is paid twice unasked.

``CHAOS=300`` asks for so many pictures in each run, with ``CHAOS_TROUBLES`` (a third of them)
troubles of up to ``CHAOS_SECONDS`` (720); without it the runs are short. ``CHAOS_SEED`` draws
others.
"""

import asyncio
import json
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.chaos.trouble import Troubles
from tests.support import postgres
from tests.support.forked_program import ForkedProgram

ASKED = int(os.environ.get("CHAOS", "0"))
REQUESTS = ASKED or 27
LONGEST = float(os.environ.get("CHAOS_SECONDS", "720" if ASKED else "2"))
SEED = int(os.environ.get("CHAOS_SEED", "20261129"))
RUNS = [("sqlite", "ticketed"), ("postgresql", "ticketless")]
RUNS += [("sqlite", "ticketless"), ("postgresql", "ticketed")] if ASKED else []

TROUBLES = int(os.environ.get("CHAOS_TROUBLES", REQUESTS // 3))
PEOPLE = max(6, REQUESTS // 10)
HEALING_SECONDS = 150.0 + (900.0 if ASKED else 0.0)

TOLD = {"provider_down", "network"}
"""What people may be told while the provider is away, before anything is paid for."""


class Run:
    """One program on one database, the people who ask it, and what is found in the end."""

    def __init__(self, folder: Path, url: str, provider: str) -> None:
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'data' / 'banana-bot.sqlite3'}"
        self.ticketless = provider == "ticketless"
        for name in ("asked", "answers", "messages", "ready", "paid", "shown"):
            (folder / name).mkdir()
        (folder / "clock").write_text("0")
        self.program = ForkedProgram(
            folder,
            command=("tests.chaos.running",),
            BOT_ADAPTERS="web,tests.chaos.desk",
            PROVIDER=f"tests.chaos.{provider}",
            DATABASE_URL=url,
            CHAOS_FOLDER=str(folder),
            STOP_SECONDS="20",
            DEFAULT_SIZE="512",
        )
        self.events: list[str] = []

    def ask(self, person: int, action: str = "draw", **more: str) -> str:
        """Write a request down; the platform delivers it."""
        event = f"event-{len(self.events)}"
        self.events.append(event)
        asked = {"person": f"p{person}", "action": action, "text": f"picture {event}", **more}
        draft = self.folder / "draft"
        draft.write_text(json.dumps(asked))
        draft.rename(self.folder / "asked" / f"{event}.json")
        return event

    def answer(self, event: str) -> str | None:
        path = self.folder / "answers" / event
        return path.read_text() if path.exists() else None

    @property
    def jobs(self) -> dict[str, str]:
        """The job of each event that became one."""
        answers = {event: self.answer(event) for event in self.events}
        return {event: said for event, said in answers.items() if said and said[:4] == "job_"}

    def messages(self) -> dict[str, dict[str, object]]:
        found = [json.loads(path.read_text()) for path in self.folder.glob("messages/*.json")]
        return {str(message["job"]): message for message in found}

    def is_over(self) -> bool:
        """Whether everybody has been told how everything ended."""
        said = self.messages()
        open_ = {"queued", "running"}
        return all(self.answer(event) for event in self.events) and all(
            said.get(job, {"status": "queued"})["status"] not in open_ for job in self.jobs.values()
        )

    def rows(self, query: str) -> list[sa.Row[tuple[object, ...]]]:
        engine = sa.create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            found = list(connection.execute(sa.text(query)))
        engine.dispose()
        return found


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> postgres.Cluster | None:
    if request.getfixturevalue("database") == "sqlite":
        return None
    own: postgres.Cluster = request.getfixturevalue("own_cluster")
    return own


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it becomes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.2)
    return True


@pytest.mark.timeout(6 * 3600 if ASKED else 600)
@pytest.mark.parametrize(("database", "provider"), RUNS)
async def test_nothing_is_lost_and_nothing_paid_twice(
    tmp_path: Path, database: str, provider: str, cluster: postgres.Cluster | None
) -> None:
    chance = random.Random(f"{SEED} {database} {provider}")
    run = Run(tmp_path, cluster.url if cluster else "", provider)
    troubles = Troubles(run.program, tmp_path, chance, cluster)
    await asyncio.to_thread(run.program.start)
    for number in range(TROUBLES):
        while len(run.events) < REQUESTS * (number + 1) // TROUBLES:
            run.ask(chance.randrange(PEOPLE))
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        await asyncio.to_thread(troubles.one, LONGEST)
    told = f"{troubles.happened}\n"
    assert await until(run.is_over, HEALING_SECONDS), told + run.program.log
    for person in range(PEOPLE):  # nobody is locked out
        run.ask(person)
    assert await until(run.is_over, HEALING_SECONDS), told + run.program.log
    assert await until(lambda: not pending(run), HEALING_SECONDS), told + run.program.log
    await asyncio.to_thread(run.program.stop)
    check_messages(run, told)
    check_payments(run, told)
    check_nothing_is_left_over(run, told)


def pending(run: Run) -> int:
    schema = "" if run.url.startswith("sqlite") else "dbos."
    query = f"SELECT 1 FROM {schema}workflow_status WHERE status IN ('PENDING', 'ENQUEUED')"
    return len(run.rows(query))


def check_messages(run: Run, told: str) -> None:
    """One job for each request, one message for each job, one end for each message."""
    jobs = list(run.jobs.values())
    assert len(jobs) == len(run.events) == len(set(jobs)), told
    assert sorted(run.messages()) == sorted(jobs), told
    ends: defaultdict[object, set[str]] = defaultdict(set)
    for path in run.folder.glob("shown/*"):
        text = path.read_text()
        shown = json.loads(text)
        if shown["status"] not in ("queued", "running"):
            ends[shown["job"]].add(text)
    assert {job: len(different) for job, different in ends.items()} == dict.fromkeys(jobs, 1), told
    assert not run.rows("SELECT id FROM jobs WHERE status IN ('queued', 'running') OR untold")


def check_payments(run: Run, told: str) -> None:
    """What was paid is there, or its person was asked; nothing was paid twice."""
    paid = Counter(path.name.partition(".")[0] for path in run.folder.glob("paid/*"))
    assert max(paid.values()) == 1, told
    cuts = sum(trouble.startswith(("kill", "stop")) for trouble in map(str, told.split("'")))
    asked = 0
    for job, message in run.messages().items():
        if message["status"] == "succeeded":
            assert paid[job] == 1, told
            continue
        problem = message["problem"]
        assert problem in (TOLD | {"cut_off"}), (problem, told)
        asked += problem == "cut_off"
        if problem in TOLD:
            assert not paid[job], (job, told)
    assert asked <= 3 * cuts * PEOPLE, told
    assert any(message["status"] == "succeeded" for message in run.messages().values())


def check_nothing_is_left_over(run: Run, told: str) -> None:
    """Each row has its file, each file its row, and each picture of a message both."""
    media = run.folder / "data" / "media"
    rows = {str(path): str(image) for image, path in run.rows("SELECT id, path FROM pictures")}
    files = {str(path.relative_to(media)) for path in media.rglob("*.*") if path.suffix != ".json"}
    assert set(rows) == files, told
    said = [image for message in run.messages().values() for image in message["pictures"]]  # type: ignore[attr-defined]
    assert sorted(said) == sorted(rows.values()), told
