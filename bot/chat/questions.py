"""Where questions stand that wait for their answer: one that is over offers none any more."""

from collections.abc import Callable
from typing import Generic, TypeVar

from cachetools import FIFOCache

from bot.domain.failures import Failure, Reason
from bot.domain.requests import Accepted, Viewer
from messages import Notice
from messages.texts import ANSWERS

REMEMBERED = 1_000
"""Questions that are known; the oldest is forgotten first."""

T = TypeVar("T")


class OpenQuestions(Generic[T]):
    """The last question that each person was asked in each conversation, by this process.

    After a restart it is not known any more. A button of one that was answered before says so then,
    and does nothing.
    """

    def __init__(self) -> None:
        self._asked: FIFOCache[tuple[str, str], T] = FIFOCache(REMEMBERED)

    def ask(self, viewer: Viewer, place: T) -> None:
        """Note where the viewer is asked something."""
        self._asked[viewer.requester, viewer.conversation] = place

    def end(self, viewer: Viewer) -> T | None:
        """Where the viewer's open question there stands, if one is known; it is none any more."""
        return self._asked.pop((viewer.requester, viewer.conversation), None)

    def forget(self, over: Callable[[T], bool]) -> None:
        """Forget those that are over by where they stand."""
        for whose in [whose for whose, place in self._asked.items() if over(place)]:
            del self._asked[whose]


def answer_in(result: Accepted | Notice | Failure) -> str:
    """The choice, as its button names it in English, with which words have answered the person's
    open question; empty if they have not. Who wants to stop what does not run says no to it."""
    if isinstance(result, Failure):
        return ANSWERS["no"] if result.reason is Reason.NOTHING_TO_CANCEL else ""
    if isinstance(result, Notice) and result.key == "cancelled":
        return ANSWERS["no"]
    return result.answers
