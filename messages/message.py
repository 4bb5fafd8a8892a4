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
    """One entry of a menu: ``value`` on the wire, ``name`` for people."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """The one message of a request, as it should look now.

    ``expected`` is a range in seconds, ``elapsed`` and ``seconds`` (what it really took) are in
    seconds, ``percent`` is 0 to 100, ``position`` is the place in the person's own queue from 1
    (``None`` once it has left the queue), ``link`` is the URL of the original when there is one.
    ``models`` and ``aspect_ratios`` are what a finished request could be repeated with. ``notify``
    says that the person wants to be called when it is done, ``spoiler`` that the pictures are to
    be covered until they are clicked.
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
    models: tuple[Choice, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    notify: bool = False
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """An answer that is not a picture: help, settings, models, history, a changed preference.

    ``key`` names a text of :mod:`messages.texts`; ``facts`` fill it. ``new`` is false when the
    event had been answered before: a platform that delivers again need not be answered again.
    """

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    new: bool = True
    notes: tuple[Note, ...] = ()
