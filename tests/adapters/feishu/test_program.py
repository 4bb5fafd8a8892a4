"""The real program with only Feishu configured: asked, killed, started again, stopped."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.feishu.stage import APP_ID, APP_SECRET, Stage
from tests.support.forked_program import ForkedProgram

PATIENT = ("tests.support.patience",)


@pytest.fixture
def program(tmp_path: Path, stage: Stage) -> Iterator[ForkedProgram]:
    made = ForkedProgram(
        tmp_path,
        command=PATIENT,
        FEISHU_APP_ID=APP_ID,
        FEISHU_APP_SECRET=APP_SECRET,
        FEISHU_DOMAIN=stage.remote.url,
        DEMO_SECONDS="1",
        DEFAULT_SIZE="512",
        LOG_LEVEL="debug",
    )
    yield made
    if made._process is not None:
        made.stop()


async def test_killed_after_it_was_asked_it_answers_once(
    program: ForkedProgram, stage: Stage
) -> None:
    await stage.person("Ann")
    chat = await stage.chat("p2p", "Ann")
    program.start(page=False)
    await stage.sockets(1)
    sent = await stage.say(chat, "Ann", "画一只猫")
    await stage.acked(sent)
    program.stop()
    await stage.sockets(0)
    program.start(page=False)
    [socket] = await stage.sockets(1)
    again = await stage.remote.ask("deliver_again", {"event_id": sent["event_id"]})
    assert again["answer"]["code"] == 200
    card = await stage.done(chat)
    assert len(await stage.messages(chat)) == 1
    pressed = await stage.click(card["message_id"], "Ann", text="再来一张")
    assert pressed["error"] is None
    await stage.done(chat, 2)
    assert program.stop(signal.SIGTERM) == 0
    await stage.sockets(0)
    assert socket
    log = program.log
    assert "200340" in log
    assert not re.search(r"ticket=[0-9a-f]{16}|access_key|t-[0-9a-zA-Z]{20}", log)
    assert APP_SECRET not in log
    assert "Unclosed" not in log
    assert "Traceback" not in log


async def test_a_wrong_secret_ends_it_with_a_sentence(tmp_path: Path, stage: Stage) -> None:
    program = ForkedProgram(
        tmp_path,
        FEISHU_APP_ID=APP_ID,
        FEISHU_APP_SECRET="wrong",
        FEISHU_DOMAIN=stage.remote.url,
    )
    program.start(page=False)
    assert program.wait() == 1
    assert "check FEISHU_APP_SECRET" in program.log
    assert "Traceback" not in program.log


async def test_two_processes_of_one_app_answer_each_event_once(
    tmp_path: Path, stage: Stage, postgres_url: str
) -> None:
    """Each event goes to either of them, and comes again when its acknowledgement is lost."""
    programs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        program = ForkedProgram(
            tmp_path / name,
            command=PATIENT,
            FEISHU_APP_ID=APP_ID,
            FEISHU_APP_SECRET=APP_SECRET,
            FEISHU_DOMAIN=stage.remote.url,
            DEMO_SECONDS="1",
            DEFAULT_SIZE="512",
            DATABASE_URL=postgres_url,
            MEDIA_URL=(tmp_path / "media").as_uri(),
            EXECUTOR_ID=name,
        )
        program.start()
        programs.append(program)
    try:
        await stage.sockets(2)
        await stage.remote.set(lose_acks=6)
        chats = []
        for number in range(6):
            await stage.person(f"P{number}")
            chats.append(await stage.chat("p2p", f"P{number}"))
            await stage.say(chats[-1], f"P{number}", "画一只猫")
        for number, chat in enumerate(chats):
            card = await stage.done(chat)
            pressed = await stage.click(card["message_id"], f"P{number}", text="再来一张")
            assert pressed["error"] is None
            await stage.done(chat, 2)

        async def acked() -> bool:
            events = await stage.remote.ask("events")
            if not any(event["busy"] for event in events):
                await stage.advance(20)
            return all(event["acked"] for event in events)

        await stage.until(acked, "every event is acknowledged")
        assert len(await stage.messages()) == 2 * len(chats)
    finally:
        for program in programs:
            program.stop()
