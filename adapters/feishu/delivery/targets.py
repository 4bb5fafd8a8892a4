"""Where a message is sent on Feishu, and what makes a repetition harmless there.

The places go from where it was asked for to the person alone. Each place and form has a ``uuid`` of
its own, as Feishu does not say what it answers to another content under a known one; but where an
attempt had no answer, so that its message may be there, that one is looked for, and the next
attempt has the same ``uuid``: at most one message of it succeeds.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from adapters.feishu.address import FeishuPlace
from adapters.feishu.api.responses import ApiError
from bot.chat import DeliveryError, ErrorKind, ladder

log = structlog.get_logger(__name__)


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


async def send_to_first(
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
    repetition itself; with ``doubtful`` there may have been such an attempt before. A chat that
    takes nothing is left for the person.

    Raises:
        ApiError: the last refusal, when nothing was taken; or the first that may pass, and where
            an administrator has to grant something first: nothing else can succeed then.
    """
    chat_closed = lost = False
    kept = ""

    def numbered(way: tuple[int, Target]) -> Iterable[tuple[int, C]]:
        return () if chat_closed and not way[1].private else enumerate(forms(way[1]))

    async def send(way: tuple[int, Target], numbered_form: tuple[int, C]) -> T:
        nonlocal lost, doubtful, kept
        (number, place), (form, content) = way, numbered_form
        uuid = kept or key(number, form)
        try:
            return await attempt(place, content, uuid)
        except ApiError as error:
            if error.kind.ends:
                raise
            _note(error, place, form)
            lost = lost or error.doubtful
            if find and (lost or doubtful) and error.unexplained:
                lost = doubtful = False
                if found := await find(place):
                    return found
            kept = uuid if lost else ""
            raise

    def closed(_: tuple[int, Target], error: DeliveryError) -> None:
        nonlocal chat_closed
        chat_closed = chat_closed or error.kind in (ErrorKind.FORBIDDEN, ErrorKind.CLOSED)

    sent = await ladder.deliver([*enumerate(places)], numbered, send, closed)
    if sent is None:
        raise ValueError("there is no place to send to")
    return sent


def _note(error: ApiError, place: Target, form: int) -> None:
    about = {"way": place.way, "form": form, "kind": error.kind.value, "code": error.code}
    log.warning("refused, trying otherwise", **about, msg=error.msg[:200])
