"""Answers that are a reaction on what was written, where a platform has reactions."""

from collections.abc import Mapping

from bot.domain.failures import Failure
from bot.domain.requests import Accepted
from messages import Notice

REACTIONS: Mapping[str, str] = {"smalltalk": "👍"}
"""The emoji for the key of a notice; its words are for places without reactions."""


def reaction_to(answer: Accepted | Notice | Failure) -> str | None:
    """The emoji to react with instead of answering in words, if that is enough."""
    return REACTIONS.get(answer.key) if isinstance(answer, Notice) else None
