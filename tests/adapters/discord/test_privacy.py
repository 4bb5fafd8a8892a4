"""Private stays private: what others see after a private request, whatever is done with it."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from adapters.discord.gateway.messages import ALONE
from adapters.discord.interactions import drawing
from bot.domain.jobs import Job
from bot.domain.requests import Incoming
from messages import Button
from tests.adapters.discord.stage import Shown, Stage, labels, until
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


@pytest.mark.parametrize("label", ["again", "pro", "larger", "vary", "details"])
async def test_buttons_under_a_private_picture_answer_privately(stage: Stage, label: str) -> None:
    await stage.start()
    shown, _ = await _private(stage)
    answered = await stage.answer(await stage.press(shown, Button(label)))
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
    assert REFUSED in told["content"] or "这里不支持" in told["content"]
    assert len(provider.submitted) == 1
    await _nothing_leaked(stage)


@pytest.mark.parametrize(("words", "shown"), [("history", "a lighthouse"), ("settings", "Model")])
async def test_a_mention_opens_a_panel_for_one_person_alone(
    stage: Stage, words: str, shown: str
) -> None:
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a lighthouse"}))
    await _private(stage)
    told = await stage.reply((await stage.type(words, mention=True))["message"])
    assert "Only you will see your" in told["content"]
    assert "lighthouse" not in told["content"]
    opened = await stage.answer(await stage.click(told, labels(told)[0]))
    assert opened["ephemeral"]
    assert shown in opened["content"]
    theirs = await stage.answer(await stage.click(told, labels(told)[0], stage.bob))
    assert theirs["ephemeral"]
    assert "lighthouse" not in theirs["content"]
    await _nothing_leaked(stage)


async def test_anothers_private_picture_is_not_found(stage: Stage) -> None:
    await stage.start()
    _, number = await _private(stage)
    for options in ({"id": number}, {"id": number, "private": True}, {"id": "job_never"}):
        asked = await stage.slash("show", stage.bob, options=options)
        told = await (stage.answer if options.get("private") else stage.aside)(asked)
        assert "没找到这张图" in told["content"]
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
                button = drawn.choice((Button.AGAIN, Button.VARY, Button.DETAILS))
                # Twice within seconds is one request.
                about = shown["buttons"][0]["custom_id"] if shown["buttons"] else None
                if about and (about, button) not in pressed:
                    pressed.add((about, button))
                    assert (await stage.answer(await stage.press(shown, button)))["ephemeral"]
            case "mention":
                text = drawn.choice(("again", "make it warmer", "details"))
                told = await stage.reply((await stage.type(text, mention=True))["message"])
                assert REFUSED in told["content"]
            case "theirs":
                asked = await stage.slash("show", stage.bob, options={"id": number})
                assert "没找到这张图" in (await stage.aside(asked))["content"]
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

    monkeypatch.setattr(stage.app.bot, "is_for_one", never)
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


# Those who always want to be answered alone


async def _alone(stage: Stage, who: str) -> None:
    await stage.app.preferences.change("discord", who, private=True)


async def _direct(stage: Stage, who: str, check: Callable[[Shown], object] = bool) -> Shown:
    """The newest direct message of the bot to somebody, once ``check`` holds."""

    async def look() -> Shown | None:
        found = [each for each in await stage.messages(who, "dm") if each["by_bot"]]
        return found[-1] if found and check(found[-1]) else None

    return await until(look, "a direct message")


async def _is_marked(stage: Stage, said: Shown) -> None:
    """Wait until the bot has put its sign on a message."""

    async def look() -> bool:
        shown = await stage.message(said["message"])
        return any(each["emoji"]["name"] == ALONE for each in shown.get("reactions") or [])

    await until(look, "the sign")


async def test_who_wants_it_is_answered_alone_by_commands_and_buttons(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    theirs = await stage.picture(
        await stage.slash("imagine", stage.bob, options={"prompt": "a lighthouse"})
    )
    panel = await stage.answer(await stage.slash("settings"))
    await stage.click(panel, "🔒 Private: off")
    await stage.answer_of(panel, lambda m: "🔒 Private: on" in labels(m))

    async def is_alone(asking: Awaitable[Shown]) -> None:
        asked = await asking
        assert (await stage.picture(asked))["ephemeral"], asked["name"]

    await is_alone(stage.slash("imagine", options={"prompt": SECRET}))
    await is_alone(stage.slash("edit", options={"instruction": f"{SECRET}, warmer"}))
    await is_alone(stage.press(theirs, Button.AGAIN))
    await is_alone(stage.press(theirs, Button.ORIGINAL))
    form = await stage.press(theirs, Button.EDIT)
    await is_alone(stage.submit(form, instruction=SECRET))
    form = await stage.press(theirs, Button.WORDS)
    await is_alone(stage.submit(form, words=SECRET))
    await _nothing_leaked(stage)
    asked = await stage.slash("imagine", options={"prompt": "for all", "private": False})
    assert not (await stage.picture(asked))["ephemeral"]
    again = await stage.picture(await stage.press(theirs, Button.AGAIN, stage.bob))
    assert not again["ephemeral"]
    await stage.click(panel, "🔒 Private: on")
    await stage.answer_of(panel, lambda m: "🔒 Private: off" in labels(m))
    asked = await stage.slash("imagine", options={"prompt": "for all"})
    assert not (await stage.picture(asked))["ephemeral"]


async def test_who_wants_it_is_answered_alone_when_they_mention_the_bot(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await _alone(stage, stage.alice)
    said = await stage.type("a lighthouse, 4 pictures", mention=True)
    await _is_marked(stage, said)
    shown = await _direct(stage, stage.alice, lambda m: len(m["attachments"]) == 4)
    assert "It could not be shown" not in shown["content"]
    asked = await stage.type("make it warmer", mention=True)
    which = await _direct(stage, stage.alice, lambda m: "Which" in m["content"])
    await _is_marked(stage, asked)
    made = await stage.picture(await stage.click(which, "2"))
    assert "> make it warmer" in made["content"]
    await stage.type("details", mention=True)
    await _direct(stage, stage.alice, lambda m: "Details" in m["content"])
    await stage.type("undo", mention=True)
    await _direct(stage, stage.alice, lambda m: len(m["attachments"]) == 4)
    await stage.type("send me the original file", mention=True)
    await _direct(stage, stage.alice, lambda m: "original file" in m["content"])
    await stage.type("my usage", mention=True)
    await _direct(stage, stage.alice, lambda m: "Last 24 hours" in m["content"])
    thanks = await stage.type("thanks!", mention=True)

    async def thanked() -> bool:
        found = (await stage.message(thanks["message"])).get("reactions") or []
        return [each["emoji"]["name"] for each in found] == ["👍"]

    await until(thanked, "a reaction")
    assert not any(each["by_bot"] for each in await stage.messages(stage.bob))
    jobs = await stage.app.history.jobs_of("discord", stage.alice)
    assert [job.private for job in jobs] == [True, True]
    assert [each.prompt for each in provider.submitted] == ["a lighthouse", "make it warmer"]


async def test_who_takes_no_direct_messages_is_told_so_in_the_channel(stage: Stage) -> None:
    await stage.start()
    await _alone(stage, stage.alice)
    await stage.discord.ask("user", {"id": stage.alice, "dms": False})
    for text in ("a lighthouse", "what can you do?"):
        said = await stage.type(text, mention=True)
        told = await stage.reply(said["message"])
        assert told["content"].startswith("I can't write to you: allow direct messages")
        assert not told["attachments"]
