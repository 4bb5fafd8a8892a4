"""A job: one request, and every fact that its message is made of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.actions import Action
from bot.domain.requests import JSON, Address, Attachment
from messages import Cost, Note, Problem, Status


@dataclass(frozen=True, slots=True)
class Parent:
    """The picture that a job is made from: of the ``count`` pictures of an earlier job the one of
    ``number``, from 1. ``by`` is what was asked for: a change (:attr:`Action.DRAW`), or what the
    button says."""

    job_id: str
    number: int
    count: int
    by: Action


@dataclass(frozen=True, slots=True)
class Job:
    """One request, from the moment it is accepted. Times are seconds since the epoch.

    ``text`` is what the person wrote, ``prompt`` what the model is given. ``attachments`` are what
    the person pointed at, ``references`` the image ids they became once their bytes were taken.
    ``seconds`` is the expected range. ``shown`` is a digest of the message last shown. ``origin``
    names the button that was pressed, if one was: two presses within seconds are one request.
    ``notify`` and ``spoiler`` are as in :class:`messages.Message`. A ``private`` job is answered
    where its requester is the only reader, and so is all that comes of it
    (:mod:`bot.engine.permissions`).

    ``chain`` are the providers to ask, in this order, as they were configured when it was accepted.
    ``waited`` is for how many seconds its pictures have been waited for so far. ``called`` is set
    before a call that is paid for: which one, and which run of the program makes it. ``untold`` is
    set from its end until its last message has arrived. ``executor`` is the process that shows it:
    the one that works on it, or has ended it; ``""`` before there was one. ``parent`` is the
    picture of ours that it is made from, if it is. ``undone`` says that its person has gone back to
    the picture before: what they say next is not about this one.
    """

    id: str
    platform: str
    requester: str
    conversation: str
    locale: str
    address: Address
    text: str
    prompt: str
    provider: str
    model: str
    model_name: str
    size: str | None
    aspect_ratio: str | None
    count: int
    seconds: tuple[int, int]
    progress_every: int
    created_at: float
    attachments: tuple[Attachment, ...] = ()
    references: tuple[str, ...] = ()
    extra: Mapping[str, JSON] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    cost: Cost | None = None
    status: Status = Status.QUEUED
    started_at: float | None = None
    finished_at: float | None = None
    problem: Problem | None = None
    shown: str | None = None
    deleted: bool = False
    origin: str | None = None
    notify: bool | None = None
    spoiler: bool = False
    private: bool = False
    chain: tuple[str, ...] = ()
    waited: float = 0.0
    called: str | None = None
    untold: bool = False
    executor: str = ""
    parent: Parent | None = None
    undone: bool = False


def summary(job: Job, most: int) -> str:
    """The beginning of what was asked for, in one line of at most so many characters."""
    return shortened(job.text or job.prompt, most)


def shortened(text: str, most: int) -> str:
    """The beginning of a text, in one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def job_id(platform: str, event_id: str) -> str:
    """The id of the job for an event: the same event is the same job, in every process."""
    digest = hashlib.sha256(f"{platform}\0{event_id}".encode()).hexdigest()
    return f"job_{digest[:24]}"
