"""What a person is shown, as facts. Text is made from it by :func:`messages.render`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from messages.buttons import Button


class Step(IntEnum):
    """The five steps of the protocol, in the order in which a person meets them."""

    ACKNOWLEDGE = 0
    START = 1
    PROGRESS = 2
    SUCCESS = 3
    FAILURE = 4


class Status(StrEnum):
    """Where a request stands. The last three are final: nothing follows them."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request costs: ``amount`` in ``unit``, which is ``points`` or an ISO 4217 code."""

    amount: float
    unit: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One finished picture: ``width`` and ``height`` in pixels, ``size`` in bytes."""

    image_id: str
    mime: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be done.

    ``reason`` is a key of :data:`messages.texts.PROBLEMS`; ``facts`` fill its placeholders.
    ``explanation`` is the provider's own sentence, shown as a quotation.
    ``retry_after`` is in seconds; ``retryable`` says whether asking again can help. ``maybe_paid``
    says that the picture may have been made and paid for all the same.
    """

    reason: str
    facts: Mapping[str, object] = field(default_factory=dict)
    explanation: str | None = None
    retry_after: float | None = None
    retryable: bool = True
    maybe_paid: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Something the person should know about a request that goes on, such as a smaller size."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu: ``value`` on the wire, ``name`` for people, and what else is to be known
    before it is chosen: how long it takes (a range in seconds), what it costs, and what it is good
    for, a key of :data:`messages.texts.STRENGTHS`."""

    value: str
    name: str
    seconds: tuple[int, int] | None = None
    cost: Cost | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """The picture that a request was made from: the one of ``number``, from 1, among the ``count``
    pictures of the job ``job_id``.

    ``how`` is a key of :data:`messages.texts.MADE_FROM`. ``words`` are what was asked for from the
    first picture on, up to that one, oldest first; none where they are not to be told, or gone.
    """

    job_id: str
    number: int
    count: int
    how: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureName:
    """What pictures are called by: the ``words`` that were asked for, or, where a button has made
    them from another picture that has the same ones, what was done to that; the other facts are
    those of a :class:`Message`."""

    words: str
    made_from: MadeFrom | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a button would make: of which size, how many; ``cost`` is set where it costs more than
    the picture above it did."""

    size: str | None = None
    count: int | None = None
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """The one message of a request, as it should look now.

    ``expected`` is a range in seconds, ``elapsed`` and ``seconds`` (what it really took) are in
    seconds, ``percent`` is 0 to 100, ``position`` is the place in the person's own queue from 1
    (``None`` once it has left the queue), ``starts_in`` in how many seconds its turn is expected,
    ``follows`` says that it waits for the picture that it is to change,
    ``link`` is the URL of the original when there is one. ``buttons`` are what is asked for most,
    ``more`` what may stand behind another button; ``offers`` are what some of them would make.
    ``models`` and ``aspect_ratios`` are what a finished request could be repeated with. ``notify``
    says whether the person wants to be called when it is done, if they have said it; ``late`` that
    it took longer than people wait for. ``spoiler`` says that the pictures are to be covered until
    they are clicked, ``demo`` that no model makes them.
    """

    job_id: str
    step: Step
    status: Status
    prompt: str = ""
    model: str = ""
    size: str | None = None
    aspect_ratio: str | None = None
    expected: tuple[int, int] | None = None
    cost: Cost | None = None
    position: int | None = None
    percent: int = 0
    elapsed: float = 0.0
    seconds: float | None = None
    pictures: tuple[Picture, ...] = ()
    link: str | None = None
    notes: tuple[Note, ...] = ()
    problem: Problem | None = None
    buttons: tuple[Button, ...] = ()
    more: tuple[Button, ...] = ()
    offers: Mapping[Button, Offer] = field(default_factory=dict)
    models: tuple[Choice, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    notify: bool | None = None
    late: bool = False
    spoiler: bool = False
    demo: bool = False
    made_from: MadeFrom | None = None
    starts_in: float | None = None
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """An answer that is not a picture: help, settings, models, history, a changed preference.

    ``key`` names a text of :mod:`messages.texts`; ``facts`` fill it. ``new`` is false when the
    event had been answered before: a platform that delivers again need not be answered again.

    ``question`` is the id of what it asks, if it does; ``choices`` are its answers, as buttons name
    them in English, and are numbered from 1. ``pictures`` are those it asks about, in that order.
    ``shows`` is the id of a finished job whose pictures and buttons a platform shows with it, and
    ``originals`` are pictures that it sends as files, untouched. ``answers`` is the choice with
    which words have answered the person's open question, if they have: a text in English as in
    ``choices``.
    """

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    new: bool = True
    notes: tuple[Note, ...] = ()
    question: str | None = None
    choices: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    shows: str | None = None
    originals: tuple[Picture, ...] = ()
    answers: str = ""
