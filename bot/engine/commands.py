"""What is not drawing: stop, delete, call me, put aside, forget me, and what is only answered."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.domain.requests import Attachment, Incoming
from bot.engine.permissions import may_answer, may_do, may_see
from bot.engine.queries import Queries
from bot.engine.targets import about, asked_before, meant, where
from bot.language.wording import Reading
from bot.storage.jobs import JobStore
from bot.storage.pending_attachments import PENDING_SECONDS, PendingAttachments
from messages import Notice

_NOT_HERE = Failure(Reason.NOT_HERE)
_NOTHING_TO_CANCEL = Failure(Reason.NOTHING_TO_CANCEL)

_ASSENTS = frozenset({"yes", "confirm", "是", "是的", "确认", "确定"})


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The person wants this job to stop."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """The person wants this job and its pictures gone, or of several pictures only these."""

    job_id: str
    image_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """The person wants everything forgotten that is stored about them."""

    platform: str
    requester: str


@dataclass(frozen=True, slots=True)
class Ping:
    """The person wants to be called when this job is done."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Redelivery:
    """The person wants the result of this job to be delivered once more."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Cancellations:
    """The person wants all of these jobs to stop."""

    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deletions:
    """The person wants all of these jobs and their pictures gone."""

    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """The person has answered the question of that id: with ``choice``, as a button would name it
    in English, and ``done`` is what comes of it."""

    question: str
    choice: str
    done: "Job | Command | Notice | Failure"


Command: TypeAlias = (
    Cancellation
    | Cancellations
    | Deletion
    | Deletions
    | Erasure
    | Ping
    | QuestionAnswer
    | Redelivery
)
"""What is left for the engine to do."""


class Commands:
    """Settles requests that ask for no picture."""

    def __init__(
        self,
        history: JobStore,
        pending: PendingAttachments,
        answers: Queries,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._history = history
        self._pending = pending
        self._queries = answers
        self._clock = clock

    async def run(
        self, action: Action, reading: Reading, incoming: Incoming, models: Sequence[Model]
    ) -> Command | Notice | Failure:
        """Carry it out; an event that comes again changes nothing any more.

        That a command was carried out is for the engine to remember, in the moment in which it is.
        """
        event = (incoming.platform, incoming.event_id)
        again = await self._history.answered(*event)
        if again and action.spec.done:
            return Notice(action.spec.done, new=False)
        answer = await self._settle(action, reading, incoming, models, again=again)
        if not isinstance(answer, Notice):
            return answer
        await self._history.remember(*event, self._clock())
        return replace(answer, new=not again)

    async def _settle(
        self,
        action: Action,
        reading: Reading,
        incoming: Incoming,
        models: Sequence[Model],
        *,
        again: bool,
    ) -> Command | Notice | Failure:
        match action:
            case Action.CANCEL:
                return await self._cancel(incoming)
            case Action.CANCEL_ALL:
                here = await self._unfinished(incoming)
                return Cancellations(tuple(here)) if here else _NOTHING_TO_CANCEL
            case _ if action.spec.subject:
                return await self._about_job(action, incoming, again=again)
            case Action.KEEP:
                kept = await self._originals(incoming) or incoming.attachments
                if not kept and incoming.unusable:
                    kinds = list(incoming.unusable)
                    return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": kinds})
                if not kept:
                    return Failure(Reason.NO_PICTURE)
                await self._pending.add(*where(incoming), kept, self._clock())
                waits = round(PENDING_SECONDS / 60)
                return Notice("picture_kept", {"kept": len(kept), "minutes": waits})
            case Action.FORGET_ME:
                confirmed = _ASSENTS.intersection(incoming.text.lower().split()[-1:])
                who = (incoming.platform, incoming.requester)
                return Erasure(*who) if confirmed else Notice("forget_me")
            case _:
                return await self._queries.answer(reading, incoming, models, apply=not again)

    async def _originals(self, incoming: Incoming) -> tuple[Attachment, ...]:
        """The pictures of the job that is meant, rather than what fitted into its message."""
        job = await self._history.job(incoming.target) if incoming.target else None
        if job is None or not may_see(job, incoming):
            return ()
        pictures = (await self._history.pictures_of([job.id]))[job.id]
        return tuple(Attachment(image_id=picture.image_id) for picture in pictures)

    async def _about_job(
        self, action: Action, incoming: Incoming, *, again: bool
    ) -> Command | Notice | Failure:
        job = await about(self._history, action, incoming)
        if isinstance(job, Failure):
            return job
        match action:
            case Action.DELETE:
                return Deletion(job.id)
            case Action.NOTIFY:
                return Ping(job.id)
            case Action.RESEND:
                return Redelivery(job.id)
            case Action.BEFORE:
                return await self._before(job, incoming, apply=not again)
            case Action.ORIGINAL:
                return await self._original(job, incoming)
            case _:
                return await self._queries.details(job, incoming.viewer)

    async def _before(self, job: Job, incoming: Incoming, *, apply: bool) -> Notice | Failure:
        """The picture before a job's, shown again: nothing is made, and what its person says next
        is about that one. Of several it is the one of that ``number``."""
        parent = job.parent
        earlier = (
            await self._history.job(parent.job_id)
            if parent
            else await asked_before(self._history, job, incoming)
        )
        if earlier is None and parent is None:
            return Failure(Reason.NOTHING_BEFORE)
        if earlier is None or not may_see(earlier, incoming):
            return Failure(Reason.NOT_FOUND)
        if not may_answer(earlier, incoming):
            return _NOT_HERE
        if apply and job.requester == incoming.requester:
            await self._history.go_back(job, earlier)
        number = {"number": parent.number} if parent and parent.count > 1 else {}
        return Notice("before", number, shows=earlier.id)

    async def _original(self, job: Job, incoming: Incoming) -> Notice | Failure:
        """The files of a job's pictures as they were made: of the one that was chosen, or all."""
        made = (await self._history.pictures_of([job.id]))[job.id]
        number = incoming.number
        chosen = incoming.action is not None or number > 1
        files = made[number - 1 : number] if chosen else made
        if not files:
            return Failure(Reason.NOT_FOUND if job.status.final else Reason.NOT_READY)
        return Notice("original", originals=files)

    async def _cancel(self, incoming: Incoming) -> Cancellation | Failure:
        """The job of a button, or the person's newest one here that is not finished."""
        job = await meant(self._history, incoming)
        if job is not None and may_see(job, incoming):
            theirs = may_do(Action.CANCEL, job, incoming)
            return Cancellation(job.id) if theirs else Failure(Reason.NOT_YOURS)
        if incoming.target is not None:
            return Failure(Reason.NOT_FOUND)
        here = await self._unfinished(incoming)
        return Cancellation(here[-1]) if here else _NOTHING_TO_CANCEL

    async def _unfinished(self, incoming: Incoming) -> list[str]:
        """The person's jobs here that are not finished, oldest first."""
        unfinished = await self._history.unfinished(
            platform=incoming.platform, requester=incoming.requester
        )
        return [job.id for job in unfinished if job.conversation == incoming.conversation]
