"""What is written on a button can be said instead, in every language there is."""

import pytest

from bot.domain.actions import PRESSED, Action
from bot.language.wording import read
from messages import LOCALES, Button, Offer, label
from tests.support.model_ids import PRO

NEEDS_WORDS = (Button.EDIT, Button.WORDS)
"""Said alone, these say no words to draw."""


@pytest.mark.parametrize("image", [False, True])
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("button", [each for each in Button if each is not Button.ANSWER])
def test_the_label_of_a_button_asks_for_what_the_button_does(
    button: Button, locale: str, image: bool
) -> None:
    """A question's own choices are written on the buttons of its answers."""
    reading = read(label(button, locale), image=image)
    if button is Button.PRO:  # once more, with that model; of a photo, a change
        assert (reading.action, reading.model) == (Action.DRAW if image else Action.AGAIN, PRO)
        return
    assert reading.action is (Action.WORDS if button in NEEDS_WORDS else PRESSED[button])


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("button", "offer", "read_as"),
    [
        (Button.LARGER, Offer(size="2K"), (Action.LARGER, "2K", None)),
        (Button.LARGER, Offer(size="4K"), (Action.LARGER, "4K", None)),
        (Button.VARY, Offer(count=4), (Action.VARY, None, 4)),
        (Button.DELETE, Offer(count=4), (Action.DELETE, None, None)),
        (Button.RETRY, Offer(), (Action.AGAIN, None, None)),
    ],
)
def test_so_does_the_label_that_says_what_would_be_made(
    button: Button, offer: Offer, read_as: tuple[Action, str | None, int | None], locale: str
) -> None:
    reading = read(label(button, locale, offer))
    assert (reading.action, reading.size, reading.count) == read_as
