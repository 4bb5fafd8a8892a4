"""In a group everybody reads what is fixed in a card in the language of their own client."""

from typing import Any

import pytest

from adapters.feishu.cards import cards, elements
from adapters.feishu.cards.texts import for_readers
from bot.domain.generation import Pictures
from messages import Cost, MadeFrom, Step
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.scene import message, words
from tests.adapters.feishu.stage import Message, Stage
from tests.support.scripted import Scripted, png

SAID = {
    "larger": "这里还没有你的图片",
    "do you like cats?": "要我把这句话画出来吗",
    "is it done?": "现在没有在画的图",
    "cancel": "现在没有在画的图",
    "/forget-me": "删除与你有关的全部数据",
    "which models are there?": "可用的模型",
    "always use pro": "好的，以后默认",
    "help": "画图",
}
"""What somebody says who writes English, and what a Chinese reads of the answer."""

MORE = {"words": "画面描述", "ratio": "换个比例", "delete": "确定删除"}
"""What is chosen under a picture, and what a Chinese reads of what comes."""


def read(card: Message, client: str) -> str:
    """What somebody reads whose client is in that language."""

    def told(node: Any) -> Any:
        if isinstance(node, list):
            return [told(each) for each in node]
        if not isinstance(node, dict):
            return node
        said = node.get("i18n_content", {}).get(client)
        return {key: told(each) for key, each in node.items()} | ({"content": said} if said else {})

    return words(told(card["content"]))


async def newest(stage: Stage, chat: str, count: int) -> Message:
    """The newest message of the bot there, once there are so many."""

    async def look() -> Message | None:
        found = await stage.messages(chat)
        return found[-1] if len(found) == count else None

    return dict(await stage.until(look, f"{count} messages"))


async def test_what_is_answered_in_words(bot: Start, stage: Stage, group: str) -> None:
    await bot()
    for number, (said, chinese) in enumerate(SAID.items(), start=1):
        await stage.say(group, "Bob", f"<@bot> {said}")
        card = await newest(stage, group, number)
        assert chinese in read(card, "zh_cn"), said
        assert chinese not in read(card, "en_us"), said
        assert read(card, "ja_jp") != read(card, "en_us"), said
        assert read(card, "fr_fr") == read(card, "en_us"), said


async def test_what_is_asked_before_it_is_done(bot: Start, stage: Stage, group: str) -> None:
    await bot()
    await stage.say(group, "Bob", "<@bot> draw a cat")
    made = await stage.done(group)
    for number, (option, chinese) in enumerate(MORE.items(), start=2):
        value = {"a": "more"}
        await stage.click(made["message_id"], "Bob", value=value, option=option)
        card = await newest(stage, group, number)
        assert chinese in read(card, "zh_cn"), option
        assert chinese not in read(card, "en_us"), option
    await stage.click(card["message_id"], "Bob", value={"a": "delete"})
    deleted = await stage.shown(group, "已删除")
    assert "Deleted" in read(deleted, "en_us")


async def test_who_may_not_use_it_is_told_so_for_all(bot: Start, stage: Stage, group: str) -> None:
    await bot(feishu_allowed_chats=("oc_another",))
    await stage.say(group, "Bob", "<@bot> draw a cat")
    card = await newest(stage, group, 1)
    assert "这里还没有开通" in read(card, "zh_cn")
    assert "I am not enabled here" in read(card, "en_us")


async def test_alone_the_person_reads_their_language(bot: Start, stage: Stage, alone: str) -> None:
    await bot()
    for number, said in enumerate(("larger", "do you like cats?", "what is my quota?"), start=1):
        await stage.say(alone, "Ann", said)
        card = await newest(stage, alone, number)
        assert "i18n_content" not in elements.encoded(card["content"]), said


def test_a_card_that_would_be_too_large_has_one_language() -> None:
    def make(locale: str, characters: int) -> dict[str, Any]:
        return elements.card(locale, "blue", [elements.paragraph(locale * characters)])

    told = for_readers(lambda each: make(each, 10), "en", alone=False)
    assert told["header"]["title"]["i18n_content"]["zh_cn"] == "zh_Hans"
    large = for_readers(lambda each: make(each, 3_000), "en", alone=False)
    assert large == make("en", 3_000)
    assert elements.size(large) <= elements.LARGEST


async def test_a_question_that_was_answered_says_the_answer(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    await bot()
    await stage.say(group, "Bob", "<@bot> do you like cats?")
    asked = await stage.shown(group, "'a': 'answer'")
    pressed = await stage.click(asked["message_id"], "Bob", value={"a": "answer"})
    assert pressed["card"]
    await stage.done(group)
    [answered] = [
        each for each in await stage.messages(group) if each["message_id"] == asked["message_id"]
    ]
    assert "'a': 'answer'" not in str(answered["content"])
    assert "✓ Draw it" in read(answered, "en_us")
    assert "✓ 画出来" in read(answered, "zh_cn")
    assert len(provider.submitted) == 1


async def test_what_it_was_made_from_is_shown_when_it_is_pressed(
    bot: Start, stage: Stage, group: str, provider: Scripted
) -> None:
    """The one of several that it was made from, and nothing is paid."""
    await bot()
    provider.outcomes.append(Pictures((png("red"), png("blue")), Cost(1, "points")))
    await stage.say(group, "Bob", "<@bot> draw two cats")
    grid = await stage.done(group)
    await stage.click(grid["message_id"], "Bob", text="②")
    one = await newest(stage, group, 2)
    form = {"instruction": "make it warmer"}
    await stage.click(one["message_id"], "Bob", value={"a": "edit"}, form=form)
    changed = await stage.shown(group, "'a': 'before'")
    assert "↩️ picture 2 of 2 from “draw two cats”" in read(changed, "en_us")
    pressed = await stage.click(changed["message_id"], "Bob", value={"a": "before"})
    assert pressed["error"] is None
    shown = await newest(stage, group, 4)
    assert list(shown["images"]) == [list(grid["images"])[1]]
    assert "Picture 2 of 2" in read(shown, "en_us")
    assert len(provider.submitted) == 2


@pytest.mark.parametrize("asked", ["history", "settings"])
async def test_what_is_personal_comes_to_the_person_alone(
    bot: Start, stage: Stage, group: str, asked: str
) -> None:
    await bot()
    alone = await stage.chat("p2p", "Bob")
    await stage.say(group, "Bob", f"<@bot> {asked}")
    assert (await newest(stage, alone, 1))["msg_type"] == "interactive"
    told = await newest(stage, group, 1)
    assert told["content"]["text"] == "I have sent it to you alone."


def test_a_simple_card_has_nothing_to_press() -> None:
    shown = message(Step.SUCCESS, made_from=MadeFrom("job", 1, 1, "draw", ("a cat",)))
    simple = cards.card(shown, "en", {}, simple=True)
    assert "behaviors" not in elements.encoded(simple)
    assert "from “a cat”" in words(simple)
    assert "↩️" not in words(cards.card(shown, "en", {}))


async def test_who_has_never_written_is_greeted_in_the_language_of_their_client(
    bot: Start, stage: Stage
) -> None:
    await bot()
    await stage.person("Bob", "en_us")
    alone = await stage.chat("p2p", "Bob")
    await stage.do("enter", by="Bob")
    greeting = await newest(stage, alone, 1)
    assert "just write what you want to see" in read(greeting, "en_us")
    assert "直接描述画面就能画" in read(greeting, "zh_cn")


async def test_whose_language_is_not_known_reads_everything_in_that_of_their_client(
    bot: Start, stage: Stage, provider: Scripted
) -> None:
    await bot()
    await stage.person("Bob", "en_us")
    alone = await stage.chat("p2p", "Bob")
    await stage.do("enter", by="Bob")
    greeting = await newest(stage, alone, 1)
    await stage.click(greeting["message_id"], "Bob", value={"a": "try"})
    drawn = await stage.done(alone)
    assert "✅ a lighthouse at dusk" in read(drawn, "en_us")
    assert "✅ 黄昏的灯塔" in read(drawn, "zh_cn")
    assert "Again" in read(drawn, "en_us")
    await stage.click(drawn["message_id"], "Bob", value={"a": "again"})
    again = await stage.done(alone, 2)
    assert "Again" in read(again, "en_us")
    for number, key in enumerate(("help", "models", "settings", "history"), start=4):
        await stage.do("menu", by="Bob", key=key)
        card = await newest(stage, alone, number)
        assert read(card, "zh_cn") != read(card, "en_us"), key
    value = {"a": "set", "k": "size"}
    settings = await stage.shown(alone, "'k': 'size'")
    await stage.click(settings["message_id"], "Bob", value=value, option="2K")
    changed = await stage.shown(alone, "'initial_option': '2K'")
    assert read(changed, "zh_cn") != read(changed, "en_us")
    await stage.say(alone, "Bob", "draw a dog")
    theirs = await stage.done(alone, 4)  # the history shows pictures, too
    assert "i18n_content" not in str(theirs["content"])
    assert len(provider.submitted) == 3
