"""Every slash command and what is suggested for it, in both languages."""

import asyncio
import re
from dataclasses import replace

import pytest

from adapters.discord.commands.definitions import definitions
from adapters.discord.commands.sync import same
from adapters.discord.interactions import autocomplete
from bot.domain.failures import Failure, Reason
from bot.domain.preferences import Preference
from messages import Cost, Status, text
from tests.adapters.discord.stage import Shown, Stage, labels, until
from tests.support.model_ids import FLASH, LITE, PRO
from tests.support.scripted import Scripted

PICTURE = {"filename": "cat.png", "picture": [80, 60]}


async def test_imagine_takes_every_choice(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    options = {
        **{"prompt": "a cat, 4K", "model": "gemini-3-pro-image", "size": "2K", "ratio": "16:9"},
        **{"count": 2, "image": PICTURE, "image3": PICTURE, "spoiler": True},
    }
    asked = await stage.slash("imagine", options=options)
    assert asked["response"] == 5
    shown = await stage.picture(asked)
    assert not shown["ephemeral"]
    assert len(shown["attachments"]) == 2
    request = provider.submitted[0]
    assert (request.model, request.size, request.aspect_ratio, request.count) == (
        *("gemini-3-pro-image", "2K", "16:9"),
        2,
    )
    assert len(request.references) == 2


async def test_a_private_picture_is_seen_by_its_person_only(stage: Stage) -> None:
    await stage.start()
    asked = await stage.slash("imagine", options={"prompt": "a cat", "private": True})
    shown = await stage.picture(asked)
    assert shown["ephemeral"]
    assert all(message["id"] != shown["id"] for message in await stage.messages(stage.bob))
    pressed = await stage.click(shown, "Again")
    assert (await stage.picture(pressed))["ephemeral"]


async def test_a_refusal_is_told_to_the_person_alone(stage: Stage) -> None:
    await stage.start()
    asked = await stage.slash("imagine", options={"prompt": "a cat", "model": "nonsense"})
    assert "nonsense" in (await stage.aside(asked))["content"]
    assert (await stage.interaction(asked))["original"]["deleted"]
    asked = await stage.slash("imagine", stage.bob, options={"prompt": "猫", "ratio": "7:5"})
    assert "比例" in (await stage.aside(asked))["content"]
    assert [m for m in await stage.messages() if m["by_bot"] and not m["ephemeral"]] == []


async def test_edit_changes_what_is_attached_or_the_latest_picture(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    nothing = await stage.slash("edit", options={"instruction": "make it blue"})
    assert "I see none here" in (await stage.aside(nothing))["content"]
    attached = await stage.slash("edit", options={"instruction": "bluer", "image": PICTURE})
    await stage.picture(attached)
    assert len(provider.submitted[0].references) == 1
    latest = await stage.slash("edit", stage.alice, options={"instruction": "redder"})
    await stage.picture(latest)
    assert provider.submitted[1].prompt == "redder"
    assert len(provider.submitted[1].references) == 1


async def test_again_repeats_the_latest_with_other_choices(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    early = await stage.slash("again")
    assert "no picture here yet" in (await stage.aside(early))["content"]
    await stage.picture(await stage.slash("imagine", options={"prompt": "a lighthouse"}))
    await stage.picture(await stage.slash("again", options={"ratio": "9:16"}))
    assert [request.prompt for request in provider.submitted] == ["a lighthouse"] * 2
    assert provider.submitted[1].aspect_ratio == "9:16"


async def test_cancel_stops_what_runs(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    nothing = await stage.slash("cancel")
    assert "Nothing is running" in (await stage.answer(nothing))["content"]
    provider.outcomes.append(asyncio.Event())
    asked = await stage.slash("imagine", options={"prompt": "a cat"})
    await until(lambda: _running(stage), "it runs")
    stopped = await stage.answer(await stage.slash("cancel"))
    assert stopped["ephemeral"]
    assert stopped["content"] == "Cancelled."
    await stage.answer(asked, lambda message: "Cancelled" in message["content"])


async def _running(stage: Stage) -> bool:
    jobs = await stage.app.history.unfinished()
    return any(job.status is Status.RUNNING for job in jobs)


async def test_what_is_answered_in_words_is_private_and_in_the_persons_language(
    stage: Stage,
) -> None:
    await stage.start()
    for name, english, chinese in (
        ("models", "These models are available", "可用模型"),
        ("help", "I make pictures", "我会画图"),
    ):
        told = await stage.answer(await stage.slash(name))
        assert told["ephemeral"]
        assert english in told["content"]
        told = await stage.answer(await stage.slash(name, stage.bob))
        assert chinese in told["content"] or any("\u4e00" <= c for c in told["content"])
    french = await stage.discord.ask("user", {"name": "eve", "locale": "fr"})
    await stage.discord.ask("member", {"guild": stage.guild, "user": french["id"]})
    assert (
        "I make pictures"
        in (await stage.answer(await stage.slash("help", french["id"])))["content"]
    )


async def test_settings_are_chosen_in_a_panel_that_lasts(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    panel = await stage.answer(await stage.slash("settings"))
    assert panel["ephemeral"]
    await stage.start()
    for custom_id, value in (
        ("panel:model", "gemini-3-pro-image"),
        ("panel:size", "2K"),
        ("panel:ratio", "16:9"),
    ):
        chosen = await stage.select(panel, custom_id, value)
        assert chosen["response"] == 6
        await _marked(stage, panel, custom_id, value)
    await stage.click(panel, "🔔 Ping me: after a long wait")
    await stage.answer_of(panel, lambda m: text("discord", "notify_on", "en") in labels(m))
    liked = await stage.app.preferences.of("discord", stage.alice)
    assert (liked.model, liked.size, liked.aspect_ratio) == ("gemini-3-pro-image", "2K", "16:9")
    assert liked.notify
    await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    assert provider.submitted[0].model == "gemini-3-pro-image"
    await stage.select(panel, "panel:language", "zh_Hans")
    panel = await stage.answer_of(panel, lambda m: "模型" in m["content"])
    await stage.select(panel, "panel:model", "auto")
    await _marked(stage, panel, "panel:model", "auto")
    assert (await stage.app.preferences.of("discord", stage.alice)).model is None


async def _marked(stage: Stage, panel: Shown, custom_id: str, value: str) -> None:
    """Wait until a menu of the panel shows that choice."""

    def check(message: Shown) -> bool:
        (menu,) = [menu for menu in message["selects"] if menu["custom_id"] == custom_id]
        return [each["value"] for each in menu["options"] if each.get("default")] == [value]

    await stage.answer_of(panel, check)


async def test_history_is_paged_and_shows_a_picture_again(stage: Stage) -> None:
    await stage.start()
    empty = await stage.answer(await stage.slash("history"))
    assert "not made a picture" in empty["content"]
    for number in range(10):
        await stage.picture(
            await stage.slash("imagine", options={"prompt": f"*cat* number {number}"})
        )
    panel = await stage.answer(await stage.slash("history"))
    assert panel["ephemeral"]
    assert "number 9" in panel["content"]
    assert "number 1\n" not in panel["content"]
    assert "\\*cat\\*" in panel["content"]
    newest = panel["content"].split("\n")[1]
    assert re.match(r"① <t:\d+:f> .*number 9 .*\[↗\]\(<https://discord.com/channels/", newest)
    assert len(panel["attachments"]) == 8
    first = panel["attachments"][0]
    assert first["description"] == "*cat* number 9"
    assert max(first["width"], first["height"]) <= 320
    turned = await stage.click(panel, "Next page ▶")
    assert turned["response"] == 6
    older = await stage.answer_of(panel, lambda m: "number 0" in m["content"])
    assert "number 9" not in older["content"]
    assert len(older["attachments"]) == 2
    await stage.click(older, "◀ Previous page")
    panel = await stage.answer_of(panel, lambda m: "number 9" in m["content"])
    menu = panel["selects"][0]
    chosen = await stage.select(panel, menu["custom_id"], menu["options"][0]["value"])
    shown = await stage.picture(chosen)
    assert shown["ephemeral"]
    assert "Again" in " ".join(labels(shown))


async def test_show_posts_one_again_with_working_buttons(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a lighthouse"}))
    typed = await stage.discord.ask(
        "autocomplete",
        {
            **{"as": stage.alice, "channel": stage.channel, "name": "show"},
            **{"options": {"id": "light"}, "focused": "id"},
        },
    )
    (choice,) = typed["choices"]
    assert choice["name"].startswith("a lighthouse")
    asked = await stage.slash("show", options={"id": choice["value"]})
    shown = await stage.picture(asked)
    assert not shown["ephemeral"]
    await stage.picture(await stage.click(shown, "Again"))
    assert len(provider.submitted) == 2
    strange = await stage.slash("show", stage.bob, options={"id": "job_no"})
    assert "没找到这张图" in (await stage.aside(strange))["content"]


async def test_forgetting_asks_first_and_then_forgets(stage: Stage) -> None:
    await stage.start()
    shown = await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    question = await stage.answer(await stage.slash("forget-me"))
    assert question["ephemeral"]
    await stage.click(question, "Delete everything")
    done = await stage.answer_of(question, lambda m: "pictures: 1" in m["content"])
    assert done["buttons"] == []
    assert await stage.app.history.jobs_of("discord", stage.alice) == []
    dead = await stage.click(shown, "Again")
    assert "I can't find that picture" in (await stage.aside(dead))["content"]


async def test_suggestions_are_models_and_the_ratios_of_one(stage: Stage) -> None:
    await stage.start()

    async def typed(focused: str, **options: str) -> list[str]:
        where = {"as": stage.alice, "channel": stage.channel, "name": "imagine"}
        asked = await stage.discord.ask(
            "autocomplete", {**where, "options": options, "focused": focused}
        )
        return [choice["value"] for choice in asked["choices"]]

    assert await typed("model", model="") == [FLASH, LITE, PRO]
    assert await typed("model", model="PRO") == ["gemini-3-pro-image"]
    assert await typed("model", model="nothing") == []
    assert "8:1" in await typed("ratio", ratio="")
    assert "8:1" not in await typed("ratio", ratio="", model="gemini-3-pro-image")
    assert await typed("ratio", ratio="16") == ["9:16", "16:9"]
    assert await typed("ratio", ratio="slides") == ["16:9"]


async def test_a_provider_that_is_slow_to_say_what_it_offers_does_not_hold_up_typing(
    stage: Stage, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autocomplete, "MODEL_SECONDS", 0.1)

    async def never() -> None:
        await asyncio.Event().wait()

    await stage.start()
    provider.models = never  # type: ignore[assignment,method-assign]
    asked = await stage.discord.ask(
        "autocomplete",
        {
            **{"as": stage.alice, "channel": stage.channel, "name": "imagine"},
            **{"options": {"model": ""}, "focused": "model"},
        },
    )
    assert len(asked["choices"]) == 3
    assert not asked["failed"]


async def test_commands_are_registered_once_and_only_when_they_changed(stage: Stage) -> None:
    await stage.start()
    await stage.start()
    assert (await stage.discord.ask("commands"))["writes"] == 1
    await stage.start(discord_age_restricted_only=True)
    await until(lambda: _writes(stage, 2), "the commands are registered again")
    commands = (await stage.discord.ask("commands"))["scopes"]["global"]
    assert all(command["nsfw"] for command in commands)
    assert len(commands) == 14
    imagine = next(command for command in commands if command["name"] == "imagine")
    assert imagine["name_localizations"]["zh-CN"] == "画图"
    assert imagine["contexts"] == [0, 1, 2]


async def _writes(stage: Stage, count: int) -> bool:
    return bool((await stage.discord.ask("commands"))["writes"] == count)


def test_what_discord_adds_to_commands_is_no_change() -> None:
    wanted = definitions(most=4, age_restricted=False, installs=(0, 1))
    found = [
        {**command, "id": "1", "version": "2", "application_id": "3", "dm_permission": True}
        for command in reversed(wanted)
    ]
    assert same(found, wanted)
    assert not same(found[1:], wanted)
    assert not same(found, definitions(most=3, age_restricted=False, installs=(0, 1)))


async def test_a_failure_is_shown_in_the_message_itself(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    provider.outcomes.append(Failure(Reason.TIMEOUT))
    asked = await stage.slash("imagine", options={"prompt": "a cat"})
    shown = await stage.answer(asked, lambda m: "could not be made" in m["content"])
    assert "Retry" in " ".join(labels(shown))
    await stage.picture(await stage.click(shown, "Retry"))


async def test_cancel_lists_what_runs_and_stops_one_or_all(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    provider.outcomes.extend(asyncio.Event() for _ in range(3))
    for prompt in ("a cat", "a dog", "a cow"):
        asked = await stage.slash("imagine", options={"prompt": prompt})
        await stage.answer(asked, lambda m: "Cancel" in labels(m))
    panel = await stage.answer(await stage.slash("cancel"))
    assert panel["ephemeral"]
    assert all(each in panel["content"] for each in ("a cat", "a dog", "a cow", "↗"))
    assert labels(panel) == ["Cancel all 3"]
    [menu] = panel["selects"]
    jobs = await stage.app.history.jobs_of("discord", stage.alice)
    dog = next(job for job in jobs if job.prompt == "a dog")
    await stage.select(panel, menu["custom_id"], dog.id)
    left = await stage.answer_of(panel, lambda m: labels(m) == ["Cancel all 2"])
    assert "a dog" not in left["content"]
    await stage.click(left, "Cancel all 2")
    done = await stage.answer_of(panel, lambda m: not m["buttons"])
    assert done["content"] == "Cancelled."
    assert not await stage.app.history.unfinished()


async def test_cancel_stops_the_only_one_at_once(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    provider.outcomes.append(asyncio.Event())
    asked = await stage.slash("imagine", options={"prompt": "a cat"})
    await stage.answer(asked, lambda m: "Cancel" in labels(m))
    assert (await stage.answer(await stage.slash("cancel")))["content"] == "Cancelled."
    assert not await stage.app.history.unfinished()


async def test_settings_are_reset_at_once_and_that_is_undone(stage: Stage) -> None:
    await stage.start()
    liked = {"model": PRO, "size": "2K", "aspect_ratio": "16:9", "spoiler": True, "notify": False}
    before = await stage.app.preferences.change("discord", stage.alice, **liked)
    panel = await stage.answer(await stage.slash("settings"))
    assert labels(panel)[-1] == "Back to the defaults"
    await stage.click(panel, "Back to the defaults")
    panel = await stage.answer_of(panel, lambda m: labels(m)[-1] == "Undo")
    assert await stage.app.preferences.of("discord", stage.alice) == Preference()
    await stage.click(panel, "Undo")
    panel = await stage.answer_of(panel, lambda m: labels(m)[-1] == "Back to the defaults")
    assert await stage.app.preferences.of("discord", stage.alice) == before


async def test_when_one_is_called_goes_round(stage: Stage) -> None:
    await stage.start()
    panel = await stage.answer(await stage.slash("settings"))
    for notify in (True, False, None):
        await stage.click(panel, labels(panel)[0])
        seen = labels(panel)[0]
        panel = await stage.answer_of(panel, lambda m, seen=seen: labels(m)[0] != seen)
        assert (await stage.app.preferences.of("discord", stage.alice)).notify is notify


async def test_the_settings_say_what_a_model_costs_and_what_a_ratio_is_for(
    stage: Stage, provider: Scripted
) -> None:
    provider.offered = tuple(
        replace(model, costs=(("", Cost(3, "points")),)) for model in provider.offered
    )
    await stage.start()
    panel = await stage.answer(await stage.slash("settings"))
    model, _, ratio, _ = panel["selects"]
    assert model["options"][1]["description"] == "3 points · 1–2 seconds · fast, for everyday use"
    assert ratio["options"][1]["label"].endswith("1:1 · Square · avatar")
    told = await stage.answer(await stage.slash("models"))
    assert "3 points · 1–2 seconds · best at details and text" in told["content"]
