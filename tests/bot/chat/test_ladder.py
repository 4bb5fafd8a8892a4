"""The ladder of delivery: which form goes on which way after which error."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.ladder import DeliveryError, ErrorKind, deliver

WAYS, FORMS = ("edit", "post", "direct"), ("whole", "words")
OTHER_FORM = {ErrorKind.TOO_LARGE, ErrorKind.REFUSED}
ENDS = {ErrorKind.RETRY, ErrorKind.NOT_SET_UP}

Tried = list[tuple[str, str]]
Outcome = ErrorKind | str | None


class Platform:
    """Answers attempts with a kind of error, with what was shown, or with a way not open."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = iter(outcomes)
        self.tried: Tried = []
        self.closed: list[tuple[str, ErrorKind]] = []

    async def attempt(self, way: str, form: str) -> str | None:
        self.tried.append((way, form))
        outcome = next(self.outcomes, "shown")
        if isinstance(outcome, ErrorKind):
            raise DeliveryError(outcome.value, outcome, code=7, status=400)
        return outcome

    async def deliver(self) -> str | ErrorKind | None:
        try:
            return await deliver(WAYS, lambda _: FORMS, self.attempt, self._note)
        except DeliveryError as error:
            return error.kind

    def _note(self, way: str, error: DeliveryError) -> None:
        self.closed.append((way, error.kind))


async def test_what_is_taken_at_once_is_attempted_once() -> None:
    platform = Platform()
    assert await platform.deliver() == "shown"
    assert platform.tried == [("edit", "whole")]


@pytest.mark.parametrize("kind", ErrorKind)
async def test_each_kind_leads_to_what_may_help(kind: ErrorKind) -> None:
    platform = Platform(kind)
    ended = await platform.deliver()
    if kind in ENDS:
        assert (ended, len(platform.tried)) == (kind, 1)
    else:
        expected = ("edit", "words") if kind in OTHER_FORM else ("post", "whole")
        assert (ended, platform.tried[1:]) == ("shown", [expected])


async def test_a_way_that_is_not_open_is_passed_over_in_silence() -> None:
    platform = Platform(None, None)
    assert await platform.deliver() == "shown"
    assert platform.tried[-1] == ("direct", "whole")
    assert platform.closed == []


async def test_without_an_open_way_nothing_comes_of_it() -> None:
    assert await Platform(None, None, None).deliver() is None


async def test_the_last_error_of_each_way_is_told() -> None:
    refused, gone = ErrorKind.REFUSED, ErrorKind.GONE
    platform = Platform(refused, gone, None, refused, refused)
    assert await platform.deliver() is refused
    assert platform.closed == [("edit", gone), ("direct", refused)]


async def test_forms_may_depend_on_the_last_error() -> None:
    tried: list[str] = []

    def forms(_: str) -> Iterator[str]:
        yield "whole"
        yield f"after {len(tried)}"

    async def attempt(_: str, form: str) -> str | None:
        tried.append(form)
        if form == "whole":
            raise DeliveryError("no", ErrorKind.TOO_LARGE, code=0, status=413)
        return form

    assert await deliver(WAYS, forms, attempt) == "after 1"


@given(st.lists(st.sampled_from([*ErrorKind, None]), max_size=8))
async def test_it_ends_and_never_goes_up_again(outcomes: list[ErrorKind | None]) -> None:
    platform = Platform(*outcomes)
    ended = await platform.deliver()
    order = [(WAYS.index(way), FORMS.index(form)) for way, form in platform.tried]
    assert order == sorted(set(order))
    assert (ended == "shown") is (len(outcomes) < len(order))
    assert not {kind for _, kind in platform.closed} & ENDS
