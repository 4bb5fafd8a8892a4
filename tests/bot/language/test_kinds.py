"""Kinds of sayings that name things and want no picture, and their counterparts, which want one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.actions import Action
from bot.domain.situation import Situation
from bot.language.situations import wanted_in
from bot.language.wanting import evidence
from bot.language.wording import adds, change_of, may_quote, read, read_quoting
from tests.manners.sayings import load

SAYINGS = load(Path(__file__).parents[2] / "manners" / "training" / "kinds.jsonl")


def texts(context: str, *, paid: bool) -> list[str]:
    return [one.text for one in SAYINGS if one.context == context and one.paid is paid]


def wants(text: str, situation: Situation) -> bool:
    reading = read(text)
    return reading.action is Action.DRAW and situation in wanted_in(text, reading)


@pytest.mark.parametrize("text", texts("nothing", paid=False))
def test_what_only_names_things_is_not_drawn(text: str) -> None:
    assert not wants(text, Situation.NOTHING)


@pytest.mark.parametrize("text", texts("recent", paid=False))
def test_what_is_said_of_a_picture_does_not_change_it(text: str) -> None:
    assert not wants(text, Situation.AT_HAND)


@pytest.mark.parametrize("text", texts("nothing", paid=True))
def test_the_counterpart_is_drawn(text: str) -> None:
    assert wants(text, Situation.NOTHING)
    assert not change_of(text).change or evidence(text).describes


@pytest.mark.parametrize("text", texts("recent", paid=True))
def test_the_counterpart_changes_the_picture(text: str) -> None:
    assert wants(text, Situation.AT_HAND)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("give me a couple more like this", Action.VARY),
        ("照这个感觉再来几张", Action.VARY),
        ("この路線であと3つくらい見たい", Action.VARY),
        ("bigger, I want to print it for the break room", Action.LARGER),
        ("放大一点，要贴在公司墙上", Action.LARGER),
        ("exact same thing one more time", Action.AGAIN),
        ("nope. again", Action.AGAIN),
        ("nah roll the dice on that again", Action.AGAIN),
        ("没抽到想要的，重新来一发", Action.AGAIN),
        ("这个再生成一次", Action.AGAIN),
        ("同じのでもっかい", Action.AGAIN),
        ("再大張一點，要印成T恤", Action.LARGER),
        ("nope, put it back how it was", Action.BEFORE),
        ("please use landscape for me by default from here on", Action.PREFER),
        ("the dog ate my headphones. again.", Action.DRAW),
        ("change it please", Action.WORDS),
        ("换一下", Action.WORDS),
        ("そっちじゃなくて", Action.WORDS),
        ("换一下背景", Action.DRAW),
        ("四张都差点意思，重新抽一次", Action.AGAIN),
        ("もう一回おなじのでガチャらせて", Action.AGAIN),
        (
            "The same one but bigger please, I want to have it printed for the hall.",
            Action.LARGER,
        ),
        ("今の画像消しといて", Action.DELETE),
        ("間違えて送ったので消してください", Action.DELETE),
        ("右上の文字、消しといて", Action.DRAW),
        ("後ろの人、消しといて", Action.DRAW),
        ("左边的字，删掉", Action.DRAW),
        ("the text in the corner, delete it", Action.DRAW),
    ],
)
def test_a_command_for_a_reason(text: str, action: Action) -> None:
    assert read(text).action is action


@pytest.mark.parametrize(
    "text",
    [
        "do it again with the other model, this one's a bit plasticky",
        "same thing but with the other model please",
        "once more with the other model, looks too fake",
        "同样的再出一次，换个模型试试",
        "一模一样的内容，换个模型再跑一遍",
        "同じのを別のモデルでもう一回",
        "別のモデルでもう一度描いて",
    ],
)
def test_once_more_with_another_model(text: str) -> None:
    reading = read(text)
    assert (reading.action, reading.other_model) == (Action.AGAIN, True)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("try another model", Action.OTHER_MODEL),
        ("换个模型试试", Action.OTHER_MODEL),
        ("別のモデルで描いて", Action.OTHER_MODEL),
        ("we did it again with the other team", Action.QUESTION),
        ("换个模型，再来一张狐狸", Action.DRAW),
        ("一样的再来一张，给小猫换个帽子", Action.DRAW),
        ("一样的再来一张，换个模型，加只猫", Action.DRAW),
    ],
)
def test_another_model_alone_is_asked_about(text: str, action: Action) -> None:
    reading = read(text)
    assert (reading.action, reading.other_model) == (action, False)


@pytest.mark.parametrize(
    "text",
    [
        "感觉太冷清了，旁边添两只小兔子吧",
        "灯塔旁边再添一条小渔船呗",
        "唉它孤零零的看着好可怜，旁边多个小伙伴就好了，一只小白兔",
        "构图好，就是太暗了我老花眼看不清，亮堂一些",
        "hm, i meant 4:3",
        "oh, sorry, i meant 16:9",
        "paint her nails emerald",
    ],
)
def test_a_change_in_other_words(text: str) -> None:
    assert wants(text, Situation.AT_HAND)
    found = evidence(text)
    assert change_of(text).change or found.changes


@pytest.mark.parametrize("text", ["旁边添堵的人真多", "旁边加油站", "灯塔再见"])
def test_what_sounds_like_a_change_is_asked_about(text: str) -> None:
    assert not wants(text, Situation.AT_HAND)


@pytest.mark.parametrize("text", ["paint her portrait in oils", "hm, a fox 4:3"])
def test_what_sounds_like_a_change_is_a_new_picture(text: str) -> None:
    assert not change_of(text).change


def test_a_question_about_a_photo_that_comes_along_is_a_change_of_it() -> None:
    text = "这是我爸妈1978年的结婚照，黑白的，能上个色吗"
    assert read(text, image=True).action is Action.DRAW
    assert wants(text, Situation.ABOUT)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("sorry, forgot to say, a small dog in the corner", True),
        ("忘说了，右下角得有只打盹的狗", True),
        ("言い忘れましたけど、隅に寝ている犬を描いて", True),
        ("a man who forgot to say goodbye", False),
        ("忘忧草开满山坡", False),
        ("补充一下维生素的海报", False),
        ("I forgot to add salt to the soup", False),
        ("言い忘れたことがある人の絵", False),
    ],
)
def test_what_was_forgotten_is_a_change(text: str, added: bool) -> None:
    assert adds(text) is added
    assert change_of(text).change is added


@pytest.mark.parametrize("text", ["给我出个4K的", "give me a 4k version of it"])
def test_a_larger_one_of_the_size_that_is_named(text: str) -> None:
    reading = read(text)
    assert (reading.action, reading.size) == (Action.LARGER, "4K")


def test_a_style_behind_words_that_point() -> None:
    for text, style in (("draw this, in oils", "oils"), ("把这句画出来,油画感觉", "油画感觉")):
        assert may_quote(text)
        reading = read_quoting(text, "the words")
        assert reading is not None
        assert reading.prompt == f"the words\n\n{style}"
