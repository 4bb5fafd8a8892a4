"""The five steps as arithmetic."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import catalog, protocol
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.image_models import NEWEST
from bot.domain.jobs import Job, Parent, summary
from bot.domain.requests import Address
from messages import Button, Cost, Offer, Picture, Status, Step
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


def test_what_waits_for_its_picture_is_in_no_line() -> None:
    changes = replace(JOB, id="job_2", parent=Parent("job_1", 1, 1, Action.DRAW))
    later = replace(JOB, id="job_3")
    unfinished = [RUNNING, changes, later]
    assert [protocol.follows(job, unfinished) for job in unfinished] == [False, True, False]
    assert protocol.in_line(unfinished) == [RUNNING, later]
    assert protocol.in_line([changes, later]) == [changes, later]
    begun = replace(changes, status=Status.RUNNING)
    assert not protocol.follows(begun, [RUNNING, begun])
    assert protocol.message(changes, now=1005, follows=True).follows


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
    assert first.buttons == (Button.EDIT, Button.VARY, Button.LARGER, Button.AGAIN)
    assert first.more == (
        *(Button.PRO, Button.WORDS, Button.ORIGINAL),
        *(Button.DETAILS, Button.DELETE),
    )
    assert [choice.name for choice in first.models] == [model.name for model in NEWEST]
    assert first.aspect_ratios[:5] == ("1:1", "3:4", "9:16", "16:9", "21:9")


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
    assert offered == {"512": True, "2K": True, "4K": False, None: True}


def test_a_failure_offers_another_try() -> None:
    problem = Failure(Reason.TIMEOUT).problem
    failed = replace(RUNNING, status=Status.FAILED, finished_at=1002.0, problem=problem)
    message = protocol.message(failed, now=2000, models=NEWEST)
    assert message.problem == problem
    rest = (Button.WORDS, Button.SETTINGS, Button.DELETE)
    assert (message.buttons, message.more) == ((Button.RETRY, *rest), ())
    assert protocol.buttons(replace(failed, size="2K"), NEWEST) == (
        *(Button.RETRY, Button.SMALLER),
        *rest,
    )


@pytest.mark.parametrize(
    ("reason", "buttons"),
    [
        (Reason.REFUSED, (Button.WORDS, Button.SETTINGS, Button.DELETE)),
        (Reason.TEXT_INSTEAD, (Button.WORDS, Button.RETRY, Button.SETTINGS, Button.DELETE)),
        (Reason.UNAUTHORIZED, (Button.WORDS, Button.SETTINGS, Button.DELETE)),
        (Reason.NETWORK, (Button.RETRY, Button.WORDS, Button.SETTINGS, Button.DELETE)),
        (Reason.CANCELLED, (Button.RETRY, Button.WORDS, Button.SETTINGS, Button.DELETE)),
    ],
)
def test_what_is_offered_follows_the_reason(reason: Reason, buttons: tuple[Button, ...]) -> None:
    status = Status.CANCELLED if reason is Reason.CANCELLED else Status.FAILED
    failed = replace(RUNNING, status=status, problem=Failure(reason).problem)
    assert protocol.buttons(failed, NEWEST) == buttons


def test_the_picture_before_is_offered_where_there_is_one() -> None:
    done = replace(RUNNING, status=Status.SUCCEEDED, parent=Parent("job_0", 2, 4, Action.DRAW))
    assert Button.BEFORE in protocol.message(done, now=2000).more
    assert Button.BEFORE not in protocol.message(replace(done, parent=None), now=2000).more


def test_deleting_several_pictures_says_how_many() -> None:
    picture = Picture("img_0123456789ab", "image/png", 1, 1, 1)
    done = replace(RUNNING, status=Status.SUCCEEDED)
    one, three = (
        protocol.message(done, now=2000, pictures=(picture,) * count).offers for count in (1, 3)
    )
    assert Button.DELETE not in one
    assert three[Button.DELETE] == Offer(count=3)


def _priced(model: Model, *amounts: float, unit: str = "USD") -> Model:
    costs = zip(("1K", "2K", "4K"), amounts, strict=False)
    return replace(model, costs=tuple((size, Cost(amount, unit)) for size, amount in costs))


def test_buttons_say_what_they_make_and_what_costs_more() -> None:
    flash, *others = NEWEST
    priced = (_priced(flash, 0.03, 0.05), *(_priced(other, 0.13, 0.13) for other in others))
    done = replace(RUNNING, model=flash.id, status=Status.SUCCEEDED, cost=Cost(0.03, "USD"))
    offers = protocol.offers(done, priced, 3)
    assert offers[Button.LARGER] == Offer(size="2K", cost=Cost(0.05, "USD"))
    assert (offers[Button.VARY].count, offers[Button.VARY].cost) == (3, Cost(0.09, "USD"))
    assert offers[Button.PRO].cost == Cost(0.13, "USD")
    same = (_priced(flash, 0.03, 0.03), *others)
    assert protocol.offers(done, same, 4)[Button.LARGER] == Offer(size="2K")
    four = replace(done, count=4, cost=Cost(0.12, "USD"))  # what one of them has cost
    assert protocol.offers(four, priced, 4)[Button.LARGER].cost == Cost(0.05, "USD")
    assert protocol.offers(replace(done, model="gone"), priced, 4) == {}
    assert protocol.offers(RUNNING, priced, 4) == {}
    largest = replace(done, size="4K")
    assert Button.LARGER not in protocol.offers(largest, priced, 4)


def test_a_price_is_told_where_it_cannot_be_compared_unless_it_is_nothing() -> None:
    flash, *others = NEWEST
    done = replace(RUNNING, model=flash.id, status=Status.SUCCEEDED, cost=Cost(5, "points"))
    priced = (_priced(flash, 0.03, 0.05), *others)
    assert protocol.offers(done, priced, 4)[Button.LARGER].cost == Cost(0.05, "USD")
    free = (_priced(flash, 0.0, 0.0), *others)
    assert protocol.offers(done, free, 4)[Button.LARGER].cost is None
    unknown = protocol.offers(done, NEWEST, 4)
    assert {offer.cost for offer in unknown.values()} == {None}
    premium = catalog.premium(NEWEST)
    assert premium is not None
    assert Button.PRO not in protocol.offers(replace(done, model=premium.id), NEWEST, 4)


def test_when_the_turn_of_a_waiting_job_comes() -> None:
    jobs = [replace(RUNNING, id=each, seconds=(20, 40)) for each in "abc"]
    jobs += [replace(JOB, id=each, seconds=(20, 40)) for each in "defg"]
    now = RUNNING.started_at + 10 if RUNNING.started_at else 0.0
    found = [protocol.starts_in(job, jobs, now=now) for job in jobs]
    assert found == [0, 0, 0, 20, 20, 20, 50]
    assert protocol.starts_in(replace(JOB, id="z"), jobs, now=now) is None


@pytest.mark.parametrize(
    ("begun", "ended", "late"),
    [(1, 15, False), (1, 20, False), (1, 21, True), (5, 6, False), (6, 7, True), (None, 4, False),
     (None, 6, True)],
)  # fmt: skip
def test_who_had_to_wait_is_called(begun: float | None, ended: float, late: bool) -> None:
    started = None if begun is None else JOB.created_at + begun
    done = replace(JOB, status=Status.SUCCEEDED, started_at=started)
    done = replace(done, finished_at=JOB.created_at + ended)
    assert protocol.message(done, now=2000).late is late
    assert not protocol.message(replace(done, private=True), now=2000).late
    assert not protocol.message(replace(done, finished_at=None), now=2000).late


def test_what_is_dear_says_its_price_on_the_button() -> None:
    question = Failure(Reason.CONFIRM_COST, {"amount": 12, "unit": "points"}).problem
    asked = replace(JOB, status=Status.FAILED, problem=question)
    assert protocol.offers(asked, NEWEST, 4) == {Button.RETRY: Offer(cost=Cost(12, "points"))}
    assert protocol.price_asked(Failure(Reason.TIMEOUT).problem) is None


def test_a_summary_is_one_line_of_what_was_asked_for() -> None:
    assert summary(replace(JOB, text=" a \n lighthouse "), 12) == "a lighthouse"
    assert summary(replace(JOB, text="a lighthouse"), 8) == "a light…"
    assert summary(replace(JOB, text="", prompt="a boat"), 8) == "a boat"
