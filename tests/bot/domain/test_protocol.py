"""The five steps as arithmetic."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import protocol
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.image_models import NEWEST
from bot.domain.jobs import Job
from bot.domain.requests import Address
from messages import Button, Cost, Picture, Status, Step
from tests.support.model_ids import PRO

JOB = Job(
    id="job_1",
    platform="test",
    requester="ada",
    conversation="room",
    locale="en",
    address=Address("test"),
    text="a lighthouse",
    prompt="a lighthouse",
    provider="demo",
    model="flash",
    model_name="Nano Banana 2",
    size="1K",
    aspect_ratio="1:1",
    count=1,
    seconds=(20, 40),
    progress_every=15,
    created_at=1000.0,
)
RUNNING = replace(JOB, status=Status.RUNNING, started_at=1001.0)


@pytest.mark.parametrize(
    ("elapsed", "longest", "percent"),
    [
        (0, 40, 0),
        (18, 40, 45),
        (38, 40, 95),
        (39.9, 40, 95),
        (400, 40, 95),
        (-5, 40, 0),
        (5, 0, 95),
    ],
)
def test_percent_is_the_floor_and_never_above_95(
    elapsed: float, longest: float, percent: int
) -> None:
    assert protocol.percent(elapsed, longest) == percent


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.1, 1e4))
def test_percent_never_falls(earlier: float, more: float, longest: float) -> None:
    first = protocol.percent(earlier, longest)
    assert 0 <= first <= protocol.percent(earlier + more, longest) <= protocol.CEILING


def test_a_job_is_given_up_late() -> None:
    assert protocol.deadline(40) == 600
    assert protocol.deadline(300) == 1500


def test_progress_is_due_at_multiples_of_the_cadence() -> None:
    assert protocol.until_progress(0, 15) == 15
    assert protocol.until_progress(14.5, 15) == 0.5
    assert protocol.until_progress(31, 15) == 14


def test_the_fourth_job_of_a_person_is_first_in_the_queue() -> None:
    ids = list("abcde")
    assert [protocol.position(job, ids) for job in ids] == [None, None, None, 1, 2]
    assert protocol.position("x", ids) is None


@pytest.mark.parametrize(
    ("job", "now", "step"),
    [
        (JOB, 1000, Step.ACKNOWLEDGE),
        (replace(RUNNING, started_at=None), 1000, Step.ACKNOWLEDGE),
        (RUNNING, 1001, Step.START),
        (RUNNING, 1015.9, Step.START),
        (RUNNING, 1016, Step.PROGRESS),
        (replace(RUNNING, status=Status.SUCCEEDED), 1016, Step.SUCCESS),
        (replace(RUNNING, status=Status.FAILED), 1016, Step.FAILURE),
        (replace(RUNNING, status=Status.CANCELLED), 1016, Step.FAILURE),
    ],
)
def test_the_step_follows_from_the_row_and_the_time(job: Job, now: float, step: Step) -> None:
    assert protocol.step(job, now=now) is step


def test_the_message_of_a_waiting_job() -> None:
    message = protocol.message(JOB, now=1005, position=2)
    assert (message.step, message.position, message.elapsed) == (Step.ACKNOWLEDGE, 2, 0)
    assert message.seconds is None
    assert message.buttons == (Button.CANCEL, Button.NOTIFY)
    assert protocol.buttons(replace(JOB, notify=True)) == (Button.CANCEL,)


def test_the_message_of_a_running_job() -> None:
    message = protocol.message(replace(RUNNING, cost=Cost(6, "points")), now=1019)
    assert (message.percent, message.elapsed, message.seconds) == (45, 18, None)
    assert (message.model, message.expected, message.cost) == (
        "Nano Banana 2",
        (20, 40),
        Cost(6, "points"),
    )


def test_the_message_of_a_finished_job_does_not_change_with_time() -> None:
    done = replace(RUNNING, status=Status.SUCCEEDED, finished_at=1024.5)
    picture = Picture("img_0123456789ab", "image/png", 1, 1, 1)
    first, later = (
        protocol.message(done, now=now, pictures=(picture,), link="l", models=NEWEST)
        for now in (1025, 9999)
    )
    assert first == later
    assert (first.percent, first.seconds, first.link) == (100, 23.5, "l")
    assert first.buttons == (
        *(Button.AGAIN, Button.EDIT, Button.PRO, Button.LARGER),
        *(Button.VARY, Button.DETAILS, Button.DELETE),
    )
    assert [choice.name for choice in first.models] == [model.name for model in NEWEST]
    assert "16:9" in first.aspect_ratios


@pytest.mark.parametrize("models", [(), NEWEST[:1]])
def test_the_better_model_is_offered_only_where_there_is_one(models: tuple[Model, ...]) -> None:
    done = replace(RUNNING, status=Status.SUCCEEDED)
    assert Button.PRO not in protocol.buttons(done, models)
    pro = replace(done, model=PRO)
    assert Button.PRO not in protocol.buttons(pro, NEWEST)


def test_a_larger_picture_is_offered_up_to_the_largest() -> None:
    done = replace(RUNNING, status=Status.SUCCEEDED)
    offered = {
        size: Button.LARGER in protocol.buttons(replace(done, size=size), NEWEST)
        for size in ("512", "2K", "4K", None)
    }
    assert offered == {"512": True, "2K": True, "4K": False, None: False}


def test_a_failure_offers_another_try() -> None:
    problem = Failure(Reason.TIMEOUT).problem
    failed = replace(RUNNING, status=Status.FAILED, finished_at=1002.0, problem=problem)
    message = protocol.message(failed, now=2000, models=NEWEST)
    assert message.problem == problem
    rest = (Button.SETTINGS, Button.DELETE)
    assert message.buttons == (Button.RETRY, *rest)
    assert protocol.buttons(replace(failed, size="2K"), NEWEST) == (
        *(Button.RETRY, Button.SMALLER),
        *rest,
    )
