"""The forms that are tried when a message is refused, and what a person then reads."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.delivery.forms import Form, following
from adapters.discord.refusals import Refusal
from bot.chat.ladder import ErrorKind
from tests.adapters.discord.delivering import PATIENCE, Stage, emulator, noise, stage

__all__ = ["emulator", "stage"]


def forms(*, files: bool) -> list[Form]:
    """All forms, where each is refused for what it shows."""
    found = [Form.WHOLE]
    while (after := following(found[-1], too_large=False, files=files)) is not None:
        found.append(after)
    return found


def test_each_cause_leads_to_the_form_that_helps() -> None:
    assert forms(files=True) == [Form.WHOLE, Form.WORDS, Form.BARE, Form.PLAIN]
    assert forms(files=False) == [Form.WHOLE, Form.PLAIN]
    assert following(Form.WHOLE, too_large=True, files=True) is Form.SMALLER
    assert following(Form.SMALLER, too_large=True, files=True) is Form.WORDS
    assert following(Form.SMALLER, too_large=True, files=False) is Form.PLAIN
    assert following(Form.WHOLE, too_large=True, files=False) is Form.PLAIN


@given(st.lists(st.booleans(), min_size=12, max_size=12), st.booleans())
def test_it_ends_and_tries_no_form_twice(too_large: list[bool], files: bool) -> None:
    tried = [Form.WHOLE]
    while (after := following(tried[-1], too_large=too_large.pop(), files=files)) is not None:
        tried.append(after)
    assert len(tried) == len({*tried}) <= 5


@given(st.integers(0, 1_000_000), st.sampled_from([400, 403, 404, 405, 409, 410, 422, 451]))
def test_an_unknown_code_is_simply_refused(code: int, status: int) -> None:
    known = {10003, 10004, 10008, 10015, 10062, 30046, 40005, 40094, 50001, 50005, 50007, 50013}
    known |= {50021, 50027, 50083, 50278, 160002, 160005}
    if code not in known:
        assert Refusal(code, status).kind is ErrorKind.REFUSED


# D6: files that are refused for another reason than their size


@pytest.mark.parametrize(
    ("code", "status"),
    [(20009, 400), (20009, 403), (50045, 400), (200000, 400), (240000, 400), (777_777, 403)],
)
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_refused_files_are_told_in_words(
    stage: Stage, code: int, status: int, locale: str
) -> None:
    stage.settings.web_public_url = "https://pictures.example"
    await stage.discord.set(refuse_files={"code": code, "status": status})
    said = {
        "en-US": "❌ Done, but it could not be shown here.",
        "zh-CN": "❌ 画好了，但没能发到这里。",
    }[locale]
    places = [
        await stage.interaction(),
        await stage.interaction(private=True),
        await stage.mention(),
        await stage.mention("dm"),
    ]
    for place in places:
        job, _ = await stage.draw(place, locale=locale)
        shown = await stage.message(job.address.message)
        assert said in shown["content"]
        assert "](<https://pictures.example/" in shown["content"]
        assert shown["attachments"] == []
        assert shown["buttons"]
    seen = [*await stage.messages(), *await stage.direct()]
    assert len(seen) == len(places)
    assert not any("enerating" in one["content"] or one["loading"] for one in seen)


async def uploads(stage: Stage) -> list[int]:
    """The sizes of the requests that brought files; of those that were refused unseen as well."""
    found = []
    for request in await stage.discord.requests("/messages"):
        body, kind = request["body"], request["headers"].get("content-type", "")
        if kind.startswith("multipart/"):
            read = isinstance(body, dict)
            found.append(sum(size for _, size in body["files"].values()) if read else int(body))
    return found


async def test_what_a_proxy_finds_too_large_is_made_smaller_once(stage: Stage) -> None:
    page = {"status": 413, "body": "<html>413 Request Entity Too Large</html>"}
    await stage.discord.fault({"path": "/webhooks", "files": True, **page})
    job, _ = await stage.draw(await stage.interaction(), noise(600))
    shown = await stage.message(job.address.message)
    assert len(shown["attachments"]) == 1
    assert "smaller copy" in shown["content"]
    first, second = await uploads(stage)
    assert second < first
    await stage.discord.fault({"path": "/webhooks", "files": True, "times": 9, **page})
    job, _ = await stage.draw(await stage.interaction(), noise(600, seed=2))
    assert "too large for this chat" in (await stage.message(job.address.message))["content"]
    assert len(await uploads(stage)) == 4


async def test_words_that_are_refused_are_left_out_before_the_picture(stage: Stage) -> None:
    """A prompt may have in it what a server's AutoMod blocks."""
    blocked = {"path": "/webhooks", "error": 200000}
    place = await stage.interaction()
    job_id = await stage.ask(place)
    job, message = await stage.shown(job_id)
    await stage.discord.fault({**blocked, "times": 2})
    await stage.delivery.show(job.address, message, "en")
    shown = await stage.message(job.address.message)
    assert len(shown["attachments"]) == 1
    assert "a cat" not in shown["content"]
    assert shown["content"].startswith("-# Nano Banana")
    await stage.discord.fault({**blocked, "times": 3})
    await stage.delivery.show(job.address, message, "en")
    shown = await stage.message(job.address.message)
    assert shown["attachments"] == []
    assert "could not be shown here" in shown["content"]


async def test_where_only_files_are_forbidden_words_are_the_last_resort(stage: Stage) -> None:
    await stage.discord.ask("user", {"id": stage.person, "dms": False})
    change = {"channel": stage.channel, "target": "bot", "deny": ["ATTACH_FILES"]}
    await stage.discord.ask("permissions", change)
    for place in (await stage.mention(), await stage.interaction()):
        job, _ = await stage.draw(place)
        shown = await stage.message(job.address.message)
        assert "I lack “Attach Files”" in shown["content"]
        assert "AI-generated" in shown["content"]
        assert shown["attachments"] == []
    assert len(await stage.messages()) == 2


async def test_what_nobody_can_be_shown_says_nothing_unfinished(stage: Stage) -> None:
    await stage.discord.ask("user", {"id": stage.person, "dms": False})
    place = await stage.interaction()
    refused = {"error": 424242, "status": 403, "times": 100_000}
    await stage.discord.fault(
        {"method": "PATCH", "path": "/messages", **refused},
        {"method": "POST", "path": "/webhooks", **refused},
        {"method": "POST", "path": "/channels", **refused},
    )
    job_id = await stage.ask(place, known=True)
    async with asyncio.timeout(PATIENCE):
        while not (await stage.job(job_id)).status.final or await stage.messages():
            await asyncio.sleep(0.05)
