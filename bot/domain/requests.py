"""What a person asks for, as a platform delivered it, and where it is answered."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.preferences import Switch

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
    fetched with every guard of :mod:`bot.images.downloads`. ``data``: whatever the adapter's
    ``read`` needs to take the bytes from its platform. ``private`` pictures were shown to one
    person alone.
    """

    name: str = ""
    image_id: str | None = None
    url: str | None = None
    data: Mapping[str, JSON] | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Choices made in a form or a slash command; ``None`` is "not chosen".

    ``language`` and ``notify`` are preferences only; ``private`` is to be answered alone.
    """

    model: str | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    count: int | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict)
    """Parameters for the provider that we know nothing of, merged into its request last."""
    language: str | None = None
    notify: Switch | None = None
    spoiler: bool | None = None
    private: bool | None = None


HIDDEN = "hidden"
"""In :attr:`Incoming.unusable`: a message of somebody else that the platform does not show us. Only
a request that is about it is answered with words."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at something, and where the answer stands; the fields are :class:`Incoming`'s."""

    platform: str
    requester: str
    conversation: str = ""
    private: bool = False
    moderator: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a message shows that somebody replies to; ``unusable`` is as in :class:`Incoming`.

    ``text`` are the words of a person, ``author`` is their name where the platform tells it, and
    ``author_id`` their id. A message of a program has no words for us, and neither has one from
    another conversation.
    """

    attachments: tuple[Attachment, ...] = ()
    unusable: tuple[str, ...] = ()
    text: str = ""
    author: str = ""
    author_id: str = ""


Quote: TypeAlias = Callable[[bool], Awaitable[Quoted | Failure]]
"""Asks the platform for the message that is replied to; true: the words are about what it shows.

Where it cannot be had in time, it may come as an attachment to be read later.
"""


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
    ``edits`` says that a picture is to be changed: where none is pointed at, the person's newest.

    ``quote`` gives what the message of ``replied_to`` shows, where the platform has to be asked for
    that: only what needs it calls it. ``topic_root`` says that it is the message with which the
    topic began (``CONVERSATION:TOPIC``), and which all replies in the topic are to. ``names`` are
    those of people mentioned in the text, as they stand there: beside a command they are no part
    of it; ``people`` are the platform's ids of those people, by name. ``forwarded`` says that the
    text is other people's talk: beside pictures it counts only where it asks for a change.
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
    edits: bool = False
    quote: Quote | None = None
    topic_root: bool = False
    names: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    forwarded: bool = False

    @property
    def viewer(self) -> Viewer:
        """Who reads the answer, and where."""
        return Viewer(
            self.platform, self.requester, self.conversation, self.private, self.moderator
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job exists for the event.

    ``new`` is false when the event had been delivered before, and for the second of two presses of
    the same button within seconds; that one is answered by the first one's job. ``answers`` is as
    in :class:`messages.Notice`.
    """

    job_id: str
    new: bool = True
    answers: str = ""


LONGEST_PROMPT = 10_000
"""Characters; longer texts are refused rather than cut."""

LONGEST_TEXT = 2 * LONGEST_PROMPT
"""Characters of a message with its links, which are no part of the prompt; more is not read."""


def too_long(text: str, limit: int = LONGEST_PROMPT) -> Failure | None:
    """Why a text is refused before anything else is done with it; ``limit`` is in characters."""
    if len(text) <= limit:
        return None
    return Failure(Reason.PROMPT_TOO_LONG, {"length": len(text), "limit": LONGEST_PROMPT})
