"""What deleting a request, and forgetting a person, leave behind: nothing that says what it was.

The words go at once, with the pictures, their sidecars and the uploads that nothing else of the
person needs. The rest of the row, and what the durable engine has noted, follows within seconds,
once the message has been taken away and the workflow has ended; what a crash leaves of it is the
next housekeeping's, which also overwrites what the database file still holds of deleted rows.

An empty row remains, so that an event which is delivered once more is not a new request.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
import structlog

from bot.domain.jobs import Job
from bot.engine.delivery import Delivery
from bot.images.library import Library
from bot.runtime.workflows import Workflows
from bot.storage.database import Database, sliced
from bot.storage.jobs import JobStore, SeenEvent, jobs

log = structlog.get_logger(__name__)

TOLD_SECONDS = 3.0
"""So long a deleted job is still known to be its requester's, for pages that show it."""

TRIES = 20
"""How often, with a second between, it is looked whether a stopped workflow has ended."""


_BLANK: dict[str, Any] = {
    **{"text": "", "prompt": "", "extra": {}, "attachments": [], "references": [], "notes": []},
    **{"problem": None, "origin": None, "shown": None, "deleted": True, "untold": False},
    "parent": None,
}
"""What a deleted job says."""

_NOBODY: dict[str, Any] = {"requester": "", "conversation": "", "address": {}, "message_ref": None}


class Eraser:
    """Deletes jobs and people."""

    def __init__(
        self,
        database: Database,
        history: JobStore,
        library: Library,
        workflows: Workflows,
        delivery: Delivery,
    ) -> None:
        self._database = database
        self._history = history
        self._library = library
        self._workflows = workflows
        self._delivery = delivery

    async def delete(self, job_id: str, event: SeenEvent | None = None) -> bool:
        """Forget what a closed job said and made; :meth:`finish` does the rest.

        Raises:
            OSError: the media store is away; the job is as it was, but for some of its pictures.
        """
        job = await self._history.job(job_id)
        if job is None:
            return False
        made = (await self._history.pictures_of([job_id]))[job_id]
        uploads = await self._uploads_of_only(job)
        await self._library.remove([picture.image_id for picture in made] + uploads)
        await self._write([job_id], _BLANK, event)
        await self._workflows.erase([job_id])
        return True

    async def forget(self, platform: str, requester: str) -> tuple[int, list[str]]:
        """Forget a person's jobs and pictures; says how many pictures, and which jobs."""
        jobs = await self._history.of_person(platform, requester)
        pictures = await self._history.pictures_by(platform, requester)
        await self._library.remove(pictures)
        await self._write(jobs, _BLANK)
        await self._finish(jobs)
        return len(pictures), jobs

    async def finish(self, job_ids: Sequence[str], *, shown: bool = False) -> None:
        """Empty the rows of deleted jobs, once their workflows have ended.

        Where their messages are still ``shown``, they are taken away first.
        """
        if shown:
            for job_id in job_ids:
                await self._delivery.remove(job_id)
            await asyncio.sleep(TOLD_SECONDS)
        left = await self._finish(job_ids)
        for _ in range(TRIES):
            if not left:
                return
            await asyncio.sleep(1)
            left = await self._finish(left)
        log.warning("workflows of deleted jobs have not ended", count=len(left))

    async def sweep(self) -> None:
        """Finish what an earlier program has not."""
        query = sa.select(jobs.c.id).where(jobs.c.deleted, jobs.c.requester != "")
        deleted = [row["id"] for row in await self._database.read(query)]
        for job_id in deleted:
            await self._delivery.remove(job_id)
        await self._finish(deleted)

    async def _finish(self, job_ids: Sequence[str]) -> list[str]:
        """Empty the rows of those whose workflow is over; gives the others."""
        left = await self._workflows.erase(job_ids)
        over = [job_id for job_id in job_ids if job_id not in left]
        await self._write(over, _BLANK | _NOBODY)
        await self._history.copies.erase(over)
        return [job_id for job_id in job_ids if job_id in left]

    async def _write(
        self, job_ids: Sequence[str], values: Mapping[str, Any], event: SeenEvent | None = None
    ) -> None:
        before = [self._history.remembered(event)] if event else []
        for some in sliced(job_ids):
            change = sa.update(jobs).where(jobs.c.id.in_(some)).values(values)
            await self._database.write(*before, *self._database.unclean, change)

    async def _uploads_of_only(self, job: Job) -> list[str]:
        """The pictures that its requester gave to this job and to no other that is not deleted."""
        others = sa.select(jobs.c.references, jobs.c.attachments).where(
            jobs.c.platform == job.platform,
            jobs.c.requester == job.requester,
            jobs.c.id != job.id,
            ~jobs.c.deleted,
        )
        own = _used(job.references, [asdict(each) for each in job.attachments])
        for row in await self._database.read(others) if own else ():
            own -= _used(row["references"], row["attachments"])
        found = [await self._history.picture(image_id) for image_id in sorted(own)]
        theirs = (job.platform, job.requester, None)
        return [
            kept.picture.image_id
            for kept in found
            if kept and (kept.platform, kept.requester, kept.job_id) == theirs
        ]


def _used(references: Sequence[str], attachments: Sequence[Mapping[str, Any]]) -> set[str]:
    """The image ids that a job works from."""
    return {*references, *(each["image_id"] for each in attachments if each["image_id"])}
