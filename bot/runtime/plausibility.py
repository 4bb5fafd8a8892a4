"""What a provider says of itself, within what can be true: it is somebody else's program.

A cost that is below nothing, a wait of a thousand years, or ten thousand pictures for one are shown
to people, kept in the database and added up; what cannot be true is left out.
"""

import math
from dataclasses import replace
from typing import Any, TypeVar

from bot.domain.catalog import Model
from bot.domain.failures import Failure
from bot.domain.generation import Pictures, Ticket
from bot.domain.storable import storable
from bot.runtime.terminal import harmless
from messages import Cost

T = TypeVar("T", bound=Ticket | Pictures | Failure)

MOST_PICTURES = 32
"""Of one answer; eight can be asked for, and where more come the chat says what it leaves out."""

MOST_COST = 1e7
LONGEST_WAIT = 30 * 24 * 3600.0
"""Seconds."""

LONGEST_NAME = 128
"""Characters of a model's id or name: what the database keeps."""

MOST_MODELS = 500


def plausible(said: T) -> T:
    """The same without numbers that cannot be true, and without pictures that nobody asked for.

    Its words are such as a database, a terminal and a page take.
    """
    said = storable(said)
    changes: dict[str, Any] = {}
    if isinstance(said, Failure):
        if said.explanation is not None:
            changes["explanation"] = harmless(said.explanation) or None
        if said.retry_after is not None and not _within(said.retry_after, LONGEST_WAIT):
            changes["retry_after"] = None
    elif said.cost is not None and not _possible(said.cost):
        changes["cost"] = None
    if isinstance(said, Pictures) and len(said.items) > MOST_PICTURES:
        changes["items"] = said.items[:MOST_PICTURES]
    if isinstance(said, Ticket) and not all(_within(s, LONGEST_WAIT) for s in said.seconds or ()):
        changes["seconds"] = None
    return replace(said, **changes) if changes else said


def offered(models: tuple[Model, ...]) -> tuple[Model, ...]:
    """The models that can be stored and chosen from, each with a name that can be shown.

    An id goes back to the provider as it came.
    """
    kept = [model for model in storable(models) if 0 < len(model.id) <= LONGEST_NAME]
    return tuple(map(_shown, kept[:MOST_MODELS]))


def _shown(model: Model) -> Model:
    name = " ".join(harmless(model.name).split())[:LONGEST_NAME] or harmless(model.id)
    costs = tuple((size, cost) for size, cost in model.costs if _possible(cost))
    return replace(model, name=name, costs=costs)


def _possible(cost: Cost) -> bool:
    return _within(cost.amount, MOST_COST) and len(cost.unit) <= LONGEST_NAME


def _within(number: float, most: float) -> bool:
    return math.isfinite(number) and 0 <= number <= most
