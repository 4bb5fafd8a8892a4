"""What a step of the conversation leaves behind: plain JSON, stored and read after a crash."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Ticket
from bot.domain.requests import JSON
from bot.domain.storable import storable
from messages import Cost, Note


class Failed(Exception):
    """Leaves the conversation for its last step."""

    def __init__(self, failure: dict[str, JSON]) -> None:
        self.failure = failure


def failed(failure: Failure) -> dict[str, JSON]:
    """The result of a step that ends the conversation."""
    return {"failure": plain(failure)}


def failure_from(value: Mapping[str, Any]) -> Failure:
    """A failure that was stored."""
    return Failure(**{**value, "reason": Reason(value["reason"])})


def plain(value: Ticket | Failure | Note) -> dict[str, JSON]:
    """A value as JSON, the way step results are stored: one that could not be would end nothing."""
    value = storable(value)
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in asdict(value).items()}


def cost_of(value: Mapping[str, Any] | None) -> Cost | None:
    """A cost that was stored."""
    return Cost(**value) if value else None
