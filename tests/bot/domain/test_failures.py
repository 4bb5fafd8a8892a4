from bot.domain.failures import ELSEWHERE, NOT_RETRYABLE, Failure, Reason
from messages import Problem


def test_what_cannot_succeed_is_not_offered_again() -> None:
    assert Failure(Reason.TIMEOUT).retryable
    assert Failure(Reason.RATE_LIMITED).retryable
    assert not Failure(Reason.REFUSED).retryable
    assert not Failure(Reason.UNAUTHORIZED).retryable
    assert NOT_RETRYABLE < set(Reason)


def test_what_may_be_asked_elsewhere() -> None:
    assert all(Failure(reason).elsewhere for reason in ELSEWHERE)
    assert not any(Failure(reason, maybe_paid=True).elsewhere for reason in Reason)
    assert not Failure(Reason.REFUSED).elsewhere
    assert not Failure(Reason.NETWORK).elsewhere


def test_seconds_are_told_only_where_trying_again_can_help() -> None:
    for reason in Reason:
        told = Failure(reason, retry_after=34).problem.retry_after
        assert (told is None) is (reason in NOT_RETRYABLE)


def test_the_detail_stays_in_the_log() -> None:
    failure = Failure(
        Reason.RATE_LIMITED,
        {"a": 1},
        "Slow down.",
        detail="secret",
        retry_after=3,
        provider_code="429",
    )
    assert failure.problem == Problem("rate_limited", {"a": 1}, "Slow down.", 3, retryable=True)
