"""The pictures of people: their files in the media store and their rows in the history."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Reference
from bot.domain.jobs import Job
from bot.domain.pictures import StoredPicture
from bot.domain.requests import JSON
from bot.images.labelling import labelled
from bot.images.store import ImageStore, image_id
from bot.storage.jobs import JobStore
from messages import Cost, Picture

DAY = 24 * 3600.0
MEGABYTE = 1_000_000


class Library:
    """Keeps uploads and results, and finds them again."""

    def __init__(
        self,
        media: ImageStore,
        history: JobStore,
        clock: Callable[[], float] = time.time,
        *,
        upload_limit: int = 0,
        label: bool = False,
    ) -> None:
        """``upload_limit``: bytes that one person may send in 24 hours; 0 is no limit. ``label``
        puts a mark into the corner of what is made."""
        self._media = media
        self._history = history
        self._secret = ""
        self._clock = clock
        self._upload_limit = upload_limit
        self._label = label

    def open(self, secret: str) -> None:
        """Make ids that nobody can guess, and that every process makes the same, from now on."""
        self._secret = secret

    async def keep_upload(
        self, platform: str, requester: str, data: bytes, *, key: str = "", at: float | None = None
    ) -> Picture | Failure:
        """Keep a picture to work from; the same ``key`` and time again are the same picture."""
        if failure := await self._too_much(platform, requester, len(data)):
            return failure
        identity = self._uploaded(platform, key or secrets.token_hex(16))
        now = self._clock() if at is None else at
        sidecar: dict[str, JSON] = {"requester": f"{platform}:{requester}"}
        saved = await self._media.save(
            data,
            image_id=identity,
            folder="references",
            created_at=now,
            sidecar=sidecar,
            owner=f"{platform}:{requester}",
        )
        if isinstance(saved, Failure):
            return saved
        picture, path = saved
        await self._history.keep(StoredPicture(picture, path, platform, requester, None, now))
        return picture

    async def _too_much(self, platform: str, requester: str, more: int) -> Failure | None:
        """Whether so many bytes more are too many for one day."""
        if not self._upload_limit:
            return None
        sent = await self._history.sent(platform, requester, self._clock() - DAY)
        if sent + more <= self._upload_limit:
            return None
        return Failure(Reason.TOO_MUCH_SENT, {"limit_mb": self._upload_limit // MEGABYTE})

    async def discard_upload(self, platform: str, key: str, at: float) -> None:
        """Delete what :meth:`keep_upload` has kept, or was killed while it did."""
        identity = self._uploaded(platform, key)
        if left := await self._media.found(identity, "references", at):
            await self._media.delete(left[1])
        await self._history.forget([identity])

    def _uploaded(self, platform: str, key: str) -> str:
        return image_id(self._secret, "upload", platform, key)

    async def keep_made(
        self, job: Job, items: Sequence[bytes], *, cost: Cost | None, again: bool = True
    ) -> tuple[Picture, ...] | Failure:
        """Keep a job's results; one that is broken does not hide the others.

        Their ids follow from the job, and what is stored already is the result: where it may be
        done ``again``, after another process, nothing is replaced. The failure is an
        ``UNUSABLE_ANSWER``: there is no picture among them.

        Raises:
            OSError: the store is away.
            sqlalchemy.exc.SQLAlchemyError: the database is away.
        """
        stored = await self.stored(job, len(items)) if again else ()
        there = {kept.number: kept.picture for kept in stored}
        broken = Failure(Reason.UNUSABLE_ANSWER, detail="no picture at all")
        for number, data in enumerate(items):
            if number not in there:
                kept = await self._keep_one(job, number, data, cost)
                if isinstance(kept, Failure):
                    broken = Failure(Reason.UNUSABLE_ANSWER, detail=kept.detail)
                else:
                    there[number] = kept
        return tuple(there[number] for number in sorted(there)) or broken

    async def _keep_one(
        self, job: Job, number: int, data: bytes, cost: Cost | None
    ) -> Picture | Failure:
        if self._label:
            data = await labelled(data)
        saved = await self._media.save(
            data,
            image_id=self.made_id(job, number),
            folder="generated",
            created_at=job.created_at,
            sidecar=self._sidecar(job, cost),
            mark=True,
        )
        if isinstance(saved, Failure):
            return saved
        return (await self._record(job, number, *saved)).picture

    async def stored(self, job: Job, count: int) -> tuple[StoredPicture, ...]:
        """What is stored of the first ``count`` results of a job.

        A process that was killed may have left a file of which the table does not know yet.
        """
        rows = {kept.number: kept for kept in await self._history.kept_of(job.id)}
        if job.called is not None or job.waited:  # only then can there be any
            for number in set(range(count)) - rows.keys():
                left = await self._media.found(
                    self.made_id(job, number), "generated", job.created_at
                )
                if left:
                    rows[number] = await self._record(job, number, *left)
        return tuple(rows[number] for number in sorted(rows))

    async def _record(self, job: Job, number: int, picture: Picture, path: str) -> StoredPicture:
        who = (job.platform, job.requester)
        kept = StoredPicture(picture, path, *who, job.id, job.created_at, number)
        await self._history.keep(kept)
        return kept

    async def discard(self, job: Job) -> None:
        """Delete whatever is stored of a job's results: it has ended without them."""
        kept = await self.stored(job, job.count)
        await self.remove([one.picture.image_id for one in kept])

    def made_id(self, job: Job, number: int = 0) -> str:
        """The id that a job's result of that number, from 0, has, or will have."""
        return image_id(self._secret, "made", job.id, str(number))

    def _sidecar(self, job: Job, cost: Cost | None) -> dict[str, JSON]:
        return {
            "prompt": job.prompt,
            "model": job.model,
            "provider": job.provider,
            "source_images": list(job.references),
            "size": job.size,
            "aspect_ratio": job.aspect_ratio,
            "cost": asdict(cost) if cost else None,
            "seconds": round(self._clock() - job.started_at, 1) if job.started_at else None,
            "requester": f"{job.platform}:{job.requester}",
            "job_id": job.id,
        }

    async def size(self, image_ids: Sequence[str]) -> int:
        """How many bytes these pictures have together; those that were deleted have none."""
        found = [await self._history.picture(identity) for identity in image_ids]
        return sum(kept.picture.size for kept in found if kept)

    async def references(self, image_ids: Sequence[str]) -> tuple[Reference, ...] | Failure:
        """The pictures with their bytes, or ``REFERENCE_MISSING`` if one has been deleted."""
        found = []
        for identity in image_ids:
            kept = await self._history.picture(identity)
            data = await self._media.read(kept.path) if kept else None
            if kept is None or data is None:
                return Failure(Reason.REFERENCE_MISSING, detail=identity)
            found.append(Reference(identity, kept.picture.mime, data))
        return tuple(found)

    async def remove(self, image_ids: Sequence[str]) -> None:
        """Delete pictures for good; those that are gone already do not matter."""
        for identity in image_ids:
            if kept := await self._history.picture(identity):
                await self._media.delete(kept.path)
        await self._history.forget(image_ids)

    async def remove_older(self, moment: float) -> int:
        """Delete what was made or uploaded before ``moment``; says how many pictures."""
        removed = 0
        while old := await self._history.older_than(moment):
            await self.remove([kept.picture.image_id for kept in old])
            removed += len(old)
        return removed
