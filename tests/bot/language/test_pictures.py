"""Words that point at words or pictures, and how sure a change is: sayings, one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.actions import Action
from bot.language.pointers import (
    LONGEST,
    Pointer,
    Which,
    is_only,
    names,
    pointer,
    shown,
    subject,
)
from bot.language.quotes import is_style, points, style_of
from bot.language.wording import (
    ChangeReading,
    asks_for_another,
    change_of,
    is_change,
    read_quoting,
)

DATA = Path(__file__).parent / "pictures"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("line", lines("quotes"), ids=lambda line: line["text"])
def test_what_words_in_reply_to_words_ask_for(line: dict[str, Any]) -> None:
    """``style`` is what they say besides, ``null`` where they do not point at the words."""
    reading = read_quoting(line["text"], "the words")
    if line["style"] is None:
        assert reading is None
    else:
        assert reading is not None
        assert reading.prompt == "\n\n".join(filter(None, ("the words", line["style"])))


@pytest.mark.parametrize("line", lines("pointers"), ids=lambda line: line["text"])
def test_which_picture_is_pointed_at(line: dict[str, Any]) -> None:
    """``number`` and ``which`` are ``null`` where none is."""
    found = pointer(line["text"])
    if line["number"] is None and line["which"] is None:
        assert found is None
    else:
        assert found is not None
        assert (found.number, found.which) == (line["number"], line["which"])


@pytest.mark.parametrize("line", lines("certainty"), ids=lambda line: line["text"])
def test_how_sure_it_is(line: dict[str, Any]) -> None:
    """What can be meant either way is not sure; what is read wrongly may not be sure."""
    reading = change_of(line["text"])
    assert reading.sure is line["sure"]
    if line["sure"]:
        assert reading.change is line["change"]
    assert is_change(line["text"]) is reading.change


def test_settings_beside_words_that_point() -> None:
    square = read_quoting("draw this as a square", "a fox")
    assert square is not None
    assert (square.prompt, square.aspect_ratio) == ("a fox", "1:1")
    several = read_quoting("draw this, 3 pictures, use pro", "a fox", max_images=2)
    assert several is not None
    assert (several.prompt, several.count, several.notes) == ("a fox", 2, ("count_limited",))
    assert several.model is not None
    assert "pro" in several.model


@pytest.mark.parametrize("text", ["", "   ", "draw this " * 40, "…"])
def test_what_points_at_no_words(text: str) -> None:
    assert style_of(text) is None


@pytest.mark.parametrize("text", ["no parking, a sign" * 9, "no parking\na sign"])
def test_a_long_text_is_surely_a_new_picture(text: str) -> None:
    assert change_of(text) == ChangeReading(change=False, sure=True)


def test_a_name_says_whose_picture() -> None:
    assert pointer("make Bob's last one blue", ["Bob"]) == Pointer(
        person="Bob", words="make it blue"
    )
    assert pointer("make their last one blue", ["Bob"]) == Pointer(person="", words="make it blue")
    assert pointer("@Bob their last one in blue", ["@Bob"]) == Pointer(person="", words="in blue")
    assert pointer("make their last one blue") == Pointer(person="", words="make it blue")
    assert pointer("give her picture a frame") is None
    assert pointer("把@小明的最后一张改成蓝色", ["@小明"]) == Pointer(
        person="@小明", words="改成蓝色"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2", Pointer(number=2)),
        ("②", Pointer(number=2)),
        ("the second one please", Pointer(number=2)),
        ("第二张", Pointer(number=2)),
        ("the one before", Pointer(which=Which.BEFORE)),
        ("9", None),
        ("12", None),
        ("a cat", None),
        ("the second one, brighter", None),
        ("", None),
    ],
)
def test_a_whole_message_that_names_a_picture(text: str, found: Pointer | None) -> None:
    assert is_only(text) == found


def test_a_long_text_describes() -> None:
    assert pointer("the second one, brighter") is not None
    assert pointer("the second one, brighter" + " and brighter" * LONGEST) is None


def test_the_newest_is_denied_and_the_earlier_one_meant() -> None:
    found = pointer("not this one, the earlier one: remove the lettering")
    assert found == Pointer(which=Which.BEFORE, words="remove the lettering")
    assert pointer("not the last one, just a lighthouse") is None


def test_a_command_about_one_picture_is_that_command() -> None:
    for text in ("vary the second one", "第二张，更大"):
        found = pointer(text)
        assert found is not None
        assert found.number == 2
        assert found.action in ("vary", "larger")
    assert pointer("show me the second one") == Pointer(number=2)


@pytest.mark.parametrize(
    ("text", "about", "words", "action"),
    [
        ("the bicycle, but with a basket", "bicycle", "with a basket", None),
        ("delete the picture of the bicycle", "the bicycle", "delete it", Action.DELETE),
        ("灯塔那张晚霞再浓点", "灯塔", "晚霞再浓点", None),
        ("自行车那张重新来一遍", "自行车", "重新来一遍", Action.AGAIN),
        ("自転車のほうをもっと明るく", "自転车", "もっと明るく", None),
    ],
)
def test_a_picture_is_named_by_what_it_shows(
    text: str, about: str, words: str, action: Action | None
) -> None:
    assert shown(text) == Pointer(words=words, action=action, sure=False, about=about)


@pytest.mark.parametrize(
    "text", ["", "a fox", "a fox in the picture of a hen", "the red one", "the cat one " * 30]
)
def test_what_names_no_picture_by_what_it_shows(text: str) -> None:
    assert shown(text) is None


@pytest.mark.parametrize(
    ("about", "text", "same"),
    [
        ("the bicycle", "a red Bicycle", True),
        ("把灯塔", "黄昏的燈塔", True),
        ("猫", "雨中的猫", True),
        ("バイク", "赤いバイクと犬", True),
        ("the bike", "a red bicycle", True),
        ("foxes", "a fox in the snow", True),
        ("the car", "a red bicycle", False),
        ("单车", "红色自行车", True),
        ("摩托", "红色自行车", False),
        ("チャリ", "赤い自転車", True),
        ("最初", "赤い自転車", False),
        ("an ox", "an ox cart", False),
    ],
)
def test_what_was_asked_for_has_what_is_named(about: str, text: str, same: bool) -> None:
    assert names(about, text) is same


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("paint it, oil on canvas", "the words\n\npaint it, oil on canvas"),
        ("这意境绝了，画一下", "the words\n\n这意境绝了，画一下"),
        ("四コマっぽくして", "the words\n\n四コマっぽくして"),
        ("照他说的来一张", "the words\n\n照他说的来一张"),
    ],
)
def test_words_in_reply_to_words_may_only_say_how_to_draw_them(text: str, prompt: str) -> None:
    reading = read_quoting(text, "the words")
    assert reading is not None
    assert reading.prompt == prompt
    assert read_quoting(text, "") is None


@pytest.mark.parametrize("text", ["这句先不用画，我只是分享成语", "as a comic " * 9])
def test_what_is_declined_or_long_is_no_style(text: str) -> None:
    assert not is_style(text)


@pytest.mark.parametrize(("text", "named"), [("a comic of this", True), ("a comic", False)])
def test_a_text_is_named(text: str, named: bool) -> None:
    assert points(text) is named


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("something else: a bowl of ramen", True),
        ("换个题目，画一只猫", True),
        ("全然別の絵で、うさぎを描いて", True),
        ("another hat", False),
    ],
)
def test_another_picture_is_wanted(text: str, another: bool) -> None:
    assert asks_for_another(text) is another
    assert not (another and is_change(text))


@pytest.mark.parametrize(
    ("text", "number", "action"),
    [
        ("show me the first one again", 1, Action.RESEND),
        ("第一张再给我看看 刷上去找不着了", 1, Action.RESEND),
        ("第一张给我再看一眼", 1, Action.RESEND),
        ("the second one again", 2, Action.AGAIN),
    ],
)
def test_a_picture_is_shown_again_whatever_is_told_beside(
    text: str, number: int, action: Action
) -> None:
    found = pointer(text)
    assert found is not None
    assert (found.number, found.action) == (number, action)


def test_what_is_asked_for_beside_a_command_is_not_lost() -> None:
    found = pointer("第一张再给我看看，加个帽子")
    assert found is None or found.action is None


@pytest.mark.parametrize(
    ("text", "about", "action", "words"),
    [
        ("one more go at the bicycle please", "bicycle", Action.AGAIN, "one more go at it please"),
        ("can I get two more of the lighthouse", "lighthouse", Action.VARY, None),
        ("give me another version of the bike", "bike", Action.VARY, None),
        ("redo the bicycle", "bicycle", Action.AGAIN, "redo it"),
        ("灯塔再来两张看看", "灯塔", Action.VARY, "再来两张看看"),
        ("自行车重新画一张", "自行车", Action.AGAIN, "重新画一张"),
        ("灯塔换个版本", "灯塔", Action.VARY, "换个版本"),
        ("灯台もう一枚", "灯台", Action.AGAIN, "もう一枚"),
        ("can the bike have a wicker basket", "bike", None, "can the bike have a wicker basket"),
        ("add a seagull to the lighthouse", "lighthouse", None, None),
        ("make the rusty bicycle bigger", "bicycle", Action.LARGER, "make it bigger"),
        ("the red hat needs a feather", "hat", None, None),
        ("给自行车加个车筐", "自行车", None, "给自行车加个车筐"),
        ("把灯塔改成红白条纹的", "灯塔", None, "把灯塔改成红白条纹的"),
        ("自転車にカゴをつけて", "自転车", None, "自転車にカゴをつけて"),
    ],
)
def test_a_thing_that_may_name_another_picture(
    text: str, about: str, action: Action | None, words: str | None
) -> None:
    found = subject(text)
    assert found is not None
    assert (found.about, found.action, found.sure) == (about, action, False)
    assert words in (None, found.words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "redo the bicycle" * LONGEST,
        "make the sky pink",
        "paint the background yellow",
        "can the second one have a hat",
        "put a hat on the man",
        "my bike needs new brakes",
        "the bicycle shop is closed on sundays",
        "draw the bicycle",
        "a photo of the bicycle",
        "make the big old rusty red bicycle bigger",
        "自行车又被偷了",
        "灯塔真好看",
        "灯塔再见",
        "背景再亮一点",
        "换个天空，灯塔再来一张",
        "自転車また盗まれた",
        "灯りは消して",
        "空をピンクにして",
    ],
)
def test_what_names_no_other_picture(text: str) -> None:
    assert subject(text) is None
