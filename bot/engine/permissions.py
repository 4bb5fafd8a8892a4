"""Who may see a job, who may change it, and where what comes of it may be answered.

Private stays private, by one rule: whatever starts from a private request is answered where the
person who asked is the only reader. A request that would be answered elsewhere is refused in words
that tell nothing of it (:data:`Reason.NOT_HERE`), and another person's private request does not
exist for anybody.
"""

from collections.abc import Sequence

from bot.domain.actions import Action, Subject
from bot.domain.jobs import Job
from bot.domain.requests import Attachment, Incoming, Viewer
from bot.storage.jobs import JobStore


def may_see(job: Job, viewer: Viewer | Incoming) -> bool:
    """Whether a job exists for who asks: its requester, and unless it is private also everybody in
    the conversation in which it was made. Its topics are a part of a conversation, and named
    ``CONVERSATION:TOPIC``; each is seen from there, but not from another."""
    if job.deleted or job.platform != viewer.platform:
        return False
    if viewer.requester == job.requester:
        return True
    return not job.private and made_here(job, viewer)


def made_here(job: Job, viewer: Viewer | Incoming) -> bool:
    """Whether a job was made in the conversation of a request, in the one that its topic is in, or
    in a topic of it."""
    here, there = f"{viewer.conversation}:", f"{job.conversation}:"
    return here.startswith(there) or there.startswith(here)


def may_answer(job: Job, viewer: Viewer | Incoming) -> bool:
    """Whether something that comes of this job may stand where the request is answered."""
    return viewer.private or not job.private


def may_change(job: Job, viewer: Viewer | Incoming) -> bool:
    """A job is stopped or removed by its requester, and by who moderates that conversation."""
    if viewer.requester == job.requester:
        return True
    return viewer.moderator and viewer.conversation == job.conversation


def may_do(action: Action, job: Job, viewer: Viewer | Incoming) -> bool:
    """Whether an action may be done to a job that the person may see."""
    return action.spec.subject is not Subject.OWN or may_change(job, viewer)


def may_list(job: Job, viewer: Viewer | Incoming) -> bool:
    """Whether an answer may list a job of the person who asks: all of them where nobody else reads
    it, else what was made there, or in its topics, for everybody to see."""
    here, there = f"{viewer.conversation}:", f"{job.conversation}:"
    return viewer.private or (not job.private and there.startswith(here))


async def is_private(history: JobStore, attachment: Attachment) -> bool:
    """Whether a picture that is pointed at was made, or shown, for one person alone."""
    if attachment.private or attachment.image_id is None:
        return attachment.private
    kept = await history.picture(attachment.image_id)
    job = await history.job(kept.job_id) if kept and kept.job_id else None
    return job is not None and job.private


async def public(history: JobStore, attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Those of the pictures that everybody may see something of."""
    return tuple([each for each in attachments if not await is_private(history, each)])
