"""When to look whether a picture is finished: seldom at first, often when it is expected.

A look costs a request, and a picture that is finished between two looks waits for the second one.
With a given number of looks that wait is shortest on average when their density follows the square
root of the hazard rate: of how likely an unfinished picture is to be finished just then. That rate
is taken from the range of seconds that the service announces, which is mostly right.
"""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from math import sqrt

USUAL = 5.0
"""Seconds between two looks of the vendor's own client; no more are spent here on average."""

LOOKS_PER_SECOND = 100
"""So often all tasks together are looked at on average, at most: with more of them each is looked
at more seldom. A look takes half a millisecond of the processor on which everybody else waits."""

SHORTEST = 0.5
"""Seconds between two looks, at least."""

LONGEST = 10.0
"""Seconds between two looks at a picture that is overdue, at most."""

_BOUNDS = (0.75, 1.0, 1.0, 1.75)
"""Pictures come from this part of the shortest to this multiple of the longest announced time."""

_SHARES = (0.12, 0.40, 0.48)
"""How many of them come before, within and after the announced range."""

_SLACK = 0.06
"""An overdue picture is looked at again after this part of the time that it has taken so far."""

_STEPS = 400
"""Into so many steps each of the three parts is divided to find the moments."""


def pause(elapsed: float, expected: tuple[int, int]) -> float:
    """Seconds until the next look at a picture that was begun ``elapsed`` seconds ago.

    ``expected`` is the announced range in seconds. A picture is looked at at the same moments
    however often this is asked, so that a restart costs no look.
    """
    elapsed = max(0.0, elapsed)  # a clock that was put back
    shortest, longest = sorted(expected)
    for moment in _moments(max(0, shortest), max(1, longest)):
        if moment >= elapsed + SHORTEST:  # one that is closer was meant by the look just made
            return moment - elapsed
    return min(LONGEST, max(2 * SHORTEST, elapsed * _SLACK))


def stretch(tasks: int) -> float:
    """By how many times pauses are longer when so many tasks are looked at at the same time."""
    return max(1.0, tasks / (USUAL * LOOKS_PER_SECOND))


@cache
def _moments(shortest: int, longest: int) -> tuple[float, ...]:
    """The moments of the looks, in seconds from the beginning, until a picture is overdue."""
    parts = _parts(shortest, longest)
    mean = sum((start + end) / 2 * share for start, end, share in parts)
    steps = list(_steps(parts))
    spent = sum(sqrt(hazard) * length * unfinished for _, length, hazard, unfinished in steps)
    scale = (mean / USUAL + 0.25) / spent
    moments, due = [], 0.0
    for moment, length, hazard, _ in steps:
        due += scale * sqrt(hazard) * length
        if due >= 1:
            moments.append(moment)
            due -= 1
    return (*moments, parts[-1][1])


def _parts(shortest: int, longest: int) -> list[tuple[float, float, float]]:
    """Start, end and share of the pictures before, within and after the announced range."""
    ends = [shortest, shortest, longest, longest]
    bounds = [factor * end for factor, end in zip(_BOUNDS, ends, strict=True)]
    return [
        (start, max(end, start + 0.01), share)
        for (start, end), share in zip(pairwise(bounds), _SHARES, strict=True)
    ]


def _steps(
    parts: list[tuple[float, float, float]],
) -> Iterator[tuple[float, float, float, float]]:
    """Moment, length, hazard rate, and the share of unfinished pictures, of every small step."""
    unfinished = 1.0
    for start, end, share in parts:
        length = (end - start) / _STEPS
        for number in range(_STEPS):
            part = (number + 0.5) / _STEPS
            left = unfinished - share * part
            yield start + part * (end - start), length, share / (end - start) / left, left
        unfinished -= share
