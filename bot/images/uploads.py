"""Pictures that people sent to work from, and that nothing works from.

A refused request leaves some, and so does one whose words never came. No job shows them, so nobody
could ever delete them.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.images.library import Library
from bot.storage.database import SLICE, Database
from bot.storage.jobs import jobs, pictures
from bot.storage.pending_attachments import PendingAttachments

UNUSED_SECONDS = 24 * 3600.0
"""After that long an upload that no job uses is deleted; words are waited for ten minutes."""

CLOCKS_SECONDS = 60.0
"""By how much the clocks of several processes may differ."""


class UnusedUploads:
    """Finds the uploads that no job and no person's next request refers to, and removes them."""

    def __init__(self, database: Database, pending: PendingAttachments, library: Library) -> None:
        self._database = database
        self._pending = pending
        self._library = library

    async def remove_unused(
        self, platform: str, requester: str, image_ids: Sequence[str], since: float
    ) -> int:
        """Remove those of a person's uploads, made after ``since``, that nothing uses."""
        # What waits first: a job that takes it meanwhile is there before it waits no more.
        unused = set(image_ids) - await self._pending.image_ids()
        query = sa.select(jobs.c.references, jobs.c.attachments).where(
            jobs.c.platform == platform,
            jobs.c.requester == requester,
            jobs.c.created_at >= since - CLOCKS_SECONDS,
        )
        return await self._remove(unused - _named(await self._database.read(query)))

    async def sweep(self, since: float, before: float) -> int:
        """Remove what was uploaded in that time and that nothing uses; says how many.

        Uploads are looked at in the order of their ids, ``SLICE`` at a time, and so are the jobs
        that may use them: those that were asked for after the oldest of them.
        """
        removed, last = 0, ""
        while found := await self._uploads(since, before, last):
            last = max(found)
            unused = set(found) - await self._pending.image_ids()
            removed += await self._remove(await self._unused(unused, min(found.values())))
        return removed

    async def _uploads(self, since: float, before: float, last: str) -> dict[str, float]:
        query = sa.select(pictures.c.id, pictures.c.created_at).where(
            pictures.c.job_id.is_(None),
            pictures.c.created_at >= since,
            pictures.c.created_at < before,
            pictures.c.id > last,
        )
        rows = await self._database.read(query.order_by(pictures.c.id).limit(SLICE))
        return {row["id"]: row["created_at"] for row in rows}

    async def _unused(self, image_ids: set[str], since: float) -> set[str]:
        last = ""
        while image_ids:
            query = sa.select(jobs.c.id, jobs.c.references, jobs.c.attachments).where(
                jobs.c.created_at >= since - CLOCKS_SECONDS, jobs.c.id > last
            )
            rows = await self._database.read(query.order_by(jobs.c.id).limit(SLICE))
            if not rows:
                break
            image_ids -= _named(rows)
            last = rows[-1]["id"]
        return image_ids

    async def _remove(self, image_ids: set[str]) -> int:
        if image_ids:
            await self._library.remove(sorted(image_ids))
        return len(image_ids)


def _named(rows: Sequence[sa.RowMapping]) -> set[str]:
    """The ids of pictures in the columns ``references`` and ``attachments``."""
    taken = {image_id for row in rows for image_id in row["references"]}
    pointed = {item["image_id"] for row in rows for item in row["attachments"]}
    return taken | (pointed - {None})
