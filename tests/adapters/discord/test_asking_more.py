"""What is asked for of a finished picture: which of several, what stands behind More."""

import asyncio

import pytest

from adapters.discord.address import DiscordPlace
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.images.provenance import marked
from messages import Button, Notice
from tests.adapters.discord.stage import Shown, Stage, labels, until
from tests.support.priced import priced
from tests.support.scripted import Scripted, png


async def _drawn(stage: Stage, **options: object) -> Shown:
    asked = await stage.slash("imagine", options={"prompt": "three cats", **options})
    return await stage.picture(asked)


async def _picture(stage: Stage, number: int) -> str:
    """The id of a picture of Alice's first job."""
    job = (await stage.app.history.jobs_of("discord", stage.alice))[-1]
    return (await stage.app.history.pictures_of([job.id]))[job.id][number - 1].image_id


async def test_editing_comes_first_and_the_rest_is_behind_more(stage: Stage) -> None:
    await stage.start()
    shown = await _drawn(stage)
    assert labels(shown) == ["Edit", "4 variations", "Upscale to 2K", "Again", "⋯ More"]
    panel = await stage.more(shown, stage.bob)
    assert panel["ephemeral"]
    assert panel["content"] == "> three cats"
    words = ["用 Pro 重画", "Pro 版"]
    assert labels(panel)[0] in words
    assert labels(panel)[1:] == ["改描述", "原图文件", "详情", "删除"]
    ratio, model = panel["selects"]
    assert ratio["custom_id"].startswith("beside:banana:ratio:")
    assert model["custom_id"].startswith("beside:banana:model:")


async def test_what_comes_of_a_panel_is_for_everybody_unless_the_picture_is_private(
    stage: Stage,
) -> None:
    await stage.start()
    for private in (False, True):
        shown = await _drawn(stage, private=private)
        made = await stage.picture(await stage.press(shown, Button.PRO))
        assert made["ephemeral"] is private


@pytest.mark.parametrize("button", [Button.LARGER, Button.VARY])
async def test_a_button_under_several_asks_which_one(
    stage: Stage, provider: Scripted, button: Button
) -> None:
    await stage.start()
    shown = await _drawn(stage, count=3)
    for number in (1, 3):
        asked = await stage.press(shown, button)
        assert asked["response"] == 4
        which = await stage.answer(asked)
        assert which["ephemeral"]
        assert which["content"] == "Which picture?"
        assert labels(which) == ["①", "②", "③"]
        assert len(provider.submitted) == 1 + number // 2
        made = await stage.picture(await stage.click(which, "①②③"[number - 1]))
        assert not made["ephemeral"]
        assert f"picture {number} of 3 from “three cats”" in made["content"]
        [reference] = provider.submitted[-1].references
        assert reference.image_id == await _picture(stage, number)


async def test_going_on_with_one_of_several(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage, count=2)
    panel = await stage.answer(await stage.click(shown, "②"))
    assert panel["ephemeral"]
    assert panel["content"].startswith("**Picture 2 of 2**")
    assert labels(panel) == [
        "Edit",
        "4 variations",
        "Upscale to 2K",
        "Original file",
        "Delete this one",
    ]
    form = await stage.click(panel, "Edit")
    assert len(form["modal"]["components"]) == 2  # it is clear which one
    changed = await stage.picture(await stage.submit(form, instruction="make it warmer"))
    assert not changed["ephemeral"]
    assert "> make it warmer" in changed["content"]
    assert "✏️ picture 2 of 2 from “three cats”" in changed["content"]
    assert shown["id"] in changed["content"]  # the way to the picture before
    assert changed["attachments"][0]["description"] == "three cats; changed: make it warmer"
    assert provider.submitted[-1].references[0].image_id == await _picture(stage, 2)
    panel = await stage.answer(await stage.click(shown, "②"))
    [menu] = panel["selects"]
    wide = await stage.picture(await stage.select(panel, menu["custom_id"], "16:9"))
    assert provider.submitted[-1].aspect_ratio == "16:9"
    assert provider.submitted[-1].references[0].image_id == await _picture(stage, 2)
    assert "16:9 of picture 2 of 2 from “three cats”" in wide["content"]


async def test_many_pictures_are_chosen_from_in_a_menu(stage: Stage) -> None:
    await stage.start(max_images_per_request=8)
    shown = await _drawn(stage, count=8)
    [menu] = shown["selects"]
    panel = await stage.answer(await stage.select(shown, menu["custom_id"], "7"))
    assert panel["content"].startswith("**Picture 7 of 8**")


async def test_the_words_are_changed_in_a_form_that_holds_the_whole_request(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    shown = await _drawn(stage, ratio="16:9", size="2K", count=2)
    form = await stage.press(shown, Button.WORDS)
    assert form["response"] == 9
    fields = {one["label"]: one["component"] for one in form["modal"]["components"]}
    assert fields["What the picture should show"]["value"] == "three cats"
    chosen = {
        label: [each["label"] for each in field["options"] if each.get("default")]
        for label, field in fields.items()
        if "options" in field
    }
    assert chosen == {
        "Model": ["Nano Banana 2.1"],
        "Ratio": ["16:9 · Wide · slides"],
        "Size": ["2K"],
        "How many pictures": ["2"],
    }
    sent = await stage.submit(form, words="three dogs", ratio=["1:1"])
    made = await stage.picture(sent)
    assert not made["ephemeral"]
    request = provider.submitted[-1]
    assert (request.prompt, request.aspect_ratio) == ("three dogs", "1:1")
    assert (request.size, request.count) == ("2K", 2)


async def test_after_a_refusal_the_words_come_first_and_are_there(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    provider.outcomes.append(Failure(Reason.REFUSED))
    asked = await stage.slash("imagine", options={"prompt": "a famous mouse", "count": 3})
    failed = await stage.aside(asked)
    assert failed["ephemeral"]  # nobody else has to know

    async def gone() -> bool:
        return not [one for one in await stage.messages(stage.bob) if one["by_bot"]]

    await until(gone, "nothing is left for others")
    assert labels(failed)[0] == "Change the words"
    assert "Retry" not in labels(failed)
    form = await stage.press(failed, Button.WORDS)
    [words, *_] = form["modal"]["components"]
    assert words["component"]["value"] == "a famous mouse"
    made = await stage.picture(await stage.submit(form, words="a mouse"))
    assert not made["ephemeral"]
    assert (provider.submitted[-1].prompt, provider.submitted[-1].count) == ("a mouse", 3)


async def test_the_words_of_what_is_gone_are_not_asked(stage: Stage) -> None:
    await stage.start()
    shown = await _drawn(stage)
    form = await stage.press(shown, Button.WORDS)
    panel = await stage.more(shown)
    job = (await stage.app.history.jobs_of("discord", stage.alice))[0]
    await stage.app.history.change(job.id, deleted=True)
    refused = await stage.press(panel, Button.WORDS)
    assert (await stage.answer(refused))["ephemeral"]
    sent = await stage.submit(form, words="three dogs")
    assert await stage.aside(sent)
    gone = await stage.answer(await stage.click(shown, "⋯ More"))
    assert not gone["buttons"]


async def test_the_picture_before_is_shown_again(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage)
    form = await stage.press(shown, Button.EDIT)
    changed = await stage.picture(await stage.submit(form, instruction="make it warmer"))
    again = await stage.picture(await stage.press(changed, Button.BEFORE, stage.bob))
    assert not again["ephemeral"]
    assert again["content"].startswith("> three cats")
    assert labels(again)[-1] == "⋯ 更多"
    assert len(provider.submitted) == 2

    async def known() -> Job | None:
        return await stage.app.history.job_of_message("discord", again["id"])

    job = await until(known, "whose picture it is")
    assert job.id == (await stage.app.history.jobs_of("discord", stage.alice))[-1].id


async def test_the_original_comes_as_it_was_made(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage, count=2)
    which = await stage.answer(await stage.press(shown, Button.ORIGINAL))
    assert labels(which) == ["①", "②"]
    sent = await stage.picture(await stage.click(which, "②"))
    assert not sent["ephemeral"]
    assert sent["content"] == "The original file:"
    [file] = sent["attachments"]
    assert file["filename"] == "three-cats-2.png"
    assert file["size"] == len(marked(png()))
    assert len(provider.submitted) == 1


async def test_an_original_that_the_place_does_not_take_is_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start()
    shown = await _drawn(stage)
    monkeypatch.setattr("adapters.discord.delivery.files.REQUEST", 64 * 1024)
    pressed = await stage.press(shown, Button.ORIGINAL)
    assert "too large" in (await stage.aside(pressed))["content"]


async def test_a_press_of_an_older_version_still_works(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await _drawn(stage)
    job = (await stage.app.history.jobs_of("discord", stage.alice))[0]
    old = await stage.slash("show", options={"id": job.id})
    await stage.picture(old)
    first, second = await asyncio.gather(
        stage.press(shown, Button.LARGER), stage.press(shown, Button.AGAIN)
    )
    await stage.picture(first)
    await stage.picture(second)
    assert len(provider.submitted) == 3


async def test_what_discord_refused_is_sent_again_and_not_made_again(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.discord.set(refuse_files={"code": 20009, "status": 400})
    asked = await stage.slash("imagine", options={"prompt": "three cats"})
    shown = await stage.answer(asked, lambda message: "Send again" in labels(message))
    assert labels(shown)[0] == "Send again"
    assert not shown["attachments"]
    refused = await stage.press(shown, Button.RESEND, stage.bob)
    assert "只有" in (await stage.aside(refused))["content"]
    await stage.discord.set(refuse_files=None)
    pressed = await stage.press(shown, Button.RESEND)
    assert pressed["response"] == 6
    seen = await stage.answer_of(shown, lambda message: message["attachments"])
    assert "Send again" not in labels(seen)
    assert len(provider.submitted) == 1


async def test_words_ask_for_the_picture_before_and_the_original(stage: Stage) -> None:
    """The grammar names the actions; here the engine is told which one it is."""
    await stage.start()
    shown = await _drawn(stage)
    form = await stage.press(shown, Button.EDIT)
    changed = await stage.picture(await stage.submit(form, instruction="make it warmer"))
    job = await stage.app.history.job_of_message("discord", changed["id"])
    assert job
    said = await stage.type("again", mention=True)
    await stage.drawn(said["message"])
    message = await stage.message(said["message"])
    place = DiscordPlace(stage.channel, stage.alice, stage.guild, asked=message["id"])
    for notice in (
        Notice("before", shows=job.parent.job_id if job.parent else ""),
        Notice("original", originals=(await stage.app.history.pictures_of([job.id]))[job.id]),
    ):
        before = len(await stage.messages())
        for _ in range(2):  # an event that comes again is answered once
            refused = await stage.adapter.delivery.present(place, notice, "en")
            assert refused is None
        assert len(await stage.messages()) == before + 1
        newest = (await stage.messages())[-1]
        assert newest["message_reference"]["message_id"] == message["id"]
        assert newest["attachments"]
    gone = Notice("before", shows="job_no")
    assert await stage.adapter.delivery.present(place, gone, "en") == Failure(Reason.NOT_FOUND)


async def test_one_of_several_is_deleted_by_who_asked_for_it(stage: Stage) -> None:
    await stage.start()
    asked = await stage.slash("imagine", stage.bob, options={"prompt": "三只猫", "count": 3})
    shown = await stage.picture(asked)
    carol = (await stage.discord.ask("user", {"name": "carol"}))["id"]
    await stage.discord.ask("member", {"guild": stage.guild, "user": carol})
    panel = await stage.answer(await stage.click(shown, "②", carol))
    await stage.click(panel, "Delete this one", carol)
    refused = await stage.answer_of(panel, lambda message: not message["buttons"])
    assert "Only" in refused["content"]
    panel = await stage.answer(await stage.click(shown, "②", stage.bob))
    await stage.click(panel, "删除这一张", stage.bob)
    await stage.answer_of(panel, lambda message: "删除" in message["content"])
    left = await stage.answer_of(shown, lambda message: len(message["attachments"]) == 2)
    assert [each for each in labels(left) if each in "①②③"] == ["①", "②"]
    gone = await stage.answer(await stage.click(left, "②", stage.bob))
    assert gone["content"].startswith("**第 2 张（共 2 张）**")


async def _gone(stage: Stage, panel: Shown) -> None:
    """Wait until a panel is there no longer."""

    async def look() -> bool:
        return bool((await stage.message(panel["id"]))["deleted"])

    await until(look, "a panel that goes")


async def test_a_panel_closes_once_something_was_chosen_there(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    shown = await _drawn(stage, count=2)
    for button in (Button.PRO, Button.DETAILS):
        panel = await stage.more(shown)
        await stage.press(panel, button)
        await _gone(stage, panel)
    panel = await stage.more(shown)
    which = await stage.answer(await stage.press(panel, Button.ORIGINAL))
    await _gone(stage, panel)
    await stage.click(which, "①")
    await _gone(stage, which)
    panel = await stage.answer(await stage.click(shown, "②"))
    form = await stage.press(panel, Button.EDIT)
    assert not (await stage.message(panel["id"]))["deleted"]  # the form may be left
    await stage.submit(form, instruction="make it warmer")
    await _gone(stage, panel)
    panel = await stage.more(shown)
    form = await stage.press(panel, Button.WORDS)
    await stage.picture(await stage.submit(form, words="three dogs"))
    await _gone(stage, panel)


async def test_after_a_restart_a_panel_still_works(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    panel = await stage.more(await _drawn(stage, count=1))
    await stage.start()
    details = await stage.answer(await stage.press(panel, Button.DETAILS))
    assert "three cats" in details["content"]


async def test_what_is_dear_is_asked_first(stage: Stage, provider: Scripted) -> None:
    provider.offered = tuple(map(priced, provider.offered))
    await stage.start(confirm_above=0.1)
    for where in ({}, {"private": True}):
        provider.submitted.clear()
        await _drawn(stage, count=2, **where)
        dear = await stage.slash("imagine", options={"prompt": "cats", "count": 4, **where})
        asked = await stage.answer(dear, labels)
        assert "💰 Shall I make it?" in asked["content"]
        assert "It costs about $0.16." in asked["content"]
        assert labels(asked)[:2] == ["Make it · $0.16", "Change the words"]
        assert not asked["attachments"]
        assert len(provider.submitted) == 1
        made = await stage.picture(await stage.press(asked, Button.RETRY))
        assert len(made["attachments"]) == 4
        assert made["ephemeral"] is bool(where)
        assert len(provider.submitted) == 2


async def test_a_picture_of_ones_own_that_was_changed_can_be_upscaled(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    photo = {"filename": "me.png", "picture": [80, 60]}
    sent = await stage.type("make it warmer", mention=True, attachments=[photo])
    changed = await stage.drawn(sent["message"])
    assert "Upscale to 2K" in labels(changed)
    await stage.picture(await stage.press(changed, Button.LARGER))
    assert [one.size for one in provider.submitted] == [None, "2K"]
