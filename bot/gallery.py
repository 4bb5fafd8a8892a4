"""The pictures of people: their files in the media store and their rows in the history."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import structlog

from bot.failures import Failure, Reason
from bot.history import History, Kept
from bot.job import Job
from bot.media import Media, image_id
from bot.ports import JSON, Reference
from messages import Cost, Picture

log = structlog.get_logger(__name__)

STORING_PAUSES = (0.5, 1, 2, 4, 8, 16)
"""Seconds between tries to store finished pictures."""

DAY = 24 * 3600.0
MEGABYTE = 1_000_000


class Gallery:
    """Keeps uploads and results, and finds them again."""

    def __init__(
        self,
        media: Media,
        history: History,
        secret: str,
        clock: Callable[[], float] = time.time,
        *,
        upload_limit: int = 0,
    ) -> None:
        """``upload_limit``: bytes that one person may send in 24 hours; 0 is no limit."""
        self._media = media
        self._history = history
        self._secret = secret
        self._clock = clock
        self._upload_limit = upload_limit

    async def keep_upload(
        self, platform: str, requester: str, data: bytes, *, key: str = ""
    ) -> Picture | Failure:
        """Keep a picture to work from; the same ``key`` again is the same picture."""
        if failure := await self._too_much(platform, requester, len(data)):
            return failure
        identity = image_id(self._secret, "upload", platform, key or secrets.token_hex(16))
        now = self._clock()
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
        await self._history.keep(Kept(picture, path, platform, requester, None, now))
        return picture

    async def _too_much(self, platform: str, requester: str, more: int) -> Failure | None:
        """Whether so many bytes more are too many for one day."""
        if not self._upload_limit:
            return None
        sent = await self._history.sent(platform, requester, self._clock() - DAY)
        if sent + more <= self._upload_limit:
            return None
        return Failure(Reason.TOO_MUCH_SENT, {"limit_mb": self._upload_limit // MEGABYTE})

    async def keep_made(
        self, job: Job, items: Sequence[bytes], *, cost: Cost | None
    ) -> tuple[Picture, ...] | Failure:
        """Keep a job's results, which are paid for: a store that is away is tried again.

        Their ids follow from the job: a repetition replaces them.

        Raises:
            OSError: the store stayed away.
        """
        for pause in STORING_PAUSES:
            try:
                return await self._keep_made(job, items, cost)
            except OSError as error:
                log.warning("pictures not stored yet", job_id=job.id, error=repr(error))
                await asyncio.sleep(pause)
        return await self._keep_made(job, items, cost)

    async def _keep_made(
        self, job: Job, items: Sequence[bytes], cost: Cost | None
    ) -> tuple[Picture, ...] | Failure:
        kept = []
        for number, data in enumerate(items):
            identity = image_id(self._secret, "made", job.id, str(number))
            saved = await self._media.save(
                data,
                image_id=identity,
                folder="generated",
                created_at=job.created_at,
                sidecar=self._sidecar(job, cost),
            )
            if isinstance(saved, Failure):
                return Failure(Reason.UNUSABLE_ANSWER, detail=saved.detail)
            picture, path = saved
            who = (job.platform, job.requester)
            await self._history.keep(Kept(picture, path, *who, job.id, job.created_at, number))
            kept.append(picture)
        return tuple(kept)

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
