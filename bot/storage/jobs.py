"""Jobs and their pictures, found again by id, by message, by person and by conversation.

A job's row holds every fact of the protocol, so that its message can be rendered at any moment, by
any process: :func:`bot.domain.protocol.message` does. A row only moves forward: ``queued``,
``running``, then one of the final states; each move is a compare-and-set, so that the first one
wins.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot.domain.jobs import Job
from bot.domain.pictures import StoredPicture
from bot.domain.protocol import OPEN, SEEN_SECONDS, TWIN_SECONDS
from bot.domain.requests import Address
from bot.storage.copies import Copies, copies
from bot.storage.database import Database, metadata, sliced
from bot.storage.rows import columns_of, job_of, row_of
from messages import Picture, Status

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("platform", sa.String(32), nullable=False),
    sa.Column("requester", sa.String(128), nullable=False),
    sa.Column("conversation", sa.String(128), nullable=False),
    sa.Column("locale", sa.String(32), nullable=False),
    sa.Column("address", sa.JSON, nullable=False),
    sa.Column("message_ref", sa.String(256)),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128), nullable=False),
    sa.Column("model_name", sa.String(128), nullable=False),
    sa.Column("size", sa.String(16)),
    sa.Column("aspect_ratio", sa.String(16)),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("attachments", sa.JSON, nullable=False),
    sa.Column("references", sa.JSON, nullable=False),
    sa.Column("extra", sa.JSON, nullable=False),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("seconds_min", sa.Integer, nullable=False),
    sa.Column("seconds_max", sa.Integer, nullable=False),
    sa.Column("progress_every", sa.Integer, nullable=False),
    sa.Column("cost", sa.JSON),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("finished_at", sa.Float),
    sa.Column("problem", sa.JSON),
    sa.Column("shown", sa.String(64)),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("origin", sa.String(512)),
    sa.Column("notify", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("spoiler", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("chain", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("waited", sa.Float, nullable=False, server_default="0"),
    sa.Column("called", sa.String(32)),
    sa.Column("untold", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("jobs_by_message", "platform", "message_ref"),
    sa.Index("jobs_by_requester", "platform", "requester", "created_at"),
    sa.Index("jobs_by_conversation", "platform", "conversation", "created_at"),
    sa.Index("jobs_by_status", "status"),
    sa.Index("jobs_by_untold", "untold", "platform"),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("platform", sa.String(32), nullable=False),
    sa.Column("requester", sa.String(128), nullable=False),
    sa.Column("job_id", sa.String(64), sa.ForeignKey("jobs.id")),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("path", sa.String(256), nullable=False),
    sa.Column("mime", sa.String(32), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("pictures_by_job", "job_id", "number"),
    sa.Index("pictures_by_age", "created_at"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("event_id", sa.String(256), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("events_by_age", "at"),
)

# Asked for every request several times; put together once.
_BY_ID = sa.select(jobs).where(jobs.c.id == sa.bindparam("id"))
_OPEN_OF = (
    sa.select(jobs.c.id)
    .where(
        jobs.c.platform == sa.bindparam("platform"),
        jobs.c.requester == sa.bindparam("requester"),
        jobs.c.status.in_(sa.bindparam("statuses", expanding=True)),
    )
    .order_by(jobs.c.created_at, jobs.c.id)
)


class SeenEvent(NamedTuple):
    """An event of a platform that is no job, and when it was carried out."""

    platform: str
    event_id: str
    at: float


class JobStore:
    """The tables ``jobs``, ``pictures`` and ``events``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = database.insert_once(jobs)
        self.copies = Copies(database)

    # Jobs

    async def add(self, job: Job) -> bool:
        """Store a new job; ``False`` when there is one with its id already."""
        return bool(await self._database.write(self._add, **row_of(job)))

    async def job(self, job_id: str) -> Job | None:
        found = await self._all(_BY_ID, id=job_id)
        return found[0] if found else None

    async def job_of_message(self, platform: str, message: str) -> Job | None:
        """The job whose one message has this id on its platform, or which that message is about."""
        ids = sa.select(copies.c.job_id).where(
            copies.c.platform == platform, copies.c.message == message
        )
        return await self._one(
            sa.select(jobs)
            .where(jobs.c.platform == platform)
            .where((jobs.c.message_ref == message) | jobs.c.id.in_(ids))
            .order_by(jobs.c.created_at.desc())
        )

    async def jobs_of(
        self, platform: str, requester: str, *, before: float | None = None, limit: int = 50
    ) -> list[Job]:
        """A person's jobs that are not deleted, newest first; ``before`` pages back in time."""
        query = sa.select(jobs).where(
            jobs.c.platform == platform, jobs.c.requester == requester, ~jobs.c.deleted
        )
        if before is not None:
            query = query.where(jobs.c.created_at < before)
        return await self._all(query.order_by(jobs.c.created_at.desc()).limit(limit))

    async def latest(
        self,
        platform: str,
        conversation: str,
        *,
        requester: str | None = None,
        succeeded: bool = False,
    ) -> Job | None:
        """The newest job of a conversation, or of one person in it, or with a picture."""
        query = sa.select(jobs).where(
            jobs.c.platform == platform, jobs.c.conversation == conversation, ~jobs.c.deleted
        )
        if requester is not None:
            query = query.where(jobs.c.requester == requester)
        if succeeded:
            query = query.where(jobs.c.status == Status.SUCCEEDED)
        return await self._one(query.order_by(jobs.c.created_at.desc()))

    async def unfinished(
        self, *, platform: str | None = None, requester: str | None = None
    ) -> list[Job]:
        """Jobs that are queued or running, oldest first."""
        query = sa.select(jobs).where(jobs.c.status.in_([Status.QUEUED, Status.RUNNING]))
        if platform is not None:
            query = query.where(jobs.c.platform == platform)
        if requester is not None:
            query = query.where(jobs.c.requester == requester)
        return await self._all(query.order_by(jobs.c.created_at, jobs.c.id))

    async def untold(self, platform: str, limit: int = 500) -> list[Job]:
        """Jobs that have ended, and whose last message has not arrived yet; oldest end first."""
        query = sa.select(jobs).where(
            jobs.c.untold,
            jobs.c.platform == platform,
            jobs.c.status.not_in(OPEN),
            ~jobs.c.deleted,
        )
        return await self._all(query.order_by(jobs.c.finished_at, jobs.c.id).limit(limit))

    async def forget_untold(self, before: float) -> None:
        """Give up telling how jobs have ended that did so before that time."""
        query = sa.update(jobs).where(jobs.c.untold, jobs.c.finished_at < before)
        await self._database.write(query.values(untold=False))

    async def open(self, platform: str, requester: str, *statuses: Status) -> list[str]:
        """The ids of a person's jobs that are queued or running, or one of these; oldest first."""
        values = {"platform": platform, "requester": requester, "statuses": list(statuses or OPEN)}
        return [row["id"] for row in await self._database.read(_OPEN_OF, **values)]

    async def twin(self, job: Job) -> Job | None:
        """The job that the same button made for the same person at the same time, whose end they
        cannot have seen yet; one that they cancelled they have."""
        return await self._one(
            sa.select(jobs).where(
                jobs.c.platform == job.platform,
                jobs.c.requester == job.requester,
                jobs.c.created_at.between(
                    job.created_at - TWIN_SECONDS, job.created_at + TWIN_SECONDS
                ),
                jobs.c.status != Status.CANCELLED,
                sa.func.coalesce(jobs.c.finished_at, job.created_at)
                > job.created_at - SEEN_SECONDS,
                jobs.c.origin == job.origin,
                jobs.c.id != job.id,
            )
        )

    async def of_person(self, platform: str, requester: str) -> list[str]:
        """The ids of every job of a person, also of those that were deleted."""
        query = sa.select(jobs.c.id).where(
            jobs.c.platform == platform, jobs.c.requester == requester
        )
        return [row["id"] for row in await self._database.read(query)]

    async def change(
        self,
        job_id: str,
        *,
        when: Sequence[Status] = (),
        event: SeenEvent | None = None,
        **values: Any,
    ) -> bool:
        """Set fields of a job, if it stands at one of ``when``; says whether it did.

        In the same moment it is remembered that ``event`` has been carried out, and with a status
        that is final, that it is still to be told.
        """
        if (status := values.get("status")) and status not in OPEN:
            values["untold"] = True
        query = sa.update(jobs).where(jobs.c.id == job_id).values(columns_of(values))
        if when:
            query = query.where(jobs.c.status.in_(when))
        before = [self.remembered(event)] if event else []
        return bool(await self._database.write(*before, query))

    async def shown(self, job_id: str, address: Address, digest: str, *, told: bool) -> bool:
        """Note where a job's message is and what it shows, and whether that was how it ended;
        ``False`` if the job was deleted."""
        values = columns_of({"address": address, "shown": digest})
        if told:
            values["untold"] = False
        query = sa.update(jobs).where(jobs.c.id == job_id, ~jobs.c.deleted).values(values)
        return bool(await self._database.write(query))

    # Events that are not jobs

    async def answered(self, platform: str, event_id: str) -> bool:
        """Whether an event that asked for no picture has been carried out before."""
        query = sa.select(events.c.at).where(
            events.c.platform == platform, events.c.event_id == digest(event_id)
        )
        return bool(await self._database.read(query))

    async def remember(self, platform: str, event_id: str, at: float) -> None:
        """Note that an event has been carried out at that time."""
        await self._database.write(self.remembered(SeenEvent(platform, event_id, at)))

    def remembered(self, event: SeenEvent) -> sa.Executable:
        """To be written with what an event has done."""
        row = event._replace(event_id=digest(event.event_id))._asdict()
        insert: sa.Executable = self._database.insert_once(events).values(row)
        return insert

    async def forget_events(self, before: float) -> None:
        """Forget what was carried out before that time, when no platform delivers it again."""
        await self._database.write(sa.delete(events).where(events.c.at < before))

    # Pictures

    async def keep(self, kept: StoredPicture) -> None:
        """Remember a picture; the same id again changes nothing."""
        values = {
            "id": kept.picture.image_id,
            "platform": kept.platform,
            "requester": kept.requester,
            "job_id": kept.job_id,
            "number": kept.number,
            "path": kept.path,
            "mime": kept.picture.mime,
            "width": kept.picture.width,
            "height": kept.picture.height,
            "size": kept.picture.size,
            "created_at": kept.created_at,
        }
        await self._database.write(self._database.insert_once(pictures).values(values))

    async def picture(self, image_id: str) -> StoredPicture | None:
        found = await self._pictures(sa.select(pictures).where(pictures.c.id == image_id))
        return found[0] if found else None

    async def pictures_of(self, job_ids: Sequence[str]) -> dict[str, tuple[Picture, ...]]:
        """The pictures of each job, in the order in which they were asked for."""
        query = (
            sa.select(pictures).where(pictures.c.job_id.in_(job_ids)).order_by(pictures.c.number)
        )
        found: dict[str, tuple[Picture, ...]] = dict.fromkeys(job_ids, ())
        for kept in await self._pictures(query):
            if kept.job_id:
                found[kept.job_id] += (kept.picture,)
        return found

    async def kept_of(self, job_id: str) -> list[StoredPicture]:
        """The pictures of a job, with where they are."""
        query = sa.select(pictures).where(pictures.c.job_id == job_id)
        return await self._pictures(query.order_by(pictures.c.number))

    async def pictures_by(self, platform: str, requester: str) -> list[str]:
        """The ids of every picture of a person, uploads too."""
        query = sa.select(pictures.c.id).where(
            pictures.c.platform == platform, pictures.c.requester == requester
        )
        return [row["id"] for row in await self._database.read(query)]

    async def sent(self, platform: str, requester: str, since: float) -> int:
        """How many bytes of pictures to work from a person has sent since that time."""
        query = sa.select(sa.func.coalesce(sa.func.sum(pictures.c.size), 0).label("size")).where(
            pictures.c.platform == platform,
            pictures.c.requester == requester,
            pictures.c.job_id.is_(None),
            pictures.c.created_at >= since,
        )
        [row] = await self._database.read(query)
        return int(row["size"])

    async def older_than(self, moment: float, limit: int = 500) -> list[StoredPicture]:
        """Pictures made before ``moment``, for retention."""
        query = sa.select(pictures).where(pictures.c.created_at < moment)
        return await self._pictures(query.order_by(pictures.c.created_at).limit(limit))

    async def forget(self, image_ids: Sequence[str]) -> None:
        """Remove pictures from the table; their files are the media store's to delete."""
        for some in sliced(image_ids):
            gone = sa.delete(pictures).where(pictures.c.id.in_(some))
            await self._database.write(*self._database.unclean, gone)

    # Reading rows

    async def _one(self, query: sa.Select[Any]) -> Job | None:
        found = await self._all(query.limit(1))
        return found[0] if found else None

    async def _all(self, query: sa.Select[Any], **values: Any) -> list[Job]:
        return [job_of(row) for row in await self._database.read(query, **values)]

    async def _pictures(self, query: sa.Select[Any]) -> list[StoredPicture]:
        return [_kept(row) for row in await self._database.read(query)]


def digest(event_id: str) -> str:
    """What is kept of an event's id, in which a platform may name a person."""
    return hashlib.sha256(event_id.encode()).hexdigest()


def _kept(row: Mapping[Any, Any]) -> StoredPicture:
    picture = Picture(row["id"], row["mime"], row["width"], row["height"], row["size"])
    names = ("path", "platform", "requester", "job_id", "created_at", "number")
    return StoredPicture(picture, **{name: row[name] for name in names})
