"""Buttons, menus and forms under our messages: for ever, and only for whom they are meant."""

import asyncio

from bot.domain.failures import Failure, Reason
from messages import Button
from tests.adapters.discord.stage import Shown, Stage, labels, until
from tests.support.scripted import Scripted

PICTURE = {"filename": "cat.png", "picture": [80, 60]}


async def _drawn(stage: Stage, **options: object) -> Shown:
    asked = await stage.slash("imagine", options={"prompt": "a lighthouse", **options})
    return await stage.picture(asked)


async def test_every_button_that_draws(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage, size="1K")
    for button in (Button.AGAIN, Button.PRO, Button.LARGER, Button.VARY):
        pressed = await stage.press(shown, button)
        assert pressed["response"] == 5
        await stage.picture(pressed)
    again, pro, larger, variations = provider.submitted[1:]
    assert again.prompt == "a lighthouse"
    assert pro.model == "gemini-3-pro-image"
    assert larger.size == "2K"
    assert len(larger.references) == 1
    assert variations.count == 4


async def test_buttons_work_after_a_restart_and_after_a_year(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    shown = await _drawn(stage)
    await stage.discord.set(identify_interval=0, limits=False, offset=365 * 86400)
    await stage.start()
    await stage.picture(await stage.click(shown, "Again"))
    assert len(provider.submitted) == 2


async def test_edit_asks_in_a_form_what_should_change(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage)
    form = await stage.click(shown, "Edit")
    assert form["response"] == 9
    assert form["modal"]["title"] == "Edit picture"
    sent = await stage.submit(form, instruction="make it night", pictures=[PICTURE])
    assert sent["response"] == 5
    await stage.picture(sent)
    edit = provider.submitted[1]
    assert edit.prompt == "make it night"
    assert len(edit.references) == 2


async def test_edit_asks_which_of_several_pictures(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage, count=3)
    form = await stage.press(shown, Button.EDIT, stage.bob)
    assert form["modal"]["title"] == "修改图片"
    _, which, _ = form["modal"]["components"]
    assert not [one for one in which["component"]["options"] if one.get("default")]
    await stage.start()
    await stage.picture(await stage.submit(form, instruction="变成夜晚", which=["3"]))
    job = (await stage.app.history.jobs_of("discord", stage.alice))[0]
    third = (await stage.app.history.pictures_of([job.id]))[job.id][2]
    assert provider.submitted[1].references[0].image_id == third.image_id
    assert provider.submitted[1].prompt == "变成夜晚"


async def test_a_failure_is_tried_again_with_another_model(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    provider.outcomes.append(Failure(Reason.TIMEOUT))
    asked = await stage.slash("imagine", options={"prompt": "a lighthouse", "ratio": "16:9"})
    failed = await stage.answer(asked, lambda message: message["selects"])
    (menu,) = failed["selects"]
    chosen = await stage.select(failed, menu["custom_id"], "gemini-3-pro-image")
    assert chosen["response"] == 5
    await stage.picture(chosen)
    assert provider.submitted[-1].model == "gemini-3-pro-image"
    assert provider.submitted[-1].aspect_ratio == "16:9"


async def test_details_are_private(stage: Stage) -> None:
    await stage.start()
    shown = await _drawn(stage)
    pressed = await stage.press(shown, Button.DETAILS, stage.bob)
    told = await stage.answer(pressed)
    assert told["ephemeral"]
    assert "a lighthouse" in told["content"]
    assert "详情" in told["content"]


async def test_only_the_person_and_moderators_delete(stage: Stage) -> None:
    await stage.start()
    asked = await stage.slash("imagine", stage.bob, options={"prompt": "猫"})
    mine = await stage.picture(asked)
    carol = (await stage.discord.ask("user", {"name": "carol"}))["id"]
    await stage.discord.ask("member", {"guild": stage.guild, "user": carol})
    refused = await stage.press(mine, Button.DELETE, carol)
    assert "Only the person" in (await stage.aside(refused))["content"]
    assert not (await stage.message(mine["id"]))["deleted"]
    done = await stage.press(mine, Button.DELETE, stage.bob)
    assert done["response"] == 6
    assert (await stage.aside(done))["content"] == "已删除。"
    await stage.answer_of(mine, lambda message: message["deleted"])
    other = await stage.picture(await stage.slash("imagine", stage.bob, options={"prompt": "狗"}))
    await stage.aside(await stage.press(other, Button.DELETE, stage.alice))
    await stage.answer_of(other, lambda message: message["deleted"])


async def test_cancel_and_call_me_while_it_runs(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    provider.outcomes.append(asyncio.Event())
    asked = await stage.slash("imagine", options={"prompt": "a cat"})
    running = await stage.answer(asked, lambda m: "Cancel" in labels(m))
    told = await stage.answer(await stage.click(running, "Notify me when it's done"))
    assert told["ephemeral"]
    assert "I'll ping you here" in told["content"]
    stranger = await stage.answer(await stage.click(running, "Cancel", stage.bob))
    assert stranger["ephemeral"]
    assert "只有" in stranger["content"]
    stopped = await stage.answer(await stage.click(running, "Cancel"))
    assert stopped["content"] == "Cancelled."
    await stage.answer_of(running, lambda m: "Cancelled" in m["content"])


async def test_settings_open_from_a_failure(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    provider.outcomes.append(Failure(Reason.TIMEOUT))
    asked = await stage.slash("imagine", options={"prompt": "a cat"})
    failed = await stage.answer(asked, lambda m: "Settings" in labels(m))
    panel = await stage.answer(await stage.click(failed, "Settings"))
    assert panel["ephemeral"]
    assert len(panel["selects"]) == 4


async def test_a_double_press_is_one_picture(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage)
    first, second = await asyncio.gather(stage.click(shown, "Again"), stage.click(shown, "Again"))

    async def settled() -> bool:
        both = [(await stage.interaction(one))["original"] for one in (first, second)]
        gone = [message["deleted"] for message in both]
        return sorted(gone) == [False, True] and any(m["attachments"] for m in both)

    await until(settled, "one of the two goes away")
    assert len(provider.submitted) == 2


async def test_the_same_event_again_is_the_same_picture(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    asked = await stage.slash("imagine", options={"prompt": "a cat"})
    await stage.discord.ask("deliver_again", {"id": asked["id"]})
    shown = await stage.picture(asked)
    told = await stage.slash("help")
    await stage.answer(told)
    assert not (await stage.message(shown["id"]))["deleted"]
    assert len(provider.submitted) == 1
    await stage.discord.ask("deliver_again", {"id": told["id"]})
    await stage.answer(await stage.slash("help"))
    assert (await stage.interaction(told))["followups"] == []


async def test_buttons_on_what_was_deleted_say_so(stage: Stage) -> None:
    await stage.start()
    shown = await _drawn(stage)
    job = (await stage.app.history.jobs_of("discord", stage.alice))[0]
    await stage.app.history.change(job.id, deleted=True)
    pressed = await stage.click(shown, "Again")
    assert "I can't find that picture" in (await stage.aside(pressed))["content"]
    form = await stage.click(shown, "Edit")
    sent = await stage.submit(form, instruction="bluer")
    assert "I can't find that picture" in (await stage.aside(sent))["content"]
