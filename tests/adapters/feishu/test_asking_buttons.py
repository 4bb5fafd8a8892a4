"""Every button, menu and form of the cards, and the bot's menu, in both languages."""

import asyncio
from typing import Any

import pytest

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures
from bot.domain.preferences import Preference
from bot.domain.protocol import RUNNING_PER_PERSON
from bot.images.provenance import marked
from messages import Cost
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.running import Bot
from tests.adapters.feishu.scene import words
from tests.adapters.feishu.stage import Message, Stage
from tests.support.scripted import Scripted, png

LABELS = {
    "again": ("再来一张", "Again"),
    "larger": ("放大到 2K", "Upscale to 2K"),
    "vary": ("换一批（4 张）", "4 variations"),
    "edit": ("修改", "Edit"),
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

    async def more(self, card: Message, option: str, by: str = "Ann") -> Message:
        """Choose an entry of the menu of what else can be done."""
        value = {"a": "more"}
        return await self.stage.click(card["message_id"], by, value=value, option=option)

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
    pressed = await (scene.more(card, "pro") if label == "pro" else scene.press(card, label))
    assert pressed["error"] is None
    assert ("收到", "OK")[scene.language] in pressed["seen"]
    further = await scene.stage.done(scene.chat, 2)
    assert further["parent_id"] == card["message_id"]
    assert ("✅ 画一只猫", "✅ draw a cat")[scene.language] in str(further["content"]["header"])
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


async def test_one_of_several_pictures_is_chosen_and_changed(
    scene: Scene, provider: Scripted
) -> None:
    made = (marked(png("red")), marked(png("blue")))
    provider.outcomes.append(Pictures(made, Cost(1, "points")))
    await scene.stage.say(scene.chat, "Ann", ("画两张猫", "draw two cats")[scene.language])
    card = await scene.stage.done(scene.chat)
    assert "'a': 'edit'" not in str(card["content"])
    pressed = await scene.stage.click(card["message_id"], "Ann", text="②")
    assert pressed["error"] is None
    one = await scene.stage.shown(
        scene.chat, ("第 2 张（共 2 张）", "Picture 2 of 2")[scene.language]
    )
    assert one["parent_id"] == card["message_id"]
    warmer, colder = (("变暖", "变冷"), ("make it warmer", "make it colder"))[scene.language]
    for without_value, instruction in ((False, warmer), (True, colder)):
        form = {"instruction": instruction}
        await scene.stage.remote.set(forms_without_value=without_value)
        pressed = await scene.press(one, "edit", form=form)
        assert pressed["error"] is None
        await scene.stage.done(scene.chat, 3 + without_value)
        assert [one.data for one in provider.submitted[-1].references] == [made[1]]
    again = await scene.stage.done(scene.chat, 4)
    said = ("第 2 张", "picture 2 of 2 from")[scene.language]
    assert said in words(again["content"])


async def test_another_ratio_extends_the_picture(scene: Scene, provider: Scripted) -> None:
    card = await scene.draw()
    assert (await scene.more(card, "ratio"))["error"] is None
    asked = await scene.stage.shown(scene.chat, "select_static")
    pressed = await scene.stage.click(
        asked["message_id"], "Ann", value={"a": "ratio"}, option="16:9"
    )
    assert pressed["error"] is None
    await scene.stage.done(scene.chat, 2)
    assert provider.submitted[1].aspect_ratio == "16:9"
    assert len(provider.submitted[1].references) == 1


@pytest.mark.parametrize("without_value", [False, True])
async def test_the_words_are_changed_in_a_form_that_is_filled_in(
    scene: Scene, provider: Scripted, without_value: bool
) -> None:
    card = await scene.draw()
    assert (await scene.more(card, "words"))["error"] is None
    asked = await scene.stage.shown(scene.chat, "'name': 'request'")
    await scene.stage.remote.set(forms_without_value=without_value)
    assert ("画一只猫", "draw a cat")[scene.language] in str(asked["content"])
    form = {"instruction": ("画一只黑猫", "draw a black cat")[scene.language], "count": "2"}
    label = ("开始画", "Make it")[scene.language]
    pressed = await scene.stage.click(asked["message_id"], "Ann", text=label, form=form)
    assert pressed["error"] is None
    await scene.stage.done(scene.chat, 2)
    assert ("黑猫", "black cat")[scene.language] in provider.submitted[1].prompt
    assert provider.submitted[1].count == 2
    assert provider.submitted[1].references == ()


async def test_before_shows_the_picture_it_was_made_from(scene: Scene, provider: Scripted) -> None:
    card = await scene.draw()
    assert "'before'" not in str(card["content"])
    await scene.press(card, "edit", form={"instruction": ("变暖", "warmer")[scene.language]})
    changed = await scene.stage.done(scene.chat, 2)
    assert (await scene.more(changed, "before"))["error"] is None
    shown = await scene.stage.done(scene.chat, 3)
    assert shown["parent_id"] == changed["message_id"]
    assert shown["images"] == card["images"]
    assert len(provider.submitted) == 2


async def test_the_original_comes_as_a_file(scene: Scene, provider: Scripted) -> None:
    made = marked(png("teal"))
    provider.outcomes.append(Pictures((made,), Cost(1, "points")))
    card = await scene.draw()
    assert (await scene.more(card, "original"))["error"] is None

    async def file() -> Message | None:
        found = [m for m in await scene.stage.messages(scene.chat) if m["msg_type"] == "file"]
        return found[-1] if found else None

    sent = await scene.stage.until(file, "a file")
    assert sent["parent_id"] == card["message_id"]
    [name] = [each["name"] for each in sent["files"].values()]
    assert name == ("画一只猫-1.png", "draw-a-cat-1.png")[scene.language]


async def test_details_come_as_a_card(scene: Scene) -> None:
    card = await scene.draw()
    pressed = await scene.more(card, "details")
    assert pressed["error"] is None
    details = await scene.stage.shown(scene.chat, "job_", "scripted")
    assert details["parent_id"] == card["message_id"]


async def test_delete_is_asked_about_and_takes_the_card_away(scene: Scene) -> None:
    card = await scene.draw()
    assert (await scene.more(card, "delete"))["error"] is None
    asked = await scene.stage.shown(scene.chat, "'k': 'asked'")
    assert [m["message_id"] for m in await scene.stage.messages(scene.chat) if m["images"]]
    pressed = await scene.stage.click(asked["message_id"], "Ann", value={"a": "delete"})
    assert pressed["toast"]["type"] == "success"
    assert pressed["card"]

    async def gone() -> bool:
        return not [m for m in await scene.stage.messages(scene.chat) if m["images"]]

    await scene.stage.until(gone, "the card is gone")


async def test_only_the_requester_deletes(bot: Start, stage: Stage) -> None:
    await bot()
    await stage.person("Ann")
    await stage.person("Bob", "en_us")
    group = await stage.chat("group", "Ann", "Bob")
    await stage.say(group, "Ann", "<@bot> 画一只猫")
    card = await stage.done(group)
    value = {"a": "more"}
    await stage.click(card["message_id"], "Bob", value=value, option="delete")
    asked = await stage.shown(group, "'k': 'asked'")
    pressed = await stage.click(asked["message_id"], "Bob", value={"a": "delete"})
    assert pressed["toast"]["type"] == "warning"
    assert "Only the person" in pressed["seen"]
    again = await stage.click(card["message_id"], "Bob", text="Again")
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


async def test_a_press_that_has_to_wait_is_told_its_place(scene: Scene, provider: Scripted) -> None:
    card = await scene.draw()
    held = [asyncio.Event() for _ in range(RUNNING_PER_PERSON)]
    provider.outcomes.extend(held)
    for number in range(RUNNING_PER_PERSON):
        words = ("画一只狗", "draw a dog")[scene.language]
        await scene.stage.say(scene.chat, "Ann", f"{words} {number}")
    await scene.stage.shown(scene.chat, "'a': 'cancel'", count=RUNNING_PER_PERSON)
    pressed = await scene.press(card, "again")
    assert ("第 1 位", "number 1")[scene.language] in pressed["seen"]
    for event in held:
        event.set()
    await scene.stage.done(scene.chat, 2 + RUNNING_PER_PERSON)


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
    chosen = (("aspect_ratio", "16:9"), ("size", "2K"), ("notify", "on"), ("notify", "auto"))
    for key, option in chosen:
        pressed = await stage.click(
            card["message_id"], "Ann", value={"a": "set", "k": key}, option=option
        )
        assert pressed["error"] is None
        assert pressed["card"]
        assert option == "auto" or pressed["toast"]["type"] == "success"
    await stage.say(scene.chat, "Ann", ("画一只猫", "draw a cat")[scene.language])
    await stage.done(scene.chat)
    assert provider.submitted[0].aspect_ratio == "16:9"
    assert provider.submitted[0].size == "2K"
    pressed = await stage.click(card["message_id"], "Ann", value={"a": "reset"})
    assert pressed["card"]
    who = await _who(stage)
    assert await scene.bot.app.preferences.of("feishu", who) == Preference()
    reset = await stage.shown(scene.chat, "'a': 'undo'")
    pressed = await stage.click(reset["message_id"], "Ann", value={"a": "undo"})
    assert pressed["card"]
    liked = await scene.bot.app.preferences.of("feishu", who)
    assert (liked.aspect_ratio, liked.size, liked.notify) == ("16:9", "2K", None)
    await stage.shown(scene.chat, "'a': 'reset'")


async def test_the_settings_card_keeps_its_language(bot: Start, stage: Stage) -> None:
    """What somebody who writes English chooses first is answered in English."""
    await bot()
    await stage.person("Ann", "en_us")
    chat = await stage.chat("p2p", "Ann")
    await stage.say(chat, "Ann", "settings")
    card = await stage.shown(chat, "'a': 'set'")
    for value, option in (({"a": "set", "k": "size"}, "2K"), ({"a": "reset"}, None)):
        pressed = await stage.click(card["message_id"], "Ann", value=value, option=option)
        assert pressed["card"]
        [shown] = await stage.messages(chat)
        assert "Draw in this size" in words(shown["content"])


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
    assert ("Again", "再来一张")[scene.language] in str(made["content"])


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
    older = await stage.click(
        card["message_id"], "Ann", text=("下一页", "Next page")[scene.language]
    )
    assert older["card"]
    jobs = await scene.bot.app.history.jobs_of("feishu", await _who(stage), limit=10)
    shown = await stage.click(card["message_id"], "Ann", value={"a": "show", "job": jobs[-1].id})
    assert shown["error"] is None
    again = await stage.done(scene.chat, 9)  # the history has pictures, too
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
    await scene.draw()
    await stage.say(scene.chat, "Ann", ("帮助", "help")[scene.language])
    card = await stage.shown(scene.chat, "'a': 'panel'")
    for panel, said in (("settings", "'a': 'set'"), ("history", "'a': 'show'")):
        value = {"a": "panel", "k": panel}
        pressed = await stage.click(card["message_id"], "Ann", value=value)
        assert pressed["error"] is None
        await stage.shown(scene.chat, said)


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
