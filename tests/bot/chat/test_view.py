"""The view of a message: what it says at each step, and what can be pressed and chosen."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.callbacks import MenuKind
from bot.chat.view import progress_bar, view
from messages import (
    LOCALES,
    Button,
    Choice,
    Cost,
    MadeFrom,
    Message,
    Note,
    Offer,
    Problem,
    Status,
    Step,
    label,
    render,
)

NOTE = Note("pictures_left_out", {"shown": 2})
SAID = "Only the first 2 pictures fit into one message."
DONE = Message(
    "job",
    Step.SUCCESS,
    Status.SUCCEEDED,
    "a cat",
    model="Nano Banana",
    size="1K",
    seconds=3.0,
    notes=(NOTE,),
    buttons=(Button.AGAIN, Button.DELETE),
    models=(Choice("m", "Model"),),
    aspect_ratios=("1:1", "16:9"),
)


def at(step: Step, status: Status = Status.RUNNING, **facts: object) -> Message:
    """The same message at another step."""
    return replace(DONE, step=step, status=status, **facts)  # type: ignore[arg-type]


def test_a_result_is_summed_up_in_one_line() -> None:
    seen = view(DONE, "en")
    assert seen.title == "✅ Your picture is ready!"
    assert seen.lines == ("Nano Banana · 1K · 3 s · AI-generated",)
    assert seen.notes == (SAID,)
    assert view(Message("job", Step.SUCCESS, Status.SUCCEEDED), "en").lines == ("AI-generated",)


def test_a_result_says_what_it_was_made_from() -> None:
    source = MadeFrom("job_0", 2, 4, "draw", ("three cats",))
    seen = view(replace(DONE, made_from=source), "en")
    assert seen.made_from == "picture 2 of 4 from “three cats”"
    assert view(at(Step.FAILURE, Status.FAILED, made_from=source), "en").made_from == ""


def test_buttons_that_stand_behind_another_one() -> None:
    offers = {Button.LARGER: Offer(size="2K", cost=Cost(0.05, "USD"))}
    shown = replace(DONE, buttons=(Button.LARGER,), more=(Button.PRO,), offers=offers)
    seen = view(shown, "en")
    assert seen.buttons == {Button.LARGER: "Upscale to 2K · $0.05"}
    assert seen.more == {Button.PRO: label(Button.PRO, "en")}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("step", [step for step in Step if step is not Step.SUCCESS])
def test_before_it_says_what_the_text_says(step: Step, locale: str) -> None:
    message = at(step, problem=Problem("refused", explanation="no"))
    seen = view(message, locale)
    assert "\n".join([seen.title, *seen.lines]) == render(message, locale)


@pytest.mark.parametrize(("step", "among_lines"), [(Step.ACKNOWLEDGE, True), (Step.START, True),
                                                  (Step.PROGRESS, False)])  # fmt: skip
def test_a_note_is_said_once(step: Step, among_lines: bool) -> None:
    seen = view(at(step), "en")
    assert any(SAID in line for line in seen.lines) is among_lines
    assert seen.notes == (() if among_lines else (SAID,))


@pytest.mark.parametrize("locale", LOCALES)
def test_buttons_have_labels_in_their_order(locale: str) -> None:
    assert list(view(DONE, locale).buttons.items()) == [
        (Button.AGAIN, label(Button.AGAIN, locale)),
        (Button.DELETE, label(Button.DELETE, locale)),
    ]


def test_menus_are_what_it_can_be_repeated_with() -> None:
    models = (Choice("m", "Model"),)
    ratios = (Choice("1:1", "1:1 · Square · avatar"), Choice("16:9", "16:9 · Wide · slides"))
    assert view(DONE, "en").menus == {MenuKind.MODEL: models, MenuKind.RATIO: ratios}
    failed = at(Step.FAILURE, Status.FAILED, problem=Problem("refused"))
    assert view(failed, "en").menus == {MenuKind.MODEL: models}
    assert view(replace(DONE, models=(), aspect_ratios=()), "en").menus == {}


@given(st.integers(-1000, 1000), st.integers(1, 40))
def test_a_bar_is_as_long_as_it_is_said_to_be(percent: int, cells: int) -> None:
    bar = progress_bar(percent, "#", "-", cells)
    assert len(bar) == cells
    assert bar == "#" * bar.count("#") + "-" * bar.count("-")
    assert percent > 0 or "#" not in bar
    assert percent < 100 or "-" not in bar
