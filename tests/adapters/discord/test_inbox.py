"""What came and was not dealt with when the program ended is taken up by the next one."""

import asyncio
import stat
from pathlib import Path

import pytest

from adapters.discord.gateway import client, inbox
from adapters.discord.gateway.inbox import Inbox
from bot.domain.failures import Failure
from bot.domain.requests import Accepted, Incoming
from bot.engine.engine import Engine
from messages import Notice
from tests.adapters.discord.stage import Shown, Stage, until
from tests.support.scripted import Scripted

MESSAGE = {"id": "1", "content": "猫"}


def events(box: Inbox, now: float = 1.0) -> list[str]:
    return [data["id"] for _, data in box.left(now)]


def test_what_was_not_dealt_with_is_left_to_the_next_program(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "inbox")
    for id in ("3", "1", "2"):
        box.put("MESSAGE_CREATE", MESSAGE | {"id": id}, float(id))
    with box.handling(3):
        assert box.entry("3") == inbox.InboxEntry(3.0, again=False)
    assert box.entry("3") is None
    assert events(box) == []  # 1 and 2 are still being handled

    after = Inbox(tmp_path / "inbox")
    assert after.left(10.0) == [
        ("MESSAGE_CREATE", MESSAGE | {"id": "1"}),
        ("MESSAGE_CREATE", MESSAGE | {"id": "2"}),
    ]
    assert after.entry(1) == inbox.InboxEntry(1.0, again=True)
    assert events(after) == []
    after.put("MESSAGE_CREATE", MESSAGE, 11.0)
    assert after.entry(1) == inbox.InboxEntry(1.0, again=True)
    for id in (1, 2):
        with after.handling(id):
            pass
    assert events(Inbox(tmp_path / "inbox")) == []


def test_a_handler_that_breaks_is_done_and_one_that_is_cancelled_is_not(tmp_path: Path) -> None:
    box = Inbox(tmp_path)
    for error in (ValueError, asyncio.CancelledError):
        box.put("MESSAGE_CREATE", MESSAGE, 1.0)
        with pytest.raises(error), box.handling(1):
            raise error
        assert events(box) == ([] if error is ValueError else ["1"])
        box.leave("1")


def test_what_is_old_or_cut_off_goes(tmp_path: Path) -> None:
    box = Inbox(tmp_path)
    box.put("MESSAGE_CREATE", MESSAGE, 1000.0)
    for name, text in (("2", "{"), ("3", "{}"), ("4", '{"at": 1, "name": "", "data": 1}')):
        (tmp_path / f"{name}.json").write_text(text)
    assert events(Inbox(tmp_path), 1000.0 + inbox.KEPT_SECONDS + 1) == []
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_can_read_it_and_it_does_not_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST", 2)
    box = Inbox(tmp_path / "inbox")
    for id in "123":
        box.put("MESSAGE_CREATE", MESSAGE | {"id": id}, 1.0)
    assert len(list((tmp_path / "inbox").iterdir())) == 2
    assert stat.S_IMODE((tmp_path / "inbox").stat().st_mode) == 0o700


def test_without_a_folder_everything_is_handled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    box = Inbox(tmp_path / "file" / "inbox")
    box.put("MESSAGE_CREATE", MESSAGE, 1.0)
    with box.handling(1):
        pass
    assert events(box) == []


@pytest.mark.parametrize("id", ["../1", "a", ""])
def test_no_event_names_a_file_elsewhere(tmp_path: Path, id: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Inbox(tmp_path).put("MESSAGE_CREATE", MESSAGE | {"id": id}, 1.0)
    assert list(tmp_path.iterdir()) == []


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


async def restart(stage: Stage, gate: Gate, events: int = 1) -> None:
    """What was asked has arrived: end the program in the middle, and start it again."""
    kept = stage.settings.data_dir / "inbox" / "local"

    async def arrived() -> bool:
        return kept.exists() and len(list(kept.iterdir())) == events

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
    await stage.discord.fault({"path": "/callback$", "delay": 3.2})
    await stage.slash("imagine", options={"prompt": "a cat"}, wait=0.01)

    async def stored() -> bool:
        return bool(await stage.app.history.jobs_of("discord", stage.alice))

    await until(stored, "the job")
    await stage.stop()
    await stage.start()

    async def seen() -> list[Shown]:
        shown = [message for message in await stage.messages() if message["by_bot"]]
        return shown if any(message["attachments"] for message in shown) else []

    assert len(await until(seen, "the picture")) == 1


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
    assert "/forget-me" in (await stage.answer(asked))["content"]


async def test_what_is_not_for_the_bot_is_not_written_down(stage: Stage) -> None:
    await stage.start()
    await stage.type("hello everybody")
    said = await stage.type("a cat", mention=True)
    await stage.drawn(said["message"])
    kept = stage.settings.data_dir / "inbox" / "local"

    async def empty() -> bool:
        return kept.exists() and not any(kept.iterdir())

    await until(empty, "nothing is left")
