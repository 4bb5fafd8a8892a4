"""The doors of the house: :class:`Bot` inwards, :class:`Adapter` and :class:`Provider` outwards.

An adapter is a package in ``adapters/`` with ``create(bot)``, a provider a module in
``bot/providers/`` with ``create(settings)``; each is imported only once it is chosen. Both
translate, into the types of :mod:`bot.domain` and out of them; nothing else is asked of them. All
that an adapter is given is the :class:`Bot`: it decides neither which picture is meant, nor who may
see what, nor what words mean.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    MutableMapping,
    Sequence,
)
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.generation import PaidIn, Pictures, Progress, Request, Ticket
from bot.domain.jobs import Job
from bot.domain.pictures import StoredPicture
from bot.domain.preferences import Preference
from bot.domain.requests import JSON, Accepted, Address, Attachment, Incoming, Options, Viewer
from messages import Message, Notice, Picture

Receive: TypeAlias = Callable[[Incoming], Awaitable[Accepted | Notice | Failure]]
"""What an adapter calls with every request: :meth:`Bot.receive`."""


Webhook: TypeAlias = Callable[[Mapping[str, str], bytes], Awaitable[tuple[int, bytes]]]
"""Takes the headers (names in lower case) and the body of a POST; gives a status and JSON."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of a person's jobs, newest first; ``older`` is the ``before`` of the next page, if there
    is one (seconds since the epoch)."""

    jobs: tuple[Job, ...]
    older: float | None = None


@dataclass(frozen=True, slots=True)
class SettingsPanel:
    """What a person prefers, by what is offered today, and what there is to choose from.

    ``default`` is what applies where nothing is chosen.
    """

    chosen: Preference
    models: tuple[Model, ...]
    sizes: tuple[str, ...]
    aspect_ratios: tuple[str, ...]
    default: Options


class Transfer(Protocol):
    """Something on its way, within the one budget of bytes in flight."""

    @property
    def size(self) -> int:
        """The bytes it has taken."""

    async def take(self, count: int, limit: asyncio.Timeout | None = None) -> None:
        """Take so many bytes more; waits, with the clock of ``limit`` standing still, for room."""


class Changes(Protocol):
    """The ids of jobs that change, in order, from when it was asked for."""

    async def next(self, timeout: float) -> str | None:  # noqa: ASYNC109
        """The next one, or ``None`` after so many seconds."""


class Bot(Protocol):
    """The bot as an adapter sees it.

    Whoever asks for something that exists names a :class:`Viewer`: what that person may not see
    where they are does not exist for them.
    """

    webhooks: MutableMapping[str, Webhook]
    """What the web page serves as ``POST /webhooks/NAME``; an adapter puts its own there."""

    connections: MutableMapping[str, Callable[[], bool]]
    """Whether a platform's connection is there now; an adapter that keeps one says so here."""

    @property
    def platforms(self) -> tuple[str, ...]:
        """The names of the adapters that are served."""

    @property
    def max_images(self) -> int:
        """How many pictures one request may ask for."""

    @property
    def inbox(self) -> "Inbox":
        """Where an adapter keeps what it has not dealt with yet; :mod:`bot.chat.inbox` uses it."""

    @property
    def outbox(self) -> "Outbox":
        """Where an adapter keeps what it has still to say; :mod:`bot.chat.replies` uses it."""

    @property
    def partitions(self) -> "Partitions":
        """How an adapter divides its work among the processes that could do it."""

    @property
    def public_url(self) -> str:
        """The address of the web page, without a closing slash."""

    @property
    def descriptors(self) -> int:
        """How many file descriptors this process may have."""

    def clock(self) -> float:
        """Now, in seconds since the epoch."""

    async def readiness(self) -> Mapping[str, bool]:
        """Whether the ``database`` answers, and each of :attr:`connections` is there."""

    # Asking

    async def receive(self, incoming: Incoming) -> Accepted | Notice | Failure:
        """Accept a request, and the message follows; returns within milliseconds, beside what
        :attr:`Incoming.quote` takes where it is needed."""

    async def too_many(self, incoming: Incoming, references: int) -> Failure | None:
        """Why nothing can be drawn from so many pictures, before any of them is fetched."""

    async def locale(self, incoming: Incoming) -> str:
        """The language to answer in, as a BCP 47 tag."""

    async def language(self, viewer: Viewer) -> str | None:
        """The language that the viewer has chosen, as a BCP 47 tag."""

    async def likes_privacy(self, viewer: Viewer) -> bool:
        """Whether the viewer has chosen to be answered alone, also where others read."""

    async def meet(self, viewer: Viewer) -> bool:
        """Whether the viewer was not known before; from now on they are."""

    async def with_locale(self, incoming: Incoming, usual: str) -> Incoming:
        """The request as it was said to the bot, with a locale if the words tell no language.

        For platforms that do not tell one: it is that of what is talked about, else ``usual``.
        Asked before the request is received: afterwards that may be forgotten.
        """

    async def is_for_one(self, incoming: Incoming) -> bool:
        """Whether the person alone is to read the answer: the request starts from something
        private, or they have chosen that, here or for good."""

    async def cancel(self, job_id: str, viewer: Viewer) -> bool:
        """Stop a job of the viewer's, or in a conversation they moderate; ``False``: too late."""

    async def delete(self, job_id: str, viewer: Viewer) -> bool:
        """Remove a job of the viewer's, or in a conversation they moderate, for good."""

    async def delete_pictures(self, image_ids: Sequence[str], viewer: Viewer) -> int:
        """Remove pictures for good, of finished jobs of the viewer's or in a conversation they
        moderate; a job that has none left goes with them.

        Returns:
            How many of them were deleted.
        """

    async def give_up(self, job_id: str, viewer: Viewer) -> None:
        """Stop a job of the viewer's whose answer cannot be shown anywhere."""

    async def withdraw(self, event_id: str, platform: str) -> bool:
        """Stop what was asked in an event that its platform has taken back; ``False``: too late."""

    # Looking

    async def job(self, job_id: str, viewer: Viewer) -> Job | None:
        """A job, if the viewer may see it; one that was deleted is not there."""

    async def was_deleted(self, job_id: str, viewer: Viewer) -> bool:
        """Whether a job of the viewer's own was deleted."""

    async def job_of_message(self, message: str, viewer: Viewer) -> Job | None:
        """The job that a message of the platform shows, or is about."""

    async def message(self, job: Job | str, viewer: Viewer) -> Message | None:
        """The one message of a job, or of the job with that id, as it should look now."""

    async def history(
        self,
        viewer: Viewer,
        *,
        before: float | None = None,
        limit: int = 20,
        succeeded: bool = False,
        words: str = "",
        favourites: bool = False,
    ) -> HistoryPage:
        """The viewer's own jobs that may be listed where they are; ``before`` pages back.

        With ``succeeded`` only those that have made a picture, with ``words`` those that were
        asked for with all of them, with ``favourites`` those of which a picture is marked as one.
        """

    async def listed(self, job_id: str, viewer: Viewer) -> Job | None:
        """A job that :meth:`history` may list where the viewer is."""

    async def versions(self, job_id: str, viewer: Viewer) -> Sequence[Job]:
        """The jobs with a picture that a job comes from, it, and what the viewer has made from any
        of them; oldest first."""

    async def unfinished(self, viewer: Viewer) -> Sequence[Job]:
        """The viewer's own jobs that are queued or running, oldest first."""

    async def settings(self, viewer: Viewer) -> SettingsPanel:
        """What the viewer prefers, and what there is to choose."""

    async def change_settings(
        self, viewer: Viewer, **choices: str | bool | None
    ) -> SettingsPanel | Failure:
        """Set choices of a :class:`Preference`; ``None`` takes one back.

        What is not offered any more becomes what takes its place; what never was is refused.
        """

    async def usage(self, viewer: Viewer) -> Notice:
        """What the viewer has used, and what they may."""

    async def models(self) -> tuple[Model, ...]:
        """What is offered now, the default first."""

    async def picture(self, image_id: str, viewer: Viewer) -> StoredPicture | None:
        """A kept picture, if the viewer may see it."""

    async def favourites(self, image_ids: Sequence[str], viewer: Viewer) -> Collection[str]:
        """Those of the viewer's own pictures that they have marked as favourites."""

    async def mark_favourite(self, image_id: str, viewer: Viewer, *, favourite: bool) -> bool:
        """Mark a picture of the viewer's own, or take the mark away; ``False`` for any other."""

    async def linked_picture(self, image_id: str) -> StoredPicture | None:
        """A kept picture for whoever has its link: nobody can guess its id."""

    async def read_picture(self, picture: StoredPicture) -> bytes | None:
        """Its bytes; ``None`` when it is not kept any more."""

    def stream_picture(self, picture: StoredPicture) -> AsyncIterator[bytes]:
        """Its bytes, piece by piece.

        Raises:
            FileNotFoundError: it is not kept any more.
        """

    def watch(self) -> AbstractContextManager[Changes]:
        """Be told of every job that changes in this process."""

    # Pictures to work from

    async def keep_upload(self, viewer: Viewer, data: bytes) -> Picture | Failure:
        """Check and keep a picture to work from."""

    async def discard_uploads(self, viewer: Viewer, image_ids: Sequence[str], since: float) -> None:
        """Delete those of the viewer's uploads since that time that nothing works from."""

    def transfer(self, owner: str) -> AbstractContextManager[Transfer]:
        """Take part in the budget of bytes in flight, until the end of the context."""

    async def fetch(self, url: str, *, owner: str, transfer: Transfer) -> bytes | Failure:
        """Download a picture that a person links to, with every guard there is."""

    # Delivery

    async def undelivered(self, platform: str) -> Sequence[tuple[str, Address]]:
        """The ids of the platform's jobs that are under way, and where each is shown."""

    async def refresh(self, job_id: str) -> None:
        """Show a job again as it is now."""

    async def add_message(self, message: str, job_id: str, platform: str) -> None:
        """Note that a further message is about a job: whoever replies to it means the job."""

    async def has_message(self, message: str, platform: str) -> bool:
        """Whether a message of the platform is one that shows a job, or is about one."""

    async def secret(self, name: str) -> str:
        """A random secret of that name, the same in every process and after a restart."""

    async def known_secret(self, name: str) -> str | None:
        """The same, unless nobody has asked for it yet."""

    async def forget_secret(self, name: str) -> None:
        """Whatever was signed with it is worth nothing from now on."""


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


class Misconfigured(Exception):
    """A plug-in is there, and its keys are not right; the message says which."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``hint`` says what to do about it."""

    subject: str
    good: bool
    text: str
    hint: str = ""


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

    @property
    def patience(self) -> float:
        """For how many seconds an event is not acknowledged because it is not stored yet, where it
        could not be noted."""

    def note(self, platform: str, event: Event) -> bool:
        """Write an event down at once, so that it outlives this process before it is stored; says
        whether it does. Whoever notes one has it stored or struck."""

    def strike(self, platform: str, event_id: str) -> None:
        """What was noted is stored, or need not be."""

    async def put(self, platform: str, event: Event) -> None:
        """Keep an event that this process deals with, unless it is known already."""

    async def drop(self, platform: str, event_id: str) -> None:
        """Forget an event: it was dealt with."""

    async def take(self, platform: str, now: float, held: Collection[str]) -> list[Event]:
        """The events that nobody deals with, oldest first, which from now on are this process's.

        They are those of an earlier process of this name, and of others that are gone; of several
        processes that ask, one gets each. ``held`` are the ids of those it deals with already.
        """

    async def release(self, platform: str, held: Collection[str]) -> None:
        """Leave the events of this process, but for those it has ``held``, to whoever asks."""

    async def until_left(self, seconds: float) -> None:
        """Wait until another process is found to be gone, or for so long."""


class Partitions(Protocol):
    """Numbered parts of some work, of which each is done by one process at a time."""

    async def assigned(self, work: str, total: int) -> frozenset[int]:
        """Which of the parts 0 to ``total`` - 1 of that work are this process's from now on.

        To be asked again every few seconds: processes come and go, and the parts are divided anew.

        Raises:
            Exception: the database is away; what was assigned before still is.
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

    async def until_left(self, seconds: float) -> None:
        """Wait until another process is found to be gone, or for so long."""

    async def is_to_send(self, platform: str, key: str) -> bool:
        """Whether an answer is still to be sent, and by this process; to be asked just before.

        Raises:
            Exception: that is not certain at the moment.
        """

    async def sent(self, platform: str, key: str, at: float) -> None:
        """Remember that an answer was sent, and forget what it said."""
