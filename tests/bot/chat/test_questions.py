"""Where a person's open question stands, and what answers it."""

import pytest

from bot.chat import OpenQuestions, answer_in
from bot.domain import Accepted, Failure, Reason, Viewer
from messages import Notice

ADA, BOB = Viewer("test", "ada", "room"), Viewer("test", "bob", "room")


def test_each_person_has_one_in_each_conversation() -> None:
    asked = OpenQuestions[str]()
    elsewhere = Viewer("test", "ada", "hall")
    for viewer, message in ((ADA, "1"), (BOB, "2"), (elsewhere, "3"), (ADA, "4")):
        asked.ask(viewer, message)
    assert asked.end(ADA) == "4"
    assert asked.end(ADA) is None
    assert (asked.end(BOB), asked.end(elsewhere)) == ("2", "3")


def test_what_is_over_elsewhere_is_forgotten() -> None:
    asked = OpenQuestions[str]()
    asked.ask(ADA, "1")
    asked.ask(BOB, "2")
    asked.forget(lambda message: message == "1")
    assert (asked.end(ADA), asked.end(BOB)) == (None, "2")


@pytest.mark.parametrize(
    ("result", "choice"),
    [
        (Accepted("job"), ""),
        (Accepted("job", answers="2"), "2"),
        (Notice("deleted", answers="Delete"), "Delete"),
        (Notice("smalltalk"), ""),
        (Notice("cancelled"), "No"),
        (Failure(Reason.NOTHING_TO_CANCEL), "No"),
        (Failure(Reason.QUEUE_FULL), ""),
    ],
)
def test_what_answers_a_question(result: Accepted | Notice | Failure, choice: str) -> None:
    assert answer_in(result) == choice
