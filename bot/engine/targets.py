"""Which request, and which picture, somebody means: by a button, a reply, or what was just made."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import structlog

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, job_id
from bot.domain.requests import Attachment, Incoming
from bot.domain.storable import storable
from bot.engine.permissions import may_answer, may_do, may_see, public
from bot.storage.jobs import JobStore
from bot.storage.pending_attachments import PendingAttachments

log = structlog.get_logger(__name__)

RECENT_SECONDS = 24 * 3600
"""A change that names no picture means the newest one here, if it is not older than this."""


async def meant(jobs: JobStore, incoming: Incoming) -> Job | None:
    """The job that a button belongs to, or that was replied to, whoever may see it."""
    if incoming.target is not None:
        return await jobs.job(incoming.target)
    if incoming.replied_to is not None:
        return await jobs.job_of_message(incoming.platform, incoming.replied_to)
    return None


async def subject(jobs: JobStore, incoming: Incoming) -> Job | None:
    """The job of the button or the reply, else the person's newest one here; if they may see it."""
    if incoming.target is None and incoming.replied_to is None:
        job = await jobs.latest(
            incoming.platform, incoming.conversation, requester=incoming.requester
        )
    else:
        job = await meant(jobs, incoming)
    return job if job is not None and may_see(job, incoming) else None


async def about(
    jobs: JobStore, action: Action, incoming: Incoming, none: Reason = Reason.NOT_FOUND
) -> Job | Failure:
    """The job that an action is about, if this person may do that to it, and be answered here.

    ``none`` is the reason where there is not one.
    """
    job = await subject(jobs, incoming)
    if job is None:
        return Failure(none)
    if not may_answer(job, incoming):
        return Failure(Reason.NOT_HERE)
    return job if may_do(action, job, incoming) else Failure(Reason.NOT_YOURS)


def where(incoming: Incoming) -> tuple[str, str, str]:
    """The platform, the person and the conversation of a request."""
    return incoming.platform, incoming.requester, incoming.conversation


class Targets:
    """Finds the pictures that a request works from."""

    def __init__(
        self, jobs: JobStore, pending: PendingAttachments, clock: Callable[[], float]
    ) -> None:
        self._jobs = jobs
        self._pending = pending
        self._clock = clock

    async def starts_private(self, incoming: Incoming) -> bool:
        """Whether a request is about something private, and so has to be answered in private."""
        meant = await self._resolved(incoming)
        if isinstance(meant, Failure):
            return False
        incoming = meant
        repeats = incoming.action is not None and incoming.action.spec.repeats
        if incoming.target or incoming.replied_to or repeats:
            job = await subject(self._jobs, incoming)
            return job is not None and job.private
        pictures = incoming.attachments
        pictures = pictures or await self._pending.of(*where(incoming), self._clock())
        return len(await public(self._jobs, pictures)) < len(pictures)

    async def aimed(self, incoming: Incoming, *, draws: bool, change: bool) -> Incoming | Failure:
        """A reply with the job it means as its ``target``, or with the pictures that it quotes.

        ``draws`` says that the words ask for a picture, ``change`` that they ask for a change of
        something that is there.
        """
        if incoming.replied_to is None or incoming.target is not None:
            return incoming
        job = await self._replied_to(incoming.replied_to, incoming)
        elsewhere = job is not None and job.conversation != incoming.conversation
        if ":" in incoming.conversation and (incoming.topic_root or elsewhere):
            newest = await self._newest_in_topic(incoming, draws=draws, change=change)
            if newest is not None:
                return newest
        if job is not None:
            return replace(incoming, target=job.id)
        return await self._quoting(incoming, change=change) if draws else incoming

    async def _replied_to(self, message: str, incoming: Incoming) -> Job | None:
        """The job that a message shows, is about, or asked for; one that was deleted is missed, and
        not passed over."""
        job = await self._jobs.job(job_id(incoming.platform, message))
        job = job or await self._jobs.job_of_message(incoming.platform, message)
        return job if job and may_see(replace(job, deleted=False), incoming) else None

    async def _newest_in_topic(
        self, incoming: Incoming, *, draws: bool, change: bool
    ) -> Incoming | None:
        """In a topic everything replies to what it began with; what is meant is the newest there.

        ``None`` when there is nothing newer yet.
        """
        newest = partial(self._jobs.latest, incoming.platform, incoming.conversation)
        unaimed = replace(incoming, replied_to=None)
        if draws:
            job = await newest(succeeded=True)
            if job is None or not may_see(job, incoming):
                return None
            return replace(unaimed, target=job.id) if change else unaimed
        if await newest(requester=incoming.requester):
            return unaimed
        job = await newest()
        return replace(unaimed, target=job.id) if job and may_see(job, incoming) else None

    async def _quoting(self, incoming: Incoming, *, change: bool) -> Incoming | Failure:
        """With the pictures of the message that is replied to.

        One that cannot be had matters only where the words are about it; and what it shows beside
        pictures is not what they are about.
        """
        if incoming.quote is None:
            return incoming
        needed = change and not incoming.attachments
        found = storable(await incoming.quote(needed))
        if isinstance(found, Failure):
            log.info("no picture in the quoted message", reason=found.reason.value)
            return found if needed else incoming
        unusable = () if found.attachments else found.unusable
        return replace(
            incoming,
            attachments=found.attachments + incoming.attachments,
            unusable=unusable + incoming.unusable,
        )

    async def sources(
        self, incoming: Incoming, *, change: bool
    ) -> tuple[Attachment, ...] | Failure:
        """The pictures to work from: pointed at, put aside, or just made; none for a new one.

        ``change`` says that the words ask for a change of something that is there.
        """
        meant = await self._resolved(incoming)
        if isinstance(meant, Failure):
            return meant
        incoming = meant
        found = await self._pointed_at(incoming, change=change)
        if isinstance(found, Failure):
            return found
        if not found:
            found = await self._pending.of(*where(incoming), self._clock())
            if not change and not incoming.private:  # what nobody may see is not meant here
                return await public(self._jobs, found)
        if not found and incoming.action is None and change:
            found = await self._recent(incoming)
        if not incoming.private and len(await public(self._jobs, found)) < len(found):
            return Failure(Reason.NOT_HERE)
        return found

    async def _resolved(self, incoming: Incoming) -> Incoming | Failure:
        """An edit with its target: where nothing is pointed at or put aside, the newest picture."""
        pointed_at = incoming.attachments or incoming.target or incoming.replied_to
        if not incoming.edits or pointed_at:
            return incoming
        if await self._pending.of(*where(incoming), self._clock()):
            return incoming
        job = await self._jobs.latest(
            incoming.platform, incoming.conversation, requester=incoming.requester, succeeded=True
        )
        return replace(incoming, target=job.id) if job else Failure(Reason.REFERENCE_MISSING)

    async def _pointed_at(
        self, incoming: Incoming, *, change: bool
    ) -> tuple[Attachment, ...] | Failure:
        """The picture a button or a reply is about, then those that were attached or linked."""
        for attachment in incoming.attachments:
            if attachment.url and not attachment.url.lower().startswith("https://"):
                return Failure(Reason.REFERENCE_NOT_HTTPS)
            if attachment.image_id and not await self._is_theirs(attachment.image_id, incoming):
                return Failure(Reason.REFERENCE_MISSING)
        job = await meant(self._jobs, incoming)
        if job is None or not may_see(job, incoming):
            return Failure(Reason.NOT_FOUND) if incoming.target else incoming.attachments
        if not may_answer(job, incoming):
            return Failure(Reason.NOT_HERE)
        pictures = await self.picture_of(job, incoming.number) + incoming.attachments
        if not pictures and change:
            return Failure(Reason.REFERENCE_MISSING if job.status.final else Reason.NOT_READY)
        return pictures

    async def _is_theirs(self, image_id: str, incoming: Incoming) -> bool:
        kept = await self._jobs.picture(image_id)
        theirs = (incoming.platform, incoming.requester)
        return kept is not None and (kept.platform, kept.requester) == theirs

    async def _recent(self, incoming: Incoming) -> tuple[Attachment, ...]:
        """The picture that was just made for this person here."""
        job = await self._jobs.latest(
            incoming.platform,
            incoming.conversation,
            requester=incoming.requester,
            succeeded=True,
        )
        if job is None or self._clock() - job.created_at > RECENT_SECONDS:
            return ()
        return await self.picture_of(job)

    async def picture_of(self, job: Job, number: int = 1) -> tuple[Attachment, ...]:
        """One of a job's pictures, counted from 1; the first where there are not so many."""
        pictures = (await self._jobs.pictures_of([job.id]))[job.id]
        chosen = pictures[number - 1 : number] or pictures[:1]
        return tuple(Attachment(image_id=picture.image_id) for picture in chosen)

    async def size_of(self, attachment: Attachment) -> str | None:
        """The size that was asked for a picture of ours; ``None`` for any other."""
        kept = await self._jobs.picture(attachment.image_id) if attachment.image_id else None
        job = await self._jobs.job(kept.job_id) if kept and kept.job_id else None
        return job.size if job else None
