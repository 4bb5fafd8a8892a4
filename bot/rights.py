"""Which job is meant, who may see it, and who may change it."""

from bot.history import History
from bot.job import Job
from bot.ports import Incoming


async def meant(history: History, incoming: Incoming) -> Job | None:
    """The job that a button belongs to, or that was replied to."""
    if incoming.target is not None:
        return await history.job(incoming.target)
    if incoming.replied_to is not None:
        return await history.job_of_message(incoming.platform, incoming.replied_to)
    return None


async def about(history: History, incoming: Incoming) -> Job | None:
    """The job of the button or the reply, else the person's newest one here; if they may see it."""
    if incoming.target is None and incoming.replied_to is None:
        job = await history.latest(
            incoming.platform, incoming.conversation, requester=incoming.requester
        )
    else:
        job = await meant(history, incoming)
    return job if job is not None and may_see(job, incoming) else None


def where(incoming: Incoming) -> tuple[str, str, str]:
    """The platform, the person and the conversation of a request."""
    return incoming.platform, incoming.requester, incoming.conversation


def may_see(job: Job, incoming: Incoming) -> bool:
    """A job is shown to its requester, to the conversation in which it was made, and in the topics
    of that conversation, which are named ``CONVERSATION:TOPIC``."""
    if job.deleted or job.platform != incoming.platform:
        return False
    here = incoming.conversation
    shared = here == job.conversation or here.startswith(f"{job.conversation}:")
    return shared or incoming.requester == job.requester


def may_change(job: Job, incoming: Incoming) -> bool:
    """A job is stopped or removed by its requester, and by who moderates that conversation."""
    if incoming.requester == job.requester:
        return True
    return incoming.moderator and incoming.conversation == job.conversation
