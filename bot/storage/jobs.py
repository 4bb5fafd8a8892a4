"""Jobs and their pictures, found again by id, by message, by person and by conversation.

A job's row holds every fact of the protocol, so that its message can be rendered at any moment, by
any process: :func:`bot.domain.protocol.message` does. A row only moves forward: ``queued``,
``running``, then one of the final states; each move is a compare-and-set, so that the first one
wins.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot.domain.jobs import Job
from bot.domain.pictures import StoredPicture
from bot.domain.protocol import OPEN, OPEN_PER_PERSON, SEEN_SECONDS, TWIN_SECONDS
from bot.domain.requests import Address
from bot.storage.copies import Copies, copies
from bot.storage.database import Database, key_of, metadata, sliced
from bot.storage.rows import columns_of, job_of, row_of
from messages import Cost, Picture, Status

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
    sa.Column("executor", sa.String(256), nullable=False, server_default=""),
    sa.Column("parent", sa.JSON),
    sa.Column("silent", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("undone", sa.Boolean, nullable=False, server_default=sa.false()),
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
    sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false()),
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


_PICTURE = sa.select(pictures).where(pictures.c.id == sa.bindparam("id"))
_PICTURES_OF = (
    sa.select(pictures)
    .where(pictures.c.job_id.in_(sa.bindparam("jobs", expanding=True)))
    .order_by(pictures.c.number)
)

_ALONE = sa.text("SELECT pg_advisory_xact_lock(:key)")


def _new(column: str) -> str:
    """The parameter that holds the new value of a column."""
    return f"new_{column}"


@lru_cache
def _change(columns: tuple[str, ...], when: bool, owner: bool, started: bool) -> sa.Executable:
    """Sets those columns of the job ``job``, if it stands at one of ``when`` and is ``owner``'s;
    one that has been ``started`` before keeps that time."""
    values: dict[str, Any] = {name: sa.bindparam(_new(name)) for name in columns}
    if started:
        values["started_at"] = sa.func.coalesce(
            jobs.c.started_at, sa.bindparam(_new("started_at"), type_=jobs.c.started_at.type)
        )
    query = sa.update(jobs).where(jobs.c.id == sa.bindparam("job")).values(values)
    if when:
        query = query.where(jobs.c.status.in_(sa.bindparam("when", expanding=True)))
    if owner:
        query = query.where(jobs.c.executor == sa.bindparam("owner"))
    return query.returning(jobs)


_SHOWN, _SHOWN_AND_TOLD = (
    sa.update(jobs)
    .where(
        jobs.c.id == sa.bindparam("job"),
        jobs.c.shown.is_(None) | (jobs.c.shown == sa.bindparam("before")),
        ~jobs.c.deleted,
    )
    .values({name: sa.bindparam(_new(name)) for name in columns})
    .returning(jobs)
    for columns in (
        ("address", "message_ref", "shown"),
        ("address", "message_ref", "shown", "untold"),
    )
)

_UNCERTAIN = (
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("job"), ~jobs.c.deleted)
    .values(shown=None, untold=jobs.c.untold | jobs.c.status.not_in(OPEN))
    .returning(jobs)
)


_PARENTS = jobs.alias("parents")
_FOLLOWING = (
    sa.select(jobs)
    .join(
        _PARENTS,
        (jobs.c.platform == _PARENTS.c.platform) & (jobs.c.requester == _PARENTS.c.requester),
    )
    .where(
        _PARENTS.c.id == sa.bindparam("id"),
        jobs.c.status == Status.QUEUED,
        jobs.c.parent["job_id"].as_string() == sa.bindparam("id"),
    )
    .order_by(jobs.c.created_at, jobs.c.id)
)
_UNENDED = (
    sa.select(jobs.c.id).where(jobs.c.status.in_(OPEN)).order_by(jobs.c.created_at, jobs.c.id)
)
_RUNNING_IN = sa.select(jobs.c.id).where(
    jobs.c.status == Status.RUNNING, jobs.c.executor == sa.bindparam("executor")
)
_WAITED = (
    sa.update(jobs).where(jobs.c.id == sa.bindparam("job")).values(waited=sa.bindparam("seconds"))
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
        self._keep = database.insert_once(pictures)
        self.copies = Copies(database)

    # Jobs

    async def add(self, job: Job) -> bool:
        """Store a new job; ``False`` when there is one with its id already."""
        return bool(await self._database.write(self._add, **row_of(job)))

    async def admit(self, job: Job) -> bool | str | None:
        """Store a new job, unless its person has as many open ones as they may.

        That is looked at and done in one transaction, in which nobody else admits one of theirs.

        Returns:
            Whether it is new; the id of the job that the same button has made just now, if one
            has; ``None``: the person has too many.
        """
        row = row_of(job)
        who = {"platform": job.platform, "requester": job.requester, "statuses": list(OPEN)}

        def work(connection: sa.Connection) -> bool | str | None:
            if not self._database.is_sqlite:  # which lets one write at a time
                key = key_of(f"person:{job.platform}:{job.requester}")
                connection.execute(_ALONE, {"key": key})
            if connection.execute(_BY_ID, {"id": job.id}).first() is not None:
                return False
            if job.origin and (twin := connection.execute(_twin(job)).first()) is not None:
                return str(twin.id)
            if len(connection.execute(_OPEN_OF, who).all()) >= OPEN_PER_PERSON:
                return None
            connection.execute(self._add, row)
            return True

        return await self._database.transact(work)

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
        self,
        platform: str,
        requester: str,
        *,
        before: float | None = None,
        limit: int = 50,
        words: Sequence[str] = (),
        favourites: bool = False,
    ) -> list[Job]:
        """A person's jobs that are not deleted, newest first; ``before`` pages back in time.

        ``words`` have all to be in what was asked, in any case, and one of the pictures has to be a
        favourite where ``favourites`` is set.
        """
        query = sa.select(jobs).where(
            jobs.c.platform == platform, jobs.c.requester == requester, ~jobs.c.deleted
        )
        if before is not None:
            query = query.where(jobs.c.created_at < before)
        said = sa.func.lower(jobs.c.text + "\n" + jobs.c.prompt)
        for word in words:
            query = query.where(said.contains(word.lower(), autoescape=True))
        if favourites:
            liked = sa.select(pictures.c.job_id).where(
                pictures.c.job_id == jobs.c.id, pictures.c.favourite
            )
            query = query.where(liked.exists())
        return await self._all(query.order_by(jobs.c.created_at.desc()).limit(limit))

    async def parents_of(self, platform: str, requester: str, limit: int) -> dict[str, str]:
        """Which job each of a person's newest jobs was made from, if it was; by their ids."""
        query = sa.select(jobs.c.id, jobs.c.parent).where(
            jobs.c.platform == platform, jobs.c.requester == requester, ~jobs.c.deleted
        )
        rows = await self._database.read(query.order_by(jobs.c.created_at.desc()).limit(limit))
        return {row["id"]: row["parent"]["job_id"] for row in rows if row["parent"]}

    async def latest(
        self,
        platform: str,
        conversation: str,
        *,
        requester: str | None = None,
        succeeded: bool = False,
    ) -> Job | None:
        """The newest job of a conversation, or of one person in it, or with a picture; what was
        undone is passed over."""
        query = sa.select(jobs).where(
            jobs.c.platform == platform,
            jobs.c.conversation == conversation,
            ~jobs.c.deleted,
            ~jobs.c.undone,
        )
        if requester is not None:
            query = query.where(jobs.c.requester == requester)
        if succeeded:
            query = query.where(jobs.c.status == Status.SUCCEEDED)
        return await self._one(query.order_by(jobs.c.created_at.desc()))

    async def recent(
        self, platform: str, conversation: str, requester: str, since: float, limit: int = 8
    ) -> list[Job]:
        """A person's jobs with pictures in a conversation, from after ``since``; newest first, and
        without those undone."""
        query = sa.select(jobs).where(
            jobs.c.platform == platform,
            jobs.c.conversation == conversation,
            jobs.c.requester == requester,
            jobs.c.status == Status.SUCCEEDED,
            jobs.c.created_at > since,
            ~jobs.c.deleted,
            ~jobs.c.undone,
        )
        return await self._all(query.order_by(jobs.c.created_at.desc()).limit(limit))

    async def go_back(self, job: Job, earlier: Job) -> None:
        """Note that a job's person has gone back from it to an earlier one: what they have asked
        for there since, and has ended, is passed over from now on. To another person's, or to one
        from elsewhere, nobody goes back so: then it is the job alone that is passed over."""
        home = (earlier.platform, earlier.conversation, earlier.requester)
        if home != (job.platform, job.conversation, job.requester):
            await self.change(job.id, undone=True)
            return
        query = sa.update(jobs).where(
            jobs.c.platform == job.platform,
            jobs.c.conversation == job.conversation,
            jobs.c.requester == job.requester,
            jobs.c.created_at > earlier.created_at,
            jobs.c.status.not_in(OPEN),
        )
        await self._database.write(query.values(undone=True))

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

    async def untold(self, platform: str, executor: str, limit: int = 500) -> list[Job]:
        """Jobs that have ended, and whose last message has not arrived yet, oldest end first.

        They are those of one process, and those of nobody, which from now on are its own.
        """
        ended = (jobs.c.untold, jobs.c.platform == platform, jobs.c.status.not_in(OPEN))
        theirs = sa.update(jobs).where(*ended, jobs.c.executor == "").values(executor=executor)
        await self._database.write(theirs)
        query = sa.select(jobs).where(*ended, ~jobs.c.deleted, jobs.c.executor == executor)
        return await self._all(query.order_by(jobs.c.finished_at, jobs.c.id).limit(limit))

    async def forget_untold(self, before: float) -> None:
        """Give up telling how jobs have ended that did so before that time."""
        query = sa.update(jobs).where(jobs.c.untold, jobs.c.finished_at < before)
        await self._database.write(query.values(untold=False))

    async def open(self, platform: str, requester: str, *statuses: Status) -> list[str]:
        """The ids of a person's jobs that are queued or running, or one of these; oldest first."""
        values = {"platform": platform, "requester": requester, "statuses": list(statuses or OPEN)}
        return [row["id"] for row in await self._database.read(_OPEN_OF, **values)]

    async def following(self, job_id: str) -> list[Job]:
        """The jobs of the same person that wait to be made from that one's picture, oldest
        first."""
        return await self._all(_FOLLOWING, id=job_id)

    async def unended(self) -> list[str]:
        """The ids of all jobs that are queued or running, oldest first."""
        return [row["id"] for row in await self._database.read(_UNENDED)]

    async def running(self, executor: str) -> set[str]:
        """The ids of the jobs that run in that process."""
        return {row["id"] for row in await self._database.read(_RUNNING_IN, executor=executor)}

    async def note_waited(self, waited: Mapping[str, float]) -> None:
        """Note for how many seconds jobs have been waited for, by their ids."""
        rows = [{"job": job_id, "seconds": seconds} for job_id, seconds in waited.items()]

        def note(connection: sa.Connection, some: Sequence[Mapping[str, Any]]) -> None:
            connection.execute(_WAITED, some)

        for some in sliced(rows):
            await self._database.transact(partial(note, some=some))

    async def made_since(
        self, platform: str, requester: str, since: float
    ) -> tuple[int, list[Cost]]:
        """How many pictures a person has been made since that time, and what those have cost, in
        each unit."""
        query = sa.select(jobs.c.count, jobs.c.cost).where(
            jobs.c.platform == platform,
            jobs.c.requester == requester,
            jobs.c.created_at > since,
            jobs.c.status == Status.SUCCEEDED,
        )
        found = await self._database.read(query)
        costs: dict[str, float] = {}
        for row in found:
            if row["cost"]:
                unit = row["cost"]["unit"]
                costs[unit] = costs.get(unit, 0.0) + row["cost"]["amount"]
        return sum(row["count"] for row in found), [Cost(v, unit) for unit, v in costs.items()]

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
        owner: str | None = None,
        event: SeenEvent | None = None,
        **values: Any,
    ) -> Job | None:
        """Set fields of a job, if it stands at one of ``when``; that it has started is set once.

        With an ``owner`` only while that process works on it, and no other has taken it over.

        In the same moment it is remembered that ``event`` has been carried out, and with a status
        that is final, that it is still to be told.

        Returns:
            The job as it stands now, if it was changed.
        """
        if (status := values.get("status")) and status not in OPEN:
            values["untold"] = True
        columns = columns_of(values)
        started = columns.get("started_at") is not None
        query = _change(tuple(columns), bool(when), owner is not None, started)
        values = {_new(name): value for name, value in columns.items()} | {"job": job_id}
        if when:
            values["when"] = list(when)
        if owner is not None:
            values["owner"] = owner
        return await self._changed(query, values, *([self.remembered(event)] if event else []))

    def taking(self, job_id: str, executor: str) -> Callable[[sa.Connection], Job | None]:
        """Makes an open job that process's, in a transaction of whoever calls it; gives the job as
        it stands then, unless it has ended."""
        query = _change(tuple(columns_of({"executor": executor})), True, False, False)
        values = {_new("executor"): executor, "job": job_id, "when": list(OPEN)}

        def take(connection: sa.Connection) -> Job | None:
            row = connection.execute(query, values).mappings().first()
            return job_of(row) if row is not None else None

        return take

    async def shown(self, job: Job, address: Address, digest: str, *, told: bool) -> Job | None:
        """Note where a job's message is and what it shows, and whether that was how it ended.

        ``job`` is the row as it was before the message was sent. If something else has been shown
        since, it is not known which of the two arrived last: the row then keeps its address, says
        that nothing certain is shown, and that its end, if it has ended, is still to be told.

        Returns:
            The job as it stands now, unless it was deleted; its ``shown`` is the ``digest``, or
            ``None``.
        """
        columns = columns_of({"address": address, "shown": digest})
        if told:
            columns["untold"] = False
        query = _SHOWN_AND_TOLD if told else _SHOWN
        values = {_new(name): value for name, value in columns.items()}
        values |= {"job": job.id, "before": job.shown}

        def work(connection: sa.Connection) -> sa.RowMapping | None:
            noted = connection.execute(query, values).mappings().first()
            return noted or connection.execute(_UNCERTAIN, {"job": job.id}).mappings().first()

        row = await self._database.transact(work)
        return job_of(row) if row is not None else None

    async def _changed(
        self, query: sa.Executable, values: Mapping[str, Any], *before: sa.Executable
    ) -> Job | None:
        """The job that ``query`` has changed, in a transaction with what is done ``before``."""

        def work(connection: sa.Connection) -> sa.RowMapping | None:
            for change in before:
                connection.execute(change)
            return connection.execute(query, values).mappings().first()

        row = await self._database.transact(work)
        return job_of(row) if row is not None else None

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
        await self._database.write(self._keep, **values)

    async def picture(self, image_id: str) -> StoredPicture | None:
        found = await self._pictures(_PICTURE, id=image_id)
        return found[0] if found else None

    async def pictures_of(self, job_ids: Sequence[str]) -> dict[str, tuple[Picture, ...]]:
        """The pictures of each job, in the order in which they were asked for."""
        found: dict[str, tuple[Picture, ...]] = dict.fromkeys(job_ids, ())
        for kept in await self._pictures(_PICTURES_OF, jobs=list(job_ids)):
            if kept.job_id:
                found[kept.job_id] += (kept.picture,)
        return found

    async def favourites(
        self, platform: str, requester: str, image_ids: Sequence[str]
    ) -> frozenset[str]:
        """Those of a person's pictures that they have marked as favourites."""
        query = sa.select(pictures.c.id).where(
            pictures.c.id.in_(image_ids),
            pictures.c.platform == platform,
            pictures.c.requester == requester,
            pictures.c.favourite,
        )
        return frozenset(row["id"] for row in await self._database.read(query))

    async def mark(self, platform: str, requester: str, image_id: str, *, favourite: bool) -> bool:
        """Make a picture a favourite of its requester's, or an ordinary one again; ``False`` when
        they have no such picture."""
        change = sa.update(pictures).where(
            pictures.c.id == image_id,
            pictures.c.platform == platform,
            pictures.c.requester == requester,
        )
        return bool(await self._database.write(change.values(favourite=favourite)))

    async def kept_of(self, job_id: str) -> list[StoredPicture]:
        """The pictures of a job, with where they are."""
        return await self._pictures(_PICTURES_OF, jobs=[job_id])

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

    async def _pictures(self, query: sa.Select[Any], **values: Any) -> list[StoredPicture]:
        return [_kept(row) for row in await self._database.read(query, **values)]


def _twin(job: Job) -> sa.Select[Any]:
    """The job that the same button made for the same person at the same time, whose end they
    cannot have seen yet; one that they cancelled they have."""
    return sa.select(jobs.c.id).where(
        jobs.c.platform == job.platform,
        jobs.c.requester == job.requester,
        jobs.c.created_at.between(job.created_at - TWIN_SECONDS, job.created_at + TWIN_SECONDS),
        jobs.c.status != Status.CANCELLED,
        sa.func.coalesce(jobs.c.finished_at, job.created_at) > job.created_at - SEEN_SECONDS,
        jobs.c.origin == job.origin,
        jobs.c.id != job.id,
    )


def digest(event_id: str) -> str:
    """What is kept of an event's id, in which a platform may name a person."""
    return hashlib.sha256(event_id.encode()).hexdigest()


def _kept(row: Mapping[Any, Any]) -> StoredPicture:
    picture = Picture(row["id"], row["mime"], row["width"], row["height"], row["size"])
    names = ("path", "platform", "requester", "job_id", "created_at", "number")
    return StoredPicture(picture, **{name: row[name] for name in names})
