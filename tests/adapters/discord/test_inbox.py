"""What came and was not dealt with when the program ended is taken up by the next one."""

import asyncio
import json
import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.discord.gateway import client
from bot.domain.failures import Failure
from bot.domain.requests import Accepted, Incoming
from bot.engine import takeover
from bot.engine.engine import Engine
from bot.ports import Event
from bot.runtime.executor_lock import ExecutorLock
from bot.storage.database import Database
from bot.storage.inbox_journal import InboxJournal
from messages import Notice
from tests.adapters.discord.stage import Shown, Stage, until
from tests.support.scripted import Scripted


class Gate:
    """In front of the engine: while it is closed, what comes gets no further."""

    closed = False


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made, receive = Gate(), Engine.receive

    async def gated(engine: Engine, incoming: Incoming) -> Accepted | Notice | Failure:
        if made.closed:
            await asyncio.Event().wait()
        return await receive(engine, incoming)

    monkeypatch.setattr(Engine, "receive", gated)
    monkeypatch.setattr(client, "CLOSING_SECONDS", 0.05)
    return made


@pytest.fixture
async def stuck(stage: Stage, gate: Gate) -> Gate:
    """A bot that acknowledges, and gets no further."""
    await stage.start()
    gate.closed = True
    return gate


async def kept(stage: Stage) -> list[dict[str, Any]]:
    """What is in the inbox."""
    rows = await stage.app.database.read(sa.select(sa.text("* FROM inbox")))
    return [dict(row) for row in rows]


async def restart(stage: Stage, gate: Gate, events: int = 1) -> None:
    """What was asked has arrived: end the program in the middle, and start it again."""

    async def arrived() -> bool:
        return len(await kept(stage)) == events

    await until(arrived, "it is written down")
    await stage.stop()
    gate.closed = False
    await stage.start()


async def test_what_was_acknowledged_is_answered_after_a_crash(
    stage: Stage, stuck: Gate, provider: Scripted
) -> None:
    asked = await stage.slash("imagine", options={"prompt": "a cat"})
    assert asked["response"] == 5
    await restart(stage, stuck)
    shown = await stage.picture(asked)
    assert [m["id"] for m in await stage.messages() if m["by_bot"]] == [shown["id"]]
    assert len(provider.submitted) == 1

    await stage.start()  # and that was all
    assert await stage.app.history.jobs_of("discord", stage.alice)
    assert len(provider.submitted) == 1


async def test_what_was_said_is_answered_after_a_crash(
    stage: Stage, stuck: Gate, provider: Scripted
) -> None:
    said = await stage.type("a cat", mention=True)
    await restart(stage, stuck)
    assert await stage.drawn(said["message"])
    assert len(provider.submitted) == 1


async def test_what_is_stored_is_not_acknowledged_once_more(stage: Stage, gate: Gate) -> None:
    await stage.start()
    await stage.discord.set(ack_limit=0.01)
    await stage.discord.fault({"path": "/callback$", "delay": 3.2})
    await stage.slash("imagine", options={"prompt": "a cat"}, wait=0.01)

    async def stored() -> bool:
        return bool(await stage.app.history.jobs_of("discord", stage.alice))

    await until(stored, "the job")
    await stage.stop()
    await stage.start()

    async def seen() -> list[Shown]:
        seen = [message for message in await stage.messages() if message["by_bot"]]
        shown = [message for message in seen if not message["pings"]]  # who has waited is called
        return shown if any(message["attachments"] for message in shown) else []

    shown = await until(seen, "the picture")
    assert len([message for message in shown if message["attachments"]]) == 1
    assert not any(message["loading"] for message in shown)


async def test_a_double_press_is_one_request_also_across_a_crash(
    stage: Stage, provider: Scripted, gate: Gate
) -> None:
    await stage.start()
    shown = await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    gate.closed = True
    presses = [await stage.click(shown, "Again") for _ in range(2)]
    assert [press["response"] for press in presses] == [5, 5]
    await restart(stage, gate, events=2)

    async def one() -> bool:
        seen = [m for m in await stage.messages() if m["by_bot"] and m["id"] != shown["id"]]
        return len(seen) == 1 and bool(seen[0]["attachments"])

    await until(one, "one picture, and no other message")
    assert len(provider.submitted) == 2


async def test_words_are_said_after_a_crash(stage: Stage, stuck: Gate) -> None:
    asked = await stage.slash("help")
    assert asked["response"] == 5
    await restart(stage, stuck)
    assert (await stage.answer(asked))["content"].startswith("**I make pictures.**")


async def test_what_is_not_for_the_bot_is_not_written_down(stage: Stage) -> None:
    await stage.start()
    await stage.type("hello everybody")
    said = await stage.type("a cat", mention=True)
    await stage.drawn(said["message"])

    async def empty() -> bool:
        return not await kept(stage)

    await until(empty, "nothing is left")


async def asked_and_stopped(stage: Stage, gate: Gate) -> list[dict[str, Any]]:
    """A bot was asked by a command and in words, and was ended meanwhile: what it has kept."""
    await stage.slash("imagine", options={"prompt": "a cat"})
    await stage.type("a dog", mention=True)

    async def arrived() -> bool:
        return len(await kept(stage)) == 2

    await until(arrived, "it is written down")
    rows = await kept(stage)
    await stage.stop()
    gate.closed = False
    return rows


async def answered(stage: Stage, provider: Scripted) -> None:
    async def both() -> bool:
        seen = [message for message in await stage.messages() if message["by_bot"]]
        shown = [message for message in seen if not message["pings"]]  # who has waited is called
        return len(shown) == 2 and all(message["attachments"] for message in shown)

    await until(both, "two pictures")
    assert len(provider.submitted) == 2
    assert {job.requester for job in await stage.app.history.jobs_of("discord", stage.alice)} == {
        stage.alice
    }


def change(stage: Stage, query: str) -> None:
    database = sqlite3.connect(stage.settings.data_dir / "banana-bot.sqlite3")
    database.execute(query)
    database.commit()
    database.close()


async def test_what_another_has_left_that_is_gone_is_taken_up(
    stage: Stage, stuck: Gate, provider: Scripted
) -> None:
    rows = await asked_and_stopped(stage, stuck)
    assert {row["executor"] for row in rows} == {stage.app.executor_id}
    assert {row["requester"] for row in rows} == {stage.alice}
    change(stage, "UPDATE inbox SET executor = 'gone'")
    await stage.start()
    await answered(stage, provider)


async def test_it_is_looked_for_again_and_again(
    stage: Stage, stuck: Gate, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked_and_stopped(stage, stuck)
    monkeypatch.setattr(takeover, "LOOK_SECONDS", 0.1)
    change(stage, "UPDATE inbox SET executor = 'other'")
    lock = ExecutorLock(Database(stage.settings.database), "other")
    lock.take()
    await stage.start()
    looking = asyncio.create_task(stage.app.engine.take_over())
    await asyncio.sleep(0.3)
    assert not provider.submitted
    lock.release()
    await answered(stage, provider)
    looking.cancel()


async def test_what_one_has_left_that_lives_and_listens_no_more_is_taken_up(
    stage: Stage, stuck: Gate, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database was started again, and another process was the first to have the lock
    on the shards."""
    mine: set[int] = set()

    async def assigned(work: str, total: int) -> frozenset[int]:
        return frozenset(mine)

    async def released() -> bool:
        return [row["executor"] for row in await kept(stage)] == [""] * 2

    await stage.slash("imagine", options={"prompt": "a cat"})
    await stage.type("a dog", mention=True)
    monkeypatch.setattr(stage.app.bot.partitions, "assigned", assigned)
    await until(released, "they are nobody's")
    stuck.closed = False
    mine.add(0)
    await answered(stage, provider)


@pytest.mark.parametrize("executor", ["local", "gone"])
async def test_files_of_the_version_before_are_taken_up(
    stage: Stage, stuck: Gate, provider: Scripted, executor: str
) -> None:
    rows = await asked_and_stopped(stage, stuck)
    change(stage, "DELETE FROM inbox")
    folder = stage.settings.data_dir / "inbox" / executor
    folder.mkdir(parents=True)
    for row in rows:
        old = {"name": row["name"], "at": row["at"]}
        text = json.dumps({**old, "data": json.loads(row["data"])})
        (folder / f"{row['event_id']}.json").write_text(text, "utf-8")
    await stage.start()
    assert not folder.parent.exists()
    await answered(stage, provider)


@pytest.mark.parametrize("running", [False, True], ids=["at the start", "meanwhile"])
async def test_what_another_has_noted_and_not_stored_is_taken_up(
    stage: Stage, stuck: Gate, provider: Scripted, running: bool
) -> None:
    """As when another process on this SQLite database was killed in that moment."""
    rows = await asked_and_stopped(stage, stuck)
    change(stage, "DELETE FROM inbox")
    if running:
        await stage.start()
    path = stage.settings.data_dir / "banana-bot.sqlite3-inbox-1"
    journal = InboxJournal(path, "gone")
    for row in rows:
        names = ("name", "requester", "data", "at")
        event = Event(row["event_id"], **{name: row[name] for name in names})
        assert journal.note("discord", event)
    journal.close()
    if running:
        await stage.app.engine._takeover.survey()
    else:
        await stage.start()
    await answered(stage, provider)
    assert not path.exists()


async def test_a_reply_in_words_survives_a_crash(stage: Stage) -> None:
    """The message was dealt with; only Discord did not take the reply."""
    await stage.start()
    await stage.discord.fault({"path": "/messages$", "status": 503, "times": 3})
    said = await stage.type("", mention=True)

    async def stored() -> bool:
        return bool(await stage.app.database.read(sa.select(sa.text("* FROM outbox"))))

    async def forgotten() -> bool:
        return not await stored()

    await until(stored, "it is written down")
    await stage.stop()
    change(stage, "DELETE FROM inbox")
    await stage.start()

    assert "/imagine" in (await stage.reply(said["message"]))["content"]
    await until(forgotten, "it is forgotten")
    assert len([message for message in await stage.messages() if message["by_bot"]]) == 1
