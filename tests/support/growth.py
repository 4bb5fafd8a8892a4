"""Whether reading a text takes no more than its share of time when the text is longer.

Time is the thread's own, compared with that of a shorter text in the same moment; what looks like
more is measured again, as other programs disturb it.
"""

import time
from collections.abc import Callable

FACTOR = 8
MOST = 24.0
"""Eight times as much may take so many times as long. What is linear takes 8 times, and at most 10
on a busy machine or while it is traced; squared it would be 64."""

TRIES = 6
LEAST = 0.001
"""Seconds below which a time says nothing."""


def seconds(read: Callable[[str], object], text: str) -> float:
    """How long reading a text takes this thread."""
    start = time.thread_time()
    read(text)
    return time.thread_time() - start


def grows_too_fast(
    read: Callable[[str], object], short: int, unit: str, before: str = "", after: str = ""
) -> bool:
    """Whether so many characters of a repeated ``unit`` take far less than an eighth of what eight
    times as many take, with the same text before and after them."""
    texts = [
        before + (unit * (length // len(unit) + 1))[:length] + after
        for length in (short, short * FACTOR)
    ]
    least = dict.fromkeys(texts, float("inf"))
    for _ in range(TRIES):
        for text, known in least.items():
            least[text] = min(known, seconds(read, text))
        if least[texts[1]] < max(MOST * least[texts[0]], LEAST):
            return False
    return True
