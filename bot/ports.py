"""The doors of the house: what an adapter and a provider must be, and what passes through.

An adapter is a module in ``adapters/`` and a provider a module in ``bot/providers/``; each has a
function ``create(settings)`` (a provider) or ``create(app)`` (an adapter) and is imported only once
it is chosen. Both translate: into the types below, and out of them. Nothing else is asked of them.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.requests import JSON, Accepted, Address, Attachment, Incoming
from messages import Message, Notice

Receive: TypeAlias = Callable[[Incoming], Awaitable[Accepted | Notice | Failure]]
"""What an adapter calls with every request; it returns within milliseconds."""


class Undeliverable(Exception):
    """The message cannot be shown there any more, and trying again will not help."""


@runtime_checkable
class Adapter(Protocol):
    """A platform on which people ask and are answered."""

    platform: str

    async def listen(self, receive: Receive) -> None:
        """Turn what the platform delivers into ``receive`` calls, until cancelled."""

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """Make the one message at ``address`` look as ``message`` says.

        Called again with the same content it changes nothing; a creation carries a key derived
        from ``message.job_id``, so that a repetition after a crash is not a second message.

        Returns:
            The address to use next time, with ``message`` filled in.

        Raises:
            Undeliverable: for ever; the engine stops. Any other exception is tried again.
        """

    async def remove(self, address: Address) -> None:
        """Take the message at ``address`` away, if it is there and the platform allows it."""

    async def close(self) -> None:
        """Release connections, once nothing is shown any more; also without :meth:`listen`."""

    async def read(self, attachment: Attachment) -> bytes | Failure | None:
        """Take the bytes of ``attachment.data`` from the platform (at most 20 MiB).

        ``None`` when there turns out to be no picture, and none is needed.
        """


@runtime_checkable
class Provider(Protocol):
    """A service that makes pictures. Its file translates a request and an answer, nothing else.

    ``name`` is for configuration, logs and the database, ``title`` for people. ``paid_in`` names
    the call that is paid for: after a crash in that very call it is not known whether it was, so it
    is not made again before the person has been asked. ``""`` is for pictures that cost nothing.
    """

    name: str
    title: str
    paid_in: PaidIn

    async def models(self) -> Sequence[Model]:
        """What it offers now, with its own limits and durations; the first one is its default."""

    async def submit(self, request: Request) -> Ticket | Failure:
        """Ask for the pictures.

        After a crash in this very call it may be called again, if it is not the paid one.
        """

    def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        """Wait for the pictures; ends after the first :class:`Pictures` or :class:`Failure`.

        Called again with the same ticket after a restart, and at the job's deadline. What was paid
        for in ``submit`` comes without references: they may be deleted by then. Closing the
        generator gives up waiting.
        """

    async def check(self) -> Failure | None:
        """Ask the service, at no cost, whether it is there and takes our key."""

    async def close(self) -> None:
        """Release connections and workers."""


@runtime_checkable
class Refreshable(Protocol):
    """A provider that remembers for a while what its service offers."""

    async def refresh(self) -> None:
        """Ask the service for its models now; where it cannot say, what was known stays."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a platform has delivered: its kind by ``name``, and the JSON text that came as ``data``.

    ``id`` is the platform's own, ``requester`` who has asked, ``at`` when it came (seconds since
    the epoch).
    """

    id: str
    name: str
    requester: str
    data: str = field(repr=False)
    at: float


class Inbox(Protocol):
    """Events that must be dealt with even if this process is killed meanwhile; in the database."""

    async def put(self, platform: str, event: Event) -> None:
        """Keep an event that this process deals with, unless it is known already."""

    async def drop(self, platform: str, event_id: str) -> None:
        """Forget an event: it was dealt with."""

    async def take(self, platform: str, now: float, held: Collection[str]) -> list[Event]:
        """The events that nobody deals with, oldest first, which from now on are this process's.

        They are those of an earlier process of this name, and of others that are gone; of several
        processes that ask, one gets each. ``held`` are the ids of those it deals with already.
        """


class Outbox(Protocol):
    """Answers that must be sent even if this process is killed meanwhile; in the database.

    A ``key`` is the same however often an answer is given.
    """

    async def put(
        self, platform: str, key: str, requester: str, content: Mapping[str, JSON], at: float
    ) -> bool:
        """Keep an answer, unless there is one under that key; ``False`` if that was sent."""

    async def take(
        self, platform: str, now: float, held: Collection[str], seconds: float
    ) -> Mapping[str, Mapping[str, Any]]:
        """What nobody is sending and is not older than ``seconds``, by key, oldest first.

        From now on it is this process's to send, as in :meth:`Inbox.take`; ``held`` are the keys
        of what it is sending already.
        """

    async def was_sent(self, platform: str, key: str) -> bool:
        """Whether an answer was sent under that key, within the last day."""

    async def sent(self, platform: str, key: str, at: float) -> None:
        """Remember that an answer was sent, and forget what it said."""
