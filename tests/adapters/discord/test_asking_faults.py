"""The first response: before anything else, and in spite of whatever happens to it."""

import asyncio
from typing import Any

import pytest

from messages import Status
from tests.adapters.discord.stage import PATIENCE, Shown, Stage, labels, until
from tests.support.scripted import Scripted

CALLBACK = "/callback$"


async def _imagine(stage: Stage, **more: Any) -> Shown:
    return await stage.slash("imagine", options={"prompt": "a cat"}, **more)


@pytest.mark.parametrize(
    "fault",
    [
        {"reset": True},
        {"reset": True, "times": 3},
        {"reset": True, "after": True},
        {"status": 500, "body": {}},
        {"status": 503, "body": {}},
        {"limited": {"retry_after": 0.3, "scope": "user"}},
        {"cloudflare": True},
    ],
    ids=str,
)
async def test_the_acknowledgement_is_sent_again(stage: Stage, fault: dict[str, Any]) -> None:
    await stage.start()
    await stage.discord.fault({"path": CALLBACK, **fault})
    asked = await _imagine(stage)
    assert asked["ack"] is not None
    assert asked["ack"] < 3
    await stage.picture(asked)


async def test_a_form_is_sent_again(stage: Stage) -> None:
    await stage.start()
    shown = await stage.picture(await _imagine(stage))
    await stage.discord.fault({"path": CALLBACK, "reset": True})
    form = await stage.click(shown, "Edit")
    assert form["response"] == 9


async def test_nothing_comes_before_the_acknowledgement(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await stage.picture(await _imagine(stage))
    busy = asyncio.Event()

    async def slow() -> Any:
        await busy.wait()
        return provider.offered

    provider.models = slow  # type: ignore[method-assign]
    asked = [
        await _imagine(stage),
        *[await stage.click(shown, label) for label in ("Again", "⋯ More", "Edit")],
        await stage.slash("settings"),
        await stage.slash("models"),
    ]
    busy.set()
    assert [each["response"] for each in asked] == [5, 5, 5, 9, 5, 5]
    await stage.picture(asked[0])
    requests = await stage.discord.requests("/interactions/") + await stage.discord.requests(
        "/webhooks/"
    )
    for each in asked:
        own = sorted((r for r in requests if each["token"] in r["path"]), key=lambda r: r["at"])
        assert own[0]["path"].endswith("/callback")


async def test_too_late_a_picture_comes_as_a_message(stage: Stage) -> None:
    await stage.start()
    await stage.discord.set(ack_limit=0.01)
    await stage.discord.fault({"path": CALLBACK, "delay": 0.1, "times": 2})
    asked = await _imagine(stage, wait=0.1)
    shown = await _posted(stage)
    assert (await stage.interaction(asked))["ack"] is None
    await stage.discord.set(ack_limit=PATIENCE)
    await stage.picture(await stage.click(shown, "Again"))


async def test_an_unknown_interaction_becomes_a_message(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    await stage.discord.fault({"path": CALLBACK, "error": 10062, "times": 2})
    await _imagine(stage, wait=0.1)
    await _posted(stage)
    await stage.slash("imagine", options={"prompt": "a", "private": True}, wait=0.1)
    await stage.picture(await _imagine(stage))
    assert len(provider.submitted) == 2


async def _posted(stage: Stage) -> Shown:
    async def look() -> Shown | None:
        found = [m for m in await stage.messages() if m["by_bot"] and m["attachments"]]
        return found[0] if found else None

    return await until(look, "a message of the bot's own")


async def test_later_answers_survive_a_reset(stage: Stage) -> None:
    await stage.start()
    await stage.discord.fault({"method": "PATCH", "path": "@original", "reset": True})
    assert "I make pictures" in (await stage.answer(await stage.slash("help")))["content"]
    await stage.discord.fault({"method": "PATCH", "path": "@original", "reset": True})
    panel = await stage.answer(await stage.slash("settings"))
    assert len(labels(panel)) == 3


async def test_what_breaks_here_is_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.start()

    async def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(stage.app.history, "jobs_of", broken)
    said = await stage.aside(await stage.slash("history"))
    assert "Something went wrong" in said["content"]
    assert "out of order" not in said["content"]


async def test_no_token_is_ever_logged(
    stage: Stage, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await stage.start()
    await stage.discord.fault(
        {"path": CALLBACK, "status": 500, "body": {}},
        {"path": CALLBACK, "reset": True},
        {"method": "PATCH", "path": "@original", "status": 500, "body": {}},
        {"method": "PATCH", "path": "@original", "reset": True},
    )
    asked = await _imagine(stage)
    await stage.picture(asked)
    await stage.answer(await stage.slash("help"))
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "accepted" in logged
    assert asked["token"] not in logged
    assert "emulated.discord.token" not in logged


async def test_a_request_is_stored_while_it_is_acknowledged(stage: Stage) -> None:
    await stage.start()
    await stage.discord.fault({"path": CALLBACK, "delay": 1.0})
    asked = await _imagine(stage, wait=0.01)

    async def stored() -> bool:
        return bool(await stage.app.history.jobs_of("discord", stage.alice))

    await until(stored, "the job")
    assert (await stage.interaction(asked))["ack"] is None
    shown = await stage.picture(asked)
    assert [m["id"] for m in await stage.messages() if m["by_bot"]] == [shown["id"]]


async def test_what_could_not_be_answered_is_not_made_and_the_person_is_told(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.discord.fault({"path": CALLBACK, "error": 10062})
    options = {"prompt": "a cat", "private": True}
    await stage.slash("imagine", options=options, wait=0.01)

    async def told() -> Shown | None:
        return next(iter(await stage.messages(channel="dm")), None)

    message = await until(told, "a direct message")
    assert "could not answer you in time" in message["content"]
    assert "Ask once more" in message["content"]
    [job] = await stage.app.history.jobs_of("discord", stage.alice)
    assert job.status is Status.FAILED
    assert provider.submitted == []
    await stage.picture(await stage.click(message, "Retry"))
