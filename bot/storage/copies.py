"""Further messages about a job, beside its one: its details, its picture shown again, a call."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.storage.database import Database, metadata, sliced

copies = sa.Table(
    "copies",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("message", sa.String(256), primary_key=True),
    sa.Column("job_id", sa.String(64), nullable=False),
    sa.Index("copies_by_job", "job_id"),
)


class Copies:
    """The table ``copies``; whoever replies to such a message means the job."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = database.insert_once(copies)

    async def add(self, platform: str, message: str, job_id: str) -> None:
        """Remember that a message is about a job."""
        await self._database.write(self._add, platform=platform, message=message, job_id=job_id)

    async def of(self, job_id: str) -> list[str]:
        """The ids of a job's further messages."""
        query = sa.select(copies.c.message).where(copies.c.job_id == job_id)
        return [row["message"] for row in await self._database.read(query)]

    async def erase(self, job_ids: Sequence[str]) -> None:
        """Forget the further messages of these jobs."""
        for some in sliced(job_ids):
            await self._database.write(sa.delete(copies).where(copies.c.job_id.in_(some)))
