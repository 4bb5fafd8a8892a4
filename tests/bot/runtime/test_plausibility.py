"""Providers that answer what cannot be true: it is left out, and every request comes to an end."""

import math
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures, Ticket
from bot.runtime.plausibility import MOST_MODELS, MOST_PICTURES, offered, plausible
from messages import Cost, Status
from tests.bot.engine.test_conversation import Start, accepted, ask
from tests.support.scripted import Scripted, png

ODD_NUMBERS = (math.nan, math.inf, -math.inf, -0.01, 1e300)
ODD_TEXT = "\ud800red\x1b[31m\0 \u202eright\u2066"


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_numbers_that_cannot_be_true_are_left_out(number: float) -> None:
    cost = Cost(number, "USD")
    assert plausible(Pictures((b"a",), cost)) == Pictures((b"a",))
    assert plausible(Ticket("1", cost, (1, 2))) == Ticket("1", None, (1, 2))
    assert plausible(Ticket("1", None, (1, number))).seconds is None  # type: ignore[arg-type]
    failure = Failure(Reason.RATE_LIMITED, retry_after=number)
    assert plausible(failure) == Failure(Reason.RATE_LIMITED)


def test_what_can_be_true_stays() -> None:
    sound: tuple[Any, ...] = (
        Pictures((b"a", b"b"), Cost(0, "USD")),
        Ticket("1", Cost(6, "points"), (10, 60), {"at": 1}),
        Failure(Reason.REFUSED, explanation="Not this.", retry_after=30.0, provider_code="SAFETY"),
    )
    for said in sound:
        assert plausible(said) == said


def test_models_can_be_stored_and_shown() -> None:
    provider = Scripted()
    model = provider.offered[0]
    assert offered((replace(model, id=""), replace(model, id="x" * 129))) == ()
    for name, shown in ((ODD_TEXT, "red[31m right"), ("x" * 999, "x" * 128), ("\n", model.id)):
        assert offered((replace(model, name=name),))[0].name == shown
    many = tuple(replace(model, id=str(number)) for number in range(2 * MOST_MODELS))
    assert len(offered(many)) == MOST_MODELS
    priced = replace(model, costs=(("1K", Cost(math.nan, "USD")), ("2K", Cost(0.1, "USD"))))
    assert offered((priced,))[0].costs == (("2K", Cost(0.1, "USD")),)
    assert offered(provider.offered) == provider.offered


@pytest.mark.parametrize("when", ["ticket", "outcome"])
async def test_words_that_no_database_takes_end_a_request_all_the_same(
    start: Start, provider: Scripted, when: str
) -> None:
    app, recorder = await start()
    failure = Failure(Reason.REFUSED, explanation=ODD_TEXT, detail=ODD_TEXT, provider_code=ODD_TEXT)
    (provider.tickets if when == "ticket" else provider.outcomes).append(failure)  # type: ignore[arg-type]
    message = await recorder.final(await accepted(app, ask()))
    assert message.status is Status.FAILED
    assert message.problem
    assert message.problem.explanation == "red[31m right"


async def test_ten_thousand_pictures_and_a_cost_that_is_none(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    provider.tickets.append(Ticket("\ud800", Cost(-1, "USD"), (1, 2), {"\0": ODD_TEXT}))
    provider.outcomes.append(Pictures((png(),) * 10_000, Cost(math.nan, "USD")))
    message = await recorder.final(await accepted(app, ask()))
    assert message.status is Status.SUCCEEDED
    assert message.cost is None
    assert len(message.pictures) == MOST_PICTURES
