"""Every button, menu and form of the cards, and the bot's menu, in both languages."""

import asyncio
from typing import Any

import pytest

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures
from bot.domain.image_models import NEWEST
from messages import Cost
from tests.adapters.feishu.conftest import Bot, Start
from tests.adapters.feishu.stage import Message, Stage
from tests.support.scripted import Scripted, png

LABELS = {
    "again": ("再来一张", "Again"),
    "pro": ("Pro 版", "Pro version"),
    "larger": ("更大", "Larger"),
    "vary": ("变体", "Variations"),
    "edit": ("编辑", "Edit"),
    "details": ("详情", "Details"),
    "delete": ("删除", "Delete"),
}


class Scene:
    """A person alone with the bot, and a finished picture."""

    def __init__(self, stage: Stage, chat: str, bot: Bot, language: int) -> None:
        self.stage = stage
        self.chat = chat
        self.bot = bot
        self.language = language

    async def draw(self) -> Message:
        await self.stage.say(self.chat, "Ann", ("画一只猫", "draw a cat")[self.language])
        return await self.stage.done(self.chat)

    async def press(self, card: Message, label: str, **more: Any) -> Message:
        text = LABELS[label][self.language]
        return await self.stage.click(card["message_id"], "Ann", text=text, **more)


@pytest.fixture(params=[0, 1], ids=["zh", "en"])
async def scene(request: pytest.FixtureRequest, bot: Start, stage: Stage) -> Scene:
    await stage.person("Ann", ("zh_cn", "en_us")[request.param])
    chat = await stage.chat("p2p", "Ann")
    return Scene(stage, chat, await bot(), request.param)


@pytest.mark.parametrize("label", ["again", "pro", "larger", "vary"])
async def test_buttons_that_draw(scene: Scene, provider: Scripted, label: str) -> None:
    card = await scene.draw()
    pressed = await scene.press(card, label)
    assert pressed["error"] is None
    assert pressed["took"] < 3
    assert ("收到", "OK")[scene.language] in pressed["seen"]
    further = await scene.stage.done(scene.chat, 2)
    assert further["parent_id"] == card["message_id"]
    assert ("成功", "ready")[scene.language] in str(further["content"]["header"])
    assert len(provider.submitted) == 2


async def test_editing_in_the_card(scene: Scene, provider: Scripted) -> None:
    card = await scene.draw()
    words = ("换成黑猫", "make it a black cat")[scene.language]
    pressed = await scene.press(card, "edit", form={"instruction": words})
    assert pressed["error"] is None
    await scene.stage.done(scene.chat, 2)
    assert provider.submitted[1].prompt == words
    assert len(provider.submitted[1].references) == 1


async def test_editing_without_words_asks_for_them(scene: Scene, provider: Scripted) -> None:
    card = await scene.draw()
    pressed = await scene.press(card, "edit")
    assert pressed["toast"]["type"] == "warning"
    assert len(provider.submitted) == 1


async def test_editing_one_of_several_pictures(scene: Scene, provider: Scripted) -> None:
    made = (png("red"), png("blue"))
    provider.outcomes.append(Pictures(made, Cost(1, "points")))
    await scene.stage.say(scene.chat, "Ann", ("画两张猫", "draw two cats")[scene.language])
    card = await scene.stage.done(scene.chat)
    form = {"instruction": ("变暖", "make it warmer")[scene.language], "picture": "2"}
    pressed = await scene.press(card, "edit", form=form)
    assert pressed["error"] is None
    await scene.stage.done(scene.chat, 2)
    assert [reference.data for reference in provider.submitted[1].references] == [png("blue")]


async def test_menus_for_model_and_ratio(scene: Scene, provider: Scripted) -> None:
    card = await scene.draw()
    model = NEWEST[-1].id if NEWEST[-1].id != provider.submitted[0].model else NEWEST[0].id
    pressed = await scene.stage.click(card["message_id"], "Ann", value={"a": "model"}, option=model)
    assert pressed["error"] is None
    await scene.stage.done(scene.chat, 2)
    assert provider.submitted[1].model == model
    await scene.stage.click(card["message_id"], "Ann", value={"a": "ratio"}, option="16:9")
    await scene.stage.done(scene.chat, 3)
    assert provider.submitted[2].aspect_ratio == "16:9"


async def test_details_come_as_a_card(scene: Scene) -> None:
    card = await scene.draw()
    pressed = await scene.press(card, "details")
    assert pressed["error"] is None
    details = await scene.stage.shown(scene.chat, "job_", "scripted")
    assert details["parent_id"] == card["message_id"]


async def test_delete_takes_the_card_away(scene: Scene) -> None:
    card = await scene.draw()
    pressed = await scene.press(card, "delete")
    assert pressed["toast"]["type"] == "success"

    async def gone() -> bool:
        return not await scene.stage.messages(scene.chat)

    await scene.stage.until(gone, "the card is gone")


async def test_only_the_requester_deletes(bot: Start, stage: Stage) -> None:
    await bot()
    await stage.person("Ann")
    await stage.person("Bob", "en_us")
    group = await stage.chat("group", "Ann", "Bob")
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    card = await stage.done(group)
    pressed = await stage.click(card["message_id"], "Bob", text="删除")
    assert pressed["toast"]["type"] == "warning"
    assert "Only the person" in pressed["seen"]
    again = await stage.click(card["message_id"], "Bob", text="再来一张")
    assert again["error"] is None
    await stage.done(group, 2)


async def test_cancel_and_call_me_while_it_runs(scene: Scene, provider: Scripted) -> None:
    provider.outcomes.append(asyncio.Event())
    await scene.stage.say(scene.chat, "Ann", ("画一只猫", "draw a cat")[scene.language])
    card = await scene.stage.shown(scene.chat, "'a': 'cancel'", "'a': 'notify'")
    pressed = await scene.stage.click(card["message_id"], "Ann", value={"a": "notify"})
    assert pressed["toast"]["type"] == "success"
    pressed = await scene.stage.click(card["message_id"], "Ann", value={"a": "cancel"})
    assert pressed["toast"]["type"] == "success"
    await scene.stage.shown(scene.chat, ("已取消", "Cancelled")[scene.language])


async def test_retry_after_a_failure(scene: Scene, provider: Scripted) -> None:
    provider.outcomes.append(Failure(Reason.PROVIDER_DOWN))
    await scene.stage.say(scene.chat, "Ann", ("画一只猫", "draw a cat")[scene.language])
    card = await scene.stage.shown(scene.chat, "'a': 'retry'")
    pressed = await scene.stage.click(card["message_id"], "Ann", value={"a": "retry"})
    assert pressed["error"] is None
    await scene.stage.done(scene.chat)


async def test_a_double_click_draws_once(scene: Scene, provider: Scripted) -> None:
    card = await scene.draw()
    first, second = await asyncio.gather(scene.press(card, "again"), scene.press(card, "again"))
    assert first["error"] is None
    assert second["error"] is None
    await scene.stage.done(scene.chat, 2)
    assert len(provider.submitted) == 2
    assert len(await scene.stage.messages(scene.chat)) == 2


async def test_buttons_work_after_a_restart(scene: Scene, bot: Start, provider: Scripted) -> None:
    card = await scene.draw()
    await bot()
    await scene.press(card, "again")
    await scene.stage.done(scene.chat, 2)


async def test_the_settings_card(scene: Scene, provider: Scripted) -> None:
    stage = scene.stage
    await stage.say(scene.chat, "Ann", ("设置", "settings")[scene.language])
    card = await stage.shown(scene.chat, "'a': 'set'")
    for key, option in (("aspect_ratio", "16:9"), ("size", "2K"), ("notify", "on")):
        pressed = await stage.click(
            card["message_id"], "Ann", value={"a": "set", "k": key}, option=option
        )
        assert pressed["error"] is None
        assert pressed["card"]
        assert pressed["toast"]["type"] == "success"
    await stage.say(scene.chat, "Ann", ("画一只猫", "draw a cat")[scene.language])
    await stage.done(scene.chat)
    assert provider.submitted[0].aspect_ratio == "16:9"
    assert provider.submitted[0].size == "2K"
    pressed = await stage.click(card["message_id"], "Ann", value={"a": "reset"})
    assert pressed["card"]


async def test_the_language_of_the_settings_card(scene: Scene) -> None:
    """Chosen once, it is that of every answer, whatever the words are in."""
    stage = scene.stage
    await stage.say(scene.chat, "Ann", ("设置", "settings")[scene.language])
    card = await stage.shown(scene.chat, "'a': 'set'")
    language = ("en", "zh-Hans")[scene.language]
    pressed = await stage.click(
        card["message_id"], "Ann", value={"a": "set", "k": "language"}, option=language
    )
    assert pressed["card"]
    await stage.shown(scene.chat, ("Settings", "设置")[scene.language])
    made = await scene.draw()
    assert ("ready", "成功")[scene.language] in str(made["content"]["header"])


async def test_the_history_card_is_paged_and_shows_pictures_again(
    scene: Scene, provider: Scripted
) -> None:
    stage = scene.stage
    for number in range(7):
        await stage.say(scene.chat, "Ann", f"{('画一只猫', 'draw a cat')[scene.language]} {number}")
        await stage.done(scene.chat, number + 1)
        await stage.advance(1)
    await stage.say(scene.chat, "Ann", ("历史", "history")[scene.language])
    card = await stage.shown(scene.chat, "'a': 'page'")
    older = await stage.click(card["message_id"], "Ann", text=("更早", "Older")[scene.language])
    assert older["card"]
    jobs = await scene.bot.app.history.jobs_of("feishu", await _who(stage), limit=10)
    shown = await stage.click(card["message_id"], "Ann", value={"a": "show", "job": jobs[-1].id})
    assert shown["error"] is None
    again = await stage.done(scene.chat, 8)
    assert again["parent_id"] == card["message_id"]


async def test_forgetting_everything_by_button(scene: Scene) -> None:
    stage = scene.stage
    await scene.draw()
    await stage.say(scene.chat, "Ann", "/forget-me")
    card = await stage.shown(scene.chat, "'a': 'forget'")
    pressed = await stage.click(card["message_id"], "Ann", value={"a": "forget"})
    assert pressed["error"] is None
    assert pressed["card"]
    assert await scene.bot.app.history.jobs_of("feishu", await _who(stage), limit=10) == []


async def test_help_leads_to_the_panels(scene: Scene) -> None:
    stage = scene.stage
    await stage.say(scene.chat, "Ann", ("帮助", "help")[scene.language])
    card = await stage.shown(scene.chat, "'a': 'panel'")
    for panel, words in (("settings", "'a': 'set'"), ("models", "Nano Banana Pro")):
        value = {"a": "panel", "k": panel}
        pressed = await stage.click(card["message_id"], "Ann", value=value)
        assert pressed["error"] is None
        await stage.shown(scene.chat, words)


async def test_a_button_of_what_is_gone_says_so(scene: Scene) -> None:
    card = await scene.draw()
    await scene.bot.app.engine.erase("feishu", await _who(scene.stage))
    pressed = await scene.press(card, "again")
    assert pressed["toast"]["type"] == "warning"


async def test_the_menu_of_the_bot(scene: Scene, provider: Scripted) -> None:
    """Before anything was asked, and once the chat is known."""
    stage = scene.stage
    await stage.do("menu", by="Ann", key="help")
    await stage.shown(scene.chat, "'a': 'panel'")
    await stage.do("menu", by="Ann", key="settings")
    await stage.shown(scene.chat, "'a': 'set'")
    await stage.do("menu", by="Ann", key="again")
    await stage.shown(scene.chat, "没有")
    await scene.draw()
    await stage.do("menu", by="Ann", key="again")
    await stage.done(scene.chat, 2)
    await stage.do("menu", by="Ann", key="something else")
    await stage.shown(scene.chat, "'k': 'history'", count=2)


async def _who(stage: Stage) -> str:
    sent = await stage.remote.ask("messages")
    return str(next(each["sender"]["id"] for each in sent if each["sender"]["type"] == "user"))
