"""Private stays private: what others see after a private request, whatever is done with it."""

import asyncio
import random

import pytest

from adapters.discord.interactions import drawing
from bot.domain.jobs import Job
from bot.domain.requests import Incoming
from tests.adapters.discord.stage import Shown, Stage
from tests.support.scripted import Scripted

SECRET = "a proposal under the oak"
REFUSED = "cannot be done here"


async def _private(stage: Stage, prompt: str = SECRET) -> tuple[Shown, str]:
    """A private picture of Alice's, and its number."""
    asked = await stage.slash("imagine", options={"prompt": prompt, "private": True})
    shown = await stage.picture(asked)
    assert shown["ephemeral"]
    return shown, (await stage.app.history.jobs_of("discord", stage.alice))[0].id


async def _nothing_leaked(stage: Stage) -> None:
    """What Bob sees in the channel, and what was made for it: nothing of Alice's secret."""
    for message in await stage.messages(stage.bob):
        assert SECRET not in message["content"]
        assert not any(SECRET in str(file) for file in message["attachments"])
    for job in await stage.app.history.jobs_of("discord", stage.alice):
        assert job.private or SECRET not in f"{job.prompt} {job.text}"
        assert job.private or not await _worked_from_a_private_one(stage, job)


async def _worked_from_a_private_one(stage: Stage, job: Job) -> bool:
    history = stage.app.history
    kept = [await history.picture(image_id) for image_id in job.references]
    sources = [await history.job(each.job_id) for each in kept if each and each.job_id]
    return any(source.private for source in sources if source)


async def test_commands_after_a_private_request_are_private(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    _, number = await _private(stage)
    for name, options in (
        ("again", {}),
        ("edit", {"instruction": "make it warmer"}),
        ("show", {"id": number}),
        ("again", {"ratio": "16:9"}),
    ):
        shown = await stage.picture(await stage.slash(name, options=options))
        assert shown["ephemeral"], name
    assert len(provider.submitted) == 4
    assert len(provider.submitted[2].references) == 1
    await _nothing_leaked(stage)


@pytest.mark.parametrize("label", ["Again", "Pro version", "Larger", "Variations", "Details"])
async def test_buttons_under_a_private_picture_answer_privately(stage: Stage, label: str) -> None:
    await stage.start()
    shown, _ = await _private(stage)
    answered = await stage.answer(await stage.click(shown, label))
    assert answered["ephemeral"]
    await _nothing_leaked(stage)


async def test_a_form_and_the_menu_of_a_private_picture_answer_privately(stage: Stage) -> None:
    await stage.start()
    shown, _ = await _private(stage)
    form = await stage.click(shown, "Edit")
    assert (await stage.picture(await stage.submit(form, instruction="warmer")))["ephemeral"]
    form = await stage.menu(shown["id"], "Edit picture")
    assert (await stage.picture(await stage.submit(form, instruction="cooler")))["ephemeral"]
    assert (await stage.answer(await stage.menu(shown["id"], "Picture details")))["ephemeral"]
    assert (await stage.answer(await stage.menu(shown["id"], "Use as reference")))["ephemeral"]
    await _nothing_leaked(stage)
    asked = await stage.slash("imagine", options={"prompt": "a hat"})
    assert not (await stage.picture(asked))["ephemeral"]  # what was put aside is not for this
    await _nothing_leaked(stage)


@pytest.mark.parametrize("text", ["again", "make it warmer", "details", "再来一张", "delete"])
async def test_a_mention_after_a_private_request_is_refused(
    stage: Stage, provider: Scripted, text: str
) -> None:
    await stage.start()
    await _private(stage)
    told = await stage.reply((await stage.type(text, mention=True))["message"])
    assert REFUSED in told["content"] or "这里不能" in told["content"]
    assert len(provider.submitted) == 1
    await _nothing_leaked(stage)


async def test_a_mention_of_the_history_lists_nothing_private(stage: Stage) -> None:
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a lighthouse"}))
    await _private(stage)
    told = await stage.reply((await stage.type("history", mention=True))["message"])
    assert "a lighthouse" in told["content"]
    await _nothing_leaked(stage)


async def test_anothers_private_picture_is_not_found(stage: Stage) -> None:
    await stage.start()
    _, number = await _private(stage)
    for options in ({"id": number}, {"id": number, "private": True}, {"id": "job_never"}):
        asked = await stage.slash("show", stage.bob, options=options)
        told = await (stage.answer if options.get("private") else stage.aside)(asked)
        assert "内容已不存在" in told["content"]
        assert not told["attachments"]
    await _nothing_leaked(stage)


async def test_anothers_public_picture_is_shown_with_its_author(stage: Stage) -> None:
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a lighthouse"}))
    number = (await stage.app.history.jobs_of("discord", stage.alice))[0].id
    for private in (False, True):
        options = {"id": number, "private": private}
        shown = await stage.picture(await stage.slash("show", stage.bob, options=options))
        assert shown["ephemeral"] is private
        assert f"a lighthouse — <@{stage.alice}>" in shown["content"]
        assert stage.bob not in shown["content"]


@pytest.mark.parametrize("seed", range(3))
async def test_any_way_after_any_other(stage: Stage, provider: Scripted, seed: int) -> None:
    """Ways drawn at random, by both people, with what the last one has left behind."""
    await stage.start()
    shown, number = await _private(stage)
    drawn, pressed = random.Random(seed), set()
    for _ in range(8):
        way = drawn.choice(("again", "edit", "show", "click", "mention", "theirs", "history"))
        match way:
            case "again" | "edit" | "show":
                given = {"again": {}, "edit": {"instruction": "warmer"}, "show": {"id": number}}
                shown = await stage.picture(await stage.slash(way, options=given[way]))
                assert shown["ephemeral"]
            case "click":
                label = drawn.choice(("Again", "Variations", "Details"))
                buttons = {button["label"]: button["custom_id"] for button in shown["buttons"]}
                # Twice within seconds is one request.
                if label in buttons and buttons[label] not in pressed:
                    pressed.add(buttons[label])
                    assert (await stage.answer(await stage.click(shown, label)))["ephemeral"]
            case "mention":
                text = drawn.choice(("again", "make it warmer", "details"))
                told = await stage.reply((await stage.type(text, mention=True))["message"])
                assert REFUSED in told["content"]
            case "theirs":
                asked = await stage.slash("show", stage.bob, options={"id": number})
                assert "内容已不存在" in (await stage.aside(asked))["content"]
            case _:
                assert (await stage.answer(await stage.slash("history")))["ephemeral"]
        await _nothing_leaked(stage)


async def test_an_answer_is_private_where_it_is_not_known_in_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acknowledgement cannot wait, and decides it."""
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a lighthouse"}))

    async def never(request: Incoming) -> bool:
        await asyncio.Event().wait()
        return False

    monkeypatch.setattr(stage.app.bot, "starts_private", never)
    monkeypatch.setattr(drawing, "KNOWING_SECONDS", 0.05)
    again = await stage.picture(await stage.slash("again"))
    assert again["ephemeral"]


async def test_what_was_public_stays_public(stage: Stage) -> None:
    await stage.start()
    await _private(stage)
    await stage.picture(await stage.slash("imagine", options={"prompt": "a lighthouse"}))
    for name, options in (("again", {}), ("edit", {"instruction": "make it warmer"})):
        shown = await stage.picture(await stage.slash(name, options=options))
        assert not shown["ephemeral"], name
    await _nothing_leaked(stage)
