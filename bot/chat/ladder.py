"""The ladder of delivery: a message goes by the best way that is open, in the best form it takes.

The ways, such as editing what is there, posting anew or writing to the person alone, and the forms
of a message are the platform's own. What a refusal means decides how far down the next attempt is.
"""

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import TypeVar


class ErrorKind(StrEnum):
    """Why a platform did not take a message, by what can be done about it."""

    RETRY = "retry"
    """The same may be taken later."""
    NOT_SET_UP = "not_set_up"
    """Somebody has to grant something to the bot first; nothing else can be taken either."""
    EXPIRED = "expired"
    """The key to this way is no more, or never was."""
    GONE = "gone"
    """The message that was to be changed or answered is not there any more."""
    UNCHANGEABLE = "unchangeable"
    """The message is there, and is changed no more."""
    CLOSED = "closed"
    """Nothing can be posted in this place: it is gone or locked, or the person takes nothing."""
    FORBIDDEN = "forbidden"
    """The bot may not write in this place."""
    NO_REPLY = "no_reply"
    """A message may be posted there, but not as a reply."""
    TOO_LARGE = "too_large"
    """It has more bytes than the place takes."""
    REFUSED = "refused"
    """What it shows or says, or anything else: another form may be taken, or another way."""

    @property
    def ends(self) -> bool:
        """Whether nothing else is worth an attempt now."""
        return self in (ErrorKind.RETRY, ErrorKind.NOT_SET_UP)

    @property
    def leaves_way_open(self) -> bool:
        """Whether the same way may take another form of the message."""
        return self in (ErrorKind.TOO_LARGE, ErrorKind.REFUSED)


class DeliveryError(Exception):
    """A platform did not take something: its own ``code``, and the HTTP ``status`` (0: none)."""

    def __init__(self, text: str, kind: ErrorKind, code: int, status: int) -> None:
        super().__init__(text)
        self.kind = kind
        self.code = code
        self.status = status


W = TypeVar("W")
F = TypeVar("F")
T = TypeVar("T")


async def deliver(
    ways: Iterable[W],
    forms: Callable[[W], Iterable[F]],
    attempt: Callable[[W, F], Awaitable[T | None]],
    closed: Callable[[W, DeliveryError], object] = lambda way, error: None,
) -> T | None:
    """Attempt each of the ``forms`` on each of the ``ways``, best first, until one is taken.

    ``attempt`` gives what came of it, or ``None`` where that way is not open. ``closed`` is told
    which way is left, and by which error. Ways and forms are asked for one by one, so that what
    was learnt of the last error can decide on the next.

    Returns:
        What came of the first form that was taken; ``None`` when no way was open.

    Raises:
        DeliveryError: the last one, when nothing was taken; at once, when its kind
            :attr:`~ErrorKind.ends` the delivery.
    """
    last: DeliveryError | None = None
    for way in ways:
        error: DeliveryError | None = None
        for form in forms(way):
            try:
                done = await attempt(way, form)
            except DeliveryError as refused:
                if refused.kind.ends:
                    raise
                last = error = refused
                if refused.kind.leaves_way_open:
                    continue
                break
            if done is not None:
                return done
            break
        if error is not None:
            closed(way, error)
    if last is not None:
        raise last
    return None
