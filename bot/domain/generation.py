"""What passes between the engine and a provider: a request, a ticket, signs of life, pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.domain.requests import JSON
from messages import Cost, Note


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
