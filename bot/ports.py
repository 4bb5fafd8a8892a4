"""The doors of the house: what an adapter and a provider must be, and what passes through.

An adapter is a module in ``adapters/`` and a provider a module in ``bot/providers/``; each has a
function ``create(settings)`` (a provider) or ``create(app)`` (an adapter) and is imported only once
it is chosen. Both translate: into the types below, and out of them. Nothing else is asked of them.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.language.wording import Action
from messages import Cost, Message, Note, Notice

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to answer: plain data that any process can use, also after a restart.

    ``message`` is the platform's id of the one message once it exists; adapters fill it in the
    address they return from :meth:`Adapter.show`, and :class:`Incoming.replied_to` is matched
    against it.
    """

    platform: str
    data: Mapping[str, JSON] = field(default_factory=dict)
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture that a person points at; exactly one of the three ways is set.

    ``image_id``: already in the media store. ``url``: an https URL that the person typed, to be
    fetched with every guard of :mod:`bot.images.downloads`. ``data``: whatever the adapter's ``read``
    needs to take the bytes from its platform. ``private`` pictures were shown to one person alone.
    """

    name: str = ""
    image_id: str | None = None
    url: str | None = None
    data: Mapping[str, JSON] | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Choices made in a form or a slash command; ``None`` is "not chosen"."""

    model: str | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    count: int | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict)
    """Parameters for the provider that we know nothing of, merged into its request last."""
    language: str | None = None
    notify: bool | None = None
    spoiler: bool | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a person asked, as a platform delivered it.

    ``event_id`` is unique on its platform and the same when the platform delivers twice.
    ``requester`` and ``conversation`` are the platform's ids. With ``action`` set the text is not
    read for one: a slash command or a button has already said it; its text is then a prompt as it
    stands. ``target`` is the job that a button belongs to or that is replied to, and ``number``
    which of its pictures (from 1); ``replied_to`` is the platform's id of the message that was
    answered, where its job is not known. ``locale`` is a BCP 47 tag, however the platform spells
    it; without one the words tell the language. ``private`` says that nobody but the requester
    reads the answer: what comes of it then stays private too. ``moderator`` is set for people who
    may remove what others posted there. ``at`` is when it came, in seconds since the epoch, if not
    just now. ``unusable`` are the kinds of what was sent or quoted besides and is no picture, each
    a key of :data:`messages.texts.UNUSABLE`: a change is not made without it, and a person is told.
    """

    platform: str
    event_id: str
    requester: str
    conversation: str
    address: Address
    text: str = ""
    action: Action | None = None
    options: Options = Options()
    target: str | None = None
    number: int = 1
    attachments: tuple[Attachment, ...] = ()
    replied_to: str | None = None
    locale: str = ""
    private: bool = False
    moderator: bool = False
    at: float | None = None
    unusable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job exists for the event.

    ``new`` is false when the event had been delivered before, and for the second of two presses of
    the same button within seconds; that one is answered by the first one's job.
    """

    job_id: str
    new: bool = True


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


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture to work from, as the provider is handed it."""

    image_id: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What to make. With ``references`` it is an edit; ``size`` is one of :data:`catalog.SIZES`.

    ``size`` and ``aspect_ratio`` are ``None`` when the person left the choice to the model.
    ``key`` is the same whenever the same job is submitted again: an idempotency key for providers
    that take one, and a seed for those that draw. ``extra`` is merged into the provider's request
    last.
    """

    key: str
    prompt: str
    model: str
    size: str | None = None
    aspect_ratio: str | None = None
    count: int = 1
    references: tuple[Reference, ...] = ()
    extra: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A provider's receipt: with it a restarted process collects what was already paid for.

    ``id`` is the provider's own (empty where the provider makes the picture in one long request,
    during ``collect``). ``cost`` is the price quoted now, ``seconds`` the expected range.
    ``data`` is whatever the provider wants to find again.
    """

    id: str
    cost: Cost | None = None
    seconds: tuple[int, int] | None = None
    data: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life while a picture is being made; ``percent`` where the provider knows it."""

    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """The encoded pictures, what they really cost, and what the person should know about them."""

    items: tuple[bytes, ...] = field(repr=False)
    cost: Cost | None = None
    notes: tuple[Note, ...] = ()


PaidIn: TypeAlias = Literal["submit", "collect", ""]
"""The call of a provider that is paid for, if one is."""


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
