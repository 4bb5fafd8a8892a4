"""Which request, and which picture, somebody means: by a button, a reply, or what was just made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, Parent, job_id
from bot.domain.protocol import READ_AS_NEW
from bot.domain.requests import Attachment, Incoming
from bot.domain.storable import storable
from bot.engine.permissions import may_answer, may_do, may_see, public
from bot.language.pointers import Pointer, Which, names
from bot.storage.jobs import JobStore
from bot.storage.pending_attachments import PendingAttachments
from messages import Picture

log = structlog.get_logger(__name__)

RECENT_SECONDS = 24 * 3600
"""A change that names no picture means the newest one here, if it is not older than this."""

AT_HAND_SECONDS = 3600
"""So long what a person says where they have asked for a picture may be a remark about it."""

MOST_CHOICES = 8
"""Of so many pictures one can be chosen; older ones are replied to."""

_TWO = 2

PLACES = {
    Which.TOP_LEFT: (4, 1),
    Which.TOP_RIGHT: (4, 2),
    Which.BOTTOM_LEFT: (4, 3),
    Which.BOTTOM_RIGHT: (4, 4),
    Which.LEFT: (2, 1),
    Which.RIGHT: (2, 2),
}
"""Of so many pictures, as every platform lays them out, the number of the one in a place."""

CORNERS = frozenset(which for which, (count, _) in PLACES.items() if count > _TWO)
"""The places that are corners, of a set of pictures or of one."""


@dataclass(frozen=True, slots=True)
class JobPicture:
    """A picture of ours: the job that made it, and which of its pictures it is, from 1."""

    job: Job
    number: int
    picture: Picture

    @property
    def attachment(self) -> Attachment:
        """It as a picture to work from."""
        return Attachment(image_id=self.picture.image_id)


@dataclass(frozen=True, slots=True)
class WhichPicture:
    """Pictures of which one is meant, and it is not known which."""

    pictures: tuple[JobPicture, ...]


async def meant(jobs: JobStore, incoming: Incoming) -> Job | None:
    """The job that a button belongs to, or that was replied to, whoever may see it."""
    if incoming.target is not None:
        return await jobs.job(incoming.target)
    if incoming.replied_to is not None:
        return await jobs.job_of_message(incoming.platform, incoming.replied_to)
    return None


async def subject(jobs: JobStore, incoming: Incoming, *, pictures: bool = False) -> Job | None:
    """The job of the button or the reply, else the person's newest one here; if they may see it.

    ``pictures`` prefers the newest that has some.
    """
    if incoming.target is None and incoming.replied_to is None:
        here, who = (incoming.platform, incoming.conversation), incoming.requester
        job = await jobs.latest(*here, requester=who, succeeded=True) if pictures else None
        job = job or await jobs.latest(*here, requester=who)
    else:
        job = await meant(jobs, incoming)
    return job if job is not None and may_see(job, incoming) else None


_OF_PICTURES = frozenset({Action.DELETE, Action.DETAILS, Action.BEFORE, Action.ORIGINAL})
"""What is asked of a picture that is there, and not of a request that has failed since."""


async def about(jobs: JobStore, action: Action, incoming: Incoming) -> Job | Failure:
    """The job that an action is about, if this person may do that to it, and be answered here."""
    job = await subject(jobs, incoming, pictures=action in _OF_PICTURES)
    if job is None:
        return Failure(await _why_none(jobs, incoming))
    if not may_answer(job, incoming):
        return Failure(Reason.NOT_HERE)
    return job if may_do(action, job, incoming) else Failure(Reason.NOT_YOURS)


async def asked_before(jobs: JobStore, job: Job, incoming: Incoming) -> Job | None:
    """The job with a picture that a job's person had asked for before it there."""
    earlier = await jobs.recent(
        job.platform, job.conversation, job.requester, job.created_at - RECENT_SECONDS
    )
    seen = (one for one in earlier if one.created_at < job.created_at and may_see(one, incoming))
    return next(seen, None)


async def _why_none(jobs: JobStore, incoming: Incoming) -> Reason:
    replied = incoming.replied_to is not None and not incoming.topic_root
    if incoming.target is None and not replied:
        return Reason.NOTHING_TO_REPEAT
    known = incoming.target is not None or await meant(jobs, incoming) is not None
    return Reason.NOT_FOUND if known else Reason.UNKNOWN_PICTURE


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
            if await self._coming(incoming, job.created_at):
                return unaimed
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
    ) -> tuple[Attachment, ...] | WhichPicture | Failure:
        """The pictures to work from: pointed at, put aside, or just made; none for a new one.

        ``change`` says that the words ask for a change of something that is there. Where that is
        one of several pictures, it is to be chosen.
        """
        meant = await self._resolved(incoming)
        if isinstance(meant, Failure):
            return meant
        incoming = meant
        found = await self._pointed_at(incoming, change=change)
        if isinstance(found, WhichPicture | Failure):
            return found
        if not found:
            found = await self._pending.of(*where(incoming), self._clock())
            if not change and not incoming.private:  # what nobody may see is not meant here
                return await public(self._jobs, found)
        if not found and incoming.action is None and change:
            newest = await self._recent(incoming, limit=1)
            if await self._coming(incoming, since=newest[0].created_at if newest else 0.0):
                return Failure(Reason.NOT_READY)
            if newest and not may_answer(newest[0], incoming):
                return Failure(Reason.NOT_HERE)
            choices = await self._first_of(newest)
            if len(choices) > 1:
                return WhichPicture(choices)
            found = tuple(choice.attachment for choice in choices)
        if not incoming.private and len(await public(self._jobs, found)) < len(found):
            return Failure(Reason.NOT_HERE)
        return found

    async def coming(self, incoming: Incoming) -> Job | None:
        """The request of the person whose picture is meant and still being made, where a change can
        wait for it: it is the only one of its request, and may be answered about here."""
        about = incoming.target or incoming.replied_to
        job = await meant(self._jobs, incoming) if about else await self._coming(incoming)
        if job is None or job.status.final or job.requester != incoming.requester:
            return None
        return job if job.count == 1 and may_answer(job, incoming) else None

    async def _coming(self, incoming: Incoming, since: float = 0.0) -> Job | None:
        """The newest that the person has asked for here since, and that is not there yet: that one
        is meant rather than an earlier one, and nobody is to pay for a change of the wrong one."""
        open_ones = await self._jobs.unfinished(
            platform=incoming.platform, requester=incoming.requester
        )
        here = [one for one in open_ones if one.conversation == incoming.conversation]
        return here[-1] if here and here[-1].created_at > since else None

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
        return replace(incoming, target=job.id) if job else Failure(Reason.NO_PICTURE)

    async def _pointed_at(
        self, incoming: Incoming, *, change: bool
    ) -> tuple[Attachment, ...] | WhichPicture | Failure:
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
        by_words = incoming.action is None or incoming.edits
        if by_words and not incoming.attachments and len(choices := await self.pictures(job)) > 1:
            return WhichPicture(choices)
        pictures = await self.picture_of(job, incoming.number) + incoming.attachments
        if not pictures and change:
            return Failure(Reason.NO_PICTURE if job.status.final else Reason.NOT_READY)
        return pictures

    async def _is_theirs(self, image_id: str, incoming: Incoming) -> bool:
        kept = await self._jobs.picture(image_id)
        theirs = (incoming.platform, incoming.requester)
        return kept is not None and (kept.platform, kept.requester) == theirs

    async def recent(self, incoming: Incoming) -> list[Job]:
        """The person's jobs here whose pictures they may mean without saying so, newest first."""
        found = await self._recent(incoming, limit=MOST_CHOICES)
        return [job for job in found if may_answer(job, incoming)]

    async def is_at_hand(self, incoming: Incoming) -> bool:
        """Whether the person has made a picture there lately, or has one made now."""
        newest = await self._jobs.latest(
            incoming.platform, incoming.conversation, requester=incoming.requester
        )
        return newest is not None and newest.created_at >= self._clock() - AT_HAND_SECONDS

    async def only(self, incoming: Incoming) -> JobPicture | None:
        """The picture that is replied to, or else the person's newest one there, where it is
        the only one of its request."""
        job = await subject(self._jobs, incoming, pictures=True)
        if job is None or not may_answer(job, incoming):
            return None
        if incoming.target is None and job.created_at < self._clock() - AT_HAND_SECONDS:
            return None
        pictures = await self.pictures(job)
        return pictures[0] if len(pictures) == 1 else None

    async def _recent(self, incoming: Incoming, *, limit: int) -> list[Job]:
        since = self._clock() - RECENT_SECONDS
        who = (incoming.platform, incoming.conversation, incoming.requester)
        return await self._jobs.recent(*who, since, limit)

    async def pictures(self, job: Job) -> tuple[JobPicture, ...]:
        """All pictures of a job."""
        found = (await self._jobs.pictures_of([job.id]))[job.id]
        return tuple(JobPicture(job, number, one) for number, one in enumerate(found, 1))

    async def shown_by(self, image_id: str, incoming: Incoming) -> JobPicture | None:
        """A picture of ours by its id, if this person may still see it and be answered here."""
        kept = await self._jobs.picture(image_id)
        job = await self._jobs.job(kept.job_id) if kept and kept.job_id else None
        if job is None or not may_see(job, incoming) or not may_answer(job, incoming):
            return None
        found = await self.pictures(job)
        return next((one for one in found if one.picture.image_id == image_id), None)

    async def pointed(self, said: Pointer, incoming: Incoming) -> tuple[JobPicture, ...]:
        """The picture that words point at; several where it stays open which, none without any.

        What this person may not see, or not be answered about here, does not exist.
        """
        if said.person is not None:
            return await self._newest_by(said.person, incoming)
        if said.about:
            recent = await self.recent(incoming)
            return await self._all_of([job for job in recent if names(said.about, job.text)])
        job = await meant(self._jobs, incoming)
        if job is not None and may_see(job, incoming) and may_answer(job, incoming):
            if said.which is Which.BEFORE:
                return await self._before(job, incoming)
            jobs = [job]
        else:
            jobs = await self.recent(incoming)
        if said.which is Which.BEFORE:
            return await self._first_of(jobs[1:2] or jobs)
        if said.number or said.which in PLACES:
            return await self._numbered(said, jobs)
        newest = await self._first_of(jobs)
        if said.which is Which.LAST:
            return newest[-1:]
        if said.which is Which.OPEN and len(newest) == 1:
            return await self._all_of(jobs)
        return newest

    async def named(
        self, about: str, incoming: Incoming, *, newest: bool
    ) -> tuple[JobPicture, ...]:
        """The pictures that show what words name; with ``newest`` also the one at hand, which is
        meant then, and otherwise none where that shows it."""
        if incoming.target or incoming.replied_to:
            return ()
        recent = await self.recent(incoming)
        showing = [job for job in recent if names(about, job.text)]
        if showing and showing[0] is recent[0]:
            return (await self.pictures(recent[0])) if newest else ()
        return await self._all_of(showing)

    async def are_two(self, said: Pointer, incoming: Incoming) -> bool:
        """Whether the number of a pointer is that of one of two pictures made one after the other,
        and not that of a picture in a set."""
        if said.number is None or incoming.target or incoming.replied_to:
            return False
        return len(await self.recent(incoming)) == _TWO >= said.number

    async def _numbered(self, said: Pointer, jobs: Sequence[Job]) -> tuple[JobPicture, ...]:
        """The picture of that number or place in the newest set there is.

        Without a set the two pictures that there are have their numbers in the order in which they
        were asked for.
        """
        for job in jobs:
            several = await self.pictures(job)
            if len(several) > 1:
                count, place = PLACES[said.which] if said.which else (len(several), said.number)
                number = place if place and count == len(several) else 0
                return several[number - 1 : number] if 0 < number <= len(several) else several
        if said.number and len(jobs) == _TWO >= said.number:
            return await self.pictures(jobs[-said.number])
        return await self._all_of(jobs)

    async def _first_of(self, jobs: Sequence[Job]) -> tuple[JobPicture, ...]:
        return await self.pictures(jobs[0]) if jobs else ()

    async def _all_of(self, jobs: Sequence[Job]) -> tuple[JobPicture, ...]:
        found = [picture for job in jobs for picture in await self.pictures(job)]
        return tuple(found[:MOST_CHOICES])

    async def _newest_by(self, person: str, incoming: Incoming) -> tuple[JobPicture, ...]:
        """The newest picture here of a person who is mentioned, the only one if not by name."""
        people = incoming.people
        who = people.get(person) or (next(iter(people.values())) if len(people) == 1 else None)
        if who is None:
            return ()
        theirs = await self._jobs.recent(incoming.platform, incoming.conversation, who, since=0.0)
        seen = [job for job in theirs if may_see(job, incoming) and may_answer(job, incoming)]
        return await self._first_of(seen)

    async def earlier(self, job: Job, incoming: Incoming) -> tuple[JobPicture, ...]:
        """The pictures that a request would have been about if it had been read as a change."""
        noted = next((str(n.facts["job"]) for n in job.notes if n.key == READ_AS_NEW), None)
        if noted is None:
            return await self._before(job, incoming)
        last = await self._jobs.job(noted)
        if last is None or not may_see(last, incoming) or not may_answer(last, incoming):
            return ()
        return await self.pictures(last)

    async def _before(self, job: Job, incoming: Incoming) -> tuple[JobPicture, ...]:
        """What a picture was made from, else those that its person had made before it here."""
        parent = await self._jobs.job(job.parent.job_id) if job.parent else None
        if job.parent and parent and may_see(parent, incoming) and may_answer(parent, incoming):
            return (await self.pictures(parent))[job.parent.number - 1 :][:1]
        earlier = await asked_before(self._jobs, job, incoming)
        return await self._first_of([earlier] if earlier else [])

    async def picture_of(self, job: Job, number: int = 1) -> tuple[Attachment, ...]:
        """One of a job's pictures, counted from 1; the first where there are not so many."""
        pictures = (await self._jobs.pictures_of([job.id]))[job.id]
        chosen = pictures[number - 1 : number] or pictures[:1]
        return tuple(Attachment(image_id=picture.image_id) for picture in chosen)

    async def parent_of(self, attachments: Sequence[Attachment]) -> Parent | None:
        """The picture of ours that is changed, if the first one is such a picture."""
        first = attachments[0].image_id if attachments else None
        kept = await self._jobs.picture(first) if first else None
        if kept is None or kept.job_id is None:
            return None
        made = (await self._jobs.pictures_of([kept.job_id]))[kept.job_id]
        numbers = {picture.image_id: number for number, picture in enumerate(made, 1)}
        return Parent(kept.job_id, numbers.get(kept.picture.image_id, 1), len(made), Action.DRAW)

    async def size_of(self, attachment: Attachment) -> str | None:
        """The size that was asked for a picture of ours; ``None`` for any other."""
        kept = await self._jobs.picture(attachment.image_id) if attachment.image_id else None
        job = await self._jobs.job(kept.job_id) if kept and kept.job_id else None
        return job.size if job else None
