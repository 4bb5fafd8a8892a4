"""Who always wants to be answered alone: what they ask for in a group comes to them."""

from typing import Any

from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Stage


async def _people(bot: Start, stage: Stage) -> tuple[Any, str, str, str]:
    ann, _ = [await stage.person(name, "en_us") for name in ("Ann", "Bob")]
    group, alone = await stage.chat("group", "Ann", "Bob"), await stage.chat("p2p", "Ann")
    started = await bot()
    await started.app.preferences.change("feishu", ann, private=True)
    return started, ann, group, alone


async def test_what_is_asked_in_a_group_comes_to_the_person_alone(bot: Start, stage: Stage) -> None:
    started, ann, group, alone = await _people(bot, stage)
    await stage.say(group, "Ann", "<@bot> a proposal under the oak")
    card = await stage.done(alone)
    assert "It could not be shown" not in str(card["content"])
    await stage.shown(group, "I'll answer you alone")
    await stage.say(group, "Ann", "<@bot> my usage")
    await stage.shown(alone, "Last 24 hours")
    told = [each for each in await stage.messages(group) if each["sender"]["type"] == "app"]
    assert all("I'll answer you alone" in str(each["content"]) for each in told)
    assert [job.private for job in await started.app.history.jobs_of("feishu", ann)] == [True]


async def test_a_button_in_a_group_answers_them_alone_and_others_there(
    bot: Start, stage: Stage
) -> None:
    started, ann, group, alone = await _people(bot, stage)
    await stage.say(group, "Bob", "<@bot> a lighthouse")
    card = await stage.done(group)
    await stage.click(card["message_id"], "Ann", value={"a": "again"})
    await stage.done(alone)
    assert [job.private for job in await started.app.history.jobs_of("feishu", ann)] == [True]
    cards = [each for each in await stage.messages(group) if each["msg_type"] == "interactive"]
    assert [each["message_id"] for each in cards] == [card["message_id"]]


async def test_it_is_chosen_on_the_settings_card(bot: Start, stage: Stage) -> None:
    started, ann, _, alone = await _people(bot, stage)
    await stage.say(alone, "Ann", "settings")
    card = await stage.shown(alone, "'a': 'set'")
    assert "To me alone" in str(card["content"])
    value = {"a": "set", "k": "private"}
    await stage.click(card["message_id"], "Ann", value=value, option="off")
    assert not (await started.app.preferences.of("feishu", ann)).private
    pressed = await stage.click(
        card["message_id"], "Ann", value={"a": "set", "k": "notify"}, option="auto"
    )
    assert "after a long wait" in pressed["seen"]
