"""When a token dies, by our own clock."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.address import TOKEN_SECONDS, created_at, expires_at

ID = 1_576_534_311_845_232_640
MADE = created_at(ID)


@given(st.floats(0, TOKEN_SECONDS - 1))
def test_discords_clock_counts_where_ours_may_be_right(age: float) -> None:
    assert expires_at(ID, MADE + age) == MADE + TOKEN_SECONDS == expires_at(ID)


@given(st.one_of(st.floats(-1e7, -2), st.floats(TOKEN_SECONDS + 1, 1e7)))
def test_a_clock_that_is_wrong_makes_no_token_dead_or_immortal(ahead: float) -> None:
    arrived = MADE + ahead
    assert expires_at(ID, arrived) == arrived + TOKEN_SECONDS
