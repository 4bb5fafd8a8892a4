"""Which picture is meant, whose words, and the other reading: what is asked costs nothing."""

import asyncio

import pytest

from messages import Button
from tests.adapters.discord.stage import Shown, Stage, labels
from tests.support.scripted import Scripted

PICTURE = {"filename": "cat.png", "picture": [80, 60]}
NEW = "Make a new picture instead"


async def test_which_one_is_asked_and_the_button_carries_on(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    said = await stage.type("four cats, 4 images", mention=True)
    drawn = await stage.drawn(said["message"])
    change = await stage.type("make it warmer", mention=True, reply_to=drawn["id"])
    question = await stage.reply(change["message"])
    assert "Which of the 4 pictures" in question["content"]
    assert labels(question) == ["1", "2", "3", "4"]
    assert len(provider.submitted) == 1
    await stage.start()  # the words survive
    other = await stage.click(question, "3", stage.bob)
    assert "只有" in (await stage.aside(other))["content"]
    assert labels(await stage.message(question["id"])) == ["1", "2", "3", "4"]
    await stage.picture(await stage.click(question, "3"))
    answered = await stage.answer_of(question, lambda message: not message["buttons"])
    assert answered["content"] == f"{question['content']}\n-# ✓ 3"
    [job, first] = await stage.app.history.jobs_of("discord", stage.alice)
    pictures = (await stage.app.history.pictures_of([first.id]))[first.id]
    assert [one.image_id for one in provider.submitted[1].references] == [pictures[2].image_id]
    assert (job.text, job.prompt) == ("make it warmer", "make it warmer")
    second = await stage.type("the second one, brighter", mention=True, reply_to=drawn["id"])
    await stage.drawn(second["message"])
    assert [one.image_id for one in provider.submitted[2].references] == [pictures[1].image_id]
    assert len(provider.submitted) == 3


async def test_a_change_of_what_is_still_being_made_waits_in_a_message_of_its_own(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    done = asyncio.Event()
    provider.outcomes.append(done)
    said = await stage.type("a red barn", mention=True)
    making = await stage.reply(said["message"], check=lambda one: "Generating" in one["content"])
    changes = [
        await stage.type("sorry, forgot: the door should be green", mention=True),
        await stage.type("make it warmer", mention=True, reply_to=making["id"]),
        await stage.type("oh wait, make it a winter scene instead", mention=True),
    ]
    waiting = [await stage.reply(each["message"], check=_waits) for each in changes]
    cancelled = await stage.press(waiting[2], Button.CANCEL)
    await stage.answer_of(waiting[2], lambda message: "Cancelled." in message["content"])
    assert cancelled["response"]
    done.set()
    barn = await stage.drawn(said["message"])
    assert barn["id"] == making["id"]
    for change, before in zip(changes[:2], waiting, strict=False):
        made = await stage.drawn(change["message"])
        assert made["id"] == before["id"]
        assert "from “a red barn”" in made["content"]
    assert len(provider.submitted) == 3
    [first] = [each for each in provider.submitted if not each.references]
    assert first.prompt == "a red barn"


def _waits(message: Shown) -> bool:
    return "I will change it as soon as the picture is ready." in message["content"]


async def test_a_change_without_a_picture_says_how_to_give_it(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    asked = await stage.reply((await stage.type("暖一点", stage.bob, mention=True))["message"])
    assert "要改哪张图" in asked["content"]
    assert "应用" in asked["content"]
    asked = await stage.reply((await stage.type("make it warmer", mention=True))["message"])
    assert labels(asked) == [NEW]
    assert provider.submitted == []
    sent = await stage.type("", mention=True, attachments=[PICTURE])
    await stage.drawn(sent["message"])
    [request] = provider.submitted
    assert (request.prompt, len(request.references)) == ("make it warmer", 1)
    over = await stage.answer_of(asked, lambda message: not message["buttons"])
    assert over["content"].endswith("✓ Got the picture")


async def test_the_other_reading_is_a_button_that_costs_nothing_until_pressed(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.drawn((await stage.type("a cat", mention=True))["message"])
    change = await stage.type("in watercolor, with gulls", mention=True)
    changed = await stage.drawn(change["message"])
    assert NEW in labels(changed)
    assert "I took this for a change" in changed["content"]
    new = await stage.type("no parking, hand lettered sign", mention=True)
    drawn = await stage.drawn(new["message"])
    assert "Change the last picture instead" in labels(drawn)
    assert [len(one.references) for one in provider.submitted] == [0, 1, 0]
    await stage.picture(await stage.click(changed, NEW))
    await stage.picture(await stage.click(drawn, "Change the last picture instead", stage.bob))
    said = [(one.prompt, len(one.references)) for one in provider.submitted[3:]]
    assert said == [
        ("in watercolor, with gulls", 0),
        ("no parking, hand lettered sign", 1),
    ]


async def test_words_in_reply_to_words_and_by_name(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    theirs = await stage.type("two dragons and a pizza", stage.bob, mention=True)
    await stage.drawn(theirs["message"], stage.bob)
    said = await stage.type("draw this, square", mention=True, reply_to=theirs["message"])
    drawn = await stage.drawn(said["message"])
    assert "From bob's words." in drawn["content"]
    request = provider.submitted[1]
    assert (request.prompt, request.aspect_ratio) == ("two dragons and a pizza", "1:1")
    assert request.references == ()
    named = await stage.type(f"make <@{stage.bob}>'s last one blue", mention=True)
    await stage.drawn(named["message"])
    [job] = await stage.app.history.jobs_of("discord", stage.bob)
    [picture] = (await stage.app.history.pictures_of([job.id]))[job.id]
    assert [one.image_id for one in provider.submitted[2].references] == [picture.image_id]
    hidden = await stage.type("imagine a heron", stage.bob)
    pointing = await stage.type("draw this", mention=True, reply_to=hidden["message"])
    assert "copy it" in (await stage.reply(pointing["message"]))["content"]
    assert len(provider.submitted) == 3


async def test_a_command_that_names_no_picture_of_several_asks_too(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a cat", "count": 2}))
    edited = await stage.slash("edit", options={"instruction": "make it warmer"})
    question = await stage.aside(edited)
    assert labels(question) == ["1", "2"]
    assert len(provider.submitted) == 1
    shown = await stage.picture(await stage.click(question, "2"))
    assert not shown["ephemeral"]
    await stage.answer_of(question, lambda message: message["deleted"])
    [job, first] = await stage.app.history.jobs_of("discord", stage.alice)
    pictures = (await stage.app.history.pictures_of([first.id]))[first.id]
    assert [one.image_id for one in provider.submitted[1].references] == [pictures[1].image_id]
    assert not job.private


async def test_no_question_is_answered_twice(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    for alone in (False, True):
        where = "dm" if alone else stage.channel
        said = await stage.type("do you like cats?", mention=not alone, channel=where)
        question = await stage.reply(said["message"], channel=said["channel"])
        [label] = labels(question)
        assert "yes" not in question["content"]  # there is the button
        await stage.picture(await stage.click(question, label))
        answered = await stage.answer_of(question, lambda message: not message["buttons"])
        assert answered["content"].endswith(f"✓ {label}")
    assert len(provider.submitted) == 2


async def test_a_question_whose_answer_is_refused_stays_open(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    said = await stage.type("a cat, 2 pictures", mention=True)
    drawn = await stage.drawn(said["message"])
    change = await stage.type("make it warmer", mention=True, reply_to=drawn["id"])
    question = await stage.reply(change["message"])
    await stage.press(drawn, Button.DELETE)
    await stage.answer_of(drawn, lambda message: message["deleted"])
    pressed = await stage.click(question, "1")
    assert "no longer there" in (await stage.aside(pressed))["content"]
    assert labels(await stage.message(question["id"])) == ["1", "2"]


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(
    ("asked", "answer", "said"),
    [
        ("do you like cats?", "yes", "Draw it"),
        ("do you like cats?", "no", "No"),
        ("do you like cats?", "cancel", "No"),
        ("delete this", "yes", "Delete"),
        ("make it warmer", "the second", "2"),
    ],
)
async def test_a_question_answered_in_words_has_no_buttons_any_more(
    stage: Stage, provider: Scripted, asked: str, answer: str, said: str, *, alone: bool
) -> None:
    await stage.start()
    where = {"mention": not alone, "channel": "dm" if alone else stage.channel}
    reply: dict[str, str] = {}
    if not asked.endswith("?"):
        first = await stage.type("a cat, 2 pictures", **where)
        drawn = await stage.drawn(first["message"], channel=first["channel"])
        reply = {"reply_to": drawn["id"]}
    sent = await stage.type(asked, **where, **reply)
    question = await stage.reply(sent["message"], channel=sent["channel"])
    assert question["buttons"]
    await stage.type(answer, **where)
    over = await stage.answer_of(question, lambda message: not message["buttons"])
    assert over["content"] == f"{question['content']}\n-# ✓ {said}"


async def test_another_question_takes_the_place_of_the_one_before(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    first = await stage.reply((await stage.type("do you like cats?", mention=True))["message"])
    second = await stage.reply((await stage.type("do you like dogs?", mention=True))["message"])
    over = await stage.answer_of(first, lambda message: not message["buttons"])
    assert over["content"] == first["content"]
    assert labels(await stage.message(second["id"])) == ["Draw it"]
    await stage.drawn((await stage.type("yes", mention=True))["message"])
    await stage.answer_of(second, lambda message: not message["buttons"])
    assert [each.prompt for each in provider.submitted] == ["do you like dogs?"]


async def test_a_question_that_a_command_asked_goes_when_words_answer_it(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a cat", "count": 2}))
    edited = await stage.slash("edit", options={"instruction": "make it warmer"})
    question = await stage.aside(edited)
    await stage.drawn((await stage.type("the second", mention=True))["message"])
    await stage.answer_of(question, lambda message: message["deleted"])
    assert len(provider.submitted) == 2


async def test_a_press_on_a_question_that_was_answered_before_a_restart_only_closes_it(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    asked = await stage.reply((await stage.type("do you like cats?", mention=True))["message"])
    await stage.start()
    await stage.drawn((await stage.type("yes", mention=True))["message"])
    assert labels(await stage.message(asked["id"])) == ["Draw it"]
    pressed = await stage.click(asked, "Draw it")
    assert "no longer works" in (await stage.aside(pressed))["content"]
    over = await stage.answer_of(asked, lambda message: not message["buttons"])
    assert over["content"] == asked["content"]
    assert len(provider.submitted) == 1
