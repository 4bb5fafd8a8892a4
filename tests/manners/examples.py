"""Labelled sayings as examples of what wants a picture, from which the classifier is learned."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.actions import Action
from bot.domain.situation import Situation
from bot.language import classifier
from tests.manners.sayings import load

HERE = Path(__file__).parent
CONVERSATIONS = (HERE / "data", HERE / "training")
PROMPTS = HERE.parent / "bot" / "language" / "data"

PROMPT_WEIGHT = 0.3

IMPOSSIBLE = ("nochange", "which")
"""Kinds of sayings that want a picture which cannot be made as they are, and so are not paid."""

SITUATIONS = {
    "nothing": Situation.NOTHING,
    "own_image": Situation.ABOUT,
    "reply_picture": Situation.ABOUT,
    "reply_four": Situation.ABOUT,
    "reply_text": Situation.REPLY,
}
"""The situations that contexts of sayings stand for; in all others, pictures are at hand."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text in a situation, whether it wants a picture, and how much that counts."""

    text: str
    situation: Situation
    wants: bool
    weight: float

    @property
    def features(self) -> list[str]:
        """What is found in it, in every situation and in this one."""
        found = classifier.features(self.text)
        where = (classifier.EVERYWHERE, self.situation.value)
        return [f"{situation}\t{name}" for situation in where for name in found]


def examples() -> list[Example]:
    """Every labelled saying, in an order that is always the same."""
    found = {(one.text, one.situation.value): one for one in (*_prompts(), *_conversations())}
    return [found[key] for key in sorted(found)]


def _conversations() -> Iterator[Example]:
    for file in sorted(file for folder in CONVERSATIONS for file in folder.glob("*.jsonl")):
        for saying in load(file):
            situation = SITUATIONS.get(saying.context, Situation.AT_HAND)
            wants = saying.paid or saying.kind in IMPOSSIBLE
            yield Example(saying.text, situation, wants, 1)


def _prompts() -> Iterator[Example]:
    for file in sorted(PROMPTS.glob("*.jsonl")):
        for line in map(json.loads, file.read_text("utf-8").splitlines()):
            if action := line.get("expect", {}).get("action"):
                spec = Action(action).spec
                wants = action == Action.DRAW or spec.repeats
                yield Example(line["text"], _situation(line), wants, PROMPT_WEIGHT)


def _situation(line: dict[str, Any]) -> Situation:
    if line.get("image"):
        return Situation.ABOUT
    change = line.get("recent") or line["expect"].get("change")
    return Situation.AT_HAND if change else Situation.NOTHING


def digest(every: Sequence[Example]) -> str:
    """What tells these examples from others, so that it is seen when they were not learned from."""
    lines = (f"{one.situation.value}\t{one.wants}\t{one.text}\n" for one in every)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
