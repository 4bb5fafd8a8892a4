"""The real program on Discord: one process listens, another draws and answers without a gateway."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.adapters.discord.stage import PATIENCE, Shown, Stage, labels, until
from tests.support.forked_program import ForkedProgram


@pytest.fixture
def programs(tmp_path: Path, stage: Stage, postgres_url: str) -> Iterator[dict[str, ForkedProgram]]:
    """A gateway and a worker, which share a database and nothing else."""
    made = {
        role: ForkedProgram(
            tmp_path,
            BOT_ADAPTERS="discord",
            BOT_ROLE=role,
            EXECUTOR_ID=role,
            DATABASE_URL=postgres_url,
            DISCORD_TOKEN="emulated.discord.token",
            DISCORD_API_BASE=f"{stage.discord.url}/api/v10",
            DISCORD_GATEWAY_URL=f"{stage.discord.url.replace('http', 'ws')}/",
            DEMO_SECONDS="1",
            DEFAULT_SIZE="512",
        )
        for role in ("gateway", "worker")
    }
    yield made
    for program in made.values():
        if program._process is not None:
            program.stop()


async def test_a_worker_answers_over_rest_also_while_nobody_listens(
    programs: dict[str, ForkedProgram], stage: Stage
) -> None:
    gateway, worker = programs["gateway"], programs["worker"]
    gateway.start(page=False)

    await until(partial(listens, stage), "the gateway")
    asked = {"as": stage.alice, "channel": stage.channel, "name": "imagine"}
    options = {"prompt": "a lighthouse", "image": {"filename": "sea.png", "picture": [64, 64]}}
    slash = await stage.discord.ask("slash", {**asked, "options": options, "wait": PATIENCE})
    assert slash["response"] == 5
    mention = {"as": stage.alice, "channel": stage.channel, "mention": True}
    await stage.discord.ask("type", {**mention, "content": "a red fox"})

    async def stored() -> bool:
        return len(gateway.logged("accepted")) == 2

    await until(stored, "two jobs")
    gateway.stop(signal.SIGKILL)
    worker.start(page=False)

    async def answers() -> list[Shown]:
        seen = await stage.discord.ask(f"messages?channel={stage.channel}")
        done = [one for one in seen if one["by_bot"] and one["visible_attachments"]]
        return done if len(done) == 2 else []

    for answer in await until(answers, "two pictures"):
        assert "Again" in labels(answer)
    sessions = (await stage.discord.ask("sessions"))["sessions"]
    assert not any(session["connected"] for session in sessions)
    assert worker.stop(signal.SIGTERM) == 0
    for program in programs.values():
        assert "Unclosed" not in program.log
        assert "emulated.discord.token" not in program.log


@pytest.mark.parametrize("successor", ["first", "second"])
async def test_killed_before_it_has_answered_it_is_answered_all_the_same(
    tmp_path: Path, stage: Stage, successor: str
) -> None:
    """By itself when it is started again, or by one of another name with the same database."""
    configuration = {
        "BOT_ADAPTERS": "discord",
        "DISCORD_TOKEN": "emulated.discord.token",
        "DISCORD_API_BASE": f"{stage.discord.url}/api/v10",
        "DISCORD_GATEWAY_URL": f"{stage.discord.url.replace('http', 'ws')}/",
    }
    first = ForkedProgram(tmp_path, EXECUTOR_ID="first", **configuration)
    then = ForkedProgram(tmp_path, EXECUTOR_ID=successor, **configuration)

    def inbox(query: str) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(tmp_path / "data" / "banana-bot.sqlite3")) as database:
            found = database.execute(query).fetchall()
            database.commit()
            return found

    async def stored() -> bool:
        [(event, executor)] = inbox("SELECT event_id, executor FROM inbox") or [("", "")]
        return event == helped["id"] and executor.startswith("first-")

    async def forgotten() -> bool:
        return not inbox("SELECT event_id, executor FROM inbox")

    try:
        first.start(page=False)
        await until(partial(listens, stage), "it listens")
        await stage.discord.fault({"path": "/messages/@original$", "delay": 5})
        helped = await stage.slash("help")
        assert helped["response"] == 5
        await until(stored, "the event")
        first.stop(signal.SIGKILL)
        then.start(page=False)
        assert (await stage.answer(helped))["content"].startswith("**I make pictures.**")
        await until(forgotten, "it is forgotten")
        assert then.stop(signal.SIGTERM) == 0
    finally:
        for program in (first, then):
            if program._process is not None:
                program.stop()
    assert first.log.count("taken up again") == 1
    assert "Traceback" not in first.log


async def listens(stage: Stage) -> bool:
    """Whether the commands are there, and somebody who hears of them."""
    registered = (await stage.discord.ask("commands"))["scopes"].get("global")
    sessions = (await stage.discord.ask("sessions"))["sessions"]
    return bool(registered) and any(session["connected"] for session in sessions)
