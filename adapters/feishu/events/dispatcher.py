"""Where events arrive, whichever way they come, and who handles which kind.

An event is acknowledged once it is accepted for good, or is of no interest to us; otherwise the
platform pushes it again after 15 seconds, 5 minutes, an hour and 6 hours. It waits 3 seconds for
the answer: https://open.feishu.cn/document/server-docs/event-subscription-guide/overview.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog

from bot.domain import JSON

log = structlog.get_logger(__name__)

ACCEPT_SECONDS = 2.5
"""How long accepting an event may take; the rest of the 3 seconds is for the way."""

MOST_AT_ONCE = 1000
"""Events that are being accepted; any further one has to come again."""

Answer: TypeAlias = Mapping[str, JSON]
"""What the platform is answered beside "accepted": a toast or a card for a callback, or nothing."""

Take: TypeAlias = Callable[[bytes], Coroutine[Any, Any, Answer]]


class NotAccepted(Exception):
    """The event could not be accepted now; it is to be pushed again."""


@dataclass(frozen=True, slots=True)
class FeishuEvent:
    """An event of version 2.0: its id, its type, when it was made (seconds), and its content."""

    id: str
    kind: str
    created: float
    body: Mapping[str, Any]


Handler: TypeAlias = Callable[[FeishuEvent], Awaitable[Answer | None]]


class EventDispatcher:
    """Hands each event to the handler of its type; every other type is acknowledged."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._running = 0

    async def take(self, payload: bytes) -> Answer:
        """Accept an event and say what to answer.

        Raises:
            NotAccepted: it is to be pushed again.
        """
        event = read(payload)
        handler = self._handlers.get(event.kind) if event is not None else None
        if event is None or handler is None:
            log.debug("event passed over", kind=event.kind if event else None)
            return {}
        if self._running >= MOST_AT_ONCE:
            raise NotAccepted("too many at once")
        self._running += 1
        try:
            return await handler(event) or {}
        except NotAccepted as error:
            log.warning("event not accepted", kind=event.kind, event_id=event.id, reason=str(error))
            raise
        except Exception as error:
            log.exception("event not accepted", kind=event.kind, event_id=event.id)
            raise NotAccepted(type(error).__name__) from error
        finally:
            self._running -= 1


def read(payload: bytes) -> FeishuEvent | None:
    """Read an event; ``None`` when it is none of version 2.0."""
    try:
        whole = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    header = mapping(whole, "header")
    kind, number = text(header, "event_type"), text(header, "event_id")
    if not kind or not number:
        return None
    return FeishuEvent(number, kind, seconds(header.get("create_time")), mapping(whole, "event"))


def mapping(value: object, *names: str) -> Mapping[str, Any]:
    """What is found under ``names``, one inside the other; empty when it is no object."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def text(value: Mapping[str, Any], name: str) -> str:
    """A text, or an empty one."""
    found = value.get(name)
    return found if isinstance(found, str) else ""


def seconds(given: object) -> float:
    """A time of the platform in seconds; 0 when there is none.

    Events have milliseconds, callbacks microseconds, and the bot's menu seconds.
    """
    try:
        number = float(str(given))
    except ValueError:
        return 0.0
    for unit in (1e6, 1e3):
        if number / unit > 1e9:
            return number / unit
    return number
