"""The ladder of delivery: what is refused in one form or place is sent in the next one.

The forms of a message go from the best to the simplest, and the places from where it was asked for
to the person alone. What a refusal means decides how far down the next attempt is; one that nobody
knows counts as "not in this form, not in this place", and the next rung is tried. Each rung has a
``uuid`` of its own, as Feishu does not say what it answers to another content under a known one;
but where an attempt had no answer, so that its message may be there, that one is looked for, and
the next rung has the same ``uuid``: at most one message of it succeeds.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from adapters.feishu.address import FeishuPlace
from adapters.feishu.api.codes import Kind
from adapters.feishu.api.responses import ApiError

log = structlog.get_logger(__name__)

_NEXT_PLACE = frozenset({Kind.GONE, Kind.TOO_OLD})
_NO_MORE_THERE = frozenset({Kind.FORBIDDEN, Kind.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message is sent: as a ``reply`` to a message, to a ``chat_id`` or an ``open_id``.

    ``thread`` says that a reply belongs into the topic of that message, ``chat`` in which chat
    that message is.
    """

    way: str
    id: str
    thread: bool = False
    chat: str = ""

    @property
    def private(self) -> bool:
        return self.way == "open_id"


T = TypeVar("T")
C = TypeVar("C")

Attempt = Callable[[Target, C, str], Awaitable[T]]


def targets(place: FeishuPlace, to: str | None = None, *, private: bool = False) -> list[Target]:
    """Where an answer may be sent, the best place first.

    A reply to ``to`` or to the message that asked; in a topic to what that began with; into the
    chat; and with ``private``, or where no chat is known or it went there before, to the person.
    """
    alone = Target("open_id", place.user)
    if place.private or not place.chat:
        return [alone]
    asked = to or place.asked
    found = [Target("reply", asked, place.thread, place.chat)] if asked else []
    if place.thread and place.root:
        found.append(Target("reply", place.root, True, place.chat))
    found.append(Target("chat_id", place.chat))
    return list(dict.fromkeys([*found, alone] if private else found))


async def climb(
    places: Sequence[Target],
    forms: Callable[[Target], Sequence[C]],
    attempt: "Attempt[C, T]",
    key: Callable[[int, int], str],
    find: Callable[[Target], Awaitable[T | None]] | None = None,
    *,
    doubtful: bool = False,
) -> T:
    """Send the first form that is taken, in the first place that takes one.

    ``key`` makes the ``uuid`` of a place and form, by their numbers. ``find`` looks for the
    message of an attempt whose answer was lost, where Feishu refuses for a reason that may be the
    repetition itself; with ``doubtful`` there may have been such an attempt before.

    Raises:
        ApiError: the last refusal, when nothing was taken; or the first that may pass, and where
            an administrator has to grant something first: nothing else can succeed then.
    """
    refusal: ApiError | None = None
    closed = lost = False
    kept = ""
    for number, place in enumerate(places):
        if closed and not place.private:
            continue
        for form, content in enumerate(forms(place)):
            uuid = kept or key(number, form)
            try:
                return await attempt(place, content, uuid)
            except ApiError as error:
                if error.kind in (Kind.RETRY, Kind.NOT_SET_UP):
                    raise
                _note(error, place, form)
                refusal = error
            lost = lost or refusal.doubtful
            if find and (lost or doubtful) and refusal.kind is Kind.OTHER:
                lost = doubtful = False
                if found := await find(place):
                    return found
            kept = uuid if lost else ""
            closed = closed or refusal.kind in _NO_MORE_THERE
            if refusal.kind in _NO_MORE_THERE | _NEXT_PLACE:
                break
    if refusal is None:
        raise ValueError("there is no place to send to")
    raise refusal


def _note(error: ApiError, place: Target, form: int) -> None:
    about = {"way": place.way, "form": form, "kind": error.kind.value, "code": error.code}
    log.warning("refused, trying otherwise", **about, msg=error.msg[:200])
