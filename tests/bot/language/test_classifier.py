"""How likely it is that somebody who says something wants a picture."""

from __future__ import annotations

import pytest

from bot.domain.actions import Action
from bot.domain.situation import Situation
from bot.language import classifier
from bot.language.classifier import features, is_unit, log_odds
from bot.language.situations import is_asked, is_likely
from bot.language.wanting import LONGEST
from bot.language.wording import Reading, may_quote, read, read_quoting
from tests.manners.examples import Example, digest, examples

EVERY = examples()

ONE_IN = 6
"""So many examples go by for each that is read here."""

MOST_DRAWN, MOST_ASKED = 0.03, 0.06
"""The greatest shares of wrong ones: of those that want no picture, and of those that want one."""


def odds(text: str, situation: Situation = Situation.NOTHING) -> float:
    found = log_odds(text, situation)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("wants", "does_not"),
    [
        ("draw a heron on a trolley", "yesterday a heron sat on our trolley again, lol"),
        ("could you paint my cat as a pirate", "my cat looks like a pirate today, doesn't he"),
        ("画一只骑摩托的企鹅", "昨天看到一只企鹅骑摩托，笑死"),
        ("傘を差した狐を描いてください", "昨日、傘を差した人が狐を見たそうです"),
    ],
)
def test_what_asks_is_more_likely_than_what_tells(wants: str, does_not: str) -> None:
    assert odds(wants) > 0 > odds(does_not)


def test_the_same_words_are_likelier_where_there_is_a_picture() -> None:
    assert odds("he looks a bit sad", Situation.ABOUT) > odds("he looks a bit sad")


@pytest.mark.parametrize("text", ["quibblewort", "una zorra en la nieve azul", "", "여우"])
def test_nothing_is_known_of_words_that_were_never_seen(text: str) -> None:
    assert log_odds(text, Situation.NOTHING) is None


def test_a_long_text_is_not_judged() -> None:
    long = "draw a fox " * LONGEST
    assert log_odds(long[:LONGEST], Situation.NOTHING) is not None
    assert log_odds(long, Situation.NOTHING) is None


def test_words_are_found_and_letters_where_no_spaces_are_written() -> None:
    found = features("Draw 2 foxes")
    assert {"draw", "draw 0 foxes", "^ draw", "foxes $", "0"} <= found
    assert {"画", "画猫", "<画", "猫>"} <= features("画貓")
    assert "a fox" in features("ａ  FOX")


def test_long_words_are_found_in_nothing_longer() -> None:
    address = "x" * (classifier.LONGEST_WORD + 1)
    assert not any(address in name for name in features(f"draw {address}"))


@pytest.mark.parametrize(("name", "unit"), [("fox", True), ("猫", True), ("白猫", False)])
def test_units(name: str, unit: bool) -> None:
    assert is_unit(name) is unit
    assert not is_unit(f"{name} {name}")


def test_it_was_learned_from_the_sayings_that_there_are() -> None:
    """After a change of the sayings, ``make classifier`` learns from them."""
    learned = classifier.FILE.read_text("utf-8").split("\n", 1)[0]
    assert learned == classifier.LEARNED + digest(EVERY)


def test_a_text_in_ascii_has_all_its_weights() -> None:
    """They stand in lines of their own, so that no others have to be loaded."""
    for line in classifier.FILE.read_text("utf-8").splitlines():
        assert len({name.isascii() for name in line.split("\t")[1:]}) <= 1


def asks(example: Example) -> bool:
    return is_asked(example.text, reading_of(example), example.situation)


def reading_of(example: Example) -> Reading:
    return read(example.text, image=example.situation is Situation.ABOUT)


def test_few_sayings_are_taken_for_what_they_are_not() -> None:
    said = [one for one in EVERY if one.weight == 1][::ONE_IN]
    unwanted = [one for one in said if not one.wants]
    draws = [one for one in unwanted if reading_of(one).action is Action.DRAW]
    drawn = [one.text for one in draws if not asks(one)]
    assert len(drawn) <= MOST_DRAWN * len(unwanted), drawn
    wanted = [one for one in said if one.wants]
    asked = [one.text for one in wanted if asks(one)]
    assert len(asked) <= MOST_ASKED * len(wanted), asked


@pytest.mark.parametrize(
    "text",
    [
        "機器人，這個畫面太有梗，拜託生出來",
        "bot, settle this for us, what does that actually look like?",
    ],
)
def test_a_reply_that_surely_wants_a_picture_means_the_words_above(text: str) -> None:
    assert may_quote(text)
    reading = read_quoting(text, "a goat ate the contract")
    assert reading is not None
    assert reading.prompt.startswith("a goat ate the contract\n\n")


@pytest.mark.parametrize("text", ["这个交给设计部吧，不用机器人", "I'd pay good money to see that"])
def test_a_reply_to_others_does_not(text: str) -> None:
    assert read_quoting(text, "a goat ate the contract") is None or not is_likely(
        text, Situation.REPLY
    )
