"""A question to a person, whose answer carries on with what they had asked."""

import hashlib
from dataclasses import dataclass, field

from bot.domain.requests import Options

OPEN_SECONDS = 600.0
"""So long a yes in words answers the last question, and the next page is that of the last one."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which picture is meant, or, without ``pictures``, that there is none to change.

    ``text`` is what the person wrote, ``words`` what is to be done to the picture, and ``action``
    the name of the command that they are, if they are one. ``pictures`` are image ids; the answers
    are numbered from 1 in their order, and the one behind them asks for a new picture. ``at`` is
    when it was asked, in seconds since the epoch, and ``private`` says that nobody but the person
    was to read the answer.

    Others ask whether something is to be done: ``action`` names it, ``job`` is what it would be
    done to, or which of its ``pictures``, and ``answers`` are the choices there are for it, if
    there is more than one. With the
    history as ``action``, ``words`` are the number of the page that was shown last.
    """

    id: str
    platform: str
    requester: str
    conversation: str
    text: str
    words: str
    at: float
    action: str | None = None
    options: Options = field(default_factory=Options)
    pictures: tuple[str, ...] = ()
    private: bool = False
    job: str | None = None
    answers: tuple[str, ...] = ()


def question_id(platform: str, event_id: str) -> str:
    """The id of the question that an event led to: the same event asks the same question."""
    digest = hashlib.sha256(f"{platform}\0{event_id}".encode()).hexdigest()
    return f"question_{digest[:24]}"


def answering(question_id: str) -> str:
    """The event as which it is remembered that a question was answered."""
    return f"answer:{question_id}"
