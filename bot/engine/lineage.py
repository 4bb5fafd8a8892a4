"""What a picture was made from, as it is told beside it."""

from bot.domain.jobs import Job
from bot.domain.requests import Viewer
from bot.engine.permissions import may_see
from bot.storage.jobs import JobStore
from messages import MadeFrom

LONGEST = 8
"""So many pictures back, at most, are looked at for the words."""


async def made_from(jobs: JobStore, job: Job) -> MadeFrom | None:
    """The parent of a job, with the words that led to it.

    The words are those that everybody may read who sees the job: none from a picture that is
    deleted, or was made elsewhere.
    """
    if job.parent is None:
        return None
    reader = job.requester if job.private else ""
    viewer = Viewer(job.platform, reader, job.conversation, job.private)
    words: list[str] = []
    parent = job.parent
    for _ in range(LONGEST):
        earlier = await jobs.job(parent.job_id)
        if earlier is None or not may_see(earlier, viewer):
            break
        said = earlier.text or earlier.prompt
        if words[:1] != [said]:  # a button repeats the words
            words.insert(0, said)
        if earlier.parent is None:
            break
        parent = earlier.parent
    parent = job.parent
    return MadeFrom(parent.job_id, parent.number, parent.count, parent.by.value, tuple(words))
