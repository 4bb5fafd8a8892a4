"""Kinds of sayings that name things and want no picture, and their counterparts, which want one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.actions import Action
from bot.language.situations import Situation, wanted_in
from bot.language.wanting import evidence
from bot.language.wording import change_of, may_quote, read, read_quoting
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
    ],
)
def test_a_command_for_a_reason(text: str, action: Action) -> None:
    assert read(text).action is action


def test_a_style_behind_words_that_point() -> None:
    for text, style in (("draw this, in oils", "oils"), ("把这句画出来,油画感觉", "油画感觉")):
        assert may_quote(text)
        reading = read_quoting(text, "the words")
        assert reading is not None
        assert reading.prompt == f"the words\n\n{style}"
